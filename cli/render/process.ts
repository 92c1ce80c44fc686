/** How processes of sessions are listed. */

import { formatDuration, type ProcessRow } from '../../lib/index.ts'
import type { Context } from '../context.ts'
import { shownLength, statusPaint } from './session.ts'
import { styleOf } from './style.ts'
import { type Cell, table } from './table.ts'

/** A table of processes; `ends` gives how each ended, where that is told. */
export function processTable<R extends ProcessRow>(
  rows: readonly R[],
  context: Context,
  ends?: (row: R) => string,
): Promise<string> {
  const style = styleOf(context.color.stdout)
  const shown = shownLength([], context.columns)
  return table(
    [
      { head: 'SESSION' },
      { head: 'STATUS', keep: true },
      { head: 'PID', align: 'right', keep: true },
      { head: 'AGE', align: 'right' },
      ...(ends === undefined ? [] : [{ head: 'ENDED', keep: true }]),
      { head: 'COMMAND', shrink: true, min: 12, keep: true },
    ],
    rows.map((row): Cell[] => [
      { text: row.id.slice(0, shown), paint: style.cyan },
      { text: noteOf(row), paint: statusPaint(row.status, style) },
      String(row.pid),
      { text: age(row.age_ms), paint: style.dim },
      ...(ends === undefined ? [] : [ends(row)]),
      row.command === '' ? `(${row.role})` : row.command,
    ]),
    { width: context.columns, heads: style.dim },
  )
}

function noteOf(row: ProcessRow): string {
  const notes = [row.left_over ? 'left over' : '', row.stopped ? 'stopped' : '']
  return [row.status, ...notes.filter((note) => note !== '')].join(', ')
}

function age(ms: number): string {
  return formatDuration(Math.floor(ms / 1000) * 1000)
}
