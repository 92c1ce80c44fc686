/**
 * flock(2): the kernel's own word on who is alive.
 *
 * Only ever non-blocking: a blocking call would fill the thread pool and hang the process. koffi
 * calls it in microseconds; where it does not load, flock(1) sets the same lock on an inherited
 * descriptor.
 */

import { Failure } from '../errors.ts'
import { toFailure } from './disk.ts'
import { errnoName, systemErrno } from './errno.ts'
import { findKoffi } from './packages.ts'
import { isShortage } from './shortage.ts'

/** Sets a lock without waiting: false when another open file of it holds one that forbids it. */
type Flock = (fd: number, exclusive: boolean, path: string) => boolean

let chosen: Flock | undefined

/**
 * Directories whose file system has no locks, as whoever set them up says. The program is built into
 * several files with a copy of this one each: they are to know of the same directories.
 */
const common = globalThis as Record<symbol, unknown>
const key = Symbol.for('stint.lockless')
common[key] ??= new Set<string>()
const lockless = common[key] as Set<string>

/** From now on nothing in this directory is locked: leases alone keep its writers apart. */
export function forgoLocks(dir: string): void {
  lockless.add(`${dir}/`)
}

/** Whether what is at this path is kept apart by leases alone. */
export function isLockless(path: string): boolean {
  if (lockless.size === 0) return false
  return [...lockless].some((dir) => path.startsWith(dir))
}

/** Takes an exclusive lock on an open file; false when somebody else holds it. Released by close. */
export function lockExclusive(fd: number, path: string): boolean {
  return lock(fd, true, path)
}

/** Takes a shared lock on an open file; false when somebody holds it exclusively. */
export function lockShared(fd: number, path: string): boolean {
  return lock(fd, false, path)
}

function lock(fd: number, exclusive: boolean, path: string): boolean {
  if (isLockless(path)) return true
  chosen ??= chooseFlock()
  return chosen(fd, exclusive, path)
}

function chooseFlock(): Flock {
  const koffi = findKoffi()
  if (koffi === undefined) return flockProgram
  const flock = koffi.load(null).func('int flock(int fd, int operation)')
  const { EAGAIN, EINTR } = errnos
  return (fd, exclusive, path) => {
    for (;;) {
      if (flock(fd, (exclusive ? 2 : 1) | 4) === 0) return true
      const errno = koffi.errno()
      if (errno === EAGAIN) return false
      if (errno !== EINTR) throw new Failure('NO_LOCKS', { path, problem: errnoName(errno) })
    }
  }
}

const errnos = { EAGAIN: process.platform === 'darwin' ? 35 : 11, EINTR: 4 }

function flockProgram(fd: number, exclusive: boolean, path: string): boolean {
  // Imported only here: loading it costs more than every other part of a short command.
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const child = spawnSync('flock', [exclusive ? '-x' : '-s', '-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
  })
  if (child.status === 0) return true
  if (child.status === 1 && child.stderr.length === 0) return false
  if (isShortage(child.error)) throw toFailure(child.error, path)
  const errno = child.error && systemErrno(child.error)
  const problem =
    errno === 'ENOENT'
      ? 'neither koffi nor flock(1) is there'
      : (errno ?? String(child.stderr).trim().slice(0, 200))
  throw new Failure('NO_LOCKS', { path, problem })
}
