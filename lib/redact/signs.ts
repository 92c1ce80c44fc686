/** Everything in a text that tells what to look for in it, found by one search. */

import { type Form, formsWith, words } from './forms.ts'
import { Literals } from './literals.ts'
import { isSought, rules } from './rules.ts'

/** What a text gives reason to look for. */
export interface Signs {
  /** Where anchors stand that are sought by themselves. */
  readonly anchors: readonly number[]
  readonly forms: Iterable<Form>
  /** Whether names and values may be connected by other marks than `=` and `:`. */
  readonly settings: boolean
}

const none: Signs = { anchors: [], forms: [], settings: false }

const anchors = new Set(rules.filter(isSought).flatMap((rule) => rule.anchors))
const literals = new Literals(3)
for (const literal of [...anchors, ...words]) literals.add(literal)

/** What one search of a text tells. Most texts have no sign at all. */
export function signsIn(text: string): Signs {
  let signs: { anchors: number[]; forms: Set<Form>; settings: boolean } | undefined
  literals.forEach(text, (literal, start) => {
    signs ??= { anchors: [], forms: new Set(), settings: false }
    if (anchors.has(literal)) signs.anchors.push(start)
    else {
      const forms = formsWith(literal)
      if (forms === undefined) signs.settings = true
      else for (const form of forms) signs.forms.add(form)
    }
  })
  return signs ?? none
}
