/** One session as a reader sees it. Readers never write: not a mark, not a repair, not a lock file. */

import type { SessionId } from '../base/id.ts'
import type { Failure } from '../errors.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { catchUp } from './catch-up.ts'
import { readPlainState } from './plain.ts'
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

/** Reads a session's state and the journal behind it. Never throws for what the directory holds. */
export function readSnapshot(id: SessionId, dir: string): Snapshot {
  const state = findPlain(id, dir)
  return state === undefined
    ? catchUp(id, dir)
    : { id, dir, state, failure: undefined, warnings: [] }
}

/** The state when it is plain and nothing stands behind it in the journal: the usual case. */
function findPlain(id: SessionId, dir: string): State | undefined {
  try {
    const text = disk.findHead(files.state(dir))
    const state = text === undefined ? undefined : readPlainState(text)
    if (state?.meta_session_id !== id) return undefined
    return disk.findSize(files.transcript(dir)) === state.journal.bytes ? state : undefined
  } catch (error) {
    // A link, a directory, no permission: to be looked at in earnest.
    if (disk.errnoOf(error) === undefined) throw error
    return undefined
  }
}
