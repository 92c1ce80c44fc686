/** Sessions leaving and coming back: delete, restore, purge. Each is one rename under all locks. */

import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { session as files, type Place, sessionDir, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { Lock } from '../os/lock-file.ts'
import { ifGone, type Session, takeJournal } from '../session/session.ts'
import { settle } from '../session/turn.ts'
import { holdSession, holdTools } from './hold.ts'
import type { Store } from './store.ts'

/**
 * Moves a session to the trash, where it can be restored from until it is purged.
 *
 * Throws SESSION_LOCKED, SESSION_ORPHANED, SESSION_LEAKED or LIVENESS_UNKNOWN when anything of it may
 * still live, and what an append throws when the session cannot be changed; then nothing has moved.
 */
export async function deleteSession(store: Store, id: SessionId, why: string): Promise<void> {
  await using held = await holdSession(store, id)
  await settle(held.session, store.now())
  disk.makeDirs(storeFiles.trash(store.dir))
  await move(store, held.session, 'trash', { event: 'trashed', why })
}

/** Takes a session back out of the trash. Throws TRASH_OCCUPIED rather than replace anything. */
export async function restoreSession(store: Store, id: SessionId): Promise<void> {
  await using held = await holdSession(store, id, { place: 'trash' })
  await held.session.refresh()
  await move(store, held.session, 'sessions', { event: 'restored' })
}

async function move(
  store: Store,
  session: Session,
  to: Place,
  data: { readonly event: string; readonly why?: string },
): Promise<void> {
  const target = sessionDir(store.dir, session.id, to)
  refuseOccupied(session.id, target)
  const locks: Lock[] = await holdTools(session)
  try {
    await note(session, data, store.now())
    locks.push(await takeJournal(session.id, session.dir, 5_000))
    refuseOccupied(session.id, target)
    ifGone(session.id, session.dir, () => disk.rename(session.dir, target))
    // The lease moved too; with it the next machine would wait for nobody.
    disk.removeTree(files.lease(target))
  } finally {
    for (const lock of locks.reverse()) lock.release()
  }
  disk.syncDir(disk.parentOf(session.dir))
  disk.syncDir(disk.parentOf(target))
}

/** Says in the journal when and why. On a full disk the directory's own ctime has to say when. */
async function note(session: Session, data: object, now: number): Promise<void> {
  try {
    await session.appendToTurn({
      type: 'session',
      text: null,
      data: { ...data, upkeep: true },
      at: now,
    })
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'DISK_FULL')) throw error
  }
}

function refuseOccupied(id: SessionId, target: string): void {
  if (disk.findFacts(target) !== undefined) throw new Failure('TRASH_OCCUPIED', { id })
}
