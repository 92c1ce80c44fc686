/** A file that appears whole under its name: written beside, synced, and put there at the end. */

import { Failure, quietly } from '../errors.ts'
import { unfinished } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { type Lock, takeLock, tryLock } from '../os/lock-file.ts'
import { createMint } from '../os/packages.ts'
import { requireReplaceable } from '../os/replace.ts'

export interface Target {
  /** An absolute path. */
  readonly file: string
  /** What is there is replaced. */
  readonly force: boolean
}

/**
 * Writes a file durably, and gives its length. Throws FILE_EXISTS rather than replace anything, and
 * what `make` throws.
 *
 * A crash leaves a file beside it that the next one for the same name sweeps.
 */
export async function writeTarget(
  { file, force }: Target,
  make: (write: (bytes: Uint8Array) => void) => Promise<void> | void,
): Promise<number> {
  if (force) requireReplaceable(file)
  else if (disk.findFacts(file) !== undefined) throw new Failure('FILE_EXISTS', { file })
  requireDir(disk.parentOf(file))
  const name = disk.baseOf(file)
  sweepUnfinished(disk.parentOf(file), (other) => other === name)
  const path = unfinished.format(file, createMint()(Date.now()))
  // Another one for the same name may sweep it before it is locked; then it is made anew.
  const lock = (await takeLock(path, undefined)) as Lock
  let length = 0
  try {
    await make((bytes) => {
      disk.writeAll(lock.fd, path, bytes)
      length += bytes.length
    })
    disk.syncFile(lock.fd, path)
    if (force) disk.rename(path, file)
    else if (!disk.linkFile(path, file)) throw new Failure('FILE_EXISTS', { file })
    disk.syncDir(disk.parentOf(file))
    return length
  } finally {
    drop(path)
    lock.release()
  }
}

/** It is the directory that is missing, not the file. */
function requireDir(path: string): void {
  if (disk.findFacts(path) !== undefined) return
  throw new Failure('IO_FAILED', { path, errno: 'ENOENT', problem: 'no such directory' })
}

/**
 * Removes what was left of earlier attempts at files of such names, and gives how many; one that is still
 * at work holds its file's lock, and what cannot be looked at is in nobody's way.
 */
export function sweepUnfinished(
  dir: string,
  isMeant: (name: string, path: string) => boolean,
): number {
  const names = quietly(() => disk.listNames(dir)) ?? []
  return names.filter((other) => {
    const name = unfinished.nameOf(other)
    const path = `${dir}/${other}`
    if (name === undefined || !isMeant(name, path)) return false
    const lock = quietly(() => tryLock(path, undefined))
    if (lock === undefined) return false
    drop(path)
    lock.release()
    return true
  }).length
}

function drop(path: string): void {
  // The next one sweeps it; what went wrong before is what counts.
  quietly(() => disk.removeFile(path))
}
