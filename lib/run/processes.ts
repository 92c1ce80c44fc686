/** Which processes run for the sessions of a store, and which are left over. */

import type { SessionId } from '../base/id.ts'
import { headOf, oneLine } from '../base/text.ts'
import { Failure } from '../errors.ts'
import { session as files, sessionDir } from '../layout.ts'
import { ageOf, type Carrier, commandOf, listAncestors } from '../os/carriers.ts'
import * as disk from '../os/disk.ts'
import { findOwner } from '../os/lock-file.ts'
import { findRow, isStopped, thisProcess, vitalsOf } from '../os/process.ts'
import { carriedSession, findSupervised, listSessionCarriers } from '../session/carriers.ts'
import { observe, type Status } from '../session/liveness.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { openRedactorOf } from '../store/access.ts'
import { listSessions } from '../store/list.ts'
import { placeOf } from '../store/place.ts'
import type { Store } from '../store/store.ts'

/** A process of a session, as people and programs see it. */
export interface ProcessRow {
  /** The session. */
  readonly id: SessionId
  /** The session's; `gone` when it is not in the store any more. */
  readonly status: Status | 'gone'
  readonly project_path: string
  readonly role: 'supervisor' | 'tool'
  /** The turn that it was started by; null where that is not known. */
  readonly turn: number | null
  readonly pid: number
  readonly pgid: number | null
  readonly stopped: boolean
  readonly age_ms: number
  /** Redacted, in one line, and cut. */
  readonly command: string
  /** It outlived its session's turn, and nothing that lives needs it: `reap` ends it. */
  readonly left_over: boolean
}

/** A process found in the system's table, with what is shown of it. */
export interface Found {
  readonly row: ProcessRow
  readonly store: Store
  readonly carrier: Carrier
}

/** The longest command line that is shown, in UTF-16 units. */
const longestCommand = 400

/** A session of this status has no turn that lives, or may live. */
const resting: ReadonlySet<Status | 'gone'> = new Set([
  'crashed',
  'idle',
  'available',
  'retired',
  'leaked',
  'gone',
])

/**
 * The processes of the sessions in these stores, by session, the newest session first. With `onUnread`,
 * which gets the reason, a store whose sessions cannot be listed hides no other.
 */
export function listProcesses(
  stores: readonly Store[],
  onUnread?: (failure: Failure) => void,
): ProcessRow[] {
  const found = findProcesses(stores)
  const seen = new Set(found.map(({ row }) => row.pid))
  const supervisors = stores.flatMap((store) => {
    try {
      return supervisorsOf(store, found)
    } catch (failure) {
      if (!(failure instanceof Failure) || onUnread === undefined) throw failure
      onUnread(failure)
      return []
    }
  })
  return [...supervisors.filter(({ pid }) => !seen.has(pid)), ...found.map(({ row }) => row)].sort(
    inOrder,
  )
}

/** Those of them that carry their session, with what is needed to signal them. */
export function findProcesses(stores: readonly Store[]): Found[] {
  // First the processes, then the sessions: what is found now is of no turn that starts later.
  const carriers = listSessionCarriers()
  const statuses = new Map<string, Status | 'gone'>()
  const statusIn = (store: Store, id: SessionId) => {
    const key = `${store.dir} ${id}`
    const status = statuses.get(key) ?? statusOf(store, id)
    statuses.set(key, status)
    return status
  }
  const used = new Set([process.pid, ...listAncestors()])
  const owned: { carrier: Carrier; store: Store; id: SessionId; isSupervisor: boolean }[] = []
  for (const carrier of carriers) {
    const supervised = findSupervised(carrier)
    const id = supervised?.id ?? carriedSession(carrier)
    const store = stores.find((one) =>
      supervised === undefined ? isOf(carrier, one, id) : isSameDir(supervised.store, one.dir),
    )
    const rests =
      supervised === undefined &&
      id !== undefined &&
      store !== undefined &&
      resting.has(statusIn(store, id))
    // Whatever a living session runs in stays, also when it carries the id of one that is over.
    if (!rests) for (const pid of [carrier.pid, ...listAncestors(carrier.pid)]) used.add(pid)
    if (id === undefined || store === undefined) continue
    owned.push({ carrier, store, id, isSupervisor: supervised !== undefined })
  }
  const found = owned.map(({ carrier, store, id, isSupervisor }): Found => {
    const status = statusIn(store, id)
    const turn = isSupervisor ? currentTurn(store, id) : Number(carrier.variables.STINT_TURN)
    const { pid, pgid, stopped, age_ms } = carrier
    return {
      store,
      carrier,
      row: {
        ...{ id, status, project_path: store.projectPath },
        ...{ role: isSupervisor ? 'supervisor' : 'tool', turn: turn || null },
        ...{ pid, pgid, stopped, age_ms, command: shownCommand(store, pid) },
        left_over: !isSupervisor && resting.has(status) && !used.has(pid),
      },
    }
  })
  return found.sort((a, b) => inOrder(a.row, b.row))
}

function inOrder(a: ProcessRow, b: ProcessRow): number {
  return compare(b.id, a.id) || compare(a.role, b.role) || b.age_ms - a.age_ms || a.pid - b.pid
}

/** Whether the session has no turn that lives, or may live. */
export function isResting(store: Store, id: SessionId): boolean {
  return resting.has(statusOf(store, id))
}

function statusOf(store: Store, id: SessionId): Status | 'gone' {
  const dir = sessionDir(store.dir, id, placeOf(store, id))
  if (disk.findFacts(dir) === undefined) return 'gone'
  const look = { now: store.now(), scrutiny: 'all' } as const
  const { status } = observe(readSnapshot(id, dir), look).liveness
  // It may have left while it was read.
  return status === 'unreadable' && disk.findFacts(dir) === undefined ? 'gone' : status
}

/** A session's id alone does not tell its store: a copy of it has the same. */
function isOf(carrier: Carrier, store: Store, id: SessionId | undefined): boolean {
  const named = carrier.variables.STINT_STORE
  if (named !== undefined && named !== '') return isSameDir(named, store.dir)
  return id !== undefined && disk.findFacts(sessionDir(store.dir, id)) !== undefined
}

function isSameDir(a: string, b: string): boolean {
  return a === b || (disk.findRealPath(a) ?? a) === (disk.findRealPath(b) ?? b)
}

/** The supervisors of running sessions that carry nothing themselves. */
function supervisorsOf(store: Store, found: readonly Found[]): ProcessRow[] {
  // Ephemeral sessions are not listed, and are known by their tools.
  const ids = new Set([
    ...listSessions(store, { statuses: ['running'] }).rows.map(({ id }) => id),
    ...found.filter((one) => one.store === store).map(({ row }) => row.id),
  ])
  return [...ids].flatMap((id): ProcessRow[] | ProcessRow => {
    const status = statusOf(store, id)
    if (status !== 'running' && status !== 'busy') return []
    const owner = findOwner(files.sessionLock(sessionDir(store.dir, id, placeOf(store, id))))
    if (owner === undefined || vitalsOf(owner).verdict !== 'alive') return []
    const { pid } = owner
    if (pid === thisProcess().pid) return []
    return {
      ...{ id, status, project_path: store.projectPath },
      ...{ role: 'supervisor', turn: currentTurn(store, id) || null },
      ...{ pid, pgid: findRow(pid)?.pgid ?? null, stopped: isStopped(owner) },
      ...{ age_ms: ageOf(owner.start_time), command: shownCommand(store, pid), left_over: false },
    }
  })
}

function currentTurn(store: Store, id: SessionId): number | undefined {
  return readSnapshot(id, sessionDir(store.dir, id, placeOf(store, id))).state?.turn?.number
}

/** Also when the user switched redaction off: this goes into mails and logs. */
function shownCommand(store: Store, pid: number): string {
  const argv = openRedactorOf(store).json(commandOf({ pid })).value
  return headOf(oneLine(argv.join(' ')), longestCommand)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
