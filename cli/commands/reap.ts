import { canFindCarriers, type ReapRow, reapProcesses } from '../../lib/index.ts'
import { flag, type Handler } from '../command.ts'
import { printProcesses } from '../render/process.ts'
import { settingsOf, storesOf } from '../session.ts'

/** Ends the processes that outlived their session's turn; says nothing when there are none. */
export const handler: Handler = async (invocation, context) => {
  const dryRun = flag(invocation, 'dry-run')
  const stores = storesOf(invocation, context)
  const { kill_grace: grace } = settingsOf(context)
  if (!canFindCarriers()) {
    context.out.warn('on this system such processes cannot be found, so none is ended')
  }
  const rows = await reapProcesses(stores, { grace, dryRun })
  if (context.json) context.out.json(rows)
  else if (rows.length > 0) {
    await printProcesses(rows, context, dryRun ? undefined : endOf)
  }
  return rows.some(isDeaf) ? 1 : 0
}

/** It was told to end, and did not. */
function isDeaf(row: ReapRow): boolean {
  return row.signal !== null && !row.ended
}

function endOf(row: ReapRow): string {
  if (row.ended) return row.signal ?? 'by itself'
  return row.signal === null ? 'no: kept' : `no: ${row.signal}`
}
