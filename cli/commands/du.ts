import {
  type DiskUsage,
  Failure,
  type Resolved,
  readDiskUsage,
  type Store,
} from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import type { Context } from '../context.ts'
import { openProgress } from '../progress.ts'
import { amount, bytes } from '../render/amount.ts'
import { agoCell, idCell, nameCells, nameColumns } from '../render/session.ts'
import { type Column, printTable } from '../render/table.ts'
import { resolve, storesOf, warnOfSeveral } from '../session.ts'

/** Shows what sessions take on the disk, the largest first. */
export const handler: Handler = async (invocation, context) => {
  const asked = invocation.positionals.map((ref) => resolve(invocation, context, ref))
  const stores =
    asked.length > 0
      ? [...new Map(asked.map(({ store }) => [store.dir, store])).values()]
      : storesOf(invocation, context)
  const usages = readUsages(stores, asked, context)
  if (context.json) context.out.json(usages)
  else await draw(usages, asked.length > 0, context)
  return 0
}

/** What the sessions that were asked for take, or all of them where none was. */
function readUsages(
  stores: readonly Store[],
  asked: readonly Resolved[],
  context: Context,
): DiskUsage[] {
  using progress = openProgress(context)
  const onUnread = warnOfSeveral(stores, context)
  const usages: DiskUsage[] = []
  let before = 0
  const onRead = (count: number) =>
    progress.say(() => `${amount(before + count, 'session')} looked at`)
  for (const store of stores) {
    const ids = new Set(asked.filter((one) => one.store.dir === store.dir).map(({ id }) => id))
    try {
      const usage = readDiskUsage(store, { ...(ids.size > 0 && { ids: [...ids] }), onRead })
      usages.push(usage)
      before += usage.sessions.length
    } catch (failure) {
      if (!(failure instanceof Failure) || onUnread === undefined) throw failure
      onUnread(failure)
    }
  }
  return usages
}

async function draw(
  usages: readonly DiskUsage[],
  isAsked: boolean,
  context: Context,
): Promise<void> {
  const rows = usages.flatMap(({ sessions }) => sessions).sort((a, b) => b.bytes - a.bytes)
  const columns: readonly Column[] = [
    { head: 'SESSION' },
    { head: 'SIZE', align: 'right', keep: true },
    { head: 'TRANSCRIPT', align: 'right' },
    { head: 'OUTPUT', align: 'right' },
    { head: 'USED' },
    ...nameColumns,
  ]
  await printTable(context, columns, (style) =>
    rows.map((row) => [
      idCell(row.id, context, style),
      bytes(row.bytes),
      { text: bytes(row.transcript_bytes), paint: style.dim },
      { text: bytes(row.output_bytes), paint: style.dim },
      agoCell(row.last_accessed, context.now(), style),
      ...nameCells(row, style),
    ]),
  )
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
  const all = sum(rows.map((row) => row.bytes))
  const count = amount(rows.length, 'session')
  if (isAsked) context.out.talk(`${bytes(all)} in ${count}`)
  else {
    const trash = sum(usages.map((usage) => usage.trash_bytes))
    const total = sum(usages.map((usage) => usage.bytes))
    const kept = sum(usages.map((usage) => usage.quarantine_bytes))
    const parts = [`${bytes(all)} in ${count}`, `${bytes(trash)} in the trash`]
    if (kept > 0) parts.push(`${bytes(kept)} in quarantine/`)
    context.out.talk(`${bytes(total)}: ${parts.join(', ')}`)
  }
}
