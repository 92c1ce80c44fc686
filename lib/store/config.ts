/** Settings: flag > environment > config.toml > default, and where each value came from. */

import { isTable, isTexts } from '../base/decode.ts'
import type { Env } from '../base/env.ts'
import { parseSize } from '../base/size.ts'
import { nearestWord } from '../base/text.ts'
import { parseDuration } from '../base/time.ts'
import { parseToml, TomlError, type TomlTable } from '../base/toml.ts'
import { Failure } from '../errors.ts'
import { configFile } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { makeRule, type Rule } from '../redact/user-rules.ts'
import { decodeTools, type ToolSettings, toolLine } from './tool-config.ts'

/** The settings, decoded. */
export interface Settings {
  /** How deep sessions may nest: a root session has depth 0. */
  readonly depth_limit: number
  /** How long a turn may take, in ms. */
  readonly timeout: number | undefined
  /** How long a plain command may be silent, in ms. */
  readonly idle_timeout: number | undefined
  /** How long an agent may be silent while no tool of its own runs, in ms. */
  readonly agent_idle_timeout: number | undefined
  /** The tool of a prompt when nothing else names one. */
  readonly tool: string | undefined
  /** What agents may do without being asked. */
  readonly permission: 'allow' | 'deny' | 'ask'
  /** How long a process has between TERM and KILL, in ms. */
  readonly kill_grace: number
  /** How long the end of a turn waits for a journal that cannot be written, in ms. */
  readonly journal_patience: number
  /** How many bytes of streamed output one transcript takes. */
  readonly transcript_cap: number
  /** What `gc` does when its flags do not say; written as `[gc] older_than = "30d"`. */
  readonly 'gc.older_than': number | undefined
  readonly 'gc.keep_last': number | undefined
  readonly 'gc.max_count': number | undefined
  readonly 'gc.max_size': number | undefined
  /** How long a session stays in the trash, in ms. */
  readonly 'gc.trash_for': number
  /** The directory that sessions are archived in before they go to the trash. */
  readonly 'gc.archive': string | undefined
}

export type SettingKey = keyof Settings

interface Setting<T> {
  readonly env: string
  readonly help: string
  readonly initial: string
  /** What a value is, for who gave another one. */
  readonly wanted: string
  /** Undefined when the text is no value of this setting. */
  readonly parse: (text: string) => { readonly value: T } | undefined
}

const duration = takes('a duration such as 45s, 30m or 7d', parseDuration)
const count = takes('a whole number', (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined))
const size = takes('a size such as 512MiB, 2GB or 64k', parseSize)

function takes(wanted: string, read: (text: string) => number | undefined) {
  const parse = (text: string) => {
    const value = read(text)
    return value === undefined ? undefined : { value }
  }
  return { wanted, parse }
}

/** The same, and none. */
function orNone<T>({ wanted, parse }: Pick<Setting<T>, 'wanted' | 'parse'>) {
  return {
    wanted: `${wanted}, or none`,
    parse: (text: string) => (text === 'none' ? { value: undefined } : parse(text)),
  }
}

const settings: { readonly [K in SettingKey]: Setting<Settings[K]> } = {
  depth_limit: {
    env: 'STINT_DEPTH_LIMIT',
    help: 'how deep sessions started by sessions may nest',
    initial: '5',
    wanted: 'a whole number below 1000',
    parse: (text) => (/^\d{1,3}$/.test(text) ? { value: Number(text) } : undefined),
  },
  timeout: {
    env: 'STINT_TIMEOUT',
    help: 'how long a turn may take, or none',
    initial: 'none',
    ...orNone(duration),
  },
  idle_timeout: {
    env: 'STINT_IDLE_TIMEOUT',
    help: 'how long a command may print nothing, or none',
    initial: 'none',
    ...orNone(duration),
  },
  agent_idle_timeout: {
    env: 'STINT_AGENT_IDLE_TIMEOUT',
    help: 'how long an agent may say nothing while no tool of its own runs, or none',
    initial: '10m',
    ...orNone(duration),
  },
  tool: {
    env: 'STINT_TOOL',
    help: 'the tool that a prompt goes to, or none',
    initial: 'none',
    wanted: 'the name of a tool, or none',
    parse: (text) =>
      /^[a-z][a-z0-9-]{0,31}$/.test(text)
        ? { value: text === 'none' ? undefined : text }
        : undefined,
  },
  permission: {
    env: 'STINT_PERMISSION',
    help: 'what agents may do unasked: allow, deny (what they do by themselves) or ask',
    initial: 'deny',
    wanted: 'allow, deny or ask',
    parse: (text) =>
      text === 'allow' || text === 'deny' || text === 'ask' ? { value: text } : undefined,
  },
  kill_grace: {
    env: 'STINT_KILL_GRACE',
    help: 'how long a process has between TERM and KILL',
    initial: '5s',
    ...duration,
  },
  journal_patience: {
    env: 'STINT_JOURNAL_PATIENCE',
    help: 'how long the end of a turn waits for a journal that cannot be written',
    initial: '5s',
    ...duration,
  },
  transcript_cap: {
    env: 'STINT_TRANSCRIPT_CAP',
    help: 'how much streamed output one transcript takes',
    initial: '512MiB',
    ...size,
  },
  'gc.older_than': {
    env: 'STINT_GC_OLDER_THAN',
    help: 'gc: how long ago a session that may go was used last, or none',
    initial: 'none',
    ...orNone(duration),
  },
  'gc.keep_last': {
    env: 'STINT_GC_KEEP_LAST',
    help: 'gc: how many sessions of a project stay in any case, those used last, or none',
    initial: 'none',
    ...orNone(count),
  },
  'gc.max_count': {
    env: 'STINT_GC_MAX_COUNT',
    help: 'gc: how many sessions a project keeps at most, or none',
    initial: 'none',
    ...orNone(count),
  },
  'gc.max_size': {
    env: 'STINT_GC_MAX_SIZE',
    help: "gc: how much a project's sessions take on the disk at most, or none",
    initial: 'none',
    ...orNone(size),
  },
  'gc.trash_for': {
    env: 'STINT_GC_TRASH_FOR',
    help: 'gc: how long a session stays in the trash',
    initial: '7d',
    ...duration,
  },
  'gc.archive': {
    env: 'STINT_GC_ARCHIVE',
    help: 'gc: the directory in which sessions are archived before they go, or none',
    initial: 'none',
    wanted: 'an absolute path, or none',
    parse: (text) =>
      text === 'none' || text.startsWith('/')
        ? { value: text === 'none' ? undefined : text }
        : undefined,
  },
}

/** What the user wants of redaction. Only config.toml says so: no variable, and no project's file. */
export interface RedactionSettings {
  readonly enabled: boolean
  /** Variables whose values are secrets, whatever their names. */
  readonly env: readonly string[]
  /** Texts that are never taken out. */
  readonly allow: readonly string[]
  readonly rules: readonly Rule[]
}

const redactionHelp: { readonly [K in keyof RedactionSettings]: string } = {
  enabled: 'whether secrets are taken out of what is kept',
  env: 'variables whose values are secrets, whatever their names',
  allow: 'texts that are never taken out',
  rules: 'tokens of your own: id, prefix, charset, min, max',
}

/** A setting's value as text, and where it came from. */
export interface SettingRow {
  readonly key: SettingKey | `redaction.${keyof RedactionSettings}` | `tools.${string}`
  readonly value: string
  readonly origin: 'environment' | 'config' | 'default'
  /** The variable's name or the file's path. */
  readonly source: string | null
  readonly help: string
}

export interface Config {
  readonly settings: Settings
  /** By the tool's name. */
  readonly tools: Readonly<Record<string, ToolSettings>>
  readonly rows: readonly SettingRow[]
  /** Unknown keys, in words. */
  readonly warnings: readonly string[]
  readonly file: string
}

/** Reads the settings. Throws CONFIG_INVALID, which names the variable or the file and the key. */
export function readConfig(env: Env, home: string): Config {
  return readConfigFile(configFile(env, home), env)
}

/** The same of a file that is known. */
export function readConfigFile(file: string, env: Env): Config {
  const table = readTable(file)
  const written = withSections(table, file)
  const found = (Object.keys(settings) as SettingKey[]).map((key) =>
    readSetting(key, written, file, env),
  )
  const values = Object.fromEntries(found.map(({ row, value }) => [row.key, value]))
  const redaction = decodeRedaction(table, file)
  const tools = decodeTools(
    table.tools ?? {},
    (problem) => new Failure('CONFIG_INVALID', { file, problem }),
  )
  return {
    settings: values as unknown as Settings,
    tools,
    rows: [
      ...found.map(({ row }) => row),
      ...redactionRows(redaction, table, file),
      ...toolRows(tools, file),
    ],
    warnings: unknownKeys(written, file),
    file,
  }
}

function readSetting(
  key: SettingKey,
  written: TomlTable,
  file: string,
  env: Env,
): { readonly row: SettingRow; readonly value: unknown } {
  const setting = settings[key]
  const variable = env[setting.env]
  const inFile = textOf(written[key])
  const source = variable ? setting.env : inFile === undefined ? null : file
  const value = variable || (inFile ?? setting.initial)
  const parsed = setting.parse(value)
  if (parsed === undefined) {
    const problem = `${key} cannot be ${JSON.stringify(value)}: it takes ${setting.wanted}`
    throw new Failure('CONFIG_INVALID', { file: source ?? file, problem })
  }
  const origin = variable ? 'environment' : source === null ? 'default' : 'config'
  return { row: { key, help: setting.help, value, origin, source }, value: parsed.value }
}

function unknownKeys(written: TomlTable, file: string): string[] {
  const known = [...Object.keys(settings), 'redaction', 'tools']
  return Object.keys(written)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const nearest = nearestWord(key, known)
      return `${file}: unknown key ${key}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
    })
}

function toolRows(tools: Config['tools'], file: string): SettingRow[] {
  return Object.entries(tools).map(([name, tool]) => ({
    key: `tools.${name}`,
    value: toolLine(name, tool),
    origin: 'config',
    source: file,
    help: `how ${name} is started`,
  }))
}

/** The keys of `[gc]` beside those at the top, as `gc.older_than`. */
function withSections(table: TomlTable, file: string): TomlTable {
  const { gc = {}, ...top } = table
  if (!isTable(gc)) {
    throw new Failure('CONFIG_INVALID', { file, problem: 'gc is no table: write [gc]' })
  }
  const named = Object.entries(gc).map(([key, value]) => [`gc.${key}`, value])
  return { ...top, ...Object.fromEntries(named) }
}

/** Reads what the user wants of redaction. Throws CONFIG_INVALID. */
export function readRedaction(file: string): RedactionSettings {
  return decodeRedaction(readTable(file), file)
}

function decodeRedaction(table: TomlTable, file: string): RedactionSettings {
  const invalid = (problem: string) => new Failure('CONFIG_INVALID', { file, problem })
  const { redaction = {} } = table
  if (!isTable(redaction)) throw invalid('redaction is no table: write [redaction]')
  const unknown = Object.keys(redaction).find((key) => !Object.hasOwn(redactionHelp, key))
  if (unknown !== undefined) {
    // A misspelt rule would leave secrets in, silently.
    throw invalid(`[redaction] has no ${unknown}; it has ${Object.keys(redactionHelp).join(', ')}`)
  }
  const { enabled = true, env = [], allow = [], rules = [] } = redaction
  if (typeof enabled !== 'boolean') throw invalid('redaction.enabled is true or false')
  if (!isTexts(env)) throw invalid('redaction.env is a list of names of variables')
  if (!isTexts(allow)) throw invalid('redaction.allow is a list of texts')
  if (!Array.isArray(rules)) throw invalid('redaction.rules are tables: write [[redaction.rules]]')
  return {
    enabled,
    env,
    allow,
    rules: rules.map((rule: unknown, i) => {
      const made = isTable(rule) ? makeRule(rule) : 'it is no table'
      if (typeof made !== 'string') return made
      throw invalid(`rule ${i + 1} of [[redaction.rules]]: ${made}`)
    }),
  }
}

function redactionRows(redaction: RedactionSettings, table: TomlTable, file: string): SettingRow[] {
  const written = isTable(table.redaction) ? table.redaction : {}
  const shown = {
    enabled: String(redaction.enabled),
    env: redaction.env.join(' ') || 'none',
    allow: redaction.allow.length === 0 ? 'none' : String(redaction.allow.length),
    rules: redaction.rules.map(({ id }) => id).join(' ') || 'none',
  }
  return (Object.keys(redactionHelp) as (keyof RedactionSettings)[]).map((key) => {
    const isSet = Object.hasOwn(written, key)
    return {
      key: `redaction.${key}`,
      value: shown[key],
      origin: isSet ? 'config' : 'default',
      source: isSet ? file : null,
      help: redactionHelp[key],
    }
  })
}

function readTable(file: string): TomlTable {
  // People keep their settings behind links.
  const text = disk.findText(file, 'followed')
  if (text === undefined) return {}
  try {
    return parseToml(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const place = error.line === undefined ? '' : `line ${error.line}: `
    throw new Failure(
      'CONFIG_INVALID',
      { file, problem: `${place}${error.message}` },
      { cause: error },
    )
  }
}

function textOf(value: unknown): string | undefined {
  return value === undefined
    ? undefined
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)
}
