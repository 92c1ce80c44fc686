/** Ending what outlived its session's turn. */

import { isStillThere } from '../os/carriers.ts'
import type { Store } from '../store/store.ts'
import { sweepPrivateFiles } from './private-file.ts'
import { type Found, findProcesses, isResting, type ProcessRow } from './processes.ts'
import { type EndSignal, endCarriers } from './sweep.ts'

export interface ReapRow extends ProcessRow {
  /** The strongest signal that it was sent, or null. */
  readonly signal: EndSignal | null
  /** Whether it is gone. */
  readonly ended: boolean
}

/**
 * Ends the processes that outlived their sessions' turns, and says which; with `dryRun` only that. What
 * private files killed turns left goes with them.
 *
 * What is ended is what was found before its session was seen at rest, so nothing of a turn that
 * starts meanwhile; and a session that runs again by the time of a signal keeps what it has.
 */
export async function reapProcesses(
  stores: readonly Store[],
  options: { readonly grace: number; readonly dryRun?: boolean },
): Promise<ReapRow[]> {
  const plan = findProcesses(stores).filter(({ row }) => row.left_over)
  if (options.dryRun) return plan.map(({ row }) => ({ ...row, signal: null, ended: false }))
  const targets = new Map(plan.map((found) => [found.carrier, found]))
  const { told } = await endCarriers(
    () => [...targets.keys()].filter(isStillThere),
    options.grace,
    (carrier) => {
      const { store, row } = targets.get(carrier) as Found
      const may = isResting(store, row.id)
      if (!may) targets.delete(carrier)
      return may
    },
  )
  const [first] = stores
  if (first !== undefined) sweepPrivateFiles(first.env)
  return plan.map(({ row, carrier }) => ({
    ...row,
    signal: told.get(row.pid) ?? null,
    ended: !isStillThere(carrier),
  }))
}
