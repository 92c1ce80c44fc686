import { renameSession } from '../../lib/index.ts'
import { misused } from '../argv.ts'
import { given, type Handler, text } from '../command.ts'
import { resolveFirst } from '../session.ts'

/** Gives a session another name or description. */
export const handler: Handler = async (invocation, context) => {
  const name = invocation.positionals[1]
  const description = text(invocation, 'description')
  if (name === undefined && description === undefined) {
    throw misused(invocation.verb, 'there is neither a new name nor a new description')
  }
  const { store, id } = resolveFirst(invocation, context)
  const state = await renameSession(store, id, given({ name, description }))
  if (context.json) {
    context.out.json({ id, name: state.name ?? null, description: state.description ?? null })
  } else {
    const said = [state.name, state.description].filter(Boolean).join(', ')
    context.out.talk(`session ${id}: ${said || 'no description'}`)
  }
  return 0
}
