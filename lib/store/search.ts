/** The sessions that a REF fits which is no whole id of a session here. */

import { idTime, isSessionId, normaliseId, type SessionId } from '../base/id.ts'
import { type Candidate, Failure, isFailure, quietly } from '../errors.ts'
import { store as files, sessionDir, storeProjectName } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { outerName } from '../session/carriers.ts'
import { observe } from '../session/liveness.ts'
import { findSnapshot, readSnapshot, type Snapshot } from '../session/snapshot.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { listIds } from './list.ts'
import { mayBeName } from './names.ts'
import { isSession, type TypedPlace } from './place.ts'
import type { Resolved } from './ref.ts'
import { listStores, type Store, siblingStore } from './store.ts'

/** The turn that this process runs in, as its environment says and the store confirms. */
export interface Caller {
  readonly store: Store
  readonly id: SessionId
  readonly state: State
}

const shownCandidates = 10

/** Resolves a REF by a look at every session, as resolveRef says. */
export function searchRef(
  store: Store,
  ref: string,
  { place, allProjects }: { readonly place: TypedPlace; readonly allProjects: boolean },
): Resolved {
  if (ref.startsWith('@')) {
    if (place === 'sessions') return resolveMark(store, ref.toLowerCase())
    throw new Failure('REF_MALFORMED', { ref, problem: 'marks do not reach into the trash' })
  }
  const id = normaliseId(ref)
  const find = (other: Store, where: TypedPlace) => {
    if (!isSessionId(id)) return findMatches(other, ref, where)
    return isSession(other, id, where) ? [{ store: other, id }] : []
  }
  const here = find(store, place)
  if (here.length > 1) throw ambiguous(ref, here, place)
  if (here[0] !== undefined) return here[0]

  const elsewhere = listStores(store)
    .filter((other) => other.dir !== store.dir)
    .flatMap((other) => find(other, place))
  const [found, second] = elsewhere
  if (found === undefined) {
    if (place === 'trash') throw unknown(store, ref, { trash: true })
    const trashed = find(store, 'trash').map(({ id }) => id)
    throw unknown(store, ref, {
      ...(allProjects && { all_projects: true }),
      ...(trashed.length > 0 && { trashed }),
    })
  }
  if (allProjects) {
    if (second !== undefined) throw ambiguous(ref, elsewhere, place)
    return found
  }
  const { projectPath } = found.store
  const moved = findMovedFrom(store) === projectPath
  throw new Failure('SESSION_ELSEWHERE', {
    ref,
    project_path: projectPath,
    id: found.id,
    ...(moved ? { moved_from: projectPath } : {}),
    ...(isGone(projectPath) ? { gone: true } : {}),
  })
}

/** What cannot be looked at may well be there. */
function isGone(dir: string): boolean {
  return quietly(() => disk.findFacts(dir) === undefined) === true
}

/** The open turn that this environment names, or undefined, when there is none or it has ended. */
export function findCaller(store: Store): Caller | undefined {
  const { STINT_SESSION_ID: id, STINT_TURN: turn, STINT_STORE: dir } = store.env
  if (id === undefined || !isSessionId(id) || !turn) return undefined
  const home = dir === undefined || dir === store.dir ? store : siblingStore(store, dir)
  for (const place of ['sessions', 'ephemeral'] as const) {
    const { state } = readSnapshot(id, sessionDir(home.dir, id, place))
    if (state !== undefined && hasOpenTurn(state) && String(state.turn?.number) === turn) {
      return { store: home, id, state }
    }
  }
  return undefined
}

/** Whether this environment is that of the session's open turn, or of one inside of it. */
export function isInside(store: Store, id: SessionId): boolean {
  const outer = (store.env[outerName] ?? '').split(' ').map((word) => word.split(':')[0])
  const caller = findCaller(store)
  return caller !== undefined && (caller.id === id || outer.includes(id))
}

/** The sessions of one store that a REF fits by any rule, newest first. */
function findMatches(store: Store, ref: string, place: TypedPlace): Resolved[] {
  const part = normaliseId(ref)
  const isPart = part.length >= 4 && part.length < 26 && /^[0-9A-HJKMNP-TV-Z]+$/.test(part)
  const isPartOf = (id: SessionId) => isPart && (id.startsWith(part) || id.endsWith(part))
  const ids = listIds(store, place).reverse()
  const parts = ids.filter(isPartOf)
  if (parts.length > 0 && !mayBeName(store, ref)) return parts.map((id) => ({ store, id }))
  const name = ref.toLowerCase()
  return ids
    .filter((id) => isPartOf(id) || hasName(sessionDir(store.dir, id, place), id, name))
    .map((id) => ({ store, id }))
}

/**
 * Whether a session has a name, in small letters. A name that two sessions have, or that is the start
 * of another's id, is never guessed about, so every session is looked at.
 */
function hasName(dir: string, id: SessionId, name: string): boolean {
  const isIt = (its: string | undefined) => its?.toLowerCase() === name
  return isIt(findSnapshot(id, dir, (glance) => isIt(glance.name))?.state?.name)
}

function resolveMark(store: Store, mark: string): Resolved {
  const caller = findCaller(store)
  if (mark === '@last') return findLast(store, caller)
  if (!['@self', '@parent', '@root'].includes(mark)) {
    throw new Failure('REF_MALFORMED', { ref: mark, problem: 'there is no such mark' })
  }
  if (caller === undefined) throw new Failure('REF_NEEDS_TURN', { ref: mark })
  if (mark === '@self') return { store: caller.store, id: caller.id }
  const parent = caller.state.genealogy.parent_session_id
  if (mark === '@parent') {
    const isThere = parent !== undefined && isSessionId(parent) && isSession(caller.store, parent)
    if (!isThere) throw unknown(caller.store, mark, { inside: caller.id })
    return { store: caller.store, id: parent }
  }
  return { store: caller.store, id: findRoot(caller) }
}

function findRoot(caller: Caller): SessionId {
  let id = caller.id
  const seen = new Set<string>()
  for (let state: State | undefined = caller.state; state !== undefined; ) {
    seen.add(id)
    const parent: string | undefined = state.genealogy.parent_session_id
    if (parent === undefined || !isSessionId(parent) || seen.has(parent)) return id
    const above: State | undefined = readSnapshot(
      parent,
      sessionDir(caller.store.dir, parent),
    ).state
    if (above === undefined) return id
    id = parent
    state = above
  }
  return id
}

/** The session whose turn started last: among the caller's children, or among the roots. */
function findLast(store: Store, caller: Caller | undefined): Resolved {
  const inside = caller !== undefined && caller.store.dir === store.dir
  if (!inside) {
    const hint = readHint(store)
    if (isSessionId(hint) && disk.findFacts(sessionDir(store.dir, hint)) !== undefined) {
      const { state } = readSnapshot(hint, sessionDir(store.dir, hint))
      if (state !== undefined && state.genealogy.parent_session_id === undefined) {
        return { store, id: hint }
      }
    }
  }
  const parent = inside ? caller.id : null
  let last: { id: SessionId; at: string } | undefined
  for (const id of listIds(store).reverse()) {
    const { state } = readSnapshot(id, sessionDir(store.dir, id))
    const at = state?.turn?.started_at
    if (at === undefined || (state?.genealogy.parent_session_id ?? null) !== parent) continue
    if (last === undefined || at > last.at) last = { id, at }
  }
  if (last === undefined) throw unknown(store, '@last', inside ? { inside: caller.id } : {})
  return { store, id: last.id }
}

/** What `last` says; only a hint, so one that cannot be read, as after a `sudo stint`, is none. */
function readHint(store: Store): string {
  try {
    return disk.findText(files.last(store.dir))?.trim() ?? ''
  } catch (error) {
    if (!isFailure(error, 'ACCESS_DENIED')) throw error
    return ''
  }
}

function ambiguous(ref: string, found: readonly Resolved[], place: TypedPlace): Failure {
  const candidates = found
    .slice(0, shownCandidates)
    .map(({ store, id }) => toCandidate(store, id, place))
  return new Failure('REF_AMBIGUOUS', { ref, candidates, total: found.length })
}

function toCandidate(store: Store, id: SessionId, place: TypedPlace): Candidate {
  const now = store.now()
  const snapshot: Snapshot = readSnapshot(id, sessionDir(store.dir, id, place))
  const { state } = snapshot
  return {
    id,
    status: observe(snapshot, { now, scrutiny: 'turn' }).liveness.status,
    age_ms: Math.max(0, now - idTime(id)),
    ...(state?.name === undefined ? {} : { name: state.name }),
    ...(state?.description === undefined ? {} : { description: state.description }),
  }
}

function unknown(
  store: Store,
  ref: string,
  more: Partial<Failure<'SESSION_UNKNOWN'>['data']>,
): Failure {
  const moved = findMovedFrom(store)
  return new Failure('SESSION_UNKNOWN', {
    ref,
    store: store.dir,
    ...(moved === undefined ? {} : { moved_from: moved }),
    ...more,
  })
}

/**
 * Of a store that is not there the old path of a project of the same name that is gone: the project may
 * have moved here.
 */
export function findMovedFrom(store: Store): string | undefined {
  if (disk.findFacts(store.dir) !== undefined) return undefined
  const name = storeProjectName(disk.baseOf(store.dir))
  return listStores(store).find(
    (other) => storeProjectName(disk.baseOf(other.dir)) === name && isGone(other.projectPath),
  )?.projectPath
}
