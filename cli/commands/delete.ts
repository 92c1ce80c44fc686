import { deleteSession, type Resolved } from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import { resolve } from '../session.ts'

/** Moves sessions to the trash. */
export const handler: Handler = async (invocation, context) => {
  const resolved = invocation.positionals.map((ref) => resolve(invocation, context, ref))
  const sessions = new Map<string, Resolved>(resolved.map((one) => [one.id, one]))
  const deleted: string[] = []
  for (const { store, id } of sessions.values()) {
    await deleteSession(store, id, 'deleted by hand')
    deleted.push(id)
    if (!context.json) context.out.talk(`session ${id} is in the trash`)
  }
  if (context.json) context.out.json(deleted.map((id) => ({ id })))
  return 0
}
