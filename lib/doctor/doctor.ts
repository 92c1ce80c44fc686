/** The doctor: every check, over the ground, the stores and their sessions. Finds and changes nothing. */

import { isSessionId, type SessionId } from '../base/id.ts'
import { shellWord } from '../base/text.ts'
import { Failure, isFailure, quietly } from '../errors.ts'
import { sessionDir, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { mergeCounts, type RedactionCounts, type Redactor } from '../redact/redact.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { openRedactorOf } from '../store/access.ts'
import { readConfig } from '../store/config.ts'
import { listIds } from '../store/list.ts'
import { isUnderRoot, type Store } from '../store/store.ts'
import { type CheckId, checks, type Finding, type Sighting } from './check.ts'
import { givenBack, judgeGround, readGround, thingAt } from './checks/ground.ts'
import { Kinship } from './checks/kin.ts'
import { checkLife } from './checks/life.ts'
import { checkState } from './checks/state.ts'
import { checkStore, moveAside } from './checks/store.ts'
import { checkTranscript, type TranscriptLook } from './checks/transcript.ts'
import { examineSession } from './examine.ts'

export interface ExamineOptions {
  /** The user's home directory. */
  readonly home: string
  /** The store that a command means which names none. */
  readonly here?: Store
  /** Reads every journal to its end. */
  readonly deep?: boolean
  /** Only these checks, and only these sessions; all by default. */
  readonly only?: ReadonlySet<CheckId>
  readonly sessions?: ReadonlySet<SessionId>
  readonly onProgress?: (sessions: number) => void
}

/** What a doctor has to say. */
export interface Diagnosis {
  readonly findings: readonly Finding[]
  /** How many checks were made, and of how many sessions. */
  readonly checks: number
  readonly sessions: number
  /** How often each rule took something out of what the stores keep. */
  readonly redactions: RedactionCounts
}

/** In how many of the newest sessions the transcript's end is searched for secrets. */
const searched = 100

/**
 * Looks at the ground, unless sessions are named, and at each store. The worst comes first.
 *
 * Throws SESSION_UNKNOWN for a session that is neither listed nor in the trash.
 */
export function examine(stores: readonly Store[], options: ExamineOptions): Diagnosis {
  const { only, sessions, here } = options
  const findings: Finding[] = []
  const add: Add = (sighting, store, session, trashed = false) => {
    if (only !== undefined && !only.has(sighting.id)) return
    // Where no modes are kept, chmod would help no directory.
    const isModeless = findings.some(({ id }) => id === 'disk.mode')
    if (isModeless && sighting.id === 'root.permissions') return
    findings.push({ ...toFinding(sighting, store, session, here), trashed })
  }
  const [first] = stores
  if (first !== undefined && sessions === undefined) {
    const { root, env } = first
    const ground = readGround({ root, env, home: options.home, ...roomOf(stores, here) })
    const own = isUnderRoot(first) ? ground : { ...ground, root: undefined }
    for (const one of judgeGround(own)) add(one, undefined, null)
  }
  const tally: Tally = { count: 0, unseen: new Set(sessions), redactions: {} }
  for (const store of stores) examineStore(store, options, add, tally)
  const [ref] = tally.unseen
  if (ref !== undefined && first !== undefined) {
    throw new Failure('SESSION_UNKNOWN', { ref, store: first.dir })
  }
  const asked = (Object.keys(checks) as CheckId[]).filter(
    (id) => (only === undefined || only.has(id)) && (options.deep || !checks[id].deep),
  )
  return {
    findings: findings.sort((a, b) => rank[a.severity] - rank[b.severity]),
    checks: asked.length,
    sessions: sessions?.size ?? tally.count,
    redactions: tally.redactions,
  }
}

/** Emptying a trash makes room where there is something in it. */
function roomOf(stores: readonly Store[], here: Store | undefined): { readonly room?: string } {
  const full = stores.find(
    ({ dir }) => quietly(() => disk.listNames(storeFiles.trash(dir)))?.length,
  )
  return full === undefined ? {} : { room: `stint trash empty${whereOf(full, here)}` }
}

/** What a command needs behind it to be about this store. */
function whereOf(store: Store | undefined, here: Store | undefined): string {
  const isElsewhere = store !== undefined && here !== undefined && here.dir !== store.dir
  return isElsewhere ? ` --store ${shellWord(store.dir)}` : ''
}

type Add = (
  sighting: Sighting,
  store: Store | undefined,
  session: SessionId | null,
  trashed?: boolean,
) => void

/** What is counted over all stores. */
interface Tally {
  count: number
  /** The sessions that were asked for and not found so far. */
  readonly unseen: Set<SessionId>
  redactions: RedactionCounts
}

function examineStore(store: Store, options: ExamineOptions, add: Add, tally: Tally): void {
  const { sessions, deep = false, home, onProgress } = options
  if (sessions === undefined) {
    const sightings = gather('store.unreadable', checkStore(store, store.now()))
    for (const one of sightings) add(one, store, null)
  }
  const isAsked = (id: SessionId) => sessions === undefined || sessions.has(id)
  const cap = capOf(store, home)
  const redactor = findRedactor(store)
  const kinship = new Kinship()
  // Where they cannot be listed, a check of the store says so.
  const { ids, others } = quietly(() => listItems(store)) ?? { ids: [], others: new Set() }
  for (const [at, id] of ids.entries()) {
    tally.unseen.delete(id)
    const dir = sessionDir(store.dir, id)
    if (others.has(id)) {
      if (isAsked(id)) add(misplaced(store, dir), store, id)
      continue
    }
    const isSearched = deep || ids.length - at <= searched || sessions !== undefined
    const { sightings, examined } = checkSession(store, id, dir, {
      deep: isAsked(id) && deep,
      redactor: isAsked(id) && isSearched ? redactor : undefined,
      cap,
    })
    kinship.add(examined)
    tally.redactions =
      mergeCounts(tally.redactions, examined.snapshot.state?.redactions) ?? tally.redactions
    if (isAsked(id)) for (const one of sightings) add(one, store, id)
    onProgress?.(++tally.count)
  }
  const trash = new Set(quietly(() => listIds(store, 'trash')))
  for (const one of kinship.sightings(trash)) {
    if (isAsked(one.session)) add(one, store, one.session)
  }
  for (const id of trash) {
    tally.unseen.delete(id)
    if (isAsked(id)) for (const one of checkTrashed(store, id, deep)) add(one, store, id, true)
  }
}

/** What keeps a session in the trash from being restored. */
function* checkTrashed(store: Store, id: SessionId, deep: boolean): Generator<Sighting> {
  const dir = sessionDir(store.dir, id, 'trash')
  const kind = quietly(() => disk.findFacts(dir)?.kind)
  if (kind !== undefined && kind !== 'directory') {
    const evidence = `in the trash: ${thingAt(dir)} stands in place of a directory`
    yield { id: 'store.kind', evidence, file: dir, fix: `stint trash empty ${id}` }
    return
  }
  const { sightings } = checkSession(store, id, dir, { deep, redactor: undefined, cap: Infinity })
  for (const one of sightings) {
    if (checks[one.id].severity === 'damage') {
      yield { ...one, evidence: `in the trash: ${one.evidence}` }
    }
  }
  const here = sessionDir(store.dir, id)
  if (disk.findFacts(here) !== undefined) yield twice(store, id, here, dir)
}

/** The one that was used later may hold work that the other does not; it is the one to stay. */
function twice(store: Store, id: SessionId, here: string, trashed: string): Sighting {
  const usedAt = (dir: string) => readSnapshot(id, dir).state?.last_accessed ?? ''
  const isOlder = usedAt(here) < usedAt(trashed)
  return {
    id: 'trash.twice',
    evidence: `it is in sessions/ as well; the one in the trash was used ${isOlder ? '' : 'no '}later`,
    file: trashed,
    fix: isOlder ? moveAside(store, here, store.now()) : `stint trash empty ${id}`,
  }
}

/** What has the name of a session, oldest first; `others` are no directories. */
function listItems(store: Store): { ids: SessionId[]; others: ReadonlySet<SessionId> } {
  const ids: SessionId[] = []
  const others = new Set<SessionId>()
  for (const item of disk.listDir(storeFiles.sessions(store.dir))) {
    const { name } = item
    if (!isSessionId(name)) continue
    ids.push(name)
    if (!item.isDirectory()) others.add(name)
  }
  return { ids: ids.sort(), others }
}

function misplaced(store: Store, file: string): Sighting {
  const evidence = `${thingAt(file)} stands in place of a directory`
  return { id: 'store.kind', evidence, file, fix: moveAside(store, file, store.now()) }
}

const rank = { damage: 0, warning: 1, note: 2 } as const

/** What is odd may be a writer's, who was in between: only what a second look finds too counts. */
function checkSession(store: Store, id: SessionId, dir: string, look: TranscriptLook) {
  for (let again = false; ; again = true) {
    const examined = examineSession(store, id, dir, store.now())
    const all = [
      ...gather('session.unreadable', checkState(examined)),
      ...gather('session.unreadable', checkTranscript(examined, look)),
      ...gather('session.unreadable', checkLife(examined)),
    ]
    // Nothing is known of what is in files that this user may not read, nor could it be mended.
    const isClosed = all.some(({ id }) => id === 'session.access')
    const sightings = all.filter(({ id }) => !isClosed || id !== 'session.unreadable')
    if (sightings.length === 0) return { sightings, examined }
    // It was moved or deleted meanwhile, as a whole.
    if (disk.findFacts(dir) === undefined) return { sightings: [], examined }
    if (again) return { sightings, examined }
  }
}

/** What a check that cannot go on has seen so far, and why it cannot. */
function gather(id: CheckId, sightings: Iterable<Sighting>): Sighting[] {
  const gathered: Sighting[] = []
  try {
    for (const one of sightings) gathered.push(one)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    gathered.push({ id, evidence: error.message, ...accessFix(error) })
  }
  return gathered
}

function accessFix(failure: Failure): { readonly fix?: string } {
  if (!isFailure(failure, 'ACCESS_DENIED')) return {}
  const { path } = failure.data
  return givenBack(
    path,
    quietly(() => disk.findOwner(path)),
    process.getuid?.() ?? 0,
  )
}

/** Settings that cannot be read are said by another check. */
function capOf({ env }: Store, home: string): number {
  const config = quietly(() => readConfig(env, home))
  return config?.settings.transcript_cap ?? Number.POSITIVE_INFINITY
}

/** A rule of the user's that cannot be read is said by another check. */
function findRedactor(store: Store): Redactor | undefined {
  return quietly(() => openRedactorOf(store))
}

function toFinding(
  { id, evidence, file, fix }: Sighting,
  store: Store | undefined,
  session: SessionId | null,
  here: Store | undefined,
): Omit<Finding, 'trashed'> {
  const { severity, mends } = checks[id]
  const command = fix ?? (mends === undefined ? undefined : `stint doctor --fix ${session ?? id}`)
  const where = command?.startsWith('stint ') ? whereOf(store, here) : ''
  return {
    id,
    severity,
    session,
    store: store?.dir ?? null,
    evidence,
    file: file ?? null,
    fix: command === undefined ? null : command + where,
  }
}
