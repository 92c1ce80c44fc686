/**
 * States as formatState writes them, read line by line, or by one pattern for a glance: what a list of ten thousand can
 * afford.
 *
 * A text that is anything else is left to the parser, which would say the same of this one.
 */

import { isOptional, type Keys, type Kind, kindOf, layout } from './document.ts'
import { foldVersion, type State, stateFormat } from './state.ts'

/** The state in a text, or undefined when it takes a parser to tell. */
export function readPlainState(document: string): State | undefined {
  if (document.length > longest) return undefined
  const text = { document, at: 0 }
  const head = readTable(text, 'head')
  const genealogy = readSection(text, 'genealogy')
  const context_status = readSection(text, 'context_status')
  const tools = readTools(text)
  const git = readSection(text, 'git') ?? {}
  const turn = readSection(text, 'turn')
  const process = turn && readSection(text, 'process')
  const usage = readSection(text, 'usage')
  const redactions = enter(text, 'redactions') ? readAmounts(text) : undefined
  const journal = readSection(text, 'journal')
  const isPlain = head && genealogy && context_status && tools && journal
  if (!isPlain || text.at !== document.length) return undefined
  if (turn !== undefined) head.turn = turn
  if (turn !== undefined && process !== undefined) turn.process = process
  if (usage !== undefined) head.usage = usage
  if (redactions !== undefined) head.redactions = redactions
  const tables = { genealogy, context_status, tools, git, journal }
  return Object.assign(head, tables) as unknown as State
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
  glancedState ??= patternOfGlance()
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

/** A text from a line on; behind its end where it is not what it should be, so that nothing more is found. */
interface Text {
  readonly document: string
  at: number
}

function giveUp(text: Text): undefined {
  text.at = text.document.length + 1
  return undefined
}

/** Whether a table begins here; then its lines come next. */
function enter(text: Text, name: string): boolean {
  const header = `\n[${name}]\n`
  const isHere = text.document.startsWith(header, text.at)
  if (isHere) text.at += header.length
  return isHere
}

/** A line that may stand in a table. */
interface Field {
  readonly key: string
  /** What stands before its value. */
  readonly start: string
  readonly isOptional: boolean
  readonly read: (value: string) => unknown
  /** Of another version than this a parser has to tell. */
  readonly version: number | undefined
}

type Section = keyof typeof layout

const fields: Partial<Record<Section, readonly Field[]>> = {}

function fieldsOf(section: Section): readonly Field[] {
  const keys: Keys = layout[section]
  fields[section] ??= Object.entries(keys).map(([key, kind]) => ({
    key,
    start: `${key} = `,
    isOptional: isOptional(kind),
    read: readers[kindOf(kind)],
    version: versions[key],
  }))
  return fields[section]
}

/** The lines of a table from here on, each of them where it belongs. */
function readTable(text: Text, section: Section): Table | undefined {
  const { document } = text
  const table: Table = {}
  for (const { key, start, isOptional, read, version } of fieldsOf(section)) {
    if (document.startsWith(start, text.at)) {
      const end = document.indexOf('\n', text.at)
      const value = end < 0 ? undefined : read(document.slice(text.at + start.length, end))
      if (value === undefined || (version !== undefined && value !== version)) return giveUp(text)
      table[key] = value
      text.at = end + 1
    } else if (!isOptional) {
      return giveUp(text)
    }
  }
  return table
}

function readSection(text: Text, section: Section): Table | undefined {
  return enter(text, section === 'process' ? 'turn.process' : section)
    ? readTable(text, section)
    : undefined
}

/** Undefined also when there is more than one of a tool, or one of a name that every object has. */
function readTools(text: Text): Table | undefined {
  const tools: Table = {}
  const header = /\n\[(tools\.([A-Za-z0-9_-]+))\]\n/y
  for (;;) {
    header.lastIndex = text.at
    const [, section, name] = header.exec(text.document) ?? []
    if (section === undefined || name === undefined) return tools
    if (name in tools) return giveUp(text)
    enter(text, section)
    tools[name] = readTable(text, 'tool')
  }
}

/** Undefined also when one is there twice, or has a name that every object has. */
function readAmounts(text: Text): Table | undefined {
  const amounts: Table = {}
  const line = /([a-z0-9-]+) = (.*)\n/y
  for (;;) {
    line.lastIndex = text.at
    const [, key, amount = ''] = line.exec(text.document) ?? []
    if (key === undefined) return amounts
    const value = readAmount(amount)
    if (value === undefined || key in amounts) return giveUp(text)
    amounts[key] = value
    text.at = line.lastIndex
  }
}

/** What is read of a value; undefined when it takes a parser to tell. */
const readers: Readonly<Record<Kind, (text: string) => unknown>> = {
  id: readId,
  text: readText,
  texts: readTexts,
  truth: readTruth,
  integer: readCount,
  count: readCount,
  mark: readCount,
  amount: readAmount,
  instant: readInstant,
}

function readId(value: string): string | undefined {
  return isId.test(value) ? value.slice(1, -1) : undefined
}

function readText(value: string): string | undefined {
  return isText.test(value) ? unquote(value) : undefined
}

function readTexts(value: string): string[] | undefined {
  return isTexts.test(value) ? JSON.parse(value) : undefined
}

function readTruth(value: string): boolean | undefined {
  return value === 'true' || (value === 'false' ? false : undefined)
}

function readAmount(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined
}

function readCount(text: string): number | undefined {
  if (text === '' || text.length > 15 || (text.length > 1 && text.startsWith('0'))) return undefined
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return undefined
    count = count * 10 + digit
  }
  return count
}

/** A leap day is left to those who know the year. */
const isInstant = new RegExp(
  [
    '^[1-9]\\d{3}-(?:',
    '(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8])',
    ')T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d\\.\\d{3}Z$',
  ].join(''),
)

function readInstant(text: string): string | undefined {
  return isInstant.test(text) ? text : undefined
}

function unquote(text: string): string {
  return text.includes('\\') ? JSON.parse(text) : text.slice(1, -1)
}

const id = '[0-7][0-9A-HJKMNP-TV-Z]{25}'
// Values as formatToml writes them, and of those only what every reader takes for the same.
const text = '"(?:[^"\\\\\\x00-\\x1f\\x7f-\\x9f]|\\\\["\\\\bfnrt])*"'
// A small pattern is soon compiled: a glance does not look into these.
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
const versions: Readonly<Record<string, number>> = { format: stateFormat, fold: foldVersion }

const isId = new RegExp(`^${values.id}$`)
const isText = new RegExp(`^${text}$`)
const isTexts = new RegExp(`^${values.texts}$`)

const may = (...lines: string[]) => `(?:${lines.join('')})?`

/** The layout, with a group for each value that is taken, in its order. */
function patternOfGlance(): RegExp {
  const part = (key: string, value: unknown) => `(${glanced.has(key) ? '' : '?:'}${value})`
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
      may(`\n\\[usage\\]\n${lines(layout.usage)}`),
      may(`\n\\[redactions\\]\n${part('redactions', `(?:[a-z0-9-]+ = ${amount}\n)*`)}`),
      `\n\\[journal\\]\n${lines(layout.journal)}`,
      '$',
    ].join(''),
  )
}

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
