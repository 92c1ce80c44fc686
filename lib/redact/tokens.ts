/** Tokens that are known by how they begin. */

import type { Find } from './finds.ts'
import { endAt, execAt } from './match.ts'
import { isPlaceholder } from './placeholder.ts'
import { charsets, isSought, type Rule } from './rules.ts'
import { inRun, runsIn, type Searched, takeRun } from './runs.ts'

/** A token that reached the end of its line, and may go on in the next. */
export interface Wrap {
  readonly rule: Rule
  /** How many characters more the rule allows. */
  readonly left: number
  /** Of the line it began in: what was wrapped is no longer. */
  readonly width: number
}

/** Finds the tokens of a set of rules. */
export class TokenFinder {
  /** By their first two characters, the longest first. */
  readonly #anchors = new Map<number, Anchor[]>()
  /** For two ASCII characters: 1 when an anchor begins with them, 2 when they may come second. */
  readonly #pairs = new Uint8Array(1 << 14)
  readonly #shortest: number

  /** Each token of the rules holds `shortest` letters, digits, `_` or `-` in a row. */
  constructor(rules: readonly Rule[], shortest: number) {
    const anchors = new Map<string, Anchor>()
    for (const rule of rules) {
      const before = rule.before?.source.replace(/\$$/, '')
      const lead = before === undefined ? undefined : new RegExp(`(?<=(${before}))`, 'y')
      for (const text of rule.anchors) {
        const last = text.length - 1
        const [fourth, ending] = [text.charCodeAt(Math.min(3, last)), text.charCodeAt(last)]
        anchors.set(text, { text, fourth, ending, rule, lead })
      }
    }
    for (const anchor of [...anchors.values()].sort((a, b) => b.text.length - a.text.length)) {
      const pair = pairAt(anchor.text.charCodeAt(0), anchor.text.charCodeAt(1))
      const known = this.#anchors.get(pair)
      if (known === undefined) this.#anchors.set(pair, [anchor])
      else known.push(anchor)
    }
    this.#shortest = shortest
    const pairs = this.#pairs
    const mark = (at: number, bit: number) => {
      pairs[at] = (pairs[at] as number) | bit
    }
    const ends = new Set<number>()
    for (const { text, rule } of anchors.values()) {
      if (isSought(rule)) continue
      const second = text.charCodeAt(1)
      mark(pairAt(text.charCodeAt(0), second), 1)
      if (text.length > 2) mark(pairAt(second, text.charCodeAt(2)), 2)
      else ends.add(second)
    }
    // What follows these may be anything.
    for (const end of ends) {
      for (let at = pairAt(end, 0); at < pairAt(end + 1, 0); at++) mark(at, 2)
    }
  }

  /**
   * Adds every token of the rules, and what follows the word Bearer; `wrap` is the token that the
   * line before ended with, `null` when none is to go on. Returns the one that the last line ends
   * with.
   *
   * Anchors are sought only in and just before a long run; `anchors` is where those stand that are
   * sought everywhere.
   */
  find(
    text: string,
    finds: Find[],
    wrap: Wrap | null | undefined,
    anchors: readonly number[] = [],
  ): Wrap | undefined {
    const search: Search = { text, runs: undefined, finds, wraps: wrap !== null, wrap: undefined }
    let floor = wrap ? goOn(search, 0, wrap) : 0
    for (const start of anchors) {
      const find = this.#tokenAt(search, start)
      if (find === undefined) continue
      finds.push(find)
      if (search.wrap !== undefined && find.end < text.length)
        goOn(search, find.end + 1, search.wrap)
    }
    let from = floor
    for (const { start: begin, end } of runsIn(text, this.#shortest)) {
      const start = Math.max(begin, from)
      if (end - start < this.#shortest) continue
      floor = this.#searchRun(search, Math.max(floor, start - leadOf(text, start)), start, end)
      from = Math.max(end + 1, floor)
    }
    return search.wrap
  }

  /** Searches one run and its lead, and returns where the next search may begin. */
  #searchRun(search: Search, from: number, start: number, end: number): number {
    const { text, finds } = search
    const pairs = this.#pairs
    const known = finds.length
    let at = from
    let a = text.charCodeAt(at)
    let b = text.charCodeAt(at + 1)
    while (at < end - 2) {
      const c = text.charCodeAt(at + 2)
      const maybe =
        a < 128 &&
        b < 128 &&
        ((pairs[pairAt(a, b)] as number) & 1) !== 0 &&
        ((pairs[pairAt(b, c)] as number) & 2) !== 0 &&
        mayBegin(text, at)
      const find = maybe && this.#tokenAt(search, at)
      if (find) {
        finds.push(find)
        at = find.end
        if (search.wrap !== undefined && at < text.length) at = goOn(search, at + 1, search.wrap)
        a = text.charCodeAt(at)
        b = text.charCodeAt(at + 1)
      } else {
        at++
        a = b
        b = c
      }
    }
    const bare = finds.length === known ? bearerAt(text, start) : undefined
    if (bare === undefined) return at
    finds.push(bare)
    return bare.end
  }

  #tokenAt(search: Search, at: number): Find | undefined {
    const { text } = search
    const pair = pairAt(text.charCodeAt(at), text.charCodeAt(at + 1))
    const anchor = longestAt(text, at, this.#anchors.get(pair))
    if (anchor === undefined) return undefined
    const { rule, lead } = anchor
    const body = at + anchor.text.length
    if (lead === undefined && !beginsAt(text, at, rule)) return undefined
    if (rule.min > 0 && isNothing(text.charCodeAt(body))) return undefined

    const run = takeRun(search, charsets[rule.charset], body)
    // Its tail would look like a token, and without that the tail of the rest, and so on.
    if (run.end - body > rule.max + 3) run.overlong = true
    if (run.overlong) return undefined
    let { end } = run
    for (let trim = 0; trim < 3 && text.charCodeAt(end - 1) === 46; trim++) end--
    const isCut = end - body < rule.min && isCutOff(rule, anchor.text, text, body, end)
    if ((end - body < rule.min && !isCut) || end - body > rule.max) return undefined
    const next = text.charCodeAt(end)
    const goesOn = isLetterOrDigit(next) || (rule.boundary === 'strict' && isInBase64(next))
    if (goesOn) return undefined
    let start = at
    if (lead !== undefined) {
      // Last of all that is asked of the place: it reads backwards.
      const found = execAt(lead, text, at)?.[1]
      if (found === undefined) return undefined
      start -= found.length
    }
    const content = text.slice(body, end)
    if (isPlaceholder(content.slice(0, 40))) return undefined
    if (!isCut && rule.check?.(content) === false) return undefined
    search.wrap = search.wraps ? wrapOf(rule, text, body, end) : undefined
    const sure = !isCut && !rule.keepsAnchor && rule.confidence === 'high'
    return { start: rule.keepsAnchor ? body : start, end, rule: rule.id, sure }
  }
}

interface Search extends Searched {
  readonly finds: Find[]
  readonly wraps: boolean
  wrap: Wrap | undefined
}

function pairAt(a: number, b: number): number {
  return (a << 7) | b
}

/** How far before a run its anchor can begin: anchors hold dots and slashes, runs do not. */
function leadOf(text: string, start: number): number {
  const before = text[start - 1]
  return before === '/' ? 128 : before !== undefined && '.:+%~$!|'.includes(before) ? 40 : 0
}

/** What is in the middle of a word is no beginning, unless an escape ends there. */
function mayBegin(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1)
  if (!isLetterOrDigit(before)) return true
  return (
    before === 109 ||
    text.charCodeAt(at - 2) === 92 ||
    text.charCodeAt(at - 3) === 37 ||
    text.charCodeAt(at - 5) === 117
  )
}

function isLetterOrDigit(code: number): boolean {
  return inRun[code] === 1 && code !== 45 && code !== 95
}

/** `- _ + / =`, which letters and digits of base64 may stand between. */
function isInBase64(code: number): boolean {
  return code === 45 || code === 95 || code === 43 || code === 47 || code === 61
}

interface Anchor {
  readonly text: string
  /** The codes of its fourth and its last character, or of its last: comparing these spares most calls. */
  readonly fourth: number
  readonly ending: number
  readonly rule: Rule
  /** What stands before it, read backwards from it. */
  readonly lead: RegExp | undefined
}

function longestAt(text: string, at: number, anchors: readonly Anchor[] = []): Anchor | undefined {
  for (const anchor of anchors) {
    const last = anchor.text.length - 1
    if (
      text.charCodeAt(at + Math.min(3, last)) === anchor.fourth &&
      text.charCodeAt(at + last) === anchor.ending &&
      text.startsWith(anchor.text, at)
    ) {
      return anchor
    }
  }
  return undefined
}

/** Whether a token can begin here: not inside a word, but after an escape or a colour. */
function beginsAt(text: string, at: number, rule: Rule): boolean {
  if (at === 0) return true
  const before = text[at - 1] as string
  if (rule.boundary === 'strict' && '+/=_-'.includes(before)) {
    // After a name, and at the start of a line of a diff.
    if (before === '=') return /\w["']?=$/.test(text.slice(Math.max(0, at - 4), at))
    return (before === '+' || before === '-') && (at === 1 || text[at - 2] === '\n')
  }
  const code = before.charCodeAt(0)
  if (!isLetterOrDigit(code)) return true
  if (!'mnrtbf'.includes(before) && !/[0-9A-Fa-f]/.test(before)) return false
  return /(?:\\(?:[bfnrt]|u[0-9A-Fa-f]{4})|%[0-9A-Fa-f]{2}|\[[0-9;]{0,12}m)$/.test(
    text.slice(Math.max(0, at - 15), at),
  )
}

const narrowest = 24

/**
 * Whether what is too short for a token is the part of one that its line had room for. After an
 * anchor that is a word it may as well be a name.
 */
function isCutOff(rule: Rule, anchor: string, text: string, body: number, end: number): boolean {
  if (rule.confidence === 'low' || rule.boundary || rule.charset === 'jwt') return false
  if (end - body < 12 || (end < text.length && text[end] !== '\n')) return false
  if (anchor.length < 4 || wordAnchor.test(anchor)) return false
  const content = text.slice(body, end)
  // Base64 of what is no text has letters again and again.
  return widthOf(text, end) >= 2 * narrowest && isMixed(content) && !/(.)\1{3}/.test(content)
}

/** What no token has in it, and often stands where an anchor is a word of its own. */
function isNothing(code: number): boolean {
  return code <= 32 || code === 34 || code === 39 || code === 63
}

const wordAnchor = /^(?:secret|console|token|oauth|key|live|test|pat|api|sdk)[-_:.]/

/** Of the line up to `end`. */
function widthOf(text: string, end: number): number {
  return end - (text.lastIndexOf('\n', end - 1) + 1)
}

function wrapOf(rule: Rule, text: string, body: number, end: number): Wrap | undefined {
  if (end < text.length && text[end] !== '\n') return undefined
  const left = rule.max - (end - body)
  const width = widthOf(text, end)
  return left > 0 && width >= narrowest && rule.boundary !== 'strict'
    ? { rule, left, width }
    : undefined
}

const margin = /[ \t>|│\u2192+#*\d-]{0,12}?(?=[A-Za-z0-9])/y

/** Adds the rest of a token at the start of a line, and returns where the search goes on. */
function goOn(search: Search, lineStart: number, wrap: Wrap): number {
  const { text, finds } = search
  search.wrap = undefined
  const start = endAt(margin, text, lineStart) ?? lineStart
  const end = endAt(charsets[wrap.rule.charset], text, start) ?? start
  const length = end - start
  const isEnd = end === text.length || /[\n"'`,;)\]}│|]/.test(text[end] as string)
  if (!isEnd || length < 4 || length > wrap.left || end - lineStart > wrap.width) return lineStart
  const exact = wrap.rule.min === wrap.rule.max && length === wrap.left
  const content = text.slice(start, end)
  if (!exact && (length < 8 || !isMixed(content) || !/[A-Z]|^[0-9a-f]+$/.test(content))) {
    return lineStart
  }
  finds.push({ start, end, rule: wrap.rule.id, sure: false })
  if (length < wrap.left && (end === text.length || text[end] === '\n')) {
    search.wrap = { ...wrap, left: wrap.left - length }
    if (end < text.length) return goOn(search, end + 1, search.wrap)
  }
  return end
}

function isMixed(content: string): boolean {
  return /[0-9]/.test(content) && /[A-Za-z]/.test(content)
}

const bearer = /[A-Za-z0-9._~+/=|-]*/y

/** A long value after the word Bearer, wherever that stands. */
function bearerAt(text: string, start: number): Find | undefined {
  if (text[start - 1] !== ' ') return undefined
  if (!/\bbearer $/i.test(text.slice(Math.max(0, start - 8), start))) return undefined
  const end = endAt(bearer, text, start) ?? start
  const content = text.slice(start, end)
  if (!/[0-9]/.test(content) || isPlaceholder(content)) return undefined
  return { start, end, rule: 'authorization' }
}
