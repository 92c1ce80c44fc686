/** What crashes left in a store beside its sessions. */

import { sweepUnfinished } from '../archive/target.ts'
import { isSessionId, type SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import {
  archive,
  store as files,
  isLeftover,
  sessionDir,
  session as sessionFiles,
} from '../layout.ts'
import * as disk from '../os/disk.ts'
import { observe } from '../session/liveness.ts'
import { Session } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn } from '../session/state.ts'
import { accessOf } from '../store/access.ts'
import { sweepStaging } from '../store/create.ts'
import { sweepEphemeral } from '../store/ephemeral.ts'
import { listIds } from '../store/list.ts'
import { findProjectFacts } from '../store/project.ts'
import type { Store } from '../store/store.ts'
import { listGone, removeBuried } from '../store/trash.ts'
import { youngAge } from './policy.ts'

/** The paths of what nobody is at any more. Reads only. */
export function findLeftovers(store: Store): string[] {
  const under = (dir: string) => disk.listNames(dir).map((name) => `${dir}/${name}`)
  return [
    ...listUnreplaced(store),
    ...under(files.staging(store.dir)).filter((path) => isOld(store, path)),
    ...disk
      .listNames(files.ephemeral(store.dir))
      .filter(isSessionId)
      .filter((id) => isOver(store, id))
      .map((id) => sessionDir(store.dir, id, 'ephemeral'))
      .filter((path) => isOld(store, path)),
    ...listGone(store).map((id) => files.gone(store.dir, id)),
    ...listLeased(store)
      .map((id) => sessionFiles.lease(sessionDir(store.dir, id)))
      .filter((path) => isOld(store, path)),
  ]
}

/** Removes them, each by whoever sweeps it otherwise; gives how many are gone, and what cannot be purged. */
export async function sweepLeftovers(
  store: Store,
  found: readonly string[],
): Promise<{ readonly swept: number; readonly buried: ReturnType<typeof removeBuried> }> {
  if (found.length === 0) return { swept: 0, buried: [] }
  for (const path of listUnreplaced(store)) disk.removeFile(path)
  sweepStaging(store)
  await sweepEphemeral(store)
  const buried = removeBuried(store)
  for (const id of listLeased(store)) await dropLease(store, id)
  return { swept: found.filter((path) => disk.findFacts(path) === undefined).length, buried }
}

/** Temporary files of what is replaced without a lock: that takes an instant, so an old one is nobody's. */
export function listUnreplaced(store: Store): string[] {
  return disk
    .listDir(store.dir)
    .filter((item) => item.isFile())
    .filter(({ name }) => isLeftover(name, 'last') || isLeftover(name, 'project.toml'))
    .map(({ name }) => `${store.dir}/${name}`)
    .filter((path) => isOld(store, path))
}

/** Archives in a directory that nobody writes any more; gives how many were removed. */
export function sweepArchives(store: Store, dir: string): number {
  return sweepUnfinished(dir, (name, path) => archive.isFile(name) && isOld(store, path))
}

function isOld(store: Store, path: string): boolean {
  const facts = disk.findFacts(path)
  return facts !== undefined && store.now() - facts.modifiedAt >= youngAge
}

function isOver(store: Store, id: SessionId): boolean {
  const snapshot = readSnapshot(id, sessionDir(store.dir, id, 'ephemeral'))
  const { liveness } = observe(snapshot, { now: store.now(), scrutiny: 'all' })
  return liveness.status === 'crashed' || liveness.status === 'idle'
}

/**
 * The sessions at rest that some machine has, or had, a lease of. That of an open turn tells whoever
 * looks after the turn that its machine went away.
 */
function listLeased(store: Store): SessionId[] {
  if (findProjectFacts(store.dir)?.shared !== true) return []
  return listIds(store).filter((id) => {
    const dir = sessionDir(store.dir, id)
    if (disk.findFacts(sessionFiles.lease(dir)) === undefined) return false
    const { state } = readSnapshot(id, dir)
    return state !== undefined && !hasOpenTurn(state)
  })
}

/** Whoever takes a lease takes over one that nobody renews; one that somebody renews stays. */
async function dropLease(store: Store, id: SessionId): Promise<void> {
  using session = new Session(id, sessionDir(store.dir, id), accessOf(store))
  try {
    await session.keepLease()
    await session.releaseLease()
  } catch (error) {
    if (!(error instanceof Failure && [3, 5].includes(error.status))) throw error
  }
}
