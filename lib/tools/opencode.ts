/** opencode: `opencode run --format json`. */

import { Recent } from '../base/recent.ts'
import type { PrintingAdapter, Stream } from './adapter.ts'
import { Drafts } from './drafts.ts'
import type { ToolEvent, Verdict } from './event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  idIn,
  known,
  messageIn,
  outputIn,
  rawEvent,
  readFields,
  sumOf,
  textIn,
  usageEvents,
  withData,
} from './fields.ts'
import { Repeats } from './repeats.ts'

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
  readonly #drafts = new Drafts()
  readonly #repeats = new Repeats()
  readonly #calls = new Recent()
  readonly #steps = new Recent()
  /** What other sessions than the turn's own say: those of its helpers. */
  #helpers: OpencodeStream | undefined
  readonly #helping = new Recent()

  parse(line: string): readonly ToolEvent[] | undefined {
    const event = readFields(line)
    if (event === undefined) return undefined
    const part = fieldsIn(event, 'part')
    // The id stands in every line, and nowhere else.
    const id = idIn(event, 'sessionID')
    if (id === undefined || id === this.#session) return this.#event(event, part)
    // Once it has answered its helpers have: another session is that of a script's next run.
    const isNext = event.type === 'step_start' && this.#verdict?.outcome === 'success'
    if (this.#session !== undefined && (!isNext || this.#helping.has(id))) {
      this.#helping.add(id)
      this.#helpers ??= new OpencodeStream()
      return ofHelper(this.#helpers.#event(event, part))
    }
    this.#session = id
    return [{ type: 'provider_session', id }, ...this.#event(event, part)]
  }

  verdict(): Verdict | undefined {
    return this.#verdict
  }

  #event(event: Fields, part: Fields): readonly ToolEvent[] {
    const isSaid = ['text', 'reasoning', 'tool_use'].includes(textIn(event, 'type') ?? '')
    if (isSaid && idIn(part, 'id') !== undefined && this.#repeats.has(part)) return []
    switch (event.type) {
      case 'step_start':
        // Another step: what ended the last one ended no turn.
        this.#verdict = undefined
        return []
      case 'text':
        return this.#text('message', event, part)
      case 'reasoning':
        return this.#text('thought', event, part)
      case 'tool_use':
        return this.#tool(part)
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

  rest(): readonly ToolEvent[] {
    return [...this.#drafts.take(), ...ofHelper(this.#helpers?.rest() ?? [])]
  }

  /** One that has begun and not ended comes again, longer. */
  #text(type: 'message' | 'thought', event: Fields, part: Fields): readonly ToolEvent[] {
    const text = textIn(part, 'text')
    if (text === undefined) return [rawEvent(event)]
    const key = JSON.stringify([type, part.id])
    const { start, end } = fieldsIn(part, 'time')
    const isOver = start === undefined || end !== undefined
    if (isOver) this.#drafts.drop(key)
    else this.#drafts.keep(key, { type, text })
    return isOver ? [{ type, text }] : []
  }

  #finish(part: Fields): readonly ToolEvent[] {
    const reason = textIn(part, 'reason')
    if (reason === 'stop') this.#verdict = { outcome: 'success' }
    else if (reason !== 'tool-calls') {
      this.#verdict = { outcome: 'failure', text: `it stopped: ${reason ?? 'no reason given'}` }
    }
    const id = idIn(part, 'id')
    if (id !== undefined && this.#steps.has(id)) return []
    if (id !== undefined) this.#steps.add(id)
    return usageOf(part)
  }

  /** A call is told of when it is over, as a rule. */
  #tool(part: Fields): readonly ToolEvent[] {
    const id = idIn(part, 'callID') ?? idIn(part, 'id') ?? ''
    const state = fieldsIn(part, 'state')
    const events: ToolEvent[] = []
    if (!this.#calls.has(id)) {
      this.#calls.add(id)
      const name = textIn(part, 'tool') ?? '?'
      events.push({ type: 'tool_call', id, name, input: state.input })
    }
    if (state.status !== 'completed' && state.status !== 'error') return events
    this.#calls.delete(id)
    const result = resultOf(id, state)
    // What is refused ends the turn, and nothing else says so; where it goes on, another step begins.
    if (result.status === 'declined')
      this.#verdict = known<Verdict>({ outcome: 'failure', text: result.output })
    return [...events, result]
  }
}

function ofHelper(events: readonly ToolEvent[]): readonly ToolEvent[] {
  return events.map((event) => withData(event, { helper: true }))
}

function resultOf(id: string, state: Fields): ToolEvent & { readonly type: 'tool_result' } {
  const exit = fieldsIn(state, 'metadata').exit
  const failed = state.status === 'error' || (typeof exit === 'number' && exit !== 0)
  const output = outputIn(state)
  const declined = state.status === 'error' && /^The user rejected permission/.test(output ?? '')
  return {
    type: 'tool_result',
    id,
    status: declined ? 'declined' : failed ? 'failed' : 'ok',
    ...known<{ output?: string; exit_code?: number }>({
      output,
      exit_code: typeof exit === 'number' ? exit : undefined,
    }),
  }
}

/** Of one step; its input leaves out what came from the cache, its output what the total tells. */
function usageOf(part: Fields): readonly ToolEvent[] {
  const tokens = fieldsIn(part, 'tokens')
  const cache = fieldsIn(tokens, 'cache')
  const read = amountIn(cache, 'read')
  const input = sumOf(amountIn(tokens, 'input'), read, amountIn(cache, 'write'))
  const said = amountIn(tokens, 'output')
  const reasoning = amountIn(tokens, 'reasoning')
  const whole = sumOf(said, reasoning)
  const counts = {
    input_tokens: input,
    cached_input_tokens: read,
    output_tokens: sumOf(input, whole) === tokens.total ? whole : said,
    reasoning_tokens: reasoning,
    cost_usd: amountIn(part, 'cost'),
  }
  return usageEvents('step', counts, { tokens, cost: part.cost })
}
