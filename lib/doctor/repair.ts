/** Mending what checks found: each thing is looked at once more under its lock, and only then changed. */

import type { SessionId } from '../base/id.ts'
import { Failure, isFailure } from '../errors.ts'
import { store as files, type Place, session as sessionFiles, storeName } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { listUnreplaced } from '../retention/leftovers.ts'
import { mendSession } from '../session/mend.ts'
import { type Session, takeJournal } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { requireDead, settle } from '../session/turn.ts'
import { sweepStaging } from '../store/create.ts'
import { sweepEphemeral } from '../store/ephemeral.ts'
import { holdSession, holdTools, realSessionDir } from '../store/hold.ts'
import { listIds } from '../store/list.ts'
import { holdMaintenance } from '../store/maintenance.ts'
import { findProjectFacts, writeProject } from '../store/project.ts'
import { quarantine } from '../store/quarantine.ts'
import type { Store } from '../store/store.ts'
import { removeBuried } from '../store/trash.ts'
import { type CheckId, checks, type Finding } from './check.ts'
import { listProbes } from './checks/ground.ts'

/** What became of a session, or of something of a store, that was to be mended. */
export interface Repair {
  readonly session: SessionId | null
  readonly store: string | null
  /** What was done, in words. */
  readonly did: readonly string[]
  /** Where the files are that were replaced. */
  readonly kept: readonly string[]
  /** Why it was left as it is; null where it was not. */
  readonly why: string | null
}

/** Whether `repair` does something about a finding. */
export function isMendable({ id }: Finding): boolean {
  return checks[id].mends !== undefined
}

/**
 * Mends what can be mended of what was found in a store, one thing after the other. What is in use, or
 * cannot be changed, is left with the reason.
 *
 * Throws STORE_BUSY while another clean-up of the store is at work.
 */
export async function* repair(
  store: Store,
  findings: readonly Finding[],
  signal?: AbortSignal,
): AsyncGenerator<Repair> {
  const mendable = findings.filter(isMendable)
  if (mendable.length === 0) return
  const ids = new Set(mendable.map(({ id }) => id))
  if (ids.delete('root.leftover')) yield* attempt(store, null, () => removeProbes(store))
  if (ids.size === 0) return
  await using maintenance = await holdMaintenance(store)
  // Without its file nothing says how the store is shared, so that no session can be opened.
  if (ids.has('store.project')) yield* attempt(store, null, () => mendProject(store))
  for (const [id, mend] of Object.entries(ofStore) as [CheckId, MendStore][]) {
    if (!ids.has(id) || signal?.aborted) continue
    maintenance.check()
    yield* attempt(store, null, async () => {
      const failure = await mend(store)
      if (failure !== undefined) throw failure
      return { did: [`${id}: ${checks[id].mends}`], kept: [] }
    })
  }
  for (const place of ['sessions', 'trash'] as const) {
    const there = mendable.filter(({ trashed }) => trashed === (place === 'trash'))
    for (const id of new Set(there.flatMap(({ session }) => session ?? []))) {
      if (signal?.aborted) return
      maintenance.check()
      yield* attempt(store, id, () => mend(store, id, place))
    }
  }
}

/** Gives what kept it from being done, unless it throws that. */
type MendStore = (store: Store) => Failure | undefined | Promise<Failure | undefined>

type Done = Pick<Repair, 'did' | 'kept'>

/** Gives nothing where there was nothing to do any more. */
async function* attempt(
  store: Store,
  session: SessionId | null,
  act: () => Done | Promise<Done>,
): AsyncGenerator<Repair> {
  const what = { session, store: store.dir }
  try {
    const done = await act()
    if (done.did.length > 0) yield { ...what, ...done, why: null }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    yield { ...what, did: [], kept: [], why: error.message }
  }
}

/** Mends a session under all of its locks, and brings it to rest. */
async function mend(store: Store, id: SessionId, place: Place): Promise<Done> {
  const dir = realSessionDir(store, id, place)
  const did: string[] = []
  // Without it there is no place for a lock.
  if (disk.makeDir(sessionFiles.locks(dir))) did.push('locks/ is made anew')
  await using held = await holdSession(store, id, { place })
  const { session } = held
  const { state } = readSnapshot(id, dir)
  const wasOpen = state !== undefined && hasOpenTurn(state)
  if (wasOpen) requireDead(session, state)
  const tools = await holdTools(session)
  const kept: string[] = []
  try {
    using _journal = await takeJournal(id, dir)
    if (session.isLeaseLost) throw new Failure('LEASE_LOST', { id })
    const mending = mendSession(session, {
      projectPath: store.projectPath,
      now: store.now(),
      keep: (path) => quarantine(store, id, path),
    })
    did.push(...mending.did)
    kept.push(...mending.kept)
  } finally {
    for (const lock of tools.reverse()) lock.release()
  }
  const hadResult = hasResult(dir, state?.turn?.number)
  const after = await settleMended(session, store.now(), did)
  if (wasOpen && !hasOpenTurn(after)) did.push(`turn ${after.turn?.number} is recorded as crashed`)
  else if (!hadResult && hasResult(dir, after.turn?.number)) did.push('result.toml is written anew')
  return { did, kept }
}

/** A turn that came to light, and may live on, is what the next look says; what was mended is mended. */
async function settleMended(session: Session, now: number, did: readonly string[]): Promise<State> {
  try {
    return await settle(session, now)
  } catch (error) {
    const mayLive = isFailure(error, 'SESSION_ORPHANED') || isFailure(error, 'LIVENESS_UNKNOWN')
    if (mayLive && did.length > 0) return session.state
    throw error
  }
}

function hasResult(dir: string, turn = 0): boolean {
  return disk.findFacts(sessionFiles.result(dir, turn)) !== undefined
}

/** What is mended of a store as such. */
const ofStore: { readonly [C in CheckId]?: MendStore } = {
  'store.leftover': (store) => {
    for (const path of listUnreplaced(store)) disk.removeFile(path)
    return undefined
  },
  'staging.leftover': sweepStaging,
  'ephemeral.leftover': sweepEphemeral,
  'trash.leftover': (store) => removeBuried(store)[0]?.failure,
}

/** Their names say that nobody is at them. */
function removeProbes({ root }: Store): Done {
  const dirs = listProbes(root)
  for (const dir of dirs) disk.removeTree(dir)
  return { did: dirs.map((dir) => `${dir} is removed`), kept: [] }
}

/** The path of the project is the one that the name of the store's directory was made of. */
function mendProject(store: Store): Done {
  const file = files.project(store.dir)
  const name = disk.baseOf(store.dir)
  const paths = [
    store.projectPath,
    ...listIds(store).map((id) => readSnapshot(id, realSessionDir(store, id)).state?.project_path),
  ]
  const projectPath = paths.find((path) => path !== undefined && storeName(path) === name)
  if (projectPath === undefined) {
    throw new Failure('STATE_INVALID', { file, problem: 'the path of its project is not known' })
  }
  try {
    findProjectFacts(store.dir)
    return { did: [], kept: [] }
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'STATE_INVALID')) throw error
  }
  const text = disk.findText(file) ?? ''
  const says = (key: string) => new RegExp(`^${key} *= *true\\b`, 'm').test(text)
  const kept = quarantine(store, null, file)
  writeProject({ ...store, projectPath }, { shared: says('shared'), leaseOnly: says('lease_only') })
  return { did: ['project.toml is written anew'], kept: [kept] }
}
