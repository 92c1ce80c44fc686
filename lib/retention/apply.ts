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
import { purgeTrashed, readTrashedAt } from '../store/trash.ts'
import { Family } from './family.ts'
import { logRemovals, type Removal } from './log.ts'
import { type Errand, goReasons, keepReasons, protectionOf } from './plan.ts'
import type { Survey } from './survey.ts'

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
}

/** How many removals are logged and synced at a time. */
const batchSize = 64

/**
 * Carries out what was planned by a survey of this store, and gives each outcome as it comes. The caller
 * holds the maintenance lock; throws STORE_BUSY when another machine has taken it over.
 */
export async function* applyPlan(
  store: Store,
  survey: Survey,
  errands: readonly Errand[],
  maintenance: Maintenance,
  options: ApplyOptions = {},
): AsyncGenerator<Outcome> {
  const { outcomes, admitted } = admit(survey, errands)
  yield* outcomes
  const where = { family: new Family(store, survey), maintenance, options }
  const inBatches = async function* <A extends Errand['act']>(
    act: A,
    carryOut: (batch: readonly Extract<Errand, { act: A }>[]) => AsyncGenerator<Outcome>,
  ) {
    const all = admitted.filter((errand) => errand.act === act) as Extract<Errand, { act: A }>[]
    for (let at = 0; at < all.length && !options.signal?.aborted; at += batchSize) {
      yield* carryOut(all.slice(at, at + batchSize))
    }
  }
  // What is gone for good makes room for what the others write.
  yield* inBatches('purge', (batch) => logged(store, batch, purge(store, batch, where)))
  yield* inBatches('record', (batch) => carryOut(store, batch, where))
  yield* inBatches('trash', (batch) => logged(store, batch, trash(store, batch, where)))
}

interface Circumstances {
  readonly family: Family
  readonly maintenance: Maintenance
  readonly options: ApplyOptions
}

/** Leaves out what is not as it was planned: a plan may be older than the survey. */
function admit(
  survey: Survey,
  errands: readonly Errand[],
): { readonly outcomes: Outcome[]; readonly admitted: readonly Errand[] } {
  const protectedBy = protectionOf(survey)
  const trashedAt = new Map(survey.trash.map((trashed) => [trashed.id, trashed.trashedAt]))
  const objection = (errand: Errand): string | undefined => {
    if (errand.act === 'purge') return notSince(trashedAt.get(errand.id), errand)
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
function notSince(trashedAt: number | undefined, { since }: Purge): string | undefined {
  return trashedAt === since ? undefined : 'it is not in the trash since then'
}

type Purge = Extract<Errand, { readonly act: 'purge' }>
type Removing = Extract<Errand, { readonly act: 'trash' | 'purge' }>

/** Says in the log what is about to go; takes back what did not, and on a full disk says it after. */
async function* logged(
  store: Store,
  batch: readonly Removing[],
  outcomes: AsyncGenerator<Outcome>,
): AsyncGenerator<Outcome> {
  const toRemoval = ({ id, act, why }: Removing): Removal => ({ id, act, why })
  const isLogged = logRemovals(store, batch.map(toRemoval))
  const of = new Map<SessionId, Outcome>()
  for await (const outcome of outcomes) {
    of.set(outcome.id, outcome)
    yield outcome
  }
  const isDone = ({ id }: Removing) => of.get(id)?.result === 'done'
  const corrections = isLogged
    ? batch
        .filter((errand) => !isDone(errand))
        .map(({ id }): Removal => ({ id, act: 'kept', why: of.get(id)?.why ?? 'interrupted' }))
    : batch.filter(isDone).map(toRemoval)
  if (corrections.length > 0) logRemovals(store, corrections)
}

async function* purge(
  store: Store,
  batch: readonly Purge[],
  { maintenance: { check }, options: { signal } }: Circumstances,
): AsyncGenerator<Outcome> {
  const act = 'purge'
  const errands = new Map(batch.map((errand) => [errand.id, errand]))
  const ids = [...errands.keys()]
  const sizes = new Map(ids.map((id) => [id, sizeOf(sessionDir(store.dir, id, 'trash'))]))
  const object = (id: SessionId) => notSince(readTrashedAt(store, id), errands.get(id) as Purge)
  for await (const one of purgeTrashed(store, ids, { check, object, signal })) {
    const { id, why } = one
    if (why === undefined)
      yield { id, act, result: 'done', why: 'trashed', bytes: sizes.get(id) ?? 0 }
    else if (one.failure === undefined) yield { id, act, result: 'skipped', why }
    else yield { id, act, result: 'failed', why, failure: one.failure }
  }
}

async function* trash(...args: Parameters<typeof carryOut>): AsyncGenerator<Outcome> {
  let hasMoved = false
  for await (const outcome of carryOut(...args)) {
    hasMoved ||= outcome.result === 'done'
    yield outcome
  }
  if (hasMoved) await syncMoves(args[0])
}

type Changing = Exclude<Errand, { readonly act: 'purge' }>

async function* carryOut(
  store: Store,
  batch: readonly Changing[],
  { family, maintenance, options }: Circumstances,
): AsyncGenerator<Outcome> {
  family.refresh()
  for (const errand of batch) {
    if (options.signal?.aborted) break
    maintenance.check()
    const { id, act } = errand
    try {
      yield { id, act, ...(await carryOutOne(store, errand, family, options)) }
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure
      const why = failure.message
      const skipped = { id, act, result: 'skipped', why } as const
      // Not there, busy, or not to be known: as if it had been planned that way.
      if (failure.code === 'SESSION_UNKNOWN') yield { ...skipped, gone: true }
      else if ([5, 9].includes(failure.status)) yield skipped
      else yield { id, act, result: 'failed', why, failure }
    }
  }
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
