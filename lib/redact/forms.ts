/** The forms in which programs are told passwords: command lines, files of settings, sentences. */

import { commands } from './forms/commands.ts'
import type { Form } from './forms/form.ts'
import { phrases } from './forms/phrases.ts'
import { settings } from './forms/settings.ts'

export * from './forms/beside.ts'
export type { Form } from './forms/form.ts'
export { printing } from './forms/printing.ts'
export { broken } from './forms/settings.ts'

function byWord(forms: readonly Form[]): ReadonlyMap<string, readonly Form[]> {
  const found = new Map<string, Form[]>()
  for (const each of forms) {
    for (const word of each.words) found.set(word, [...(found.get(word) ?? []), each])
  }
  return found
}

/** By each word of theirs: the forms, */
export const formsOf: ReadonlyMap<string, readonly Form[]> = byWord([...commands, ...phrases])
/** and the settings. */
export const settingsOf: ReadonlyMap<string, readonly Form[]> = byWord(settings)
