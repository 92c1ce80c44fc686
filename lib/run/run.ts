/** The main job: one turn of a tool in a session, from what was asked to how it ended. */

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
import { isRedacting, redactorOf } from '../store/access.ts'
import { readConfigFile, type Settings } from '../store/config.ts'
import {
  checkDescription,
  checkName,
  createSession,
  mintId,
  withdrawSession,
} from '../store/create.ts'
import { sweepEphemeral } from '../store/ephemeral.ts'
import { type Held, holdSession, keepHeld, realSessionDir } from '../store/hold.ts'
import { placeOf } from '../store/place.ts'
import { ensureStore } from '../store/project.ts'
import { findCaller } from '../store/search.ts'
import type { Store } from '../store/store.ts'
import { follow } from './follow.ts'
import {
  checkProgram,
  describe,
  findCwd,
  kinOf,
  type RunOptions,
  type RunReport,
  readSource,
  recordedCwd,
  type Started,
  toolEnv,
} from './plan.ts'
import { PrivateFile, privatePath, sweepPrivateFiles } from './private-file.ts'
import { type KeptSignals, keepSignals } from './signals.ts'
import type { SignalSource } from './supervise.ts'
import { type Task, toolOf } from './task.ts'
import { planWork, type Surroundings, type Work } from './work.ts'

/**
 * Runs one turn and resolves when it has ended. Throws, before anything was started, what creating or
 * holding a session throws, what planWork throws, and PROGRAM_MISSING, PROGRAM_NOT_EXECUTABLE, CWD_GONE,
 * DEPTH_EXCEEDED, PROVENANCE_REDACTED, SPAWN_FAILED.
 */
export async function runTurn(store: Store, options: RunOptions): Promise<RunReport> {
  try {
    return await startTurn(store, options)
  } catch (error) {
    // The start of a turn whose tool never ran may be in the journal, and is not what was asked for.
    throw withRecorded(error, 0)
  }
}

async function startTurn(store: Store, options: RunOptions): Promise<RunReport> {
  let isTold = false
  const tell = (started: Started) => {
    options.onStarted?.(started)
    isTold = true
  }
  const { target, config = readConfigFile(store.configFile, store.env) } = options
  const { settings } = config
  const around = (id: SessionId) => surroundings(store, id, options, config.tools)
  const ignoreHup = options.ignoreHup === true
  const caller = findCaller(store)
  if (target.kind === 'resume') {
    const { wait, signal } = target
    const place = placeOf(store, target.id)
    if (place === 'ephemeral') {
      await using ended = await holdSession(store, target.id, { wait, signal, place })
      throw new Failure('SESSION_UNKNOWN', { ref: ended.session.id, store: store.dir })
    }
    if (wait !== undefined) await loadTool(store, target.id, options.task, config.tools)
    const forTurn = options.task.kind !== 'compact'
    const taken = await holdSession(store, target.id, { wait, signal, forTurn })
    await using held = letGoOf(taken, options)
    using signals = keepSignals(options.signals ?? silence, ignoreHup)
    const before = await settle(held.session, store.now())
    const cwd = findCwd(options, recordedCwd(before, options.chdir), target.id)
    const past = { kind: 'resume', state: before, dir: held.session.dir } as const
    const work = planWork(options.task, past, around(target.id))
    checkProgram(store, work, cwd)
    const plan = { before, cwd, work, source: undefined, settings, signals, tell }
    try {
      return await runHeld(store, held, plan, options)
    } catch (error) {
      if (!isTold) await endRefused(held.session, error, store.now())
      throw error
    }
  }

  checkName(target.name)
  checkDescription(target.description)
  const source = target.fork === undefined ? undefined : readSource(store, target.fork)
  const cwd = findCwd(
    options,
    source === undefined ? undefined : recordedCwd(source, options.chdir),
    target.fork,
  )
  const past =
    source === undefined || target.fork === undefined
      ? undefined
      : ({ kind: 'fork', state: source, dir: realSessionDir(store, target.fork) } as const)
  const id = mintId(store.now())
  const work = planWork(options.task, past, around(id))
  checkProgram(store, work, cwd)
  const kin = kinOf(store, target, caller, source)
  const limit = settings.depth_limit
  if (kin.depth > limit) throw new Failure('DEPTH_EXCEEDED', { depth: kin.depth, limit })
  ensureStore(store, { shared: target.shared === true })
  await sweepEphemeral(store)
  const repository = findRepository(cwd, store.env)
  const head = repository === undefined ? {} : readHead(repository)
  using signals = keepSignals(options.signals ?? silence, ignoreHup)
  const { session, lock } = await createSession(
    store,
    {
      ...kin,
      ...head,
      id,
      cwd,
      tool: work.tool,
      description: target.description ?? source?.description ?? describe(store, options.task),
      ...(target.name === undefined ? {} : { name: target.name }),
      ...(target.ephemeral ? { ephemeral: true } : {}),
      ...(source === undefined || target.fork === undefined
        ? {}
        : { fork: { of: target.fork, seq: source.journal.seq, turn: source.turn?.number ?? 0 } }),
    },
    { tool: work.tool, turn: 1 },
  )
  let withdrawn: string | undefined
  // The turn is what was asked for, and what it came to is told also where nothing can be removed.
  const tidy = <T>(act: () => T): T | undefined => {
    try {
      return act()
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure
      options.onNotice?.(`session ${id} could not be removed: ${failure.message}`)
      return undefined
    }
  }
  try {
    await using held = letGoOf(await keepHeld(session, lock), options)
    try {
      const before = await session.refresh()
      const plan = { before, cwd, work, source: past?.dir, settings, signals, tell }
      return await runHeld(store, held, plan, options)
    } catch (error) {
      // Nobody was told of it, so it leaves as if it had never been.
      if (!target.ephemeral && !isTold) withdrawn = tidy(() => withdrawSession(store, session))
      throw error
    } finally {
      if (target.ephemeral) withdrawn = tidy(() => withdrawSession(store, session))
    }
  } finally {
    const dir = withdrawn
    if (dir !== undefined) tidy(() => disk.removeTree(dir))
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

/** What the turn came to is told also where its session cannot be let go of. */
function letGoOf(held: Held, { onNotice }: RunOptions): Held {
  const { session, lock } = held
  const letGo = async () => {
    try {
      await held[Symbol.asyncDispose]()
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure
      onNotice?.(`session ${session.id} could not be let go of: ${failure.message}`)
    }
  }
  return { session, lock, [Symbol.asyncDispose]: letGo }
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

interface Plan {
  readonly before: State
  readonly cwd: string
  readonly work: Work
  /** The directory of the session that this one is a fork of. */
  readonly source: string | undefined
  readonly settings: Settings
  readonly signals: KeptSignals
  /** Tells the caller of the turn. */
  readonly tell: (started: Started) => void
}

/** The turn itself, in a session whose lock is held and that is at rest. */
async function runHeld(
  store: Store,
  { session, lock }: Held,
  { before, cwd, work, source, settings, signals, tell }: Plan,
  options: RunOptions,
): Promise<RunReport> {
  const turn = (before.turn?.number ?? 0) + 1
  const { tool } = work
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
    const safeCwd = redactorOf(store).text(cwd).value
    await session.append({
      type: 'turn_started',
      turn,
      text: null,
      data: {
        tool,
        ...work.record,
        cwd: safeCwd,
        ...(safeCwd === cwd ? {} : { cwd_redacted: true }),
        process: child.group,
        ...(isRedacting(store) ? {} : { redaction: 'off' }),
      },
      at: startedAt,
    })
    const isListed = !(options.target.kind === 'new' && options.target.ephemeral)
    const isRoot = before.genealogy.parent_session_id === undefined
    if (isListed && isRoot) hintLast(store, session.id)
    // Of a tool that has the terminal nothing else is ever heard.
    if (work.stdin === 'terminal' && work.given !== undefined) {
      const data = { tool, provider_session_id: work.given }
      await session.append({ type: 'provider_session', turn, text: null, data, at: startedAt })
    }
    const started = { id: session.id, turn, cwd, dir: session.dir }
    const elapsed = () => Math.round(performance.now() - startedTick)
    const launch = {
      ...{ child, toolLock, started, startedAt, elapsed },
      ...{ work, source, file, settings, signals, tell },
    }
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
