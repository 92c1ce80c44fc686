/** Stretches of a text that are secrets, and the text without them. */

/** How often each rule found something. */
export type RedactionCounts = Readonly<Record<string, number>>

/** What is left of a value; without counts nothing was found, and it is the very same value. */
export interface Redacted<T> {
  readonly value: T
  readonly counts: RedactionCounts | undefined
}

/** One secret: `start` up to but not including `end`. */
export interface Find {
  readonly start: number
  readonly end: number
  readonly rule: string
}

/** What stands in place of a secret. Nothing that holds the head of a marker is found again. */
export function marker(rule: string): string {
  return `[REDACTED:${rule}]`
}

/** Puts a marker in place of each find; finds that overlap become one, named by the first. */
export function replaceFinds(text: string, finds: Find[]): Redacted<string> {
  if (finds.length === 0) return { value: text, counts: undefined }
  finds.sort((a, b) => a.start - b.start)
  const counts: Record<string, number> = {}
  let value = ''
  let done = 0
  let open: Find | undefined
  const close = (find: Find) => {
    value += text.slice(done, find.start) + marker(find.rule)
    done = find.end
    counts[find.rule] = (counts[find.rule] ?? 0) + 1
  }
  for (const find of finds) {
    if (open === undefined) open = find
    else if (find.start < open.end) open = { ...open, end: Math.max(open.end, find.end) }
    else {
      close(open)
      open = find
    }
  }
  if (open !== undefined) close(open)
  return { value: value + text.slice(done), counts }
}

/** The sum per rule; undefined when neither has any. */
export function mergeCounts(
  a: RedactionCounts | undefined,
  b: RedactionCounts | undefined,
): RedactionCounts | undefined {
  if (a === undefined) return b
  if (b === undefined) return a
  const sum: Record<string, number> = { ...a }
  for (const [rule, count] of Object.entries(b)) sum[rule] = (sum[rule] ?? 0) + count
  return sum
}
