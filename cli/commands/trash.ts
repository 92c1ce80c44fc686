import {
  emptyTrash,
  listTrash,
  resolveRef,
  restoreSession,
  type SessionId,
  type Store,
} from '../../lib/index.ts'
import { misused } from '../argv.ts'
import type { Handler } from '../command.ts'
import { ago, amount } from '../render/amount.ts'
import { shownLength } from '../render/session.ts'
import { styleOf } from '../render/style.ts'
import { table } from '../render/table.ts'
import { storeOf } from '../session.ts'

/** Lists, restores or empties what was deleted. */
export const handler: Handler = async (invocation, context) => {
  const [action, ...refs] = invocation.positionals
  if (action === 'restore') {
    if (refs.length === 0) throw misused(invocation.verb, '`stint trash restore` needs REF')
    return restore(refs, invocation, context)
  }
  if (action === 'empty') return empty(refs, invocation, context)
  if (refs.length > 0) throw misused(invocation.verb, '`stint trash list` takes no REF')
  return list(invocation, context)
}

const list: Handler = async (invocation, context) => {
  const rows = listTrash(storeOf(invocation, context))
  if (context.json) context.out.json(rows)
  else if (rows.length === 0) context.out.talk('the trash is empty')
  else {
    const style = styleOf(context.color.stdout)
    const shown = shownLength([], context.columns)
    context.out.data(
      await table(
        [
          { head: 'SESSION' },
          { head: 'TRASHED' },
          { head: 'NAME', shrink: true, min: 4, keep: true },
          { head: 'DESCRIPTION', shrink: true, min: 12, keep: true },
        ],
        rows.map((row) => [
          { text: row.id.slice(0, shown), paint: style.cyan },
          { text: ago(Date.parse(row.trashed_at), context.now()), paint: style.dim },
          { text: row.name ?? '', paint: style.bold },
          row.description ?? '',
        ]),
        { width: context.columns, heads: style.dim },
      ),
    )
  }
  return 0
}

async function restore(
  refs: readonly string[],
  ...[invocation, context]: Parameters<Handler>
): Promise<number> {
  const store = storeOf(invocation, context)
  const ids = idsOf(refs, store)
  for (const id of ids) {
    await restoreSession(store, id)
    if (!context.json) context.out.talk(`session ${id} is back`)
  }
  if (context.json) context.out.json([...ids].map((id) => ({ id })))
  return 0
}

/** What they name in the trash, each once. */
function idsOf(refs: readonly string[], store: Store): ReadonlySet<SessionId> {
  return new Set(refs.map((ref) => resolveRef(store, ref, { place: 'trash' }).id))
}

async function empty(
  refs: readonly string[],
  ...[invocation, context]: Parameters<Handler>
): Promise<number> {
  const store = storeOf(invocation, context)
  const { removed, kept } = await emptyTrash(store, {
    signal: context.signal,
    ...(refs.length === 0 ? {} : { ids: [...idsOf(refs, store)] }),
  })
  if (context.json) {
    context.out.json({ removed, kept: kept.map(({ id, why }) => ({ id, why })) })
  } else {
    for (const { id, why, buried } of kept) {
      const what = buried ? 'is out of sight, not removed' : 'stays in the trash'
      context.out.warn(`session ${id} ${what}: ${why}`)
    }
    context.out.talk(`${amount(removed.length, 'session')} removed`)
  }
  context.signal.throwIfAborted()
  return kept.length === 0 ? 0 : 5
}
