/** What a redactor is asked. */

import type { Redacted } from './finds.ts'
import type { Rule } from './rules.ts'

/** Takes secrets out of what is about to be written. */
export interface Redactor {
  /**
   * One free-standing text, which may hold line feeds; JSON in it keeps its form. `before` is the line
   * that it stands behind, where there is one: a command, as it stands behind a prompt.
   */
  text(text: string, before?: string): Redacted<string>
  /** What JSON can hold: every string in it and every key, decoded, each with the name it stands under. */
  json<T>(value: T): Redacted<T>
  /** Lines or pieces of one stream: what spans them is still found. */
  openStream(): RedactionStream
  /** Values that are secrets wherever they appear from now on, in any usual encoding. */
  learn(values: Iterable<string>): void
}

/** One stream of text, in order. */
export interface RedactionStream {
  /**
   * Whole lines joined by line feeds, without the last one.
   *
   * An empty value with empty counts stands for no line at all: the block was the rest of a key.
   */
  lines(block: string): Redacted<string>
  /** A piece, cut anywhere. Gives what is whole by now; the rest is held back. */
  write(piece: string): Redacted<string>
  /** What was held back. */
  end(): Redacted<string>
}

/** What a user adds. */
export interface RedactorOptions {
  readonly rules?: readonly Rule[]
  /** Texts that are never taken out. */
  readonly allow?: Iterable<string>
  /** Milliseconds of CPU time, of this process. */
  readonly cpuTime?: () => number
}
