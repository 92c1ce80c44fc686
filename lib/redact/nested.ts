/** Values one level below the name of a secret: `password: { current: ... }`, and the same in YAML. */

import type { Find } from './finds.ts'
import { endAt, execAt } from './match.ts'
import { findKind, isNameOfValue, type Kind } from './names.ts'
import { type Reader, readerOf, valueAt } from './reader.ts'

/** The ends of names with what stands behind them when members follow. */
export const parentEnds: readonly string[] =
  'sword SWORD asswd hrase _PASS ecret ECRET oken OKEN Key _key -key _KEY ntials ookies'
    .split(' ')
    .flatMap((end) =>
      [
        ': {',
        ':{',
        '":{',
        '": {',
        "': {",
        ' = {',
        '={',
        ' => {',
        "' => {",
        '":\n',
        ':\n',
        ':\r',
      ].map((mark) => end + mark),
    )

const parent =
  /[a-z_-]{2,6}(?<=(?<![\w.-])([\w.-]{2,64}))["'`]?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}(?:(\{)|(?=\r?\n[ \t]))/iy
const inBraces =
  /\s{0,64},?\s{0,64}["']?([\w-]{2,40})["']?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}(?![\s{[])/y
const inLines = /\r?\n([ \t]{1,40})["']?([\w-]{2,40})["']?:(?:[ \t]{1,4}|(?=\r?\n))/y
const skipped = /"(?:[^"\\\n]|\\.){0,512}"|'[^'\n]{0,512}'|[^\s,{}"']{0,512}/y
const restOfLine = /[^\r\n]{0,512}/y
const mostMembers = 8

/** Adds the secrets below names of secrets; `places` says where those of `parentEnds` begin. */
export function findNested(text: string, places: readonly number[], finds: Find[]): void {
  if (places.length === 0) return
  const reader = readerOf(text)
  for (const at of places) {
    const hit = execAt(parent, text, at)
    const name = hit?.[1] ?? ''
    const kind = /cookies$/i.test(name) ? 'parameter' : findKind(name)
    if (hit === null || (kind !== 'password' && kind !== 'secret' && kind !== 'parameter')) continue
    const start = at + hit[0].length
    if (hit[2] === undefined) readLines(reader, start, columnOf(text, at), kind, finds)
    else readBraces(reader, start, kind, finds)
  }
}

function readBraces(reader: Reader, from: number, kind: Kind, finds: Find[]): void {
  const { text } = reader
  let end = from
  for (let count = 0; count < mostMembers; count++) {
    const hit = execAt(inBraces, text, end)
    if (hit === null) return
    const start = end + hit[0].length
    if (kind === 'parameter' || isNameOfValue.test(hit[1] as string)) {
      const find = valueAt(reader, start, kind, 'bare')
      if (find !== undefined) finds.push(find)
    }
    end = endAt(skipped, text, start) ?? start
  }
}

function readLines(reader: Reader, from: number, column: number, kind: Kind, finds: Find[]): void {
  const { text } = reader
  let end = from
  for (let count = 0; count < mostMembers; count++) {
    const hit = execAt(inLines, text, end)
    if (hit === null || (hit[1] as string).length <= column) return
    const start = end + hit[0].length
    if (isNameOfValue.test(hit[2] as string)) {
      const find = valueAt(reader, start, kind, 'bare')
      if (find !== undefined) finds.push(find)
    }
    end = endAt(restOfLine, text, start) ?? start
  }
}

/** How many blanks its line begins with. */
function columnOf(text: string, at: number): number {
  const near = text.slice(Math.max(0, at - 200), at)
  return near.slice(near.lastIndexOf('\n') + 1).search(/[^ \t]|$/)
}
