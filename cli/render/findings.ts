/** What a doctor found, for people. */

import {
  type CheckId,
  type Finding,
  prefixesOf,
  type SessionId,
  type Severity,
  type Store,
} from '../../lib/index.ts'
import type { Paint, Style } from './style.ts'
import { table } from './table.ts'
import { visibleLine } from './visible.ts'

export interface FindingsSpec {
  /** Where they were looked for. */
  readonly stores: readonly Store[]
  /** The checks that were named, whose findings are all shown. */
  readonly only?: ReadonlySet<CheckId>
  /** Of the terminal; undefined where there is none. */
  readonly columns: number | undefined
  readonly style: Style
  /** What is to be done about these findings of one check; undefined where no one thing does for all. */
  readonly remedyOf: (findings: readonly Finding[]) => string | undefined
}

/** How many findings of one check are shown, unless the check is named. */
const shownOfEach = 5

/**
 * A line for each finding, check by check, and under it what is to be done; once, where the same does
 * for all of a check.
 */
export async function drawFindings(
  findings: readonly Finding[],
  { stores, only, columns, style, remedyOf }: FindingsSpec,
): Promise<string> {
  if (findings.length === 0) return ''
  const groups = [...new Set(findings.map(({ id }) => id))].map((id) => {
    const all = findings.filter((one) => one.id === id)
    return { all, shown: only?.has(id) ? all : all.slice(0, shownOfEach) }
  })
  const shown = groups.flatMap((group) => group.shown)
  const idOf = shortener(shown, stores, columns)
  const drawn = await table(
    [
      { head: '' },
      { head: '', keep: true },
      { head: '', keep: true },
      { head: '', shrink: true, min: 10, keep: true },
    ],
    shown.map((one) => [
      { text: one.severity, paint: severityPaint(one.severity, style) },
      one.id,
      { text: one.session === null ? '' : idOf(one.session), paint: style.cyan },
      seen(one, columns),
    ]),
    { width: columns, heads: false },
  )
  const lines = drawn.split('\n')
  const below = (text: string | undefined) =>
    text === undefined ? [] : [`    ${style.dim(visibleLine(text))}`]
  return groups
    .flatMap(({ all, shown }) => {
      const shared = remedyOf(all)
      const rows = shown.flatMap((one) => [
        lines.shift() ?? '',
        ...below(shared === undefined ? remedyOf([one]) : undefined),
      ])
      return [...rows, ...below(moreOf(all.length - shown.length)), ...below(shared)]
    })
    .map((line) => `${line}\n`)
    .join('')
}

function moreOf(count: number): string | undefined {
  return count === 0 ? undefined : `and ${count} more: name the check, or use --json, to see all`
}

/** The file's place within its store is enough where a person reads it. */
function seen(
  { file, store, session, trashed, evidence }: Finding,
  columns: number | undefined,
): string {
  if (file === null) return evidence
  const base = columns === undefined || store === null ? undefined : store
  const dirs = [
    ...(base && session ? [`${base}/${trashed ? 'trash' : 'sessions'}/${session}/`] : []),
    ...(base ? [`${base}/`] : []),
  ]
  const dir = dirs.find((one) => file.startsWith(one)) ?? ''
  return `${file.slice(dir.length)}: ${evidence}`
}

function shortener(
  findings: readonly Finding[],
  stores: readonly Store[],
  columns: number | undefined,
): (id: SessionId) => string {
  if (columns === undefined) return (id) => id
  const ids = new Set(findings.flatMap(({ session }) => session ?? []))
  let length = 6
  for (const store of stores) {
    for (const known of prefixesOf(store, ids).values()) length = Math.max(length, known)
  }
  return (id) => id.slice(0, length)
}

export function severityPaint(severity: Severity, style: Style): Paint {
  return { damage: style.red, warning: style.yellow, note: style.dim }[severity]
}
