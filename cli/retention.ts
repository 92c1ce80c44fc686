/** Retention as gc and clean show it: a plan as a table, what was done as one line. */

import {
  collectStore,
  type Errand,
  errandsOf,
  Failure,
  type GcOutcome,
  goReasons,
  isFailure,
  type KeepReason,
  keepReasons,
  type PlanDocument,
  type Policy,
  planStore,
  removeStore,
  requireClock,
  type Store,
  type StorePlan,
  sweepGoneStores,
  type VerdictRow,
} from '../lib/index.ts'
import { given } from './command.ts'
import type { Context } from './context.ts'
import { firstOf } from './fail.ts'
import { openProgress } from './progress.ts'
import { ago, amount, bytes } from './render/amount.ts'
import { agoCell, idCell, nameCells, nameColumns } from './render/session.ts'
import { type Column, printTable } from './render/table.ts'

/** What a run did to one store. */
export interface StoreRun {
  readonly store: string
  readonly project_path: string
  readonly orphaned: boolean
  /** The store itself was removed. */
  readonly removed: boolean
  /** Another clean-up was at work, so that nothing more was done. */
  readonly busy: boolean
  /** Why nothing more was done, or could be planned: the other stores are none the worse for it. */
  readonly failure: Failure | null
  readonly outcomes: readonly GcOutcome[]
  /** How much of what crashes had left was removed. */
  readonly swept: number
}

/** What is to be done, and what of it cannot even be looked at. */
export interface Planned {
  readonly plans: readonly StorePlan[]
  readonly failed: readonly StoreRun[]
}

/** Plans the retention of stores. Throws CLOCK_SUSPECT, unless the clock is to be trusted. */
export function planStores(
  stores: readonly Store[],
  context: Context,
  policyFor: (store: Store) => Policy,
  options: { readonly trustClock: boolean },
): Planned {
  using progress = openProgress(context)
  const plans: StorePlan[] = []
  const failed: StoreRun[] = []
  let before = 0
  for (const store of stores) {
    try {
      const plan = planStore(store, policyFor(store), {
        onRead: (count) => progress.say(() => `${amount(before + count, 'session')} looked at`),
      })
      before += plan.survey.sessions.size
      plans.push(plan)
    } catch (failure) {
      if (!(failure instanceof Failure) || stores.length === 1) throw failure
      failed.push({ ...nothingDone(store, false), failure })
    }
  }
  const [first] = stores
  const hasErrands = plans.some((plan) => errandsOf(plan).length > 0)
  if (first !== undefined && !options.trustClock && hasErrands) {
    requireClock(
      first,
      plans.map(({ survey }) => survey),
    )
  }
  return { plans, failed }
}

function nothingDone(store: Store, orphaned: boolean): StoreRun {
  const facts = { store: store.dir, project_path: store.projectPath, orphaned }
  return { ...facts, removed: false, busy: false, failure: null, outcomes: [], swept: 0 }
}

/** Carries plans out, one store after the other. */
export async function carryOut(
  { plans, failed }: Planned,
  context: Context,
  options: {
    readonly errandsFor?: (plan: StorePlan) => readonly Errand[]
    readonly orphanStores?: boolean
    readonly archive?: string | undefined
  } = {},
): Promise<StoreRun[]> {
  const { errandsFor = errandsOf, orphanStores = false, archive } = options
  using progress = openProgress(context)
  const total = plans.reduce((sum, plan) => sum + errandsFor(plan).length, 0)
  let before = 0
  const runs: StoreRun[] = [...failed]
  for (const plan of plans) {
    if (context.signal.aborted) break
    const { store, orphaned } = plan
    let run = nothingDone(store, orphaned)
    try {
      await collectStore(plan, errandsFor(plan), {
        signal: context.signal,
        ...given({ archive }),
        onDone: (report) => {
          run = { ...run, ...report }
          progress.say(() => `${before + report.outcomes.length} of ${amount(total, 'session')}`)
        },
      })
      const left = orphaned && orphanStores ? await removeStore(store) : 'it is not asked for'
      run = { ...run, removed: left === undefined }
    } catch (error) {
      const failure = firstOf(error)
      const isOnly = plans.length === 1 && run.outcomes.length + run.swept === 0
      if (isFailure(failure, 'STORE_BUSY')) run = { ...run, busy: true }
      else if (failure instanceof Failure && !isOnly) run = { ...run, failure }
      else throw error
    }
    runs.push(run)
    before += errandsFor(plan).length
  }
  const [first] = plans
  if (orphanStores && first !== undefined) sweepGoneStores(first.store)
  return runs
}

/** Warns of the stores that could not be looked at; gives the exit status. */
export function sayUnplanned({ failed }: Planned, context: Context): number {
  for (const { project_path, failure } of failed) {
    context.out.warn(`${project_path} cannot be looked at: ${failure?.message}`)
  }
  return failed.length > 0 ? 1 : 0
}

/** Says in one line what was done, and nothing when nothing was; gives the exit status. */
export function sayRuns(runs: readonly StoreRun[], context: Context): number {
  const outcomes = runs.flatMap((run) => run.outcomes)
  const failed = outcomes.filter((outcome) => outcome.result === 'failed')
  if (context.json) context.out.json({ stores: runs.map(toJson) })
  const broken = runs.filter((run) => run.failure !== null)
  for (const { project_path, failure, outcomes, swept } of broken) {
    const much = outcomes.length + swept === 0 ? 'nothing' : 'not everything'
    context.out.warn(`${much} was done for ${project_path}: ${failure?.message}`)
  }
  for (const { id, act, why } of failed) {
    context.out.warn(`session ${id} was not ${actWords[act].done}: ${why}`)
  }
  if (!context.json) {
    for (const { project_path } of runs.filter(({ busy }) => busy)) {
      context.out.talk(`another clean-up is at work on the sessions of ${project_path}`)
    }
    const line = summaryOf(runs, outcomes)
    if (line !== '') context.out.talk(line)
  }
  return failed.length + broken.length > 0 ? 1 : 0
}

/** A failure is data like any other. */
function toJson({ outcomes, failure, ...run }: StoreRun): object {
  return {
    ...run,
    failure: failure === null ? null : { code: failure.code, message: failure.message },
    outcomes: outcomes.map((outcome) => {
      if (outcome.result !== 'failed') return outcome
      const { failure, ...rest } = outcome
      return { ...rest, code: failure.code }
    }),
  }
}

const actWords = {
  trash: { done: 'moved to the trash', many: 'moved to the trash' },
  purge: { done: 'purged', many: 'purged from the trash' },
  record: { done: 'recorded', many: 'recorded as crashed' },
} as const

function summaryOf(runs: readonly StoreRun[], outcomes: readonly GcOutcome[]): string {
  const done = (['trash', 'purge', 'record'] as const).flatMap((act) => {
    const some = outcomes.filter((one) => one.result === 'done' && one.act === act)
    const size = some.reduce((sum, one) => sum + (one.result === 'done' ? (one.bytes ?? 0) : 0), 0)
    return counted(
      some.length,
      'session',
      ` ${actWords[act].many}${size > 0 ? ` (${bytes(size)})` : ''}`,
    )
  })
  const swept = runs.reduce((sum, run) => sum + run.swept, 0)
  const removed = runs.filter((run) => run.removed).length
  // What another clean-up was faster with is done, after all.
  const skipped = outcomes.filter((one) => one.result === 'skipped' && one.gone !== true)
  const [first] = skipped
  return [
    ...done,
    ...counted(swept, 'leftover', ' of crashes removed'),
    ...counted(removed, 'store', ' of a project that is gone removed'),
    ...(first === undefined
      ? []
      : [`${skipped.length} skipped (${skipped.length === 1 ? '' : 'the first: '}${first.why})`]),
  ].join(', ')
}

function counted(count: number, noun: string, rest: string): string[] {
  return count === 0 ? [] : [amount(count, noun) + rest]
}

/** Prints a plan: what would go and why, and how many stay for which reason. */
export async function showPlan(document: PlanDocument, context: Context): Promise<void> {
  if (context.json) {
    context.out.json(document)
    return
  }
  const rows = document.stores.flatMap(({ verdicts }) => verdicts)
  const going = rows.filter(({ act }) => act !== 'keep')
  if (going.length > 0) await printGoing(going, context)
  const leftovers = document.stores.flatMap((store) => store.leftovers)
  for (const { project_path } of document.stores.filter(({ orphaned }) => orphaned)) {
    context.out.talk(
      `the project ${project_path} is gone; --orphan-stores removes its sessions too`,
    )
  }
  const size = going.reduce((sum, row) => sum + (row.bytes ?? 0), 0)
  context.out.talk(
    [
      going.length === 0
        ? 'nothing is to be done with any session'
        : `${going.length} of ${amount(rows.length, 'session')}, ${bytes(size)}`,
      ...counted(leftovers.length, 'leftover', ' of crashes'),
      ...stayingWords(rows),
    ].join('; '),
  )
}

function stayingWords(rows: readonly VerdictRow[]): string[] {
  const counts = new Map<KeepReason, number>()
  for (const row of rows) {
    if (row.act === 'keep') counts.set(row.why, (counts.get(row.why) ?? 0) + 1)
  }
  const staying = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const whys = [...counts].map(([why, count]) => `${count} ${keepReasons[why]}`)
  return staying === 0 ? [] : [`${staying} stay${staying === 1 ? 's' : ''}: ${whys.join(', ')}`]
}

function printGoing(rows: readonly VerdictRow[], context: Context): Promise<void> {
  const now = context.now()
  const columns: readonly Column[] = [
    { head: 'SESSION' },
    { head: 'ACT', keep: true },
    { head: 'SIZE', align: 'right' },
    { head: 'USED' },
    { head: 'WHY', shrink: true, keep: true },
    ...nameColumns,
  ]
  return printTable(context, columns, (style) =>
    rows.map((row) => [
      idCell(row.id, context, style),
      { text: row.act, paint: row.act === 'record' ? style.yellow : style.red },
      bytes(row.bytes ?? 0),
      agoCell(row.last_accessed, now, style),
      whyGoing(row, now),
      ...nameCells(row, style),
    ]),
  )
}

function whyGoing(row: VerdictRow, now: number): string {
  if (row.act === 'trash') return goReasons[row.why]
  if (row.act === 'record') return 'its supervisor is gone'
  return row.act === 'purge' ? `in the trash for ${ago(row.since, now).replace(/ ago$/, '')}` : ''
}
