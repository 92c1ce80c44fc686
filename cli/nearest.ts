/** The word that somebody most likely meant. */

/** The one of `words` that `typed` starts, or the nearest within a few typing errors, if any. */
export function nearestOf(typed: string, words: readonly string[]): string | undefined {
  if (typed.length > 40) return undefined
  const started = words.filter((word) => typed.length > 1 && word.startsWith(typed))
  if (started.length === 1) return started[0]
  let best: string | undefined
  let least = Math.max(2, Math.ceil(typed.length / 3) + 1)
  for (const word of words) {
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
  const cell = (cells: readonly number[], index: number) => cells[index] ?? 0
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = cell(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const exchanged =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? cell(before, j - 2) + 1
          : replaced
      next.push(Math.min(cell(row, j) + 1, cell(next, j - 1) + 1, replaced, exchanged))
    }
    before = row
    row = next
  }
  return cell(row, b.length)
}
