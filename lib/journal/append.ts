/** Appending to a journal. The caller holds journal.lock. */

import { Failure } from '../errors.ts'
import * as disk from '../os/disk.ts'
import { type EncodedEntry, type Entry, formatLine } from './entry.ts'
import type { Mark } from './recover.ts'

/** Far beyond what is sensible, and below what a reader refuses to hold, whatever its letters. */
const longestEntry = 16 * 1024 * 1024

/** An entry that has happened, and its line's length in bytes. */
export interface Landed {
  readonly entry: Entry
  readonly bytes: number
}

export interface Appended {
  readonly landed: readonly Landed[]
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
    throw new Failure('ENTRY_INVALID', { type: long.entry.type, problem: 'it is too long' })
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

  const landed: Landed[] = []
  let end = 0
  for (const [i, line] of lines.entries()) {
    const length = lines.length === 1 ? bytes.length : Buffer.byteLength(line)
    if (end + length > took) break
    end += length
    const { entry } = entries[i] as EncodedEntry
    landed.push({ entry: { ...entry, seq: mark.seq + 1 + i }, bytes: length })
  }
  const after = { seq: mark.seq + landed.length, bytes: mark.bytes + end }
  if (took > end) cutBack(fd, path, after.bytes)
  return { landed, mark: after, failure }
}

function cutBack(fd: number, path: string, size: number): void {
  try {
    disk.truncateTo(fd, path, size)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}
