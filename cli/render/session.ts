/** What lists and descriptions of sessions have in common. */

import type { SessionRow, Status } from '../../lib/index.ts'
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

/** The columns behind a session's id. */
export const rowColumns: readonly Column[] = [
  { head: 'STATUS', keep: true },
  { head: 'RESULT' },
  { head: 'USED' },
  { head: 'TOOL', shrink: true, min: 4 },
  { head: 'NAME', shrink: true, min: 4, keep: true },
  { head: 'DESCRIPTION', shrink: true, min: 12, keep: true },
]

/** The cells behind a session's id. */
export function rowCells(row: SessionRow, now: number, style: Style): Cell[] {
  return [
    { text: row.status, paint: statusPaint(row.status, style) },
    { text: row.outcome ?? '', paint: outcomePaint(row.outcome, style) },
    {
      text: row.last_accessed === null ? '' : ago(Date.parse(row.last_accessed), now),
      paint: style.dim,
    },
    row.tool ?? '',
    { text: row.name ?? '', paint: style.bold },
    descriptionOf(row),
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
