/** How a turn ended: its outcome, its exit status, and the entries that stand before its last one. */

import type { EncodedEntry } from '../journal/entry.ts'
import type { Session } from '../session/session.ts'
import type { State } from '../session/state.ts'
import type { Outcome } from '../session/turn.ts'
import type { Launch } from './follow.ts'
import type { Ending } from './supervise.ts'
import type { Task } from './task.ts'
import type { Account } from './voice.ts'

/** A tool that speaks in events says itself how its turn ended; if it never did, it was cut off. */
export function outcomeOf(
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

/** What is known only when the turn is over, and belongs before its end. */
export function lastEntries(
  session: Session,
  { work: { tool, continues }, started: { turn }, settings }: Launch,
  account: Account,
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
  if (leftOut.entries > 0) {
    const text = `the transcript is full: ${leftOut.entries} lines were left out`
    add('error', text, { code: 'TRANSCRIPT_FULL', ...leftOut, cap: settings.transcript_cap })
  }
  return entries
}
