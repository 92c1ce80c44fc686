/** Rules that users write: a prefix, letters, a length. */

import { type Charset, type Rule, rules, SHORTEST_RUN } from './rules.ts'

export type { Rule } from './rules.ts'

const charsets: readonly Charset[] = ['alnum', 'word', 'dash', 'hex', 'upper']
const fields = ['id', 'prefix', 'charset', 'min', 'max']
const longestBody = 4096

/** The rule that a table describes, or what is wrong with it. */
export function makeRule(table: Readonly<Record<string, unknown>>): Rule | string {
  const unknown = Object.keys(table).find((key) => !fields.includes(key))
  if (unknown !== undefined) return `it has no ${unknown}; it has ${fields.join(', ')}`
  const { id, prefix, charset = 'alnum', min, max = longestBody } = table
  if (typeof id !== 'string' || !/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(id)) {
    return 'id is needed: small letters, digits and -'
  }
  if (rules.some((rule) => rule.id === id)) return `${id} is the name of a rule that is built in`
  if (typeof prefix !== 'string' || !/^[\x21-\x7e]{3,64}$/.test(prefix)) {
    return 'prefix is needed: 3 to 64 printable characters'
  }
  if (!charsets.includes(charset as Charset)) return `charset is one of ${charsets.join(', ')}`
  if (!isLength(min) || !isLength(max) || min > max) {
    return `min and max are lengths without the prefix, from 1 to ${longestBody}, and min is needed`
  }
  if (shortestRun(prefix, min) < SHORTEST_USER_RUN) {
    return `prefix and min are too short: together they give ${SHORTEST_USER_RUN} letters, digits, _ and - in a row`
  }
  return { id, anchors: [prefix], charset: charset as Charset, min, max, confidence: 'high' }
}

const SHORTEST_USER_RUN = 8

/** How long a run each token of the rules holds at least. */
export function shortestOf(own: readonly Rule[]): number {
  const runs = own.flatMap(({ anchors, min }) => anchors.map((anchor) => shortestRun(anchor, min)))
  return Math.min(SHORTEST_RUN, ...runs)
}

function shortestRun(prefix: string, min: number): number {
  return (/[\w-]*$/.exec(prefix)?.[0].length ?? 0) + min
}

function isLength(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= longestBody
}
