/** Stores whose project is no longer there. */

import { isFailure } from '../errors.ts'
import { store as files, projectsDir, root as rootFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { tryLock } from '../os/lock-file.ts'
import { holdMaintenance } from '../store/maintenance.ts'
import { findProjectFacts } from '../store/project.ts'
import type { Store } from '../store/store.ts'
import { logRemovedStore } from './log.ts'

/** Whether the store says of which project it is, and nothing is at that path. */
export function isOrphaned(store: Store): boolean {
  try {
    const path = findProjectFacts(store.dir)?.projectPath
    return path !== undefined && path !== '' && disk.findFacts(path) === undefined
  } catch (error) {
    // A file that cannot be read tells nothing, and a disk that does not answer is not gone.
    if (isFailure(error, 'STATE_INVALID') || disk.errnoOf(error) !== undefined) return false
    throw error
  }
}

/**
 * Removes the store of a project that is gone once there is nothing in it, not even in its trash; says
 * what else is there otherwise. Throws STORE_BUSY.
 */
export async function removeStore(store: Store): Promise<string | undefined> {
  if (!isOrphaned(store)) return 'its project is there'
  await using _maintenance = await holdMaintenance(store)
  return removeEmptyStore(store)
}

/** Removes the rest of stores whose removal was interrupted; what cannot be removed is in nobody's way. */
export function sweepGoneStores({ root }: Store): void {
  const projects = projectsDir(root)
  for (const name of disk.listNames(projects)) {
    if (rootFiles.isGoneStore(name)) disk.tryRemoveTree(`${projects}/${name}`)
  }
}

/** `removeStore` of a store whose maintenance lock the caller holds, wherever its project is. */
export function removeEmptyStore(store: Store): string | undefined {
  // While this is held nobody makes a session here.
  const staging = tryLock(files.stagingLock(store.dir), undefined)
  if (staging === undefined) return 'a session is being made in it'
  try {
    const left = findLeft(store)
    if (left !== undefined) return left
    logRemovedStore(store)
    const gone = rootFiles.goneStore(store.dir)
    disk.removeTree(gone)
    disk.rename(store.dir, gone)
    disk.syncDir(disk.parentOf(gone))
    disk.removeTree(gone)
    disk.syncDir(disk.parentOf(gone))
    return undefined
  } finally {
    staging.release()
  }
}

function findLeft({ dir }: Store): string | undefined {
  const places = [files.sessions(dir), files.trash(dir), files.ephemeral(dir), files.staging(dir)]
  const own = [
    ...places,
    files.project(dir),
    files.last(dir),
    files.namesLikeIds(dir),
    files.locks(dir),
    files.removals(dir),
  ]
  const full = places.find((path) => disk.listNames(path).length > 0)
  const other = disk.listNames(dir).find((name) => !own.includes(`${dir}/${name}`))
  if (full === undefined && other === undefined) return undefined
  return `something is in its ${full?.slice(dir.length + 1) ?? other}`
}
