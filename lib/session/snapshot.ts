/** One session as a reader sees it. Readers never write: not a mark, not a repair, not a lock file. */

import type { SessionId } from '../base/id.ts'
import type { Failure } from '../errors.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { catchUp } from './catch-up.ts'
import { type Glance, glanceAtState, readPlainState } from './plain.ts'
import type { State } from './state.ts'

/** What a reader could make out. */
export interface Snapshot {
  readonly id: SessionId
  readonly dir: string
  /** The fold of all that the journal holds; undefined when it cannot be read. */
  readonly state: State | undefined
  /** Why the session cannot be read. */
  readonly failure: Failure | undefined
  /** What was wrong and could be read around. */
  readonly warnings: readonly Failure[]
}

/**
 * Reads a session's state and the journal behind it. Never throws for what the directory holds, but
 * IO_FAILED where the system is short of files or memory: a session is not unreadable for that.
 */
export function readSnapshot(id: SessionId, dir: string): Snapshot {
  return toSnapshot(id, dir, findPlain(id, dir, undefined))
}

/**
 * The same, or undefined for a session whose state can be read and is not wanted: a glance is less
 * than half of the work.
 */
export function findSnapshot(
  id: SessionId,
  dir: string,
  isWanted: (glance: Glance) => boolean,
): Snapshot | undefined {
  const state = findPlain(id, dir, isWanted)
  return state === 'unwanted' ? undefined : toSnapshot(id, dir, state)
}

function toSnapshot(id: SessionId, dir: string, state: State | undefined): Snapshot {
  return state === undefined
    ? catchUp(id, dir)
    : { id, dir, state, failure: undefined, warnings: [] }
}

/** The state when it is plain and nothing stands behind it in the journal: the usual case. */
function findPlain(id: SessionId, dir: string, isWanted: undefined): State | undefined
function findPlain(
  id: SessionId,
  dir: string,
  isWanted: (glance: Glance) => boolean,
): State | 'unwanted' | undefined
function findPlain(
  id: SessionId,
  dir: string,
  isWanted: ((glance: Glance) => boolean) | undefined,
): State | 'unwanted' | undefined {
  const isWhole = (bytes: number) => disk.findSize(files.transcript(dir)) === bytes
  try {
    const text = disk.findHead(files.state(dir))
    if (text === undefined) return undefined
    const glance = isWanted && glanceAtState(text)
    if (glance && glance.id === id && !isWanted(glance) && isWhole(glance.bytes)) return 'unwanted'
    const state = readPlainState(text)
    return state?.meta_session_id === id && isWhole(state.journal.bytes) ? state : undefined
  } catch (error) {
    // A link, a directory, no permission: to be looked at in earnest.
    if (disk.errnoOf(error) === undefined) throw error
    return undefined
  }
}
