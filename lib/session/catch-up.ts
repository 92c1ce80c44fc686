/** A session read with care: its state where it can be read, and what the journal tells beyond it. */

import type { SessionId } from '../base/id.ts'
import { Failure, isFailure } from '../errors.ts'
import { readTail } from '../journal/recover.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { isShortage } from '../os/shortage.ts'
import { parseState, refuseNewer } from './codec.ts'
import { FoldError, foldEntry, markAt } from './fold.ts'
import { findLeft } from './gone.ts'
import type { Snapshot } from './snapshot.ts'
import { foldVersion, type State } from './state.ts'

/** The same as readSnapshot, whatever the directory holds. Throws IO_FAILED for a shortage. */
export function catchUp(id: SessionId, dir: string): Snapshot {
  const first = readOnce(id, dir)
  // Its state may have been replaced between the two files; damage is what a second look finds too.
  if (first.state !== undefined && first.warnings.length === 0) return first
  const second = readOnce(id, dir)
  const left = second.state === undefined ? findLeft(id, dir, second.failure) : undefined
  return left === undefined ? second : broken(id, dir, left)
}

function readOnce(id: SessionId, dir: string): Snapshot {
  const warnings: Failure[] = []
  try {
    const state = readBehind(id, dir, findState(dir, warnings), warnings)
    if (state.meta_session_id !== id) {
      const problem = `its state belongs to session ${state.meta_session_id}`
      return broken(id, dir, new Failure('SESSION_UNREADABLE', { id, problem }))
    }
    try {
      refuseNewer(state, files.state(dir))
    } catch (error) {
      if (!isFailure(error, 'FORMAT_NEWER')) throw error
      warnings.push(error)
    }
    return { id, dir, state, failure: undefined, warnings }
  } catch (error) {
    if (!(error instanceof Failure) || isShortage(error)) throw error
    return broken(id, dir, error)
  }
}

function broken(id: SessionId, dir: string, failure: Failure): Snapshot {
  return { id, dir, state: undefined, failure, warnings: [] }
}

/** The state as its file has it; undefined, with a warning, when only the journal can tell. */
function findState(dir: string, warnings: Failure[]): State | undefined {
  const file = files.state(dir)
  try {
    const text = disk.findText(file)
    if (text === undefined) {
      warnings.push(new Failure('STATE_INVALID', { file, problem: 'it is missing' }))
      return undefined
    }
    const state = parseState(text, file)
    return state.journal.fold < foldVersion ? undefined : state
  } catch (error) {
    if (!isFailure(error, 'STATE_INVALID')) throw error
    warnings.push(error)
    return undefined
  }
}

/** The state after all entries that follow it. */
function readBehind(
  id: SessionId,
  dir: string,
  state: State | undefined,
  warnings: Failure[],
): State {
  const path = files.transcript(dir)
  const expected = state?.journal.bytes ?? 0
  // One call for the common case: nothing behind the state.
  const size = disk.findSize(path)
  if (state !== undefined && size === expected) return state
  if (size === undefined || size < expected) {
    const shrunk = new Failure('TRANSCRIPT_SHRUNK', { id, bytes: size ?? 0, expected })
    if (state === undefined || expected === 0) {
      throw new Failure('SESSION_UNREADABLE', { id, problem: 'it has no journal' })
    }
    warnings.push(shrunk)
    return state
  }
  const fd = disk.openRead(path)
  try {
    const { state: folded, rest, offset } = foldTail(id, fd, path, state, size)
    if (folded === undefined) {
      throw new Failure('SESSION_UNREADABLE', {
        id,
        problem: 'its journal does not begin with an entry',
      })
    }
    if (rest === 'damaged') warnings.push(damaged(id, offset))
    return folded
  } finally {
    disk.closeFile(fd)
  }
}

/** Folds what lies behind the state, and says what stands behind the last entry. */
export function foldTail(
  id: SessionId,
  fd: number,
  path: string,
  from: State | undefined,
  size: number,
): { state: State | undefined; rest: 'none' | 'unfinished' | 'lost' | 'damaged'; offset: number } {
  const at = from?.journal.bytes ?? 0
  // Something was put into the middle: what stands behind the mark is the end of some other line.
  if (at > 0 && disk.readBytes(fd, path, at - 1, 1)[0] !== 10) {
    return { state: from, rest: 'damaged', offset: at }
  }
  const tail = readTail(fd, path, from === undefined ? { seq: -1, bytes: 0 } : markAt(from), size)
  let state = from
  try {
    for (const { entry, bytes } of tail.entries) state = foldEntry(state, entry, bytes)
  } catch (error) {
    if (!(error instanceof FoldError)) throw error
    const offset = state?.journal.bytes ?? 0
    throw new Failure(
      'TRANSCRIPT_DAMAGED',
      { id, problem: error.message, offset },
      { cause: error },
    )
  }
  const { mark, rest } = tail.end()
  return { state, rest, offset: mark.bytes }
}

/** The journal goes on behind lines that are no entries. */
export function damaged(id: SessionId, offset: number): Failure<'TRANSCRIPT_DAMAGED'> {
  const problem = 'what follows is not the next entry'
  return new Failure('TRANSCRIPT_DAMAGED', { id, problem, offset })
}
