/** What the system calls its errors, also where Node has no word for one. */

import { Failure } from '../errors.ts'

/** On Linux, which Node leaves out of its table. */
const leftOut: Readonly<Record<string, number>> =
  process.platform === 'linux' ? { EUCLEAN: 117, ENOMEDIUM: 123, ENOKEY: 126 } : {}

/** Where Node says no more than `unknown error`. */
const words: Readonly<Record<string, string>> = {
  EBADMSG: 'what is on the disk is damaged',
  EDQUOT: 'disk quota exceeded',
  ENOKEY: 'its encrypted directory is locked',
  ENOMEDIUM: 'no medium is in the drive',
  ESTALE: 'its file server does not know it any more',
  EUCLEAN: 'the file system is damaged',
}

/** The name of an errno, or its number where there is none. */
export function errnoName(errno: number): string {
  const { errno: numbers } = process.getBuiltinModule('node:os').constants
  const known = Object.entries({ ...numbers, ...leftOut }).find(([, one]) => one === errno)
  return known?.[0] ?? `errno ${errno}`
}

/** The errno name (`ENOENT`) of what a system call of Node's threw; undefined for any other error. */
export function systemErrno({ code, errno }: NodeJS.ErrnoException): string | undefined {
  if (typeof code !== 'string') return undefined
  if (/^E[A-Z0-9]+$/.test(code)) return code
  // Among them a quota that is used up, and a file that its server has forgotten.
  const isNameless = code === 'UNKNOWN' || code.startsWith('Unknown system error')
  return isNameless && typeof errno === 'number' ? errnoName(-errno) : undefined
}

/** The Failure for what a system call on a path threw; undefined for any other error. */
export function systemFailure(error: NodeJS.ErrnoException, path: string): Failure | undefined {
  const errno = systemErrno(error)
  const options = { cause: error }
  switch (errno) {
    case undefined:
      return undefined
    case 'ENOSPC':
      return new Failure('DISK_FULL', { path, recorded: 0 }, options)
    case 'EDQUOT':
    case 'EFBIG':
      return new Failure('DISK_FULL', { path, recorded: 0, errno }, options)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Failure('ACCESS_DENIED', { path, errno }, options)
    default:
      return new Failure('IO_FAILED', { path, errno, problem: systemProblem(error) }, options)
  }
}

/** What it is in words. */
function systemProblem(error: NodeJS.ErrnoException): string {
  const said = words[systemErrno(error) ?? '']
  return said ?? error.message.replace(/^[^:,]+: /, '').replace(/, .*$/s, '')
}
