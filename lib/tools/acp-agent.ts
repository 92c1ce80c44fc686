/** Any agent that speaks the Agent Client Protocol. */

import { converse, type Ending } from './acp.ts'
import type { Adapter } from './adapter.ts'

/** The adapter of an agent that is started by this command. */
export function acpAdapter(name: string, command: readonly string[]): Adapter {
  const [program = '', ...words] = command
  return {
    name,
    program,
    supports: { resume: true, fork: true, compact: true },
    isAsked: true,
    plan: ({ args }) => ({ args: [...words, ...args], stdin: 'conversation' }),
    load: () => import('@agentclientprotocol/sdk'),
    open: async ({ request, ...spec }) => {
      const conversation = await converse({ ...request, ...spec })
      let ending: Ending | undefined
      const over = conversation.done.then((how) => {
        ending = how
        const { outcome, text } = how ?? {}
        if (outcome === 'failure' && text !== undefined) spec.onEvent({ type: 'error', text })
      })
      return {
        parse: (line) => (conversation.take(line) ? [] : undefined),
        verdict: () => ending,
        rest: conversation.rest,
        isSessionLost: () => ending?.why === 'session_lost',
        over,
        end: () => {
          conversation.end()
          return over
        },
        cancel: conversation.cancel,
        cannotResume: conversation.cannotResume,
      }
    },
  }
}
