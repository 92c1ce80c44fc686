/** Appending to a journal. The caller holds journal.lock. */

import { Failure } from '../errors.ts'
import * as disk from '../os/disk.ts'
import { type EncodedEntry, formatLine } from './entry.ts'
import type { Mark } from './recover.ts'

/** Far beyond what is sensible, and below what a reader refuses to hold, whatever its letters. */
const longestEntry = 16 * 1024 * 1024

/** How much of an append has happened. */
export interface Appended {
  /** How many of the entries landed, from the first on. */
  readonly landed: number
  /** Where the journal ends now. */
  readonly mark: Mark
  /** Why not all of them landed; those that did have happened all the same. */
  readonly failure: Failure | undefined
}

/**
 * Appends entries in one write(2), at the mark, which is where the file ends.
 *
 * When the write comes short, whole lines that landed have happened and the rest is cut off; a cut
 * that fails too is left to the next writer, who finds a line without its LF.
 */
export function appendEntries(
  fd: number,
  path: string,
  mark: Mark,
  entries: readonly EncodedEntry[],
): Appended {
  const long = entries.find(({ tail }) => tail.length > longestEntry)
  if (long !== undefined) {
    throw new Failure('ENTRY_INVALID', { type: long.type, problem: 'it is too long' })
  }
  const lines = entries.map((encoded, i) => formatLine(mark.seq + 1 + i, encoded))
  const bytes = Buffer.from(lines.join(''))
  let took: number
  let failure: Failure | undefined
  try {
    took = disk.writeOnce(fd, path, bytes)
    if (took < bytes.length) failure = new Failure('DISK_FULL', { path, recorded: 0 })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    failure = error
    took = Math.max(0, disk.readFacts(fd, path).size - mark.bytes)
  }

  let landed = lines.length
  let end = bytes.length
  if (took < bytes.length) {
    landed = 0
    end = 0
    for (const line of lines) {
      const length = Buffer.byteLength(line)
      if (end + length > took) break
      end += length
      landed++
    }
    if (took > end) cutBack(fd, path, mark.bytes + end)
  }
  return { landed, mark: { seq: mark.seq + landed, bytes: mark.bytes + end }, failure }
}

function cutBack(fd: number, path: string, size: number): void {
  try {
    disk.truncateTo(fd, path, size)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}
