/** The trash: what is in it, and emptying it. */

import { isSessionId, type SessionId } from '../base/id.ts'
import { isFailure } from '../errors.ts'
import { store as files, sessionDir, session as sessionFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { type Lock, tryLock } from '../os/lock-file.ts'
import { listTools } from '../session/liveness.ts'
import { Session } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { accessOf } from './access.ts'
import { listIds, type SessionRow, toRow } from './list.ts'
import { holdMaintenance } from './maintenance.ts'
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
    .map((id) => {
      const dir = sessionDir(store.dir, id, 'trash')
      const snapshot = readSnapshot(id, dir)
      const status = snapshot.state === undefined ? 'unreadable' : 'idle'
      const row = toRow({ snapshot, liveness: { status, why: 'it is in the trash' } }, now)
      // The rename changed the directory's inode, and nothing has since.
      return { ...row, trashed_at: new Date(disk.findFacts(dir)?.changedAt ?? now).toISOString() }
    })
}

export interface Emptied {
  readonly removed: readonly SessionId[]
  /** In use, so left where they are. */
  readonly kept: readonly { readonly id: SessionId; readonly why: string }[]
}

/**
 * Removes everything in the trash for good, and what an interrupted emptying left.
 *
 * Each session is first renamed out of reach, so that a crash leaves no half session behind that
 * could be restored. Throws STORE_BUSY while another clean-up of this store is at work.
 */
export async function emptyTrash(
  store: Store,
  options: { readonly signal?: AbortSignal; readonly onRemoved?: (id: SessionId) => void } = {},
): Promise<Emptied> {
  const trash = files.trash(store.dir)
  if (disk.listNames(trash).length === 0) return { removed: [], kept: [] }
  await using maintenance = await holdMaintenance(store)
  const removed: SessionId[] = []
  const kept: { id: SessionId; why: string }[] = []
  for (const id of listIds(store, 'trash')) {
    if (options.signal?.aborted) break
    maintenance.check()
    const why = await outOfReach(store, id)
    if (why === undefined) {
      disk.removeTree(files.gone(store.dir, id))
      removed.push(id)
      options.onRemoved?.(id)
    } else {
      kept.push({ id, why })
    }
  }
  for (const name of disk.listNames(trash)) {
    const isGone = name.startsWith('.gone-') && isSessionId(name.slice('.gone-'.length))
    if (isGone) disk.removeTree(`${trash}/${name}`)
  }
  return { removed, kept }
}

/** Renames a trashed session away under all its locks; says why when one of them is held. */
async function outOfReach(store: Store, id: SessionId): Promise<string | undefined> {
  const dir = sessionDir(store.dir, id, 'trash')
  const gone = files.gone(store.dir, id)
  const paths = [
    sessionFiles.sessionLock(dir),
    ...listTools(dir).map((tool) => sessionFiles.toolLock(dir, tool)),
    sessionFiles.journalLock(dir),
  ]
  const locks: Lock[] = []
  const session = new Session(id, dir, accessOf(store))
  try {
    await session.keepLease()
    for (const path of paths) {
      if (disk.findFacts(path) === undefined) continue
      const lock = tryLock(path, undefined)
      if (lock === undefined) return `its ${path.slice(path.lastIndexOf('/') + 1)} is held`
      locks.push(lock)
    }
    if (disk.findFacts(gone) !== undefined) disk.removeTree(gone)
    disk.rename(dir, gone)
    disk.syncDir(files.trash(store.dir))
    return undefined
  } catch (error) {
    if (!isFailure(error, 'LEASE_HELD')) throw error
    return `it is in use on ${error.data.host}`
  } finally {
    for (const lock of locks.reverse()) lock.release()
    await session.releaseLease()
    session[Symbol.dispose]()
  }
}
