/** Sessions leaving and coming back: delete, restore, purge. Each is one rename under all locks. */

import type { SessionId } from '../base/id.ts'
import { Failure, isFailure } from '../errors.ts'
import type { EntryData } from '../journal/entry.ts'
import { session as files, type Place, sessionDir, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { type Lock, tryLock } from '../os/lock-file.ts'
import { listTools } from '../session/liveness.ts'
import { ifGone, Session, takeJournal } from '../session/session.ts'
import { settle } from '../session/turn.ts'
import { accessOf } from './access.ts'
import { holdSession, holdTools } from './hold.ts'
import { noteName } from './names.ts'
import { placeOf } from './place.ts'
import type { Store } from './store.ts'

/**
 * Moves a session to the trash, where it can be restored from until it is purged.
 *
 * Throws SESSION_LOCKED, SESSION_ORPHANED, SESSION_LEAKED or LIVENESS_UNKNOWN when anything of it may
 * still live, and what an append throws when the session cannot be changed; then nothing has moved.
 */
export async function deleteSession(store: Store, id: SessionId, why: string): Promise<void> {
  await using held = await holdSession(store, id, { place: placeOf(store, id) })
  // A turn that filled the disk is over without a word of it: removing it is what makes room.
  await settle(held.session, store.now()).catch(ignoreFull)
  await move(held.session, sessionDir(store.dir, id, 'trash'), () =>
    note(held.session, { event: 'trashed', why, upkeep: true }, store.now()),
  )
  await syncMoves(store)
}

/**
 * The same for a session whose session.lock the caller holds and which has settled: it is marked as
 * retired, too. On the disk once syncMoves has returned, since many go at a time; what a power cut
 * takes back is found again.
 */
export async function retireSession(store: Store, session: Session, why: string): Promise<void> {
  const data = { event: 'trashed', why, set: { phase: 'retired' }, upkeep: true }
  await move(session, sessionDir(store.dir, session.id, 'trash'), async () => {
    const turn = session.state.turn?.number ?? 0
    const entry = session.encode({ type: 'session', turn, text: null, data, at: store.now() })
    const { failure } = await session.appendStreamed([entry])
    if (failure !== undefined) ignoreFull(failure)
  })
}

/**
 * Takes a session back out of the trash. Whoever wants it back uses it: it is young again, and no
 * longer given up. Throws TRASH_OCCUPIED rather than replace anything.
 */
export async function restoreSession(store: Store, id: SessionId): Promise<void> {
  await using held = await holdSession(store, id, { place: 'trash' })
  const { phase } = await held.session.refresh()
  const set = phase === 'retired' ? { set: { phase: 'active' } } : {}
  await move(held.session, sessionDir(store.dir, id), () =>
    note(held.session, { event: 'restored', ...set }, store.now()),
  )
  await syncMoves(store)
}

/**
 * Moves a session whose session.lock is held, and which has settled, to another store, to be at the
 * places that `set` names. Throws TRASH_OCCUPIED where that store has it, wherever.
 */
export async function moveToStore(
  store: Store,
  session: Session,
  { to, place, set }: { readonly to: Store; readonly place: Place; readonly set: EntryData },
): Promise<void> {
  const data = { event: 'relocated', set, upkeep: true }
  // What a crash left between the two steps has been said before.
  const says = async () => {
    if (Object.keys(set).length > 0) await append(session, data, store.now())
  }
  const target = sessionDir(to.dir, session.id, place)
  noteName(to, session.state.name)
  const places = ['sessions', 'ephemeral', 'trash'] as const
  await move(
    session,
    target,
    says,
    places.map((place) => sessionDir(to.dir, session.id, place)),
  )
  await disk.syncAll({ dirs: [disk.parentOf(session.dir), disk.parentOf(target)] })
}

/** Brings the moves between the sessions and the trash to the disk. */
export async function syncMoves(store: Store): Promise<void> {
  // The last: who made the trash may have died before its name was on the disk.
  await disk.syncAll({
    dirs: [storeFiles.sessions(store.dir), storeFiles.trash(store.dir), store.dir],
  })
}

/**
 * Renames a trashed session out of reach under all its locks, so that no half of it can be restored
 * while it is removed; says why when one of them is held, or what `object` has against it under them.
 */
export async function buryTrashed(
  store: Store,
  id: SessionId,
  object: (id: SessionId) => string | undefined = () => undefined,
): Promise<string | undefined> {
  const dir = sessionDir(store.dir, id, 'trash')
  const gone = storeFiles.gone(store.dir, id)
  if (disk.findFacts(dir)?.kind === 'file') {
    disk.removeTree(gone)
    disk.rename(dir, gone)
    return undefined
  }
  const tools = listTools(dir).map((tool) => files.toolLock(dir, tool))
  const locks: Lock[] = []
  const findHeld = (paths: readonly string[]) => {
    for (const path of paths) {
      if (disk.findFacts(path) === undefined) continue
      const lock = tryLock(path, undefined)
      if (lock === undefined) return `its ${disk.baseOf(path)} is held`
      locks.push(lock)
    }
    return undefined
  }
  const session = new Session(id, dir, accessOf(store))
  try {
    // The lease is asked for under journal.lock, which whoever has session.lock may hold for long.
    // A lease that is asked for changes the directory, so the question comes before.
    let held = findHeld([files.sessionLock(dir), ...tools]) ?? object(id)
    if (held !== undefined) return held
    await session.keepLease()
    held = findHeld([files.journalLock(dir)])
    if (held !== undefined) return held
    if (disk.findFacts(gone) !== undefined) disk.removeTree(gone)
    disk.rename(dir, gone)
    return undefined
  } catch (error) {
    if (isFailure(error, 'LEASE_HELD')) return `it is in use on ${error.data.host}`
    // Somebody brought it back, or removed it.
    if (error instanceof Failure && disk.findFacts(dir) === undefined) return 'it is gone'
    throw error
  } finally {
    for (const lock of locks.reverse()) lock.release()
    await session.releaseLease()
    session[Symbol.dispose]()
  }
}

/** `taken`: where nothing may stand. */
async function move(
  session: Session,
  target: string,
  note: () => Promise<void>,
  taken: readonly string[] = [target],
): Promise<void> {
  refuseOccupied(session.id, taken)
  disk.makeDirs(disk.parentOf(target))
  const locks: Lock[] = await holdTools(session)
  try {
    await note()
    locks.push(await takeJournal(session.id, session.dir))
    refuseOccupied(session.id, taken)
    ifGone(session.id, session.dir, () => disk.rename(session.dir, target))
    // The lease moved too; with it the next machine would wait for nobody.
    disk.removeTree(files.lease(target))
  } finally {
    for (const lock of locks.reverse()) lock.release()
  }
}

/** Says in the journal when and why. On a full disk the directory's own ctime has to say when. */
async function note(session: Session, data: object, now: number): Promise<void> {
  try {
    await append(session, data, now)
  } catch (error) {
    ignoreFull(error)
  }
}

async function append(session: Session, data: object, now: number): Promise<void> {
  await session.appendToTurn({ type: 'session', text: null, data: { ...data }, at: now })
}

/** Throws what is no full disk. */
export function ignoreFull(error: unknown): void {
  if (!isFailure(error, 'DISK_FULL')) throw error
}

function refuseOccupied(id: SessionId, paths: readonly string[]): void {
  const isTaken = paths.some((path) => disk.findFacts(path) !== undefined)
  if (isTaken) throw new Failure('TRASH_OCCUPIED', { id })
}
