/** A turn from letting its tool go to the record of its end. */

import { sleep } from '../base/async.ts'
import { Failure } from '../errors.ts'
import type { Lock } from '../os/lock-file.ts'
import { type Child, keepTerminal } from '../os/spawn.ts'
import { artifactsOf } from '../session/artifacts.ts'
import { markerOf } from '../session/liveness.ts'
import type { Session } from '../session/session.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { projectResult, type TurnResult } from '../session/turn.ts'
import { isRedacting } from '../store/access.ts'
import type { Settings } from '../store/config.ts'
import type { Store } from '../store/store.ts'
import { lastEntries, outcomeOf, statusOf } from './ending.ts'
import { watchMemory } from './memory.ts'
import type { RunOptions, RunReport, Started } from './plan.ts'
import type { PrivateFile } from './private-file.ts'
import { Recorder } from './recorder.ts'
import type { KeptSignals } from './signals.ts'
import { type Limits, supervise } from './supervise.ts'
import { foreignText, sweepTurn, watchForKill } from './sweep.ts'
import { nextOf } from './task.ts'
import { openVoice } from './voice.ts'
import type { Work } from './work.ts'

/** A tool behind its gate, whose turn is on the disk. */
export interface Launch {
  readonly child: Child
  readonly toolLock: Lock
  readonly started: Started
  /** In ms since 1970. */
  readonly startedAt: number
  /** How long that is ago, in ms, whatever the clock was set to since. */
  readonly elapsed: () => number
  readonly work: Work
  /** The directory of the session that this one is a fork of. */
  readonly source: string | undefined
  /** What the tool says things in, in place of its standard output. */
  readonly file: PrivateFile | undefined
  readonly settings: Settings
  readonly signals: KeptSignals
  /** Tells the caller of the turn. */
  readonly tell: (started: Started) => void
}

/** From letting the tool go to the record of its end. */
export async function follow(
  store: Store,
  session: Session,
  launch: Launch,
  options: RunOptions,
): Promise<RunReport> {
  const { child, toolLock, started, startedAt, elapsed, work, settings, signals } = launch
  const { turn } = started
  const { tool } = work
  const firstSeq = session.state.journal.seq
  const recorder = new Recorder(session, turn, (failure) => {
    options.onNotice?.(`the journal cannot be written, and the tool goes on: ${failure.message}`)
  })
  const voice = await openVoice(store, session, launch, recorder, options)
  const limits = limitsOf(launch, options)
  const resetTerminal = child.hasTerminal ? keepTerminal() : undefined
  const supervised = supervise({
    ...voice.conduct,
    child,
    pumps: voice.pumps,
    limits,
    signals,
    ignoreHup: options.ignoreHup === true,
    isLeaseLost: () => session.isLeaseLost,
    isKillRequested: watchForKill(session),
    onStop: options.onStop,
    onRefused: () => options.onNotice?.(`it is waited for: ${foreignText(child.group)}`),
    onExit: (ending) => sweepTurn(session, child.group, ending, limits.killGrace, options.onNotice),
  })
  // Signals are passed on from here, so whoever hears of the turn can send one.
  launch.tell(started)
  for (const notice of work.notices) options.onNotice?.(notice)
  if (!isRedacting(store)) {
    options.onNotice?.(`redaction is off (${store.configFile}): secrets are kept in the transcript`)
  }
  child.release()
  const endMemory = watchMemory(child.group.pgid, markerOf(session.id))
  const ending = await supervised
  resetTerminal?.()
  const peakMemory = endMemory()
  const account = await voice.end(ending.exit.code)
  const patience = retries(settings.journal_patience)
  // What is another machine's now stays so, and who sends signals wants no more waiting.
  const mayRetry = async () =>
    !session.isLeaseLost && signals.kept === undefined && (await patience.again())
  while (!(await recorder.flush()) && (await mayRetry()));
  const lost = recorder.close()
  // What still holds the lock now is a process that outlived its turn.
  toolLock.release()

  const endedAt = store.now()
  const extras = [
    ...(lost === undefined ? [] : [lost]),
    ...lastEntries(session, launch, account, endedAt, options.task),
  ]
  const known: TurnResult = {
    session_id: session.id,
    turn,
    tool,
    outcome: 'unknown',
    exit_code: ending.exit.code,
    signal: ending.exit.signal,
    summary: account.facts.summary,
    started_at: new Date(startedAt).toISOString(),
    completed_at: new Date(endedAt).toISOString(),
    duration_ms: elapsed(),
    provider_session_id: account.facts.provider_session_id,
    usage: account.facts.usage,
    cost_usd: account.facts.cost_usd,
    peak_memory_bytes: peakMemory,
    events_count: 0,
    ...artifactsOf(session.dir, turn),
  }
  const safe = session.redact({ type: 'turn_ended', turn, text: null, data: known, at: endedAt })
  // What others may have appended meanwhile is known under the lock.
  const makeResult = (state: State): TurnResult => ({
    ...safe.value.data,
    outcome: outcomeOf(ending, account, state),
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
      // What landed has happened.
      const { recorded } = error.data as { readonly recorded?: unknown }
      if (typeof recorded === 'number') extras.splice(0, recorded)
      failure = error
    }
    // Once the entry has landed the turn has ended, whatever became of the state's file.
  } while (failure !== undefined && hasOpenTurn(session.state) && (await mayRetry()))
  const recorded = !hasOpenTurn(session.state)
  if (recorded) projectResult(session, session.state)
  if (ending.endedFor === 'lease' && failure?.code !== 'LEASE_LOST') {
    options.onNotice?.(`${tool} was ended: the lease of the session cannot be found any more`)
  }
  const { lostId } = account
  if (lostId !== undefined) {
    const id = options.target.kind === 'resume' ? session.id : (options.target.fork ?? session.id)
    failure ??= new Failure('PROVIDER_SESSION_LOST', { id, tool, provider_session_id: lostId })
  }
  const next = work.adapter && nextOf(work.adapter, session.state.tools[tool] ?? {})
  const isStuck = account.cannotResume && next === 'goes_on'
  return {
    result,
    status: statusOf(result.outcome, ending),
    recorded,
    failure,
    next: isStuck ? 'cannot' : next,
  }
}

function limitsOf({ child, work, settings }: Launch, { timeout, idleTimeout }: RunOptions): Limits {
  const silence = work.adapter === undefined ? settings.idle_timeout : settings.agent_idle_timeout
  return {
    timeout: timeout ?? settings.timeout,
    // Nobody knows whether somebody sits at a terminal.
    idleTimeout: child.hasTerminal ? undefined : (idleTimeout ?? silence),
    killGrace: settings.kill_grace,
  }
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
