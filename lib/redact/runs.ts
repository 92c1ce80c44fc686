/** Longest runs of a class of characters, each taken once. */

/** The run of each pattern that was taken last in one text. */
export type Runs = Map<RegExp, Run>

export interface Run {
  readonly start: number
  readonly end: number
  /** No token is in it: one began here, and was longer than tokens are. */
  overlong?: true
}

/**
 * The run of `pattern`, a sticky `[...]*`, from `start` or from before it.
 *
 * Asking again inside the last run costs nothing, which keeps anchors repeated in one run linear.
 */
export function takeRun(runs: Runs, pattern: RegExp, text: string, start: number): Run {
  const last = runs.get(pattern)
  if (last !== undefined && last.start <= start && start < last.end) return last
  pattern.lastIndex = start
  pattern.test(text)
  const run: Run = { start, end: pattern.lastIndex }
  runs.set(pattern, run)
  return run
}
