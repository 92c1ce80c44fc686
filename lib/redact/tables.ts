/** Tables that a program prints: the names stand in the first row, the values below. */

import type { Find } from './finds.ts'
import { endOfLead, lineEnd } from './leads.ts'
import { endAt } from './match.ts'
import { findKind, type Kind } from './names.ts'
import { looksSecret } from './values.ts'

/** The secret columns of a table whose rows may go on in the next text. */
export interface Table {
  readonly mark: Mark
  /** How many columns it has. */
  readonly count: number
  readonly columns: readonly Column[]
  /** Of a name in each row and of its value. */
  readonly pair: { readonly name: number; readonly value: number } | undefined
  /** Whether it says whose passwords they are: then also a word may be one. */
  readonly isOfUsers: boolean
  /** What stands in the first row. */
  readonly titles: readonly string[]
  /** Whether something stands before each line. */
  readonly isLed: boolean
}

/** What stands between two cells; two blanks stand for as many as there are. */
type Mark = '|' | '\t' | ',' | ';' | '  '

interface Column {
  readonly kind: Kind
  /** Among the columns, and in the line. */
  readonly index: number
  readonly offset: number
}

interface Cell {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** The end of a secret column's name, from where one of `titleEnds` begins to the end of its cell. */
const nameEnd =
  /(?:key|(?<=t)oken|(?<=s)ecret|(?<=pas)sword|(?<=p)asswd|(?<=passp)hrase|(?<=crede)ntials|(?:ame|ey)["']?[,;]["']?value)["'`*]{0,2}(?=[ \t]{0,80}(?:[|,;\t\u2502\u2503\u2551]|\r?$)| {2})/imy
/** Of which every title of a secret column that is not the last of a text holds one. */
export const titleEnds: readonly string[] =
  'key Key KEY oken OKEN ecret ECRET sword SWORD asswd hrase ntials'
    .split(' ')
    .flatMap((end) =>
      ['|', ' |', ',', '",', '"\n', '"\r', ';', '\t', '\n', '\r', ' \u2502', '  '].map(
        (mark) => end + mark,
      ),
    )
    .concat(
      'ame,value ame,Value AME,VALUE ey,value ey,Value EY,VALUE ame","value ame","Value ey","value ey","Value'.split(
        ' ',
      ),
    )
/** The same at the end of a text, where nothing stands behind it. */
const lastTitle = /(?:key|oken|ecret|sword|asswd|hrase|ntials)["\r]{0,2}$/i
const longestRow = 2000
const mostColumns = 40

/**
 * Adds the secrets in the rows of tables, those of `open` first, and returns the one that goes on.
 * `titles` says where those of `titleEnds` begin that are in the text, in order.
 */
export function findTables(
  text: string,
  finds: Find[],
  open: Table | undefined,
  titles: readonly number[],
): Table | undefined {
  let table = open
  let from = table === undefined ? 0 : readRows(text, 0, table, finds)
  const last = lastTitle.exec(text.slice(-16))
  const ends = last === null ? titles : [...titles, Math.max(0, text.length - 16) + last.index]
  for (const at of ends) {
    if (at < from || endAt(nameEnd, text, at) === undefined) continue
    const start = text.lastIndexOf('\n', at) + 1
    const end = lineEnd(text, at)
    table = end - start > longestRow ? undefined : headerOf(text, start, end)
    from = table === undefined ? end + 1 : readRows(text, end + 1, table, finds)
  }
  return from > text.length ? table : undefined
}

/** Reads the rows from `from` on, and returns where the first line begins that is none. */
function readRows(text: string, from: number, table: Table, finds: Find[]): number {
  let start = from
  while (start <= text.length) {
    const end = lineEnd(text, start)
    if (table.isLed) start = endOfLead(text, start)
    const line = end - start > longestRow ? '' : text.slice(start, end)
    if (!isRuler(line)) {
      const cells = cellsOf(line, table.mark)
      // What is the same in each row is no name: a list of words.
      if (cells.length < 2 || cells.some(({ text }, i) => text !== '' && text === table.titles[i]))
        return start
      if (table.pair !== undefined && cells.length === table.count) {
        const { start: at, end: last, text: value } = cells[table.pair.value] as Cell
        const kind = findKind((cells[table.pair.name] as Cell).text)
        const isPlain = kind === 'password' || kind === 'secret'
        if (isPlain && looksSecret(value, kind, 'cell'))
          finds.push({ start: start + at, end: start + last, rule: kind })
      }
      for (const { kind, index, offset } of table.columns) {
        const cell = cells.length === table.count ? cells[index] : cellAt(line, offset, table.mark)
        if (cell === undefined) continue
        const isWord = table.isOfUsers && isUserWord(cell.text, kind)
        if (!isWord && !looksSecret(cell.text, kind, 'cell')) continue
        finds.push({ start: start + cell.start, end: start + cell.end, rule: kind })
      }
    }
    start = end + 1
  }
  return start
}

/** A line between the rows, which holds no letter. */
function isRuler(line: string): boolean {
  return /^[ \t]{0,80}[|+\u2500-\u257f:=-][ |+\u2500-\u257f\t:=-]{2,2000}\r?$/.test(line)
}

const title = /^(?:[A-Za-z][\w .()/#-]{0,40}|\(index\))$/

/** The table that has the line from `from` to `end` for its first, when each cell is a name and one of a secret. */
function headerOf(text: string, from: number, end: number): Table | undefined {
  const start = endOfLead(text, from)
  const line = text.slice(start, end)
  const mark = markOf(line)
  if (mark === undefined) return undefined
  const cells = cellsOf(line, mark)
  if (cells.length < 2 || cells.length > mostColumns) return undefined
  const columns: Column[] = []
  for (const [index, { text, start }] of cells.entries()) {
    if (!title.test(text)) return undefined
    const kind = findKind(text)
    if (kind === 'password' || kind === 'secret') columns.push({ kind, index, offset: start })
  }
  // One word in several languages.
  const isTranslation = new Set(cells.map(({ text }) => text.toLowerCase())).size < cells.length
  const titles = cells.map(({ text }) => text)
  const value = titles.findIndex((one) => /^value$/i.test(one))
  const name = titles.findIndex((one) => /(?:name|key)$/i.test(one))
  const pair = value < 0 || name < 0 || columns.length > 0 ? undefined : { name, value }
  if ((columns.length === 0 && pair === undefined) || isTranslation) return undefined
  const isOfUsers = titles.some((one) =>
    /^(?:user(?:[ _-]?name)?|login|e-?mail|account)$/i.test(one),
  )
  const isLed = start > from
  return { mark, count: cells.length, columns, pair, isOfUsers, titles, isLed }
}

/** A password of letters alone. */
function isUserWord(text: string, kind: Kind): boolean {
  return kind === 'password' && /^[A-Za-z]{6,40}$/.test(text) && looksSecret(text, kind, 'shell')
}

function markOf(line: string): Mark | undefined {
  if (/[|\u2502\u2503\u2551]/.test(line)) return '|'
  const marks: readonly Mark[] = ['\t', ',', ';', '  ']
  return marks.find((mark) => line.trim().includes(mark))
}

const marks: { readonly [M in Mark]: RegExp } = {
  '|': /[|\u2502\u2503\u2551]/g,
  '\t': /\t/g,
  ',': /,/g,
  ';': /;/g,
  '  ': / {2,}/g,
}

/** The cells of a line without the blanks and quotes around them; bars at its ends begin no cell. */
function cellsOf(line: string, mark: Mark): Cell[] {
  const cells: Cell[] = []
  let done = 0
  for (const { index, 0: found } of line.matchAll(marks[mark])) {
    cells.push(cellOf(line, done, index))
    done = index + found.length
  }
  cells.push(cellOf(line, done, line.length))
  if (mark !== '|' && mark !== '  ') return cells
  if (cells[0]?.text === '') cells.shift()
  if (cells.at(-1)?.text === '') cells.pop()
  return cells
}

function cellOf(line: string, from: number, to: number): Cell {
  let [start, end] = [from, to]
  while (start < end && isAround(line.charCodeAt(start))) start++
  while (end > start && isAround(line.charCodeAt(end - 1))) end--
  return { start, end, text: line.slice(start, end) }
}

/** Blanks, quotes, `\r` and what Markdown has for code and bold. */
function isAround(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 34 || code === 39 || code === 96
}

/** The cell that begins where its column does: of a row with an empty one. */
function cellAt(line: string, offset: number, mark: Mark): Cell | undefined {
  if (mark !== '  ' || (offset > 0 && line[offset - 1] !== ' ')) return undefined
  const end = line.indexOf('  ', offset)
  return cellOf(line, offset, end < 0 ? line.length : end)
}
