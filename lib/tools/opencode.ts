/** opencode: `opencode run --format json`. */

import type { PrintingAdapter, Stream } from './adapter.ts'
import type { Tokens, ToolEvent, Verdict } from './event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  idIn,
  known,
  messageIn,
  rawEvent,
  readFields,
  sumOf,
  textIn,
} from './fields.ts'

export const opencode: PrintingAdapter = {
  name: 'opencode',
  program: 'opencode',
  supports: { resume: true, fork: true, compact: false },
  plan: ({ act, prompt, providerSession, permission, args }) => {
    if (act === 'compact') return undefined
    return {
      args: [
        'run',
        '--format',
        'json',
        ...(permission === 'allow' ? ['--auto'] : []),
        ...args,
        ...(providerSession === undefined ? [] : ['--session', providerSession]),
        ...(act === 'fork' ? ['--fork'] : []),
      ],
      // As an argument it would reach the model within quotes.
      stdin: { text: prompt },
    }
  },
  interact: ({ act, id, prompt, args }) => ({
    args: [
      ...args,
      ...(act === 'resume' && id !== undefined ? ['--session', id] : []),
      ...(prompt === undefined ? [] : [`--prompt=${prompt}`]),
    ],
  }),
  open: () => new OpencodeStream(),
  isSessionLost: (stderr) => /Session not found/.test(stderr),
}

class OpencodeStream implements Stream {
  #verdict: Verdict | undefined
  #session: string | undefined
  /** The step whose end was told last. */
  #step: string | undefined

  parse(line: string): readonly ToolEvent[] | undefined {
    const event = readFields(line)
    if (event === undefined) return undefined
    const events = this.#event(event, fieldsIn(event, 'part'))
    // The id stands in every line, and nowhere else.
    const id = idIn(event, 'sessionID')
    if (id === undefined || id === this.#session) return events
    this.#session = id
    return [{ type: 'provider_session', id }, ...events]
  }

  verdict(): Verdict | undefined {
    return this.#verdict
  }

  #event(event: Fields, part: Fields): readonly ToolEvent[] {
    switch (event.type) {
      case 'step_start':
        // Another step: what ended the last one ended no turn.
        this.#verdict = undefined
        return []
      case 'text':
        return [{ type: 'message', text: textIn(part, 'text') ?? '' }]
      case 'reasoning':
        return [{ type: 'thought', text: textIn(part, 'text') ?? '' }]
      case 'tool_use':
        return toolOf(part)
      case 'step_finish':
        return this.#finish(part)
      case 'error': {
        const text = messageIn(event.error) ?? 'an error'
        this.#verdict = { outcome: 'failure', text }
        return [{ type: 'error', text }]
      }
      case 'done':
        return []
      default:
        return [rawEvent(event)]
    }
  }

  #finish(part: Fields): readonly ToolEvent[] {
    const reason = textIn(part, 'reason')
    if (reason === 'stop') this.#verdict = { outcome: 'success' }
    else if (reason !== 'tool-calls') {
      this.#verdict = { outcome: 'failure', text: `it stopped: ${reason ?? 'no reason given'}` }
    }
    const id = idIn(part, 'id')
    if (id !== undefined && id === this.#step) return []
    this.#step = id
    return usageOf(part)
  }
}

/** A call is told of when it is over. */
function toolOf(part: Fields): readonly ToolEvent[] {
  const id = idIn(part, 'callID') ?? idIn(part, 'id') ?? ''
  const state = fieldsIn(part, 'state')
  const exit = fieldsIn(state, 'metadata').exit
  const failed = state.status === 'error' || (typeof exit === 'number' && exit !== 0)
  const call = {
    type: 'tool_call',
    id,
    name: textIn(part, 'tool') ?? '?',
    input: state.input,
  } as const
  if (state.status !== 'completed' && state.status !== 'error') return [call]
  return [
    call,
    {
      type: 'tool_result',
      id,
      status: failed ? 'failed' : 'ok',
      ...known<{ output?: string; exit_code?: number }>({
        output: textIn(state, 'output') ?? messageIn(state.error),
        exit_code: typeof exit === 'number' ? exit : undefined,
      }),
    },
  ]
}

/** Of one step; its input leaves out what came from the cache. */
function usageOf(part: Fields): readonly ToolEvent[] {
  const tokens = fieldsIn(part, 'tokens')
  const cache = fieldsIn(tokens, 'cache')
  const read = amountIn(cache, 'read')
  const normal = known<Tokens>({
    input_tokens: sumOf(amountIn(tokens, 'input'), read, amountIn(cache, 'write')),
    cached_input_tokens: read,
    output_tokens: amountIn(tokens, 'output'),
    reasoning_tokens: amountIn(tokens, 'reasoning'),
    cost_usd: amountIn(part, 'cost'),
  })
  if (Object.keys(normal).length === 0) return []
  return [{ type: 'usage', scope: 'step', tokens: normal, raw: { tokens, cost: part.cost } }]
}
