/** Changing several sessions, one after the other. */

import { Failure, type Resolved, type SessionId } from '../lib/index.ts'
import type { Context } from './context.ts'

/**
 * Changes each session, says `done` of it, or prints a row for each with --json; gives the exit status.
 *
 * Of several, one that cannot be changed is said, and keeps only those behind it in its own list as they
 * are; the status is then that of the first such failure. Of one it is the failure.
 */
export async function changeEach(
  lists: readonly (readonly Resolved[])[],
  done: string,
  { out, json }: Context,
  change: (one: Resolved) => Promise<void>,
): Promise<number> {
  const rows = new Map<SessionId, { id: SessionId; code?: string; why?: string }>()
  const isOne = new Set(lists.flat().map(({ id }) => id)).size === 1
  let status = 0
  for (const list of lists) {
    for (const one of list) {
      const { id } = one
      const known = rows.get(id)
      if (known?.code !== undefined) break
      if (known !== undefined) continue
      try {
        await change(one)
        rows.set(id, { id })
        if (!json) out.talk(`session ${id} ${done}`)
      } catch (failure) {
        if (!(failure instanceof Failure) || isOne) throw failure
        const { code, message, hint } = failure
        rows.set(id, { id, code, why: message })
        const what = message.includes(id) ? message : `session ${id}: ${message}`
        out.warn(hint === undefined ? what : `${what}; ${hint}`)
        status ||= failure.status
        break
      }
    }
  }
  if (json) out.json([...rows.values()])
  return status
}
