/** Texts and JSON values without the secrets in them. Pure, and always on. */

import { findByContext } from './context.ts'
import { type Find, marker, mergeCounts, type Redacted, replaceFinds } from './finds.ts'
import type { JsonValue } from './json.ts'
import { redactValue } from './json.ts'
import { type PemState, redactKeys } from './pem.ts'
import { findTokens } from './tokens.ts'

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
    text: (text) => redactBlock(text, { inside: false, length: 0 }),
    json: (value) => guard(value, () => redactValue(value, redactText)),
    openStream: () => {
      const state: PemState = { inside: false, length: 0 }
      return { lines: (block) => redactBlock(block, state) }
    },
  }
}
