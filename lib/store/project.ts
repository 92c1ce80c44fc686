/** project.toml: which project a store is of, and how it is shared. */

import { DecodeError, decodeBoolean, decodeText } from '../base/decode.ts'
import { formatTimestamp } from '../base/time.ts'
import { formatToml, parseToml, TomlError } from '../base/toml.ts'
import { Failure } from '../errors.ts'
import { store as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { placeText, replaceText } from '../os/replace.ts'
import type { Store } from './store.ts'

export interface ProjectFacts {
  readonly format: number
  readonly projectPath: string
  /** On a file system that other machines write too: sessions are leased. */
  readonly shared: boolean
  /** Without flock: the lease alone decides. */
  readonly leaseOnly: boolean
}

/** What project.toml says, or undefined when there is none. Throws STATE_INVALID. */
export function findProjectFacts(dir: string): ProjectFacts | undefined {
  const file = files.project(dir)
  const text = disk.findText(file)
  if (text === undefined) return undefined
  try {
    const table = parseToml(text)
    return {
      format: typeof table.format === 'number' ? table.format : 1,
      projectPath: decodeText(table, 'project_path') ?? '',
      shared: decodeBoolean(table, 'shared') ?? false,
      leaseOnly: decodeBoolean(table, 'lease_only') ?? false,
    }
  } catch (error) {
    if (!(error instanceof TomlError || error instanceof DecodeError)) throw error
    throw new Failure('STATE_INVALID', { file, problem: error.message }, { cause: error })
  }
}

/**
 * Makes the store's directories and its project.toml where they are missing; `shared` marks one that is
 * made as written by other machines too, whatever its file system. Of several at once the first makes
 * it. Throws STORE_NOT_SHARED for one that is there without that, and FORMAT_NEWER.
 */
export function ensureStore(
  store: Store,
  options: { readonly shared?: boolean } = {},
): ProjectFacts {
  const there = findProjectFacts(store.dir)
  if (there !== undefined && there.format > 1) {
    throw new Failure('FORMAT_NEWER', {
      file: files.project(store.dir),
      format: there.format,
      supported: 1,
    })
  }
  if (options.shared && there?.shared === false) {
    throw new Failure('STORE_NOT_SHARED', { store: store.dir, file: files.project(store.dir) })
  }
  for (const dir of [
    store.dir,
    files.sessions(store.dir),
    files.staging(store.dir),
    files.locks(store.dir),
  ]) {
    disk.makeDirs(dir)
  }
  if (there !== undefined) return there
  // What deletes and purges needs these: on a disk that is full they could not be made any more.
  disk.makeDirs(files.trash(store.dir))
  disk.touch(files.maintenanceLock(store.dir))
  // They are there, but who made them may have died before their names were on the disk.
  for (const dir of [store.dir, disk.parentOf(store.dir), store.root]) disk.syncDir(dir)
  const shared = options.shared || disk.fileSystemOf(store.dir).remote
  const text = formatProject(store, { shared, leaseOnly: false })
  const isFirst = placeText(files.project(store.dir), text)
  return isFirst
    ? { format: 1, projectPath: store.projectPath, shared, leaseOnly: false }
    : ensureStore(store, options)
}

/** Writes project.toml, in place of what is there. */
export function writeProject(store: Store, facts: Sharing): void {
  replaceText(files.project(store.dir), formatProject(store, facts))
}

type Sharing = Pick<ProjectFacts, 'shared' | 'leaseOnly'>

function formatProject(store: Store, { shared, leaseOnly }: Sharing): string {
  return formatToml({
    format: 1,
    project_path: store.projectPath,
    created_at: new Date(formatTimestamp(store.now())),
    shared,
    lease_only: leaseOnly,
  })
}
