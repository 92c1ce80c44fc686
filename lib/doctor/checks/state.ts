/** A session's state.toml by itself, and what its directory holds beside it. */

import { idTime } from '../../base/id.ts'
import { Failure, isFailure } from '../../errors.ts'
import { session as files, isLeftover } from '../../layout.ts'
import { ahead } from '../../retention/clock.ts'
import { foldVersion, stateFormat } from '../../session/state.ts'
import type { Sighting } from '../check.ts'
import { type Examined, markOf } from '../examine.ts'

/** How far ahead an instant may be, in ms: clocks differ. */
const tolerance = 60_000

/** Looks at a session's state. */
export function* checkState(examined: Examined): Generator<Sighting> {
  const { id, dir, mark, transcript, isLive, snapshot } = examined
  const file = files.state(dir)
  if (mark === undefined && transcript !== undefined) {
    yield { id: 'state.missing', evidence: 'there is no state.toml', file }
  } else if (mark === undefined) {
    yield { id: 'session.unreadable', evidence: 'it has neither state nor transcript', file: dir }
  } else if (isFailure(mark, 'STATE_INVALID')) {
    const { problem, line } = mark.data
    const at = line === undefined ? file : `${file}:${line}`
    yield { id: 'state.invalid', evidence: problem, file: at }
  } else if (isFailure(mark, 'FORMAT_NEWER')) {
    yield { id: 'state.newer', evidence: `it has format ${mark.data.format}`, file }
  } else if (mark instanceof Failure) {
    yield { id: 'session.unreadable', evidence: mark.message, file }
  } else if (mark.meta_session_id !== id) {
    const evidence = `it belongs to session ${mark.meta_session_id}`
    yield { id: snapshot.state === undefined ? 'session.foreign' : 'state.invalid', evidence, file }
  } else if (mark.format > stateFormat) {
    yield { id: 'state.newer', evidence: `it has format ${mark.format}`, file }
  } else if (!isLive && snapshot.state !== undefined) {
    const { seq, fold } = mark.journal
    const newest = snapshot.state.journal.seq
    if (fold < foldVersion) {
      yield { id: 'state.behind-journal', evidence: 'it is to be folded anew', file }
    } else if (newest > seq) {
      const evidence = `it counts ${seq + 1} of ${newest + 1} entries`
      yield { id: 'state.behind-journal', evidence, file }
    }
  }
  if (!isLive) yield* checkLeftovers(examined)
  yield* checkTimes(examined)
}

function* checkLeftovers({ dir, names }: Examined): Generator<Sighting> {
  if (names instanceof Failure) throw names
  for (const name of names) {
    if (files.replaced.some((fileName) => isLeftover(name, fileName))) {
      const evidence = 'part of a file that was to be replaced'
      yield { id: 'session.leftover', evidence, file: `${dir}/${name}` }
    }
  }
}

function* checkTimes(examined: Examined): Generator<Sighting> {
  const { id, now } = examined
  const state = markOf(examined)
  const instants = [
    ['its id', idTime(id)],
    ['created_at', state && Date.parse(state.created_at)],
    ['last_accessed', state && Date.parse(state.last_accessed)],
  ] as const
  for (const [name, at = 0] of instants) {
    if (at <= now + tolerance) continue
    const evidence = `${name} says ${sayTime(at)}`
    const isChangeable = state && !state.pinned && state.format <= stateFormat
    const stops = isChangeable && Date.parse(state.last_accessed) > now + ahead
    yield stops
      ? {
          id: 'time.future',
          evidence: `${evidence}: gc and clean do nothing until it is pinned or deleted`,
          fix: `stint pin ${id}`,
        }
      : { id: 'time.future', evidence }
    return
  }
}

/** A ULID can say more than a date can. */
function sayTime(at: number): string {
  return at > 8.64e15 ? `${at} ms since 1970` : new Date(at).toISOString()
}
