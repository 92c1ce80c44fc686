/** Carrying a plan out: every session is looked at once more, under its locks. */

import { archiveSession } from '../archive/export.ts'
import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { sessionDir } from '../layout.ts'
import { sizeOf } from '../os/disk.ts'
import { settle } from '../session/turn.ts'
import { holdSession } from '../store/hold.ts'
import type { Maintenance } from '../store/maintenance.ts'
import { ignoreFull, retireSession, syncMoves } from '../store/move.ts'
import type { Store } from '../store/store.ts'
import { purgeTrashed } from '../store/trash.ts'
import { Family } from './family.ts'
import { logRemovals, type Removal } from './log.ts'
import { type Errand, goReasons, keepReasons, protectionOf } from './plan.ts'
import { readTrashedAt, type Survey } from './survey.ts'

/** What became of an errand. */
export type Outcome = { readonly id: SessionId; readonly act: Errand['act'] } & (
  | {
      readonly result: 'done'
      readonly why: string
      /** What it took on the disk, where it went. */
      readonly bytes?: number
      readonly archive?: string
    }
  /** It was not as planned any more; `gone`: somebody else has moved or removed it. */
  | { readonly result: 'skipped'; readonly why: string; readonly gone?: true }
  | { readonly result: 'failed'; readonly why: string; readonly failure: Failure }
)

export interface ApplyOptions {
  readonly signal?: AbortSignal
  /** The directory in which each session is archived before it goes to the trash. */
  readonly archive?: string
  /** Called from time to time, with all outcomes by then. */
  readonly onDone?: (outcomes: readonly Outcome[]) => void
}

/** How many removals are logged and synced at a time. */
const batchSize = 64

/**
 * Carries out what was planned by a survey of this store. The caller holds the maintenance lock;
 * throws STORE_BUSY when another machine has taken it over.
 */
export async function applyPlan(
  store: Store,
  survey: Survey,
  errands: readonly Errand[],
  maintenance: Maintenance,
  options: ApplyOptions = {},
): Promise<Outcome[]> {
  const { outcomes, admitted } = admit(store, survey, errands)
  const where = { family: new Family(store, survey), maintenance, options }
  const inBatches = async <E>(
    all: readonly E[],
    act: (batch: readonly E[]) => Promise<Outcome[]>,
  ) => {
    for (let at = 0; at < all.length && !options.signal?.aborted; at += batchSize) {
      outcomes.push(...(await act(all.slice(at, at + batchSize))))
      options.onDone?.(outcomes)
    }
  }
  // What is gone for good makes room for what the others write.
  await inBatches(
    admitted.filter((errand) => errand.act === 'purge'),
    (batch) => logged(store, batch, () => purge(store, batch, where)),
  )
  await inBatches(
    admitted.filter((errand) => errand.act === 'record'),
    (batch) => carryOut(store, batch, where),
  )
  await inBatches(
    admitted.filter((errand) => errand.act === 'trash'),
    (batch) =>
      logged(store, batch, async () => {
        const done = await carryOut(store, batch, where)
        if (done.some(({ result }) => result === 'done')) syncMoves(store)
        return done
      }),
  )
  return outcomes
}

interface Circumstances {
  readonly family: Family
  readonly maintenance: Maintenance
  readonly options: ApplyOptions
}

/** Leaves out what is not as it was planned: a plan may be older than the survey. */
function admit(
  store: Store,
  survey: Survey,
  errands: readonly Errand[],
): { readonly outcomes: Outcome[]; readonly admitted: readonly Errand[] } {
  const protectedBy = protectionOf(survey)
  const objection = (errand: Errand): string | undefined => {
    if (errand.act === 'purge') return notSince(store, errand)
    const facts = survey.sessions.get(errand.id)
    if (facts === undefined) return 'it is not there any more'
    const why = protectedBy(facts)
    return why === undefined ? undefined : `it is ${keepReasons[why]}`
  }
  const outcomes: Outcome[] = []
  const admitted: Errand[] = []
  const seen = new Set<string>()
  for (const errand of errands) {
    const { id, act } = errand
    // What is done once has happened: a second try would take it back in the log.
    const isRepeated = seen.size === seen.add(`${act} ${id}`).size
    const why = isRepeated ? 'the plan names it twice' : objection(errand)
    if (why === undefined) admitted.push(errand)
    else outcomes.push({ id, act, result: 'skipped', why })
  }
  return { outcomes, admitted }
}

/** Somebody may have brought it back and deleted it again. */
function notSince(store: Store, { id, since }: Purge): string | undefined {
  return readTrashedAt(store, id) === since ? undefined : 'it is not in the trash since then'
}

type Purge = Extract<Errand, { readonly act: 'purge' }>
type Removing = Extract<Errand, { readonly act: 'trash' | 'purge' }>

/** Says in the log what is about to go; takes back what did not, and on a full disk says it after. */
async function logged(
  store: Store,
  batch: readonly Removing[],
  act: () => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const toRemoval = ({ id, act, why }: Removing): Removal => ({ id, act, why })
  const isLogged = logRemovals(store, batch.map(toRemoval))
  const outcomes = await act()
  const of = new Map(outcomes.map((outcome) => [outcome.id, outcome]))
  const isDone = ({ id }: Removing) => of.get(id)?.result === 'done'
  const corrections = isLogged
    ? batch
        .filter((errand) => !isDone(errand))
        .map(({ id }): Removal => ({ id, act: 'kept', why: of.get(id)?.why ?? 'interrupted' }))
    : batch.filter(isDone).map(toRemoval)
  if (corrections.length > 0) logRemovals(store, corrections)
  return outcomes
}

async function purge(
  store: Store,
  batch: readonly Purge[],
  { maintenance: { check }, options: { signal } }: Circumstances,
): Promise<Outcome[]> {
  const act = 'purge'
  const errands = new Map(batch.map((errand) => [errand.id, errand]))
  const ids = [...errands.keys()]
  const sizes = new Map(ids.map((id) => [id, sizeOf(sessionDir(store.dir, id, 'trash'))]))
  const { removed, kept } = await purgeTrashed(store, ids, {
    check,
    object: (id) => notSince(store, errands.get(id) as Purge),
    ...(signal === undefined ? {} : { signal }),
  })
  return [
    ...removed.map((id): Outcome => {
      return { id, act, result: 'done', why: 'trashed', bytes: sizes.get(id) ?? 0 }
    }),
    ...kept.map(
      ({ id, why, failure }): Outcome =>
        failure === undefined
          ? { id, act, result: 'skipped', why }
          : { id, act, result: 'failed', why, failure },
    ),
  ]
}

type Changing = Exclude<Errand, { readonly act: 'purge' }>

async function carryOut(
  store: Store,
  batch: readonly Changing[],
  { family, maintenance, options }: Circumstances,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  family.refresh()
  for (const errand of batch) {
    if (options.signal?.aborted) break
    maintenance.check()
    const { id, act } = errand
    try {
      const done = await carryOutOne(store, errand, family, options)
      outcomes.push({ id, act, ...done })
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure
      const why = failure.message
      const skipped = { id, act, result: 'skipped', why } as const
      // Not there, busy, or not to be known: as if it had been planned that way.
      if (failure.code === 'SESSION_UNKNOWN') outcomes.push({ ...skipped, gone: true })
      else if ([5, 9].includes(failure.status)) outcomes.push(skipped)
      else outcomes.push({ id, act, result: 'failed', why, failure })
    }
  }
  return outcomes
}

type Undirected<T> = T extends unknown ? Omit<T, 'id' | 'act'> : never

async function carryOutOne(
  store: Store,
  errand: Changing,
  family: Family,
  { archive }: ApplyOptions,
): Promise<Undirected<Outcome>> {
  const { id } = errand
  await using held = await holdSession(store, id)
  const { session } = held
  const { journal } = await session.refresh()
  if (journal.seq !== errand.seq) {
    return { result: 'skipped', why: 'it was used or changed since it was planned' }
  }
  if (errand.act === 'trash' && family.hasLiving(id)) {
    return { result: 'skipped', why: `it is ${keepReasons.kin}` }
  }
  const settled = settle(session, store.now())
  // A turn that filled the disk is over without a word of it: moving it is what makes room, later.
  await (errand.act === 'trash' ? settled.catch(ignoreFull) : settled)
  if (errand.act === 'record') return { result: 'done', why: errand.why }
  const bytes = sizeOf(session.dir)
  const made = archive === undefined ? undefined : await archiveSession(store, id, archive)
  await retireSession(store, session, `gc: ${goReasons[errand.why]}`)
  const said = made === undefined ? {} : { archive: made.file }
  return { result: 'done', why: errand.why, bytes, ...said }
}
