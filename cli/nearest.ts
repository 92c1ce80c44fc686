/** The word that somebody most likely meant. */

import { nearestWord } from '../lib/index.ts'

/** The one of `words` that `typed` starts, or the nearest within a few typing errors, if any. */
export function nearestOf(typed: string, words: readonly string[]): string | undefined {
  if (typed.length < 2 || typed.length > 40) return undefined
  const started = words.filter((word) => word.startsWith(typed))
  return started.length === 1 ? started[0] : nearestWord(typed, words)
}
