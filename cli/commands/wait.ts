import {
  formatDuration,
  growForest,
  listSessions,
  readResult,
  type SessionId,
  type Waited,
  waitForTurn,
  walkForest,
} from '../../lib/index.ts'
import { duration, flag, type Handler } from '../command.ts'
import { resolveFirst, warnInside } from '../session.ts'

/** Waits until a session's turn has ended. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  const timeout = duration(invocation, 'timeout')
  warnInside(store, id, context)
  const started = performance.now()
  const waited: Waited[] = []
  const seen = new Set<SessionId>([id])
  for (let todo = [id]; todo.length > 0; ) {
    for (const next of todo) {
      const left = timeout === undefined ? undefined : timeout - (performance.now() - started)
      waited.push(await waitForTurn(store, next, { timeout: left, signal: context.signal }))
    }
    // Children that were started meanwhile are waited for, too.
    todo = flag(invocation, 'tree') ? descendants().filter((child) => !seen.has(child)) : []
    for (const child of todo) seen.add(child)
  }
  const [own] = waited as [Waited]
  if (context.json) {
    const results = waited.map((one) => (one.outcome === null ? one : readResult(store, one.id)))
    context.out.json(flag(invocation, 'tree') ? results : results[0])
  } else if (!context.quiet) {
    const took = formatDuration(performance.now() - started)
    const without = own.status === 'crashed' ? 'its turn never ended' : 'no turn'
    context.out.talk(`session ${id} is ${own.status}: ${own.outcome ?? without} (waited ${took})`)
  }
  return waited.every(({ outcome }) => outcome === 'success') ? 0 : 1

  /** Also where it is one of them itself: then the circle is cut above it. */
  function descendants(): SessionId[] {
    const rows = listSessions(store).rows.map(({ id: own, parent_session_id }) => ({
      id: own,
      parent_session_id: own === id ? null : parent_session_id,
    }))
    const root = growForest(rows).find((node) => node.id === id)
    return root === undefined
      ? []
      : [...walkForest(root.children)].map(({ node }) => node.id as SessionId)
  }
}
