/**
 * States as formatState writes them, read by one pattern: what a list of ten thousand can afford.
 *
 * A text that is anything else is left to the parser, which would say the same of this one.
 */

import type { SessionId } from '../base/id.ts'
import {
  type ContextStatus,
  foldVersion,
  type Genealogy,
  type GitFacts,
  type JournalMark,
  type State,
  stateFormat,
  type ToolState,
  type TurnState,
  usageKeys,
} from './state.ts'

/** The state in a text, or undefined when it takes a parser to tell. */
export function readPlainState(document: string): State | undefined {
  // A pattern that meets megabytes runs out of stack.
  if (document.length > longest) return undefined
  // From 1,000 characters on V8 compiles a pattern at once, which takes a third of interpreting it.
  const found = plainState.exec(document.padEnd(1_000)) as Found | null
  if (found === null) return undefined
  const tools = readTools(found[group.tools] as string)
  const amounts = readAmounts(found[group.usage])
  const redactions = readAmounts(found[group.redactions])
  if (tools === undefined || amounts === undefined || redactions === undefined) return undefined
  if (!instants.every((at) => isInstant(found[at]))) return undefined
  if (!counts.every((at) => isCount(found[at]))) return undefined

  const genealogy: Writable<Genealogy> = { depth: Number(found[group.depth]) }
  const parent = found[group.parent]
  if (parent !== undefined) genealogy.parent_session_id = unquote(parent)
  const fork = found[group.fork]
  if (fork !== undefined) genealogy.fork_of_session_id = unquote(fork)

  const context: Writable<ContextStatus> = { is_compacted: found[group.is_compacted] === 'true' }
  const compacted = found[group.compacted_at]
  if (compacted !== undefined) context.last_compacted_at = compacted

  const journal: Writable<JournalMark> = {
    fold: foldVersion,
    seq: Number(found[group.seq]),
    bytes: Number(found[group.bytes]),
  }
  const streamed = found[group.streamed]
  if (streamed !== undefined) journal.streamed_bytes = Number(streamed)

  const state: Writable<State> = {
    format: stateFormat,
    meta_session_id: found[group.id] as SessionId,
    project_path: unquote(found[group.project_path] as string),
    created_at: found[group.created_at] as string,
    last_accessed: found[group.last_accessed] as string,
    phase: unquote(found[group.phase] as string),
    pinned: found[group.pinned] === 'true',
    genealogy,
    context_status: context,
    tools,
    git: readGit(found),
    journal,
  }
  const description = found[group.description]
  if (description !== undefined) state.description = unquote(description)
  const name = found[group.name]
  if (name !== undefined) state.name = unquote(name)
  if (found[group.number] !== undefined) state.turn = readTurn(found)
  if (found[group.usage] !== undefined) state.usage = amounts
  if (found[group.redactions] !== undefined) state.redactions = redactions
  return state
}

/** What is asked of many states to find the few that are wanted. */
export interface Glance {
  readonly id: string
  readonly name: string | undefined
  readonly last_accessed: string
  readonly phase: string
  /** The tools that it knows, and that of its newest turn. */
  readonly tools: () => readonly string[]
  readonly tool: string | undefined
  readonly branch: string | undefined
  readonly hasOpenTurn: boolean
  /** How much of the transcript is in it. */
  readonly bytes: number
}

/**
 * A glance at the state in a text, or undefined when it takes more to tell: of what the whole state
 * says, or else it cannot be read at all, for here dates and numbers are not looked into.
 */
export function glanceAtState(document: string): Glance | undefined {
  if (document.length > longest) return undefined
  const found = glancedState.exec(document) as Found | null
  if (found === null) return undefined
  const [, id = '', name, last_accessed = '', phase = '', tools = '', branch, tool, ended, bytes] =
    found
  return {
    id,
    name: name && unquote(name),
    last_accessed,
    phase: unquote(phase),
    tools: () => [...tools.matchAll(/^\[tools\.(.*)\]$/gm)].map(([, name = '']) => name),
    tool: tool && unquote(tool),
    branch: branch && unquote(branch),
    hasOpenTurn: tool !== undefined && ended === undefined,
    bytes: Number(bytes),
  }
}

const longest = 256 * 1024

type Found = readonly (string | undefined)[]
type Writable<T> = { -readonly [K in keyof T]: T[K] }

function readGit(found: Found): GitFacts {
  const git: Writable<GitFacts> = {}
  const branch = found[group.branch]
  if (branch !== undefined) git.branch = unquote(branch)
  const head = found[group.head]
  if (head !== undefined) git.head_at_creation = unquote(head)
  const cwd = found[group.cwd]
  if (cwd !== undefined) git.cwd = unquote(cwd)
  const redacted = found[group.cwd_redacted]
  if (redacted !== undefined) git.cwd_redacted = redacted === 'true'
  return git
}

function readTurn(found: Found): TurnState {
  const turn: Writable<TurnState> = {
    number: Number(found[group.number]),
    tool: unquote(found[group.turn_tool] as string),
    started_at: found[group.started_at] as string,
  }
  const ended = found[group.ended_at]
  if (ended !== undefined) turn.ended_at = ended
  const outcome = found[group.outcome]
  if (outcome !== undefined) turn.outcome = unquote(outcome)
  const exit = found[group.exit_code]
  if (exit !== undefined) turn.exit_code = Number(exit)
  const signal = found[group.signal]
  if (signal !== undefined) turn.signal = unquote(signal)
  const kill = found[group.kill]
  if (kill !== undefined) turn.kill_requested = kill === 'true'
  const conversation = found[group.conversation]
  if (conversation !== undefined) turn.conversation = conversation === 'true'
  if (found[group.pgid] !== undefined) {
    turn.process = {
      pgid: Number(found[group.pgid]),
      start_time: unquote(found[group.start_time] as string),
      boot_id: unquote(found[group.boot_id] as string),
      pid_ns: unquote(found[group.pid_ns] as string),
      host: unquote(found[group.host] as string),
    }
  }
  return turn
}

/** Undefined also when there is more than one of a tool, or one of a name that every object has. */
function readTools(tables: string): Record<string, ToolState> | undefined {
  const tools: Record<string, ToolState> = {}
  let tool: Writable<ToolState> = {}
  for (const line of tables.split('\n')) {
    if (line.startsWith('[')) {
      const name = line.slice('[tools.'.length, -1)
      if (name in tools) return undefined
      tool = {}
      tools[name] = tool
      continue
    }
    const equals = line.indexOf(' = ')
    const value = line.slice(equals + 3)
    switch (line.slice(0, Math.max(0, equals))) {
      case 'provider_session_id':
        tool.provider_session_id = unquote(value)
        break
      case 'provider_session_history':
        tool.provider_session_history = JSON.parse(value)
        break
      case 'last_action_summary':
        tool.last_action_summary = unquote(value)
        break
      case 'last_exit_code':
        if (!isCount(value)) return undefined
        tool.last_exit_code = Number(value)
        break
      case 'updated_at':
        if (!isInstant(value)) return undefined
        tool.updated_at = value
    }
  }
  return tools
}

/** Undefined also when one is there twice, or has a name that every object has. */
function readAmounts(lines = ''): Record<string, number> | undefined {
  const amounts: Record<string, number> = {}
  for (const line of lines.split('\n')) {
    const [key = '', value = ''] = line.split(' = ')
    if (key === '') continue
    if (key in amounts) return undefined
    if (!/^(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(value)) return undefined
    amounts[key] = Number(value)
  }
  return amounts
}

/** The last day of each month; a leap day is left to those who know the year. */
const lastDays = ['31', '28', '31', '30', '31', '30', '31', '31', '30', '31', '30', '31']

function isInstant(value: string | undefined): boolean {
  if (value === undefined) return true
  if (!/^[1-9]\d{3}-\d\d-\d\dT\d\d:[0-5]\d:[0-5]\d\.\d{3}Z$/.test(value)) return false
  const lastDay = lastDays[Number(value.slice(5, 7)) - 1]
  const day = value.slice(8, 10)
  return lastDay !== undefined && day > '00' && day <= lastDay && value.slice(11, 13) < '24'
}

function isCount(value: string | undefined): boolean {
  return value === undefined || (value.length < 16 && (value[0] !== '0' || value === '0'))
}

function unquote(value: string): string {
  return value.includes('\\') ? JSON.parse(value) : value.slice(1, -1)
}

const id = '[0-7][0-9A-HJKMNP-TV-Z]{25}'
// Values as formatToml writes them, and of those only what every reader takes for the same.
const text = '"(?:[^"\\\\\\x00-\\x1f\\x7f-\\x9f]|\\\\["\\\\bfnrt])*"'
const truth = '(?:true|false)'
// A small pattern is soon compiled: these are looked at again when they are taken.
const count = '[0-9]+'
const amount = '[0-9.]+'
const instant = '[0-9T:.Z-]+'

const line = (key: string, value: string) => `${key} = ${value}\n`
const may = (...lines: string[]) => `(?:${lines.join('')})?`

const tool = [
  '\n\\[tools\\.[A-Za-z0-9_-]+\\]\n',
  may(line('provider_session_id', text)),
  may(line('provider_session_history', `\\[${text}(?:, ${text})*\\]`)),
  may(line('last_action_summary', text)),
  may(line('last_exit_code', count)),
  may(line('updated_at', instant)),
].join('')
const usage = usageKeys.map((key) => may(line(key, amount))).join('')

/** The groups of the pattern, in its order. */
const group = {
  id: 1,
  description: 2,
  name: 3,
  project_path: 4,
  created_at: 5,
  last_accessed: 6,
  phase: 7,
  pinned: 8,
  parent: 9,
  fork: 10,
  depth: 11,
  is_compacted: 12,
  compacted_at: 13,
  tools: 14,
  branch: 15,
  head: 16,
  cwd: 17,
  cwd_redacted: 18,
  number: 19,
  turn_tool: 20,
  started_at: 21,
  ended_at: 22,
  outcome: 23,
  exit_code: 24,
  signal: 25,
  kill: 26,
  conversation: 27,
  pgid: 28,
  start_time: 29,
  host: 30,
  boot_id: 31,
  pid_ns: 32,
  usage: 33,
  redactions: 34,
  seq: 35,
  bytes: 36,
  streamed: 37,
} as const
const instants = [
  group.created_at,
  group.last_accessed,
  group.compacted_at,
  group.started_at,
  group.ended_at,
]
const counts = [
  group.depth,
  group.number,
  group.exit_code,
  group.pgid,
  group.seq,
  group.bytes,
  group.streamed,
]

/** The layout, with a group for each value that is taken, in its order. */
function patternOf(isTaken: (key: string) => boolean): RegExp {
  const part = (key: string, value: string) => (isTaken(key) ? `(${value})` : `(?:${value})`)
  const take = (key: string, value: string) => line(key, part(key, value))
  const mayTake = (key: string, value: string) => may(take(key, value))
  return new RegExp(
    [
      `^format = ${stateFormat}\nmeta_session_id = "(${id})"\n`,
      mayTake('description', text),
      mayTake('name', text),
      take('project_path', text),
      take('created_at', instant),
      take('last_accessed', instant),
      take('phase', text),
      take('pinned', truth),
      '\n\\[genealogy\\]\n',
      mayTake('parent_session_id', text),
      mayTake('fork_of_session_id', text),
      take('depth', count),
      '\n\\[context_status\\]\n',
      take('is_compacted', truth),
      mayTake('last_compacted_at', instant),
      part('tools', `(?:${tool})*`),
      may(
        '\n\\[git\\]\n',
        mayTake('branch', text),
        mayTake('head_at_creation', text),
        mayTake('cwd', text),
        mayTake('cwd_redacted', truth),
      ),
      may(
        '\n\\[turn\\]\n',
        take('number', count),
        take('tool', text),
        take('started_at', instant),
        mayTake('ended_at', instant),
        mayTake('outcome', text),
        mayTake('exit_code', count),
        mayTake('signal', text),
        mayTake('kill_requested', truth),
        mayTake('conversation', truth),
        may(
          '\n\\[turn\\.process\\]\n',
          take('pgid', count),
          take('start_time', text),
          take('host', text),
          take('boot_id', text),
          take('pid_ns', text),
        ),
      ),
      may('\n\\[usage\\]\n', part('usage', usage)),
      may('\n\\[redactions\\]\n', part('redactions', `(?:[a-z0-9-]+ = ${amount}\n)*`)),
      `\n\\[journal\\]\nfold = ${foldVersion}\n`,
      take('seq', count),
      take('bytes', count),
      mayTake('streamed_bytes', count),
      ' *$',
    ].join(''),
  )
}

const plainState = patternOf(() => true)

const glanced = new Set([
  'name',
  'last_accessed',
  'phase',
  'tools',
  'branch',
  'tool',
  'ended_at',
  'bytes',
])
const glancedState = patternOf((key) => glanced.has(key))
