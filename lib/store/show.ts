/** Everything about one session. */

import type { SessionId } from '../base/id.ts'
import { Failure, type Holder } from '../errors.ts'
import type { Entry } from '../journal/entry.ts'
import { session as files } from '../layout.ts'
import { findHolder, probeLock } from '../os/lock-file.ts'
import { whileThere } from '../session/gone.ts'
import { isOfOne, type Liveness, listTools, observeHere } from '../session/liveness.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { findTurnEnd, type TurnResult } from '../session/turn.ts'
import { dirOf, realSessionDir } from './hold.ts'
import { linked, type SessionRow, toRow } from './list.ts'
import { placeOf } from './place.ts'
import type { Store } from './store.ts'

/** One of a session's locks as it is now. */
export interface LockRow {
  readonly name: string
  readonly held: boolean
  /** Who holds it, as its file says. */
  readonly holder?: Holder
}

export interface SessionDetails extends SessionRow {
  readonly dir: string
  /** The whole state.toml; null when it cannot be read. */
  readonly state: State | null
  /** Those that can be looked at; of another one `warnings` says why not. */
  readonly locks: readonly LockRow[]
  readonly liveness: Liveness
  readonly warnings: readonly Failure[]
}

/** Reads and probes one session. Throws SESSION_UNKNOWN; what is damaged stands in `warnings`. */
export function readSession(store: Store, id: SessionId): SessionDetails {
  const now = store.now()
  const observation = observeThere(store, id, now)
  const { snapshot, liveness } = observation
  const { dir } = snapshot
  const names = snapshot.state === undefined ? [] : ['session', ...listTools(dir), 'journal']
  const looks = names.map((name) => lockRow(name, dir, now))
  const closed = looks.flatMap((look) => (look instanceof Failure ? [look] : []))
  return {
    ...toRow(observation, now),
    dir,
    state: snapshot.state ?? null,
    locks: looks.flatMap((look) => (look instanceof Failure ? [] : [look])),
    liveness,
    warnings: [
      ...(snapshot.failure === undefined ? snapshot.warnings : [snapshot.failure]),
      ...closed,
    ],
  }
}

function observeThere(store: Store, id: SessionId, now: number) {
  const place = placeOf(store, id)
  try {
    return observeHere(id, realSessionDir(store, id, place), { now, scrutiny: 'all' })
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'SESSION_UNREADABLE')) throw error
    return linked(id, `${store.dir}/${place}/${id}`)
  }
}

function lockRow(name: string, dir: string, now: number): LockRow | Failure {
  const path = files.toolLock(dir, name)
  try {
    if (probeLock(path) === 'free') return { name, held: false }
    const holder = findHolder(path, now)
    return { name, held: true, ...(holder && { holder }) }
  } catch (error) {
    if (!isOfOne(error)) throw error
    return error
  }
}

/**
 * The result of a turn, the newest ended one by default. Throws TURN_UNKNOWN, and RESULT_MISSING when
 * the turn has not ended.
 */
export function readResult(store: Store, id: SessionId, turn?: number): TurnResult {
  return readTurnEnd(store, id, turn).data as TurnResult
}

/** The entry that has it. Throws the same. */
export function readTurnEnd(store: Store, id: SessionId, turn?: number): Entry {
  const dir = dirOf(store, id)
  return whileThere(id, dir, () => findEnd(id, dir, turn))
}

function findEnd(id: SessionId, dir: string, turn: number | undefined): Entry {
  const { state, failure } = readSnapshot(id, dir)
  if (state === undefined) throw failure
  const newest = state.turn?.number ?? 0
  const wanted = turn ?? (hasOpenTurn(state) ? newest - 1 : newest)
  if (turn !== undefined && (turn < 1 || turn > newest)) {
    throw new Failure('TURN_UNKNOWN', { id, turn, turns: newest })
  }
  const end = wanted < 1 ? undefined : findTurnEnd(dir, wanted)
  if (end === undefined) throw new Failure('RESULT_MISSING', { id })
  return end
}
