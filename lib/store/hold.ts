/** Holding a session: its session.lock, taken before anything of it is changed. */

import { poll, sleep } from '../base/async.ts'
import type { SessionId } from '../base/id.ts'
import { Failure, isFailure } from '../errors.ts'
import { session as files, type Place, sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { findHolder, type Lock, probeTolerance, takeLock, tryLock } from '../os/lock-file.ts'
import { patiently } from '../os/shortage.ts'
import { listTools } from '../session/liveness.ts'
import { ifGone, Session } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn } from '../session/state.ts'
import { accessOf } from './access.ts'
import { checkId, placeOf } from './place.ts'
import { isInside } from './search.ts'
import type { Store } from './store.ts'

/** A session whose session.lock is held, and its lease where the store is shared, until it is disposed of. */
export interface Held extends AsyncDisposable {
  readonly session: Session
  readonly lock: Lock
}

/** How long those hold session.lock who only start or move a session, in ms. */
const briefHold = 1_000

/** How often another machine is looked at whether it still has the lease, in ms: over a network it costs. */
const leasePause = 500

export interface HoldOptions {
  /** How long to wait for another holder, in ms; not at all when undefined. */
  readonly wait?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly place?: Place
  /** What is to be done can wait, and be done in a fork: a refusal says so. */
  readonly forTurn?: boolean
}

/**
 * Takes session.lock, and this machine's lease where the store is shared. Throws SESSION_LOCKED, which
 * names the holder, or LEASE_HELD, which names the machine, when another process supervises a turn,
 * and WAIT_EXPIRED when `wait` ms were not enough.
 */
export async function holdSession(
  store: Store,
  id: SessionId,
  options: HoldOptions = {},
): Promise<Held> {
  const { wait, signal } = options
  const forTurn = options.forTurn ? ({ for_turn: true } as const) : {}
  const dir = realSessionDir(store, id, options.place)
  const started = performance.now()
  const waited = () => Math.round(performance.now() - started)
  for (;;) {
    // A probe that is in the way for a moment is nobody to wait for.
    const left = wait === undefined ? undefined : Math.max(wait, probeTolerance) - waited()
    const lock = await lockSession(id, dir, { ...options, wait: left })
    if (lock === undefined) {
      signal?.throwIfAborted()
      if (wait !== undefined) throw new Failure('WAIT_EXPIRED', { id, waited_ms: waited() })
      const holder = findHolder(files.sessionLock(dir), store.now())
      // Who is told to wait for his own turn, or to end it, waits for ever, or ends himself.
      const inside = isInside(store, id) ? ({ inside: true } as const) : {}
      throw new Failure('SESSION_LOCKED', { id, ...forTurn, ...inside, ...(holder && { holder }) })
    }
    try {
      const held = await keepHeld(new Session(id, dir, accessOf(store)), lock)
      // Not before: where locks are private to a mount, the file is that of who has the lease.
      lock.say({})
      return held
    } catch (error) {
      // Not only keepHeld throws: the settings may be unreadable.
      lock.release()
      if (!isFailure(error, 'LEASE_HELD')) throw error
      if (wait === undefined) throw new Failure('LEASE_HELD', { ...error.data, ...forTurn })
    }
    if (waited() >= wait) throw new Failure('WAIT_EXPIRED', { id, waited_ms: waited() })
    // Without the lock meanwhile: nobody here is to think that the turn is this machine's.
    await sleep(Math.min(leasePause, wait - waited()), signal)
    signal?.throwIfAborted()
  }
}

/** Takes it, or gives undefined when somebody keeps it for longer. */
async function lockSession(
  id: SessionId,
  dir: string,
  { wait, signal }: HoldOptions,
): Promise<Lock | undefined> {
  const attempt = () => ifGone(id, dir, () => tryLock(files.sessionLock(dir), undefined))
  if (wait !== undefined) {
    const look = patiently()
    return poll(() => look(attempt), { timeout: wait, signal })
  }
  const lock = await poll(attempt, { timeout: probeTolerance, signal })
  if (lock !== undefined) return lock
  return isRunning(id, dir) ? undefined : poll(attempt, { timeout: briefHold, signal })
}

/** A session whose session.lock was taken, with this machine's lease where the store is shared. */
export async function keepHeld(session: Session, lock: Lock): Promise<Held> {
  const held = heldOf(session, lock)
  try {
    await session.keepLease()
  } catch (error) {
    await held[Symbol.asyncDispose]()
    throw error
  }
  return held
}

/** A session whose session.lock was taken, with the lease that it has by now. */
export function heldOf(session: Session, lock: Lock): Held {
  return {
    session,
    lock,
    async [Symbol.asyncDispose]() {
      try {
        await session.releaseLease()
      } finally {
        session[Symbol.dispose]()
        lock.release()
      }
    },
  }
}

/** Takes the locks of all its tools. Throws SESSION_LEAKED when a process still holds one. */
export async function holdTools(session: Session): Promise<Lock[]> {
  const locks: Lock[] = []
  try {
    for (const tool of listTools(session.dir)) {
      const lock = await takeLock(files.toolLock(session.dir, tool), undefined)
      if (lock === undefined) throw new Failure('SESSION_LEAKED', { id: session.id, tool })
      locks.push(lock)
    }
    return locks
  } catch (error) {
    for (const lock of locks) lock.release()
    throw error
  }
}

function isRunning(id: SessionId, dir: string): boolean {
  const { state } = readSnapshot(id, dir)
  return state !== undefined && hasOpenTurn(state)
}

/** The directory of a session that is listed, or lives for one turn. Throws what realSessionDir does. */
export function dirOf(store: Store, id: SessionId): string {
  return realSessionDir(store, id, placeOf(store, id))
}

/** The session's directory; throws REF_MALFORMED, and SESSION_UNREADABLE when a link stands in its place. */
export function realSessionDir(store: Store, id: SessionId, place: Place = 'sessions'): string {
  checkId(id)
  const dir = sessionDir(store.dir, id, place)
  const kind = disk.findFacts(dir)?.kind
  if (kind === undefined) {
    const isEphemeral = placeOf(store, id) === 'ephemeral'
    const ephemeral = isEphemeral ? ({ ephemeral: true } as const) : {}
    throw new Failure('SESSION_UNKNOWN', { ref: id, store: store.dir, ...ephemeral })
  }
  if (kind === 'directory') return dir
  throw new Failure('SESSION_UNREADABLE', {
    id,
    problem: `a ${kind} stands in place of its directory`,
  })
}
