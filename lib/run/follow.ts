/** A turn from letting its tool go to the record of its end. */

import type { Readable } from 'node:stream'
import { sleep } from '../base/async.ts'
import { Failure, isFailure } from '../errors.ts'
import type { EncodedEntry } from '../journal/entry.ts'
import type { Lock } from '../os/lock-file.ts'
import { type Child, keepTerminal } from '../os/spawn.ts'
import { markerOf } from '../session/liveness.ts'
import type { Session } from '../session/session.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { listArtifacts, type Outcome, projectResult, type TurnResult } from '../session/turn.ts'
import { isRedacting, redactorOf } from '../store/access.ts'
import type { Store } from '../store/store.ts'
import type { Stream } from '../tools/adapter.ts'
import { EventLines, summaryOf } from './events.ts'
import { watchMemory } from './memory.ts'
import type { RunOptions, RunReport, Started } from './plan.ts'
import type { PrivateFile } from './private-file.ts'
import { type Budget, OutputLines, silentLines, startPump } from './pump.ts'
import { Recorder } from './recorder.ts'
import { type Ending, supervise } from './supervise.ts'
import { sweepTurn } from './sweep.ts'
import { lastTotal, UsageMeter } from './usage.ts'
import type { Work } from './work.ts'

/** A tool behind its gate, whose turn is on the disk. */
export interface Launch {
  readonly child: Child
  readonly toolLock: Lock
  readonly started: Started
  /** In ms since 1970. */
  readonly startedAt: number
  readonly work: Work
  /** The directory of the session that this one is a fork of. */
  readonly source: string | undefined
  /** What the tool says things in, in place of its standard output. */
  readonly file: PrivateFile | undefined
}

/** From letting the tool go to the record of its end. */
export async function follow(
  store: Store,
  session: Session,
  { child, toolLock, started, startedAt, work, source, file }: Launch,
  options: RunOptions,
): Promise<RunReport> {
  const { turn } = started
  const firstSeq = session.state.journal.seq
  const recorder = new Recorder(session, turn, (failure) => {
    options.onNotice?.(`the journal cannot be written, and the tool goes on: ${failure.message}`)
  })
  const used = session.state.journal.streamed_bytes ?? 0
  const budget: Budget = {
    left: Math.max(0, options.transcriptCap - used),
    leftOut: { entries: 0, bytes: 0 },
  }
  const common = { session, recorder, turn, budget, now: store.now }
  const [stdout, stderr] = (['stdout', 'stderr'] as const).map(
    (name) => new OutputLines({ ...common, name, redaction: redactorOf(store).openStream() }),
  ) as [OutputLines, OutputLines]
  const { adapter, tool, continues } = work
  let events: EventLines | undefined
  const stream = await adapter?.open({
    request: work.request ?? {
      act: 'new',
      prompt: '',
      session: session.id,
      file: '',
      permission: 'deny',
      args: [],
    },
    cwd: started.cwd,
    clientVersion: options.clientVersion,
    write: (line) => child.stdin?.write(line),
    closeInput: () => child.stdin?.end(),
    onEvent: (event) => events?.event(event),
    ...(options.ask === undefined ? {} : { ask: options.ask }),
  })
  const meter = new UsageMeter(
    (id) =>
      lastTotal(session.dir, id) ??
      (source !== undefined && continues?.act === 'fork' && continues.id !== undefined
        ? lastTotal(source, continues.id)
        : undefined),
    () => continues === undefined,
  )
  if (stream !== undefined) {
    events = new EventLines({
      ...common,
      stream,
      tool,
      meter,
      output: stdout,
      requested: continues?.act === 'resume' ? continues.id : undefined,
      given: work.given,
      show: options.show,
      onNotice: (text) => options.onNotice?.(text),
    })
  }
  const complaint = adapter && keepTail(child.stderr)
  const isShown = options.show !== undefined && !stream?.isText
  const pumps = (['stdout', 'stderr'] as const).map((name) =>
    startPump({
      lines: name === 'stderr' ? stderr : file !== undefined ? silentLines : (events ?? stdout),
      source: child[name],
      sink: options[name],
      isShown: name === 'stdout' && isShown,
      beforeWrite: name === 'stderr' ? options.onComplaint : undefined,
      recorder,
      onTrouble: (error) => options.onNotice?.(`${name} cannot be passed on: ${error.message}`),
    }),
  )
  if (file !== undefined && events !== undefined) {
    const onTrouble = (error: Error) => options.onNotice?.(error.message)
    pumps.push(file.follow(events, () => recorder.isFull, onTrouble))
  }
  const { signals } = options
  // Nobody knows whether somebody sits at a terminal.
  const { hasTerminal } = child
  const limits = hasTerminal ? { ...options.limits, idleTimeout: undefined } : options.limits
  const resetTerminal = hasTerminal ? keepTerminal() : undefined
  const supervised = supervise({
    child,
    pumps,
    limits,
    signals,
    ignoreHup: options.ignoreHup === true,
    isLeaseLost: () => session.isLeaseLost,
    isWorking: () => events?.isWorking ?? false,
    isDone: () => events?.isDone ?? false,
    onStop: options.onStop,
    ...(stream?.over === undefined ? {} : { over: stream.over }),
    ...(stream?.cancel === undefined ? {} : { cancel: stream.cancel }),
    onExit: (ending) => sweepTurn(session, child.group, ending, options),
  })
  // Signals are passed on from here, so whoever hears of the turn can send one.
  options.onStarted?.(started)
  if (work.notice !== undefined) options.onNotice?.(work.notice)
  if (!isRedacting(store)) {
    options.onNotice?.(`redaction is off (${store.configFile}): secrets are kept in the transcript`)
  }
  child.release()
  const endMemory = watchMemory(child.group.pgid, markerOf(session.id))
  const ending = await supervised
  resetTerminal?.()
  const peakMemory = endMemory()
  await stream?.end?.()
  const patience = retries(options.journalPatience)
  while (!(await recorder.flush()) && (await patience.again()));
  const lost = recorder.close()
  // What still holds the lock now is a process that outlived its turn.
  toolLock.release()

  const endedAt = store.now()
  const verdict = stream?.verdict()
  const isLost =
    stream?.isSessionLost?.() ||
    (verdict === undefined &&
      !(stream?.endsByExit && ending.exit.code === 0) &&
      adapter?.isSessionLost(complaint?.() ?? ''))
  const lostId = isLost ? continues?.id : undefined
  const extras = [
    ...(options.task.kind === 'compact' &&
    verdict?.outcome === 'success' &&
    events?.isCompacted === false
      ? [session.encode({ type: 'compacted', turn, text: null, data: {}, at: endedAt })]
      : []),
    ...(lostId === undefined ? [] : lostEntries(session, work, turn, lostId, endedAt)),
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
  const said = events?.last ?? verdict?.text ?? stdout.last ?? stderr.last
  const known: TurnResult = {
    session_id: session.id,
    turn,
    tool,
    outcome: 'unknown',
    exit_code: ending.exit.code,
    signal: ending.exit.signal,
    summary: summaryOf(verdict?.outcome === 'failure' ? (verdict.text ?? said) : said),
    started_at: new Date(startedAt).toISOString(),
    completed_at: new Date(endedAt).toISOString(),
    duration_ms: Math.max(0, endedAt - startedAt),
    provider_session_id: events?.provider ?? null,
    usage: meter.sum,
    cost_usd: meter.sum?.cost_usd ?? null,
    peak_memory_bytes: peakMemory,
    events_count: 0,
    artifacts: listArtifacts(session.dir, turn),
  }
  const safe = session.redact({ type: 'turn_ended', turn, text: null, data: known, at: endedAt })
  // What others may have appended meanwhile is known under the lock.
  const makeResult = (state: State): TurnResult => ({
    ...safe.value.data,
    outcome: lostId === undefined ? outcomeOf(ending, state, stream) : 'failure',
    events_count: state.journal.seq - firstSeq + extras.length + 2,
  })
  let result = makeResult(session.state)
  let failure: Failure | undefined
  do {
    try {
      await session.appendAlways((state) => {
        if (!hasOpenTurn(state)) return []
        result = makeResult(state)
        const ended = { ...safe.value, data: result }
        return [...extras, session.encodeRedacted(ended, safe.counts)]
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
  if (lostId !== undefined) {
    const id = options.target.kind === 'resume' ? session.id : (options.target.fork ?? session.id)
    failure ??= new Failure('PROVIDER_SESSION_LOST', { id, tool, provider_session_id: lostId })
  }
  return { result, status: statusOf(result.outcome, ending), recorded, failure }
}

/** The exit status of `run` for a turn's end. */
function statusOf(outcome: Outcome, { exit, interruptedBy, isDismissed }: Ending): number {
  if (outcome === 'timed_out') return 124
  if (isDismissed) return outcome === 'success' ? 0 : 1
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

/** What is left when the provider has lost the conversation: the next turn must not ask for it again. */
function lostEntries(
  session: Session,
  { tool, continues }: Work,
  turn: number,
  id: string,
  at: number,
): readonly EncodedEntry[] {
  const facts = { tool, provider_session_id: id }
  const error = session.encode({
    type: 'error',
    turn,
    text: `${tool} has lost its conversation ${id}`,
    data: { code: 'PROVIDER_SESSION_LOST', ...facts },
    at,
  })
  // A fork's source has a journal of its own.
  if (continues?.act !== 'resume') return [error]
  const data = { ...facts, lost: true }
  return [error, session.encode({ type: 'provider_session', turn, text: null, data, at })]
}

/** The end of what a stream said, in UTF-8. */
function keepTail(stream: Readable): () => string {
  let tail = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-8192)
  })
  return () => tail.toString('utf8')
}

/** A tool that speaks in events says itself how its turn ended; if it never did, it was cut off. */
function outcomeOf(
  { exit, endedFor, interruptedBy }: Ending,
  state: State,
  stream: Stream | undefined,
): Outcome {
  if (state.turn?.kill_requested) return 'cancelled'
  if (endedFor === 'lease') return 'unknown'
  if (endedFor !== undefined) return 'timed_out'
  if (stream !== undefined) {
    const said = stream.verdict()?.outcome ?? (stream.endsByExit ? undefined : 'interrupted')
    if (said === 'cancelled' && interruptedBy !== undefined) return 'interrupted'
    if (said !== undefined) return said
  }
  if (interruptedBy !== undefined) return 'interrupted'
  return exit.code === 0 ? 'success' : 'failure'
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
