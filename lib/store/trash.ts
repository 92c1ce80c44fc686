/** The trash: what is in it, and emptying it. */

import { isSessionId, type SessionId } from '../base/id.ts'
import { Failure, quietly } from '../errors.ts'
import { store as files, sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { hasLeft } from '../session/gone.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { findEntries } from '../session/turn.ts'
import { listIds, type SessionRow, toRow } from './list.ts'
import { holdMaintenance } from './maintenance.ts'
import { buryTrashed } from './move.ts'
import type { Store } from './store.ts'

/** A session in the trash. */
export interface TrashRow extends SessionRow {
  /** When it was put there, in ISO 8601. */
  readonly trashed_at: string
}

/** What is in the trash, newest created first. */
export function listTrash(store: Store): TrashRow[] {
  const now = store.now()
  return listIds(store, 'trash')
    .reverse()
    .flatMap((id) => {
      const dir = sessionDir(store.dir, id, 'trash')
      const snapshot = readSnapshot(id, dir)
      if (hasLeft(snapshot)) return []
      const status = snapshot.state === undefined ? 'unreadable' : 'idle'
      const row = toRow({ snapshot, liveness: { status, why: 'it is in the trash' } }, now)
      return { ...row, trashed_at: new Date(readTrashedAt(store, id)).toISOString() }
    })
}

/**
 * When a session was put into the trash, in ms since 1970: the later of what its journal and its
 * directory say. A copy of the trash is younger than the journal, and an entry that a full disk left out
 * is older than the directory.
 */
export function readTrashedAt(store: Store, id: SessionId): number {
  const dir = sessionDir(store.dir, id, 'trash')
  const changed = Math.floor(disk.findFacts(dir)?.changedAt ?? store.now())
  const newest = quietly(() => {
    const [first] = findEntries(dir)
    return first
  })
  return newest?.data.event === 'trashed' ? Math.max(changed, Date.parse(newest.ts)) : changed
}

export interface Emptied {
  readonly removed: readonly SessionId[]
  readonly kept: readonly Kept[]
}

export interface Kept {
  readonly id: SessionId
  /** Why it is in use, so that it is left where it is. */
  readonly why: string
  /** Or it could not be removed. */
  readonly failure?: Failure
  /** It is out of sight all the same. */
  readonly buried?: true
}

/**
 * Removes everything in the trash for good, or these sessions of it, and what an interrupted emptying
 * left. Throws STORE_BUSY while another clean-up of this store is at work.
 */
export async function emptyTrash(
  store: Store,
  options: {
    readonly ids?: readonly SessionId[]
    readonly signal?: AbortSignal
    readonly onRemoved?: (id: SessionId) => void
  } = {},
): Promise<Emptied> {
  if (disk.listNames(files.trash(store.dir)).length === 0) return { removed: [], kept: [] }
  await using maintenance = await holdMaintenance(store)
  const buried = removeBuried(store)
  // What another clean-up was faster with is no news.
  const there = listIds(store, 'trash').filter((id) => options.ids?.includes(id) ?? true)
  const removed: SessionId[] = []
  const kept: Kept[] = [...buried]
  for await (const one of purgeTrashed(store, there, { ...options, check: maintenance.check })) {
    if (one.why !== undefined) {
      kept.push(one)
      continue
    }
    removed.push(one.id)
    options.onRemoved?.(one.id)
  }
  return { removed, kept }
}

/**
 * Removes sessions from the trash for good, and gives what became of each as it comes. The caller holds
 * the maintenance lock, which `check` throws without.
 *
 * Each is first renamed out of reach; those names are on the disk before anything is removed, so that
 * no crash leaves half a session which could be restored.
 */
export async function* purgeTrashed(
  store: Store,
  ids: readonly SessionId[],
  {
    check,
    object,
    signal,
  }: {
    readonly check: () => void
    /** Says why one is not to be removed after all; asked under its locks. */
    readonly object?: (id: SessionId) => string | undefined
    readonly signal?: AbortSignal | undefined
  },
): AsyncGenerator<Kept | { readonly id: SessionId; readonly why?: undefined }> {
  const rest = [...ids].reverse()
  // Syncing costs as much as removing does. The first are few, so that one who stops it loses few.
  for (let size = 1; rest.length > 0 && !signal?.aborted; size = Math.min(64, size * 2)) {
    const buried: SessionId[] = []
    while (buried.length < size && rest.length > 0) {
      check()
      const id = rest.pop() as SessionId
      try {
        const why = await buryTrashed(store, id, object)
        if (why === undefined) buried.push(id)
        else yield { id, why }
      } catch (failure) {
        // The others are none the worse for it.
        if (!(failure instanceof Failure)) throw failure
        yield { id, why: failure.message, failure }
      }
    }
    disk.syncDir(files.trash(store.dir))
    const failures = await disk.tryRemoveTrees(buried.map((id) => files.gone(store.dir, id)))
    for (const [index, id] of buried.entries()) {
      const failure = failures[index]
      yield failure === undefined ? { id } : { id, why: failure.message, failure, buried: true }
    }
  }
  if (ids.length > 0) disk.syncDir(files.trash(store.dir))
}

/** Removes what an interrupted purge had renamed out of reach; gives what could not be removed. */
export function removeBuried(store: Store): Required<Kept>[] {
  const buried = listGone(store)
  if (buried.length > 0) disk.syncDir(files.trash(store.dir))
  return buried.flatMap((id) => {
    const failure = disk.tryRemoveTree(files.gone(store.dir, id))
    return failure === undefined ? [] : [{ id, why: failure.message, failure, buried: true }]
  })
}

/** The sessions that an interrupted purge had renamed out of reach. */
export function listGone(store: Store): SessionId[] {
  return disk
    .listNames(files.trash(store.dir))
    .filter((name) => name.startsWith('.gone-'))
    .map((name) => name.slice('.gone-'.length))
    .filter(isSessionId)
}
