/** JSON values: strings and keys decoded, each with the name it stands under. */

import { mergeCounts, type Redacted, type RedactionCounts } from './finds.ts'
import { findKind, type Kind } from './names.ts'

/** What JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** Redacts one string, given what the name it stands under promises of it. */
export type RedactString = (text: string, kind: Kind | undefined) => Redacted<string>

/** Every string and key in `value` redacted; what holds no secret keeps its identity. */
export function redactValue(
  value: JsonValue,
  redact: RedactString,
  kind?: Kind,
): Redacted<JsonValue> {
  if (typeof value === 'string') return redact(value, kind)
  if (typeof value !== 'object' || value === null) return { value, counts: undefined }
  return isList(value) ? redactList(value, redact, kind) : redactObject(value, redact)
}

/** A list stands under its own name; an argument stands under the flag before it. */
function redactList(
  list: readonly JsonValue[],
  redact: RedactString,
  kind: Kind | undefined,
): Redacted<readonly JsonValue[]> {
  let counts: RedactionCounts | undefined
  let copy: JsonValue[] | undefined
  for (const [i, item] of list.entries()) {
    const one = redactValue(item, redact, kind ?? flagKind(list[i - 1], item))
    if (one.counts === undefined) continue
    copy ??= [...list]
    copy[i] = one.value
    counts = mergeCounts(counts, one.counts)
  }
  return { value: copy ?? list, counts }
}

function flagKind(before: JsonValue | undefined, item: JsonValue): Kind | undefined {
  if (typeof before !== 'string' || typeof item !== 'string') return undefined
  return /^--?[A-Za-z][\w-]{1,63}$/.test(before) && !item.startsWith('-')
    ? findKind(before.replace(/^--?/, ''))
    : undefined
}

function redactObject(
  object: { readonly [key: string]: JsonValue },
  redact: RedactString,
): Redacted<JsonValue> {
  let counts: RedactionCounts | undefined
  const entries: [string, JsonValue][] = []
  for (const [key, value] of Object.entries(object)) {
    const name = redact(key, undefined)
    const kind = findKind(key) ?? (/^value$/i.test(key) ? pairKind(object) : undefined)
    const content = redactValue(value, redact, kind)
    counts = mergeCounts(counts, mergeCounts(name.counts, content.counts))
    entries.push([name.value, content.value])
  }
  return counts === undefined
    ? { value: object, counts }
    : { value: Object.fromEntries(withoutClashes(entries)), counts }
}

/** `{ name: 'API_KEY', value: ... }`. */
function pairKind(object: { readonly [key: string]: JsonValue }): Kind | undefined {
  for (const [key, name] of Object.entries(object)) {
    if (/^(?:name|key|header)$/i.test(key) && typeof name === 'string') return findKind(name)
  }
  return undefined
}

/** Keys that became equal are numbered, so that no value is lost. */
function withoutClashes(entries: readonly [string, JsonValue][]): [string, JsonValue][] {
  const taken = new Set<string>()
  const counts = new Map<string, number>()
  return entries.map(([key, value]) => {
    let free = key
    let n = counts.get(key) ?? 1
    while (taken.has(free)) free = `${key}#${++n}`
    counts.set(key, n)
    taken.add(free)
    return [free, value]
  })
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value)
}
