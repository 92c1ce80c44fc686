/** What an ACP agent is allowed to do, when it asks. */

import type { RequestPermissionRequest, RequestPermissionResponse } from '@agentclientprotocol/sdk'
import type { Permission } from './adapter.ts'

export interface PermissionSpec {
  /** `deny` also stands for an `ask` that nobody answers. */
  readonly permission: Permission
  /**
   * Asks a person: gives the id of an option, or undefined for no. The signal takes the question back.
   * One question is asked at a time.
   */
  readonly ask?: (question: Question, signal: AbortSignal) => Promise<string | undefined>
}

/** What an agent wants to do, and what it can be answered. */
export type Question = Pick<RequestPermissionRequest, 'toolCall' | 'options'>

export interface Answer {
  readonly outcome: RequestPermissionResponse['outcome']
  readonly isDeclined: boolean
}

/** How many questions may wait for a person; more are answered with no. */
const mostQuestions = 16

/** Makes what answers permission requests; once `stop` aborts, all of them are cancelled. */
export function openPermissions(
  { permission, ask }: PermissionSpec,
  stop: AbortSignal,
): (question: Question, signal: AbortSignal) => Promise<Answer> {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  const askUser = async (question: Question, signal: AbortSignal): Promise<string | undefined> => {
    if (ask === undefined || waiting >= mostQuestions) return undefined
    waiting++
    const asked = last.then(() => (signal.aborted ? undefined : ask(question, signal)))
    // An ask that fails is one that nobody answered.
    const answered = Promise.race([asked.catch(() => undefined), aborted(signal)])
    last = answered
    const id = await answered
    waiting--
    return id
  }
  return async ({ toolCall, options }, requested) => {
    const signal = AbortSignal.any([requested, stop])
    const pick = (...kinds: readonly string[]) =>
      kinds.flatMap((kind) => options.filter((option) => option.kind === kind))[0]
    let option = pick('reject_once', 'reject_always')
    if (permission === 'allow') {
      option = pick('allow_once', 'allow_always')
    } else if (permission === 'ask') {
      const id = await askUser({ toolCall, options }, signal)
      option = options.find(({ optionId }) => optionId === id) ?? option
    }
    if (option === undefined || signal.aborted) {
      return { outcome: { outcome: 'cancelled' }, isDeclined: false }
    }
    return {
      outcome: { outcome: 'selected', optionId: option.optionId },
      isDeclined: option.kind.startsWith('reject'),
    }
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
