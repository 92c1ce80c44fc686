/** Reading a transcript, in lines, from either end. Memory does not grow with the file. */

import * as disk from '../os/disk.ts'
import { decodeEntry, type Entry } from './entry.ts'

const chunkSize = 256 * 1024

/** A line longer than this is no entry of ours, and is not held in memory to find out. */
const longestLine = 64 * 1024 * 1024

/** One line of the file. */
export interface Line {
  /** Its first byte's offset. */
  readonly offset: number
  /** The offset behind its LF. */
  readonly end: number
  /** Without the LF. */
  readonly text: string
}

/**
 * The whole lines between two offsets; what follows the last LF is left out, since it is not yet
 * there. `to` is where the file ends now by default.
 */
export function* readLines(fd: number, path: string, from: number, to?: number): Generator<Line> {
  const end = to ?? disk.readFacts(fd, path).size
  let rest: Buffer[] = []
  let restLength = 0
  let offset = from
  for (let position = from; position < end; ) {
    const chunk = disk.readBytes(fd, path, position, Math.min(chunkSize, end - position))
    if (chunk.length === 0) return
    position += chunk.length
    let start = 0
    for (;;) {
      const lf = chunk.indexOf(10, start)
      if (lf < 0) break
      const length = restLength + lf - start
      const text =
        length > longestLine
          ? ''
          : rest.length === 0
            ? chunk.toString('utf8', start, lf)
            : Buffer.concat([...rest, chunk.subarray(start, lf)]).toString('utf8')
      yield { offset, end: offset + length + 1, text }
      offset += length + 1
      start = lf + 1
      rest = []
      restLength = 0
    }
    restLength += chunk.length - start
    if (restLength > longestLine) rest = []
    else if (start < chunk.length) rest.push(chunk.subarray(start))
  }
}

/** The whole lines before `to`, the last one first. */
export function* readLinesBackwards(fd: number, path: string, to: number): Generator<Line> {
  // The bytes from `position` to behind the LF of the next line to give.
  let held: Buffer = Buffer.alloc(0)
  let position = to
  let whole = false
  let size = chunkSize
  while (position > 0) {
    const length = Math.min(size, position)
    position -= length
    held = Buffer.concat([disk.readBytes(fd, path, position, length), held])
    if (!whole) {
      const lf = held.lastIndexOf(10)
      held = held.subarray(0, lf + 1)
      whole = lf >= 0
    }
    const before = held.length
    for (let lf = lastLineFeed(held); lf >= 0; lf = lastLineFeed(held)) {
      yield lineAt(held, lf + 1, position)
      held = held.subarray(0, lf + 1)
    }
    // A line longer than a chunk is not copied over and over.
    size = held.length === before ? size * 2 : chunkSize
  }
  if (held.length > 0) yield lineAt(held, 0, 0)
}

/** The LF before the line that ends `held`, or -1. */
function lastLineFeed(held: Buffer): number {
  return held.length < 2 ? -1 : held.lastIndexOf(10, held.length - 2)
}

function lineAt(held: Buffer, start: number, position: number): Line {
  return {
    offset: position + start,
    end: position + held.length,
    text: held.toString('utf8', start, held.length - 1),
  }
}

/** An entry and where its line stands, or a line that is no entry. */
export type Reading =
  | { readonly line: Line; readonly entry: Entry }
  | { readonly line: Line; readonly entry: undefined }

/** Decodes each line. */
export function* decodeLines(lines: Iterable<Line>): Generator<Reading> {
  for (const line of lines) yield { line, entry: decodeEntry(line.text) }
}
