/** The fold: state + entry → state. Pure; what state.toml says is this and nothing else. */

import {
  DecodeError,
  decodeBoolean,
  decodeInteger,
  decodeNumber,
  decodeText,
  isTable,
  present,
} from '../base/decode.ts'
import { isSessionId } from '../base/id.ts'
import { formatTimestamp, type Timestamp } from '../base/time.ts'
import type { EncodedEntry, Entry, EntryData } from '../journal/entry.ts'
import type { Mark } from '../journal/recover.ts'
import { decodeGroup } from './codec.ts'
import { foldVersion, type State, stateFormat, type ToolState, usageKeys } from './state.ts'

/** The entries whose bytes the transcript's size cap counts. */
export function isStreamed(type: string): boolean {
  return type === 'output' || type === 'raw' || type === 'thought' || type === 'tool_result'
}

/** An entry that cannot follow the state: the journal holds something that no stint wrote. */
export class FoldError extends Error {}

/**
 * Folds one entry, whose line has this many bytes, into the state; `undefined` is the state before
 * entry 0. Throws FoldError.
 */
export function foldEntry(state: State | undefined, entry: Entry, bytes: number): State {
  try {
    const redactions = addRedactions(state, [entry.data])
    if (state === undefined) {
      return { ...created(entry), ...redactions, journal: markOf(undefined, entry, bytes) }
    }
    return {
      ...state,
      ...change(state, entry),
      ...redactions,
      ...lastAccess(state, entry),
      journal: markOf(state, entry, bytes),
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new FoldError(`entry ${entry.seq} (${entry.type}): ${error.message}`, { cause: error })
  }
}

/** The same as folding streamed entries one by one, up to a mark: all they change is how far it is. */
export function foldStreamed(
  state: State,
  entries: readonly Pick<EncodedEntry, 'ts' | 'redactions'>[],
  mark: Mark,
): State {
  if (entries.length === 0) return state
  let last = state.last_accessed
  for (const { ts } of entries) if (ts > last) last = ts
  const streamed = (state.journal.streamed_bytes ?? 0) + mark.bytes - state.journal.bytes
  return {
    ...state,
    ...addRedactions(state, entries),
    last_accessed: last,
    journal: { ...state.journal, ...mark, fold: foldVersion, streamed_bytes: streamed },
  }
}

/** The greatest instant of an entry that is no upkeep: looking after a session is not using it. */
function lastAccess(state: State, entry: Entry): Pick<State, 'last_accessed'> | undefined {
  if (entry.data.upkeep === true || entry.ts === state.last_accessed) return undefined
  const at = instant(entry.ts)
  return at > state.last_accessed ? { last_accessed: at } : undefined
}

function markOf(state: State | undefined, entry: Entry, bytes: number): State['journal'] {
  const before = state?.journal ?? { fold: foldVersion, seq: -1, bytes: 0 }
  const streamed = isStreamed(entry.type) ? bytes : 0
  return {
    ...before,
    fold: foldVersion,
    seq: entry.seq,
    bytes: before.bytes + bytes,
    ...(streamed > 0 ? { streamed_bytes: (before.streamed_bytes ?? 0) + streamed } : {}),
  }
}

/** Where the state stands in its journal. */
export function markAt(state: State): Mark {
  return { seq: state.journal.seq, bytes: state.journal.bytes }
}

function created(entry: Entry): Omit<State, 'journal'> {
  const { data } = entry
  const id = present(decodeText(data, 'id'), 'id')
  if (entry.type !== 'session' || !isSessionId(id)) throw new DecodeError('it creates no session')
  const git = isTable(data.git) ? data.git : {}
  const at = instant(entry.ts)
  return {
    format: stateFormat,
    meta_session_id: id,
    ...optional('description', decodeText(data, 'description')),
    ...optional('name', decodeText(data, 'name')),
    project_path: present(decodeText(data, 'project_path'), 'project_path'),
    created_at: at,
    last_accessed: at,
    phase: 'active',
    pinned: false,
    genealogy: {
      ...optional('parent_session_id', decodeText(data, 'parent_session_id')),
      ...optional('fork_of_session_id', decodeText(data, 'fork_of')),
      depth: decodeInteger(data, 'depth') ?? 0,
    },
    context_status: { is_compacted: false },
    tools: {},
    git: {
      ...optional('branch', decodeText(git, 'branch')),
      ...optional('head_at_creation', decodeText(git, 'head_at_creation')),
      ...optional('cwd', decodeText(git, 'cwd')),
      ...optional('cwd_redacted', decodeBoolean(git, 'cwd_redacted')),
    },
  }
}

type Change = Partial<Omit<State, 'journal' | 'last_accessed'>>

function change(state: State, entry: Entry): Change {
  switch (entry.type) {
    case 'session':
      return entry.data.event === 'kill_requested'
        ? killRequested(state, entry.data)
        : sessionChange(state, entry.data)
    case 'turn_started':
      return turnStarted(state, entry)
    case 'turn_ended':
      return turnEnded(state, entry)
    case 'provider_session':
      return providerSession(state, entry)
    case 'usage':
      return addUsage(state, entry.data)
    case 'compacted':
      return {
        phase: 'available',
        context_status: {
          ...state.context_status,
          is_compacted: true,
          last_compacted_at: instant(entry.ts),
        },
      }
    default:
      return {}
  }
}

/** A `session` entry says new values in `data.set`; what it does not name stays. */
function sessionChange(state: State, data: EntryData): Change {
  const set = isTable(data.set) ? data.set : {}
  const cwd = decodeText(set, 'cwd')
  return {
    ...optional('project_path', decodeText(set, 'project_path')),
    ...(cwd === undefined
      ? {}
      : {
          git: {
            ...state.git,
            cwd,
            ...optional('cwd_redacted', decodeBoolean(set, 'cwd_redacted')),
          },
        }),
    ...optional('name', decodeText(set, 'name')),
    ...optional('description', decodeText(set, 'description')),
    ...optional('pinned', decodeBoolean(set, 'pinned')),
    ...optional('phase', decodeText(set, 'phase')),
  }
}

/** The supervisor finds it when it ends the turn. */
function killRequested(state: State, data: EntryData): Change {
  const { turn } = state
  const meant = turn !== undefined && turn.ended_at === undefined && data.turn === turn.number
  return meant ? { turn: { ...turn, kill_requested: true } } : {}
}

function turnStarted(state: State, entry: Entry): Change {
  const { data } = entry
  const cwd = decodeText(data, 'cwd')
  const { cwd_redacted: _, ...git } = state.git
  return {
    phase: 'active',
    git: {
      ...git,
      ...optional('cwd', cwd),
      ...(data.cwd_redacted === true ? { cwd_redacted: true } : {}),
    },
    turn: {
      number: entry.turn,
      tool: present(decodeText(data, 'tool'), 'tool'),
      started_at: instant(entry.ts),
      ...(data.conversation === true ? { conversation: true } : {}),
      ...(data.process === undefined ? {} : { process: decodeGroup(data.process) }),
    },
  }
}

function turnEnded(state: State, entry: Entry): Change {
  const { data } = entry
  // A late end of an earlier turn tells nothing about the newest one.
  if (state.turn === undefined || state.turn.number !== entry.turn) return {}
  // A crash is found out later than it happened.
  const ended = instant(decodeText(data, 'completed_at') ?? entry.ts)
  const exitCode = data.exit_code === null ? undefined : decodeInteger(data, 'exit_code')
  const signal = data.signal === null ? undefined : decodeText(data, 'signal')
  const summary = data.summary === null ? undefined : decodeText(data, 'summary')
  const { tool } = state.turn
  return {
    turn: {
      ...state.turn,
      ended_at: ended,
      outcome: present(decodeText(data, 'outcome'), 'outcome'),
      ...optional('exit_code', exitCode),
      ...optional('signal', signal),
    },
    ...withTool(state, tool, (before) => ({
      ...before,
      ...optional('last_action_summary', summary),
      ...optional('last_exit_code', exitCode),
      updated_at: ended,
    })),
  }
}

function withTool(state: State, name: string, next: (tool: ToolState) => ToolState): Change {
  // No TOML is read with a name that every object has.
  if (name in Object.prototype) return {}
  return { tools: { ...state.tools, [name]: next(state.tools[name] ?? {}) } }
}

function providerSession(state: State, entry: Entry): Change {
  const name = decodeText(entry.data, 'tool') ?? state.turn?.tool
  if (name === undefined) throw new DecodeError('it names no tool')
  const updated_at = instant(entry.ts)
  return withTool(state, name, (tool) => ({ ...withProvider(tool, entry.data), updated_at }))
}

function withProvider(tool: ToolState, data: EntryData): ToolState {
  const id = present(decodeText(data, 'provider_session_id'), 'provider_session_id')
  const old = tool.provider_session_id
  // The provider does not know it any more: it is history.
  if (data.lost === true) {
    const { provider_session_id: _, ...rest } = tool
    return remember(old === undefined || old === id ? rest : tool, [id])
  }
  if (old === undefined || old === id) return { ...tool, provider_session_id: id }
  const history = (tool.provider_session_history ?? []).filter((known) => known !== id)
  return {
    ...remember({ ...tool, provider_session_history: history }, [old]),
    provider_session_id: id,
  }
}

function remember(tool: ToolState, ids: readonly string[]): ToolState {
  const known = tool.provider_session_history ?? []
  const added = ids.filter((id) => !known.includes(id))
  return { ...tool, provider_session_history: [...known, ...added] }
}

function addUsage({ usage }: State, data: EntryData): Change {
  const sum: Record<string, number> = { ...usage }
  for (const key of usageKeys) {
    const value = data[key] === null ? undefined : decodeNumber(data, key)
    if (value === undefined) continue
    sum[key] = addUp(sum[key], value, Number.MAX_VALUE)
  }
  return Object.keys(sum).length === 0 ? {} : { usage: sum }
}

/** A sum that the state can hold; what stands there may be anything. */
function addUp(before: unknown, value: number, most: number): number {
  return Math.min((typeof before === 'number' ? before : 0) + value, most)
}

// No TOML is read with a name that every object has.
const ruleName = /^(?!constructor$)[a-z0-9-]{1,64}$/

/** A tool's own word for something else is no count. */
function addRedactions(
  state: State | undefined,
  found: readonly { readonly redactions?: unknown }[],
): Pick<State, 'redactions'> | undefined {
  let sum: Record<string, number> | undefined
  for (const { redactions } of found) {
    if (!isTable(redactions)) continue
    for (const [rule, count] of Object.entries(redactions)) {
      if (!ruleName.test(rule) || !Number.isSafeInteger(count) || Number(count) <= 0) continue
      sum ??= { ...state?.redactions }
      sum[rule] = addUp(sum[rule], Number(count), Number.MAX_SAFE_INTEGER)
    }
  }
  return sum === undefined ? undefined : { redactions: sum }
}

function instant(ts: Timestamp): Timestamp {
  const at = Date.parse(ts)
  if (Number.isNaN(at)) throw new DecodeError(`${ts} is no instant`)
  return formatTimestamp(at)
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V }
}
