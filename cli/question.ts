/** Asking the person at the terminal. */

import type { Question } from '../lib/index.ts'
import type { Context } from './context.ts'
import { visibleLine } from './render/visible.ts'

/** Asks what an agent may do; undefined when the answer is none of what it offers. */
export function questioner(
  context: Context,
  view: { readonly pause: () => void } | undefined,
): (question: Question, signal: AbortSignal) => Promise<string | undefined> {
  return async ({ toolCall, options }, signal) => {
    const { createInterface } = process.getBuiltinModule('node:readline/promises')
    view?.pause()
    const shown = options.map(({ name }, i) => `  ${i + 1}  ${visibleLine(name)}`)
    const what = visibleLine(toolCall.title ?? 'something')
    context.stderr.write(`the agent wants to: ${what}\n${shown.join('\n')}\n`)
    const reader = createInterface({ input: context.stdin, output: context.stderr })
    try {
      const answer = await reader.question(`1 to ${options.length}, or nothing for no: `, {
        signal,
      })
      return options[Number(answer.trim()) - 1]?.optionId
    } finally {
      reader.close()
    }
  }
}
