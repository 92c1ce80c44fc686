/** What a store takes on the disk. */

import type { SessionId } from '../base/id.ts'
import { quietly } from '../errors.ts'
import { store as files, sessionDir } from '../layout.ts'
import { listNames, sizeOf } from '../os/disk.ts'
import { hasLeft } from '../session/gone.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { listIds } from '../store/list.ts'
import { placeOf } from '../store/place.ts'
import { readSize, type Size } from '../store/size.ts'
import type { Store } from '../store/store.ts'

export interface SizeRow extends Size {
  readonly id: SessionId
  readonly name: string | null
  readonly description: string | null
  readonly last_accessed: string | null
}

export interface DiskUsage {
  readonly store: string
  readonly project_path: string
  /** The largest first. */
  readonly sessions: readonly SizeRow[]
  readonly trash_bytes: number
  /** What repairs replaced, which only a person removes. */
  readonly quarantine_bytes: number
  /** Everything beneath the store's directory. */
  readonly bytes: number
}

/** Looks at the sizes of all sessions of a store, or of some. */
export function readDiskUsage(
  store: Store,
  options: { readonly ids?: readonly SessionId[]; readonly onRead?: (count: number) => void } = {},
): DiskUsage {
  const sessions: SizeRow[] = []
  for (const id of options.ids ?? listIds(store)) {
    // One that lives for one turn is asked about by its id.
    const dir = sessionDir(
      store.dir,
      id,
      options.ids === undefined ? 'sessions' : placeOf(store, id),
    )
    const snapshot = readSnapshot(id, dir)
    if (hasLeft(snapshot)) {
      if (options.ids === undefined) continue
      throw snapshot.failure
    }
    const { state } = snapshot
    sessions.push({
      id,
      name: state?.name ?? null,
      description: state?.description ?? null,
      last_accessed: state?.last_accessed ?? null,
      ...readSize(dir),
    })
    options.onRead?.(sessions.length)
  }
  sessions.sort((a, b) => b.bytes - a.bytes)
  return {
    store: store.dir,
    project_path: store.projectPath,
    sessions,
    trash_bytes: contentOf(files.trash(store.dir)),
    quarantine_bytes: contentOf(files.quarantine(store.dir, null)),
    bytes: sizeOf(store.dir),
  }
}

/** What all in a directory takes; an empty one takes room itself. */
function contentOf(dir: string): number {
  const names = quietly(() => listNames(dir)) ?? []
  return names.reduce((sum, name) => sum + sizeOf(`${dir}/${name}`), 0)
}
