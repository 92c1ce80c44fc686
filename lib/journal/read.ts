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
  // Behind the LF of the line to give, once that is found; and what of its end was read.
  let end: number | undefined
  let rest: Buffer[] = []
  for (let position = to; position > 0; ) {
    const length = Math.min(chunkSize, position)
    position -= length
    const chunk = disk.readBytes(fd, path, position, length)
    // It became shorter meanwhile.
    if (chunk.length < length) return
    let stop = length
    for (let lf = chunk.lastIndexOf(10); lf >= 0; ) {
      const offset = position + lf + 1
      if (end !== undefined) yield lineOf(offset, end, [chunk.subarray(lf + 1, stop), ...rest])
      end = offset
      rest = []
      stop = lf
      lf = lf === 0 ? -1 : chunk.lastIndexOf(10, lf - 1)
    }
    if (end === undefined) continue
    if (end - position - 1 > longestLine) rest = []
    else rest.unshift(chunk.subarray(0, stop))
  }
  if (end !== undefined) yield lineOf(0, end, rest)
}

function lineOf(offset: number, end: number, parts: readonly Buffer[]): Line {
  const [only] = parts
  const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts)
  return { offset, end, text: end - offset - 1 > longestLine ? '' : bytes.toString('utf8') }
}

/** An entry and where its line stands, or a line that is no entry. */
export interface Reading {
  readonly line: Line
  readonly entry: Entry | undefined
}

/** Decodes each line. */
export function* decodeLines(lines: Iterable<Line>): Generator<Reading> {
  for (const line of lines) yield { line, entry: decodeEntry(line.text) }
}
