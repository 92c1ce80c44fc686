/** Sessions that live for one turn and leave nothing behind. */

import { isSessionId } from '../base/id.ts'
import { session as files, sessionDir, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { type Lock, tryLock } from '../os/lock-file.ts'
import { findHeldTool, turnVitals } from '../session/liveness.ts'
import { readSnapshot } from '../session/snapshot.ts'
import type { Store } from './store.ts'

/** Removes the ephemeral sessions that a crash left: their locks are free and their processes gone. */
export function sweepEphemeral(store: Store): void {
  for (const id of disk.listNames(storeFiles.ephemeral(store.dir)).filter(isSessionId)) {
    const dir = sessionDir(store.dir, id, 'ephemeral')
    const lock = tryLockThere(files.sessionLock(dir))
    if (lock === undefined) continue
    try {
      const { state } = readSnapshot(id, dir)
      const dead = state === undefined || turnVitals(id, state).verdict === 'dead'
      if (dead && findHeldTool(dir) === undefined) disk.removeTree(dir)
    } finally {
      lock.release()
    }
  }
}

/** Undefined also when its directory went away meanwhile. */
function tryLockThere(path: string): Lock | undefined {
  try {
    return tryLock(path, undefined)
  } catch (error) {
    if (disk.isMissing(error)) return undefined
    throw error
  }
}
