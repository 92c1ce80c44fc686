/** One session as a reader sees it. Readers never write: not a mark, not a repair, not a lock file. */

import type { SessionId } from '../base/id.ts'
import { type Failure, quietly } from '../errors.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { catchUp } from './catch-up.ts'
import { type Glance, glanceAtState, readPlainState } from './plain.ts'
import type { State } from './state.ts'

/** What a reader could make out. */
export type Snapshot = {
  readonly id: SessionId
  readonly dir: string
  /** What was wrong and could be read around. */
  readonly warnings: readonly Failure[]
} & (
  | {
      /** The fold of all that the journal holds. */
      readonly state: State
      readonly failure: undefined
    }
  | {
      readonly state: undefined
      /** Why the session cannot be read. */
      readonly failure: Failure
    }
)

/**
 * Reads a session's state and the journal behind it. Never throws for what the directory holds, but
 * IO_FAILED where the system is short of files or memory: a session is not unreadable for that.
 */
export function readSnapshot(id: SessionId, dir: string): Snapshot {
  return readFrom(findHead(dir), id, dir)
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
  const head = findHead(dir)
  const glance = glanceAtState(head)
  const isUnwanted = glance?.id === id && !isWanted(glance) && isWhole(dir, glance.bytes)
  return isUnwanted ? undefined : readFrom(head, id, dir)
}

/** In the usual case the state is plain, and nothing stands behind it in the journal. */
function readFrom(head: string, id: SessionId, dir: string): Snapshot {
  const state = readPlainState(head)
  return state?.meta_session_id === id && isWhole(dir, state.journal.bytes)
    ? { id, dir, state, failure: undefined, warnings: [] }
    : catchUp(id, dir)
}

/** A link, a directory, no permission: to be looked at in earnest. */
function findHead(dir: string): string {
  return quietly(() => disk.findHead(files.state(dir))) ?? ''
}

function isWhole(dir: string, bytes: number): boolean {
  return quietly(() => disk.findSize(files.transcript(dir))) === bytes
}
