/** The lines of any text, redacted one by one; what is not found out stays byte for byte. */

import { isUtf8 } from 'node:buffer'
import { parseJson } from '../base/json.ts'
import {
  mergeCounts,
  type Redacted,
  type RedactionCounts,
  type RedactionStream,
  type Redactor,
} from '../redact/redact.ts'
import { LineCutter, type Piece } from './lines.ts'

/** A line that was looked through, or a piece of one. */
export interface CheckedLine {
  /** From 1. */
  readonly line: number
  /** What a rule found here; `error` where the search failed, and then nothing is changed. */
  readonly counts: RedactionCounts | undefined
  /** What is to stand here now, with its line feed. */
  readonly bytes: Buffer
  /** The search failed, and what stood here is not known any more. */
  readonly lost: boolean
}

/** Looks through a text that comes in pieces. */
export class TextRedaction {
  readonly #cutter = new LineCutter()
  readonly #stream: RedactionStream
  #line = 0

  constructor(redactor: Redactor) {
    this.#stream = redactor.openStream()
  }

  /** What is whole by now. The bytes given may be those of `chunk` itself. */
  *take(chunk: Buffer): Generator<CheckedLine> {
    for (const piece of this.#cutter.take(chunk)) yield this.#check(piece)
  }

  *end(): Generator<CheckedLine> {
    for (const piece of this.#cutter.end()) yield this.#check(piece)
  }

  #check(piece: Piece): CheckedLine {
    if (piece.starts) this.#line++
    const isWhole = piece.starts && piece.end !== 'more'
    const { counts, value } = isWhole ? this.#whole(piece) : this.#part(piece)
    return { line: this.#line, counts, bytes: value, lost: !isWhole && isFailed(counts) }
  }

  #whole({ bytes, end }: Piece): Redacted<Buffer> {
    const line = end === 'lf' ? bytes.subarray(0, -1) : bytes
    // What is no UTF-8 is read so that each byte comes back as it was.
    const encoding = isUtf8(line) ? 'utf8' : 'latin1'
    const { value, counts } = this.#stream.lines(line.toString(encoding))
    if (counts === undefined || isFailed(counts)) return { value: bytes, counts }
    // The rest of a key: there is no line any more.
    const isNothing = value === '' && line.length > 0 && isEmpty(counts)
    return { value: Buffer.from(value + (isNothing || end !== 'lf' ? '' : '\n'), encoding), counts }
  }

  /** A cut may go through a character, so a very long line is read as bytes. */
  #part({ bytes, end }: Piece): Redacted<Buffer> {
    const first = this.#stream.write(bytes.toString('latin1'))
    const rest = end === 'eof' ? this.#stream.end() : undefined
    const value = Buffer.from(first.value + (rest?.value ?? ''), 'latin1')
    return { value, counts: mergeCounts(first.counts, rest?.counts) }
  }
}

/** Whether the redactor gave up. */
export function isFailed(counts: RedactionCounts | undefined): boolean {
  return counts?.error !== undefined
}

function isEmpty(counts: RedactionCounts): boolean {
  return Object.keys(counts).length === 0
}

/**
 * A whole JSON document over several lines, as those write it that indent: none of its lines says by
 * itself what a value is called. Undefined when it is none, or has one value a line.
 */
export function redactDocumentLines(text: string, redactor: Redactor): CheckedLine[] | undefined {
  if (!isIndentedJson(text)) return undefined
  const { value, counts } = redactor.text(text)
  const [before, after] = [text.split('\n'), value.split('\n')]
  if (isFailed(counts) || before.length !== after.length) return undefined
  return after.map((line, index) => ({
    line: index + 1,
    counts: countMarkers(before[index] ?? '', line),
    bytes: Buffer.from(index < after.length - 1 ? `${line}\n` : line),
    lost: false,
  }))
}

function isIndentedJson(text: string): boolean {
  return /^\s*[{[]/.test(text) && text.trim().includes('\n') && parseJson(text) !== undefined
}

/** The rules of the markers that a line has now and had not before. */
function countMarkers(before: string, after: string): RedactionCounts | undefined {
  if (before === after) return undefined
  const counts: Record<string, number> = {}
  const add = (text: string, step: number) => {
    for (const [, rule = ''] of text.matchAll(/\[REDACTED:([a-z0-9-]{1,64})\]/g)) {
      counts[rule] = (counts[rule] ?? 0) + step
    }
  }
  add(after, 1)
  add(before, -1)
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}
