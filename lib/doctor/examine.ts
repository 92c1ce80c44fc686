/** A session read as a doctor needs it: what each file says by itself, and what all of them say. */

import type { SessionId } from '../base/id.ts'
import { Failure, quietly } from '../errors.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { catchUp } from '../session/catch-up.ts'
import { parseState } from '../session/codec.ts'
import { type Liveness, observe } from '../session/liveness.ts'
import { readPlainState } from '../session/plain.ts'
import type { Snapshot } from '../session/snapshot.ts'
import type { State } from '../session/state.ts'
import type { Store } from '../store/store.ts'

export interface Examined {
  readonly store: Store
  readonly id: SessionId
  readonly dir: string
  readonly now: number
  /** What readers make of it. */
  readonly snapshot: Snapshot
  readonly liveness: Liveness
  /** Somebody is at it, so that what is unfinished is not left over. */
  readonly isLive: boolean
  /** What state.toml says: a state, why it says none, or nothing where it is missing. */
  readonly mark: State | Failure | undefined
  /** What stands at the transcript's place; undefined when nothing does. */
  readonly transcript: Pick<disk.FileFacts, 'kind' | 'size'> | undefined
  /** What stands in its directory, or why that cannot be listed. */
  readonly names: readonly string[] | Failure
}

/** Reads and probes a session. */
export function examineSession(store: Store, id: SessionId, dir: string, now: number): Examined {
  const { mark, plain } = readMark(dir)
  const transcript = quietly(() => disk.findShape(files.transcript(dir)))
  const names = listNames(dir)
  const isSettled = transcript?.kind === 'file' && plain?.journal.bytes === transcript.size
  const first: Snapshot =
    isSettled && plain?.meta_session_id === id
      ? { id, dir, state: plain, failure: undefined, warnings: [] }
      : catchUp(id, dir)
  // Where nothing can be locked, another check says so.
  const { snapshot, liveness } = quietly(() => observe(first, { now, scrutiny: 'all' })) ?? {
    snapshot: first,
    liveness: { status: 'unknown', why: 'nothing can be locked here' } as const,
  }
  const isLive = liveness.status === 'running' || liveness.status === 'busy'
  return {
    store,
    id,
    dir,
    now,
    snapshot,
    liveness,
    isLive,
    transcript,
    names,
    mark,
  }
}

/** What state.toml says where it could be read. */
export function markOf({ mark, id }: Examined): State | undefined {
  return mark === undefined || mark instanceof Failure || mark.meta_session_id !== id
    ? undefined
    : mark
}

function listNames(dir: string): readonly string[] | Failure {
  try {
    return disk.listNames(dir)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error
  }
}

/** What state.toml says; `plain` where it says that in stint's own layout. */
function readMark(dir: string): Pick<Examined, 'mark'> & { readonly plain?: State } {
  const file = files.state(dir)
  try {
    // A plain state ends where its text does, so the head of a file that gives one was all of it.
    const plain = quietly(() => readPlainState(disk.findHead(file) ?? ''))
    if (plain !== undefined) return { mark: plain, plain }
    const text = disk.findText(file)
    return { mark: text === undefined ? undefined : parseState(text, file) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { mark: error }
  }
}
