/** The sessions of a project that was moved, brought to where its store is looked for now. */

import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import type { EntryData } from '../journal/entry.ts'
import * as disk from '../os/disk.ts'
import type { State } from '../session/state.ts'
import { settle } from '../session/turn.ts'
import { cwdFacts } from '../store/access.ts'
import { holdSession } from '../store/hold.ts'
import { listIds } from '../store/list.ts'
import { holdMaintenance } from '../store/maintenance.ts'
import { moveToStore } from '../store/move.ts'
import { ensureStore } from '../store/project.ts'
import { listStores, type Store } from '../store/store.ts'
import { removeEmptyStore } from './orphan.ts'

export interface Relocation {
  readonly from: string
  readonly to: string
  readonly moved: readonly SessionId[]
  /** What stays where it was, and why: it lives, is damaged, or both stores have it. */
  readonly left: readonly {
    readonly id: SessionId
    readonly place: 'sessions' | 'trash'
    readonly failure: Failure
  }[]
}

/** The stores of the project at a path, and of those beneath it: they moved along. */
export function listStoresUnder(store: Store, path: string): Store[] {
  return listStores(store).filter(
    ({ projectPath }) => projectPath === path || projectPath.startsWith(`${path}/`),
  )
}

/**
 * Moves the sessions of one project to the store of another path, each by one rename under its locks,
 * and then the old store away. After a crash the same call goes on.
 *
 * Throws PROJECT_UNKNOWN when there are none, or when nothing is at the new path, and STORE_BUSY.
 */
export async function moveProject(
  from: Store,
  to: Store,
  options: {
    readonly signal?: AbortSignal
    /** Called after each, with what became of all by then. */
    readonly onMoved?: (done: Relocation) => void
  } = {},
): Promise<Relocation> {
  if (disk.findFacts(from.dir) === undefined || from.dir === to.dir) {
    throw new Failure('PROJECT_UNKNOWN', { path: from.projectPath, problem: 'has no sessions' })
  }
  if (disk.findFacts(to.projectPath)?.kind !== 'directory') {
    throw new Failure('PROJECT_UNKNOWN', { path: to.projectPath, problem: 'is no directory' })
  }
  ensureStore(to)
  await using _there = await holdMaintenance(to)
  await using here = await holdMaintenance(from)
  const moved: SessionId[] = []
  const left: Relocation['left'][number][] = []
  const done = { from: from.projectPath, to: to.projectPath, moved, left }
  for (const place of ['sessions', 'trash'] as const) {
    for (const id of listIds(from, place)) {
      if (options.signal?.aborted) break
      here.check()
      try {
        await relocate({ from, to, id, place })
        moved.push(id)
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure
        left.push({ id, place, failure })
      }
      options.onMoved?.(done)
    }
  }
  removeEmptyStore(from)
  return done
}

async function relocate(where: {
  readonly from: Store
  readonly to: Store
  readonly id: SessionId
  readonly place: 'sessions' | 'trash'
}): Promise<void> {
  const { from, to, id, place } = where
  await using held = await holdSession(from, id, { place })
  const state = await settle(held.session, from.now())
  const set = placesAt(state, from, to)
  await moveToStore(from, held.session, { to, place, set })
}

/** What its state says of where it is, said anew. */
function placesAt({ project_path, git }: State, from: Store, to: Store): EntryData {
  const [before, after] = [from.projectPath, to.projectPath]
  const isInside = git.cwd === before || git.cwd?.startsWith(`${before}/`)
  const cwd = isInside ? after + git.cwd?.slice(before.length) : undefined
  return {
    ...(project_path === after ? {} : { project_path: after }),
    ...(cwd === undefined ? {} : cwdFacts(from, cwd)),
  }
}
