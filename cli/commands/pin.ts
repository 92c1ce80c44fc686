import { pinSession } from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import { resolveFirst } from '../session.ts'

/** Keeps a session from being cleaned up, or lets it be again. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  const { pinned } = await pinSession(store, id, invocation.verb.name === 'pin')
  if (context.json) context.out.json({ id, pinned })
  else context.out.talk(`session ${id} is ${pinned ? 'pinned' : 'not pinned'}`)
  return 0
}
