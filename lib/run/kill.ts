/**
 * Ending a turn from outside: an agent that is talked with is asked first; then TERM, a grace, KILL, to
 * its process group and then to whatever else carries the session's id, verified each time.
 */

import { poll } from '../base/async.ts'
import type { SessionId } from '../base/id.ts'
import { Failure, type Holder, isFailure } from '../errors.ts'
import { session as files } from '../layout.ts'
import { findHolder, probeLock } from '../os/lock-file.ts'
import {
  type GroupIdentity,
  isElsewhere,
  isForeign,
  signalGroup,
  signalProcess,
  vitalsOfGroup,
} from '../os/process.ts'
import { patiently } from '../os/shortage.ts'
import { findHeldTool, markerOf, observe, turnVitals } from '../session/liveness.ts'
import { Session } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { endTurn, findTurnEnd, settle } from '../session/turn.ts'
import { accessOf } from '../store/access.ts'
import { dirOf, holdSession, holdTools } from '../store/hold.ts'
import { placeOf } from '../store/place.ts'
import type { Store } from '../store/store.ts'
import { farewell } from './supervise.ts'
import { type EndSignal, foreignText, strongest, sweepSession } from './sweep.ts'

export interface KillReport {
  readonly id: SessionId
  readonly turn: number
  /** The strongest signal that was sent, or null: nothing lived any more. */
  readonly signal: EndSignal | null
  readonly outcome: string | null
  /** It was taken for gone on the caller's word, and is recorded as crashed. */
  readonly lost?: true
  /** Its supervisor was left the time to ask the agent before there was any signal. */
  readonly asked?: true
}

/**
 * Ends a running or orphaned turn within `grace` ms; a turn that crashed is recorded as such. With
 * `lost` so is one of a machine or a container that is said to be gone for good.
 *
 * The wish is in the journal before the first signal, unless nothing can be written there: who wants an
 * end of it gets that. Throws NOTHING_RUNS, LIVENESS_UNKNOWN, KILL_INCOMPLETE when something of the turn
 * still runs, and KILL_UNRECORDED when nothing does, which the journal does not say.
 */
export async function killTurn(
  store: Store,
  id: SessionId,
  grace: number,
  options: { readonly lost?: boolean } = {},
): Promise<KillReport> {
  const dir = dirOf(store, id)
  const snapshot = readSnapshot(id, dir)
  if (snapshot.state === undefined && snapshot.failure !== undefined) throw snapshot.failure
  const { liveness, snapshot: seen } = observe(snapshot, { now: store.now(), scrutiny: 'all' })
  const state = seen.state as State
  const { status, why } = liveness
  if (status === 'unknown') {
    if (options.lost && isOutOfSight(state)) return await giveUp(store, id, state.turn?.number)
    throw new Failure('LIVENESS_UNKNOWN', { id, why })
  }
  if (options.lost && (status === 'running' || status === 'orphaned')) {
    throw new Failure('KILL_INCOMPLETE', { id, why: `it is not lost: ${why}` })
  }
  // It heeded another kill, which has yet to record that.
  if (status === 'crashed' && state.turn?.kill_requested) {
    return await endOrphan(store, id, state.turn.number, null, grace)
  }
  if (status === 'crashed') {
    await using held = await holdSession(store, id, { place: placeOf(store, id) })
    const settled = await settle(held.session, store.now())
    return reportOf(id, settled, await sweep(id, settled.turn?.number ?? 0, grace))
  }
  if (status === 'busy' && isEnding(state, liveness.holder)) {
    // Another kill was first: both see the same end.
    const isOver = isLetGo(id, dir, state.turn?.number ?? 0)
    if (await poll(isOver, { timeout: grace })) return reportOf(id, state, null)
  }
  if (status !== 'running' && status !== 'orphaned')
    throw new Failure('NOTHING_RUNS', { id, status })

  // The living supervisor finds the wish in the journal, and asks.
  const canAsk =
    status === 'running' && state.turn?.conversation === true && !liveness.holder?.stopped
  using session = new Session(id, dir, accessOf(store))
  const turn = state.turn?.number ?? 0
  const refused = await requestEnd(store, session, turn, canAsk)
  if (refused !== undefined) requireReach(id, state)
  const asked = canAsk && refused === undefined
  const group = (refused === undefined ? session.state : state).turn?.process
  if (asked && group !== undefined) await poll(isGone(id, group), { timeout: farewell })
  const ended = group === undefined ? null : await endGroup(id, group, grace)
  // A tool that has the terminal is in the group of the person's shell job.
  const swept = ended ?? (await sweep(id, turn, grace))
  const signal = swept ?? (group === undefined ? null : await endTool(id, group, grace))
  const report =
    status === 'running'
      ? await awaitSupervisor(store, session, turn, signal, grace, refused)
      : await endOrphan(store, id, turn, signal, grace)
  return asked ? { ...report, asked } : report
}

/** Journals the wish, as long as the turn is open; gives why the journal took nothing, if so. */
async function requestEnd(
  store: Store,
  session: Session,
  turn: number,
  canAsk: boolean,
): Promise<Failure | undefined> {
  try {
    await session.append((now) => {
      if (!hasOpenTurn(now) || now.turn?.number !== turn || now.turn.kill_requested) return []
      // A wish that nobody can carry out would make a cancelled turn of one that ends by itself.
      if (!canAsk) requireReach(session.id, now)
      const data = { event: 'kill_requested', turn }
      return [session.encode({ type: 'session', turn, text: null, data, at: store.now() })]
    })
  } catch (error) {
    if (isRefusal(error)) return error
    if (!hasHappened(error)) throw error
  }
  return undefined
}

const writeFailures = ['DURABILITY_UNKNOWN', 'DISK_FULL', 'ACCESS_DENIED', 'IO_FAILED'] as const

/** Whether it says that the journal took nothing. */
function isRefusal(error: unknown): error is Failure {
  if (isFailure(error, 'JOURNAL_BUSY')) return true
  return writeFailures.some((code) => isFailure(error, code) && !error.data.recorded)
}

/** Whether it says that the journal took it, though it may not last. */
function hasHappened(error: unknown): boolean {
  return writeFailures.some((code) => isFailure(error, code) && error.data.recorded)
}

/**
 * Records a turn as crashed of which nothing can be known, on the caller's word. What the kernel knows
 * counts more: no lock of the session may be held.
 */
async function giveUp(store: Store, id: SessionId, turn: number | undefined): Promise<KillReport> {
  await using held = await holdSession(store, id, { place: placeOf(store, id) })
  const { session } = held
  for (const lock of await holdTools(session)) lock.release()
  const state = await session.refresh()
  if (!hasOpenTurn(state)) return reportOf(id, state, null)
  // Of another one, which has started since, nobody has given his word.
  if (state.turn?.number !== turn) return reportOf(id, await settle(session, store.now()), null)
  const summary = `given up as lost: ${turnVitals(id, state).why}`
  const ended = await endTurn(session, 'crashed', summary, store.now(), true)
  return { ...reportOf(id, ended, null), lost: true }
}

function isOutOfSight({ turn }: State): boolean {
  return turn?.process !== undefined && isElsewhere(turn.process)
}

/** Throws KILL_INCOMPLETE when no signal of ours reaches the turn's process group. */
function requireReach(id: SessionId, state: State): void {
  const group = state.turn?.process
  if (group === undefined) return
  const { verdict, why } = vitalsOfGroup(group, markerOf(id))
  const isOurs = verdict === 'dead' || (verdict === 'alive' && !isForeign(group))
  if (isOurs) return
  const obstacle = verdict === 'unknown' ? why : foreignText(group)
  throw new Failure('KILL_INCOMPLETE', { id, why: `it cannot be ended from here: ${obstacle}` })
}

/** What the group's end left of the session. Throws KILL_INCOMPLETE when something does not end. */
async function sweep(id: SessionId, turn: number, grace: number): Promise<KillReport['signal']> {
  const { told, left } = await sweepSession(id, turn, grace)
  const [first] = left
  if (first === undefined) return strongest(told.values())
  throw new Failure('KILL_INCOMPLETE', { id, why: `process ${first.pid} does not end` })
}

/** TERM to the whole group, then KILL after the grace; gives the strongest signal that was sent. */
function endGroup(
  id: SessionId,
  group: GroupIdentity,
  grace: number,
): Promise<KillReport['signal']> {
  const marker = markerOf(id)
  return end((signal) => signalGroup(group, marker, signal), isGone(id, group), grace)
}

/** The same to the tool alone: where no environment can be read, nothing else of the turn is known. */
function endTool(
  id: SessionId,
  group: GroupIdentity,
  grace: number,
): Promise<KillReport['signal']> {
  const tool = { ...group, pid: group.pgid }
  return end((signal) => signalProcess(tool, signal), isGone(id, group), grace)
}

async function end(
  send: (signal: EndSignal | 'SIGCONT') => boolean,
  isOver: () => true | undefined,
  grace: number,
): Promise<KillReport['signal']> {
  if (!send('SIGTERM')) return null
  // A stopped process hears TERM only when it goes on.
  send('SIGCONT')
  if (await poll(isOver, { timeout: grace })) return 'SIGTERM'
  if (!send('SIGKILL')) return 'SIGTERM'
  await poll(isOver, { timeout: 2_000 })
  return 'SIGKILL'
}

function isGone(id: SessionId, group: GroupIdentity): () => true | undefined {
  const look = patiently()
  const isDead = () => vitalsOfGroup(group, markerOf(id)).verdict === 'dead'
  return () => look(isDead) || undefined
}

/** Whether the newest turn was killed while its session was held as it is now: its holder is about to go. */
function isEnding({ turn }: State, holder: Holder | undefined): boolean {
  const ended = Date.parse(turn?.ended_at ?? '')
  return turn?.kill_requested === true && ended >= Date.parse(holder?.acquired_at ?? '')
}

/** Whether who held the session in this turn has let it go. */
function isLetGo(id: SessionId, dir: string, turn: number): () => true | undefined {
  return () => {
    if (probeLock(files.sessionLock(dir)) === 'free') return true
    // Who waited for the session may have it already.
    const { state } = readSnapshot(id, dir)
    return (state?.turn?.number ?? turn) > turn ? true : undefined
  }
}

/** The living supervisor sees its tool end, ends what is left of the turn, and records it. */
async function awaitSupervisor(
  store: Store,
  session: Session,
  turn: number,
  signal: KillReport['signal'],
  grace: number,
  refused: Failure | undefined,
): Promise<KillReport> {
  const lock = files.sessionLock(session.dir)
  const findStopped = () => {
    const holder = findHolder(lock, store.now())
    return holder?.stopped ? holder : undefined
  }
  const patience = findStopped() === undefined ? 10_000 : 0
  const answered = await poll(isLetGo(session.id, session.dir, turn), { timeout: grace + patience })
  // The supervisor may have been killed meanwhile, or be stopped.
  const swept = strongest([signal, await sweep(session.id, turn, grace)])
  if (answered) {
    const { state } = readSnapshot(session.id, session.dir)
    // An ephemeral session is gone with its turn.
    if (state === undefined) return { id: session.id, turn, signal: swept, outcome: null }
    if (!hasOpenTurn(state) || state.turn?.number !== turn) {
      return reportOfEnd(session, turn, swept)
    }
    return await endOrphan(store, session.id, turn, swept, grace)
  }
  const stopped = findStopped()
  const why =
    stopped === undefined
      ? 'its tool was told to end, but its supervisor does not answer'
      : `its tool was told to end, but its supervisor, process ${stopped.pid}, is stopped`
  const unsaid = refused === undefined ? '' : `, and will not know who ended it: ${refused.message}`
  const holder = stopped && { holder: stopped }
  throw new Failure('KILL_INCOMPLETE', { id: session.id, why: why + unsaid, ...holder })
}

/** No supervisor will: the turn is ended here, when nothing of it lives any more. */
async function endOrphan(
  store: Store,
  id: SessionId,
  turn: number,
  before: KillReport['signal'],
  grace: number,
): Promise<KillReport> {
  const signal = strongest([before, await sweep(id, turn, grace)])
  try {
    // Another kill may be at it.
    await using held = await holdSession(store, id, { place: placeOf(store, id), wait: grace })
    const { session } = held
    const state = await session.refresh()
    if (!hasOpenTurn(state) || state.turn?.number !== turn) {
      return reportOfEnd(session, turn, signal)
    }
    const isFree = () => (findHeldTool(session.dir) === undefined ? true : undefined)
    if (!(await poll(isFree, { timeout: 1_000 }))) {
      throw new Failure('KILL_INCOMPLETE', {
        id,
        why: 'a process without its id in the environment still holds the tool lock',
      })
    }
    const group = state.turn.process
    if (group !== undefined && !(await poll(isGone(id, group), { timeout: 1_000 }))) {
      throw new Failure('KILL_INCOMPLETE', { id, why: turnVitals(id, state).why })
    }
    const summary = 'killed after its supervisor was gone'
    return reportOf(id, await endTurn(session, 'cancelled', summary, store.now(), false), signal)
  } catch (error) {
    if (!isRefusal(error)) throw error
    throw new Failure('KILL_UNRECORDED', { id, why: error.message }, { cause: error })
  }
}

function reportOf(id: SessionId, state: State, signal: KillReport['signal']): KillReport {
  return { id, turn: state.turn?.number ?? 0, signal, outcome: state.turn?.outcome ?? null }
}

/** Of a turn that somebody else has ended; another may have started since. */
function reportOfEnd({ id, dir }: Session, turn: number, signal: KillReport['signal']): KillReport {
  const outcome = findTurnEnd(dir, turn)?.data.outcome
  return { id, turn, signal, outcome: outcome === undefined ? null : String(outcome) }
}
