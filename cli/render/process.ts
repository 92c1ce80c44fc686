/** How processes of sessions are listed. */

import { formatDuration, type ProcessRow } from '../../lib/index.ts'
import type { Context } from '../context.ts'
import { idCell, statusPaint } from './session.ts'
import { type Column, printTable } from './table.ts'

/** Prints a table of processes; `ends` gives how each ended, where that is told. */
export function printProcesses<R extends ProcessRow>(
  rows: readonly R[],
  context: Context,
  ends?: (row: R) => string,
): Promise<void> {
  const columns: readonly Column[] = [
    { head: 'SESSION' },
    { head: 'STATUS', keep: true },
    { head: 'PID', align: 'right', keep: true },
    { head: 'AGE', align: 'right' },
    ...(ends === undefined ? [] : [{ head: 'ENDED', keep: true }]),
    { head: 'COMMAND', shrink: true, min: 12, keep: true },
  ]
  return printTable(context, columns, (style) =>
    rows.map((row) => [
      idCell(row.id, context, style),
      { text: noteOf(row), paint: statusPaint(row.status, style) },
      String(row.pid),
      { text: age(row.age_ms), paint: style.dim },
      ...(ends === undefined ? [] : [ends(row)]),
      row.command === '' ? `(${row.role})` : row.command,
    ]),
  )
}

function noteOf(row: ProcessRow): string {
  const notes = [row.left_over ? 'left over' : '', row.stopped ? 'stopped' : '']
  return [row.status, ...notes.filter((note) => note !== '')].join(', ')
}

function age(ms: number): string {
  return formatDuration(Math.floor(ms / 1000) * 1000)
}
