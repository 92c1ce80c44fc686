/**
 * Names that could be taken for the start of an id. As long as no session of a store was ever given one,
 * a REF of that form needs no look into each state for its name.
 */

import { store as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { Store } from './store.ts'

/** Has the store know of a name before a session has it, if it is of that form. */
export function noteName(store: Store, name: unknown): void {
  if (typeof name !== 'string' || !isLikeStart(name)) return
  const path = files.namesLikeIds(store.dir)
  // Whose it is is no matter, as after a `sudo stint`.
  if (disk.findFacts(path) === undefined) disk.touch(path)
  // Whoever died before this left a name that a power cut would take back.
  disk.syncDir(store.dir)
}

/** Whether some session may be called so that this store knows of. */
export function mayBeName(store: Store, ref: string): boolean {
  return !isLikeStart(ref) || disk.findFacts(files.namesLikeIds(store.dir)) !== undefined
}

/** All ids of the years 2004 to 2039 begin so; no letter that is read as another is in the first two. */
function isLikeStart(text: string): boolean {
  return /^01[0-9A-TV-Z]{2,23}$/i.test(text)
}
