/** Everything in a text that tells what to look for in it, found by one search. */

import { besideEnds, type Form, formsOf, settingsOf } from './forms.ts'
import { insertHeads } from './inserts.ts'
import { Literals } from './literals.ts'
import { manifestHeads } from './manifests.ts'
import { isSought, rules } from './rules.ts'
import { titleEnds } from './tables.ts'

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
  /** Where manifests begin that may be Secrets. */
  readonly manifests: readonly number[]
}

const none: Signs = {
  anchors: [],
  names: [],
  forms: [],
  settings: [],
  titles: [],
  inserts: [],
  manifests: [],
}

/** What one literal is a sign of. */
interface Sense {
  anchor: boolean
  name: boolean
  title: boolean
  insert: boolean
  manifest: boolean
  readonly forms: readonly Form[]
  readonly settings: readonly Form[]
}

const senses = new Map<string, Sense>()
const literals = new Literals(3)

function senseOf(literal: string): Sense {
  let sense = senses.get(literal)
  if (sense === undefined) {
    const forms = formsOf.get(literal) ?? []
    const settings = settingsOf.get(literal) ?? []
    const none = { anchor: false, name: false, title: false, insert: false, manifest: false }
    sense = { ...none, forms, settings }
    senses.set(literal, sense)
    literals.add(literal)
  }
  return sense
}

for (const rule of rules.filter(isSought)) {
  for (const anchor of rule.anchors) senseOf(anchor).anchor = true
}
for (const word of [...formsOf.keys(), ...settingsOf.keys()]) senseOf(word)
for (const end of titleEnds) senseOf(end).title = true
for (const end of besideEnds) senseOf(end).name = true
for (const head of insertHeads) senseOf(head).insert = true
for (const head of manifestHeads) senseOf(head).manifest = true

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
        manifests: number[]
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
      manifests: [],
    }
    const sense = senses.get(literal) as Sense
    if (sense.title) signs.titles.push(start)
    if (sense.insert) signs.inserts.push(start)
    if (sense.manifest) signs.manifests.push(start)
    if (sense.anchor) signs.anchors.push(start)
    if (sense.name) signs.names.push(start + literal.length - 1)
    for (const form of sense.forms) signs.forms.add(form)
    for (const setting of sense.settings) signs.settings.add(setting)
  })
  return signs ?? none
}
