/** A journal whose sync failed, put on the disk as a new file. */

import type { SessionId } from '../base/id.ts'
import { Copy } from '../journal/copy.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { dropTemporary } from '../os/replace.ts'
import { damaged, foldTail } from './catch-up.ts'
import type { State } from './state.ts'

/**
 * Puts a new file of the same entries in the journal's place, on the disk. What the system could not
 * write of the old one it holds for written, and what is written over that may not come there either.
 *
 * `fd` is the journal, open, `state` what it folds to, and `known` what a part of it does; the caller
 * holds journal.lock. Throws with the old file in place, unless only the directory could not be synced.
 */
export function renewJournal(
  id: SessionId,
  dir: string,
  fd: number,
  state: State,
  known: State | undefined,
): void {
  const path = files.transcript(dir)
  const copy = new Copy(fd, path, `${path}.${process.pid}`)
  // A disk in trouble may have kept the last one from being removed.
  dropTemporary(copy.to)
  try {
    copy.finish(state.journal.bytes)
    compare(id, copy.to, state, known)
    disk.rename(copy.to, path)
    disk.syncDir(dir)
    disk.removeFile(files.unsynced(dir))
  } catch (error) {
    dropTemporary(copy.to)
    throw error
  } finally {
    copy.close()
  }
}

/** Memory may have given up meanwhile what the disk never got. */
function compare(id: SessionId, path: string, { journal }: State, known: State | undefined): void {
  const from = known?.journal.fold === journal.fold ? known : undefined
  const fd = disk.openRead(path)
  try {
    const { state, offset } = foldTail(id, fd, path, from, journal.bytes)
    if (state?.journal.seq !== journal.seq) throw damaged(id, offset)
  } finally {
    disk.closeFile(fd)
  }
}
