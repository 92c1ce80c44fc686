/** Longest runs of a class of characters, each taken once. */

/** The run of each pattern that was taken last in one text. */
export type Runs = Map<RegExp, { readonly start: number; readonly end: number }>

/**
 * Where the run of `pattern`, a sticky `[...]*`, ends that holds `start`.
 *
 * Asking again inside the last run costs nothing, which keeps anchors repeated in one run linear.
 */
export function runEnd(runs: Runs, pattern: RegExp, text: string, start: number): number {
  const last = runs.get(pattern)
  if (last !== undefined && last.start <= start && start < last.end) return last.end
  pattern.lastIndex = start
  pattern.test(text)
  const end = pattern.lastIndex
  runs.set(pattern, { start, end })
  return end
}
