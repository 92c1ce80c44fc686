/** Retention of whole stores: survey, plan, apply. */

import type { SessionId } from '../base/id.ts'
import { holdMaintenance } from '../store/maintenance.ts'
import { findProjectFacts } from '../store/project.ts'
import type { Store } from '../store/store.ts'
import { type ApplyOptions, applyPlan, type Outcome } from './apply.ts'
import { findLeftovers, sweepArchives, sweepLeftovers } from './leftovers.ts'
import { isOrphaned } from './orphan.ts'
import { type Errand, planRetention, type Verdict } from './plan.ts'
import { checkPolicy, type Policy } from './policy.ts'
import { readFacts, type Survey, surveyStore } from './survey.ts'

/** What is to become of a store's sessions. */
export interface StorePlan {
  readonly store: Store
  /** Its project is no longer there. */
  readonly orphaned: boolean
  readonly survey: Survey
  /** One for each session, and for what is to leave the trash. */
  readonly verdicts: readonly Verdict[]
  /** What crashes left beside the sessions. */
  readonly leftovers: readonly string[]
}

/** Plans a store's retention. Reads only. Throws USAGE for a bound that is no number from 0. */
export function planStore(
  store: Store,
  policy: Policy,
  options: { readonly onRead?: (count: number) => void } = {},
): StorePlan {
  checkPolicy(policy)
  const survey = surveyStore(store, options)
  const isShared = findProjectFacts(store.dir)?.shared ?? false
  const sessions = new Map(survey.sessions)
  const looked = new Set<SessionId>()
  for (;;) {
    const verdicts = planRetention({ ...survey, sessions }, policy)
    const going = verdicts.filter(({ id, act }) => act === 'trash' && !looked.has(id))
    if (going.length === 0) {
      return {
        store,
        orphaned: isOrphaned(store),
        survey: { ...survey, sessions },
        verdicts,
        leftovers: findLeftovers(store),
      }
    }
    // Only of what is to go need it be known whether something outlived its turn.
    for (const { id } of going) {
      looked.add(id)
      sessions.set(id, readFacts(store, id, { isShared, scrutiny: 'all' }))
    }
  }
}

/** What a plan wants to have done. */
export function errandsOf({ verdicts }: StorePlan): Errand[] {
  return verdicts.filter((verdict) => verdict.act !== 'keep')
}

export interface StoreReport {
  readonly outcomes: readonly Outcome[]
  /** How much of what crashes had left was removed. */
  readonly swept: number
}

/**
 * Carries a plan out, or as much of it as nothing has changed about. Throws STORE_BUSY while another
 * clean-up of this store is at work; what was done before anything is thrown was told to `onDone`.
 */
export async function collectStore(
  { store, survey, leftovers }: StorePlan,
  errands: readonly Errand[],
  options: ApplyOptions & {
    /** Called with what was done by then, whenever that is more. */
    readonly onDone?: (report: StoreReport) => void
  } = {},
): Promise<StoreReport> {
  const { archive, onDone } = options
  const outcomes: Outcome[] = []
  const report = { outcomes, swept: 0 }
  if (errands.length === 0 && leftovers.length === 0) return report
  await using maintenance = await holdMaintenance(store)
  // Only where another is to be written: a directory may have the archives of many years and stores.
  const isArchiving = archive !== undefined && errands.some(({ act }) => act === 'trash')
  if (isArchiving) report.swept += sweepArchives(store, archive)
  const { swept, buried } = await sweepLeftovers(store, leftovers)
  report.swept += swept
  for (const { id, why, failure } of buried) {
    outcomes.push({ id, act: 'purge', result: 'failed', why, failure })
  }
  onDone?.(report)
  for await (const outcome of applyPlan(store, survey, errands, maintenance, options)) {
    outcomes.push(outcome)
    onDone?.(report)
  }
  return report
}
