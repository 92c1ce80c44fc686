/** What a form is, and how one is written down. */

import type { Manner } from '../values.ts'

/** One form: words of which every text of it holds one, and what stands before the value. */
export interface Form {
  readonly words: readonly string[]
  readonly pattern: RegExp
  /** Of a setting: how the value stands there; `shell` unless said. */
  readonly manner?: Manner
  /** What its value is called; what stands in the text unless said. */
  readonly name?: string
}

/** What may stand between a program and its flag: the program again would begin another search. */
export const upTo = (program: string): string => `(?:(?!${program})[^\\n|;&]){0,120}?`
const inQuotes = `(?:'\\\\{1,4}'(?=')|'"'"(?='))?`
const value = `${inQuotes}(?:"([^"\\n]{1,256})"|'([^'\\n]{1,256})'|([^\\s"'\`|;&<>$({-][^\\s"'\`|;&<>]{0,256}))`

/** A form of `words`, parted by `|`: a value between what stands before it and what may stand after. */
export function form(words: string, before: string, after = ''): Form {
  return { words: words.split('|'), pattern: new RegExp(before + value + after, 'g') }
}
