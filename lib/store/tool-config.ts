/** What config.toml says of tools: how they are started, and how those of the user's own are read. */

import { isTable, isTexts } from '../base/decode.ts'
import { nearestWord } from '../base/text.ts'
import { usageKeys } from '../session/state.ts'

/** The tools that stint itself knows; the registry has an adapter for each. */
export const builtInTools = ['aider', 'claude-code', 'codex', 'gemini-cli', 'opencode'] as const

export type BuiltInTool = (typeof builtInTools)[number]

/** How the user wants a tool to be started. */
export interface ToolSettings {
  readonly program?: string
  readonly args?: readonly string[]
  /** The command of an agent that speaks ACP, which makes it a tool. */
  readonly acp?: readonly string[]
  /** A tool of the user's own. */
  readonly own?: OwnTool
}

/** A tool that is described by its command lines and by where things stand in what it prints. */
export interface OwnTool {
  readonly new: Command
  /** Without it the tool cannot; the same for a fork. */
  readonly resume?: Command
  readonly fork?: Command
  /** Written to its standard input, with placeholders; without it there is no input. */
  readonly stdin?: string
  /** What it writes to stderr when its provider has lost the session. */
  readonly lost?: string
  /** Where things stand in its JSON lines; without it the output is text. */
  readonly events?: OwnEvents
}

/** A program and its arguments, with placeholders in the arguments. */
export type Command = readonly [string, ...string[]]

/** In `resume` and `fork`, `id` is the provider's session; `session` is always stint's own. */
export const placeholders = ['prompt', 'session', 'id'] as const

export type Placeholder = (typeof placeholders)[number]

/** Braces around anything else, such as JSON, are left as they are. */
export const placeholderPattern: RegExp = /\{([a-z_]{1,32})\}/g

export interface OwnEvents {
  readonly id?: Reading
  readonly text?: Reading
  /** Whether texts are pieces of one message. */
  readonly delta: boolean
  readonly usage: Readonly<Partial<Record<UsageKey, Reading>>>
  readonly usageScope: 'run' | 'step' | 'thread'
  /** Without it the exit status says how a turn ended. */
  readonly end?: Condition
  readonly error?: Reading
  readonly toolCall?: OwnParts<'id' | 'name' | 'input'>
  readonly toolResult?: OwnParts<'id' | 'output' | 'error'>
}

/** Where the parts of one thing stand; those that it cannot do without are always there. */
export interface OwnParts<Part extends string> {
  /** What the parts' paths begin at, for each that is found there; absent: the line. */
  readonly path?: Path
  readonly parts: Readonly<Partial<Record<Part, Reading>>>
}

/** Where a value stands, and in which lines. */
export interface Reading {
  readonly path: Path
  readonly when?: Condition
}

export interface Condition {
  readonly path: Path
  readonly is: string | number | boolean
}

/** Keys from the outside in; `each` goes on with every element of a list. */
export type Path = readonly { readonly key: string; readonly each: boolean }[]

export type UsageKey = (typeof usageKeys)[number]

/** Names that mean something else, in a command line or as a name of a lock file. */
const taken = ['acp', 'command', 'journal', 'none', 'session']

const mostWords = 256
const longestPath = 16

/** Makes the failure for what is wrong with a key. */
type Refuse = (problem: string) => Error

/** The `[tools]` of config.toml, checked; what is wrong is thrown as `refuse` makes it. */
export function decodeTools(tools: unknown, refuse: Refuse): Record<string, ToolSettings> {
  if (!isTable(tools)) throw refuse('tools is no table: write [tools.NAME]')
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => {
      if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
        throw refuse(`tools.${name}: ${name} is no name for a tool: use a to z, 0 to 9 and -`)
      }
      if (taken.includes(name)) {
        throw refuse(`tools.${name}: ${name} is no name for a tool: it means something else`)
      }
      if (!isTable(tool)) throw refuse(`tools.${name} is no table: write [tools.${name}]`)
      return [name, decodeTool(name, tool, refuse)]
    }),
  )
}

/** How a tool is started, in one line. */
export function toolLine(name: string, { program, args = [], acp, own }: ToolSettings): string {
  return [...(own?.new ?? acp ?? [program ?? name]), ...args].join(' ')
}

type Table = Readonly<Record<string, unknown>>

function decodeTool(name: string, tool: Table, refuse: Refuse): ToolSettings {
  const at = `tools.${name}`
  const isBuiltIn = (builtInTools as readonly string[]).includes(name)
  if (isBuiltIn) {
    refuseOthers(tool, at, ['program', 'args'], refuse)
  } else if (tool.new !== undefined) {
    refuseOthers(tool, at, ['new', 'resume', 'fork', 'stdin', 'lost', 'events'], refuse)
    return { own: decodeOwn(tool, at, refuse) }
  } else {
    refuseOthers(tool, at, ['program', 'args', 'acp', 'new'], refuse)
    if (tool.acp === undefined) {
      throw refuse(`${at} does not say how ${name} is started: it needs ${at}.new or ${at}.acp`)
    }
  }
  const { program, args, acp } = tool
  if (program !== undefined && typeof program !== 'string') {
    throw refuse(`${at}.program is the program to start`)
  }
  if (args !== undefined && !isTexts(args)) throw refuse(`${at}.args is a list of texts`)
  if (acp !== undefined && !(isTexts(acp) && acp.length > 0)) {
    throw refuse(`${at}.acp is a command: a list of texts`)
  }
  return { ...(program && { program }), ...(args && { args }), ...(acp && { acp }) }
}

function decodeOwn(tool: Table, at: string, refuse: Refuse): OwnTool {
  const { stdin, lost } = tool
  if (stdin !== undefined && typeof stdin !== 'string') throw refuse(`${at}.stdin is a text`)
  if (lost !== undefined && (typeof lost !== 'string' || lost.trim() === '')) {
    throw refuse(`${at}.lost is a text that the tool writes to stderr`)
  }
  const events =
    tool.events === undefined ? undefined : decodeEvents(tool.events, `${at}.events`, refuse)
  const input = stdin ?? ''
  const start = decodeCommand(tool.new, `${at}.new`, input, refuse)
  const knowsId = events?.id !== undefined || placeholdersIn(start).includes('session')
  refuseId(placeholdersIn(start), `${at}.new`, refuse)
  if (tool.resume === undefined && tool.fork === undefined) {
    refuseId(placeholdersIn([input]), `${at}.stdin`, refuse)
  }
  const decodeNext = (key: 'resume' | 'fork') => {
    if (tool[key] === undefined) return {}
    const command = decodeCommand(tool[key], `${at}.${key}`, input, refuse)
    // What goes on with the newest session goes on with somebody else's, sooner or later.
    if (!placeholdersIn([...command, input]).some((one) => one !== 'prompt')) {
      throw refuse(`${at}.${key} does not say which session: it needs {id} or {session}`)
    }
    if (!knowsId) {
      throw refuse(
        `${at}.${key} has no id to give: set ${at}.events.id, or put {session} into ${at}.new`,
      )
    }
    return { [key]: command }
  }
  return {
    new: start,
    ...decodeNext('resume'),
    ...decodeNext('fork'),
    ...(stdin === undefined ? {} : { stdin }),
    ...(lost === undefined ? {} : { lost }),
    ...(events === undefined ? {} : { events }),
  }
}

function decodeCommand(value: unknown, at: string, input: string, refuse: Refuse): Command {
  if (!isTexts(value) || !isCommand(value) || value.length > mostWords) {
    throw refuse(`${at} is a command: a list of texts, the program first`)
  }
  if (value.some((word) => word.includes('\0'))) throw refuse(`${at} has a NUL in it`)
  if (placeholdersIn([value[0]]).length > 0) throw refuse(`${at}: the program is no placeholder`)
  const used = placeholdersIn([...value, input])
  const unknown = used.find((name) => !(placeholders as readonly string[]).includes(name))
  if (unknown !== undefined) {
    const nearest = nearestWord(unknown, placeholders)
    const all = placeholders.map((name) => `{${name}}`).join(', ')
    const remedy = nearest === undefined ? `there are ${all}` : `did you mean {${nearest}}?`
    throw refuse(`${at} has an unknown {${unknown}}; ${remedy}`)
  }
  if (!used.includes('prompt')) {
    throw refuse(`${at} has no {prompt}, and neither has stdin: the tool would not hear it`)
  }
  return value
}

function refuseId(used: readonly string[], at: string, refuse: Refuse): void {
  if (used.includes('id')) throw refuse(`${at} cannot have {id}: there is no session yet`)
}

function decodeEvents(value: unknown, at: string, refuse: Refuse): OwnEvents {
  if (!isTable(value)) throw refuse(`${at} is no table: write [${at}]`)
  refuseOthers(
    value,
    at,
    ['id', 'text', 'delta', 'tool_call', 'tool_result', 'usage', 'usage_scope', 'end', 'error'],
    refuse,
  )
  const { delta = false, usage = {}, usage_scope: scope = 'run' } = value
  if (typeof delta !== 'boolean') throw refuse(`${at}.delta is true or false`)
  if (scope !== 'run' && scope !== 'step' && scope !== 'thread') {
    throw refuse(`${at}.usage_scope is run, step or thread`)
  }
  if (!isTable(usage)) throw refuse(`${at}.usage is no table: write usage.input_tokens = "PATH"`)
  refuseOthers(usage, `${at}.usage`, usageKeys, refuse)
  const read = (table: Table, place: string, key: string) =>
    table[key] === undefined ? {} : { [key]: decodeReading(table[key], `${place}.${key}`, refuse) }
  const end = value.end === undefined ? undefined : decodeEnd(value.end, `${at}.end`, refuse)
  const call = decodeParts(value.tool_call, `${at}.tool_call`, ['id', 'name'], ['input'], refuse)
  const result = decodeParts(
    value.tool_result,
    `${at}.tool_result`,
    ['id'],
    ['output', 'error'],
    refuse,
  )
  return {
    ...read(value, at, 'id'),
    ...read(value, at, 'text'),
    ...read(value, at, 'error'),
    ...(end === undefined ? {} : { end }),
    ...(call === undefined ? {} : { toolCall: call }),
    ...(result === undefined ? {} : { toolResult: result }),
    delta,
    usage: Object.assign({}, ...usageKeys.map((key) => read(usage, `${at}.usage`, key))),
    usageScope: scope,
  }
}

function decodeParts<Part extends string>(
  value: unknown,
  at: string,
  needed: readonly Part[],
  others: readonly Part[],
  refuse: Refuse,
): OwnParts<Part> | undefined {
  if (value === undefined) return undefined
  if (!isTable(value)) throw refuse(`${at} is no table: write [${at}]`)
  refuseOthers(value, at, ['path', ...needed, ...others], refuse)
  const missing = needed.find((key) => value[key] === undefined)
  if (missing !== undefined) throw refuse(`${at} does not say where its ${missing} stands`)
  const parts = [...needed, ...others].flatMap((key) =>
    value[key] === undefined ? [] : [[key, decodeReading(value[key], `${at}.${key}`, refuse)]],
  )
  return {
    ...(value.path === undefined ? {} : { path: decodePath(value.path, `${at}.path`, refuse) }),
    parts: Object.fromEntries(parts),
  }
}

function decodeEnd(value: unknown, at: string, refuse: Refuse): Condition {
  if (!isTable(value)) throw refuse(`${at} is a table: { when = "PATH", is = VALUE }`)
  refuseOthers(value, at, ['when', 'is'], refuse)
  return decodeCondition(value, at, refuse)
}

function decodeReading(value: unknown, at: string, refuse: Refuse): Reading {
  if (typeof value === 'string') return { path: decodePath(value, at, refuse) }
  if (!isTable(value)) {
    throw refuse(`${at} is a path, or a table: { path = "PATH", when = "PATH", is = VALUE }`)
  }
  refuseOthers(value, at, ['path', 'when', 'is'], refuse)
  const path = decodePath(value.path, `${at}.path`, refuse)
  if (value.when === undefined && value.is === undefined) return { path }
  return { path, when: decodeCondition(value, at, refuse) }
}

function decodeCondition({ when, is }: Table, at: string, refuse: Refuse): Condition {
  const path = decodePath(when, `${at}.when`, refuse)
  if (typeof is === 'string' || typeof is === 'boolean') return { path, is }
  if (typeof is === 'number' && Number.isFinite(is)) return { path, is }
  throw refuse(`${at}.is is a text, a number, true or false`)
}

function decodePath(value: unknown, at: string, refuse: Refuse): Path {
  const keys = typeof value === 'string' ? value.split('.') : []
  const steps = keys.map((key) => /^([\w$-]{1,64})(\[\])?$/.exec(key))
  if (keys.length === 0 || keys.length > longestPath || steps.includes(null)) {
    throw refuse(
      `${at} is a path such as message.content[].text: up to ${longestPath} keys with dots between`,
    )
  }
  return steps.map((step) => ({ key: step?.[1] ?? '', each: step?.[2] !== undefined }))
}

function placeholdersIn(words: readonly string[]): string[] {
  return words.flatMap((word) =>
    [...word.matchAll(placeholderPattern)].map(([, name]) => name ?? ''),
  )
}

function refuseOthers(table: Table, at: string, keys: readonly string[], refuse: Refuse): void {
  const unknown = Object.keys(table).find((key) => !keys.includes(key))
  if (unknown === undefined) return
  const all = keys.length < 2 ? keys : [...keys.slice(0, -1), `and ${keys.at(-1)}`]
  throw refuse(`[${at}] has no ${unknown}; it has ${all.join(', ').replace(/, and/, ' and')}`)
}

function isCommand(words: readonly string[]): words is Command {
  return words.length > 0 && words[0] !== ''
}
