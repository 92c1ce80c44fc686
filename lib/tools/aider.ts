/**
 * aider: `aider --message`. It prints no JSON and has no ids; what it says stands in its chat history,
 * a Markdown file where `#### ` begins a line of the user's and `> ` one of aider's own.
 */

import { oneLine } from '../base/text.ts'
import type { PrintingAdapter, Remark, Stream } from './adapter.ts'
import type { ToolEvent } from './event.ts'
import { isLong, usageEvents } from './fields.ts'

export const aider: PrintingAdapter = {
  name: 'aider',
  program: 'aider',
  supports: { resume: true, fork: true, compact: false },
  isToldPast: true,
  plan: ({ act, prompt, permission, args, file, promptFile, past = [] }) => {
    if (act === 'compact') return undefined
    return {
      args: [
        '--no-stream',
        '--no-pretty',
        // Unattended, it would install a newer one of itself.
        '--no-check-update',
        ...(permission === 'allow' ? ['--yes-always'] : []),
        ...args,
        '--chat-history-file',
        file,
        // It would be in the project, with the prompts as they were typed.
        '--input-history-file',
        '/dev/null',
        ...(past.length === 0 ? [] : ['--restore-chat-history']),
        ...(isLong(prompt)
          ? ['--message-file', promptFile]
          : prompt.startsWith('-')
            ? [`--message=${prompt}`]
            : ['--message', prompt]),
      ],
      file: { text: formatHistory(past) },
      ...(isLong(prompt) ? { promptFile: true } : {}),
    }
  },
  open: () => new AiderStream(),
}

/** A chat history that aider reads back as what was said. */
export function formatHistory(past: readonly Remark[]): string {
  return past
    .map(({ by, text }) => {
      const lines = text.trim().split('\n')
      return by === 'user'
        ? lines.map((line) => `#### ${line}  \n`).join('')
        : `${lines.join('\n')}\n`
    })
    .map((block) => `\n${block}`)
    .join('')
}

class AiderStream implements Stream {
  readonly endsByExit = true
  #by: 'user' | 'assistant' | undefined
  /** Empty lines that belong to what is said only if it goes on. */
  #blank = 0

  parse(line: string): readonly ToolEvent[] | undefined {
    const text = line.replace(/\r?\n$/, '')
    if (text.trim() === '') {
      this.#blank++
      return []
    }
    if (text.startsWith('# aider chat started at ')) return []
    // All else that begins so is a line of output: what aider did, or complains of.
    if (text.startsWith('> ')) return usageOf(text)
    return text.startsWith('#### ')
      ? [this.#said('user', text.slice(5).trimEnd())]
      : [this.#said('assistant', text)]
  }

  /** Nothing in the history tells how the turn ended. */
  verdict(): undefined {
    return undefined
  }

  #said(by: 'user' | 'assistant', text: string): ToolEvent {
    const before = this.#by === by ? '\n'.repeat(this.#blank + 1) : ''
    this.#by = by
    this.#blank = 0
    return {
      type: 'message',
      ...(by === 'user' ? { role: 'user' } : {}),
      text: before + text,
      delta: true,
    }
  }
}

/** What it counted and rounded, of one request to the model; undefined for any other line. */
function usageOf(line: string): readonly ToolEvent[] | undefined {
  const [, sent, received] =
    /^> Tokens: ([\d.,]{1,16}k?) sent\b.{0,80}?([\d.,]{1,16}k?) received/.exec(line) ?? []
  if (sent === undefined || received === undefined) return undefined
  const cost = / Cost: \$([\d.]{1,16}) message/.exec(line.slice(0, 400))?.[1]
  const counts = {
    input_tokens: amountOf(sent),
    output_tokens: amountOf(received),
    cost_usd: cost === undefined ? undefined : amountOf(cost),
  }
  return usageEvents('step', counts, { line: oneLine(line.slice(2)) })
}

/** Of `345`, `1,234`, `1.2k` or `0.0012`. */
function amountOf(text: string): number | undefined {
  const number = Number(text.replace(/[,k]/g, ''))
  if (!Number.isFinite(number)) return undefined
  return text.endsWith('k') ? Math.round(number * 1000) : number
}
