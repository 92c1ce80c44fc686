/** Asking the person at the terminal. */

import type { Readable } from 'node:stream'
import type { Question } from '../lib/index.ts'
import type { Context } from './context.ts'
import { questionText } from './render/question.ts'

/** How long what was typed before there was a question is thrown away, in ms: it answers nothing. */
const flushing = 50

/** Asks what an agent may do; undefined when the person says no, or has left. */
export function questioner(
  context: Context,
  view: { readonly pause: () => Disposable } | undefined,
): (question: Question, signal: AbortSignal) => Promise<string | undefined> {
  return async (question, signal) => {
    const { options } = question
    const say = (text: string) => context.stderr.write(text)
    const choices = `1 to ${options.length}, or nothing for no: `
    using _ = view?.pause()
    const { setTimeout: pause } = process.getBuiltinModule('node:timers/promises')
    const reader = openLines(context.stdin, signal)
    const put = () => say(`${questionText(question)}\n${choices}`)
    try {
      await pause(flushing, undefined, { signal })
      put()
      // After Ctrl-Z the screen is the shell's.
      context.signals.on('SIGCONT', put)
      for (;;) {
        const answer = (await reader.next())?.trim()
        // Nobody has ended that line.
        if (answer === undefined) say('\n')
        if (!answer) return undefined
        const option = /^\d+$/.test(answer) ? options[Number(answer) - 1] : undefined
        if (option !== undefined) return option.optionId
        say(`that is none of them; ${choices}`)
      }
    } finally {
      context.signals.off('SIGCONT', put)
      reader.close()
    }
  }
}

/** Lines as they are typed. The terminal stays as it is, so that Ctrl-C and Ctrl-Z are the turn's as ever. */
function openLines(input: Readable, signal: AbortSignal) {
  const { createInterface } = process.getBuiltinModule('node:readline')
  const lines = createInterface({ input, terminal: false })
  const closed = new AbortController()
  lines.once('close', () => closed.abort())
  const over = AbortSignal.any([signal, closed.signal])
  return {
    /** The line that comes next; undefined when there will be none. */
    next: () =>
      new Promise<string | undefined>((resolve) => {
        if (over.aborted) return resolve(undefined)
        lines.once('line', resolve)
        over.addEventListener('abort', () => resolve(undefined))
      }),
    close: () => lines.close(),
  }
}
