/**
 * Liveness: what the kernel says of a session, put into words.
 *
 * A held session.lock is a living supervisor. A held tool lock, or a living process group, is a living
 * agent. Silence is not death, and what cannot be known is not dead.
 */

import type { SessionId } from '../base/id.ts'
import { Failure, type Holder } from '../errors.ts'
import { session as files, lockedTool } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { isLockless } from '../os/flock.ts'
import { isLeaseAlive } from '../os/lease.ts'
import { findHolder, findOwner, probeLock } from '../os/lock-file.ts'
import { thisMachine, type Vitals, vitalsOf, vitalsOfGroup } from '../os/process.ts'
import { isShortage } from '../os/shortage.ts'
import { hasLeft } from './gone.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'
import { hasOpenTurn, type State } from './state.ts'

/** Every status, in the order of the documentation. */
export const statuses = [
  'running',
  'busy',
  'orphaned',
  'crashed',
  'idle',
  'available',
  'retired',
  'leaked',
  'unknown',
  'unreadable',
] as const

export type Status = (typeof statuses)[number]

export interface Liveness {
  readonly status: Status
  /** In words, for people. */
  readonly why: string
  readonly holder?: Holder
}

/** A session as read, and whether it lives. */
export interface Observation {
  readonly snapshot: Snapshot
  readonly liveness: Liveness
}

/** What in the environment of a session's processes names the session. */
export function markerOf(id: string): string {
  return `STINT_SESSION_ID=${id}`
}

/**
 * What to look for beside an open turn's life: nothing, as for a list; whether somebody starts or
 * moves the session (`busy`); or everything, also what outlived its turn (`leaked`).
 */
export type Scrutiny = 'turn' | 'busy' | 'all'

export interface Look {
  readonly now: number
  readonly scrutiny: Scrutiny
}

/** Judges a session as it was read; what was not looked for shows as `idle`. */
export function observe(snapshot: Snapshot, options: Look): Observation {
  const first = tryJudge(snapshot, options)
  if (first.status !== 'crashed') return { snapshot, liveness: first }
  // The turn may have ended between the reading and the probe: then its end is in the journal now.
  const again = readSnapshot(snapshot.id, snapshot.dir)
  const isSame = again.state?.journal.seq === snapshot.state?.journal.seq
  return isSame
    ? { snapshot, liveness: first }
    : { snapshot: again, liveness: tryJudge(again, options) }
}

/** Reads and judges one session. Throws SESSION_UNKNOWN when it leaves meanwhile. */
export function observeHere(id: SessionId, dir: string, options: Look): Observation {
  const seen = observe(readSnapshot(id, dir), options)
  if (hasLeft(seen.snapshot)) throw seen.snapshot.failure
  return seen
}

/** Whether it was thrown for what lies at one path, and says nothing about any other. */
export function isOfOne(error: unknown): error is Failure {
  return error instanceof Failure && error.code !== 'NO_LOCKS' && !isShortage(error)
}

/** One session's locks that cannot be looked at say nothing about any other session. */
function tryJudge(snapshot: Snapshot, options: Look): Liveness {
  try {
    return judge(snapshot, options)
  } catch (error) {
    if (!isOfOne(error)) throw error
    return { status: 'unknown', why: error.message }
  }
}

function judge({ id, dir, state, failure }: Snapshot, { now, scrutiny }: Look): Liveness {
  if (state === undefined) return { status: 'unreadable', why: failure.message }
  const isOpen = hasOpenTurn(state)
  // Whoever takes the lock says so in its file: when that process is gone, nobody need be asked.
  const mayBeHeld = () => scrutiny === 'all' || isOwnerAlive(files.sessionLock(dir))
  if (!isOpen && (scrutiny === 'turn' || !mayBeHeld())) return atRest(state)
  if (isHeld(dir)) return attended(dir, state, now)
  if (!isOpen && scrutiny === 'busy') return atRest(state)
  const tool = findHeldTool(dir)
  if (!isOpen) {
    if (tool === undefined) return atRest(state)
    return { status: 'leaked', why: `a process of an ended turn still holds the ${tool} lock` }
  }
  if (tool !== undefined) {
    return { status: 'orphaned', why: `its supervisor is gone, but the ${tool} lock is held` }
  }
  const group = turnVitals(id, state)
  if (group.verdict === 'unknown') return { status: 'unknown', why: group.why }
  return group.verdict === 'alive'
    ? { status: 'orphaned', why: `its supervisor is gone, but ${group.why}` }
    : { status: 'crashed', why: `its locks are free and ${group.why}` }
}

/** What is said of a session whose session.lock is held. */
function attended(dir: string, state: State, now: number): Liveness {
  const holder = findHolder(files.sessionLock(dir), now)
  const by = holder === undefined ? 'a process' : `process ${holder.pid}${whereIs(holder)}`
  const isOpen = hasOpenTurn(state)
  const does = holder?.stopped
    ? 'supervises it and is stopped'
    : isOpen
      ? `supervises its turn ${state.turn?.number}`
      : 'is starting or moving it'
  return { status: isOpen ? 'running' : 'busy', why: `${by} ${does}`, ...(holder && { holder }) }
}

/** Whether somebody supervises, starts or moves the session: then nothing else need be read to know. */
export function isAttended(dir: string): boolean {
  return isOwnerAlive(files.sessionLock(dir)) && isHeld(dir)
}

function isHeld(dir: string): boolean {
  return isLockless(dir)
    ? isLeaseAlive(files.lease(dir))
    : probeLock(files.sessionLock(dir)) === 'held'
}

/** Kernel locks may reach other machines, and containers with a name of their own. */
function whereIs({ host }: Holder): string {
  return host === undefined || host === thisMachine().host ? '' : ` on ${host}`
}

function isOwnerAlive(lock: string): boolean {
  const owner = findOwner(lock)
  // A file that tells nothing may be held by one who could not write into it.
  return owner === undefined || vitalsOf(owner).verdict !== 'dead'
}

function atRest(state: State): Liveness {
  const { phase, turn } = state
  const why =
    turn === undefined
      ? 'it has had no turn'
      : `turn ${turn.number} ended: ${turn.outcome ?? 'unknown'}`
  return { status: restingStatus(phase), why }
}

/** What a session is while nothing of it lives and its newest turn has ended. */
export function restingStatus(phase: string): Status {
  return phase === 'available' || phase === 'retired' ? phase : 'idle'
}

/** Whether the newest turn's process group lives. */
export function turnVitals(id: string, state: State): Vitals {
  const group = state.turn?.process
  if (group === undefined) return { verdict: 'dead', why: 'it never started a process' }
  return vitalsOfGroup(group, markerOf(id))
}

/** The tools that have a lock file in the session. */
export function listTools(dir: string): string[] {
  return disk
    .listNames(files.locks(dir))
    .map(lockedTool)
    .filter((tool) => tool !== undefined)
}

/** A tool whose lock is held, or undefined. */
export function findHeldTool(dir: string): string | undefined {
  return listTools(dir).find((tool) => probeLock(files.toolLock(dir, tool)) === 'held')
}
