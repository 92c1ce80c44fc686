/** A store: all sessions of one project. */

import path from 'node:path'
import type { Env } from '../base/env.ts'
import { Failure, quietly } from '../errors.ts'
import {
  configFile,
  defaultRootDir,
  projectsDir,
  rootDir,
  store as storeFiles,
  storeName,
} from '../layout.ts'
import * as disk from '../os/disk.ts'
import { forgoLocks } from '../os/flock.ts'
import { findRepository } from '../os/git.ts'
import { findProjectFacts } from './project.ts'

/** Where to look for a store; everything that a process knows is passed in. */
export interface StoreOptions {
  readonly env: Env
  /** The user's home directory. */
  readonly home: string
  /** The caller's working directory; not asked for where every path is absolute. */
  readonly cwd: string
  /** A project's directory, in place of the one around the cwd. */
  readonly project?: string
  /** A store's own directory, in place of a project's. */
  readonly store?: string
  /** The time in ms since 1970; the system's clock by default. */
  readonly now?: () => number
}

/** An open store: plain data; nothing is held and nothing was created. */
export interface Store {
  readonly dir: string
  /** The root that the store stands in, or its parent when it was named by itself. */
  readonly root: string
  readonly projectPath: string
  readonly now: () => number
  readonly env: Env
  /** The user's settings, which only the user writes. */
  readonly configFile: string
}

/**
 * Finds the store of a project. Reads only: the store's directory appears with its first session.
 *
 * Throws HOME_REFUSED when a test run would use the real root, IO_FAILED (EILSEQ) for a path whose bytes
 * are no UTF-8, and USAGE for options of a wrong type;
 * the store's `now` throws USAGE when the clock that was given gives no time.
 */
export function openStore(options: StoreOptions): Store {
  checkOptions(options)
  const { home } = options
  const now = options.now === undefined ? Date.now : checkedClock(options.now)
  const cwd = () => checkedPath('cwd', options.cwd)
  const resolve = (to: string) =>
    disk.requireUtf8(path.resolve(path.isAbsolute(to) ? '/' : cwd(), to))
  const named = options.env.STINT_HOME
  // For a tool that works in another directory, and the commands in it.
  const env =
    named && !path.isAbsolute(named) ? { ...options.env, STINT_HOME: resolve(named) } : options.env
  const root = resolve(rootDir(env, home))
  const shared = { now, env, configFile: configFile(env, home) }
  if (options.store !== undefined) {
    const typed = resolve(options.store)
    const dir = disk.requireUtf8(disk.findRealPath(typed) ?? typed)
    refuseRealRoot(env, home, dir)
    const projectPath = findProjectFacts(dir)?.projectPath ?? dir
    heedLeaseOnly(dir)
    return { ...shared, dir, root: disk.parentOf(disk.parentOf(dir)), projectPath }
  }
  const projectPath = disk.requireUtf8(findProjectPath(resolve(options.project ?? cwd()), env))
  refuseRealRoot(env, home, root)
  const dir = `${projectsDir(root)}/${storeName(projectPath)}`
  heedLeaseOnly(dir)
  return { ...shared, root, dir, projectPath }
}

/** A home that is not known would otherwise be a directory named `undefined`. Throws USAGE. */
function checkOptions(options: StoreOptions): void {
  if (typeof options !== 'object' || options === null) throw misuse('there are no options')
  if (typeof options.env !== 'object' || options.env === null) throw misuse('env is no object')
  checkedPath('home', options.home)
  if (options.project !== undefined) checkedPath('project', options.project)
  if (options.store !== undefined) checkedPath('store', options.store)
  const { now } = options
  if (now !== undefined && typeof now !== 'function') throw misuse('now is no function')
}

function checkedPath(key: string, value: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw misuse(`${key} is no directory's path`)
}

function misuse(problem: string): Failure {
  return new Failure('USAGE', { problem: `openStore: ${problem}` })
}

/** The end of the year 9999: later ones have no form in TOML. */
const lastTime = 253_402_300_799_999

/** A wrong time would not only be recorded: no later id of this process could be made behind it. */
function checkedClock(now: () => number): () => number {
  return () => {
    const at = now()
    if (at >= 0 && at <= lastTime) return Math.floor(at)
    throw new Failure('USAGE', { problem: 'the clock that openStore was given gives no time' })
  }
}

/** Whether a store has been made: one appears with its first session. */
export function isMade(store: Store): boolean {
  return disk.findFacts(storeFiles.sessions(store.dir)) !== undefined
}

/** The store at another directory, opened in the same way. */
export function siblingStore(store: Store, dir: string): Store {
  // What is wrong with another project's file is that project's trouble.
  const projectPath = quietly(() => findProjectFacts(dir)?.projectPath) ?? dir
  heedLeaseOnly(dir)
  return { ...store, dir, projectPath }
}

/**
 * Has nothing in the store be locked when its project.toml says so: its file system has no flock. What
 * else that says is not looked at, since every command asks this.
 */
function heedLeaseOnly(dir: string): void {
  // Who would change anything is refused by what reads all of it.
  const text = quietly(() => disk.findText(storeFiles.project(dir))) ?? ''
  if (/^lease_only *= *true\b/m.test(text)) forgoLocks(dir)
}

/** The project of a directory: its repository's main worktree, or the directory itself. */
export function findProjectPath(dir: string, env: Env): string {
  // A project that is gone is still named by its path.
  const real = disk.findRealPath(dir)
  if (real === undefined) return dir
  return findRepository(real, env)?.mainWorktree ?? real
}

/** Whether the store stands where projects have theirs: what is above one elsewhere is not stint's. */
export function isUnderRoot({ dir, root }: Store): boolean {
  return disk.parentOf(dir) === projectsDir(root)
}

/** The stores of all projects under the root. */
export function listStores(store: Store): Store[] {
  const projects = projectsDir(store.root)
  return disk
    .listNames(projects)
    .filter((name) => /-[0-9a-f]{12}$/.test(name))
    .map((name) =>
      `${projects}/${name}` === store.dir ? store : siblingStore(store, `${projects}/${name}`),
    )
}

function refuseRealRoot(env: Env, home: string, dir: string): void {
  const real = defaultRootDir(home)
  if (env.STINT_TEST === '1' && (dir === real || dir.startsWith(`${real}/`))) {
    throw new Failure('HOME_REFUSED', { dir: real })
  }
}
