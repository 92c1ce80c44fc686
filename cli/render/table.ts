/** Rows of cells in columns. */

import type { Context } from '../context.ts'
import { type Paint, type Style, styleOf } from './style.ts'
import { visibleLine } from './visible.ts'
import { countCharacters, cutToWidth, type Measure, measureFor } from './width.ts'

export interface Column {
  readonly head: string
  readonly align?: 'left' | 'right'
  /** It may be cut, down to `min` columns (8 unless said), when the terminal is too narrow. */
  readonly shrink?: boolean
  readonly min?: number
  /**
   * It stays, as the first does, when that is not enough: the others go, the right-most first. Before
   * them go those in which nothing stands.
   */
  readonly keep?: boolean
}

/**
 * A text, and how to style it after it was measured and cut. Its control characters are shown, and
 * spaces around it are not: those before it that count are its indent.
 */
export type Cell =
  | string
  | { readonly text: string; readonly indent?: string; readonly paint?: Paint }

export interface TableOptions {
  /** The columns of the terminal; undefined when there is none: then nothing is cut. */
  readonly width: number | undefined
  /** Styles the heads; without heads when false. */
  readonly heads?: Paint | false
}

/** Prints a table as wide as the terminal, with rows in the style of the output. */
export async function printTable(
  { out, color, columns: width }: Context,
  columns: readonly Column[],
  rowsIn: (style: Style) => readonly (readonly Cell[])[],
): Promise<void> {
  const style = styleOf(color.stdout)
  out.data(await table(columns, rowsIn(style), { width, heads: style.dim }))
}

/** The table as lines, each ending in LF; empty without rows. */
export async function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): Promise<string> {
  const texts = rows.map((row) =>
    row.map((cell) =>
      typeof cell === 'string' ? visibleLine(cell) : (cell.indent ?? '') + visibleLine(cell.text),
    ),
  )
  const measure = options.width === undefined ? countCharacters : await measureFor(texts.flat())
  return layTable(columns, rows, texts, measure, options)
}

function layTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  texts: readonly (readonly string[])[],
  measure: Measure,
  { width, heads = (head) => head }: TableOptions,
): string {
  if (rows.length === 0) return ''
  const natural = columns.map((column, index) => {
    let widest = heads === false ? 0 : column.head.length
    for (const row of texts) widest = Math.max(widest, measure(row[index] ?? ''))
    return widest
  })
  const isEmpty = (index: number) => texts.every((row) => (row[index] ?? '') === '')
  const widths = width === undefined ? natural : fitInto(columns, natural, width, isEmpty)
  const line = (cells: readonly string[], paints: readonly (Paint | undefined)[]) => {
    let out = ''
    let gap = 0
    for (const [index, column] of columns.entries()) {
      const room = widths[index]
      if (room === undefined) continue
      const shown = cutToWidth(cells[index] ?? '', room, measure)
      const spare = Math.max(0, room - measure(shown))
      const before = column.align === 'right' ? spare : 0
      // Spaces are written only before something: no line ends in them.
      if (shown !== '') {
        out += ' '.repeat(gap + before) + (paints[index]?.(shown) ?? shown)
        gap = 0
      }
      gap += (shown === '' ? room : spare - before) + 2
    }
    return `${out}\n`
  }
  const head =
    heads === false
      ? ''
      : line(
          columns.map((column) => column.head),
          columns.map(() => heads),
        )
  const body = rows.map((row, index) =>
    line(
      texts[index] ?? [],
      row.map((cell) => (typeof cell === 'string' ? undefined : cell.paint)),
    ),
  )
  return head + body.join('')
}

/** How wide each column is, and undefined for those that go. */
type Widths = readonly (number | undefined)[]

function fitInto(
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
  isEmpty: (index: number) => boolean,
): Widths {
  let widths: Widths = natural
  for (;;) {
    const fitting = shrink(columns, widths, width)
    if (excess(fitting, width) <= 0) return fitting
    const isThere = (at: number) => at > 0 && widths[at] !== undefined
    const empty = columns.findLastIndex((_, at) => isThere(at) && isEmpty(at))
    const next = empty > 0 ? empty : columns.findLastIndex(({ keep }, at) => isThere(at) && !keep)
    if (next < 0) return cutOff(fitting, width)
    widths = widths.with(next, undefined)
  }
}

/** Takes columns from the widest that may shrink until all fit, or none can give any more. */
function shrink(columns: readonly Column[], natural: Widths, width: number): Widths {
  const widths = [...natural]
  for (let over = excess(widths, width); over > 0; over--) {
    let widest = -1
    for (const [index, column] of columns.entries()) {
      const room = widths[index] ?? 0
      if (!column.shrink || room <= (column.min ?? 8)) continue
      if (widest < 0 || room >= (widths[widest] ?? 0)) widest = index
    }
    if (widest < 0) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

/** What is beyond the edge is not shown, but for the first column. */
function cutOff([first = 0, ...others]: Widths, width: number): Widths {
  let room = width - first
  const rest = others.map((wanted) => {
    if (wanted === undefined) return undefined
    const given = Math.min(wanted, room - 2)
    room -= given + 2
    return given > 0 ? given : undefined
  })
  return [first, ...rest]
}

/** By how much a line is too wide. */
function excess(widths: Widths, width: number): number {
  const shown = widths.filter((one) => one !== undefined)
  return shown.reduce((sum, one) => sum + one, 2 * (shown.length - 1)) - width
}
