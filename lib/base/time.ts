/** Instants and durations: text to milliseconds and back. */

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Milliseconds of `45s 30m 12h 7d 2w` (also `250ms`, `1h30m`), or undefined. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:ms|[smhdw]))+$/.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) {
    total += Number(count) * (units[unit ?? ''] ?? Number.NaN)
  }
  return Number.isSafeInteger(total) ? total : undefined
}

/**
 * The instant, in ms since 1970, that an ISO date or a duration as "ago" names, or undefined. A date
 * without a zone is one of the local clock.
 */
export function parseWhen(text: string, now: number): number | undefined {
  const ago = parseDuration(text)
  if (ago !== undefined) return now - ago
  if (
    !/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(
      text,
    )
  ) {
    return undefined
  }
  // By itself a day would be taken for one of UTC, unlike a time.
  const at = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'))
  if (Number.isNaN(at)) return undefined
  // February 30 would roll over into March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00.000Z`)
  return day.toISOString().slice(0, 10) === text.slice(0, 10) ? at : undefined
}

/** The two greatest units of a duration: `40ms`, `1.4s`, `12s`, `3m 10s`, `2h 5m`, `4d 1h`. */
export function formatDuration(ms: number): string {
  if (ms >= 1 && ms < 999.5) return `${Math.round(ms)}ms`
  if (ms >= 1 && ms < 9_950) return `${Number((ms / 1000).toFixed(1))}s`
  const seconds = Math.max(0, Math.round(ms / 1000))
  const two = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit} ${small}${smallUnit}`
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'm', seconds % 60, 's')
  if (seconds < 86_400) {
    return two(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'm')
  }
  return two(Math.floor(seconds / 86_400), 'd', Math.floor((seconds % 86_400) / 3600), 'h')
}

/** `2026-02-06T10:00:00.000Z`: UTC with milliseconds; such texts sort as the instants do. */
export type Timestamp = string

/** The Timestamp of an instant in ms since 1970. */
export function formatTimestamp(at: number): Timestamp {
  return new Date(at).toISOString()
}
