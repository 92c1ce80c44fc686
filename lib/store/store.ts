/** A store: all sessions of one project. */

import path from 'node:path'
import { Failure } from '../errors.ts'
import {
  configFile,
  defaultRootDir,
  projectsDir,
  rootDir,
  store as storeFiles,
  storeName,
} from '../layout.ts'
import * as disk from '../os/disk.ts'
import { findRepository } from '../os/git.ts'
import { findProjectFacts, heedLeaseOnly } from './project.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** Where to look for a store; everything that a process knows is passed in. */
export interface StoreOptions {
  readonly env: Env
  /** The user's home directory. */
  readonly home: string
  /** The caller's working directory. */
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
 * Throws HOME_REFUSED when a test run would use the real root.
 */
export function openStore(options: StoreOptions): Store {
  const { env, home, now = Date.now } = options
  const root = path.resolve(options.cwd, rootDir(env, home))
  const shared = { now, env, configFile: configFile(env, home) }
  if (options.store !== undefined) {
    const typed = path.resolve(options.cwd, options.store)
    const dir = disk.findRealPath(typed) ?? typed
    refuseRealRoot(env, home, dir)
    const projectPath = findProjectFacts(dir)?.projectPath ?? dir
    heedLeaseOnly(dir)
    return { ...shared, dir, root: disk.parentOf(disk.parentOf(dir)), projectPath }
  }
  const projectPath = findProjectPath(
    options.project === undefined ? options.cwd : path.resolve(options.cwd, options.project),
    env,
  )
  refuseRealRoot(env, home, root)
  const dir = `${projectsDir(root)}/${storeName(projectPath)}`
  heedLeaseOnly(dir)
  return { ...shared, root, dir, projectPath }
}

/** Whether it has been made: one appears with its first session. */
export function isMade(store: Store): boolean {
  return disk.findFacts(storeFiles.sessions(store.dir)) !== undefined
}

/** The store at another directory, opened in the same way. */
export function siblingStore(store: Store, dir: string): Store {
  const projectPath = findPathOf(dir) ?? dir
  heedLeaseOnly(dir)
  return { ...store, dir, projectPath }
}

/** What is wrong with another project's file is that project's trouble. */
function findPathOf(dir: string): string | undefined {
  try {
    return findProjectFacts(dir)?.projectPath
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return undefined
  }
}

/** The project of a directory: its repository's main worktree, or the directory itself. */
export function findProjectPath(dir: string, env: Env): string {
  // A project that is gone is still named by its path.
  const real = disk.findRealPath(dir)
  if (real === undefined) return dir
  return findRepository(real, env)?.mainWorktree ?? real
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
