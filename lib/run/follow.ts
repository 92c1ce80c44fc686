/** A turn from letting its tool go to the record of its end. */

import { sleep } from '../base/async.ts'
import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import type { Lock } from '../os/lock-file.ts'
import { type Child, keepTerminal } from '../os/spawn.ts'
import { markerOf } from '../session/liveness.ts'
import type { Session } from '../session/session.ts'
import { hasOpenTurn } from '../session/state.ts'
import { projectResult } from '../session/turn.ts'
import { isRedacting } from '../store/access.ts'
import type { Store } from '../store/store.ts'
import { deadlineOf, recordEnd, statusOf } from './ending.ts'
import { watchMemory } from './memory.ts'
import type { RunOptions, RunReport, RunTarget, Started } from './options.ts'
import type { Plan } from './plan.ts'
import type { PrivateFile } from './private-file.ts'
import { Recorder } from './recorder.ts'
import { type Limits, supervise } from './supervise.ts'
import { foreignText, sweepTurn, watchForKill } from './sweep.ts'
import { nextOf } from './task.ts'
import { type Account, openVoice } from './voice.ts'

/** A tool behind its gate, whose turn is on the disk. */
export interface Launch extends Plan {
  readonly child: Child
  readonly toolLock: Lock
  readonly started: Started
  /** In ms since 1970. */
  readonly startedAt: number
  /** How long that is ago, in ms, whatever the clock was set to since. */
  readonly elapsed: () => number
  /** What the tool says things in, in place of its standard output. */
  readonly file: PrivateFile | undefined
}

/** From letting the tool go to the record of its end. */
export async function follow(
  store: Store,
  session: Session,
  launch: Launch,
  options: RunOptions,
): Promise<RunReport> {
  const { child, toolLock, started, work, settings, signals } = launch
  const { tool } = work
  const firstSeq = session.state.journal.seq
  const recorder = new Recorder(session, started.turn, (failure) => {
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
  const isTime = openPatience(settings.journal_patience)
  // What is another machine's now stays so, and who sends signals wants no more waiting.
  const mayRetry = async () => !session.isLeaseLost && !signals.isEndWanted() && (await isTime())
  while (!(await recorder.flush()) && (await mayRetry()));
  const lost = recorder.close()
  // What still holds the lock now is a process that outlived its turn.
  toolLock.release()

  const deadline = deadlineOf(ending, limits, tool)
  const end = { ending, deadline, account, lost, peakMemory, firstSeq, at: store.now(), mayRetry }
  const { result, refusal } = await recordEnd(session, launch, options.task, end)
  const recorded = !hasOpenTurn(session.state)
  if (recorded) projectResult(session, session.state)
  if (ending.endedFor === 'lease' && refusal?.code !== 'LEASE_LOST') {
    options.onNotice?.(`${tool} was ended: the lease of the session cannot be found any more`)
  }
  if (deadline !== undefined) {
    const option = deadline.code === 'TIMEOUT' ? '--timeout' : '--idle-timeout'
    options.onNotice?.(`${deadline.text}; ${option} allows more`)
  }
  const next = work.adapter && nextOf(work.adapter, session.state.tools[tool] ?? {})
  const isStuck = account.cannotResume && next === 'goes_on'
  return {
    result,
    status: statusOf(result.outcome, ending),
    recorded,
    failure: refusal ?? lossOf(account, tool, session.id, options.target),
    next: isStuck ? 'cannot' : next,
  }
}

/** Of a fork it is the source whose conversation is lost. */
function lossOf(
  { lostId }: Account,
  tool: string,
  session: SessionId,
  target: RunTarget,
): Failure | undefined {
  if (lostId === undefined) return undefined
  const id = target.kind === 'resume' ? session : (target.fork ?? session)
  return new Failure('PROVIDER_SESSION_LOST', { id, tool, provider_session_id: lostId })
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
function openPatience(allowed: number): () => Promise<boolean> {
  const deadline = performance.now() + allowed
  let pause = 0
  return async () => {
    const left = deadline - performance.now()
    if (pause > 0 && left <= 0) return false
    await sleep(Math.min(pause, Math.max(0, left)))
    pause = Math.min(1_000, pause * 2 + 25)
    return true
  }
}
