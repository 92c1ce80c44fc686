/**
 * Which sessions may have a name, so that finding one does not read every state.
 *
 * A marker is on the disk before its session is named, and nothing depends on its being right: a
 * session's name is what its journal says.
 */

import { isSessionId, type SessionId } from '../base/id.ts'
import { store as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { Store } from './store.ts'

/** Marks that the session may have this name from now on. */
export function markName(store: Store, id: SessionId, name: string): void {
  const dir = files.names(store.dir)
  const marker = `${dir}/${name.toLowerCase()}.${id}`
  if (disk.findFacts(marker) !== undefined) return
  disk.makeDirs(dir)
  disk.writeNewFile(marker, Buffer.alloc(0))
  disk.syncDir(dir)
}

/** The sessions that have, or once had, this name in any case. */
export function listMarked(store: Store, name: string): SessionId[] {
  return disk
    .listNames(files.names(store.dir))
    .filter((marker) => marker.slice(0, -27) === name.toLowerCase())
    .map((marker) => marker.slice(-26))
    .filter(isSessionId)
}

/** Removes the markers of a session that is gone for good. */
export function unmarkNames(store: Store, id: SessionId): void {
  const dir = files.names(store.dir)
  for (const marker of disk.listNames(dir)) {
    if (marker.endsWith(`.${id}`)) disk.removeFile(`${dir}/${marker}`)
  }
}
