/** One line of a transcript. */

import { isTable } from '../base/decode.ts'
import { parseJson } from '../base/json.ts'
import { formatTimestamp, type Timestamp } from '../base/time.ts'

/** A JSON object, as in an entry's `data`. */
export type EntryData = { readonly [key: string]: unknown }

/** What is to be appended; the journal gives it its sequence number. */
export interface NewEntry {
  readonly type: string
  readonly turn: number
  readonly text: string | null
  readonly data: EntryData
  /** When its first byte was seen, in ms since 1970. */
  readonly at: number
}

/** A line of the transcript as read back. Unknown types and extra keys are kept. */
export interface Entry {
  readonly v: number
  readonly seq: number
  readonly ts: Timestamp
  readonly turn: number
  readonly type: string
  readonly text: string | null
  readonly data: EntryData
}

/** The version of the line's shape that is written. */
const entryVersion = 1

/** An entry's line but for its sequence number, which only the holder of the journal's lock can give. */
export interface EncodedEntry {
  readonly type: string
  readonly ts: Timestamp
  readonly tail: string
  /** What was taken out of it, as its data say. */
  readonly redactions?: unknown
}

/** What the lines of a stream have in common: they come by the thousand, and differ in their text. */
let common = { at: Number.NaN, ts: '', turn: 0, type: '', start: '', quoted: '' }
let shared: { data: EntryData; end: string; quoted: string } | undefined

/** Encodes all of an entry but its sequence number. */
export function encodeEntry({ at, type, turn, text, data }: NewEntry): EncodedEntry {
  if (at !== common.at || turn !== common.turn || type !== common.type) {
    const ts = at === common.at ? common.ts : formatTimestamp(at)
    const start = `,"ts":"${ts}","turn":${turn},"type":${JSON.stringify(type)},"text":`
    common = { at, ts, turn, type, start, quoted: `${start}"` }
  }
  // Only what nobody can change is known to be what it was.
  if (data !== shared?.data || !Object.isFrozen(data)) {
    const end = `,"data":${JSON.stringify(data)}}\n`
    shared = { data, end, quoted: `"${end}` }
  }
  // As JSON.stringify does, which takes twice as long for a text that needs no escapes.
  const tail =
    text === null || escaped.test(text)
      ? common.start + JSON.stringify(text) + shared.end
      : common.quoted + text + shared.quoted
  return { type, ts: common.ts, tail, redactions: data.redactions }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/

/** The whole line. */
export function formatLine(seq: number, encoded: EncodedEntry): string {
  return `{"v":${entryVersion},"seq":${seq}${encoded.tail}`
}

/** The entry of a line without its LF, or undefined when the line is none. */
export function decodeEntry(line: string): Entry | undefined {
  // A torn block after a power cut reads as NULs.
  if (line.charCodeAt(0) !== 123 /* { */) return undefined
  const value = parseJson(line)
  if (!isTable(value)) return undefined
  const { v, seq, ts, turn, type, text, data } = value
  if (typeof v !== 'number' || v < 1) return undefined
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return undefined
  if (typeof turn !== 'number' || !Number.isSafeInteger(turn) || turn < 0) return undefined
  if (typeof ts !== 'string' || Number.isNaN(Date.parse(ts)) || typeof type !== 'string') {
    return undefined
  }
  if (text !== null && typeof text !== 'string') return undefined
  return isTable(data) ? ({ ...value, v, seq, ts, turn, type, text, data } as Entry) : undefined
}
