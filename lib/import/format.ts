/** What the stored conversation of any tool says, in the order in which it took place. */

import type { Env } from '../base/env.ts'
import type { Failure } from '../errors.ts'
import type { ToolEvent } from '../tools/event.ts'
import type { Source, SourceRecord } from './source.ts'

/** One thing that a file says. An instant is as the file has it: it may be missing, or absurd. */
export type Said =
  | { readonly kind: 'about'; readonly facts: About }
  /** What begins a turn. */
  | { readonly kind: 'prompt'; readonly at: number | undefined; readonly text: string }
  | { readonly kind: 'event'; readonly at: number | undefined; readonly event: ToolEvent }
  /** The file says how the turn ended; what follows without a prompt still belongs to it. */
  | {
      readonly kind: 'end'
      readonly at: number | undefined
      readonly outcome: 'success' | 'failure' | 'interrupted'
    }
  /** The tool's own bookkeeping, or no record at all: counted under this word. */
  | { readonly kind: 'left_out'; readonly what: string; readonly count?: number }

/** What a conversation is; each fact counts when it is said first, and before the first prompt. */
export interface About {
  /** The provider's id of it. */
  readonly id?: string
  readonly cwd?: string
  /** The SHA-256 of the directory, where a file has no more of it. */
  readonly cwdHash?: string
  readonly at?: number
  readonly branch?: string
  readonly head?: string
  /** It begins as a copy of another, and its totals count what that used, too. */
  readonly isFork?: true
}

/** The way in which one tool stores its conversations. */
export interface Format {
  readonly tool: string
  /** The files of all its conversations. */
  readonly list: (home: Home) => Iterable<string>
  readonly read: (source: Source) => Iterable<Said>
}

/** Where a user's files are. */
export interface Home {
  readonly env: Env
  readonly home: string
  /** Called for what cannot be looked into. */
  readonly onTrouble: (trouble: Failure<'CONVERSATION_UNREADABLE'>) => void
}

/** The instant of a text such as `2026-02-06T10:00:00.000Z`. */
export function instantOf(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

/** What stands for a line that was not read. */
export function unread(record: Exclude<SourceRecord, { readonly kind: 'fields' }>): Said {
  if (record.kind === 'broken') return { kind: 'left_out', what: 'broken line' }
  const { line, bytes } = record
  const text = `line ${line} of the file has ${bytes} bytes and was left out`
  return { kind: 'event', at: undefined, event: { type: 'error', text, data: { line, bytes } } }
}

/** Ids that are handed to a program as an argument are of the one form that all three give. */
export function isProviderId(text: string | undefined): text is string {
  return (
    text !== undefined &&
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
  )
}
