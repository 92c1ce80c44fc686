/** Texts and JSON values without the secrets in them. Pure, and always on. */

import { findByContext, findUnder } from './context.ts'
import { type Find, marker, mergeCounts, type Redacted, replaceFinds } from './finds.ts'
import { type JsonValue, redactValue } from './json.ts'
import type { Kind } from './names.ts'
import { type PemState, redactKeys } from './pem.ts'
import { findTokens } from './tokens.ts'

export { mergeCounts, type Redacted, type RedactionCounts } from './finds.ts'
export type { JsonValue } from './json.ts'

/** Takes secrets out of what is about to be written. */
export interface Redactor {
  /** One free-standing text, which may hold line feeds. */
  text(text: string): Redacted<string>
  /** A JSON value: every string in it and every key, decoded, each with the name it stands under. */
  json<T extends JsonValue>(value: T): Redacted<T>
  /** Lines of one byte stream: a key that spans calls is still found. */
  openStream(): RedactionStream
}

/** The lines of one stream, in order. */
export interface RedactionStream {
  /**
   * Whole lines joined by line feeds, without the last one.
   *
   * An empty value with empty counts stands for no line at all: the block was the rest of a key.
   */
  lines(block: string): Redacted<string>
}

/** A redactor with every rule. It never throws: what it fails on becomes `[REDACTED:error]`. */
export function createRedactor(): Redactor {
  return {
    text: (text) => redactString(text, undefined),
    json: <T extends JsonValue>(value: T) =>
      guard(() => redactValue(value, redactString)) as Redacted<T>,
    openStream: () => {
      const state: PemState = { inside: false, length: 0 }
      return { lines: (block) => redactBlock(block, state) }
    },
  }
}

function redactString(text: string, kind: Kind | undefined): Redacted<string> {
  return redactBlock(text, { inside: false, length: 0 }, kind)
}

function redactBlock(block: string, state: PemState, kind?: Kind): Redacted<string> {
  return guard<string>(() => {
    let { value, counts } = redactKeys(block, state)
    // What was found can show more: the shape of a token that another one had made too long.
    for (let round = 0; round < rounds; round++) {
      const once = redactOnce(value, kind)
      if (once.counts === undefined) break
      value = once.value
      counts = mergeCounts(counts, once.counts)
    }
    return { value, counts }
  })
}

const rounds = 6

function redactOnce(text: string, kind: Kind | undefined): Redacted<string> {
  const finds: Find[] = []
  findTokens(text, finds)
  findByContext(text, finds)
  const under = kind === undefined ? undefined : findUnder(kind, text)
  if (under !== undefined) finds.push(under)
  return replaceFinds(text, finds)
}

/** Fails closed: a value that cannot be searched is not written. */
function guard<T>(redact: () => Redacted<T>): Redacted<T | string> {
  try {
    return redact()
  } catch {
    return { value: marker('error'), counts: { error: 1 } }
  }
}
