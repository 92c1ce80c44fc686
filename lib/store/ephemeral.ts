/** Sessions that live for one turn and leave nothing behind. */

import { isSessionId, type SessionId } from '../base/id.ts'
import { Failure, isFailure } from '../errors.ts'
import { session as files, sessionDir, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { type Lock, tryLock } from '../os/lock-file.ts'
import { findHeldTool, turnVitals } from '../session/liveness.ts'
import { Session, type SessionAccess } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { accessOf } from './access.ts'
import { withdrawSession } from './create.ts'
import { keepHeld } from './hold.ts'
import type { Store } from './store.ts'

/**
 * Removes the ephemeral sessions that a crash left: their locks are free and their processes gone. Gives
 * what kept one of them from being removed, or all from being listed: there they are in nobody's way.
 */
export async function sweepEphemeral(store: Store): Promise<Failure | undefined> {
  let ids: readonly SessionId[]
  try {
    ids = disk.listNames(storeFiles.ephemeral(store.dir)).filter(isSessionId)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  if (ids.length === 0) return undefined
  const access = accessOf(store)
  let failure: Failure | undefined
  for (const id of ids) {
    try {
      await removeDead(store, access, id)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      failure = error
    }
  }
  return failure
}

async function removeDead(store: Store, access: SessionAccess, id: SessionId): Promise<void> {
  const withdrawn = await withdrawDead(store, access, id)
  if (withdrawn !== undefined) disk.removeTree(withdrawn)
}

async function withdrawDead(
  store: Store,
  access: SessionAccess,
  id: SessionId,
): Promise<string | undefined> {
  const dir = sessionDir(store.dir, id, 'ephemeral')
  const lock = tryLockThere(files.sessionLock(dir))
  if (lock === undefined) return undefined
  try {
    await using held = await keepHeld(new Session(id, dir, access), lock)
    const { state } = readSnapshot(id, dir)
    const isDead = state === undefined || turnVitals(id, state).verdict === 'dead'
    const isOver = isDead || held.session.isTakenOver
    return isOver && findHeldTool(dir) === undefined
      ? withdrawSession(store, held.session)
      : undefined
  } catch (error) {
    // Another machine may be at it.
    if (isFailure(error, 'LEASE_HELD')) return undefined
    throw error
  }
}

/** Undefined also when its directory went away meanwhile. */
function tryLockThere(path: string): Lock | undefined {
  try {
    // A copy of the root may have come without its locks.
    disk.makeDir(disk.parentOf(path))
    return tryLock(path, undefined)
  } catch (error) {
    if (disk.isMissing(error)) return undefined
    throw error
  }
}
