import { type Policy, planDocument } from '../../lib/index.ts'
import { misused } from '../argv.ts'
import { count, flag, given, type Handler, list } from '../command.ts'
import { carryOut, planStores, sayRuns, sayUnplanned, showPlan } from '../retention.ts'
import { storesOf } from '../session.ts'

/** Moves sessions that were not used for some days to the trash. */
export const handler: Handler = async (invocation, context) => {
  const days = count(invocation, 'days')
  if (days === undefined)
    throw misused(invocation.verb, '`stint clean` needs --days, such as --days 30')
  const tools = list(invocation, 'tool')
  const policy: Policy = { olderThan: days * 86_400_000, ...given({ tools }) }
  const planned = planStores(storesOf(invocation, context), context, () => policy, {
    trustClock: flag(invocation, 'trust-clock'),
  })
  if (flag(invocation, 'dry-run')) {
    await showPlan(planDocument(planned.plans, context.now()), context)
    return sayUnplanned(planned, context)
  }
  const runs = await carryOut(planned, context)
  const status = sayRuns(runs, context)
  if (
    !context.json &&
    runs.every((run) => run.outcomes.length + run.swept === 0 && !run.busy && run.failure === null)
  ) {
    context.out.talk('nothing to clean')
  }
  context.signal.throwIfAborted()
  return status
}
