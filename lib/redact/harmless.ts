/** What no rule can find anything in, told without the rules. */

import { isTelling } from './telling.ts'

/** Every token is longer, and so is each encoding of a known value that is as long as this. */
const shortest = 16

const plain = /^[\w.-]{0,15}$/

/** Whether a text is one short word: no sign in it connects a name with a value. */
export function isHarmless(text: string): boolean {
  return plain.test(text)
}

/** Whether every key and string is one, and nothing in it says anything of a value. */
export function isHarmlessJson(value: unknown): boolean {
  if (typeof value === 'string') return isHarmless(value) && !isTelling(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  return Object.entries(value).every(
    ([key, one]) =>
      isHarmless(key) && !isTelling(key) && !/val|^v$/i.test(key) && isHarmlessJson(one),
  )
}

/** Whether a known value cannot stand in a harmless text, nor any of its lines. */
export function isTooLongToHide(value: string): boolean {
  return value.length >= shortest && !value.includes('\n')
}
