/** Claude Code: `claude -p --output-format stream-json`. */

import { Recent } from '../base/recent.ts'
import { sha256 } from '../base/sha256.ts'
import type { PrintingAdapter, Stream } from './adapter.ts'
import { assistantEvent, blocksOf, tokensOf, userEvent } from './claude-blocks.ts'
import { Drafts } from './drafts.ts'
import type { EventData, Tokens, ToolEvent, Verdict } from './event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  idIn,
  isLong,
  isSince,
  known,
  listIn,
  messageIn,
  promptWords,
  rawEvent,
  readFields,
  shownIn,
  sumOf,
  textIn,
  usageEvents,
  withData,
} from './fields.ts'

export const claudeCode: PrintingAdapter = {
  name: 'claude-code',
  program: 'claude',
  supports: { resume: true, fork: true, compact: true },
  plan: ({ act, prompt, providerSession, permission, args }) => {
    const text = act === 'compact' ? '/compact' : prompt
    return {
      args: [
        '-p',
        '--output-format',
        'stream-json',
        '--verbose',
        ...(permission === 'allow' ? ['--permission-mode', 'bypassPermissions'] : []),
        ...args,
        ...(providerSession === undefined ? [] : ['--resume', providerSession]),
        ...(act === 'fork' ? ['--fork-session'] : []),
        ...(isLong(text) ? [] : promptWords(text)),
      ],
      ...(isLong(text) ? { stdin: { text } } : {}),
    }
  },
  interact: ({ act, id, prompt, args }) => ({
    args: [
      ...args,
      ...(id === undefined ? [] : [act === 'resume' ? '--resume' : '--session-id', id]),
      // A word such as `update` would be a command of its own, behind `--` too.
      ...promptWords(prompt?.replace(/^\S+$/, '$& ')),
    ],
    takesId: true,
  }),
  open: () => new ClaudeStream(),
  isSessionLost: (stderr) => lost.test(stderr),
}

const lost = /No conversation found with session ID/

type Amounts = Readonly<Record<string, number>>

class ClaudeStream implements Stream {
  #verdict: Verdict | undefined
  #session: string | undefined
  /** Blocks of one message come in lines of their own, and some come twice. */
  readonly #seen = new Recent()
  readonly #drafts = new Drafts()
  /** The texts of the conversation itself. */
  readonly #texts = new Recent()
  /** The last that was told as an error: it is not told again as an answer, or as the turn's end. */
  #lastError: string | undefined
  /** Why the compaction that ended last came to nothing. */
  #uncompacted: string | undefined
  #isLost = false
  /** What the results so far have counted. */
  #counted: Amounts = {}
  /** Whether that is counted over all turns of the conversation. */
  #countsAll = false

  parse(line: string): readonly ToolEvent[] | undefined {
    const event = readFields(line)
    if (event === undefined) return undefined
    const events = this.#event(event)
    // A helper may have a session of its own.
    const id = parentOf(event) === undefined ? idIn(event, 'session_id') : undefined
    // One that is lost is told of by an id that nothing stands behind.
    if (id === undefined || id === this.#session || this.#isLost) return events
    this.#session = id
    return [{ type: 'provider_session', id }, ...events]
  }

  verdict(): Verdict | undefined {
    return this.#verdict
  }

  isSessionLost(): boolean {
    return this.#isLost
  }

  #event(event: Fields): readonly ToolEvent[] {
    switch (event.type) {
      case 'system':
        return this.#system(event)
      case 'assistant':
        return this.#isNew(event) ? this.#said(event) : []
      case 'user':
        return this.#isNew(event) ? saidIn(event, userEvent) : []
      case 'stream_event':
        this.#hear(event)
        return []
      case 'result':
        return this.#isNew(event) ? this.#result(event) : []
      default:
        return [rawEvent(event)]
    }
  }

  rest(): readonly ToolEvent[] {
    return this.#drafts.take()
  }

  #system(event: Fields): readonly ToolEvent[] {
    switch (event.subtype) {
      case 'init': {
        // Where a script runs it again, what ended the last one is not how this one ends.
        if (this.#isNew(event)) this.#verdict = undefined
        // A conversation that is gone on with, or copied, goes on with its sums as well.
        this.#countsAll = isSince('2.1.277', textIn(event, 'claude_code_version'))
        const id = idIn(event, 'session_id')
        return id === undefined || id === this.#session ? [] : this.#begin()
      }
      // An estimate that comes with each piece of a thought.
      case 'thinking_tokens':
        return []
      case 'status': {
        if (event.compact_result === undefined) return []
        const failed = event.compact_result !== 'success'
        this.#uncompacted = failed
          ? (textIn(event, 'compact_error') ?? 'no reason given')
          : undefined
        return this.#uncompacted === undefined ? [] : this.#error(this.#uncompacted)
      }
      case 'api_retry':
        return this.#error(retryOf(event))
      case 'compact_boundary': {
        const metadata = fieldsIn(event, 'compact_metadata')
        // Messages of earlier turns that stay in the conversation are sent again.
        for (const id of listIn(fieldsIn(metadata, 'preserved_messages'), 'all_uuids')) {
          if (typeof id === 'string') this.#seen.add(id)
        }
        return [compactedOf(metadata)]
      }
      default:
        return [rawEvent(event)]
    }
  }

  /** Another conversation: of what the last one said, and counted, nothing is said again. */
  #begin(): readonly ToolEvent[] {
    this.#texts.clear()
    this.#lastError = undefined
    this.#uncompacted = undefined
    this.#counted = {}
    return this.#drafts.take()
  }

  #error(text: string): readonly ToolEvent[] {
    if (this.#lastError === text) return []
    this.#lastError = text
    return [{ type: 'error', text }]
  }

  #said(event: Fields): readonly ToolEvent[] {
    const said = saidIn(event, assistantEvent)
    // What the provider refused with, and why nothing was compacted, come as if the model had said it.
    const [only] = said
    if (only?.type === 'message' && said.length === 1) {
      if (textIn(event, 'error') !== undefined) return this.#error(only.text)
      const { model } = fieldsIn(event, 'message')
      if (model === '<synthetic>' && only.text === this.#lastError) return []
    }
    // Blocks are said whole in the order in which they began.
    for (const { type } of said) this.#drafts.drop(draftKey(event, type), 'oldest')
    for (const one of said) {
      if (one.type === 'message' && one.data === undefined) this.#texts.add(one.text.trim())
    }
    return said
  }

  /** A piece of what the next assistant line says whole. */
  #hear(event: Fields): void {
    const { type, index, ...rest } = fieldsIn(event, 'event')
    // Said anew from its beginning.
    if (type === 'message_start') this.#drafts.drop(draftKey(event))
    if (type !== 'content_block_delta') return
    const delta = fieldsIn(rest, 'delta')
    const isText = delta.type === 'text_delta'
    if (!isText && delta.type !== 'thinking_delta') return
    const kind = isText ? 'message' : 'thought'
    const text = textIn(delta, isText ? 'text' : 'thinking') ?? ''
    const data = parentOf(event)
    const key = `${draftKey(event, kind)}${JSON.stringify(index)}`
    this.#drafts.add(key, { type: kind, text, ...(data === undefined ? {} : { data }) })
  }

  #isNew(event: Fields): boolean {
    const id = textIn(event, 'uuid') ?? repeatable(event)
    if (id === undefined) return true
    if (this.#seen.has(id)) return false
    this.#seen.add(id)
    return true
  }

  #result(event: Fields): readonly ToolEvent[] {
    const usage = this.#count(event)
    const hasSucceeded = event.subtype === 'success' && event.is_error !== true
    // A compaction that was asked for is the whole of its turn, which then made no request.
    const isInVain = this.#uncompacted !== undefined && event.num_turns === 0
    if (hasSucceeded && !isInVain) {
      this.#verdict = { outcome: 'success' }
      const answer = textIn(event, 'result') ?? ''
      // What a command of its own answers stands nowhere else.
      if (answer === '' || this.#texts.has(answer.trim())) return usage
      this.#texts.add(answer.trim())
      this.#drafts.drop(draftKey(event, 'message'))
      return [{ type: 'message', text: answer }, ...usage]
    }
    if (textIn(event, 'terminal_reason')?.startsWith('aborted')) {
      this.#verdict = { outcome: 'cancelled' }
      return usage
    }
    const errors = listIn(event, 'errors')
    const text =
      textIn(event, 'result') ??
      messageIn(errors[0]) ??
      textIn(event, 'subtype') ??
      'the turn failed'
    this.#verdict = { outcome: 'failure', text }
    this.#isLost = errors.some((error) => lost.test(messageIn(error) ?? ''))
    return [...usage, ...this.#error(text)]
  }

  /** What a result adds: one that comes when a task of the background is over counts all anew. */
  #count(event: Fields): readonly ToolEvent[] {
    const { usage, modelUsage, total_cost_usd } = event
    const cost = known<Tokens>({ cost_usd: amountIn(event, 'total_cost_usd') })
    const whole = wholeUsageOf(fieldsIn(event, 'modelUsage'))
    // Of this query alone, without its helpers.
    const query = tokensOf(fieldsIn(event, 'usage')) as Amounts
    const told = { ...whole, ...cost } as Amounts
    // Sums that shrank are those of another process: a script went on with the conversation.
    const shrank = Object.entries(told).some(([key, amount]) => amount < (this.#counted[key] ?? 0))
    const before = shrank ? {} : this.#counted
    const raw = { usage, modelUsage, total_cost_usd }
    this.#counted = { ...before, ...told }
    // The first result of a process is that of the query alone; a later one of a part of what was added.
    const least = Object.keys(before).length === 0 ? query : {}
    if (this.#countsAll && whole !== undefined) {
      return [{ type: 'usage', scope: 'thread', tokens: told, least, raw }]
    }
    const added = Object.entries(told).map(([key, amount]) => [
      key,
      Math.max(least[key] ?? 0, amount - (before[key] ?? 0)),
    ])
    const counts = { ...(whole === undefined ? query : least), ...Object.fromEntries(added) }
    return usageEvents('run', counts, raw)
  }
}

/** A line without an id of its own that nothing else can say in the same words. */
function repeatable(event: Fields): string | undefined {
  const isOne = event.type === 'result' || textIn(fieldsIn(event, 'message'), 'id') !== undefined
  return isOne ? sha256(JSON.stringify(event)) : undefined
}

/** How the keys begin of what one of the agents says, or of one kind of that. */
function draftKey(event: Fields, kind = ''): string {
  return `${JSON.stringify(event.parent_tool_use_id ?? null)} ${kind}`
}

function saidIn(event: Fields, read: (block: Fields) => ToolEvent): readonly ToolEvent[] {
  const data = parentOf(event)
  return blocksOf(event).map((block) => withData(read(block), data))
}

function compactedOf(metadata: Fields): ToolEvent {
  const { trigger, pre_tokens } = metadata
  return { type: 'compacted', data: known({ trigger, pre_tokens }) }
}

/** What a subagent says names the call that it works for. */
function parentOf(event: Fields): EventData | undefined {
  const parent = textIn(event, 'parent_tool_use_id')
  return parent === undefined ? undefined : { parent_tool_use_id: parent }
}

/** Of all that the process has asked any model, helpers and compaction too; undefined for nothing. */
function wholeUsageOf(models: Fields): Tokens | undefined {
  const sum = (...keys: readonly string[]) =>
    sumOf(
      ...Object.keys(models).flatMap((name) =>
        keys.map((key) => amountIn(fieldsIn(models, name), key)),
      ),
    )
  const tokens = known<Tokens>({
    input_tokens: sum('inputTokens', 'cacheReadInputTokens', 'cacheCreationInputTokens'),
    cached_input_tokens: sum('cacheReadInputTokens'),
    output_tokens: sum('outputTokens'),
  })
  return Object.keys(tokens).length === 0 ? undefined : tokens
}

/** One of several tries that the provider refused. */
function retryOf(event: Fields): string {
  const [status, error, attempt, most] = ['error_status', 'error', 'attempt', 'max_retries'].map(
    (key) => shownIn(event, key),
  )
  const what = [status, error].filter(Boolean).join(' ')
  return `the provider refused${what && `: ${what}`}; try ${attempt} of ${most} follows`
}
