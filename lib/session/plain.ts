/**
 * States as formatState writes them, read by one pattern: what a list of ten thousand can afford.
 *
 * A text that is anything else is left to the parser, which would say the same of this one.
 */

import { isOptional, type Keys, type Kind, kindOf, layout } from './document.ts'
import { foldVersion, type State, stateFormat } from './state.ts'

/** The state in a text, or undefined when it takes a parser to tell. */
export function readPlainState(document: string): State | undefined {
  // A pattern that meets megabytes runs out of stack.
  if (document.length > longest) return undefined
  // From 1,000 characters on V8 compiles a pattern at once, which takes a third of interpreting it.
  const found = plainState.exec(document.padEnd(1_000)) as Found | null
  if (found === null) return undefined
  const tables: Record<Group['table'], Table> = {
    head: {},
    genealogy: {},
    context_status: {},
    git: {},
    turn: {},
    process: {},
    usage: {},
    journal: {},
  }
  for (let at = 0; at < groups.length; at++) {
    const text = found[at + 1]
    if (text === undefined) continue
    const { table, key, read } = groups[at] as Group
    const value = read(text)
    if (value === undefined) return undefined
    tables[table][key] = value
  }
  const { head, genealogy, context_status, git, turn, process, usage, journal } = tables
  if (process.pgid !== undefined) turn.process = process
  if (turn.number !== undefined) head.turn = turn
  if (Object.keys(usage).length > 0) head.usage = usage
  return Object.assign(head, { genealogy, context_status, git, journal }) as unknown as State
}

/** What is asked of many states to find the few that are wanted. */
export interface Glance {
  readonly id: string
  readonly name: string | undefined
  readonly last_accessed: string
  readonly phase: string
  readonly parent: string | undefined
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
  glancedState ??= patternOf((key) => glanced.has(key))
  const found = glancedState.exec(document) as Found | null
  if (found === null) return undefined
  const [, id = '', name, last_accessed = '', phase = '', parent, ...below] = found
  const [tools = '', branch, tool, ended, bytes] = below
  return {
    id: unquote(id),
    name: name && unquote(name),
    last_accessed,
    phase: unquote(phase),
    parent: parent && unquote(parent),
    tools: () => [...tools.matchAll(/^\[tools\.(.*)\]$/gm)].map(([, name = '']) => name),
    tool: tool && unquote(tool),
    branch: branch && unquote(branch),
    hasOpenTurn: tool !== undefined && ended === undefined,
    bytes: Number(bytes),
  }
}

const longest = 256 * 1024

type Found = readonly (string | undefined)[]
type Table = Record<string, unknown>

/** What is read of the texts that the pattern lets pass; undefined when it takes a parser to tell. */
const readers: Readonly<Record<Kind, (text: string) => unknown>> = {
  id: unquote,
  text: unquote,
  texts: JSON.parse,
  truth: (text) => text === 'true',
  integer: readCount,
  count: readCount,
  mark: readCount,
  amount: readAmount,
  instant: readInstant,
}

/** Undefined also when there is more than one of a tool, or one of a name that every object has. */
function readTools(lines: string): Table | undefined {
  const tools: Record<string, Table> = {}
  let tool: Table = {}
  for (const line of lines.split('\n')) {
    if (line === '') continue
    if (line.startsWith('[')) {
      const name = line.slice('[tools.'.length, -1)
      if (name in tools) return undefined
      tool = {}
      tools[name] = tool
      continue
    }
    const equals = line.indexOf(' = ')
    const key = line.slice(0, equals)
    const value = toolReaders[key]?.(line.slice(equals + 3))
    if (value === undefined) return undefined
    tool[key] = value
  }
  return tools
}

/** Undefined also when one is there twice, or has a name that every object has. */
function readAmounts(lines: string): Table | undefined {
  const amounts: Table = {}
  for (const line of lines.split('\n')) {
    if (line === '') continue
    const [key = '', text = ''] = line.split(' = ')
    const value = readAmount(text)
    if (value === undefined || key in amounts) return undefined
    amounts[key] = value
  }
  return amounts
}

function readAmount(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined
}

function readCount(text: string): number | undefined {
  return text.length < 16 && (text[0] !== '0' || text === '0') ? Number(text) : undefined
}

/** The last day of each month; a leap day is left to those who know the year. */
const lastDays = ['31', '28', '31', '30', '31', '30', '31', '31', '30', '31', '30', '31']

function readInstant(text: string): string | undefined {
  if (!/^[1-9]\d{3}-\d\d-\d\dT\d\d:[0-5]\d:[0-5]\d\.\d{3}Z$/.test(text)) return undefined
  const lastDay = lastDays[Number(text.slice(5, 7)) - 1]
  const day = text.slice(8, 10)
  const isOne = lastDay !== undefined && day > '00' && day <= lastDay && text.slice(11, 13) < '24'
  return isOne ? text : undefined
}

function unquote(text: string): string {
  return text.includes('\\') ? JSON.parse(text) : text.slice(1, -1)
}

function readersOf(keys: Keys): Record<string, (text: string) => unknown> {
  return Object.fromEntries(Object.entries(keys).map(([key, kind]) => [key, readers[kindOf(kind)]]))
}

const toolReaders = readersOf(layout.tool)

/** What a group of the pattern has. */
interface Group {
  readonly table: Exclude<keyof typeof layout, 'tool'>
  readonly key: string
  readonly read: (text: string) => unknown
}

function groupsOf(table: Group['table']): Group[] {
  return Object.entries(readersOf(layout[table])).map(([key, read]) => ({ table, key, read }))
}

/** The groups of the pattern, in its order. */
const groups: readonly Group[] = [
  ...groupsOf('head'),
  ...groupsOf('genealogy'),
  ...groupsOf('context_status'),
  { table: 'head', key: 'tools', read: readTools },
  ...groupsOf('git'),
  ...groupsOf('turn'),
  ...groupsOf('process'),
  ...groupsOf('usage'),
  { table: 'head', key: 'redactions', read: readAmounts },
  ...groupsOf('journal'),
]

const id = '[0-7][0-9A-HJKMNP-TV-Z]{25}'
// Values as formatToml writes them, and of those only what every reader takes for the same.
const text = '"(?:[^"\\\\\\x00-\\x1f\\x7f-\\x9f]|\\\\["\\\\bfnrt])*"'
// A small pattern is soon compiled: these are looked at again when they are taken.
const count = '[0-9]+'
const amount = '[0-9.]+'

const values: Readonly<Record<Kind, string>> = {
  id: `"${id}"`,
  text,
  texts: `\\[${text}(?:, ${text})*\\]`,
  truth: '(?:true|false)',
  integer: count,
  count,
  mark: count,
  amount,
  instant: '[0-9T:.Z-]+',
}
/** Of another version than these a parser has to tell. */
const versions: Readonly<Record<string, number>> = { format: stateFormat, fold: foldVersion }

const may = (...lines: string[]) => `(?:${lines.join('')})?`

/** The layout, with a group for each value that is taken, in its order. */
function patternOf(isTaken: (key: string) => boolean): RegExp {
  const part = (key: string, value: unknown) => `(${isTaken(key) ? '' : '?:'}${value})`
  const lines = (keys: Keys, take = part) =>
    Object.entries(keys)
      .map(([key, kind]) => {
        const line = `${key} = ${take(key, versions[key] ?? values[kindOf(kind)])}\n`
        return isOptional(kind) ? may(line) : line
      })
      .join('')
  const whole = (_: string, value: unknown) => `(?:${value})`
  const tool = `\n\\[tools\\.[A-Za-z0-9_-]+\\]\n${lines(layout.tool, whole)}`
  return new RegExp(
    [
      `^${lines(layout.head)}`,
      `\n\\[genealogy\\]\n${lines(layout.genealogy)}`,
      `\n\\[context_status\\]\n${lines(layout.context_status)}`,
      part('tools', `(?:${tool})*`),
      may(`\n\\[git\\]\n${lines(layout.git)}`),
      may(
        `\n\\[turn\\]\n${lines(layout.turn)}`,
        may(`\n\\[turn\\.process\\]\n${lines(layout.process)}`),
      ),
      // One that is empty would be none here.
      may(`\n\\[usage\\]\n(?=[a-z])${lines(layout.usage)}`),
      may(`\n\\[redactions\\]\n${part('redactions', `(?:[a-z0-9-]+ = ${amount}\n)*`)}`),
      `\n\\[journal\\]\n${lines(layout.journal)}`,
      ' *$',
    ].join(''),
  )
}

const plainState = patternOf(() => true)

const glanced = new Set([
  'meta_session_id',
  'name',
  'last_accessed',
  'phase',
  'parent_session_id',
  'tools',
  'branch',
  'tool',
  'ended_at',
  'bytes',
])
/** Made when it is asked for: who looks at one state never does. */
let glancedState: RegExp | undefined
