/** Which repository a session's checkpoints are in. */

import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import * as disk from '../os/disk.ts'
import { findRepository } from '../os/git.ts'
import type { GitPlace } from '../os/git-notes.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { dirOf } from '../store/hold.ts'
import type { Store } from '../store/store.ts'

/**
 * The repository around the directory that the session's newest turn ran in: of a worktree the one
 * whose HEAD it saw. Where that directory is gone or in none, the project's.
 *
 * Throws NO_REPOSITORY.
 */
export function findSessionRepository(store: Store, id: SessionId): GitPlace {
  const { state } = readSnapshot(id, dirOf(store, id))
  const cwd = state?.git.cwd
  // One of which something was redacted is nowhere.
  const ran = cwd === undefined ? undefined : findPlace(store, cwd)
  return ran ?? findProjectRepository(store, state?.project_path)
}

/** The project's own repository. Throws NO_REPOSITORY. */
export function findProjectRepository(store: Store, path: string = store.projectPath): GitPlace {
  const place = findPlace(store, path)
  if (place === undefined) throw new Failure('NO_REPOSITORY', { dir: path })
  return place
}

function findPlace(store: Store, dir: string): GitPlace | undefined {
  const real = disk.findRealPath(dir)
  // A variable that points git to some repository says nothing about where this one is.
  if (real === undefined || findRepository(real, {}) === undefined) return undefined
  return { dir: real, env: store.env }
}
