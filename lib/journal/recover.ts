/** Finding where a journal truly ends. */

import { decodeEntry, type Entry } from './entry.ts'
import { readLines } from './read.ts'

/** How far somebody has read: the newest entry's number and the offset behind its line. */
export interface Mark {
  readonly seq: number
  readonly bytes: number
}

export const beginning: Mark = { seq: -1, bytes: 0 }

/** What lies behind a mark. */
export interface Tail {
  /** The entries that follow it, each with the length of its line in bytes. */
  readonly entries: Iterable<{ readonly entry: Entry; readonly bytes: number }>
  /** Known once the entries were all taken. */
  readonly end: () => TailEnd
}

export interface TailEnd {
  readonly mark: Mark
  /**
   * What stands behind the mark: nothing; a line without its LF, which a live writer may be about to
   * finish; lines that are no entries, after which none is (a power cut leaves such, of NULs); or
   * such lines with entries behind them, which no crash leaves.
   */
  readonly rest: 'none' | 'unfinished' | 'lost' | 'damaged'
}

/** Reads on from a mark, to `size`. */
export function readTail(fd: number, path: string, from: Mark, size: number): Tail {
  let mark = from
  let rest: TailEnd['rest'] = 'none'
  function* entries(): Generator<{ entry: Entry; bytes: number }> {
    for (const line of readLines(fd, path, from.bytes, size)) {
      const entry = decodeEntry(line.text)
      const isNext = entry?.seq === mark.seq + 1
      if (rest === 'lost') {
        if (entry !== undefined) {
          rest = 'damaged'
          return
        }
      } else if (entry !== undefined && isNext) {
        mark = { seq: entry.seq, bytes: line.end }
        yield { entry, bytes: line.end - line.offset }
      } else if (entry !== undefined) {
        rest = 'damaged'
        return
      } else {
        rest = 'lost'
      }
    }
    if (rest === 'none' && mark.bytes < size) rest = 'unfinished'
    // Without its first entry nothing says that this was ever a journal.
    if (rest === 'lost' && mark.seq < 0) rest = 'damaged'
  }
  return { entries: entries(), end: () => ({ mark, rest }) }
}
