/** Values one level below a name: `password: { current: ... }`, `[tokens]`, and the same in YAML. */

import type { Find } from './finds.ts'
import { endAt, execAt } from './match.ts'
import { findMeaning, isNameOfValue, isNoSecret, type Kind } from './names.ts'
import { type Reader, readerOf, valueAt } from './reader.ts'
import { kindOfChance } from './values.ts'

const ends =
  'sword SWORD asswd hrase _PASS ecret ECRET oken OKEN Key _key -key _KEY ntials ookies'.split(' ')
/** Of names of many, each of which has a name of its own. */
const endsOfMany = 'swords sswds ecrets okens Keys _keys -keys _KEYS ntials codes'.split(' ')
const marks = [':', '":', "':", ' =', '=', "' ="]

/** The ends of names with the marks behind them, where members or items may follow. */
export const parentEnds: readonly string[] = [
  ...[...ends, ...endsOfMany].flatMap((end) => marks.map((mark) => end + mark)),
  ...endsOfMany.flatMap((end) => [`${end}]\n`, `${end}]\r`]),
]

/** What tells that they do. */
const opening = />?[ \t]{0,4}[[{\r\n]|(?<=\][\r\n])/y

/** Whether something opens behind the end of a name that ends at `at`. */
export function opensBelow(text: string, at: number): boolean {
  return endAt(opening, text, at) !== undefined
}

const parent =
  /[a-z_-]{2,6}(?<=(?<![\w.-])([\w.-]{2,64}))(?:["'`]?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}(?:(\{)|(?=\r?\n[ \t]))|(?<=^[ \t]{0,16}\[[\w.-]{2,64})(\])(?=\r?\n))/imy
const inBraces =
  /\s{0,64},?\s{0,64}["']?([\w-]{2,40})["']?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}(?![\s{[])/y
const inLines = /\r?\n([ \t]{1,40})["']?([\w.-]{2,40})["']?:(?:[ \t]{1,4}|(?=\r?\n))/y
const inSection =
  /(?:\r?\n[ \t]{0,16}(?:[#;][^\n]{0,200})?(?=\r?\n)){0,8}\r?\n([ \t]{0,16})["']?([\w.-]{2,40})["']?[ \t]{0,16}[:=][ \t]{0,16}/y
const skipped = /"(?:[^"\\\n]|\\.){0,512}"|'[^'\n]{0,512}'|[^\s,{}"']{0,512}/y
const restOfLine = /[^\r\n]{0,512}/y
const mostMembers = 32

/** What stands above members. */
interface Parent {
  readonly kind: Kind
  /** Whether each of them is one of many, with a name of its own. */
  readonly isOfMany: boolean
}

/** Adds the secrets below names of secrets; `places` says where those of `parentEnds` begin. */
export function findNested(text: string, places: readonly number[], finds: Find[]): void {
  if (places.length === 0) return
  const reader = readerOf(text)
  for (const at of places) {
    const hit = execAt(parent, text, at)
    const above = hit === null ? undefined : parentOf(hit[1] as string)
    if (hit === null || above === undefined) continue
    const start = at + hit[0].length
    if (hit[2] !== undefined) readBraces(reader, start, above, finds)
    else if (hit[3] !== undefined) readLines(reader, start, inSection, -1, above, finds)
    else readLines(reader, start, inLines, columnOf(text, at), above, finds)
  }
}

function parentOf(name: string): Parent | undefined {
  if (/cookies$/i.test(name)) return { kind: 'parameter', isOfMany: true }
  const { kind, ofItems } = findMeaning(name)
  const isOfMany = ofItems !== undefined && /s$/i.test(name)
  const found = isOfMany ? ofItems : kind
  return found === 'password' || found === 'secret' ? { kind: found, isOfMany } : undefined
}

/** Adds the value of the member `name` that stands at `start`. */
function addMember(
  reader: Reader,
  start: number,
  name: string,
  { kind, isOfMany }: Parent,
  finds: Find[],
): void {
  const isNamed = isNameOfValue.test(name)
  const isOne = kind === 'parameter' || (isOfMany && !isNoSecret.test(name))
  if (!isNamed && !isOne) return
  const find = valueAt(reader, start, isNamed || kind !== 'secret' ? kind : 'parameter', 'bare')
  if (find === undefined) return
  const content = reader.text.slice(find.start, find.end)
  if (isNamed || kindOfChance(kind, content) !== undefined) finds.push(find)
}

function readBraces(reader: Reader, from: number, above: Parent, finds: Find[]): void {
  const { text } = reader
  let end = from
  for (let count = 0; count < mostMembers; count++) {
    const hit = execAt(inBraces, text, end)
    if (hit === null) return
    const start = end + hit[0].length
    addMember(reader, start, hit[1] as string, above, finds)
    end = endAt(skipped, text, start) ?? start
  }
}

/** Lines that begin farther right than the name above them. */
function readLines(
  reader: Reader,
  from: number,
  line: RegExp,
  column: number,
  above: Parent,
  finds: Find[],
): void {
  const { text } = reader
  let end = from
  for (let count = 0; count < mostMembers; count++) {
    const hit = execAt(line, text, end)
    if (hit === null || (hit[1] as string).length <= column) return
    const start = end + hit[0].length
    addMember(reader, start, hit[2] as string, above, finds)
    end = endAt(restOfLine, text, start) ?? start
  }
}

/** How many blanks its line begins with. */
function columnOf(text: string, at: number): number {
  const near = text.slice(Math.max(0, at - 200), at)
  return near.slice(near.lastIndexOf('\n') + 1).search(/[^ \t]|$/)
}
