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
  readonly pread: (fd: number, into: Buffer, length: number, at: number) => number
  readonly close: (fd: number) => number
  readonly statx: (from: number, path: string, flags: number, mask: number, into: Buffer) => number
  readonly access: (path: string, mode: number) => number
}
let calls: Calls | undefined
let isUntried = true

/** How much one pread(2) put into `into` of what stands from `at` on; undefined when Node is to say. */
export function glanceAt(
  path: string,
  flags: number,
  at: number,
  into: Buffer,
): number | undefined {
  const calls = findCalls(path)
  if (calls === undefined) return undefined
  const fd = calls.open(path, flags | closeOnExec)
  if (fd < 0) return undefined
  const length = calls.pread(fd, into, into.length, at)
  calls.close(fd)
  return length < 0 ? undefined : length
}

const { O_CLOEXEC: closeOnExec = 0o2000000 } = fs.constants as { O_CLOEXEC?: number }
/** `struct statx` is the same on all of Linux. */
const facts = Buffer.alloc(256)
/** Type, mode, user and size. */
const STATX_MASK = 0x20b
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_FDCWD = -100

/** What is at a path: its type and mode, as stat(2) has them in one number, its owner and its size. */
export interface Glance {
  readonly mode: number
  readonly user: number
  readonly size: number
}

/** What is at a path, links followed when asked; undefined when Node is to say. */
export function glanceStat(path: string, follow: boolean): Glance | undefined {
  const calls = findCalls(path)
  if (calls === undefined) return undefined
  const flags = follow ? 0 : AT_SYMLINK_NOFOLLOW
  if (calls.statx(AT_FDCWD, path, flags, STATX_MASK, facts) !== 0) return undefined
  return {
    mode: facts.readUInt16LE(28),
    user: facts.readUInt32LE(20),
    size: facts.readUInt32LE(40) + facts.readUInt32LE(44) * 2 ** 32,
  }
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
      pread: library.func('int64 pread(int fd, void *into, uint64 length, int64 at)'),
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
