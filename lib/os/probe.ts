/** What a file system does and what it only says it does, found out by two processes. */

import fs from 'node:fs'
import { parseJson } from '../base/json.ts'
import { Failure, isFailure } from '../errors.ts'
import * as disk from './disk.ts'
import { lockExclusive } from './flock.ts'
import { koffiFiles } from './packages.ts'

/** What stint builds on. */
export type Skill = 'write' | 'mode' | 'flock' | 'exclusive' | 'link' | 'rename' | 'sync'

export interface Probed {
  readonly broken: readonly { readonly skill: Skill; readonly problem: string }[]
  /** By how many ms the file server's clock is ahead of this machine's. */
  readonly ahead: number
}

/**
 * Tries it in a directory of its own, which is gone afterwards where what is made can be removed.
 * Throws when that cannot be made, and when there is no room to try anything.
 */
export function probeDisk(dir: string): Probed {
  if (!disk.makeDir(dir)) {
    throw new Failure('IO_FAILED', { path: dir, errno: 'EEXIST', problem: 'it is there already' })
  }
  const found: Finds = []
  let ahead = 0
  try {
    ahead = probe(dir, found)
  } finally {
    attempt(found, 'write', 'what is made cannot be removed', () => disk.removeTree(dir))
  }
  return { broken: found, ahead }
}

type Finds = { readonly skill: Skill; readonly problem: string }[]

/** What the second process saw: a file's text, or a code where it was refused. */
interface Seen {
  readonly held: boolean
  readonly free: boolean
  readonly exclusive: string
  readonly link: string
  readonly grown: string
  readonly second: string
  readonly renamed: string
  readonly moved: string
}

/** Tries it, and gives by how many ms the file server's clock is ahead. */
function probe(dir: string, found: Finds): number {
  const make = (name: string, text: string) => {
    const path = `${dir}/${name}`
    fs.writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
    return path
  }
  const withFile = (path: string, flags: string, act: (fd: number) => void) => {
    const fd = fs.openSync(path, flags)
    try {
      act(fd)
    } finally {
      fs.closeSync(fd)
    }
  }
  const began = Date.now()
  const ahead = fs.statSync(make('clock', '')).mtimeMs - began
  const [held, free, there] = [make('held', ''), make('free', ''), make('there', 'there')]
  make('renamed', 'before')

  attempt(found, 'mode', 'modes cannot be read', () => {
    const { mode } = fs.statSync(there)
    if ((mode & 0o077) === 0) return undefined
    return `a file made with mode 0600 has ${(mode & 0o777).toString(8).padStart(4, '0')}`
  })
  attempt(found, 'write', 'a file cannot be appended to and cut', () => {
    withFile(make('grown', 'one'), 'a+', (fd) => {
      fs.writeSync(fd, ' two three')
      fs.ftruncateSync(fd, 'one two'.length)
    })
  })
  attempt(found, 'rename', 'a rename does not replace a file', () => {
    fs.renameSync(make('after', 'after'), `${dir}/renamed`)
  })
  attempt(found, 'rename', 'a directory in which a file is open cannot be renamed', () => {
    fs.mkdirSync(`${dir}/from/inner`, { recursive: true })
    fs.mkdirSync(`${dir}/to`)
    fs.mkdirSync(`${dir}/empty`)
    withFile(make('from/inner/file', 'inside'), 'r+', () => {
      fs.renameSync(`${dir}/from`, `${dir}/to/moved`)
    })
    return refusal(() => fs.renameSync(`${dir}/empty`, `${dir}/to`)) === undefined
      ? 'a directory replaces one that is not empty'
      : undefined
  })
  attempt(found, 'link', 'a file gets no second name', () => fs.linkSync(there, `${dir}/second`))
  attempt(found, 'sync', 'a file cannot be synced', () => {
    withFile(there, 'r+', (fd) => fs.fdatasyncSync(fd))
  })
  attempt(found, 'sync', 'a directory cannot be synced', () => {
    withFile(dir, 'r', (fd) => fs.fsyncSync(fd))
  })
  attempt(found, 'flock', 'a file cannot be locked', () => {
    withFile(held, 'r+', (fd) => {
      attempt(found, 'flock', 'a file cannot be locked', () =>
        lockExclusive(fd, held) ? undefined : 'a new file is locked already',
      )
      judge(askSecond(dir), found)
    })
  })
  attempt(found, 'flock', 'a file cannot be locked', () => {
    let isFree = false
    withFile(free, 'r+', (fd) => {
      isFree = lockExclusive(fd, free)
    })
    return isFree ? undefined : 'a lock outlives the process that held it'
  })
  return Math.abs(ahead) < 1 ? 0 : ahead
}

function judge(seen: Seen, found: Finds): void {
  const expect = (skill: Skill, is: boolean, problem: string) => {
    if (!is) add(found, skill, problem)
  }
  expect('flock', !seen.held, 'a second process gets a lock that is held')
  expect('flock', seen.free, 'a second process gets no lock that is free')
  expect('exclusive', seen.exclusive === 'EEXIST', 'a second process makes a file that is there')
  expect('write', seen.grown === 'one two', 'a second process does not read what was written')
  expect('rename', seen.renamed === 'after', 'a second process reads the old file after a rename')
  expect('rename', seen.moved === 'inside', 'a directory that is renamed loses what is in it')
  expect('link', seen.second === 'there', 'the second name is another file')
  expect('exclusive', seen.link !== '', 'a link replaces a file that is there')
}

/** Runs `act`, which gives what is wrong; when it is refused, that is what the failure says. */
function attempt(
  found: Finds,
  skill: Skill,
  failure: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: most of them only do something
  act: () => string | undefined | void,
): void {
  let problem: string | undefined
  try {
    problem = act() ?? undefined
  } catch (error) {
    const why = isFailure(error, 'NO_LOCKS') ? error.data.problem : disk.errnoOf(error)
    // Without room nothing was tried.
    if (why === undefined || why === 'ENOSPC' || why === 'EDQUOT') throw error
    problem = `${failure} (${why})`
  }
  if (problem !== undefined) add(found, skill, problem)
}

/** The first is the one that matters: others of the skill follow from it. */
function add(found: Finds, skill: Skill, problem: string): void {
  if (!found.some((one) => one.skill === skill)) found.push({ skill, problem })
}

function refusal(act: () => void): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return disk.errnoOf(error) ?? 'unknown'
  }
}

function askSecond(dir: string): Seen {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const koffi = koffiFiles().find((file) => fs.existsSync(file)) ?? ''
  const script = `const [dir, koffi] = ${JSON.stringify([dir, koffi])}\n${second}`
  const { stdout } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    timeout: 10_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const seen = parseJson(stdout ?? '')
  if (seen !== undefined) return seen as Seen
  const problem = 'a second process that looks at it says nothing'
  throw new Failure('IO_FAILED', { path: dir, errno: 'ETIMEDOUT', problem })
}

/** It ends with the lock on `free` still held. */
const second = `
const fs = require('node:fs')
const loaded = { exports: {} }
let call
try {
  process.dlopen(loaded, koffi)
  call = loaded.exports.load(null).func('int flock(int fd, int operation)')
} catch {}
const flock = (name) => {
  const fd = fs.openSync(dir + '/' + name, 'r+')
  if (call) return call(fd, 6) === 0
  const stdio = ['ignore', 'ignore', 'ignore', fd]
  return require('node:child_process').spawnSync('flock', ['-x', '-n', '3'], { stdio }).status === 0
}
const tell = (act) => {
  try {
    return act()
  } catch (error) {
    return error.code
  }
}
const read = (name) => tell(() => fs.readFileSync(dir + '/' + name, 'utf8'))
const seen = {
  held: tell(() => flock('held')) === true,
  free: tell(() => flock('free')) === true,
  exclusive: tell(() => void fs.openSync(dir + '/there', 'wx')) ?? '',
  link: tell(() => fs.linkSync(dir + '/there', dir + '/held')) ?? '',
  grown: read('grown'),
  second: read('second'),
  renamed: read('renamed'),
  moved: read('to/moved/inner/file'),
}
process.stdout.write(JSON.stringify(seen))
`
