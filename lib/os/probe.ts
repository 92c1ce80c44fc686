/** What a file system does and what it only says it does, found out by two processes. */

import fs from 'node:fs'
import { Failure } from '../errors.ts'
import * as disk from './disk.ts'
import { lockExclusive } from './flock.ts'
import { koffiFiles } from './packages.ts'

/** What stint builds on. */
export type Skill = 'flock' | 'exclusive' | 'link' | 'rename' | 'sync'

export interface Probed {
  readonly broken: readonly { readonly skill: Skill; readonly problem: string }[]
  /** By how many ms the file server's clock is ahead of this machine's. */
  readonly ahead: number
}

/**
 * Tries it in a directory of its own, which is gone afterwards. Throws when that cannot be made, and
 * when it cannot be removed.
 */
export function probeDisk(dir: string): Probed {
  if (!disk.makeDir(dir)) {
    throw new Failure('IO_FAILED', { path: dir, errno: 'EEXIST', problem: 'it is there already' })
  }
  try {
    return probe(dir)
  } finally {
    disk.removeTree(dir)
  }
}

/** What the second process saw; a code where it was refused. */
interface Seen {
  readonly held?: boolean
  readonly free?: boolean
  readonly exclusive?: string
  readonly link?: string
  readonly renamed?: string
}

function probe(dir: string): Probed {
  const broken: { skill: Skill; problem: string }[] = []
  /** `act` gives what is wrong. */
  const attempt = (skill: Skill, act: () => string | undefined) => {
    if (broken.some((one) => one.skill === skill)) return
    let problem: string | undefined
    try {
      problem = act()
    } catch (error) {
      if (!(error instanceof Error)) throw error
      problem = error.message
    }
    if (problem !== undefined) broken.push({ skill, problem })
  }
  const file = (name: string, text: string) => {
    const path = `${dir}/${name}`
    fs.writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
    return path
  }
  const held = file('held', '')
  const free = file('free', '')
  const there = file('there', 'there')
  file('renamed', 'before')
  const began = Date.now()
  const ahead = fs.statSync(file('clock', '')).mtimeMs - began

  attempt('rename', () => {
    fs.renameSync(file('after', 'after'), `${dir}/renamed`)
    fs.mkdirSync(`${dir}/full/inner`, { recursive: true })
    fs.mkdirSync(`${dir}/empty`)
    return refusal(() => fs.renameSync(`${dir}/empty`, `${dir}/full`)) === undefined
      ? 'a directory replaces one that is not empty'
      : undefined
  })
  attempt('link', () => {
    fs.linkSync(there, `${dir}/second`)
    return fs.statSync(`${dir}/second`).ino === fs.statSync(there).ino
      ? undefined
      : 'the second name is another file'
  })
  attempt('sync', () => {
    const fd = fs.openSync(there, 'r+')
    try {
      fs.fdatasyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    disk.syncDir(dir)
    return undefined
  })
  const fd = fs.openSync(held, 'r+')
  try {
    attempt('flock', () => (lockExclusive(fd, held) ? undefined : 'a new file is locked already'))
    const seen = askSecond(dir)
    if (seen.held !== false) {
      attempt('flock', () => 'a second process gets a lock that is held')
    } else if (seen.free !== true) {
      attempt('flock', () => 'a second process gets no lock that is free')
    }
    if (seen.exclusive !== 'EEXIST') {
      attempt('exclusive', () => 'a second process makes a file that is there')
    }
    if (seen.link !== 'EEXIST') attempt('link', () => 'a link replaces a file that is there')
    if (seen.renamed !== 'after') {
      attempt('rename', () => 'a second process reads the old file after a rename')
    }
  } finally {
    fs.closeSync(fd)
  }
  attempt('flock', () => {
    const fd = fs.openSync(free, 'r+')
    try {
      return lockExclusive(fd, free) ? undefined : 'a lock outlives the process that held it'
    } finally {
      fs.closeSync(fd)
    }
  })
  return { broken, ahead: Math.abs(ahead) < 1 ? 0 : ahead }
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
  try {
    return JSON.parse(stdout)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return {}
  }
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
const codeOf = (act) => {
  try {
    act()
    return ''
  } catch (error) {
    return error.code
  }
}
const seen = {
  held: flock('held'),
  free: flock('free'),
  exclusive: codeOf(() => fs.openSync(dir + '/there', 'wx')),
  link: codeOf(() => fs.linkSync(dir + '/there', dir + '/held')),
  renamed: fs.readFileSync(dir + '/renamed', 'utf8'),
}
process.stdout.write(JSON.stringify(seen))
`
