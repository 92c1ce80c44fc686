/** A store as such: its directories, its own files, and what stands beside its sessions. */

import { isSessionId, type SessionId } from '../../base/id.ts'
import { shellWord } from '../../base/text.ts'
import { Failure } from '../../errors.ts'
import {
  store as files,
  projectsDir,
  quarantineName,
  sessionDir,
  session as sessionFiles,
} from '../../layout.ts'
import * as disk from '../../os/disk.ts'
import { isInUse, probeLock } from '../../os/lock-file.ts'
import { listUnreplaced } from '../../retention/leftovers.ts'
import { findHeldTool, turnVitals } from '../../session/liveness.ts'
import { readSnapshot } from '../../session/snapshot.ts'
import { findProjectFacts, type ProjectFacts } from '../../store/project.ts'
import { isUnderRoot, type Store } from '../../store/store.ts'
import { listGone } from '../../store/trash.ts'
import type { Sighting } from '../check.ts'
import { findPlace, judgePlace } from './ground.ts'

/** Looks at a store. */
export function* checkStore(store: Store, now: number): Generator<Sighting> {
  const { dir } = store
  const user = process.getuid?.() ?? 0
  const above = isUnderRoot(store) ? [projectsDir(store.root)] : []
  for (const path of [...above, dir, ...listDirs(dir)]) {
    yield* judgePlace(findPlace(path), user)
  }
  yield* checkProject(store)
  for (const file of listUnreplaced(store)) {
    yield { id: 'store.leftover', evidence: 'part of a file that was to be replaced', file }
  }
  yield* checkNames(store, now)
  const last = disk.findText(files.last(dir))?.trim()
  // One that names a session which was deleted is what a deletion leaves.
  if (last !== undefined && !isSessionId(last)) {
    yield { id: 'store.last', evidence: 'it holds no id', file: files.last(dir) }
  }
  const staged = disk.listNames(files.staging(dir))
  if (staged.length > 0 && !isInUse(files.stagingLock(dir))) {
    yield { id: 'staging.leftover', ...counted(staged.length, 'session'), file: files.staging(dir) }
  }
  const dead = listDeadEphemeral(store)
  if (dead.length > 0) {
    yield {
      id: 'ephemeral.leftover',
      ...counted(dead.length, 'session'),
      file: files.ephemeral(dir),
    }
  }
  const gone = listGone(store)
  if (gone.length > 0 && probeLock(files.maintenanceLock(dir)) === 'free') {
    yield { id: 'trash.leftover', ...counted(gone.length, 'session'), file: files.trash(dir) }
  }
}

function listDirs(dir: string): string[] {
  return [
    files.sessions(dir),
    files.staging(dir),
    files.ephemeral(dir),
    files.trash(dir),
    files.locks(dir),
  ]
}

function* checkProject(store: Store): Generator<Sighting> {
  const file = files.project(store.dir)
  let facts: ProjectFacts | undefined
  try {
    facts = findProjectFacts(store.dir)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    yield { id: 'store.project', evidence: error.message, file }
  }
  if (facts === undefined) return
  if (facts.format > 1) {
    yield { id: 'store.newer', evidence: `it has format ${facts.format}`, file }
  }
  const { name, remote } = disk.fileSystemOf(store.dir)
  if (remote && !facts.shared) {
    const evidence = `it is on ${name}; if other machines write it too, set shared = true while nothing runs`
    yield { id: 'disk.unshared', evidence, file }
  }
}

/** What stands in sessions/ and is no session. */
function* checkNames(store: Store, now: number): Generator<Sighting> {
  const dir = files.sessions(store.dir)
  for (const item of disk.listDir(dir)) {
    const file = `${dir}/${item.name}`
    if (isSessionId(item.name)) continue
    const id = item.name.toUpperCase()
    if (item.isDirectory() && isSessionId(id)) {
      const fix = isThere(store, id)
        ? {}
        : { fix: `mv ${shellWord(file)} ${shellWord(sessionDir(store.dir, id))}` }
      yield { id: 'store.case', evidence: 'an id is written in upper case', file, ...fix }
    } else {
      const evidence = 'it is no session and no command sees it'
      yield { id: 'store.name', evidence, file, fix: moveAside(store, file, now) }
    }
  }
}

/**
 * The command that takes something out of the way and loses nothing of it: to the quarantine, of the
 * session `id` where others have files of that name too.
 */
export function moveAside(
  store: Store,
  path: string,
  now: number,
  id: SessionId | null = null,
): string {
  const dir = files.quarantine(store.dir, id)
  const to = `${dir}/${quarantineName(disk.baseOf(path), now)}`
  return `mkdir -p ${shellWord(dir)} && mv ${shellWord(path)} ${shellWord(to)}`
}

function isThere(store: Store, id: SessionId): boolean {
  return disk.findFacts(sessionDir(store.dir, id)) !== undefined
}

function listDeadEphemeral(store: Store): SessionId[] {
  return disk
    .listNames(files.ephemeral(store.dir))
    .filter(isSessionId)
    .filter((id) => {
      const dir = sessionDir(store.dir, id, 'ephemeral')
      if (probeLock(sessionFiles.sessionLock(dir)) === 'held') return false
      const { state } = readSnapshot(id, dir)
      if (state !== undefined && turnVitals(id, state).verdict !== 'dead') return false
      return findHeldTool(dir) === undefined
    })
}

function counted(count: number, noun: string): { readonly evidence: string } {
  return { evidence: `${count} ${noun}${count === 1 ? '' : 's'}` }
}
