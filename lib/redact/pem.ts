/** Private keys in PEM: blocks of lines, so the one rule that looks beyond a line. */

import { marker, type Redacted, unchanged } from './finds.ts'
import { endAt, execAt } from './match.ts'
import { withoutAnsi } from './views.ts'

/** Whether the lines that come next belong to a key, and how many characters of it there were. */
export interface PemState {
  inside: boolean
  length: number
  /** What stands before each line, and behind it, as far as it does before and behind the first. */
  lead: string
  tail: string
  /** Of the lines of base64 that holds a key; 0 when the lines are those of the key itself. */
  width: number
}

const rule = 'private-key'
const longest = 0x10000
// In an address a blank is written otherwise.
const blank = '(?: |%20|\\+)'
const names = `(?:(?:[A-Z0-9]{1,12}${blank}){0,4}PRIVATE${blank}KEY(?:${blank}BLOCK)?|OpenVPN Static key V1)`
/** What the base64 of an OpenSSH key begins with. */
const openssh = 'b3BlbnNzaC1rZXktdjEA'
// PuTTY's have a count in place of the first line, and another header in place of the last.
const begin = new RegExp(
  `-{4,5} ?BEGIN${blank}${names} ?-{4,5}|(?<=Private-Lines: )[0-9]{1,4}|(?<![A-Za-z0-9+/])${openssh}`,
  'g',
)
const end = new RegExp(`-{4,5} ?END${blank}${names} ?-{4,5}`, 'g')
const signs = [
  'PRIVATE KEY',
  'PRIVATE%20KEY',
  'PRIVATE+KEY',
  'Static key',
  'Private-Lines: ',
  openssh,
]

/**
 * Makes each key in whole lines one marker; the state says how the lines before ended.
 *
 * A block that is nothing but the rest of a key becomes empty, with counts that are empty: there is
 * no line to write. In a whole text also the end of a key is found whose beginning is not there.
 */
export function redactKeys(block: string, state: PemState, isWhole: boolean): Redacted<string> {
  if (!state.inside && !hasSign(block)) return unchanged(block)
  const kept: string[] = []
  let found = 0
  let changed = false
  for (const raw of block.split('\n')) {
    const line = state.inside || hasSign(raw) ? withoutAnsi(raw) : raw
    const from = state.inside ? leave(line, state) : 0
    if (from === undefined || from > 0) changed = true
    if (from === undefined) continue
    if (!hasSign(line, from)) {
      kept.push(from > 0 ? line.slice(from) : raw)
      continue
    }
    const left = redactLine(line, from, state)
    if (isWhole && left.found === 0 && from === 0 && takeTail(line, kept)) found++
    kept.push(left.value)
    found += left.found
  }
  if (found > 0) return { value: kept.join('\n'), counts: { [rule]: found } }
  return changed ? { value: kept.join('\n'), counts: {} } : unchanged(block)
}

/** The lines before the end of a key whose beginning is not there, as one marker. */
function takeTail(line: string, kept: string[]): boolean {
  if (execAt(end, line, 0) === null) return false
  let from = kept.length
  // The last one may be of any length.
  if (shortLine.test(kept[from - 1] ?? '') && longLine.test(kept[from - 2] ?? '')) from--
  while (longLine.test(kept[from - 1] ?? '')) from--
  if (from === kept.length) return false
  kept.splice(from, kept.length - from, marker(rule))
  return true
}

function hasSign(text: string, from = 0): boolean {
  return signs.some((sign) => text.includes(sign, from))
}

/** One line from outside a key; it may hold whole keys with escaped line feeds. */
function redactLine(line: string, from: number, state: PemState): { value: string; found: number } {
  let value = ''
  let found = 0
  let at = from
  let closed: RegExpExecArray | null | undefined
  for (let hit = execAt(begin, line, at); hit !== null; hit = execAt(begin, line, at)) {
    found++
    value += line.slice(at, hit.index) + marker(rule)
    at = begin.lastIndex
    if (closed === undefined || (closed !== null && closed.index < at)) {
      closed = execAt(end, line, at)
    }
    at = closed === null ? enter(line, at, hit.index, state) : closed.index + closed[0].length
  }
  return { value: value + line.slice(at), found }
}

const inline =
  /(?:(?:(?:\\{1,4}[rn]|[ \t]|[A-Z][A-Za-z]{2,9}(?:-[A-Z][a-z]{1,9})?: [\w,.-]{1,80})*[A-Za-z0-9+/=]{16,4096})+(?:\\{1,4}[rn]){0,2}[A-Za-z0-9+/=]{0,76}(?:\\{1,4}[rn]){0,2})?/y

/** Where a key without an END stops on its line; when only quotes follow, it goes on below. */
function enter(line: string, at: number, begin: number, state: PemState): number {
  const after = endAt(inline, line, at) ?? at
  if (line.length - after > 32 || !joint.test(line.slice(after))) return after
  const lead = line.slice(Math.max(0, begin - 200), begin)
  Object.assign(state, { inside: true, length: 0, lead, tail: line.slice(at), width: 0 })
  return line.length
}

/** What joins a line of a key with the next: marks, and what languages call the end of a line. */
const joint =
  /^["'`\\+,;\s]*(?:n["']?)?(?:[\s.&+,│|]{0,8}(?:PHP_EOL|vbCrLf|vbNewLine|vbLf|Environment\.NewLine|<br ?\/?>))?[\s.&+,_\\│|]*$/

/** A line without what stands before and behind each line of its key; a digit stands for any. */
function innerOf(line: string, { lead, tail }: PemState): string {
  let start = 0
  while (start < lead.length && isAlike(line.charCodeAt(start), lead.charCodeAt(start))) start++
  const from = start === lead.length ? start : 0
  const isTailed = tail !== '' && line.length - from >= tail.length && line.endsWith(tail)
  return line.slice(from, isTailed ? line.length - tail.length : line.length)
}

function isAlike(a: number, b: number): boolean {
  return a === b || (isDigit(a) && isDigit(b))
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

const longLine = /^[\s>+|#*/\d:.│\u2192-]{0,24}[A-Za-z0-9+/=]{40,76}\s*$/
const shortLine = /^[\s>+|#*/\d:.│\u2192-]{0,24}[A-Za-z0-9+/=]{2,76}\s*$/

// Before it, what diffs, quotations and programs that number lines put there.
const material =
  /^(?:[\w./-]{1,200}[:-]\d{1,6}[:-])?[\s>+|#*/\d:.│\u2192-]*["'`]?(?:[A-Za-z0-9+/=]*|[A-Z][A-Za-z]{2,9}(?:-[A-Z][a-z]{1,9})?: [^\n]{0,200})(?:\\{1,4}[rn])*["'`]?[\s\\+,]*$/

/** Where the text after a key begins in a line; undefined when all of the line belongs to it. */
function leave(line: string, state: PemState): number | undefined {
  const closed = execAt(end, line, 0)
  if (closed !== null) {
    state.inside = false
    const after = closed.index + closed[0].length
    return after < line.length ? after : undefined
  }
  state.length += line.length + 1
  if (state.length <= longest && material.test(innerOf(line, state))) {
    state.inside = line.length >= state.width
    return undefined
  }
  state.inside = false
  return 0
}
