/**
 * state.toml: what a session's journal folds to.
 *
 * The type is the document: its words are the file's words, and a key that this version does not know
 * goes through untouched, since the document is never taken apart. Instants are Timestamps here and
 * TOML datetimes in the file.
 */

import type { SessionId } from '../base/id.ts'
import type { Timestamp } from '../base/time.ts'
import type { GroupIdentity } from '../os/process.ts'

/** The format that is written; a file of a newer one is read as far as it goes and never written. */
export const stateFormat = 1

/** The version of the fold; a state that an older one wrote is folded anew. */
export const foldVersion = 1

/** What of `usage` entries is added up, in the order that a state has them in. */
export const usageKeys = [
  'input_tokens',
  'cached_input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_usd',
] as const

export interface State {
  readonly format: number
  readonly meta_session_id: SessionId
  readonly description?: string
  readonly name?: string
  readonly project_path: string
  readonly created_at: Timestamp
  readonly last_accessed: Timestamp
  readonly phase: string
  readonly pinned: boolean
  readonly genealogy: Genealogy
  readonly context_status: ContextStatus
  readonly tools: Readonly<Record<string, ToolState>>
  readonly git: GitFacts
  readonly turn?: TurnState
  readonly usage?: Readonly<Record<string, number>>
  /** How often each rule took something out of what the journal holds. */
  readonly redactions?: Readonly<Record<string, number>>
  readonly journal: JournalMark
}

export interface Genealogy {
  readonly parent_session_id?: string
  readonly fork_of_session_id?: string
  readonly depth: number
}

export interface ContextStatus {
  readonly is_compacted: boolean
  readonly last_compacted_at?: Timestamp
}

export interface ToolState {
  readonly provider_session_id?: string
  readonly provider_session_history?: readonly string[]
  readonly last_action_summary?: string
  readonly last_exit_code?: number
  readonly updated_at?: Timestamp
}

export interface GitFacts {
  readonly branch?: string
  readonly head_at_creation?: string
  readonly cwd?: string
  /** The cwd looked like a secret, so what stands here is no place to go back to. */
  readonly cwd_redacted?: boolean
}

export interface TurnState {
  readonly number: number
  readonly tool: string
  readonly started_at: Timestamp
  /** Absent while the turn is open. */
  readonly ended_at?: Timestamp
  readonly outcome?: string
  readonly exit_code?: number
  readonly signal?: string
  /** Somebody asked for its end. */
  readonly kill_requested?: boolean
  /** Its tool is talked with, and can be asked to stop. */
  readonly conversation?: boolean
  readonly process?: GroupIdentity
}

export interface JournalMark {
  readonly fold: number
  /** The newest entry folded in. */
  readonly seq: number
  /** The transcript's length behind that entry, in bytes. */
  readonly bytes: number
  /** Bytes of the entries that the size cap counts. */
  readonly streamed_bytes?: number
}

/** Whether the newest turn has started and not ended. */
export function hasOpenTurn(state: State): boolean {
  return state.turn !== undefined && state.turn.ended_at === undefined
}
