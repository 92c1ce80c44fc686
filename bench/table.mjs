/** The figures as a table for people. */

const columns = [
  { head: 'row', of: ({ row }) => row },
  { head: 'what', of: ({ name }) => name },
  { head: 'measured', of: ({ ratio, unit }) => (ratio === null ? '-' : `${ratio} ${unit}`) },
  { head: 'target', of: ({ bound, target }) => (target === null ? '-' : `${bound} ${target}`) },
  { head: 'ok', of: ({ ok }) => (ok === null ? '-' : ok ? 'yes' : 'NO') },
  { head: 'case ms', of: ({ case_ms }) => String(case_ms ?? '-') },
  { head: 'reference ms', of: ({ reference_ms }) => String(reference_ms ?? '-') },
  { head: 'note', of: ({ note }) => note ?? '' },
]

export function formatRows(rows) {
  const sorted = [...rows].sort((a, b) => a.row.localeCompare(b.row, 'en', { numeric: true }))
  const cells = [columns.map(({ head }) => head), ...sorted.map((r) => columns.map((c) => c.of(r)))]
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i].length)))
  return cells
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
