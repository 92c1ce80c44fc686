import {
  type Emptied,
  emptyTrash,
  listTrash,
  type Resolved,
  resolveRef,
  restoreSession,
  type SessionId,
  type Store,
} from '../../lib/index.ts'
import { misused } from '../argv.ts'
import { flag, given, type Handler } from '../command.ts'
import type { Context } from '../context.ts'
import { openProgress } from '../progress.ts'
import { amount } from '../render/amount.ts'
import { agoCell, idCell, nameCells, nameColumns } from '../render/session.ts'
import { printTable } from '../render/table.ts'
import { storeOf, withDescendants } from '../session.ts'
import { changeEach } from '../several.ts'

/** Lists, restores or empties what was deleted. */
export const handler: Handler = async (invocation, context) => {
  const [action, ...refs] = invocation.positionals
  if (action !== 'restore' && flag(invocation, 'tree')) {
    throw misused(invocation.verb, '--tree goes with `stint trash restore`')
  }
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
    const columns = [{ head: 'SESSION' }, { head: 'TRASHED' }, ...nameColumns]
    await printTable(context, columns, (style) =>
      rows.map((row) => [
        idCell(row.id, context, style),
        agoCell(row.trashed_at, context.now(), style),
        ...nameCells(row, style),
      ]),
    )
  }
  return 0
}

async function restore(
  refs: readonly string[],
  ...[invocation, context]: Parameters<Handler>
): Promise<number> {
  const named = resolveAll(refs, storeOf(invocation, context))
  const all = flag(invocation, 'tree')
    ? named.flatMap((one) => withDescendants(one, 'trash'))
    : named
  // One that cannot come back keeps none below it away.
  const lists = all.map((one) => [one])
  return changeEach(lists, 'is back', context, ({ store, id }) => restoreSession(store, id))
}

/** What they name in the trash. */
function resolveAll(refs: readonly string[], store: Store): Resolved[] {
  return refs.map((ref) => resolveRef(store, ref, { place: 'trash' }))
}

async function empty(
  refs: readonly string[],
  ...[invocation, context]: Parameters<Handler>
): Promise<number> {
  const store = storeOf(invocation, context)
  const ids = refs.length === 0 ? undefined : resolveAll(refs, store).map(({ id }) => id)
  const { removed, kept } = await remove(store, ids, context)
  if (context.json) {
    context.out.json({ removed, kept: kept.map(keptRow) })
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

async function remove(
  store: Store,
  ids: readonly SessionId[] | undefined,
  context: Context,
): Promise<Emptied> {
  using progress = openProgress(context)
  let count = 0
  return await emptyTrash(store, {
    signal: context.signal,
    ...given({ ids }),
    onRemoved: () => {
      count++
      progress.say(() => `${amount(count, 'session')} removed`)
    },
  })
}

function keptRow({ id, why, failure }: Emptied['kept'][number]): object {
  return { id, code: failure?.code ?? null, why }
}
