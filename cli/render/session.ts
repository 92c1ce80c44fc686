/** What lists and descriptions of sessions have in common. */

import type { SessionId, SessionRow, Status } from '../../lib/index.ts'
import type { Context } from '../context.ts'
import { ago } from './amount.ts'
import type { Paint, Style } from './style.ts'
import type { Cell, Column } from './table.ts'

/** The colour of a status: green lives, red needs somebody, the rest rests. */
export function statusPaint(status: Status | 'gone', style: Style): Paint {
  switch (status) {
    case 'running':
    case 'busy':
      return style.green
    case 'orphaned':
    case 'crashed':
    case 'unreadable':
      return style.red
    case 'leaked':
    case 'unknown':
    case 'gone':
      return style.yellow
    default:
      return style.dim
  }
}

/** The colour of a turn's outcome. */
export function outcomePaint(outcome: string | null, style: Style): Paint {
  if (outcome === 'success') return style.green
  return outcome === 'failure' || outcome === 'crashed' ? style.red : style.yellow
}

/** The columns of what a session is called. */
export const nameColumns: readonly Column[] = [
  { head: 'NAME', shrink: true, min: 4, keep: true },
  { head: 'DESCRIPTION', shrink: true, min: 12, keep: true },
]

export function nameCells(
  row: { readonly name?: string | null; readonly description?: string | null },
  style: Style,
): Cell[] {
  return [{ text: row.name ?? '', paint: style.bold }, row.description ?? '']
}

/** How long ago an instant was; empty where it is not known. */
export function agoCell(at: string | null | undefined, now: number, style: Style): Cell {
  return { text: at ? ago(Date.parse(at), now) : '', paint: style.dim }
}

/** A session's id where nothing tells how much of it would do. */
export function idCell(id: SessionId, { columns }: Context, style: Style): Cell {
  return { text: id.slice(0, shownLength([], columns)), paint: style.cyan }
}

/** The columns behind a session's id. */
export const rowColumns: readonly Column[] = [
  { head: 'STATUS', keep: true },
  { head: 'RESULT' },
  { head: 'USED' },
  { head: 'TOOL', shrink: true, min: 4 },
  ...nameColumns,
]

/** The cells behind a session's id. */
export function rowCells(row: SessionRow, now: number, style: Style): Cell[] {
  return [
    { text: row.status, paint: statusPaint(row.status, style) },
    { text: row.outcome ?? '', paint: outcomePaint(row.outcome, style) },
    agoCell(row.last_accessed, now, style),
    row.tool ?? '',
    ...nameCells({ name: row.name, description: descriptionOf(row) }, style),
  ]
}

/** A fork has its source's description: by the end of the source's id, a REF, the two are told apart. */
function descriptionOf({ description, fork_of_session_id: source }: SessionRow): string {
  if (source === null) return description ?? ''
  return `fork of ${source.slice(-6)}${description === null ? '' : `: ${description}`}`
}

/** How much of each id is shown: all of it, but for a narrow terminal. */
export function shownLength(prefixes: Iterable<number>, columns: number | undefined): number {
  if (columns === undefined || columns >= 110) return 26
  let longest = 10
  for (const length of prefixes) longest = Math.max(longest, length)
  return Math.min(26, longest)
}
