import { type DiskUsage, Failure, readDiskUsage, type SessionId } from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import type { Context } from '../context.ts'
import { openProgress } from '../progress.ts'
import { ago, amount, bytes } from '../render/amount.ts'
import { shownLength } from '../render/session.ts'
import { type Column, printTable } from '../render/table.ts'
import { resolve, storesOf, warnOfSeveral } from '../session.ts'

/** Shows what sessions take on the disk, the largest first. */
export const handler: Handler = async (invocation, context) => {
  const progress = openProgress(context)
  let before = 0
  const onRead = (count: number) => progress.say(() => `${before + count} sessions looked at`)
  const resolved = invocation.positionals.map((ref) => resolve(invocation, context, ref))
  const usages: DiskUsage[] = []
  const stores =
    resolved.length > 0
      ? [...new Map(resolved.map(({ store }) => [store.dir, store])).values()]
      : storesOf(invocation, context)
  const onUnread = warnOfSeveral(stores, context)
  try {
    for (const store of stores) {
      const ids = resolved.filter((one) => one.store.dir === store.dir).map(({ id }) => id)
      try {
        const usage = readDiskUsage(store, {
          ...(ids.length > 0 && { ids: [...new Set(ids)] }),
          onRead,
        })
        usages.push(usage)
        before += usage.sessions.length
      } catch (failure) {
        if (!(failure instanceof Failure) || onUnread === undefined) throw failure
        onUnread(failure)
      }
    }
  } finally {
    progress.end()
  }
  if (context.json) context.out.json(usages)
  else
    await draw(
      usages,
      resolved.map(({ id }) => id),
      context,
    )
  return 0
}

async function draw(
  usages: readonly DiskUsage[],
  asked: readonly SessionId[],
  context: Context,
): Promise<void> {
  const shown = shownLength([], context.columns)
  const rows = usages.flatMap(({ sessions }) => sessions).sort((a, b) => b.bytes - a.bytes)
  const columns: readonly Column[] = [
    { head: 'SIZE', align: 'right' },
    { head: 'TRANSCRIPT', align: 'right' },
    { head: 'OUTPUT', align: 'right' },
    { head: 'SESSION', keep: true },
    { head: 'USED' },
    { head: 'NAME', shrink: true, min: 4, keep: true },
    { head: 'DESCRIPTION', shrink: true, min: 12, keep: true },
  ]
  await printTable(context, columns, ({ dim, cyan, bold }) =>
    rows.map(({ last_accessed: used, ...row }) => [
      bytes(row.bytes),
      { text: bytes(row.transcript_bytes), paint: dim },
      { text: bytes(row.output_bytes), paint: dim },
      { text: row.id.slice(0, shown), paint: cyan },
      { text: used === null ? '' : ago(Date.parse(used), context.now()), paint: dim },
      { text: row.name ?? '', paint: bold },
      row.description ?? '',
    ]),
  )
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
  const all = sum(rows.map((row) => row.bytes))
  const count = amount(rows.length, 'session')
  if (asked.length > 0) context.out.talk(`${bytes(all)} in ${count}`)
  else {
    const trash = sum(usages.map((usage) => usage.trash_bytes))
    const total = sum(usages.map((usage) => usage.bytes))
    const kept = sum(usages.map((usage) => usage.quarantine_bytes))
    const parts = [`${bytes(all)} in ${count}`, `${bytes(trash)} in the trash`]
    if (kept > 0) parts.push(`${bytes(kept)} in quarantine/`)
    context.out.talk(`${bytes(total)}: ${parts.join(', ')}`)
  }
}
