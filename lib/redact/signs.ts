/** Everything in a text that tells what to look for in it, found by one search. */

import { besideEnds, type Form, formsOf, settingsOf } from './forms.ts'
import { Literals } from './literals.ts'
import { isSought, rules } from './rules.ts'
import { insertHeads, titleEnds } from './tables.ts'

/** What a text gives reason to look for. */
export interface Signs {
  /** Where anchors stand that are sought by themselves. */
  readonly anchors: readonly number[]
  /** Where names end whose value may stand beside them. */
  readonly names: readonly number[]
  readonly forms: Iterable<Form>
  readonly settings: Iterable<Form>
  /** Where names end that may be those of a table's columns. */
  readonly titles: readonly number[]
  /** Where the rows of an INSERT may begin. */
  readonly inserts: readonly number[]
}

const none: Signs = { anchors: [], names: [], forms: [], settings: [], titles: [], inserts: [] }

const anchors = new Set(rules.filter(isSought).flatMap((rule) => rule.anchors))
const titles = new Set(titleEnds)
const names = new Set(besideEnds)
const inserts = new Set(insertHeads)
const literals = new Literals(3)
for (const literal of [
  ...anchors,
  ...formsOf.keys(),
  ...settingsOf.keys(),
  ...titles,
  ...names,
  ...inserts,
])
  literals.add(literal)

/** What one search of a text tells. Most texts have no sign at all. */
export function signsIn(text: string): Signs {
  let signs:
    | {
        anchors: number[]
        names: number[]
        forms: Set<Form>
        settings: Set<Form>
        titles: number[]
        inserts: number[]
      }
    | undefined
  literals.forEach(text, (literal, start) => {
    signs ??= {
      anchors: [],
      names: [],
      forms: new Set(),
      settings: new Set(),
      titles: [],
      inserts: [],
    }
    if (titles.has(literal)) signs.titles.push(start)
    if (inserts.has(literal)) signs.inserts.push(start)
    if (anchors.has(literal)) signs.anchors.push(start)
    if (names.has(literal)) signs.names.push(start + literal.length - 1)
    for (const form of formsOf.get(literal) ?? []) signs.forms.add(form)
    for (const setting of settingsOf.get(literal) ?? []) signs.settings.add(setting)
  })
  return signs ?? none
}
