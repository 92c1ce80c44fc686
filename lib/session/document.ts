/** The layout of state.toml: which keys its tables have, in which order, and what stands in each. */

import type { GroupIdentity } from '../os/process.ts'
import {
  type ContextStatus,
  type Genealogy,
  type GitFacts,
  type JournalMark,
  type State,
  type ToolState,
  type TurnState,
  usageKeys,
} from './state.ts'

/** What stands in a key: a `count` is not below 0, and a `mark` not below -1, as before the first entry. */
export type Kind =
  | 'id'
  | 'text'
  | 'texts'
  | 'truth'
  | 'integer'
  | 'count'
  | 'mark'
  | 'amount'
  | 'instant'

/** The keys of one table; those with a `?` may be absent. */
export type Keys = Readonly<Record<string, Kind | `${Kind}?`>>

export function kindOf(kind: Keys[string]): Kind {
  return kind.replace('?', '') as Kind
}

export function isOptional(kind: Keys[string]): boolean {
  return kind.endsWith('?')
}

/** Neither more keys nor fewer than the type has. */
type KeysOf<T> = { readonly [K in keyof T]-?: object extends Pick<T, K> ? `${Kind}?` : Kind }

/** The keys of a state that are tables. */
export const tables = [
  'genealogy',
  'context_status',
  'tools',
  'git',
  'turn',
  'usage',
  'redactions',
  'journal',
] as const

/** The tables in their order; `head` stands before them, and `process` in the turn's. */
export const layout: {
  readonly head: KeysOf<Omit<State, (typeof tables)[number]>>
  readonly genealogy: KeysOf<Genealogy>
  readonly context_status: KeysOf<ContextStatus>
  readonly tool: KeysOf<ToolState>
  readonly git: KeysOf<GitFacts>
  readonly turn: KeysOf<Omit<TurnState, 'process'>>
  readonly process: KeysOf<GroupIdentity>
  readonly usage: Keys
  readonly journal: KeysOf<JournalMark>
} = {
  head: {
    format: 'integer',
    meta_session_id: 'id',
    description: 'text?',
    name: 'text?',
    project_path: 'text',
    created_at: 'instant',
    last_accessed: 'instant',
    phase: 'text',
    pinned: 'truth',
  },
  genealogy: { parent_session_id: 'text?', fork_of_session_id: 'text?', depth: 'integer' },
  context_status: { is_compacted: 'truth', last_compacted_at: 'instant?' },
  tool: {
    provider_session_id: 'text?',
    provider_session_history: 'texts?',
    last_action_summary: 'text?',
    last_exit_code: 'integer?',
    updated_at: 'instant?',
  },
  git: { branch: 'text?', head_at_creation: 'text?', cwd: 'text?', cwd_redacted: 'truth?' },
  turn: {
    number: 'integer',
    tool: 'text',
    started_at: 'instant',
    ended_at: 'instant?',
    outcome: 'text?',
    exit_code: 'integer?',
    signal: 'text?',
    kill_requested: 'truth?',
    conversation: 'truth?',
  },
  process: { pgid: 'integer', start_time: 'text', host: 'text', boot_id: 'text', pid_ns: 'text' },
  usage: Object.fromEntries(usageKeys.map((key) => [key, 'amount?'])),
  journal: { fold: 'count', seq: 'mark', bytes: 'count', streamed_bytes: 'count?' },
}
