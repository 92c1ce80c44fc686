/** TOML text to a table and back, by @iarna/toml, which is loaded on first use. */

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** A TOML table: text, numbers, booleans, Dates, arrays and tables. */
export type TomlTable = { [key: string]: unknown }

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

/** Parses a document. Throws TomlError. Tables have no prototype. */
export function parseToml(text: string): TomlTable {
  const parse = require('@iarna/toml/parse-string.js') as (text: string) => TomlTable
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { line, col } = error as { line?: number; col?: number }
    // Its message ends in an excerpt of the file, which may be anything.
    const message = (error.message.split('\n')[0] ?? '').replace(/ at row \d.*$/, '')
    throw new TomlError(
      message,
      line === undefined ? undefined : line + 1,
      col === undefined ? undefined : col + 1,
      { cause: error },
    )
  }
}

/** Writes a document; keys whose value is undefined are left out. */
export function formatToml(table: TomlTable): string {
  const stringify = require('@iarna/toml/stringify.js') as (table: TomlTable) => string
  return stringify(table)
}

/**
 * The table of a document in the plain layout that formatToml writes, or undefined when any line is
 * something else: the caller then asks parseToml. The two never disagree.
 *
 * Ten times faster than a parser, which is what lets a list read thousands of states.
 */
export function readPlainToml(text: string): TomlTable | undefined {
  const root: TomlTable = {}
  let table = root
  let start = 0
  while (start < text.length) {
    let end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    // Nested tables are indented.
    while (text.charCodeAt(start) === 32) start++
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
    if (!/^[A-Za-z0-9_-]+$/.test(key) || key === '__proto__' || key in table) return undefined
    const value = plainValue(line.slice(equals + 3))
    if (value === undefined) return undefined
    table[key] = value
  }
  return root
}

function openTable(parent: TomlTable, key: string, fresh: boolean): TomlTable | undefined {
  if (key === '__proto__') return undefined
  const there = Object.hasOwn(parent, key) ? parent[key] : undefined
  if (there === undefined) {
    const table: TomlTable = {}
    parent[key] = table
    return table
  }
  const isTable = typeof there === 'object' && !Array.isArray(there) && !(there instanceof Date)
  return isTable && !fresh ? (there as TomlTable) : undefined
}

function plainValue(text: string): unknown {
  const first = text.charCodeAt(0)
  if (first === 34 /* " */) return plainString(text)
  if (text === 'true') return true
  if (text === 'false') return false
  if (first === 91 /* [ */) {
    if (text === '[ ]') return []
    if (!/^\[ "[^"\\]*"(?:, "[^"\\]*")* \]$/.test(text)) return undefined
    const items = text.slice(3, -3).split('", "')
    return items.some((item) => plainString(`"${item}"`) === undefined) ? undefined : items
  }
  if (text.length === 24 && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) {
    const date = new Date(text)
    // A day such as February 30 is refused by one reader and rolled over by another.
    return !Number.isNaN(date.getTime()) && date.toISOString() === text ? date : undefined
  }
  if (/^-?(?:0|[1-9]\d{0,2}(?:_\d{3}){0,4}|[1-9]\d{0,14})$/.test(text)) {
    const number = Number(text.replaceAll('_', ''))
    return Object.is(number, -0) ? undefined : number
  }
  if (/^-?(?:0|[1-9]\d{0,9})\.\d{1,9}$/.test(text)) return Number(text)
  return undefined
}

function plainString(text: string): string | undefined {
  if (text.length < 2 || text.charCodeAt(text.length - 1) !== 34) return undefined
  const inner = text.slice(1, -1)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a plain string has none of them
  return /["\\\u0000-\u001f\u007f]/.test(inner) ? undefined : inner
}
