/** What all calls on the disk have in common: an errno becomes a Failure that names the path. */

import fs from 'node:fs'
import { Failure } from '../../errors.ts'
import { systemErrno, systemFailure } from '../errno.ts'

const { O_NOFOLLOW, O_NONBLOCK } = fs.constants
/** Follows no link and waits for no pipe: what lies in a session's directory may be anybody's. */
export const wary: number = O_NOFOLLOW | O_NONBLOCK

/** The errno name of a thrown value (`ENOENT`), also through a Failure's cause. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return error instanceof Failure ? errnoOf(error.cause) : systemErrno(error)
}

/** What `act` returns; an errno it throws becomes the Failure that names `path`. */
export function onDisk<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw toFailure(error, path)
  }
}

/** The Failure for an errno; anything else comes back as it is. */
export function toFailure(error: unknown, path: string): unknown {
  if (error instanceof Failure) return error
  if (String(path).includes('\0')) {
    const problem = 'a path cannot have a NUL in it'
    return new Failure('IO_FAILED', { path, errno: 'EINVAL', problem }, { cause: error })
  }
  return (error instanceof Error && systemFailure(error, path)) || error
}

/** What `act` returns, or undefined when the path is not there: often so, and then no Failure. */
export function findOnDisk<T>(path: string, act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw toFailure(error, path)
  }
}

/** Whether it was thrown because nothing is at the path. */
export function isMissing(error: unknown): boolean {
  const errno = errnoOf(error)
  // The last: it was there, says the server, until another machine removed it.
  return errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ESTALE'
}

/** What `act` returns, or undefined when no directory is there; a file in its place is no such absence. */
export function findInDir<T>(path: string, act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (isMissing(error) && errnoOf(error) !== 'ENOTDIR') return undefined
    throw toFailure(error, path)
  }
}
