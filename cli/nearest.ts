/** The word that somebody most likely meant. */

/** The one of `words` that `typed` starts, or the nearest within a few typing errors, if any. */
export function nearestOf(typed: string, words: readonly string[]): string | undefined {
  if (typed.length > 40) return undefined
  const started = words.filter((word) => typed.length > 1 && word.startsWith(typed))
  if (started.length === 1) return started[0]
  let best: string | undefined
  let least = Math.max(2, Math.ceil(typed.length / 3) + 1)
  for (const word of words) {
    if (Math.abs(typed.length - word.length) >= least) continue
    const errors = countErrors(typed, word)
    if (errors < least && errors < word.length) {
      best = word
      least = errors
    }
  }
  return best
}

/** Letters added, left out, replaced, or two neighbours exchanged. */
function countErrors(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = (row[j - 1] as number) + (same ? 0 : 1)
      least = Math.min(least, (row[j] as number) + 1, (next[j - 1] as number) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] as number) + 1)
      }
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length] as number
}
