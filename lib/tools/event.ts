/** What a tool can say: the one union that every adapter speaks. */

/**
 * One thing that a tool said. Texts are as they came: nothing is redacted or cut yet.
 *
 * What an event has beside its named fields stands in `data` and goes into the entry as it is.
 */
export type ToolEvent =
  | TextEvent
  | {
      readonly type: 'tool_call'
      /** The same in the result. */
      readonly id: string
      readonly name: string
      readonly input?: unknown
      readonly data?: EventData
    }
  | {
      readonly type: 'tool_result'
      readonly id: string
      readonly status: 'ok' | 'failed' | 'declined'
      readonly output?: string
      readonly exit_code?: number
      readonly data?: EventData
    }
  | { readonly type: 'plan'; readonly items: readonly PlanItem[] }
  | {
      readonly type: 'usage'
      /**
       * What the numbers are sums over: `thread`, all turns of the provider's session so far, forks
       * included; `run`, this turn; `step`, a part of it that no other event counts.
       */
      readonly scope: 'thread' | 'run' | 'step'
      readonly tokens: Tokens
      /** Of a thread, what this turn alone used at the least: a total that grew by less is none of all turns. */
      readonly least?: Tokens
      /** The tool's own record. */
      readonly raw: unknown
    }
  | {
      readonly type: 'provider_session'
      readonly id: string
      /** The session whose last turns it was told of: it was to be a copy, and began anew. */
      readonly primed_from?: string
    }
  | { readonly type: 'compacted'; readonly data?: EventData }
  | { readonly type: 'error'; readonly text: string; readonly data?: EventData }
  /** An event of a kind that the adapter does not know, whole. */
  | { readonly type: 'raw'; readonly data: EventData }

/** What was said or thought; pieces of one block follow each other. */
export interface TextEvent {
  readonly type: 'message' | 'thought'
  readonly text: string
  /** Absent: the assistant's. */
  readonly role?: 'user'
  /** The next one may go on with the same block. */
  readonly delta?: true
  /** The block: a delta of another one begins another block. */
  readonly block?: string
  readonly data?: EventData
}

export type EventData = { readonly [key: string]: unknown }

export interface PlanItem {
  readonly text: string
  readonly status: 'pending' | 'in_progress' | 'completed'
}

/** Cached input is part of the input, reasoning of the output. What the tool does not say is absent. */
export interface Tokens {
  readonly input_tokens?: number
  readonly cached_input_tokens?: number
  readonly output_tokens?: number
  readonly reasoning_tokens?: number
  readonly cost_usd?: number
}

/** How the tool itself says that a turn ended. */
export interface Verdict {
  readonly outcome: 'success' | 'failure' | 'cancelled'
  /** What it said of a failure. */
  readonly text?: string
}
