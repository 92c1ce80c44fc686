/**
 * The main job: one turn of a tool in a session, from what was asked to how it ended.
 *
 * `plan` and `work` say what is to be started, here it is, behind a gate, and `follow` lets it go: there
 * `voice` journals what the tool says, `supervise` sees to signals, deadlines and its exit, and `ending`
 * makes the turn's result of both.
 */

import path from 'node:path'
import type { SessionId } from '../base/id.ts'
import { Failure, quietly, withRecorded } from '../errors.ts'
import { session as files, privateFile, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { findRepository, readHead } from '../os/git.ts'
import { type Lock, supersedeLock, takeLock } from '../os/lock-file.ts'
import { replaceText, requireReplaceable } from '../os/replace.ts'
import { type Child, spawnTool } from '../os/spawn.ts'
import type { Session } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { endTurn, settle } from '../session/turn.ts'
import { cwdFacts, isRedacting, redactorOf } from '../store/access.ts'
import { type Config, readConfigFile } from '../store/config.ts'
import {
  checkDescription,
  checkName,
  createSession,
  mintId,
  withdrawSession,
} from '../store/create.ts'
import { sweepEphemeral } from '../store/ephemeral.ts'
import { type Held, holdSession, keepHeld, realSessionDir } from '../store/hold.ts'
import { ensureStore } from '../store/project.ts'
import type { Store } from '../store/store.ts'
import { follow, type Launch } from './follow.ts'
import type { RunOptions, RunReport, RunTarget } from './options.ts'
import {
  checkProgram,
  describe,
  findCwd,
  forkPoint,
  kinOf,
  type Plan,
  readSource,
  recordedCwd,
  toolEnv,
} from './plan.ts'
import { PrivateFile, privatePath, sweepPrivateFiles } from './private-file.ts'
import { keepSignals } from './signals.ts'
import type { SignalSource } from './supervise.ts'
import { type Task, toolOf } from './task.ts'
import { planWork, type Surroundings } from './work.ts'

/**
 * Runs one turn and resolves when it has ended. Throws, before anything was started, what creating or
 * holding a session throws, what planWork throws, and PROGRAM_MISSING, PROGRAM_NOT_EXECUTABLE, CWD_GONE,
 * DEPTH_EXCEEDED, PROVENANCE_REDACTED, SPAWN_FAILED.
 */
export async function runTurn(store: Store, options: RunOptions): Promise<RunReport> {
  try {
    const { target, config = readConfigFile(store.configFile, store.env) } = options
    const asked = { store, options, config }
    return await (target.kind === 'resume'
      ? resumeTurn({ ...asked, target })
      : beginTurn({ ...asked, target }))
  } catch (error) {
    // The start of a turn whose tool never ran may be in the journal, and is not what was asked for.
    throw withRecorded(error, 0)
  }
}

/** A turn that was asked for, with what it needs of the config. */
interface Asked<Kind extends RunTarget['kind']> {
  readonly store: Store
  readonly options: RunOptions
  readonly config: Pick<Config, 'settings' | 'tools'>
  readonly target: RunTarget & { readonly kind: Kind }
}

/** The next turn of a session, which is held before anything of it is looked at. */
async function resumeTurn({ store, options, config, target }: Asked<'resume'>): Promise<RunReport> {
  const { id, wait, signal } = target
  const { settings, tools } = config
  const { task } = options
  if (wait !== undefined) await loadTool(store, id, task, tools)
  const taken = await holdSession(store, id, { wait, signal, forTurn: task.kind !== 'compact' })
  await using held = letGoOf(taken, options)
  using signals = keepSignals(options.signals ?? silence, options.ignoreHup === true)
  const before = await settle(held.session, store.now())
  const cwd = findCwd(options, recordedCwd(before, options.chdir), id)
  const past = { kind: 'resume', state: before, dir: held.session.dir } as const
  const work = planWork(task, past, surroundings(store, id, options, tools))
  checkProgram(store, work, cwd)
  const teller = openTeller(options)
  const plan = { cwd, work, source: undefined, settings, signals, tell: teller.tell }
  try {
    return await runHeld(store, held, before, plan, options)
  } catch (error) {
    if (!teller.hasTold) await endRefused(held.session, error, store.now())
    throw error
  }
}

/** The first turn of a session that is made for it. */
async function beginTurn({ store, options, config, target }: Asked<'new'>): Promise<RunReport> {
  const { settings, tools } = config
  const { task, chdir } = options
  checkName(target.name)
  checkDescription(target.description)
  const source = target.fork === undefined ? undefined : readSource(store, target.fork)
  const cwd = findCwd(options, source && recordedCwd(source.state, chdir), target.fork)
  const id = mintId(store.now())
  const work = planWork(
    task,
    source && { kind: 'fork', ...source },
    surroundings(store, id, options, tools),
  )
  checkProgram(store, work, cwd)
  const kin = kinOf(store, target, source?.state)
  const limit = settings.depth_limit
  if (kin.depth > limit) throw new Failure('DEPTH_EXCEEDED', { depth: kin.depth, limit })
  ensureStore(store, { shared: target.shared === true })
  await sweepEphemeral(store)
  const repository = findRepository(cwd, store.env)
  const head = repository === undefined ? {} : readHead(repository)
  using signals = keepSignals(options.signals ?? silence, options.ignoreHup === true)
  const made = await createSession(
    store,
    {
      ...kin,
      ...head,
      id,
      cwd,
      tool: work.tool,
      description: target.description ?? source?.state.description ?? describe(store, task),
      ...(target.name === undefined ? {} : { name: target.name }),
      ...(target.ephemeral ? { ephemeral: true } : {}),
      ...(source && { fork: forkPoint(source) }),
    },
    { tool: work.tool, turn: 1 },
  )
  const teller = openTeller(options)
  const plan = { cwd, work, source: source?.dir, settings, signals, tell: teller.tell }
  let withdrawn: string | undefined
  const complaint = `session ${id} could not be removed`
  const withdraw = () =>
    elseNotice(options, complaint, () => {
      withdrawn = withdrawSession(store, made.session)
    })
  try {
    await using held = letGoOf(await keepHeld(made.session, made.lock), options)
    try {
      const before = await held.session.refresh()
      return await runHeld(store, held, before, plan, options)
    } catch (error) {
      // Nobody was told of it, so it leaves as if it had never been.
      if (!target.ephemeral && !teller.hasTold) await withdraw()
      throw error
    } finally {
      if (target.ephemeral) await withdraw()
    }
  } finally {
    const dir = withdrawn
    if (dir !== undefined) await elseNotice(options, complaint, () => disk.removeTree(dir))
  }
}

/** Tells the caller of a turn, and knows whether it has. */
function openTeller({ onStarted }: RunOptions): { tell: Plan['tell']; readonly hasTold: boolean } {
  let hasTold = false
  return {
    tell: (started) => {
      onStarted?.(started)
      hasTold = true
    },
    get hasTold() {
      return hasTold
    },
  }
}

/** After a wait an update may have taken away what the turn would load; what cannot be done is said then. */
async function loadTool(
  store: Store,
  id: SessionId,
  task: Task,
  settings: Surroundings['settings'],
): Promise<void> {
  const dir = realSessionDir(store, id)
  const { state } = readSnapshot(id, dir)
  if (task.kind === 'command' || state === undefined) return
  try {
    await toolOf(task, { kind: 'resume', state, dir }, settings).load?.()
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure
  }
}

/** Of signals that nobody passes on. */
const silence: SignalSource = { on: () => undefined, off: () => undefined }

function letGoOf(held: Held, options: RunOptions): Held {
  const { session, lock } = held
  const complaint = `session ${session.id} could not be let go of`
  const letGo = () => elseNotice(options, complaint, () => held[Symbol.asyncDispose]())
  return { session, lock, [Symbol.asyncDispose]: letGo }
}

/** The turn is what was asked for, and what it came to is told also where this fails. */
async function elseNotice(
  { onNotice }: RunOptions,
  complaint: string,
  act: () => void | PromiseLike<void>,
): Promise<void> {
  try {
    await act()
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure
    onNotice?.(`${complaint}: ${failure.message}`)
  }
}

function surroundings(
  store: Store,
  session: SessionId,
  options: RunOptions,
  settings: Surroundings['settings'],
): Surroundings {
  const hasInput = options.stdin === true
  const canAsk = options.ask !== undefined
  const file = privatePath(store.env, session)
  return { settings, hasInput, canAsk, session, file, promptFile: privateFile.prompt(file) }
}

/** The start of a turn may have landed before the disk failed; its supervisor lives, and says what became of it. */
async function endRefused(session: Session, error: unknown, now: number): Promise<void> {
  const refusal = withRecorded(error, 0)
  const why = refusal instanceof Error ? refusal.message : String(refusal)
  try {
    if (!hasOpenTurn(await session.refresh())) return
    await endTurn(session, 'failure', `its tool was never started: ${why}`, now, false)
  } catch (failure) {
    // The next holder finds it open.
    if (!(failure instanceof Failure)) throw failure
  }
}

/** The turn itself, in a session whose lock is held and that is at rest. */
async function runHeld(
  store: Store,
  { session, lock }: Held,
  before: State,
  plan: Plan,
  options: RunOptions,
): Promise<RunReport> {
  const { cwd, work } = plan
  const { tool } = work
  const turn = (before.turn?.number ?? 0) + 1
  lock.say({ tool, turn })
  const toolLock = await takeToolLock(session, tool, turn)
  sweepPrivateFiles(store.env)
  let child: Child | undefined
  let file: PrivateFile | undefined
  let promptFile: PrivateFile | undefined
  try {
    file = work.file && new PrivateFile(work.file.path, work.file.text)
    promptFile = work.promptFile && new PrivateFile(work.promptFile.path, work.promptFile.text)
    disk.makeDirs(files.turnOutput(session.dir, turn))
    if (options.idFile !== undefined) {
      writeIdFile(path.resolve(options.cwd, options.idFile), session.id)
    }
    child = await spawnTool({
      argv: work.argv,
      cwd,
      env: toolEnv(store, session, before, turn, cwd, work),
      stdin: typeof work.stdin === 'object' || work.stdin === 'conversation' ? 'pipe' : work.stdin,
      lock: toolLock.fd,
    })
    if (typeof work.stdin === 'object') child.stdin?.end(work.stdin.text)
    const { pgid, ...identity } = child.group
    const argv0 = redactorOf(store).text(work.argv[0] ?? '').value
    toolLock.say({ tool, turn, argv0 }, { ...identity, pid: pgid })
    const startedAt = store.now()
    const startedTick = performance.now()
    const elapsed = () => Math.round(performance.now() - startedTick)
    const started = { id: session.id, turn, cwd, dir: session.dir }
    const launch = { ...plan, child, toolLock, started, startedAt, elapsed, file }
    await recordStart(store, session, launch)
    const isListed = !(options.target.kind === 'new' && options.target.ephemeral)
    const isRoot = before.genealogy.parent_session_id === undefined
    if (isListed && isRoot) hintLast(store, session.id)
    return await follow(store, session, launch, options)
  } catch (error) {
    child?.abandon()
    throw error
  } finally {
    file?.[Symbol.dispose]()
    promptFile?.[Symbol.dispose]()
    toolLock.release()
  }
}

/** Journals that a turn begins, whose tool stands behind its gate. */
async function recordStart(
  store: Store,
  session: Session,
  { cwd, work, child, started: { turn }, startedAt: at }: Launch,
): Promise<void> {
  const { tool, record, stdin, given } = work
  await session.append({
    type: 'turn_started',
    turn,
    text: null,
    data: {
      tool,
      ...record,
      ...cwdFacts(store, cwd),
      process: child.group,
      ...(isRedacting(store) ? {} : { redaction: 'off' }),
    },
    at,
  })
  // Of a tool that has the terminal nothing else is ever heard.
  if (stdin === 'terminal' && given !== undefined) {
    const data = { tool, provider_session_id: given }
    await session.append({ type: 'provider_session', turn, text: null, data, at })
  }
}

/** The tool's lock; one that a process of an ended turn still holds is superseded. */
async function takeToolLock(session: Session, tool: string, turn: number): Promise<Lock> {
  const path = files.toolLock(session.dir, tool)
  const errand = { tool, turn }
  return (await takeLock(path, errand)) ?? supersedeLock(path, errand)
}

function writeIdFile(path: string, id: SessionId): void {
  requireReplaceable(path)
  const confirmed = replaceText(disk.findRealPath(path) ?? path, `${id}\n`)
  if (!confirmed) throw new Failure('DURABILITY_UNKNOWN', { id, recorded: false })
}

/** Only a hint: without it the states are looked through. */
function hintLast(store: Store, id: SessionId): void {
  quietly(() => replaceText(storeFiles.last(store.dir), `${id}\n`))
}
