import { livenessOf } from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import { visibleLine } from '../render/visible.ts'
import { resolveFirst } from '../session.ts'

const exits = { running: 0, busy: 0, orphaned: 0, unknown: 9 } as const

/** Prints the status of a session and what it follows from. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  const liveness = livenessOf(store, id)
  if (context.json) context.out.json({ id, ...liveness })
  else if (!context.quiet) context.out.data(`${liveness.status}: ${visibleLine(liveness.why)}\n`)
  return liveness.status in exits ? exits[liveness.status as keyof typeof exits] : 1
}
