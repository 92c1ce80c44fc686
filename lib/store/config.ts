/** Settings: flag > environment > config.toml > default, and where each value came from. */

import { nearestWord } from '../base/text.ts'
import { parseDuration } from '../base/time.ts'
import { parseToml, TomlError, type TomlTable } from '../base/toml.ts'
import { Failure } from '../errors.ts'
import { configFile } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { Env } from './store.ts'

/** The settings, decoded. */
export interface Settings {
  /** How deep sessions may nest: a root session has depth 0. */
  readonly depth_limit: number
  /** How long a turn may take, in ms. */
  readonly timeout: number | undefined
  /** How long a turn may be silent, in ms. */
  readonly idle_timeout: number | undefined
  /** How long a process has between TERM and KILL, in ms. */
  readonly kill_grace: number
  /** How long the end of a turn waits for a journal that cannot be written, in ms. */
  readonly journal_patience: number
  /** How many bytes of streamed output one transcript takes. */
  readonly transcript_cap: number
}

export type SettingKey = keyof Settings

interface Setting<T> {
  readonly env: string
  readonly help: string
  readonly initial: string
  /** Undefined when the text is no value of this setting. */
  readonly parse: (text: string) => { readonly value: T } | undefined
}

const duration = (text: string) => {
  const value = parseDuration(text)
  return value === undefined ? undefined : { value }
}
const durationOrNone = (text: string) => (text === 'none' ? { value: undefined } : duration(text))

const settings: { readonly [K in SettingKey]: Setting<Settings[K]> } = {
  depth_limit: {
    env: 'STINT_DEPTH_LIMIT',
    help: 'how deep sessions started by sessions may nest',
    initial: '5',
    parse: (text) => (/^\d{1,3}$/.test(text) ? { value: Number(text) } : undefined),
  },
  timeout: {
    env: 'STINT_TIMEOUT',
    help: 'how long a turn may take, or none',
    initial: 'none',
    parse: durationOrNone,
  },
  idle_timeout: {
    env: 'STINT_IDLE_TIMEOUT',
    help: 'how long a turn may print nothing, or none',
    initial: 'none',
    parse: durationOrNone,
  },
  kill_grace: {
    env: 'STINT_KILL_GRACE',
    help: 'how long a process has between TERM and KILL',
    initial: '5s',
    parse: duration,
  },
  journal_patience: {
    env: 'STINT_JOURNAL_PATIENCE',
    help: 'how long the end of a turn waits for a journal that cannot be written',
    initial: '5s',
    parse: duration,
  },
  transcript_cap: {
    env: 'STINT_TRANSCRIPT_CAP',
    help: 'how much streamed output one transcript takes',
    initial: '512MiB',
    parse: (text) => {
      const value = parseSize(text)
      return value === undefined ? undefined : { value }
    },
  },
}

/** A setting's value as text, and where it came from. */
export interface SettingRow {
  readonly key: SettingKey
  readonly value: string
  readonly origin: 'environment' | 'config' | 'default'
  /** The variable's name or the file's path. */
  readonly source: string | null
  readonly help: string
}

export interface Config {
  readonly settings: Settings
  readonly rows: readonly SettingRow[]
  /** Unknown keys, in words. */
  readonly warnings: readonly string[]
  readonly file: string
}

/** Reads the settings. Throws CONFIG_INVALID, which names the variable or the file and the key. */
export function readConfig(env: Env, home: string): Config {
  const file = configFile(env, home)
  const table = readTable(file)
  const values: Record<string, unknown> = {}
  const rows = (Object.keys(settings) as SettingKey[]).map((key): SettingRow => {
    const setting = settings[key]
    const row = { key, help: setting.help }
    const variable = env[setting.env]
    const written = textOf(table[key])
    const source = variable ? setting.env : written === undefined ? null : file
    const value = variable || (written ?? setting.initial)
    const parsed = setting.parse(value)
    if (parsed === undefined) {
      const problem = `${key} cannot be ${JSON.stringify(value)}: ${setting.help}`
      throw new Failure('CONFIG_INVALID', { file: source ?? file, problem })
    }
    values[key] = parsed.value
    const origin = variable ? 'environment' : source === null ? 'default' : 'config'
    return { ...row, value, origin, source }
  })
  const warnings = Object.keys(table)
    .filter((key) => !Object.hasOwn(settings, key))
    .map((key) => {
      const nearest = nearestWord(key, Object.keys(settings))
      return `${file}: unknown key ${key}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
    })
  return { settings: values as unknown as Settings, rows, warnings, file }
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

/** Bytes of `512MiB`, `2GB`, `64k` or a plain count. */
export function parseSize(text: string): number | undefined {
  const [, count, prefix, binary] = /^(\d{1,12})\s*([kKMGT])?(iB|B)?$/.exec(text) ?? []
  if (count === undefined) return undefined
  const base = binary === 'B' && prefix !== undefined ? 1000 : 1024
  const power = prefix === undefined ? 0 : 'KMGT'.indexOf(prefix.toUpperCase()) + 1
  const value = Number(count) * base ** power
  return Number.isSafeInteger(value) ? value : undefined
}
