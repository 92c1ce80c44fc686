/** A state to the text of state.toml and back. */

import {
  DecodeError,
  decodeBoolean,
  decodeInteger,
  decodeTable,
  decodeText,
  present,
} from '../base/decode.ts'
import { isSessionId } from '../base/id.ts'
import { formatTimestamp, type Timestamp } from '../base/time.ts'
import { formatToml, parseToml, TomlError, type TomlTable } from '../base/toml.ts'
import { Failure } from '../errors.ts'
import type { GroupIdentity } from '../os/process.ts'
import { readPlainState } from './plain.ts'
import { type State, stateFormat, type ToolState, type TurnState, usageKeys } from './state.ts'

/** Reads a document. Throws STATE_INVALID with the place, or FORMAT_NEWER when it cannot be read. */
export function parseState(text: string, file: string): State {
  return readPlainState(text) ?? parseAnyState(text, file)
}

/** The same by the parser alone. */
export function parseAnyState(text: string, file: string): State {
  try {
    return decodeState(parseToml(text))
  } catch (error) {
    if (error instanceof TomlError) {
      const place = {
        ...(error.line === undefined ? {} : { line: error.line }),
        ...(error.column === undefined ? {} : { column: error.column }),
      }
      throw new Failure(
        'STATE_INVALID',
        { file, problem: error.message, ...place },
        { cause: error },
      )
    }
    if (!(error instanceof DecodeError)) throw error
    const head = text.split(/^\s*\[/m)[0] ?? ''
    const format = /^\s*format\s*=\s*(\d{1,9})\s*$/m.exec(head)?.[1]
    if (format !== undefined && Number(format) > stateFormat) {
      throw newerFormat(file, Number(format), error)
    }
    throw new Failure('STATE_INVALID', { file, problem: error.message }, { cause: error })
  }
}

/** Throws FORMAT_NEWER for a state that this version must not write. */
export function refuseNewer(state: State, file: string): void {
  if (state.format > stateFormat) throw newerFormat(file, state.format)
}

function newerFormat(file: string, format: number, cause?: Error): Failure {
  return new Failure('FORMAT_NEWER', { file, format, supported: stateFormat }, { cause })
}

/** Decodes a document as far as this version knows it. Throws DecodeError. */
function decodeState(table: TomlTable): State {
  const id = present(decodeText(table, 'meta_session_id'), 'meta_session_id')
  if (!isSessionId(id)) throw new DecodeError('meta_session_id is not a ULID')
  const genealogy = tableOf(table, 'genealogy')
  const journal = tableOf(table, 'journal')
  const context = tableOf(table, 'context_status')
  const git = tableOf(table, 'git')
  const created = present(instantOf(table, 'created_at'), 'created_at')
  const { turn, usage, redactions, ...rest } = table
  return {
    ...rest,
    format: decodeInteger(table, 'format') ?? stateFormat,
    meta_session_id: id,
    ...defined('description', decodeText(table, 'description')),
    ...defined('name', decodeText(table, 'name')),
    project_path: present(decodeText(table, 'project_path'), 'project_path'),
    created_at: created,
    last_accessed: instantOf(table, 'last_accessed') ?? created,
    phase: decodeText(table, 'phase') ?? 'active',
    pinned: decodeBoolean(table, 'pinned') ?? false,
    genealogy: {
      ...genealogy,
      ...defined('parent_session_id', decodeText(genealogy, 'parent_session_id')),
      ...defined('fork_of_session_id', decodeText(genealogy, 'fork_of_session_id')),
      depth: decodeInteger(genealogy, 'depth') ?? 0,
    },
    context_status: {
      ...context,
      is_compacted: decodeBoolean(context, 'is_compacted') ?? false,
      ...defined('last_compacted_at', instantOf(context, 'last_compacted_at')),
    },
    tools: mapTable(tableOf(table, 'tools'), decodeTool),
    git: {
      ...git,
      ...defined('branch', decodeText(git, 'branch')),
      ...defined('head_at_creation', decodeText(git, 'head_at_creation')),
      ...defined('cwd', decodeText(git, 'cwd')),
      ...defined('cwd_redacted', decodeBoolean(git, 'cwd_redacted')),
    },
    ...(turn === undefined ? {} : { turn: decodeTurn(decodeTable(turn, 'turn')) }),
    ...(usage === undefined ? {} : { usage: decodeAmounts(usage, 'usage') }),
    ...(redactions === undefined ? {} : { redactions: decodeAmounts(redactions, 'redactions') }),
    journal: {
      ...journal,
      fold: decodeCount(journal, 'fold') ?? 0,
      // Before the first entry it is -1.
      seq: decodeCount(journal, 'seq', -1) ?? -1,
      bytes: decodeCount(journal, 'bytes') ?? 0,
      ...defined('streamed_bytes', decodeCount(journal, 'streamed_bytes')),
    },
  }
}

/** An integer that is not below the least one. */
function decodeCount(
  table: Readonly<Record<string, unknown>>,
  key: string,
  least = 0,
): number | undefined {
  const count = decodeInteger(table, key)
  if (count !== undefined && count < least) throw new DecodeError(`${key} is below ${least}`)
  return count
}

/** Numbers by name; what else stands there is kept. */
function decodeAmounts(value: unknown, key: string): Readonly<Record<string, number>> {
  return decodeTable(value, key) as Readonly<Record<string, number>>
}

function decodeTool(value: unknown, name: string): ToolState {
  const tool = decodeTable(value, `tools.${name}`)
  const history = tool.provider_session_history
  if (
    history !== undefined &&
    !(Array.isArray(history) && history.every((id) => typeof id === 'string'))
  ) {
    throw new DecodeError(`tools.${name}.provider_session_history is not a list of texts`)
  }
  return {
    ...tool,
    ...defined('provider_session_id', decodeText(tool, 'provider_session_id')),
    ...defined('last_action_summary', decodeText(tool, 'last_action_summary')),
    ...defined('last_exit_code', decodeInteger(tool, 'last_exit_code')),
    ...defined('updated_at', instantOf(tool, 'updated_at')),
  }
}

function decodeTurn(turn: Readonly<Record<string, unknown>>): TurnState {
  const { process, ...rest } = turn
  return {
    ...rest,
    number: present(decodeInteger(turn, 'number', 'turn.number'), 'turn.number'),
    tool: present(decodeText(turn, 'tool', 'turn.tool'), 'turn.tool'),
    started_at: present(instantOf(turn, 'started_at'), 'turn.started_at'),
    ...defined('ended_at', instantOf(turn, 'ended_at')),
    ...defined('outcome', decodeText(turn, 'outcome', 'turn.outcome')),
    ...defined('exit_code', decodeInteger(turn, 'exit_code', 'turn.exit_code')),
    ...defined('signal', decodeText(turn, 'signal', 'turn.signal')),
    ...defined('kill_requested', decodeBoolean(turn, 'kill_requested')),
    ...defined('conversation', decodeBoolean(turn, 'conversation')),
    ...(process === undefined ? {} : { process: decodeGroup(process) }),
  }
}

/** Decodes the identity of a turn's process group. Throws DecodeError. */
export function decodeGroup(value: unknown): GroupIdentity {
  const table = decodeTable(value, 'turn.process')
  const text = (key: string) => present(decodeText(table, key), `turn.process.${key}`)
  return {
    ...table,
    pgid: present(decodeInteger(table, 'pgid'), 'turn.process.pgid'),
    start_time: text('start_time'),
    boot_id: text('boot_id'),
    pid_ns: text('pid_ns'),
    host: text('host'),
  }
}

function tableOf(
  table: Readonly<Record<string, unknown>>,
  key: string,
): Readonly<Record<string, unknown>> {
  return table[key] === undefined ? {} : decodeTable(table[key], key)
}

function mapTable<T>(
  table: Readonly<Record<string, unknown>>,
  decode: (value: unknown, key: string, table: Readonly<Record<string, unknown>>) => T,
): Record<string, T> {
  return Object.fromEntries(Object.keys(table).map((key) => [key, decode(table[key], key, table)]))
}

function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V }
}

/** An instant that stands as a datetime, or quoted. */
function instantOf(table: Readonly<Record<string, unknown>>, key: string): Timestamp | undefined {
  const value = table[key]
  if (value === undefined) return undefined
  const at =
    value instanceof Date
      ? value.getTime()
      : typeof value === 'string'
        ? Date.parse(value)
        : Number.NaN
  if (Number.isNaN(at)) throw new DecodeError(`${key} is not a datetime`)
  return formatTimestamp(at)
}

/** What stands in a table, in the order it is written in; other keys come after. */
const order = {
  head: [
    'format',
    'meta_session_id',
    'description',
    'name',
    'project_path',
    'created_at',
    'last_accessed',
    'phase',
    'pinned',
  ],
  genealogy: ['parent_session_id', 'fork_of_session_id', 'depth'],
  context: ['is_compacted', 'last_compacted_at'],
  tool: [
    'provider_session_id',
    'provider_session_history',
    'last_action_summary',
    'last_exit_code',
    'updated_at',
  ],
  git: ['branch', 'head_at_creation', 'cwd', 'cwd_redacted'],
  turn: [
    'number',
    'tool',
    'started_at',
    'ended_at',
    'outcome',
    'exit_code',
    'signal',
    'kill_requested',
    'conversation',
  ],
  process: ['pgid', 'start_time', 'host', 'boot_id', 'pid_ns'],
  usage: usageKeys,
  journal: ['fold', 'seq', 'bytes', 'streamed_bytes'],
} as const

const instants = new Set([
  'created_at',
  'last_accessed',
  'last_compacted_at',
  'updated_at',
  'started_at',
  'ended_at',
])

/** The document's text, in the plain layout that readPlainState reads. */
export function formatState(state: State): string {
  const { genealogy, context_status, tools, git, turn, usage, redactions, journal, ...head } = state
  const { process, ...turnFacts } = turn ?? {}
  return formatToml({
    ...arrange(head, order.head),
    genealogy: arrange(genealogy, order.genealogy),
    context_status: arrange(context_status, order.context),
    tools: mapTable(tools, (tool) => arrange(tool as ToolState, order.tool)),
    git: arrange(git, order.git),
    ...(turn === undefined
      ? {}
      : {
          turn: {
            ...arrange(turnFacts, order.turn),
            ...(process === undefined ? {} : { process: arrange(process, order.process) }),
          },
        }),
    ...(usage === undefined ? {} : { usage: arrange(usage, order.usage) }),
    ...(redactions === undefined ? {} : { redactions: arrange(redactions, []) }),
    journal: arrange(journal, order.journal),
  })
}

/** A state that was folded anew, with the keys of the old one that this version does not know. */
export function keepUnknown(old: State, folded: State): State {
  const { genealogy, context_status, tools, git, turn, usage, journal } = folded
  const tables = [
    'genealogy',
    'context_status',
    'tools',
    'git',
    'turn',
    'usage',
    'redactions',
    'journal',
  ]
  return {
    ...unknownOf(old, [...order.head, ...tables]),
    ...folded,
    genealogy: { ...unknownOf(old.genealogy, order.genealogy), ...genealogy },
    context_status: { ...unknownOf(old.context_status, order.context), ...context_status },
    tools: mapTable(tools, (tool, name) => ({
      ...unknownOf(old.tools[name], order.tool),
      ...(tool as ToolState),
    })),
    git: { ...unknownOf(old.git, order.git), ...git },
    ...(turn && { turn: { ...unknownOf(old.turn, [...order.turn, 'process']), ...turn } }),
    ...(usage && { usage: { ...unknownOf(old.usage, order.usage), ...usage } }),
    journal: { ...unknownOf(old.journal, order.journal), ...journal },
  }
}

function unknownOf(table: object | undefined, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(table ?? {}).filter(([key]) => !keys.includes(key)))
}

/** The known keys first, their instants as datetimes. */
function arrange(table: object, keys: readonly string[]): TomlTable {
  const values = table as TomlTable
  const arranged: TomlTable = {}
  for (const key of keys) {
    const value = values[key]
    if (value === undefined) continue
    arranged[key] = instants.has(key) ? new Date(value as string) : value
  }
  for (const key of Object.keys(values)) if (!keys.includes(key)) arranged[key] = values[key]
  return arranged
}
