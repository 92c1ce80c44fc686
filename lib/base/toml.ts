/**
 * TOML text to a table and back.
 *
 * @iarna/toml is the parser of record, loaded when a document is anything but plain. What is written
 * here is plain, so that a reader of it needs no parser; and the package's own
 * writer is not used, since it writes small numbers and control characters that it cannot read.
 */

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** A TOML table: text, numbers, booleans, Dates, arrays and tables. */
export type TomlTable = { [key: string]: unknown }

/** An integer beyond what a number holds: kept as it stands, and shown as near as can be. */
class WideInteger {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toJSON(): number {
    return Number(this.text)
  }
}

/** TOML that does not parse; line and column count from 1. */
export class TomlError extends Error {
  readonly line: number | undefined
  readonly column: number | undefined

  constructor(message: string, line?: number, column?: number, options?: ErrorOptions) {
    super(message, options)
    this.line = line
    this.column = column
  }
}

/** The table of a document. Throws TomlError. */
export function parseToml(text: string): TomlTable {
  return readPlainToml(text) ?? parseAnyToml(text)
}

/** Keys that every object has from birth: the parser would write into what they lead to. */
const inborn =
  '(?:constructor|__proto__|toString|toLocaleString|valueOf|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|__(?:define|lookup)[GS]etter__)'
const inherited = new RegExp(
  `(?:^|[\\s.[{,"'])${inborn}["' \\t]*[.=]|^[ \\t]*\\[[^\\]\\n]*(?<=[\\s.["'])${inborn}["' \\t]*\\]`,
  'm',
)

/**
 * A line that is a key and one text: what stands in the text is no key. Even where a text of several
 * lines is around it: that goes on behind the line, for its three quotes do not stand in it.
 */
const oneText = /(?<=^|\n)([A-Za-z0-9_-]+ = )"(?:(?!''')[^"\\\n]|\\[^\n])*"(?=\n|$)/g

/** The same by the parser alone. */
export function parseAnyToml(document: string): TomlTable {
  // Some editors put a mark before UTF-8, which says nothing.
  const text = document.replace(/^\ufeff/, '')
  // A quoted key can spell its name in escapes.
  const plain = text
    .replace(oneText, '$1""')
    .replace(/\\u00([2-7][\da-f])|\\U000000([2-7][\da-f])/gi, (_, short, long) =>
      String.fromCharCode(Number.parseInt(short ?? long, 16)),
    )
  const found = inherited.exec(plain)
  if (found !== null) {
    const line = plain.slice(0, found.index + 1).split('\n').length
    throw new TomlError('a key has a name that every object has from birth', line)
  }
  try {
    const parse = require('@iarna/toml/parse-string.js') as (text: string) => TomlTable
    return withoutBigInts(parse(text)) as TomlTable
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { line, col } = error as { line?: number; col?: number }
    // Its message ends in an excerpt of the file, which may be anything.
    const message = (error.message.split('\n')[0] ?? '')
      .replace(/ at row \d.*$/, '')
      .replace(/(?<=character ")(\d+)(?="$)/, (code) => String.fromCodePoint(Number(code)))
    throw new TomlError(
      message,
      line === undefined ? undefined : line + 1,
      col === undefined ? undefined : col + 1,
      { cause: error },
    )
  }
}

/** JSON has no BigInt, and would fail on one. */
function withoutBigInts(value: unknown): unknown {
  if (typeof value === 'bigint') return new WideInteger(String(value))
  if (Array.isArray(value)) return value.map(withoutBigInts)
  if (!isPlainTable(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutBigInts(inner)]),
  )
}

/**
 * Writes a document: values before tables; empty tables, null and undefined are left out. Throws
 * TomlError for what nests so deep that no reader would get through it either.
 */
export function formatToml(table: TomlTable): string {
  try {
    return formatTable(table, '').trimStart()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new TomlError('it nests too deep', undefined, undefined, { cause: error })
  }
}

function formatTable(table: TomlTable, path: string): string {
  let values = ''
  let tables = ''
  for (const [key, value] of Object.entries(table)) {
    if (value === undefined || value === null) continue
    if (isPlainTable(value)) {
      tables += formatTable(value, path === '' ? formatKey(key) : `${path}.${formatKey(key)}`)
    } else {
      values += `${formatKey(key)} = ${formatValue(value)}\n`
    }
  }
  if (values === '') return tables
  return (path === '' ? values : `\n[${path}]\n${values}`) + tables
}

function formatKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : formatText(key)
}

function formatValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return formatText(value)
    case 'number':
      return formatNumber(value)
    case 'boolean':
      return String(value)
  }
  if (value instanceof WideInteger) return value.text
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `[${value.map(formatValue).join(', ')}]`
  const pairs = Object.entries(value as TomlTable).filter(([, inner]) => inner !== undefined)
  return `{${pairs.map(([key, inner]) => `${formatKey(key)} = ${formatValue(inner)}`).join(', ')}}`
}

/** JSON's escapes are TOML's too; DEL needs one, and half a surrogate pair is no character. */
function formatText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll('\u007f', '\\u007f')
}

/** An integer that a double does not hold exactly is written as the float it is. */
function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  return Number.isSafeInteger(value) || /[.e]/.test(text) ? text : `${text}.0`
}

function isPlainTable(value: unknown): value is TomlTable {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof WideInteger)
  )
}

/**
 * The table of a document in the plain layout that formatToml writes, or undefined when any line is
 * something else. It and the parser never disagree.
 *
 * Ten times faster than a parser, and nothing need be loaded for it.
 */
export function readPlainToml(text: string): TomlTable | undefined {
  // A pattern that meets megabytes runs out of stack.
  if (text.length > longestPlain) return undefined
  const root: TomlTable = {}
  let table = root
  let start = 0
  while (start < text.length) {
    let end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    const line = text.slice(start, end)
    start = end + 1
    if (line === '') continue
    if (line.charCodeAt(0) === 91 /* [ */) {
      const header = /^\[([A-Za-z0-9_-]+)(?:\.([A-Za-z0-9_-]+))?\]$/.exec(line)
      if (header?.[1] === undefined) return undefined
      const outer = openTable(root, header[1], header[2] === undefined)
      const inner =
        outer !== undefined && header[2] !== undefined ? openTable(outer, header[2], true) : outer
      if (inner === undefined) return undefined
      table = inner
      continue
    }
    const equals = line.indexOf(' = ')
    if (equals < 1) return undefined
    const key = line.slice(0, equals)
    if (!(knownKeys.has(key) || isPlainKey(key)) || key in table) return undefined
    const value = plainValue(line.slice(equals + 3))
    if (value === undefined) return undefined
    table[key] = value
  }
  return root
}

const longestPlain = 256 * 1024

/** Keys that were looked at before: the same few stand in every state. */
const knownKeys = new Set<string>()

function isPlainKey(key: string): boolean {
  if (!/^[A-Za-z0-9_-]+$/.test(key)) return false
  if (knownKeys.size < 200) knownKeys.add(key)
  return true
}

function openTable(parent: TomlTable, key: string, fresh: boolean): TomlTable | undefined {
  if (key in Object.prototype) return undefined
  const there = parent[key]
  if (there === undefined) {
    const table: TomlTable = {}
    parent[key] = table
    return table
  }
  return isPlainTable(there) && !fresh ? there : undefined
}

// Not \p{Cc}, which would take longer to make than all else here.
const control = '\\x00-\\x1f\\x7f-\\x9f'
const escaped = '\\\\(?:[btnfr"\\\\]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})'
const quoted = `"(?:[^"\\\\${control}]|${escaped})*"`
const plainText = new RegExp(`^${quoted}$`)
const plainTexts = new RegExp(`^\\[(?:${quoted}(?:, (?!\\])|(?=\\])))*\\]$`)
const controls = new RegExp(`[${control}]`)

function plainValue(text: string): unknown {
  const first = text.charCodeAt(0)
  if (first === 34 /* " */) return plainString(text)
  if (text === 'true') return true
  if (text === 'false') return false
  if (first === 91 /* [ */) return plainTexts.test(text) ? JSON.parse(text) : undefined
  if (text.length === 24 && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) {
    const date = new Date(text)
    // A day such as February 30 is refused by one reader and rolled over by another.
    return !Number.isNaN(date.getTime()) && date.toISOString() === text ? date : undefined
  }
  if (/^-?(?:0|[1-9]\d{0,14})$/.test(text)) return text === '-0' ? undefined : Number(text)
  if (/^-?(?:0|[1-9]\d{0,9})\.\d{1,20}$/.test(text)) return Number(text)
  return undefined
}

function plainString(text: string): string | undefined {
  // The common case costs two searches.
  if (text.indexOf('\\') < 0 && text.indexOf('"', 1) === text.length - 1) {
    const inner = text.slice(1, -1)
    return controls.test(inner) || text.length < 2 ? undefined : inner
  }
  return plainText.test(text) ? JSON.parse(text) : undefined
}
