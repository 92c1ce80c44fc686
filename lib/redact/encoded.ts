/** Texts in base64. */

import { execAt } from './match.ts'
import { runsIn } from './runs.ts'

const shortestRun = 20
const shortest = 24
const longest = 0x10000

const sixBits = new Int8Array(0x80).fill(-1)
for (const [value, letter] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  sixBits[letter.charCodeAt(0)] = value
}
sixBits['-'.charCodeAt(0)] = 62
sixBits['_'.charCodeAt(0)] = 63

/** Printable text in a stretch of base64. */
export interface Encoded {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Every run of base64 that stands for printable text; hashes, keys and images do not. In a whole text
 * one may go on over lines.
 */
export function decodedRuns(text: string, isWhole: boolean): Encoded[] {
  const found: Encoded[] = []
  let done = 0
  for (const run of runsIn(text, shortestRun)) {
    const begin = Math.max(run.start, done)
    let start = begin
    let { end } = run
    if (end - start < shortestRun) continue
    // Base64 of text holds few of these, but it may hold one before its first long run.
    while (start > 0 && begin - start < 64 && /[\w+/-]/.test(text[start - 1] as string)) start--
    while (valueAt(text, end) >= 0) end++
    const letters = end
    for (let pad = 0; pad < 2 && text[end] === '='; pad++) end++
    done = end + 1
    // Where JSON is cut, the letter of an escape may stand before it: `\tZ2hw…`.
    const isEscaped = text[start - 1] === '\\'
    for (const from of new Set([isEscaped ? start + 1 : start, start, begin])) {
      const one = letters - from < shortest ? undefined : decodedAt(text, from, end, isWhole)
      if (one === undefined) continue
      found.push(one)
      done = one.end + 1
      break
    }
  }
  return found
}

/** The text that a run stands for, or else what goes on over lines does. */
function decodedAt(
  text: string,
  start: number,
  end: number,
  isWhole: boolean,
): Encoded | undefined {
  if (end - start > longest || !beginsPrintable(text, start)) return undefined
  for (const last of isWhole ? new Set([wrapEnd(text, start, end), end]) : [end]) {
    const decoded = Buffer.from(text.slice(start, last), 'base64').toString()
    if (isPrintable(decoded)) return { start, end: last, text: decoded }
  }
  return undefined
}

const wrapped = /\r?\n([A-Za-z0-9+/]{1,76}={0,2})(?=\r?\n|$)/y

/** Where base64 ends that goes on over lines of the width of its first one, as programs print it. */
function wrapEnd(text: string, start: number, end: number): number {
  const width = end - start
  if (width < 60 || width > 76 || (start > 0 && text[start - 1] !== '\n')) return end
  let last = end
  while (last - start < longest) {
    const [line = '', inner = ''] = execAt(wrapped, text, last) ?? []
    const next = inner.length
    if (next === 0 || next > width) break
    last += line.length
    if (next < width) break
  }
  return last
}

function valueAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 0x80 ? (sixBits[code] as number) : -1
}

/** Whether the first twelve bytes are text: most of what is no text ends here. */
function beginsPrintable(text: string, start: number): boolean {
  for (let group = 0; group < 16; group += 4) {
    const a = valueAt(text, start + group)
    const b = valueAt(text, start + group + 1)
    const c = valueAt(text, start + group + 2)
    const d = valueAt(text, start + group + 3)
    if ((a | b | c | d) < 0) return false
    const bits = (a << 18) | (b << 12) | (c << 6) | d
    if (!isText(bits >> 16) || !isText((bits >> 8) & 255) || !isText(bits & 255)) return false
  }
  return true
}

function isText(byte: number): boolean {
  return byte >= 32 ? byte !== 127 : byte === 9 || byte === 10 || byte === 13
}

function isPrintable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what no text holds.
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/.test(text)
}
