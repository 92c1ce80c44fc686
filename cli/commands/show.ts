import {
  formatDuration,
  growForest,
  listSessions,
  prefixesOf,
  readSession,
  type SessionDetails,
  type SessionId,
  type SessionRow,
  type Store,
  totalUsage,
  type Usage,
  walkForest,
} from '../../lib/index.ts'
import { flag, type Handler } from '../command.ts'
import type { Context } from '../context.ts'
import { ago, bytes } from '../render/amount.ts'
import { outcomePaint, statusPaint } from '../render/session.ts'
import { printForest, type SessionNode, toJson } from '../render/session-tree.ts'
import { type Style, styleOf } from '../render/style.ts'
import { visibleLine } from '../render/visible.ts'
import { resolveFirst } from '../session.ts'

/** Shows everything about one session. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  const details = readSession(store, id)
  for (const warning of details.warnings) context.out.warn(warning.message)
  if (flag(invocation, 'tree')) return showTree(store, details, context)
  if (context.json) {
    context.out.json(detailsJson(details))
  } else {
    context.out.data(describe(details, context))
  }
  return 0
}

async function showTree(store: Store, details: SessionDetails, context: Context): Promise<number> {
  const { root, totals } = rootAt(details, listSessions(store, { hasParent: true }).rows)
  if (context.json) {
    const { children, usage_total } = toJson(root, totals)
    const total = usage_total === undefined ? {} : { usage_total }
    context.out.json({ ...detailsJson(details), ...total, children })
  } else {
    context.out.data(`${describe(details, context, totals.get(details.id))}\n`)
    const shown = [...walkForest([root])].map(({ node }) => node.id as SessionId)
    await printForest([root], { totals, prefixes: prefixesOf(store, new Set(shown)) }, context)
  }
  return 0
}

/** The session with all its descendants, also where it is one of them itself. */
function rootAt(details: SessionDetails, rows: readonly SessionRow[]) {
  const others = rows.filter((row) => row.id !== details.id)
  const forest = growForest<SessionRow>([{ ...details, parent_session_id: null }, ...others])
  return { root: forest[0] as SessionNode, totals: totalUsage(forest) }
}

function detailsJson({ warnings, ...shown }: SessionDetails): object {
  return { ...shown, warnings: warnings.map(({ code, message }) => ({ code, message })) }
}

function describe(details: SessionDetails, context: Context, total?: Usage): string {
  const style = styleOf(context.color.stdout)
  const now = context.now()
  const { state, liveness } = details
  const rows: [string, string | null | undefined][] = [
    ['session', style.bold(details.id)],
    ['name', details.name],
    ['description', details.description],
    ['status', statusText(liveness, style)],
    ['phase', details.phase === 'active' ? null : details.phase],
    ['pinned', details.pinned ? 'yes' : null],
    ['turn', turnText(details, now, style)],
    ['created', instant(details.created_at, now)],
    ['used', instant(details.last_accessed, now)],
    ['parent', details.parent_session_id],
    ['fork of', details.fork_of_session_id],
    ['depth', details.depth === 0 ? null : String(details.depth)],
    ['project', details.project_path],
    ['cwd', details.cwd],
    ['branch', details.branch],
    ['commit', state?.git.head_at_creation],
    ['usage', amountsText(details.usage)],
    ['in all', amountsText(total)],
    ['redacted', amountsText(state?.redactions)],
    ['entries', state === null ? null : `${state.journal.seq + 1}, ${bytes(state.journal.bytes)}`],
    ['directory', details.dir],
    ...Object.entries(state?.tools ?? {}).flatMap(([tool, facts]): [string, string | null][] => [
      [`${tool} id`, facts.provider_session_id ?? null],
      [`${tool} said`, facts.last_action_summary ?? null],
    ]),
    ...details.locks
      .filter((lock) => lock.held)
      .map(({ name, holder }): [string, string] => [
        `${name}.lock`,
        holder === undefined
          ? 'held'
          : `held, taken by process ${holder.pid}${holder.stopped ? ', which is stopped' : ''}`,
      ]),
  ]
  const shown = rows
    .filter((row): row is [string, string] => Boolean(row[1]))
    .map(([label, text]): [string, string] => [visibleLine(label), text])
  const width = shown.reduce((most, [label]) => Math.max(most, label.length), 0)
  return shown
    .map(([label, text]) => `${style.dim(label.padEnd(width))}  ${safe(label, text)}\n`)
    .join('')
}

/** Styled texts are ours; all others may be anybody's. */
function safe(label: string, text: string): string {
  return label === 'session' || label === 'status' || label === 'turn' ? text : visibleLine(text)
}

function statusText({ status, why }: SessionDetails['liveness'], style: Style): string {
  return `${statusPaint(status, style)(status)}  ${style.dim(visibleLine(why))}`
}

function turnText({ state, turn, tool }: SessionDetails, now: number, style: Style): string | null {
  const newest = state?.turn
  if (newest === undefined) return null
  const started = Date.parse(newest.started_at)
  const facts =
    newest.ended_at === undefined
      ? ['open', `started ${ago(started, now)}`]
      : [
          outcomePaint(newest.outcome ?? null, style)(visibleLine(newest.outcome ?? 'unknown')),
          newest.signal === undefined
            ? `exit ${newest.exit_code ?? '?'}`
            : visibleLine(newest.signal),
          `in ${formatDuration(Date.parse(newest.ended_at) - started)}`,
        ]
  return [`${turn} of ${visibleLine(tool ?? '?')}`, ...facts].join(', ')
}

function instant(text: string | null, now: number): string | null {
  return text === null ? null : `${text}  ${ago(Date.parse(text), now)}`
}

function amountsText(amounts: Readonly<Record<string, number>> | null | undefined): string | null {
  const shown = Object.entries(amounts ?? {}).map(
    // Sums of cents have an end that no cent has.
    ([key, value]) => `${key.replaceAll('_', ' ')} ${Number(value.toPrecision(12))}`,
  )
  return shown.length === 0 ? null : shown.join(', ')
}
