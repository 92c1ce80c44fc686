/** Reads the value that begins at a place of a text, up to where it ends. */

import type { Find } from './finds.ts'
import { headerAt, isHeader } from './headers.ts'
import { endAt, execAt } from './match.ts'
import type { Kind } from './names.ts'
import { type Searched, takeRun } from './runs.ts'
import { looksSecret, type Manner } from './values.ts'

/** A text from which values are read. */
export interface Reader extends Searched {
  /** Where the list ends that was read last: within it, no other begins. */
  listEnd: number
}

export function readerOf(text: string): Reader {
  return { text, runs: undefined, listEnd: 0 }
}

// Quotes within the quotes of a shell are two of those around a third; of Python, TOML and Nix there are
// two or three together.
const quotes = /'\\{1,4}''|'"'"'|"""|'''|''(?=[^\s',;)\]}])|\\{0,3}["'`]/y
/** What a value holds that stands without quotes. */
export const bare: RegExp = /[^\s"'`&;,<>(){}[\]|\\]*/y
/** Of an address: another question mark is no part of it. */
const parameter = /[^\s"'`&;,<>(){}[\]|\\?#]*/y

/** The secret that stands at `at` under a name of that kind, in quotes or without. */
export function valueAt(reader: Reader, at: number, kind: Kind, manner: Manner): Find | undefined {
  const { text } = reader
  const first = text.charCodeAt(at)
  const quote = isBetween(first) ? (execAt(quotes, text, at)?.[0] ?? '') : ''
  const start = at + quote.length
  if (isHeader(kind)) return headerAt(reader, start, kind)
  if (kind === 'phrase') return phraseAt(text, start)

  const app = quote === '' ? appAt(text, start, kind) : undefined
  if (app !== undefined) return app
  const closed = quote === '' ? -1 : closing(text, start, quote)
  const end = closed === -1 ? bareEnd(reader, start, kind) : closed
  // A call, and what an arrow leads to.
  if (closed === -1 && /^(?:.[[({]|->)/s.test(text.slice(end - 1, end + 1))) return undefined
  const content = text.slice(start, end)
  const isQuoted = closed !== -1 && manner !== 'cell' && manner !== 'sentence'
  const whole = isQuoted && quote.length === 1 ? joinedAt(text, start, end, manner) : undefined
  if (whole !== undefined && looksSecret(whole.content, kind, 'quoted'))
    return { start, end: whole.end, rule: kind }
  // At its end nobody can tell whether it is the value's own mark.
  const isLoud = kind === 'password' && closed === -1 && text[end] === '!'
  const loud = { start, end: isLoud ? end + 1 : end, rule: kind }
  if (looksSecret(content, kind, isQuoted ? 'quoted' : manner)) return loud
  return isLoud && manner === 'sentence' && looksSecret(`${content}!`, kind, manner)
    ? loud
    : undefined
}

/** From the end of a quoted part to the next one; arguments of a command have only blanks between them. */
const joints = {
  shell: /["'](?=["'])/y,
  code: /["'`][ \t]{0,8}(?:\+|\.{1,2})?[ \t]{0,8}[bru]?(?=["'`])/y,
}
const mostParts = 16

/** What several quoted parts are together, of which the first one stands from `start` to `end`. */
function joinedAt(
  text: string,
  start: number,
  end: number,
  manner: Manner,
): { content: string; end: number } | undefined {
  const joint = manner === 'shell' ? joints.shell : joints.code
  let content = text.slice(start, end)
  let last = end
  for (let parts = 1; parts < mostParts; parts++) {
    const next = endAt(joint, text, last)
    if (next === undefined) break
    const close = closing(text, next + 1, text[next] as string)
    // What has a name or value of its own is no part of this one.
    if (close <= next + 1 || /^.\s{0,8}[:=]/.test(text.slice(close, close + 10))) break
    content += text.slice(next + 1, close)
    last = close
  }
  return last === end ? undefined : { content, end: last }
}

const broken =
  /["'`][ \t]{0,8}(?:(?:\+|\.{1,2}|\\)[ \t]{0,8}\r?\n[ \t]{1,64}|\r?\n[ \t]{1,64}(?:\+|\.{1,2})[ \t]{0,8})(?=["'`])/y

/** Adds the parts of a value that stand in the lines below the first of them. */
export function findContinued(text: string, first: Find, finds: Find[]): void {
  let { end } = first
  for (let parts = 1; parts < mostParts; parts++) {
    const next = endAt(broken, text, end)
    if (next === undefined) return
    const start = next + 1
    end = closing(text, start, text[next] as string)
    if (end === -1) return
    if (end > start) finds.push({ start, end, rule: first.rule })
  }
}

/** As Google makes them for programs that cannot ask for more than a password. */
const appPassword = /(?:[a-z]{4} ){3}[a-z]{4}(?![\w ])/y

export function appAt(text: string, start: number, kind: Kind): Find | undefined {
  if (kind === 'parameter' || text.charCodeAt(start + 4) !== 32) return undefined
  const end = endAt(appPassword, text, start)
  return end === undefined ? undefined : { start, end, rule: kind }
}

/** The words of a wallet. */
const phrase = /[a-z]{3,8}(?:[ ,]{1,2}[a-z]{3,8}){11,23}(?![\w ])/y

function phraseAt(text: string, start: number): Find | undefined {
  const end = endAt(phrase, text, start)
  return end === undefined ? undefined : { start, end, rule: 'phrase' }
}

/** Where the quote closes on the same line, not far away; -1 when it does not. */
export function closing(text: string, start: number, quote: string): number {
  const near = text.slice(start, start + 4096)
  for (let end = near.indexOf(quote); end !== -1; end = near.indexOf(quote, end + 1)) {
    if (quote.length > 1 || !isEscaped(near, end)) {
      return near.slice(0, end).includes('\n') ? -1 : start + end
    }
  }
  return -1
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (slashes < 8 && text[at - 1 - slashes] === '\\') slashes++
  return slashes % 2 === 1
}

/** Where a value without quotes ends. */
export function bareEnd(reader: Reader, start: number, kind: Kind): number {
  const { text } = reader
  if (kind === 'parameter' && text[start] === '?') return start
  const { end } = takeRun(reader, kind === 'parameter' ? parameter : bare, start)
  const goesOn =
    text[end] === '|'
      ? joined
      : text[end] === '&' && end > start && kind === 'password'
        ? ampersand
        : undefined
  const last = (goesOn && endAt(goesOn, text, end)) ?? end
  return last > start && /[.:!?]/.test(text[last - 1] ?? '') ? last - 1 : last
}

/** The second half of what has a bar in the middle. */
const joined = /\|[\w+/=-]{20,4096}/y

/** What goes on behind an ampersand is another parameter only when it has a name. */
const ampersand =
  /&(?=[^\s"'`&;,<>(){}[\]|\\=]{0,64}[0-9])[^\s"'`&;,<>(){}[\]|\\=]{1,64}(?![=;&(){}[\]\\])/y

/** The secret in a string that stands alone under a name: of a JSON key, of an argument. */
export function findUnder(kind: Kind, text: string): Find | undefined {
  if (kind === 'phrase') return phraseAt(text, 0)
  if (isHeader(kind)) return headerAt(readerOf(text), 0, kind)
  return looksSecret(text, kind, 'quoted') ? { start: 0, end: text.length, rule: kind } : undefined
}

/** What may stand between a name and its operator: blanks, quotes, `\\`, `]` and `*`. */
export function isBetween(code: number): boolean {
  return (
    code === 32 ||
    code === 9 ||
    code === 34 ||
    code === 39 ||
    code === 96 ||
    code === 92 ||
    code === 93 ||
    code === 42
  )
}
