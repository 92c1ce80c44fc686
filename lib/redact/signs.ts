/** Everything in a text that tells what to look for in it, found by one search. */

import { besideEnds, broken, type Form, formsOf, settingsOf } from './forms.ts'
import { insertHeads } from './inserts.ts'
import { Literals } from './literals.ts'
import { manifestHeads } from './manifests.ts'
import { opensBelow, parentEnds } from './nested.ts'
import { isSought, rules } from './rules.ts'
import { titleEnds } from './tables.ts'

/** Where something may begin or end in a text, in order. */
interface Places {
  /** Where anchors stand that are sought by themselves. */
  readonly anchors: number[]
  /** Where names end whose value may stand beside them. */
  readonly names: number[]
  /** Where names end that may be those of a table's columns. */
  readonly titles: number[]
  /** Where the rows of an INSERT may begin. */
  readonly inserts: number[]
  /** Where manifests begin that may be Secrets. */
  readonly manifests: number[]
  /** Where names end whose values may stand one level below them, over many lines. */
  readonly parents: number[]
  /** Where something may go on from one line to the next. */
  readonly lines: number[]
}

/** What a text gives reason to look for. */
export interface Signs extends Places {
  readonly forms: Set<Form>
  readonly settings: Set<Form>
}

function noSigns(): Signs {
  return {
    anchors: [],
    names: [],
    titles: [],
    inserts: [],
    manifests: [],
    parents: [],
    lines: [],
    forms: new Set(),
    settings: new Set(),
  }
}

/** What one literal is a sign of. */
interface Sense {
  readonly places: (keyof Places)[]
  readonly forms: readonly Form[]
  readonly settings: readonly Form[]
}

const senses = new Map<string, Sense>()
const literals = new Literals(3)

function senseOf(literal: string): Sense {
  let sense = senses.get(literal)
  if (sense === undefined) {
    const forms = formsOf.get(literal) ?? []
    sense = { places: [], forms, settings: settingsOf.get(literal) ?? [] }
    senses.set(literal, sense)
    literals.add(literal)
  }
  return sense
}

for (const word of [...formsOf.keys(), ...settingsOf.keys()]) senseOf(word)
const placesOf: readonly (readonly [keyof Places, readonly string[]])[] = [
  ['anchors', rules.filter(isSought).flatMap(({ anchors }) => anchors)],
  ['names', besideEnds],
  ['titles', titleEnds],
  ['inserts', insertHeads],
  ['manifests', manifestHeads],
  ['parents', parentEnds],
  ['lines', broken.flatMap(({ words }) => words)],
]
for (const [place, all] of placesOf) for (const one of new Set(all)) senseOf(one).places.push(place)

const none = noSigns()

/** What one search of a text tells. Most texts have no sign at all. */
export function signsIn(text: string): Signs {
  let signs: Signs | undefined
  literals.forEach(text, (literal, start) => {
    signs ??= noSigns()
    const sense = senses.get(literal) as Sense
    const end = start + literal.length
    for (const place of sense.places) {
      if (place === 'parents' && !opensBelow(text, end)) continue
      signs[place].push(place === 'names' ? end - 1 : start)
    }
    for (const form of sense.forms) signs.forms.add(form)
    for (const setting of sense.settings) signs.settings.add(setting)
  })
  return signs ?? none
}
