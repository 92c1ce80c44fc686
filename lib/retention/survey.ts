/** What retention has to know of a store's sessions: one pass over the states. Reads only. */

import { isSessionId, type SessionId } from '../base/id.ts'
import { sessionDir, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { thisMachine } from '../os/process.ts'
import { hasLeft } from '../session/gone.ts'
import { type Observation, observe, type Scrutiny, type Status } from '../session/liveness.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { linked, listIds } from '../store/list.ts'
import { findProjectFacts } from '../store/project.ts'
import { findCaller } from '../store/search.ts'
import type { Store } from '../store/store.ts'
import { readTrashedAt } from '../store/trash.ts'

/** One session as the plan sees it. */
export interface Facts {
  readonly id: SessionId
  readonly status: Status
  /** The newest entry that is folded; what was planned for another one is not carried out. */
  readonly seq: number
  /** When it was last used, in ms since 1970; NaN when that cannot be read. */
  readonly usedAt: number
  readonly parent: string | undefined
  readonly tools: readonly string[]
  readonly pinned: boolean
  readonly retired: boolean
  /** A newer stint wrote it. */
  readonly isNewer: boolean
  /** On a shared store: its newest turn ran on another machine. */
  readonly isForeign: boolean
}

/** A session in the trash. */
export interface Trashed {
  readonly id: SessionId
  /** When it was put there, in ms since 1970. */
  readonly trashedAt: number
}

export interface Survey {
  readonly now: number
  /** By id, oldest first. */
  readonly sessions: ReadonlyMap<SessionId, Facts>
  readonly trash: readonly Trashed[]
  /** The session whose turn this process runs in. */
  readonly caller: SessionId | undefined
  /** What a session takes on the disk, in bytes; looked at when it is asked for. */
  readonly sizeOf: (id: SessionId) => number
}

/** Reads all sessions of a store. */
export function surveyStore(
  store: Store,
  options: { readonly onRead?: (count: number) => void } = {},
): Survey {
  const now = store.now()
  const isShared = findProjectFacts(store.dir)?.shared ?? false
  const sessions = new Map<SessionId, Facts>()
  for (const item of listSorted(storeFiles.sessions(store.dir))) {
    const dir = sessionDir(store.dir, item.id)
    const seen = item.isDirectory
      ? observe(readSnapshot(item.id, dir), { now: store.now(), scrutiny: 'turn' })
      : linked(item.id, dir)
    if (hasLeft(seen.snapshot)) continue
    sessions.set(item.id, factsOf(seen, isShared))
    options.onRead?.(sessions.size)
  }
  const caller = findCaller(store)
  const sizes = new Map<SessionId, number>()
  return {
    now,
    sessions,
    trash: listIds(store, 'trash').map((id) => ({ id, trashedAt: readTrashedAt(store, id) })),
    caller: caller?.store.dir === store.dir ? caller.id : undefined,
    sizeOf: (id) => {
      const known = sizes.get(id) ?? disk.sizeOf(sessionDir(store.dir, id))
      sizes.set(id, known)
      return known
    },
  }
}

/** One session, looked at as closely as is asked. */
export function readFacts(
  store: Store,
  id: SessionId,
  { isShared, scrutiny }: { readonly isShared: boolean; readonly scrutiny: Scrutiny },
): Facts {
  const snapshot = readSnapshot(id, sessionDir(store.dir, id))
  return factsOf(observe(snapshot, { now: store.now(), scrutiny }), isShared)
}

function factsOf({ snapshot, liveness }: Observation, isShared: boolean): Facts {
  const { id, state, warnings } = snapshot
  const host = state?.turn?.process?.host
  return {
    id,
    // What could only be read around is for the doctor, not for a broom.
    status: warnings.some(isDamage) ? 'unreadable' : liveness.status,
    seq: state?.journal.seq ?? -1,
    usedAt: Date.parse(state?.last_accessed ?? ''),
    parent: own(state?.genealogy.parent_session_id),
    tools: [
      ...Object.keys(state?.tools ?? {}),
      ...(state?.turn === undefined ? [] : [state.turn.tool]),
    ].map(own),
    pinned: state?.pinned ?? false,
    retired: state?.phase === 'retired',
    isNewer: warnings.some(({ code }) => code === 'FORMAT_NEWER'),
    isForeign: isShared && host !== undefined && host !== thisMachine().host,
  }
}

/** One string for all that are equal: a part of a state's text would keep all of that text in memory. */
function own<T extends string | undefined>(text: T): T {
  if (text === undefined) return text
  const known = strings.get(text)
  if (known !== undefined) return known as T
  const copy = Buffer.from(text).toString()
  strings.set(copy, copy)
  return copy as T
}

const strings = new Map<string, string>()

function isDamage({ code }: { readonly code: string }): boolean {
  return code !== 'FORMAT_NEWER'
}

function listSorted(dir: string): { id: SessionId; isDirectory: boolean }[] {
  const found: { id: SessionId; isDirectory: boolean }[] = []
  for (const item of disk.scanDir(dir)) {
    if (isSessionId(item.name)) found.push({ id: item.name, isDirectory: item.isDirectory() })
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1))
}
