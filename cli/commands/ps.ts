import { canFindCarriers, listProcesses } from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import { printProcesses } from '../render/process.ts'
import { storesOf, warnOfSeveral } from '../session.ts'

/** Lists the processes of sessions. */
export const handler: Handler = async (invocation, context) => {
  const stores = storesOf(invocation, context)
  const rows = listProcesses(stores, warnOfSeveral(stores, context))
  if (!canFindCarriers()) context.out.warn('on this system only supervisors can be found')
  if (context.json) context.out.json(rows)
  else if (rows.length === 0) context.out.talk('no processes')
  else await printProcesses(rows, context)
  return 0
}
