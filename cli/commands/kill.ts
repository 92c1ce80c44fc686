import { killTurn } from '../../lib/index.ts'
import { flag, type Handler } from '../command.ts'
import { resolveFirst, settingsOf } from '../session.ts'

/** Ends the running or orphaned turn of a session. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  // Inside of the turn its own TERM reaches this process, too, which has yet to see to the rest.
  if (context.env.STINT_SESSION_ID === id) void context.signal
  const report = await killTurn(store, id, settingsOf(context).kill_grace, {
    lost: flag(invocation, 'lost'),
  })
  if (context.json) context.out.json(report)
  else {
    const byItself = report.asked
      ? 'as it was asked to'
      : report.lost
        ? 'given up as lost'
        : 'nothing lived any more'
    const how = report.signal === null ? byItself : `with ${report.signal}`
    context.out.talk(`session ${id} turn ${report.turn} ended: ${report.outcome ?? 'gone'}, ${how}`)
  }
  return 0
}
