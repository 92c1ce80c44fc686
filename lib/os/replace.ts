/** Replacing a file whole: readers see the old bytes or the new ones. */

import { Failure, quietly } from '../errors.ts'
import { isLeftover } from '../layout.ts'
import * as disk from './disk.ts'
import { loadWriteFileAtomic } from './packages.ts'

/**
 * Replaces a small text file of stint's own, of mode 0600, and brings it and its name to the disk.
 *
 * Throws DISK_FULL, ACCESS_DENIED or IO_FAILED when the old file is still there as it was, and
 * returns false when the new file is in place but the directory could not be synced. What a killed
 * process leaves beside it is removed by sweepLeftovers.
 */
export function replaceText(path: string, text: string): boolean {
  const temporary = temporaryOf(path)
  try {
    disk.writeNewFile(temporary, Buffer.from(text))
    disk.rename(temporary, path)
  } catch (error) {
    dropTemporary(temporary)
    throw error instanceof Failure ? disk.toFailure(error.cause, path) : error
  }
  try {
    disk.syncDir(disk.parentOf(path))
    return true
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

/**
 * Puts a small text file of stint's own in place whole, and on the disk, where nothing is; false when
 * something is, and that stays. Of two who do so at once one is first; only where there are no hard
 * links may the second replace what the first wrote.
 *
 * Throws DISK_FULL, ACCESS_DENIED or IO_FAILED. A killed process leaves what replaceText does.
 */
export function placeText(path: string, text: string): boolean {
  const temporary = temporaryOf(path)
  const move = () => {
    if (disk.findFacts(path) !== undefined) return false
    disk.rename(temporary, path)
    return true
  }
  try {
    disk.writeNewFile(temporary, Buffer.from(text))
    if (!disk.linkFile(temporary, path, move)) return false
  } catch (error) {
    throw error instanceof Failure ? disk.toFailure(error.cause, path) : error
  } finally {
    dropTemporary(temporary)
  }
  disk.syncDir(disk.parentOf(path))
  return true
}

function temporaryOf(path: string): string {
  return `${path}.${process.pid}${process.hrtime.bigint()}`
}

/**
 * Removes what interrupted replacements of these files in a directory left, for who knows that nobody is
 * at one; gives whether there was anything.
 */
export function sweepLeftovers(dir: string, fileNames: readonly string[]): boolean {
  const left = disk
    .listNames(dir)
    .filter((name) => fileNames.some((fileName) => isLeftover(name, fileName)))
  for (const name of left) disk.removeFile(`${dir}/${name}`)
  return left.length > 0
}

/** Removes a file that was to take another one's place; if it stays, the next writer sweeps it. */
export function dropTemporary(path: string): void {
  quietly(() => disk.removeFile(path))
}

/** Throws IO_FAILED where what is there is no file, nor leads to one: /dev/null would be gone for everybody. */
export function requireReplaceable(path: string): void {
  const facts = disk.findFacts(disk.findRealPath(path) ?? path)
  if (facts === undefined || facts.kind === 'file') return
  throw new Failure('IO_FAILED', { path, errno: 'EEXIST', problem: 'what is there is no file' })
}

/**
 * Replaces a text file that the user named, where a link leads, and keeps its owner. Throws DISK_FULL,
 * ACCESS_DENIED or IO_FAILED with what was there as it was.
 *
 * write-file-atomic takes one write(2) for the whole however much it wrote, which on a full disk puts
 * a truncated file in place of the good one; so it gets no data, and the hook that runs between its
 * open and its fsync writes all bytes or throws.
 */
export function replaceUserText(path: string, text: string): void {
  requireReplaceable(path)
  try {
    loadWriteFileAtomic().sync(path, null as unknown as string, {
      mode: 0o600,
      tmpfileCreated: (temporary: string) => {
        const fd = disk.openWrite(temporary)
        try {
          disk.writeAll(fd, temporary, Buffer.from(text))
        } finally {
          disk.closeFile(fd)
        }
      },
    })
  } catch (error) {
    throw disk.toFailure(error, path)
  }
}
