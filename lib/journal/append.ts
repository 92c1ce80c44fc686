/** Appending to a journal. The caller holds journal.lock. */

import { Failure, quietly } from '../errors.ts'
import * as disk from '../os/disk.ts'
import { type EncodedEntry, formatLine } from './entry.ts'
import type { Mark } from './recover.ts'

/** Far beyond what is sensible, and below what a reader refuses to hold, whatever its letters. */
const longestEntry = 16 * 1024 * 1024

/**
 * In UTF-16 units. A text put together of others is copied into one piece before it is encoded: where
 * that is large, into memory that is asked for each time.
 */
const longestPiece = 16 * 1024

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
  const texts: string[] = []
  let text = ''
  let { seq } = mark
  for (const encoded of entries) {
    const { type, tail } = encoded
    if (tail.length > longestEntry) {
      throw new Failure('ENTRY_INVALID', { type, problem: 'it is too long' })
    }
    text += formatLine(++seq, encoded)
    if (text.length > longestPiece) {
      texts.push(text)
      text = ''
    }
  }
  texts.push(text)
  let took: number
  let failure: Failure
  try {
    const { length, taken } = disk.writeTextsOnce(fd, path, texts)
    if (taken === length) {
      const { length: landed } = entries
      return { landed, mark: { seq, bytes: mark.bytes + length }, failure: undefined }
    }
    took = taken
    failure = new Failure('DISK_FULL', { path, recorded: 0 })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    failure = error
    took = Math.max(0, disk.readFacts(fd, path).size - mark.bytes)
  }

  let landed = 0
  let end = 0
  for (const encoded of entries) {
    const length = Buffer.byteLength(formatLine(mark.seq + 1 + landed, encoded))
    if (end + length > took) break
    end += length
    landed++
  }
  if (took > end) quietly(() => disk.truncateTo(fd, path, mark.bytes + end))
  return { landed, mark: { seq: mark.seq + landed, bytes: mark.bytes + end }, failure }
}
