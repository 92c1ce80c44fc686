/** How a turn ended: its outcome, its exit status, and the entries that say so. */

import { formatDuration } from '../base/time.ts'
import { Failure } from '../errors.ts'
import type { EncodedEntry } from '../journal/entry.ts'
import { artifactsOf } from '../session/artifacts.ts'
import type { Session } from '../session/session.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import type { Outcome, TurnResult } from '../session/turn.ts'
import type { Launch } from './follow.ts'
import type { Ending, Limits } from './supervise.ts'
import type { Task } from './task.ts'
import type { Account } from './voice.ts'

/** A deadline that ended the tool. */
export interface Deadline {
  readonly code: 'TIMEOUT' | 'IDLE_TIMEOUT'
  readonly after_ms: number
  /** What it was, for people. */
  readonly text: string
}

/** The deadline that ended the tool, if one did. */
export function deadlineOf(
  { endedFor }: Ending,
  { timeout, idleTimeout }: Limits,
  tool: string,
): Deadline | undefined {
  const ended = `${tool} was ended: it`
  if (endedFor === 'timeout' && timeout !== undefined) {
    const text = `${ended} took longer than ${formatDuration(timeout)}`
    return { code: 'TIMEOUT', after_ms: timeout, text }
  }
  if (endedFor === 'idle' && idleTimeout !== undefined) {
    const text = `${ended} said nothing for ${formatDuration(idleTimeout)}`
    return { code: 'IDLE_TIMEOUT', after_ms: idleTimeout, text }
  }
  return undefined
}

/** All that is known of a turn's end. */
export interface End {
  readonly ending: Ending
  readonly deadline: Deadline | undefined
  readonly account: Account
  /** The entry that tells what the journal did not take, if so. */
  readonly lost: EncodedEntry | undefined
  /** In bytes. */
  readonly peakMemory: number | null
  /** The number of the newest entry before the turn's output. */
  readonly firstSeq: number
  /** In ms since 1970. */
  readonly at: number
  /** Whether what the disk refused is to be tried again; resolves when it is time. */
  readonly mayRetry: () => Promise<boolean>
}

/** Journals a turn's end. What the disk refused in the end is given back; the result is the same then. */
export async function recordEnd(
  session: Session,
  launch: Launch,
  task: Task,
  { ending, deadline, account, lost, peakMemory, firstSeq, at, mayRetry }: End,
): Promise<{ readonly result: TurnResult; readonly refusal: Failure | undefined }> {
  const { started, startedAt, elapsed, work } = launch
  const { turn } = started
  const { summary, provider_session_id, usage, cost_usd } = account.facts
  const extras = [
    ...(lost === undefined ? [] : [lost]),
    ...lastEntries(session, launch, account, deadline, at, task),
  ]
  const known: TurnResult = {
    session_id: session.id,
    turn,
    tool: work.tool,
    outcome: 'unknown',
    exit_code: ending.exit.code,
    signal: ending.exit.signal,
    summary,
    started_at: new Date(startedAt).toISOString(),
    completed_at: new Date(at).toISOString(),
    duration_ms: elapsed(),
    provider_session_id,
    usage,
    cost_usd,
    peak_memory_bytes: peakMemory,
    events_count: 0,
    ...artifactsOf(session.dir, turn),
  }
  const safe = session.redactParts(known)
  // What others may have appended meanwhile is known under the lock.
  const makeResult = (state: State): TurnResult => ({
    ...safe.value,
    outcome: outcomeOf(ending, account, state),
    events_count: state.journal.seq - firstSeq + extras.length + 2,
  })
  let result = makeResult(session.state)
  let refusal: Failure | undefined
  do {
    try {
      await session.appendAlways((state) => {
        if (!hasOpenTurn(state)) return []
        result = makeResult(state)
        const ended = { type: 'turn_ended', turn, text: null, data: result, at } as const
        return [...extras, session.encodeRedacted(ended, safe.counts)]
      })
      refusal = undefined
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      // What landed has happened.
      const { recorded } = error.data as { readonly recorded?: unknown }
      if (typeof recorded === 'number') extras.splice(0, recorded)
      refusal = error
    }
    // Once the entry has landed the turn has ended, whatever became of the state's file.
  } while (refusal !== undefined && hasOpenTurn(session.state) && (await mayRetry()))
  return { result, refusal }
}

/** A tool that speaks in events says itself how its turn ended; if it never did, it was cut off. */
function outcomeOf(
  { exit, endedFor, interruptedBy }: Ending,
  { verdict, hasLastWord, lostId }: Account,
  state: State,
): Outcome {
  if (lostId !== undefined) return 'failure'
  if (endedFor === 'kill' || state.turn?.kill_requested) return 'cancelled'
  if (endedFor === 'lease') return 'unknown'
  if (endedFor !== undefined) return 'timed_out'
  const said = verdict?.outcome ?? (hasLastWord ? 'interrupted' : undefined)
  if (said === 'cancelled' && interruptedBy !== undefined) return 'interrupted'
  if (said !== undefined) return said
  if (interruptedBy !== undefined) return 'interrupted'
  return exit.code === 0 ? 'success' : 'failure'
}

/** The exit status of `run` for a turn's end. */
export function statusOf(outcome: Outcome, { exit, interruptedBy, isDismissed }: Ending): number {
  if (outcome === 'timed_out') return 124
  // How one left that was sent away says nothing of its turn.
  if (!isDismissed && exit.code !== null && exit.code !== 0) return exit.code
  if (!isDismissed && exit.signal !== null) return 128 + signalNumber(exit.signal)
  if (outcome === 'success') return 0
  return outcome === 'interrupted' && interruptedBy !== undefined
    ? 128 + signalNumber(interruptedBy)
    : 1
}

function signalNumber(signal: NodeJS.Signals): number {
  const { constants } = process.getBuiltinModule('node:os')
  return constants.signals[signal]
}

/** What is known only when the turn is over, and belongs before its end. */
function lastEntries(
  session: Session,
  { work: { tool, continues }, started: { turn }, settings }: Launch,
  account: Account,
  deadline: Deadline | undefined,
  at: number,
  task: Task,
): readonly EncodedEntry[] {
  const entries: EncodedEntry[] = []
  const add = (type: string, text: string | null, data: object) => {
    entries.push(session.encode({ type, turn, text, data: { ...data }, at }))
  }
  const { verdict, isCompacted, lostId, leftOut } = account
  if (task.kind === 'compact' && verdict?.outcome === 'success' && !isCompacted) {
    add('compacted', null, {})
  }
  if (lostId !== undefined) {
    const facts = { tool, provider_session_id: lostId }
    const text = `${tool} has lost its conversation ${lostId}`
    add('error', text, { code: 'PROVIDER_SESSION_LOST', ...facts })
    // The next turn must not ask for it again. A fork's source has a journal of its own.
    if (continues?.act === 'resume') add('provider_session', null, { ...facts, lost: true })
  }
  if (deadline !== undefined) {
    const { text, ...facts } = deadline
    add('error', text, facts)
  }
  if (leftOut.entries > 0) {
    const text = `the transcript is full: ${leftOut.entries} lines were left out`
    add('error', text, { code: 'TRANSCRIPT_FULL', ...leftOut, cap: settings.transcript_cap })
  }
  return entries
}
