/**
 * The calls that looking at thousands of files is made of, without what Node adds to each.
 *
 * By koffi they take half the time; to load that pays from some hundred files on, so the first few
 * are left to Node. Whatever is unusual is, too: what these functions cannot say, they do not say.
 */

import fs from 'node:fs'
import { findKoffi } from './packages.ts'

/** So many files are read sooner by Node than koffi is loaded. */
const few = 300
let asked = 0

interface Calls {
  readonly open: (path: string, flags: number) => number
  readonly read: (fd: number, into: Buffer, length: number) => number
  readonly close: (fd: number) => number
  readonly statx: (from: number, path: string, flags: number, mask: number, into: Buffer) => number
  readonly access: (path: string, mode: number) => number
}
let calls: Calls | undefined
let isUntried = true

/** How much one read(2) put into `into`; undefined when Node is to say. */
export function glanceHead(path: string, flags: number, into: Buffer): number | undefined {
  const calls = findCalls(path)
  if (calls === undefined) return undefined
  const fd = calls.open(path, flags | closeOnExec)
  if (fd < 0) return undefined
  const length = calls.read(fd, into, into.length)
  calls.close(fd)
  return length < 0 ? undefined : length
}

const { O_CLOEXEC: closeOnExec = 0o2000000 } = fs.constants as { O_CLOEXEC?: number }
/** `struct statx` is the same on all of Linux. */
const facts = Buffer.alloc(256)
const STATX_SIZE = 0x200
/** Type, mode and user. */
const STATX_OWN = 0xb
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_FDCWD = -100

/** The size of the file at a path, links followed; undefined when Node is to say. */
export function glanceSize(path: string): number | undefined {
  const calls = findCalls(path)
  if (calls === undefined) return undefined
  if (calls.statx(AT_FDCWD, path, 0, STATX_SIZE, facts) !== 0) return undefined
  return facts.readUInt32LE(40) + facts.readUInt32LE(44) * 2 ** 32
}

/** Whether a file stands there, no link, that is this user's to read and write; undefined when Node is to say. */
export function glanceOwn(path: string, user: number): true | undefined {
  const calls = findCalls(path)
  if (calls === undefined) return undefined
  if (calls.statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_OWN, facts) !== 0) return undefined
  const isOwn = facts.readUInt32LE(20) === user && (facts.readUInt16LE(28) & 0o170600) === 0o100600
  return isOwn ? true : undefined
}

/** Whether this user may do with the path what access(2) is asked; undefined when Node is to say. */
export function glanceAccess(path: string, mode: number): true | undefined {
  return findCalls(path)?.access(path, mode) === 0 ? true : undefined
}

function findCalls(path: string): Calls | undefined {
  // In C a NUL would end the path.
  if (path.includes('\0')) return undefined
  if (calls !== undefined || !isUntried || ++asked < few) return calls
  isUntried = false
  calls = process.platform === 'linux' ? openCalls() : undefined
  return calls
}

/** Undefined where koffi or one of the calls is not there. */
function openCalls(): Calls | undefined {
  const library = findKoffi()?.load(null)
  if (library === undefined) return undefined
  try {
    return {
      open: library.func('int open(const char *path, int flags)'),
      read: library.func('int64 read(int fd, void *into, uint64 length)'),
      close: library.func('int close(int fd)'),
      access: library.func('int access(const char *path, int mode)'),
      statx: library.func(
        'int statx(int from, const char *path, int flags, uint mask, void *into)',
      ),
    }
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}
