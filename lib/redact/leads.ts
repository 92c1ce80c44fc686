/** What programs print before each line of a file: its number, the file's name, the mark of a diff. */

import { endAt } from './match.ts'

const number =
  '[ \\t]{0,8}[0-9]{1,6}(?:[\\t\\u2192]|:(?![0-9]{2}\\b)|-(?![0-9])| {0,3}[|\\u2502] ?)'
const place =
  '(?=[\\w@+-]{0,100}[./])[\\w./@+-]{1,200}?(?::[0-9]{1,6}:(?:[0-9]{1,4}:)?|-[0-9]{1,6}-)'
// One blank behind a dash is that of an item of a list.
const mark = '\\+(?!\\+\\+ )|-(?!-- | (?! ))|(?:> ){1,3}'
const lead = `(?:${number}|[ \\t]{0,4}L[0-9]{1,6}: ?|${place}|${mark})`

/** At the beginning of lines. */
export const leads: RegExp = new RegExp(`^${lead}`, 'gm')
const leadAt = new RegExp(lead, 'y')

/** Where what stands before the line ends that begins at `start`: there when nothing does. */
export function endOfLead(text: string, start: number): number {
  return endAt(leadAt, text, start) ?? start
}

/** Where the line ends that `from` stands in. */
export function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
