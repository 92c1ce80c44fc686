/** Texts and JSON values without the secrets in them. Pure, and always on. */

import { createEngine } from './engine.ts'
import { unchanged } from './finds.ts'
import { isHarmless, isHarmlessJson, isTooLongToHide } from './harmless.ts'
import type { Redactor, RedactorOptions } from './redactor.ts'

export { mergeCounts, type Redacted, type RedactionCounts } from './finds.ts'
export type { RedactionStream, Redactor, RedactorOptions } from './redactor.ts'

/** What a user who switched redaction off is given. */
export const noRedactor: Redactor = {
  text: unchanged,
  json: unchanged,
  openStream: () => ({ lines: unchanged, write: unchanged, end: () => unchanged('') }),
  learn: () => undefined,
}

/**
 * A redactor with every rule. It never throws: what it fails on becomes `[REDACTED:error]`.
 *
 * The rules are made when the first text comes that could hold a secret: to make them takes longer
 * than all the rest of a command that gives a session another name.
 */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const learnt: string[] = []
  let made: Redactor | undefined
  const engine = () => {
    if (made !== undefined) return made
    made = createEngine(options)
    made.learn(learnt)
    return made
  }
  const isIdle = () =>
    made === undefined && (options.rules ?? []).length === 0 && learnt.every(isTooLongToHide)
  return {
    text: (text, before) =>
      isIdle() && isHarmless(text) && before === undefined
        ? unchanged(text)
        : engine().text(text, before),
    json: (value) => (isIdle() && isHarmlessJson(value) ? unchanged(value) : engine().json(value)),
    openStream: () => engine().openStream(),
    learn: (values) => {
      if (made === undefined) learnt.push(...values)
      else made.learn(values)
    },
  }
}
