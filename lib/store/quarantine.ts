/** The quarantine: what a repair replaced, under other names, until a person removes it. */

import type { SessionId } from '../base/id.ts'
import { store as files, quarantineName } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { Store } from './store.ts'

/**
 * Gives a file of a session, or of the store itself, a second name in the quarantine, on the disk when
 * this returns, and gives that. A file that an interrupted repair has put there keeps its name.
 */
export function quarantine(store: Store, id: SessionId | null, path: string): string {
  const dir = files.quarantine(store.dir, id)
  disk.makeDirs(dir)
  const facts = disk.findFacts(path)
  const name = disk.baseOf(path)
  for (const known of disk.listNames(dir)) {
    const to = `${dir}/${known}`
    if (known.endsWith(`-${name}`) && disk.isSameFile(disk.findFacts(to), facts)) return to
  }
  for (let at = store.now(); ; at++) {
    const to = `${dir}/${quarantineName(name, at)}`
    if (!disk.linkFile(path, to)) continue
    disk.syncDir(dir)
    return to
  }
}
