/** The ends of turns: results, and the turns whose supervisor never came to write one. */

import type { SessionId } from '../base/id.ts'
import { formatToml, TomlError } from '../base/toml.ts'
import { Failure } from '../errors.ts'
import type { Entry, EntryData } from '../journal/entry.ts'
import { decodeLines, readLinesBackwards } from '../journal/read.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { replaceText, sweepLeftovers } from '../os/replace.ts'
import { type Artifact, artifactsOf } from './artifacts.ts'
import { findHeldTool, turnVitals } from './liveness.ts'
import type { Session } from './session.ts'
import { hasOpenTurn, type State } from './state.ts'

export type Outcome =
  | 'success'
  | 'failure'
  | 'interrupted'
  | 'timed_out'
  | 'cancelled'
  | 'crashed'
  | 'unknown'

/** A turn's result: the data of its `turn_ended` entry. What is not known is null. */
export interface TurnResult extends EntryData {
  readonly session_id: SessionId
  readonly turn: number
  readonly tool: string
  readonly outcome: Outcome
  readonly exit_code: number | null
  readonly signal: string | null
  readonly summary: string | null
  readonly started_at: string
  readonly completed_at: string
  readonly duration_ms: number
  readonly provider_session_id: string | null
  readonly usage: Readonly<Record<string, number>> | null
  readonly cost_usd: number | null
  readonly peak_memory_bytes: number | null
  /** How many entries the turn has, its start and its end among them. */
  readonly events_count: number
  readonly artifacts: readonly Artifact[]
  /** There are more than a result can name. */
  readonly artifacts_truncated?: true
}

/**
 * Brings a session whose session.lock the caller holds to rest: a crashed turn is recorded, and the
 * newest turn's result.toml is written where it is missing.
 *
 * Throws SESSION_ORPHANED or LIVENESS_UNKNOWN, with nothing changed, when the turn may still live.
 */
export async function settle(session: Session, now: number): Promise<State> {
  const state = await session.refresh()
  if (!hasOpenTurn(state)) {
    projectResult(session, state)
    return state
  }
  return endTurn(session, 'crashed', requireDead(session, state), now, true)
}

/**
 * Says how an open turn without a supervisor is known to be over. Throws SESSION_ORPHANED or
 * LIVENESS_UNKNOWN when it may still live.
 */
export function requireDead(session: Session, state: State): string {
  const tool = findHeldTool(session.dir)
  if (tool !== undefined) {
    const why = `its supervisor is gone, but the ${tool} lock is held`
    throw new Failure('SESSION_ORPHANED', { id: session.id, why })
  }
  const { verdict, why } = turnVitals(session.id, state)
  if (verdict === 'unknown' && session.isTakenOver) {
    return `${why}, which was silent for too long`
  }
  if (verdict === 'unknown') throw new Failure('LIVENESS_UNKNOWN', { id: session.id, why })
  if (verdict === 'alive') {
    throw new Failure('SESSION_ORPHANED', {
      id: session.id,
      why: `its supervisor is gone, but ${why}`,
    })
  }
  return 'its supervisor was gone when it was looked at'
}

/** Ends the open turn of a session whose supervisor cannot, with what is known about it. */
export async function endTurn(
  session: Session,
  outcome: Outcome,
  summary: string,
  now: number,
  upkeep: boolean,
): Promise<State> {
  const number = session.state.turn?.number ?? 0
  const known = { summary, ...artifactsOf(session.dir, number) }
  const safe = session.redactParts(known)
  const { state } = await session.append((state) => {
    const { turn } = state
    if (turn?.number !== number || !hasOpenTurn(state)) return []
    const started = startOf(session.dir, turn.number)
    // The last thing that is known of the turn is its newest entry, not the moment somebody looked.
    const ended = upkeep ? Date.parse(state.last_accessed) : now
    const result: TurnResult = {
      session_id: session.id,
      turn: turn.number,
      tool: turn.tool,
      outcome,
      exit_code: null,
      signal: null,
      summary: safe.value.summary,
      started_at: turn.started_at,
      completed_at: new Date(ended).toISOString(),
      duration_ms: Math.max(0, ended - Date.parse(turn.started_at)),
      provider_session_id: state.tools[turn.tool]?.provider_session_id ?? null,
      usage: null,
      cost_usd: null,
      peak_memory_bytes: null,
      events_count: state.journal.seq + 2 - (started ?? state.journal.seq + 1),
      artifacts: safe.value.artifacts,
      ...(known.artifacts_truncated && { artifacts_truncated: true }),
    }
    const data = upkeep ? { ...result, upkeep: true } : result
    const entry = { type: 'turn_ended', turn: number, text: null, data, at: now } as const
    return [session.encodeRedacted(entry, safe.counts)]
  })
  projectResult(session, state)
  return state
}

/** Writes the newest ended turn's result.toml where it is missing, and can be; an ailing disk leaves it to the next. */
export function projectResult(session: Session, state: State): void {
  const { turn } = state
  if (turn === undefined || turn.ended_at === undefined) return
  try {
    const file = files.result(session.dir, turn.number)
    if (disk.findFacts(file) !== undefined) return
    const ended = findTurnEnd(session.dir, turn.number)
    if (ended === undefined) return
    const dir = files.turnOutput(session.dir, turn.number)
    disk.makeDirs(dir)
    sweepLeftovers(dir, ['result.toml'])
    replaceText(file, formatToml(withoutNulls(ended.data)))
  } catch (error) {
    if (!(error instanceof Failure || error instanceof TomlError)) throw error
  }
}

/** The `turn_ended` entry of a turn, or undefined. */
export function findTurnEnd(dir: string, turn: number): Entry | undefined {
  for (const entry of findEntries(dir)) {
    if (entry.type === 'turn_ended' && entry.turn === turn) return entry
    if (entry.type === 'turn_started' && entry.turn < turn) return undefined
  }
  return undefined
}

/** The sequence number of a turn's first entry. */
function startOf(dir: string, turn: number): number | undefined {
  for (const entry of findEntries(dir)) {
    if (entry.type === 'turn_started' && entry.turn === turn) return entry.seq
  }
  return undefined
}

/** The entries of a session, the newest first; none when there is no transcript. */
export function* findEntries(dir: string): Generator<Entry> {
  const path = files.transcript(dir)
  const fd = disk.findRead(path)
  if (fd === undefined) return
  try {
    const lines = readLinesBackwards(fd, path, disk.readFacts(fd, path).size)
    for (const { entry } of decodeLines(lines)) if (entry !== undefined) yield entry
  } finally {
    disk.closeFile(fd)
  }
}

function withoutNulls(data: EntryData): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null))
}
