/** The main job: one turn of a tool in a session, from what was asked to how it ended. */

import { resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { sleep } from '../base/async.ts'
import type { SessionId } from '../base/id.ts'
import { headOf, oneLine } from '../base/text.ts'
import { Failure, isFailure } from '../errors.ts'
import { session as files, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { findRepository, readHead } from '../os/git.ts'
import { type Lock, supersedeLock, takeLock } from '../os/lock-file.ts'
import { signalGroup } from '../os/process.ts'
import { replaceText } from '../os/replace.ts'
import { type Child, findProgram, spawnTool } from '../os/spawn.ts'
import { markerOf } from '../session/liveness.ts'
import type { Session } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import {
  listArtifacts,
  type Outcome,
  projectResult,
  settle,
  type TurnResult,
} from '../session/turn.ts'
import { redactorOf } from '../store/access.ts'
import { createSession, discardSession } from '../store/create.ts'
import { sweepEphemeral } from '../store/ephemeral.ts'
import { type Held, holdSession, keepHeld, realSessionDir } from '../store/hold.ts'
import { type Caller, findCaller } from '../store/ref.ts'
import { ensureStore, type Store } from '../store/store.ts'
import { type Budget, startPump } from './pump.ts'
import { Recorder } from './recorder.ts'
import { type Ending, type Limits, type SignalSource, supervise } from './supervise.ts'

export interface RunOptions {
  /** The command; its first word is looked for in the environment's PATH. */
  readonly argv: readonly string[]
  /** The caller's working directory. */
  readonly cwd: string
  /** The directory to run in, when it was asked for. */
  readonly chdir?: string
  readonly target: RunTarget
  readonly limits: Limits
  readonly depthLimit: number
  readonly transcriptCap: number
  /** How long the end of a turn waits for a journal that cannot be written, in ms. */
  readonly journalPatience: number
  readonly ignoreHup?: boolean
  /** A file to write the session's id into before the tool starts. */
  readonly idFile?: string
  /** Whether the tool reads this process's standard input; otherwise /dev/null. */
  readonly stdin: boolean
  /** Where the tool's bytes go on to. */
  readonly stdout?: Writable
  readonly stderr?: Writable
  readonly signals: SignalSource
  /** Called once the turn is on the disk and before the tool starts. */
  readonly onStarted?: (started: Started) => void
  /** What a person should hear while the turn runs. */
  readonly onNotice?: (text: string) => void
}

export type RunTarget =
  | {
      readonly kind: 'new'
      readonly name?: string
      readonly description?: string
      readonly parent?: SessionId
      readonly fork?: SessionId
      readonly ephemeral?: boolean
    }
  | {
      readonly kind: 'resume'
      readonly id: SessionId
      /** How long to wait for a running turn, in ms; not at all when undefined. */
      readonly wait?: number
      readonly signal?: AbortSignal
    }

export interface Started {
  readonly id: SessionId
  readonly turn: number
  readonly cwd: string
  readonly dir: string
}

export interface RunReport {
  readonly result: TurnResult
  /** The exit status that stands for the turn. */
  readonly status: number
  /** Whether the turn's end is in the journal; if not, the next change records it as crashed. */
  readonly recorded: boolean
  /** What the disk refused at the end. */
  readonly failure: Failure | undefined
}

/** The tool of a plain command. */
export const commandTool = 'command'

/**
 * Runs one turn and resolves when it has ended. Throws, before anything was started, what creating or
 * holding a session throws, and PROGRAM_MISSING, PROGRAM_NOT_EXECUTABLE, CWD_GONE, DEPTH_EXCEEDED,
 * PROVENANCE_REDACTED, SPAWN_FAILED.
 */
export async function runTurn(store: Store, options: RunOptions): Promise<RunReport> {
  const { target } = options
  const caller = findCaller(store)
  if (target.kind === 'resume') {
    await using held = await holdSession(store, target.id, {
      errand: { tool: commandTool },
      wait: target.wait,
      signal: target.signal,
    })
    const before = await settle(held.session, store.now())
    const cwd = findCwd(options, recordedCwd(before, options.chdir))
    checkProgram(store, options.argv, cwd)
    return await runHeld(store, held, before, cwd, options)
  }

  const source = target.fork === undefined ? undefined : readSource(store, target.fork)
  const cwd = findCwd(
    options,
    source === undefined ? undefined : recordedCwd(source, options.chdir),
  )
  checkProgram(store, options.argv, cwd)
  const kin = kinOf(store, target, caller, source)
  if (kin.depth > options.depthLimit) {
    throw new Failure('DEPTH_EXCEEDED', { depth: kin.depth, limit: options.depthLimit })
  }
  ensureStore(store)
  sweepEphemeral(store)
  const repository = findRepository(cwd, store.env)
  const head = repository === undefined ? {} : readHead(repository)
  const { session, lock } = await createSession(
    store,
    {
      ...kin,
      ...head,
      cwd,
      tool: commandTool,
      description: target.description ?? source?.description ?? describe(store, options.argv),
      ...(target.name === undefined ? {} : { name: target.name }),
      ...(target.ephemeral ? { ephemeral: true } : {}),
      ...(source === undefined || target.fork === undefined
        ? {}
        : { fork: { of: target.fork, seq: source.journal.seq, turn: source.turn?.number ?? 0 } }),
    },
    { tool: commandTool, turn: 1 },
  )
  await using held = await keepHeld(session, lock)
  try {
    return await runHeld(store, held, await session.refresh(), cwd, options)
  } catch (error) {
    // Nobody was told of it, so it leaves as if it had never been.
    if (!hasHadTurn(session)) discardSession(store, session)
    throw error
  } finally {
    if (target.ephemeral) disk.removeTree(session.dir)
  }
}

function hasHadTurn(session: Session): boolean {
  return readSnapshot(session.id, session.dir).state?.turn !== undefined
}

/** The exit status of `run` for a turn's end. */
export function statusOf(outcome: Outcome, { exit, interruptedBy }: Ending): number {
  if (outcome === 'timed_out') return 124
  if (exit.code !== null && exit.code !== 0) return exit.code
  if (exit.signal !== null) return 128 + signalNumber(exit.signal)
  if (outcome === 'success') return 0
  return outcome === 'interrupted' && interruptedBy !== undefined
    ? 128 + signalNumber(interruptedBy)
    : 1
}

function signalNumber(signal: NodeJS.Signals): number {
  const { constants } = process.getBuiltinModule('node:os')
  return constants.signals[signal]
}

/** The turn itself, in a session whose lock is held and that is at rest. */
async function runHeld(
  store: Store,
  { session }: Held,
  before: State,
  cwd: string,
  options: RunOptions,
): Promise<RunReport> {
  const turn = (before.turn?.number ?? 0) + 1
  const toolLock = await takeToolLock(session, turn)
  let child: Child | undefined
  try {
    disk.makeDirs(files.turnOutput(session.dir, turn))
    if (options.idFile !== undefined) {
      writeIdFile(resolve(options.cwd, options.idFile), session.id)
    }
    child = await spawnTool({
      argv: options.argv,
      cwd,
      env: toolEnv(store, session, before, turn, cwd),
      stdin: options.stdin,
      lock: toolLock.fd,
    })
    const startedAt = store.now()
    const safeCwd = redactorOf(store).text(cwd).value
    await session.append({
      type: 'turn_started',
      turn,
      text: null,
      data: {
        tool: commandTool,
        argv: options.argv,
        cwd: safeCwd,
        ...(safeCwd === cwd ? {} : { cwd_redacted: true }),
        process: child.group,
      },
      at: startedAt,
    })
    if (before.genealogy.parent_session_id === undefined) hintLast(store, session.id)
    options.onStarted?.({ id: session.id, turn, cwd, dir: session.dir })
    return await follow(store, session, turn, child, toolLock, startedAt, options)
  } catch (error) {
    child?.abandon()
    throw error
  } finally {
    toolLock.release()
  }
}

/** From letting the tool go to the record of its end. */
async function follow(
  store: Store,
  session: Session,
  turn: number,
  child: Child,
  toolLock: Lock,
  startedAt: number,
  options: RunOptions,
): Promise<RunReport> {
  const firstSeq = session.state.journal.seq
  const recorder = new Recorder(session, turn, (failure) => {
    options.onNotice?.(`the journal cannot be written, and the tool goes on: ${failure.message}`)
  })
  const used = session.state.journal.streamed_bytes ?? 0
  const budget: Budget = {
    left: Math.max(0, options.transcriptCap - used),
    leftOut: { entries: 0, bytes: 0 },
  }
  const pumps = (['stdout', 'stderr'] as const).map((name) =>
    startPump({
      name,
      source: child[name],
      sink: options[name],
      session,
      recorder,
      turn,
      redaction: redactorOf(store).openStream(),
      budget,
      now: store.now,
    }),
  )
  const { limits, signals } = options
  const supervised = supervise({
    child,
    pumps,
    limits,
    signals,
    ignoreHup: options.ignoreHup === true,
    isLeaseLost: () => session.isLeaseLost,
  })
  child.release()
  const ending = await supervised
  // What was told to end ends whole: what is left of its group did not heed the TERM.
  if (ending.endedFor !== undefined) signalGroup(child.group, markerOf(session.id), 'SIGKILL')
  const patience = retries(options.journalPatience)
  while (!(await recorder.flush()) && (await patience.again()));
  const lost = recorder.close()
  // What still holds the lock now is a process that outlived its turn.
  toolLock.release()

  const endedAt = store.now()
  const extras = [
    ...(lost === undefined ? [] : [lost]),
    ...(budget.leftOut.entries === 0
      ? []
      : [
          session.encode({
            type: 'error',
            turn,
            text: `the transcript is full: ${budget.leftOut.entries} lines were left out`,
            data: { code: 'TRANSCRIPT_FULL', ...budget.leftOut, cap: options.transcriptCap },
            at: endedAt,
          }),
        ]),
  ]
  const summary = oneLine(pumps[0]?.lastLine() ?? pumps[1]?.lastLine() ?? '')
  const makeResult = (state: State): TurnResult => ({
    session_id: session.id,
    turn,
    tool: commandTool,
    outcome: outcomeOf(ending, state),
    exit_code: ending.exit.code,
    signal: ending.exit.signal,
    summary: summary === '' ? null : headOf(summary, 200),
    started_at: new Date(startedAt).toISOString(),
    completed_at: new Date(endedAt).toISOString(),
    duration_ms: Math.max(0, endedAt - startedAt),
    provider_session_id: null,
    usage: null,
    cost_usd: null,
    peak_memory_bytes: null,
    events_count: state.journal.seq - firstSeq + extras.length + 2,
    artifacts: listArtifacts(session.dir, turn),
  })
  let result = makeResult(session.state)
  let failure: Failure | undefined
  do {
    try {
      await session.append((state) => {
        if (!hasOpenTurn(state)) return []
        result = makeResult(state)
        const data = result
        return [
          ...extras,
          session.encode({ type: 'turn_ended', turn, text: null, data, at: endedAt }),
        ]
      })
      failure = undefined
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (isFailure(error, 'DISK_FULL')) extras.splice(0, error.data.recorded)
      failure = error
    }
    // Once the entry has landed the turn has ended, whatever became of the state's file.
  } while (failure !== undefined && hasOpenTurn(session.state) && (await patience.again()))
  const recorded = !hasOpenTurn(session.state)
  if (recorded) projectResult(session, session.state)
  return { result, status: statusOf(result.outcome, ending), recorded, failure }
}

/** Pauses between tries, longer and longer, for as long in all as was allowed; the first is none. */
function retries(allowed: number): { again: () => Promise<boolean> } {
  const deadline = performance.now() + allowed
  let pause = 0
  return {
    again: async () => {
      const left = deadline - performance.now()
      if (pause > 0 && left <= 0) return false
      await sleep(Math.min(pause, Math.max(0, left)))
      pause = Math.min(1_000, pause * 2 + 25)
      return true
    },
  }
}

function outcomeOf({ exit, endedFor, interruptedBy }: Ending, state: State): Outcome {
  if (state.turn?.kill_requested) return 'cancelled'
  if (endedFor === 'lease') return 'unknown'
  if (endedFor !== undefined) return 'timed_out'
  if (interruptedBy !== undefined) return 'interrupted'
  return exit.code === 0 ? 'success' : 'failure'
}

/** The tool's lock; one that a process of an ended turn still holds is superseded. */
async function takeToolLock(session: Session, turn: number): Promise<Lock> {
  const path = files.toolLock(session.dir, commandTool)
  const errand = { tool: commandTool, turn }
  return (await takeLock(path, errand)) ?? supersedeLock(path, errand)
}

function findCwd(options: RunOptions, recorded: string | undefined): string {
  const wanted = options.chdir ?? recorded ?? options.cwd
  const real = disk.findRealPath(wanted)
  if (real === undefined || disk.findFacts(real)?.kind !== 'directory') {
    throw new Failure('CWD_GONE', { cwd: wanted })
  }
  return real
}

function recordedCwd(state: State, chdir: string | undefined): string | undefined {
  if (chdir !== undefined) return undefined
  if (state.git.cwd_redacted) {
    throw new Failure('PROVENANCE_REDACTED', { id: state.meta_session_id, field: 'cwd' })
  }
  return state.git.cwd
}

function checkProgram(store: Store, argv: readonly string[], cwd: string): void {
  const program = argv[0] ?? ''
  const found = findProgram(program, cwd, store.env.PATH)
  if ('path' in found) return
  const { problem } = found
  throw problem === 'missing'
    ? new Failure('PROGRAM_MISSING', { program })
    : new Failure('PROGRAM_NOT_EXECUTABLE', { program, problem })
}

function readSource(store: Store, id: SessionId): State {
  const { state, failure } = readSnapshot(id, realSessionDir(store, id))
  if (state === undefined) {
    throw failure ?? new Failure('SESSION_UNREADABLE', { id, problem: 'it has no state' })
  }
  return state
}

/** A child hangs under the turn it was started from; a fork stands beside its source. */
function kinOf(
  store: Store,
  target: RunTarget & { kind: 'new' },
  caller: Caller | undefined,
  source: State | undefined,
): { parent_session_id?: string; depth: number } {
  if (source !== undefined) {
    const { parent_session_id, depth } = source.genealogy
    return parent_session_id === undefined ? { depth } : { parent_session_id, depth }
  }
  if (target.parent !== undefined) {
    const parent = readSource(store, target.parent)
    return { parent_session_id: target.parent, depth: parent.genealogy.depth + 1 }
  }
  if (caller === undefined || caller.store.dir !== store.dir) return { depth: 0 }
  return { parent_session_id: caller.id, depth: caller.state.genealogy.depth + 1 }
}

function toolEnv(
  store: Store,
  session: Session,
  state: State,
  turn: number,
  cwd: string,
): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(store.env)) if (value !== undefined) env[name] = value
  return {
    ...env,
    PWD: cwd,
    STINT_SESSION_ID: session.id,
    STINT_DEPTH: String(state.genealogy.depth),
    STINT_PROJECT_ROOT: store.projectPath,
    STINT_PARENT_SESSION: state.genealogy.parent_session_id ?? '',
    STINT_SESSION_DIR: session.dir,
    STINT_OUTPUT_DIR: files.turnOutput(session.dir, turn),
    STINT_TURN: String(turn),
    STINT_STORE: store.dir,
  }
}

/** Redacted before it is cut: the half of a secret looks like none. */
function describe(store: Store, argv: readonly string[]): string {
  return headOf(oneLine(redactorOf(store).text(argv.join(' ')).value), 80)
}

function writeIdFile(path: string, id: SessionId): void {
  const confirmed = replaceText(path, `${id}\n`)
  if (!confirmed) throw new Failure('DURABILITY_UNKNOWN', { id, recorded: false })
}

/** Only a hint: without it the states are looked through. */
function hintLast(store: Store, id: SessionId): void {
  try {
    replaceText(storeFiles.last(store.dir), `${id}\n`)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}
