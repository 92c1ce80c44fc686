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
  /** It is a secret wherever else it stands. */
  readonly sure?: boolean
}

/** A value in which nothing was found. */
export function unchanged<T>(value: T): Redacted<T> {
  return { value, counts: undefined }
}

export const markerHead = '[REDACTED:'
const markers = /\[REDACTED:[a-z0-9-]{1,64}\]/g

/** What stands in place of a secret. */
export function marker(rule: string): string {
  return `${markerHead}${rule}]`
}

/** The finds of a text in their order: those that overlap are one, named by the first. */
export function mergeFinds(text: string, finds: readonly Find[]): Find[] {
  if (finds.length === 0) return []
  const sorted = [...finds].sort((a, b) => a.start - b.start || b.end - a.end)
  const merged: Find[] = []
  for (const find of text.includes(markerHead) ? outsideMarkers(text, sorted) : sorted) {
    const last = merged.at(-1)
    if (last === undefined || find.start >= last.end) merged.push(find)
    else if (find.end > last.end)
      merged[merged.length - 1] = { ...last, end: find.end, sure: false }
  }
  return merged
}

/** Puts a marker in place of each find. */
export function replaceFinds(text: string, finds: readonly Find[]): Redacted<string> {
  if (finds.length === 0) return unchanged(text)
  const counts: Record<string, number> = {}
  let value = ''
  let done = 0
  for (const { start, end, rule } of finds) {
    value += text.slice(done, start) + marker(rule)
    done = end
    counts[rule] = (counts[rule] ?? 0) + 1
  }
  return { value: value + text.slice(done), counts }
}

/** Of finds in their order: a marker holds nothing to be found, and stays whole. */
function outsideMarkers(text: string, finds: readonly Find[]): Find[] {
  markers.lastIndex = 0
  let start = 0
  let end = 0
  return finds.flatMap((find) => {
    // Both are stepped through once, however many there are of each.
    while (end <= find.start && start !== Number.POSITIVE_INFINITY) {
      const next = markers.exec(text)
      start = next?.index ?? Number.POSITIVE_INFINITY
      end = next === null ? end : start + next[0].length
    }
    if (find.start < start) return [find]
    return find.end > end ? [{ ...find, start: end, sure: false }] : []
  })
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
