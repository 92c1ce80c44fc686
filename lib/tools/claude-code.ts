/** Claude Code: `claude -p --output-format stream-json`. */

import { sha256 } from '../base/sha256.ts'
import type { PrintingAdapter, Stream } from './adapter.ts'
import { assistantEvent, blocksOf, userEvent } from './claude-blocks.ts'
import { Drafts } from './drafts.ts'
import type { EventData, Tokens, ToolEvent, Verdict } from './event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  idIn,
  isLong,
  known,
  listIn,
  messageIn,
  promptWords,
  rawEvent,
  readFields,
  sumOf,
  textIn,
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
      ...promptWords(prompt),
    ],
    takesId: true,
  }),
  open: () => new ClaudeStream(),
  isSessionLost: (stderr) => /No conversation found with session ID/.test(stderr),
}

class ClaudeStream implements Stream {
  #verdict: Verdict | undefined
  #session: string | undefined
  /** Blocks of one message come in lines of their own, and some come twice. */
  readonly #seen = new Set<string>()
  readonly #drafts = new Drafts()
  /** Whether the conversation itself has said anything. */
  #hasSpoken = false

  parse(line: string): readonly ToolEvent[] | undefined {
    const event = readFields(line)
    if (event === undefined) return undefined
    const events = this.#event(event)
    // A helper may have a session of its own.
    const id = parentOf(event) === undefined ? idIn(event, 'session_id') : undefined
    if (id === undefined || id === this.#session) return events
    this.#session = id
    return [{ type: 'provider_session', id }, ...events]
  }

  verdict(): Verdict | undefined {
    return this.#verdict
  }

  #event(event: Fields): readonly ToolEvent[] {
    switch (event.type) {
      case 'system':
        if (event.subtype === 'init') return []
        if (event.subtype === 'compact_boundary') {
          return [compactedOf(fieldsIn(event, 'compact_metadata'))]
        }
        return [rawEvent(event)]
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

  #said(event: Fields): readonly ToolEvent[] {
    const said = saidIn(event, assistantEvent)
    // Blocks are said whole in the order in which they began.
    for (const { type } of said) this.#drafts.drop(draftKey(event, type), 'oldest')
    this.#hasSpoken ||= said.some(({ type, ...rest }) => type === 'message' && !('data' in rest))
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
    const usage = usageOf(event)
    if (event.subtype === 'success' && event.is_error !== true) {
      this.#verdict = { outcome: 'success' }
      const answer = textIn(event, 'result') ?? ''
      if (this.#hasSpoken || answer === '') return usage
      // What a command of its own answers stands nowhere else.
      this.#hasSpoken = true
      this.#drafts.drop(draftKey(event, 'message'))
      return [{ type: 'message', text: answer }, ...usage]
    }
    const text =
      textIn(event, 'result') ??
      messageIn(listIn(event, 'errors')[0]) ??
      textIn(event, 'subtype') ??
      'the turn failed'
    this.#verdict = { outcome: 'failure', text }
    return [...usage, { type: 'error', text }]
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

/** Of this query; its input leaves out what the cache took in or gave. */
function usageOf(event: Fields): readonly ToolEvent[] {
  const usage = fieldsIn(event, 'usage')
  const read = amountIn(usage, 'cache_read_input_tokens')
  const tokens = known<Tokens>({
    input_tokens: sumOf(
      amountIn(usage, 'input_tokens'),
      read,
      amountIn(usage, 'cache_creation_input_tokens'),
    ),
    cached_input_tokens: read,
    output_tokens: amountIn(usage, 'output_tokens'),
    cost_usd: amountIn(event, 'total_cost_usd'),
  })
  if (Object.keys(tokens).length === 0) return []
  const { modelUsage, total_cost_usd } = event
  return [{ type: 'usage', scope: 'run', tokens, raw: { usage, modelUsage, total_cost_usd } }]
}
