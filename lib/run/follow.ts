/** A turn from letting its tool go to the record of its end. */

import { sleep } from '../base/async.ts'
import { headOf, oneLine } from '../base/text.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Lock } from '../os/lock-file.ts'
import { signalGroup } from '../os/process.ts'
import type { Child } from '../os/spawn.ts'
import { markerOf } from '../session/liveness.ts'
import type { Session } from '../session/session.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { listArtifacts, type Outcome, projectResult, type TurnResult } from '../session/turn.ts'
import { isRedacting, redactorOf } from '../store/access.ts'
import type { Store } from '../store/store.ts'
import { watchMemory } from './memory.ts'
import { commandTool, type RunOptions, type RunReport, type Started } from './plan.ts'
import { type Budget, startPump } from './pump.ts'
import { Recorder } from './recorder.ts'
import { type Ending, supervise } from './supervise.ts'

/** A tool behind its gate, whose turn is on the disk. */
export interface Launch {
  readonly child: Child
  readonly toolLock: Lock
  readonly started: Started
  /** In ms since 1970. */
  readonly startedAt: number
}

/** From letting the tool go to the record of its end. */
export async function follow(
  store: Store,
  session: Session,
  { child, toolLock, started, startedAt }: Launch,
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
      onTrouble: (error) => options.onNotice?.(`${name} cannot be passed on: ${error.message}`),
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
  // Signals are passed on from here, so whoever hears of the turn can send one.
  options.onStarted?.(started)
  if (!isRedacting(store)) {
    options.onNotice?.(`redaction is off (${store.configFile}): secrets are kept in the transcript`)
  }
  child.release()
  const endMemory = watchMemory(child.group.pgid, markerOf(session.id))
  const ending = await supervised
  const peakMemory = endMemory()
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
  const known: TurnResult = {
    session_id: session.id,
    turn,
    tool: commandTool,
    outcome: 'unknown',
    exit_code: ending.exit.code,
    signal: ending.exit.signal,
    summary: summary === '' ? null : headOf(summary, 200),
    started_at: new Date(startedAt).toISOString(),
    completed_at: new Date(endedAt).toISOString(),
    duration_ms: Math.max(0, endedAt - startedAt),
    provider_session_id: null,
    usage: null,
    cost_usd: null,
    peak_memory_bytes: peakMemory,
    events_count: 0,
    artifacts: listArtifacts(session.dir, turn),
  }
  const safe = session.redact({ type: 'turn_ended', turn, text: null, data: known, at: endedAt })
  // What others may have appended meanwhile is known under the lock.
  const makeResult = (state: State): TurnResult => ({
    ...safe.value.data,
    outcome: outcomeOf(ending, state),
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
  return { result, status: statusOf(result.outcome, ending), recorded, failure }
}

/** The exit status of `run` for a turn's end. */
function statusOf(outcome: Outcome, { exit, interruptedBy }: Ending): number {
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

function outcomeOf({ exit, endedFor, interruptedBy }: Ending, state: State): Outcome {
  if (state.turn?.kill_requested) return 'cancelled'
  if (endedFor === 'lease') return 'unknown'
  if (endedFor !== undefined) return 'timed_out'
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
