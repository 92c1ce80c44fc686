/** Texts as a reader would see them: without colours and what leads lines, with escapes resolved. */

import type { Find } from './finds.ts'
import { endOfLead, lineEnd } from './leads.ts'

/** A stretch of a text, and where each of its characters stands in it. */
export interface View {
  readonly text: string
  readonly starts: Int32Array
  readonly ends: Int32Array
}

/** Where something may go on from one line to the next, and over many. */
interface Folds {
  readonly lines: readonly number[]
  readonly parents: readonly number[]
}

const ESC = '\u001b'
// Colours and cursor moves, titles and links, and the escapes of two characters.
const ansi = new RegExp(
  `${ESC}(?:\\[[0-?]{0,64}[ -/]{0,8}[@-~]|[\\]P_^X][^\\u0007${ESC}]{0,4096}(?:\\u0007|${ESC}\\\\)|[ -/]{0,4}[0-Z\\\\^-~])`,
  'g',
)
const percent = /%[2-7][0-9A-Fa-f]/g
// Of JSON and of source, colours among them.
const escapes = /\\{1,4}(?:u00[2-7][0-9A-Fa-f]|(?:u001[bB]|x1[bB]|033|e)\[[0-9;]{0,24}m)/g

// Quotes and the marks between a name and its value, as HTML and XML have them in texts.
const entities = /&(?:quot|apos|#(?:34|39|58|61|x2[27]|x3[aAdD]));/g

// Blanks that break no line, and what has no width.
const invisible = /\u00a0|[\u00ad\u200b-\u200d\u2060\ufeff]+/g

/**
 * The other views of a text that are worth a search; most texts have none. `folds` says, in order, where
 * something in it may go on over lines; `isOpen`, that something does from its beginning on.
 */
export function viewsOf(text: string, folds: Folds, isOpen: boolean): View[] {
  const views: View[] = []
  add(views, text, text.indexOf(ESC), ansi, () => -1)
  add(views, text, findPercent(text), percent, (found) => Number.parseInt(found.slice(1), 16))
  add(views, text, findInvisible(text), invisible, (found) => (found === '\u00a0' ? 32 : -1))
  add(views, text, findEntity(text), entities, codeOf)
  add(views, text, text.indexOf('\\'), escapes, (found) =>
    found.endsWith('m') ? -1 : Number.parseInt(found.slice(-2), 16),
  )
  addWithoutLeads(views, text, folds.lines, 512)
  addWithoutLeads(views, text, isOpen ? [0, ...folds.parents] : folds.parents, 4096)
  return views
}

function codeOf(entity: string): number {
  if (entity[1] !== '#') return entity === '&quot;' ? 34 : 39
  const [lead, from] = entity[2] === 'x' ? [16, 3] : [10, 2]
  return Number.parseInt(entity.slice(from), lead)
}

/** The text without terminal escapes; itself when there are none. */
export function withoutAnsi(text: string): string {
  return text.includes(ESC) ? text.replace(ansi, '') : text
}

/** Where a find of the view stands in the text. */
export function findBehind(view: View, find: Find): Find {
  const start = view.starts[find.start] as number
  const end = view.ends[find.end - 1] as number
  return { ...find, start, end }
}

/** How much of the text around what reads otherwise is part of its view, at the least. */
const margin = 2048
/** How much farther a view goes for a whole line, or else for a whole word. */
const farther = 4 * margin

/** What reads otherwise, in order: where it stands, and the code it reads as; -1 for nothing. */
class Stretch {
  /** Three numbers for each: an array that holds only those takes half the time of a list. */
  #numbers = new Int32Array(48)
  #length = 0

  push(start: number, end: number, code: number): void {
    if (this.#length === this.#numbers.length) {
      const more = new Int32Array(2 * this.#length)
      more.set(this.#numbers)
      this.#numbers = more
    }
    this.#numbers[this.#length++] = start
    this.#numbers[this.#length++] = end
    this.#numbers[this.#length++] = code
  }

  /** Starts, ends and codes in turn. */
  get numbers(): Int32Array {
    return this.#numbers.subarray(0, this.#length)
  }
}

/** Where the first percent sign stands that encodes something: most are those of a progress. */
function findPercent(text: string): number {
  let at = text.indexOf('%')
  while (at >= 0 && !/^[2-7][0-9A-Fa-f]/.test(text.slice(at + 1, at + 3))) {
    at = text.indexOf('%', at + 1)
  }
  return at
}

/** Where the first ampersand stands with which an entity may begin: most are those of sources. */
function findEntity(text: string): number {
  let at = text.indexOf('&')
  while (at >= 0 && !'#qa'.includes(text[at + 1] ?? ' ')) at = text.indexOf('&', at + 1)
  return at
}

const unseen = ['\u00a0', '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff']

function findInvisible(text: string): number {
  // One look at each letter of a short text is sooner done than seven calls, and not of a long one.
  if (text.length < 512) return text.search(invisible)
  let first = -1
  for (const one of unseen) {
    const at = text.indexOf(one)
    if (at >= 0 && (first < 0 || at < first)) first = at
  }
  return first
}

/** Adds a view for each stretch of the text in which something reads otherwise, from `first` on. */
function add(
  views: View[],
  text: string,
  first: number,
  pattern: RegExp,
  read: (found: string) => number,
): void {
  if (first < 0) return
  let open = new Stretch()
  let last = 0
  pattern.lastIndex = first
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    if (last > 0 && found.index - last > 4 * farther) {
      views.push(viewOf(text, open))
      open = new Stretch()
    }
    last = pattern.lastIndex
    open.push(found.index, last, read(found[0]))
  }
  if (last > 0) views.push(viewOf(text, open))
}

const wordEnd = /[\s"'`,;(){}<>]/

/** Not in the middle of a word, which would look like the beginning of one. */
function beginOf(text: string, at: number): number {
  if (at <= farther) return 0
  const before = text.slice(at - farther, at)
  const start = before.lastIndexOf('\n')
  if (start >= 0) return at - farther + start + 1
  let begin = at
  while (begin > at - farther && !wordEnd.test(text[begin - 1] as string)) begin--
  return begin
}

function endOf(text: string, at: number): number {
  if (at + farther >= text.length) return text.length
  const after = text.slice(at, at + farther)
  const end = after.indexOf('\n')
  if (end >= 0) return at + end
  const stop = after.search(wordEnd)
  return stop < 0 ? at + farther : at + stop
}

/** Adds views without what leads the lines, of a few above each place and `length` characters behind it. */
function addWithoutLeads(
  views: View[],
  text: string,
  places: readonly number[],
  length: number,
): void {
  let done = 0
  for (let next = 0; next < places.length; ) {
    const place = places[next++] as number
    if (!isLedNear(text, place)) continue
    const from = lineAbove(text, done, place)
    let to = endOf(text, place + length)
    while ((places[next] ?? Number.POSITIVE_INFINITY) <= to) {
      to = endOf(text, (places[next++] as number) + length)
    }
    const led = ledLines(text, from, to)
    if (led !== undefined) views.push(viewBetween(text, from, to, led.numbers))
    done = to
  }
}

/** Whether something leads the line that holds `at`, or the next one: in most texts, neither. */
function isLedNear(text: string, at: number): boolean {
  const from = Math.max(0, at - 256)
  const start = text.slice(from, at).lastIndexOf('\n') + 1 + from
  if (endOfLead(text, start) > start) return true
  const next = text.slice(at, at + 512).indexOf('\n') + 1 + at
  return next > at && endOfLead(text, next) > next
}

/** Where the second line above `at` begins: what tells of something may not be its first. */
function lineAbove(text: string, done: number, at: number): number {
  const from = Math.max(done, at - 1024)
  const before = text.slice(from, at)
  let start = before.length
  for (let lines = 0; lines < 3 && start > 0; lines++)
    start = before.lastIndexOf('\n', start - 2) + 1
  return from + start
}

/** What leads the lines there; undefined where no two in a row have it: one says so only alone. */
function ledLines(text: string, from: number, to: number): Stretch | undefined {
  const led = new Stretch()
  const lines = text.slice(from, to)
  let inRow = 0
  let most = 0
  for (let start = 0; start <= lines.length; start = lineEnd(lines, start) + 1) {
    const end = endOfLead(lines, start)
    inRow = end > start ? inRow + 1 : 0
    // The mark of a diff is one column of each of its lines.
    if (inRow > 0) led.push(from + start, from + end, end === start + 1 ? 32 : -1)
    most = Math.max(most, inRow)
  }
  return most > 1 || (most === 1 && !lines.includes('\n')) ? led : undefined
}

function viewOf(text: string, { numbers }: Stretch): View {
  const from = beginOf(text, (numbers[0] as number) - margin)
  const to = endOf(text, (numbers.at(-2) as number) + margin)
  return viewBetween(text, from, to, numbers)
}

function viewBetween(text: string, from: number, to: number, numbers: Int32Array): View {
  const codes = new Uint16Array(to - from)
  const starts = new Int32Array(to - from)
  const ends = new Int32Array(to - from)
  let length = 0
  let next = 0
  for (let at = from; at < to; ) {
    const start = at
    let code: number
    if (start === numbers[next]) {
      at = numbers[next + 1] as number
      code = numbers[next + 2] as number
      next += 3
    } else {
      code = text.charCodeAt(at++)
    }
    if (code < 0) continue
    codes[length] = code
    starts[length] = start
    ends[length++] = at
  }
  return { text: Buffer.from(codes.buffer, 0, 2 * length).toString('utf16le'), starts, ends }
}
