/** Looking into what a tool printed: whatever is not of the expected shape is as good as absent. */

import { isTable } from '../base/decode.ts'
import { parseJson } from '../base/json.ts'
import type { Tokens, ToolEvent } from './event.ts'

export type Fields = Readonly<Record<string, unknown>>

/** How deep the data of an entry may nest. */
const deepest = 100

/** No shorter line nests so deep that a stack ends. */
const shortest = 8 * 1024

/** The JSON object in a line, but for what nests too deep; undefined when there is none. */
export function readFields(line: string): Fields | undefined {
  // A byte order mark counts as space here.
  const from = line.search(/\S/)
  if (line[from] !== '{') return undefined
  const value = parseJson(from === 0 ? line : line.slice(from))
  if (!isTable(value)) return undefined
  return line.length < shortest ? value : (pruned(value) as Fields)
}

/** Without what has no value, and without what nests too deep for whoever reads it. */
export function pruned(value: unknown, left: number = deepest): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (left === 0) return '[nested too deep]'
  if (Array.isArray(value)) return value.map((one) => pruned(one, left - 1))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([key, one]) => [key, pruned(one, left - 1)]),
  )
}

export function textIn(fields: Fields, key: string): string | undefined {
  const value = fields[key]
  return typeof value === 'string' ? value : undefined
}

/** A text, and any other value as JSON; undefined where there is none. */
export function shownIn(fields: Fields, key: string): string | undefined {
  const value = fields[key]
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  return JSON.stringify(value)
}

/** What came out of a call, or else why nothing did. */
export function outputIn(result: Fields): string | undefined {
  const output = shownIn(result, 'output')
  return output || (messageIn(result.error) ?? output)
}

/** The texts of an answer's parts, a line each; images are long, and say nothing as text. */
export function partsText(parts: readonly unknown[]): string {
  return parts
    .map((part) =>
      isTable(part) ? (textIn(part, 'text') ?? `[${textIn(part, 'type') ?? '?'}]`) : '',
    )
    .join('\n')
}

/** An id, which some write as a number. */
export function idIn(fields: Fields, key: string): string | undefined {
  const value = fields[key]
  return typeof value === 'number' ? String(value) : textIn(fields, key)
}

export function fieldsIn(fields: Fields, key: string): Fields {
  const value = fields[key]
  return isTable(value) ? value : {}
}

export function listIn(fields: Fields, key: string): readonly unknown[] {
  const value = fields[key]
  return Array.isArray(value) ? value : []
}

/** An amount: not below zero, and small enough to be added up. */
export function amountIn(fields: Fields, key: string): number | undefined {
  const value = fields[key]
  return isAmount(value) ? value : undefined
}

export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

/** The sum of what is known; undefined when nothing is. */
export function sumOf(...amounts: readonly (number | undefined)[]): number | undefined {
  const known = amounts.filter((amount) => amount !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, amount) => sum + amount, 0)
}

/** The same without the keys that have no value. */
export function known<T extends object>(
  values: {
    readonly [K in keyof T]: T[K] | undefined
  },
): T {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as unknown as T
}

/** What a tool counted, which stands in `raw` in its own words; no event where it counted nothing. */
export function usageEvents(
  scope: (ToolEvent & { readonly type: 'usage' })['scope'],
  counts: { readonly [K in keyof Tokens]: Tokens[K] | undefined },
  raw: unknown,
): readonly ToolEvent[] {
  const tokens = known<Tokens>(counts)
  return Object.keys(tokens).length === 0 ? [] : [{ type: 'usage', scope, tokens, raw }]
}

/** An event that the adapter knows nothing about. */
export function rawEvent(fields: Fields): ToolEvent {
  return { type: 'raw', data: fields }
}

/** An event with what its line says of it; a raw one says all of that itself. */
export function withData(event: ToolEvent, data: Fields | undefined): ToolEvent {
  if (data === undefined || event.type === 'raw') return event
  const before = 'data' in event ? event.data : undefined
  return { ...event, data: { ...before, ...data } } as ToolEvent
}

/** What stands in an error, however deep a provider wrapped its message into JSON. */
export function messageIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') {
    const inner = depth < 4 ? readFields(value) : undefined
    return (inner && messageIn(inner, depth + 1)) ?? value
  }
  if (!isTable(value) || depth >= 4) return undefined
  return (
    messageIn(value.message, depth + 1) ??
    messageIn(value.error, depth + 1) ??
    messageIn(value.data, depth + 1) ??
    textIn(value, 'name') ??
    textIn(value, 'type')
  )
}

/** Whether a prompt cannot be an argument: Linux takes less than 128 KiB as one. */
export function isLong(prompt: string): boolean {
  return Buffer.byteLength(prompt) > 100_000
}

/** A prompt as the last words of a command line, kept from being an option. */
export function promptWords(prompt: string | undefined): readonly string[] {
  return prompt === undefined ? [] : ['--', prompt]
}

/** Whether a version, such as `2.1.277`, is this one or came after it; one that is no version did not. */
export function isSince(first: string, version = ''): boolean {
  const parts = version.split('.').map(Number)
  for (const [at, least] of first.split('.').map(Number).entries()) {
    const part = parts[at] ?? Number.NaN
    if (part !== least) return part > least
  }
  return true
}
