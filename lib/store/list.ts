/** Listing sessions: what is shown is read, and nothing else. */

import { isSessionId, type SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { store as files, sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { hasLeft } from '../session/gone.ts'
import { type Observation, observe, restingStatus, type Status } from '../session/liveness.ts'
import type { Glance } from '../session/plain.ts'
import { findSnapshot, readSnapshot } from '../session/snapshot.ts'
import type { State } from '../session/state.ts'
import type { TypedPlace } from './place.ts'
import type { Store } from './store.ts'

/** One session as lists and programs see it. What is not known is null. */
export interface SessionRow {
  readonly id: SessionId
  readonly name: string | null
  readonly description: string | null
  readonly status: Status
  readonly phase: string | null
  readonly tool: string | null
  readonly tools: readonly string[]
  /** The newest turn's number; 0 before the first. */
  readonly turn: number
  readonly outcome: string | null
  readonly created_at: string | null
  readonly last_accessed: string | null
  readonly idle_for_ms: number | null
  readonly parent_session_id: string | null
  readonly fork_of_session_id: string | null
  readonly depth: number
  readonly branch: string | null
  readonly cwd: string | null
  readonly project_path: string | null
  readonly pinned: boolean
  readonly usage: Readonly<Record<string, number>> | null
  /** What it takes on the disk, in bytes; there when it was asked for. */
  readonly size_bytes?: number
}

export interface ListFilter {
  readonly tools?: readonly string[]
  readonly branch?: string
  readonly statuses?: readonly Status[]
  /** Accessed at this instant or later, in ms since 1970. */
  readonly since?: number
  /** Only those that have a parent, or only those that have none. */
  readonly hasParent?: boolean
  readonly limit?: number
  readonly sort?: 'created' | 'accessed' | 'size'
  /** Also look how much room each takes. */
  readonly withSize?: boolean
}

export interface Listing {
  readonly rows: readonly SessionRow[]
  /** For each row the length of the shortest start of its id that no other session here has. */
  readonly prefixes: ReadonlyMap<SessionId, number>
  readonly warnings: readonly Failure[]
}

/** The sessions that pass the filter, newest created first. */
export function listSessions(store: Store, filter: ListFilter = {}): Listing {
  const now = store.now()
  const { ids, others } = newestIds(store, readsAll(filter) ? undefined : filter.limit)
  const warnings: Failure[] = []
  let found: { row: SessionRow; dir: string; at: number }[] = []
  const limit = filter.limit ?? Number.POSITIVE_INFINITY
  const sortLater = filter.sort !== undefined && filter.sort !== 'created'
  const look = (id: SessionId, dir: string): Observation | undefined => {
    const snapshot = readsAll(filter)
      ? findSnapshot(id, dir, (glance) => mayPass(glance, filter))
      : readSnapshot(id, dir)
    const seen = snapshot && observe(snapshot, { now, scrutiny: 'turn' })
    return seen && hasLeft(seen.snapshot) ? undefined : seen
  }
  for (const [at, id] of ids.entries()) {
    if (found.length >= limit && !sortLater) break
    const dir = sessionDir(store.dir, id)
    const observation = others.has(id) ? linked(id, dir) : look(id, dir)
    if (observation === undefined) continue
    const row = toRow(observation, now)
    if (!passes(row, filter)) continue
    warnings.push(...observation.snapshot.warnings)
    found.push({ row, dir, at })
  }
  if (filter.sort === 'accessed') {
    found.sort((a, b) => compare(b.row.last_accessed ?? '', a.row.last_accessed ?? ''))
  } else if (filter.sort === 'size') {
    found = found.map(withSize).sort((a, b) => b.row.size_bytes - a.row.size_bytes)
  }
  found = found.slice(0, limit)
  if (filter.withSize && filter.sort !== 'size') found = found.map(withSize)
  const prefixes = new Map(found.map(({ row, at }) => [row.id, prefixLength(ids, at)]))
  return { rows: found.map(({ row }) => row), prefixes, warnings }
}

function withSize<F extends { readonly row: SessionRow; readonly dir: string }>(
  found: F,
): F & { readonly row: { readonly size_bytes: number } } {
  return { ...found, row: { ...found.row, size_bytes: disk.sizeOf(found.dir) } }
}

/**
 * The sessions whose id or name starts so, in small letters or capitals, newest first, at most `limit`:
 * those that somebody who types a REF may mean.
 */
export function listStarting(
  store: Store,
  start: string,
  options: { readonly place: TypedPlace; readonly limit: number },
): SessionRow[] {
  const { place, limit } = options
  const now = store.now()
  const idStart = start.toUpperCase()
  const nameStart = start.toLowerCase()
  const fits = (name: string | null = null) => name?.toLowerCase().startsWith(nameStart) === true
  const rows: SessionRow[] = []
  for (const id of listIds(store, place).reverse()) {
    if (rows.length === limit) break
    const dir = sessionDir(store.dir, id, place)
    const isIt = id.startsWith(idStart)
    const snapshot = isIt
      ? readSnapshot(id, dir)
      : findSnapshot(id, dir, (glance) => fits(glance.name))
    const seen = snapshot && observe(snapshot, { now, scrutiny: 'turn' })
    if (seen === undefined || hasLeft(seen.snapshot)) continue
    const row = toRow(seen, now)
    if (isIt || fits(row.name)) rows.push(row)
  }
  return rows
}

/** The ids of all sessions in the store, oldest first. */
export function listIds(store: Store, place: 'sessions' | 'trash' = 'sessions'): SessionId[] {
  return disk
    .listNames(place === 'trash' ? files.trash(store.dir) : files.sessions(store.dir))
    .filter(isSessionId)
}

/** One session's row from what was observed. */
export function toRow({ snapshot, liveness }: Observation, now: number): SessionRow {
  const state: Partial<State> = snapshot.state ?? {}
  const { turn, git, genealogy } = state
  return {
    id: snapshot.id,
    name: state.name ?? null,
    description: state.description ?? null,
    status: liveness.status,
    phase: state.phase ?? null,
    tool: turn?.tool ?? null,
    tools: Object.keys(state.tools ?? {}),
    turn: turn?.number ?? 0,
    outcome: turn?.outcome ?? null,
    created_at: state.created_at ?? null,
    last_accessed: state.last_accessed ?? null,
    idle_for_ms:
      state.last_accessed === undefined ? null : Math.max(0, now - Date.parse(state.last_accessed)),
    parent_session_id: genealogy?.parent_session_id ?? null,
    fork_of_session_id: genealogy?.fork_of_session_id ?? null,
    depth: genealogy?.depth ?? 0,
    branch: git?.branch ?? null,
    cwd: git?.cwd ?? null,
    project_path: state.project_path ?? null,
    pinned: state.pinned ?? false,
    usage: state.usage ?? null,
  }
}

function readsAll(filter: ListFilter): boolean {
  return (
    filter.tools !== undefined ||
    filter.branch !== undefined ||
    filter.statuses !== undefined ||
    filter.since !== undefined ||
    filter.hasParent !== undefined ||
    (filter.sort !== undefined && filter.sort !== 'created')
  )
}

/** The newest ids, newest first, one more than the limit; and which of them are no directories. */
function newestIds(
  store: Store,
  limit: number | undefined,
): { ids: SessionId[]; others: ReadonlySet<SessionId> } {
  const dir = files.sessions(store.dir)
  // A large directory is scanned while only the newest are kept; a small one is faster read at once.
  const isLarge = limit !== undefined && (disk.findSize(dir) ?? 0) > 512 * 1024
  const others = new Set<SessionId>()
  let kept: SessionId[] = []
  let least = ''
  const trim = (count: number) => {
    kept = kept.sort().reverse().slice(0, count)
    least = kept[count - 1] ?? ''
  }
  for (const item of isLarge ? disk.scanDir(dir) : disk.listDir(dir)) {
    const { name } = item
    if (name <= least || !isSessionId(name)) continue
    kept.push(name)
    if (!item.isDirectory()) others.add(name)
    if (isLarge && kept.length >= limit * 2 + 64) trim(limit + 1)
  }
  trim(limit === undefined ? kept.length : limit + 1)
  return { ids: kept, others }
}

/** For each of these sessions the length of the shortest start of its id that no other one here has. */
export function prefixesOf(store: Store, ids: ReadonlySet<SessionId>): Map<SessionId, number> {
  const all = listIds(store)
  return new Map(
    all.flatMap((id, at) => (ids.has(id) ? [[id, prefixLength(all, at)] as const] : [])),
  )
}

/** How much of the start of an id tells it from its neighbours; at least 4 letters. */
function prefixLength(ids: readonly SessionId[], at: number): number {
  const id = ids[at] as SessionId
  return Math.min(
    26,
    Math.max(4, 1 + commonStart(id, ids[at - 1]), 1 + commonStart(id, ids[at + 1])),
  )
}

function commonStart(a: string, b: string | undefined): number {
  if (b === undefined) return 0
  let i = 0
  while (i < a.length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  return i
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether a session that says this can pass; one that cannot be read only passes for what it is. */
function mayPass(glance: Glance, filter: ListFilter): boolean {
  if (glance.hasOpenTurn || filter.statuses?.includes('unreadable')) return true
  const { tool = null, branch = null, parent: parent_session_id = null, last_accessed } = glance
  const status = restingStatus(glance.phase)
  const tools = filter.tools === undefined ? [] : glance.tools()
  return passes({ status, tool, tools, branch, parent_session_id, last_accessed }, filter)
}

type Asked = Pick<
  SessionRow,
  'status' | 'tool' | 'tools' | 'branch' | 'parent_session_id' | 'last_accessed'
>

function passes(row: Asked, filter: ListFilter): boolean {
  if (filter.statuses !== undefined && !filter.statuses.includes(row.status)) return false
  if (filter.branch !== undefined && row.branch !== filter.branch) return false
  const { hasParent } = filter
  if (hasParent !== undefined && hasParent !== (row.parent_session_id !== null)) return false
  if (
    filter.since !== undefined &&
    !(row.last_accessed !== null && Date.parse(row.last_accessed) >= filter.since)
  ) {
    return false
  }
  const { tools } = filter
  return tools === undefined || tools.some((tool) => tool === row.tool || row.tools.includes(tool))
}

/** Something else stands where a session's directory should. */
export function linked(id: SessionId, dir: string): Observation {
  const failure = new Failure('SESSION_UNREADABLE', {
    id,
    problem: 'a link or a file stands in place of its directory',
  })
  return {
    snapshot: { id, dir, state: undefined, failure, warnings: [] },
    liveness: { status: 'unreadable', why: failure.message },
  }
}
