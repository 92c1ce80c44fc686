/** A state to the text of state.toml and back. */

import {
  DecodeError,
  decodeBoolean,
  decodeInteger,
  decodeNumber,
  decodeTable,
  decodeText,
  isTexts,
  present,
} from '../base/decode.ts'
import { isSessionId } from '../base/id.ts'
import { formatTimestamp, type Timestamp } from '../base/time.ts'
import { formatToml, parseToml, TomlError, type TomlTable } from '../base/toml.ts'
import { Failure } from '../errors.ts'
import type { GroupIdentity } from '../os/process.ts'
import { isOptional, type Keys, type Kind, kindOf, layout, tables } from './document.ts'
import { readPlainState } from './plain.ts'
import { type State, stateFormat } from './state.ts'

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

type Table = Readonly<Record<string, unknown>>

/** Decodes a document as far as this version knows it. Throws DecodeError. */
function decodeState(table: TomlTable): State {
  const { turn, usage, redactions, ...rest } = table
  const written = {
    format: stateFormat,
    last_accessed: table.created_at,
    phase: 'active',
    pinned: false,
    ...rest,
  }
  return {
    ...decodeKeys(written, layout.head),
    genealogy: decodeKeys(
      { depth: 0, ...tableOf(table, 'genealogy') },
      layout.genealogy,
      'genealogy.',
    ),
    context_status: decodeKeys(
      { is_compacted: false, ...tableOf(table, 'context_status') },
      layout.context_status,
      'context_status.',
    ),
    tools: mapTable(tableOf(table, 'tools'), (tool, name) => {
      const where = `tools.${name}`
      return decodeKeys(decodeTable(tool, where), layout.tool, `${where}.`)
    }),
    git: decodeKeys(tableOf(table, 'git'), layout.git, 'git.'),
    ...(turn !== undefined && { turn: decodeTurn(decodeTable(turn, 'turn')) }),
    ...(usage !== undefined && { usage: decodeTable(usage, 'usage') }),
    ...(redactions !== undefined && { redactions: decodeTable(redactions, 'redactions') }),
    journal: decodeKeys(
      { fold: 0, seq: -1, bytes: 0, ...tableOf(table, 'journal') },
      layout.journal,
      'journal.',
    ),
  } as unknown as State
}

function decodeTurn({ process, ...turn }: Table): Table {
  return {
    ...decodeKeys(turn, layout.turn, 'turn.'),
    ...(process !== undefined && { process: decodeGroup(process) }),
  }
}

/** Decodes the identity of a turn's process group. Throws DecodeError. */
export function decodeGroup(value: unknown): GroupIdentity {
  const table = decodeTable(value, 'turn.process')
  return decodeKeys(table, layout.process, 'turn.process.') as unknown as GroupIdentity
}

/** The table with its known keys decoded; `at` stands before a key in what is said of it. */
function decodeKeys(table: Table, keys: Keys, at = ''): Table {
  const decoded: Record<string, unknown> = { ...table }
  for (const [key, kind] of Object.entries(keys)) {
    const where = `${at}${key}`
    const value = decoders[kindOf(kind)](table, key, where)
    if (!isOptional(kind)) present(value, where)
    if (value !== undefined) decoded[key] = value
  }
  return decoded
}

const decoders: Readonly<Record<Kind, (table: Table, key: string, where: string) => unknown>> = {
  id: decodeId,
  text: decodeText,
  texts: decodeTexts,
  truth: decodeBoolean,
  integer: decodeInteger,
  count: (table, key, where) => decodeFrom(0, table, key, where),
  mark: (table, key, where) => decodeFrom(-1, table, key, where),
  amount: decodeNumber,
  instant: decodeInstant,
}

function decodeId(table: Table, key: string, where: string): string | undefined {
  const id = decodeText(table, key, where)
  if (id === undefined || isSessionId(id)) return id
  throw new DecodeError(`${where} is not a ULID`)
}

function decodeTexts(table: Table, key: string, where: string): readonly string[] | undefined {
  const value = table[key]
  if (value === undefined || isTexts(value)) return value
  throw new DecodeError(`${where} is not a list of texts`)
}

/** An integer that is not below the least one. */
function decodeFrom(least: number, table: Table, key: string, where: string): number | undefined {
  const count = decodeInteger(table, key, where)
  if (count !== undefined && count < least) throw new DecodeError(`${where} is below ${least}`)
  return count
}

/** An instant that stands as a datetime, or quoted. */
function decodeInstant(table: Table, key: string, where: string): Timestamp | undefined {
  const value = table[key]
  if (value === undefined) return undefined
  const at =
    value instanceof Date
      ? value.getTime()
      : typeof value === 'string'
        ? Date.parse(value)
        : Number.NaN
  if (Number.isNaN(at)) throw new DecodeError(`${where} is not a datetime`)
  return formatTimestamp(at)
}

function tableOf(table: Table, key: string): Table {
  return table[key] === undefined ? {} : decodeTable(table[key], key)
}

function mapTable<V, T>(
  table: Readonly<Record<string, V>>,
  decode: (value: V, key: string) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, decode(value, key)]))
}

/** The document's text, in the plain layout that readPlainState reads. */
export function formatState(state: State): string {
  const { genealogy, context_status, tools, git, turn, usage, redactions, journal, ...head } = state
  const { process, ...turnFacts } = turn ?? {}
  return formatToml({
    ...arrange(head, layout.head),
    genealogy: arrange(genealogy, layout.genealogy),
    context_status: arrange(context_status, layout.context_status),
    tools: mapTable(tools, (tool) => arrange(tool, layout.tool)),
    git: arrange(git, layout.git),
    ...(turn && {
      turn: {
        ...arrange(turnFacts, layout.turn),
        ...(process && { process: arrange(process, layout.process) }),
      },
    }),
    ...(usage && { usage: arrange(usage, layout.usage) }),
    ...(redactions && { redactions }),
    journal: arrange(journal, layout.journal),
  })
}

/** A state that was folded anew, with the keys of the old one that this version does not know. */
export function keepUnknown(old: State, folded: State): State {
  const { genealogy, context_status, tools, git, turn, usage, journal } = folded
  return {
    ...unknownOf(old, layout.head, tables),
    ...folded,
    genealogy: { ...unknownOf(old.genealogy, layout.genealogy), ...genealogy },
    context_status: { ...unknownOf(old.context_status, layout.context_status), ...context_status },
    tools: mapTable(tools, (tool, name) => ({
      ...unknownOf(old.tools[name], layout.tool),
      ...tool,
    })),
    git: { ...unknownOf(old.git, layout.git), ...git },
    ...(turn && { turn: { ...unknownOf(old.turn, layout.turn, ['process']), ...turn } }),
    ...(usage && { usage: { ...unknownOf(old.usage, layout.usage), ...usage } }),
    journal: { ...unknownOf(old.journal, layout.journal), ...journal },
  }
}

function unknownOf(table: object | undefined, keys: Keys, others: readonly string[] = []): object {
  const known = [...Object.keys(keys), ...others]
  return Object.fromEntries(Object.entries(table ?? {}).filter(([key]) => !known.includes(key)))
}

/** The known keys first, their instants as datetimes. */
function arrange(table: object, keys: Keys): TomlTable {
  const values = table as TomlTable
  const arranged: TomlTable = {}
  for (const [key, kind] of Object.entries(keys)) {
    const value = values[key]
    if (value === undefined) continue
    arranged[key] = kindOf(kind) === 'instant' ? new Date(value as string) : value
  }
  for (const key of Object.keys(values)) if (!Object.hasOwn(keys, key)) arranged[key] = values[key]
  return arranged
}
