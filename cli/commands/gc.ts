import {
  Failure,
  isOrphaned,
  listStores,
  type Policy,
  planDocument,
  planStore,
  readPlan,
  type Settings,
  type Status,
  type Store,
  writePlan,
} from '../../lib/index.ts'
import { misused, refuseTogether } from '../argv.ts'
import {
  count,
  duration,
  flag,
  given,
  type Handler,
  type Invocation,
  list,
  size,
  text,
} from '../command.ts'
import type { Context } from '../context.ts'
import { carryOut, planStores, sayRuns, sayUnplanned, showPlan } from '../retention.ts'
import { cronText, systemdText } from '../schedule.ts'
import { pathOf, settingsOf, storeOf, storesOf } from '../session.ts'

/** Cleans up by policy: plans, and carries out what is planned. */
export const handler: Handler = async (invocation, context) => {
  if (flag(invocation, 'print-cron') || flag(invocation, 'print-systemd')) {
    refuseTogether(invocation, 'print-cron', 'print-systemd')
    const draw = flag(invocation, 'print-cron') ? cronText : systemdText
    context.out.data(draw(invocation, context))
    return 0
  }
  const reviewed = text(invocation, 'apply')
  if (reviewed !== undefined) return apply(reviewed, invocation, context)

  const settings = settingsOf(context)
  const policy = policyOf(invocation, settings)
  const orphanStores = flag(invocation, 'orphan-stores')
  const policyFor = (store: Store): Policy =>
    orphanStores && isOrphaned(store) ? everything(policy) : policy
  const planned = planStores(storesOf(invocation, context), context, policyFor, {
    trustClock: flag(invocation, 'trust-clock'),
  })
  const file = text(invocation, 'plan')
  if (file !== undefined || flag(invocation, 'dry-run')) {
    const document = planDocument(planned.plans, context.now())
    if (file !== undefined) writePlan(pathOf(context, file), document)
    await showPlan(document, context)
    return sayUnplanned(planned, context)
  }
  const runs = await carryOut(planned, context, {
    orphanStores,
    archive: archiveDir(invocation, context, settings),
  })
  const status = sayRuns(runs, context)
  context.signal.throwIfAborted()
  return status
}

/** Flags over settings; what neither says is no rule. */
function policyOf(invocation: Invocation, settings: Settings): Policy {
  const rules = given({
    olderThan: duration(invocation, 'older-than') ?? settings['gc.older_than'],
    keepLast: count(invocation, 'keep-last') ?? settings['gc.keep_last'],
    maxCount: count(invocation, 'max-count') ?? settings['gc.max_count'],
    maxSize: size(invocation, 'max-size') ?? settings['gc.max_size'],
    tools: list(invocation, 'tool'),
    statuses: list(invocation, 'status') as readonly Status[] | undefined,
    trashFor: duration(invocation, 'trash-for') ?? settings['gc.trash_for'],
  })
  return { ...rules, recordCrashes: true }
}

/** Of a project that is gone all may go that is not protected; by way of the trash, too. */
function everything({ trashFor }: Policy): Policy {
  return { olderThan: 0, recordCrashes: true, ...given({ trashFor }) }
}

/** Carries out what stands in a file, and nothing else. */
async function apply(file: string, invocation: Invocation, context: Context): Promise<number> {
  const rest = [...invocation.values.keys()].filter((name) => !besideApply.includes(name))
  if (rest.length > 0) throw misused(invocation.verb, `--apply goes without --${rest[0]}`)
  const errands = readPlan(file)
  const here = storeOf(invocation, context)
  const known = new Map([here, ...listStores(here)].map((store) => [store.dir, store]))
  const plans = [...errands.keys()].map((dir) => {
    const store = known.get(dir)
    if (store !== undefined) return { ...planStore(store, {}), leftovers: [] }
    throw new Failure('PLAN_INVALID', { file, problem: `there is no store ${dir}` })
  })
  const runs = await carryOut({ plans, failed: [] }, context, {
    errandsFor: ({ store }) => errands.get(store.dir) ?? [],
    archive: archiveDir(invocation, context, settingsOf(context)),
  })
  const status = sayRuns(runs, context)
  context.signal.throwIfAborted()
  return status
}

function archiveDir(
  invocation: Invocation,
  context: Context,
  settings: Settings,
): string | undefined {
  const typed = text(invocation, 'archive') ?? settings['gc.archive']
  return typed === undefined ? undefined : pathOf(context, typed)
}

const besideApply = ['apply', 'json', 'quiet', 'color', 'project', 'store', 'archive']
