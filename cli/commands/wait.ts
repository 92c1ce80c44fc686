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
import { resolveFirst } from '../session.ts'

/** Waits until a session's turn has ended. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  const timeout = duration(invocation, 'timeout')
  const started = performance.now()
  const waited: Waited[] = []
  const todo = [id]
  const seen = new Set<SessionId>(todo)
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const left = timeout === undefined ? undefined : timeout - (performance.now() - started)
    waited.push(await waitForTurn(store, next, { timeout: left, signal: context.signal }))
    if (!flag(invocation, 'tree')) break
    // Children that were started meanwhile are waited for, too.
    for (const child of descendants(next)) if (!seen.has(child)) todo.push(child)
    for (const child of todo) seen.add(child)
  }
  const [own] = waited as [Waited]
  if (context.json) {
    const results = waited.map((one) => (one.outcome === null ? one : readResult(store, one.id)))
    context.out.json(flag(invocation, 'tree') ? results : results[0])
  } else if (!context.quiet) {
    const took = formatDuration(performance.now() - started)
    context.out.talk(`session ${id} is ${own.status}: ${own.outcome ?? 'no turn'} (waited ${took})`)
  }
  return waited.every(({ outcome }) => outcome === 'success') ? 0 : 1

  function descendants(of: SessionId): SessionId[] {
    const forest = growForest(listSessions(store).rows)
    for (const { node } of walkForest(forest)) {
      if (node.id !== of) continue
      return [...walkForest(node.children)].map((below) => below.node.id as SessionId)
    }
    return []
  }
}
