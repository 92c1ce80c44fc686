/** gc.log.jsonl: what retention took out of sight, in one line each. Only ever appended to. */

import type { SessionId } from '../base/id.ts'
import { formatTimestamp } from '../base/time.ts'
import { isFailure } from '../errors.ts'
import { store as files, root as rootFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { Store } from '../store/store.ts'

/** A line of the log. */
export interface Removal {
  readonly id: SessionId
  /** `kept` takes back what the line before says of this session. */
  readonly act: 'trash' | 'purge' | 'kept'
  readonly why: string
}

/**
 * Appends lines before what they say is done, so that a crash leaves a line too many and never one
 * too few. The caller holds the maintenance lock. On a full disk it gives false: making room there is
 * what is asked for.
 */
export function logRemovals(store: Store, removals: readonly Removal[]): boolean {
  return appendLines(store, files.removals(store.dir), removals)
}

/** The same for a store that goes itself: its log is kept under the root. */
export function logRemovedStore(store: Store): void {
  const path = rootFiles.removals(store.root)
  const log = disk.findText(files.removals(store.dir), 'refused', disk.largestList) ?? ''
  const name = disk.baseOf(store.dir)
  const removed = { store: name, act: 'store', why: `nothing is left of ${store.projectPath}` }
  appendText(path, log)
  appendLines(store, path, [removed])
}

function appendLines(store: Store, path: string, rows: readonly object[]): boolean {
  const ts = formatTimestamp(store.now())
  return appendText(path, rows.map((row) => `${JSON.stringify({ v: 1, ts, ...row })}\n`).join(''))
}

function appendText(path: string, text: string): boolean {
  let fd: number | undefined
  try {
    fd = disk.findAppend(path) ?? disk.createFile(path)
    const { size } = disk.readFacts(fd, path)
    // Before the first line: with its name a power cut would take all of them back.
    if (size === 0) disk.syncDir(disk.parentOf(path))
    // A line that a crash cut short is ended, not lost.
    const isTorn = size > 0 && disk.readBytes(fd, path, size - 1, 1)[0] !== 10
    disk.writeAll(fd, path, Buffer.from((isTorn ? '\n' : '') + text))
    disk.syncFile(fd, path)
    return true
  } catch (error) {
    if (isFailure(error, 'DISK_FULL')) return false
    throw error
  } finally {
    if (fd !== undefined) disk.closeFile(fd)
  }
}
