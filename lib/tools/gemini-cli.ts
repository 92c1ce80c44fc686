/** Google Gemini CLI: `gemini --output-format stream-json`. */

import type { PrintingAdapter, Stream } from './adapter.ts'
import type { ToolEvent, Verdict } from './event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  idIn,
  isLong,
  known,
  messageIn,
  outputIn,
  rawEvent,
  readFields,
  textIn,
  usageEvents,
} from './fields.ts'
import { Repeats } from './repeats.ts'

export const geminiCli: PrintingAdapter = {
  name: 'gemini-cli',
  program: 'gemini',
  supports: { resume: true, fork: false, compact: true },
  // Its launcher runs itself a second time, and that one swallows signals.
  env: { GEMINI_CLI_NO_RELAUNCH: 'true' },
  plan: ({ act, prompt, providerSession, permission, args }) => {
    if (act === 'fork') return undefined
    const text = act === 'compact' ? '/compress' : prompt
    return {
      args: [
        '--output-format',
        'stream-json',
        ...(permission === 'allow' ? ['--approval-mode', 'yolo', '--skip-trust'] : []),
        ...args,
        ...(providerSession === undefined ? [] : ['--resume', providerSession]),
        ...(isLong(text) ? [] : text.startsWith('-') ? [`--prompt=${text}`] : ['-p', text]),
      ],
      ...(isLong(text) ? { stdin: { text } } : {}),
    }
  },
  interact: ({ act, id, prompt, args }) => ({
    args: [
      ...args,
      ...(id === undefined ? [] : [act === 'resume' ? '--resume' : '--session-id', id]),
      ...(prompt === undefined ? [] : [`--prompt-interactive=${prompt}`]),
    ],
    takesId: true,
  }),
  open: () => new GeminiStream(),
  isSessionLost: (stderr) => /Invalid session identifier|No previous sessions found/.test(stderr),
}

class GeminiStream implements Stream {
  #verdict: Verdict | undefined
  #lastError: string | undefined
  readonly #repeats = new Repeats()

  parse(line: string): readonly ToolEvent[] | undefined {
    const event = readFields(line)
    if (event === undefined) return undefined
    if (idIn(event, 'tool_id') !== undefined && this.#repeats.has(event)) return []
    switch (event.type) {
      case 'init': {
        // Where a script runs it again, what ended the last one is not how this one ends.
        this.#verdict = undefined
        const id = idIn(event, 'session_id')
        return id === undefined ? [rawEvent(event)] : [{ type: 'provider_session', id }]
      }
      case 'message':
        return [messageOf(event)]
      case 'tool_use':
        return [
          {
            type: 'tool_call',
            id: idIn(event, 'tool_id') ?? '',
            name: textIn(event, 'tool_name') ?? '?',
            input: event.parameters,
          },
        ]
      case 'tool_result':
        return [
          {
            type: 'tool_result',
            id: idIn(event, 'tool_id') ?? '',
            status: (event.status ?? event.error ?? 'success') === 'success' ? 'ok' : 'failed',
            ...known<{ output?: string }>({
              output: outputIn(event),
            }),
          },
        ]
      case 'error': {
        const text = messageIn(event) ?? 'an error'
        const severity = textIn(event, 'severity')
        if (severity !== 'warning') this.#lastError = text
        return [{ type: 'error', text, data: known({ severity }) }]
      }
      case 'result':
        return this.#result(event)
      default:
        return [rawEvent(event)]
    }
  }

  verdict(): Verdict | undefined {
    return this.#verdict
  }

  #result(event: Fields): readonly ToolEvent[] {
    // Its numbers go over the whole run, so that a second result would count them again.
    const usage = this.#verdict === undefined ? usageOf(fieldsIn(event, 'stats')) : []
    if (event.status === 'success') {
      this.#verdict = { outcome: 'success' }
      return usage
    }
    // It may have said before, and only there, what ended it.
    const text = sentenceOf(event.error) ?? this.#lastError ?? 'the turn failed'
    this.#verdict = { outcome: 'failure', text }
    return text === this.#lastError ? usage : [...usage, { type: 'error', text }]
  }
}

/** It puts what the provider answered between words of its own. */
function sentenceOf(error: unknown): string | undefined {
  const text = messageIn(error)
  return messageIn(text?.match(/^\[API Error: ([\s\S]*)\]$/)?.[1]) ?? text
}

function messageOf(event: Fields): ToolEvent {
  const text = textIn(event, 'content')
  if (text === undefined) return rawEvent(event)
  if (event.role === 'user') return { type: 'message', role: 'user', text }
  return { type: 'message', text, ...(event.delta === true ? { delta: true } : {}) }
}

/** Of this run alone. */
function usageOf(stats: Fields): readonly ToolEvent[] {
  const counts = {
    input_tokens: amountIn(stats, 'input_tokens'),
    cached_input_tokens: amountIn(stats, 'cached'),
    output_tokens: amountIn(stats, 'output_tokens'),
  }
  return usageEvents('run', counts, stats)
}
