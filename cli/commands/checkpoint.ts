import { writeCheckpoint } from '../../lib/index.ts'
import { count, type Handler } from '../command.ts'
import { resolveFirst } from '../session.ts'

/** Notes the result of a turn on the commit that is checked out. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  const noted = await writeCheckpoint(store, id, count(invocation, 'turn'))
  if (context.json) context.out.json({ ...noted, commit: noted.head })
  else context.out.talk(`session ${id} turn ${noted.turn}: noted on ${noted.head.slice(0, 12)}`)
  return 0
}
