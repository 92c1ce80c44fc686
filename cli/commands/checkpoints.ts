import {
  type CheckpointRow,
  type CheckpointVerdict,
  isFailure,
  listCheckpoints,
  type Store,
  verifyCheckpoint,
} from '../../lib/index.ts'
import { flag, type Handler, type Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { agoCell, idCell, outcomePaint } from '../render/session.ts'
import { type Column, printTable } from '../render/table.ts'
import { resolveFirst, storesOf } from '../session.ts'

type Row = CheckpointRow & Partial<CheckpointVerdict>

/** Lists checkpoints, and with --verify holds each against its transcript. */
export const handler: Handler = async (invocation, context) => {
  const verify = flag(invocation, 'verify')
  const rows = find(invocation, context).map(
    ({ store, row }): Row => (verify ? { ...row, ...verifyCheckpoint(store, row) } : row),
  )
  if (context.json) context.out.json(rows)
  else if (rows.length === 0) context.out.talk('no checkpoints')
  else await draw(rows, verify, context)
  return rows.some(({ verdict }) => verdict !== undefined && verdict !== 'agrees') ? 1 : 0
}

function find(
  invocation: Invocation,
  context: Context,
): { readonly store: Store; readonly row: CheckpointRow }[] {
  if (invocation.positionals.length > 0) {
    const { store, id } = resolveFirst(invocation, context)
    return listCheckpoints(store, id).map((row) => ({ store, row }))
  }
  const stores = storesOf(invocation, context)
  const found = stores.flatMap((store) =>
    (flag(invocation, 'all-projects') ? tryList(store, context) : listCheckpoints(store)).map(
      (row) => ({ store, row }),
    ),
  )
  return stores.length < 2
    ? found
    : found.sort((a, b) => Date.parse(b.row.at) - Date.parse(a.row.at))
}

/** Of many projects some may be in no repository, and one that cannot be read hides no other. */
function tryList(store: Store, context: Context): CheckpointRow[] {
  try {
    return listCheckpoints(store)
  } catch (error) {
    if (isFailure(error, 'GIT_FAILED')) context.out.warn(error.message)
    else if (!isFailure(error, 'NO_REPOSITORY')) throw error
    return []
  }
}

async function draw(rows: readonly Row[], verify: boolean, context: Context): Promise<void> {
  const columns: readonly Column[] = [
    { head: 'SESSION' },
    { head: 'TURN', align: 'right', keep: true },
    { head: 'COMMIT' },
    { head: 'NOTED' },
    { head: 'RESULT', keep: true },
    ...(verify
      ? [
          { head: 'VERIFIED', keep: true },
          { head: 'WHY', shrink: true },
        ]
      : []),
  ]
  await printTable(context, columns, (style) =>
    rows.map((row) => {
      const outcome = typeof row.result.outcome === 'string' ? row.result.outcome : ''
      const { verdict, why } = row
      const paint = verdict === 'agrees' ? style.green : style.red
      return [
        idCell(row.session_id, context, style),
        String(row.turn),
        { text: row.commit.slice(0, 12), paint: style.yellow },
        agoCell(row.at, context.now(), style),
        { text: outcome, paint: outcomePaint(outcome, style) },
        ...(verdict === undefined ? [] : [{ text: verdict, paint }, why ?? '']),
      ]
    }),
  )
}
