/** Ages, sizes and counts as people read them. */

import { formatDuration, type Tokens } from '../../lib/index.ts'

/** How long ago an instant was, in its greatest unit: `now`, `5m ago`, `3d ago`, `in 2h`. */
export function ago(at: number, now: number): string {
  const whole = Math.round(Math.abs(now - at) / 1000) * 1000
  const unit = formatDuration(whole).split(' ', 1)[0] ?? ''
  if (unit === '0s') return 'now'
  return at > now ? `in ${unit}` : `${unit} ago`
}

/** `1 session`, `3 sessions`. */
export function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The same behind others: `3 refused`, and nothing of none. */
export function some(count: number, words: string): string[] {
  return count === 0 ? [] : [`${count} ${words}`]
}

/** `512 B`, `1.5 KiB`, `23 MiB`. */
export function bytes(size: number): string {
  let amount = Math.max(0, size)
  if (amount < 1024) return `${Math.round(amount)} B`
  let unit = ''
  for (unit of ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']) {
    amount /= 1024
    // What would be shown as 1024 belongs to the next unit.
    if (amount < 1023.5) break
  }
  return `${amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${unit}`
}

/**
 * What was used, in brief: `1.2k in, 340 out, $0.01`; empty where none of it is known. What stands in a
 * transcript for an amount may be anything.
 */
export function usage(amounts: { readonly [K in keyof Tokens]?: unknown }): string {
  const { input_tokens, output_tokens, cost_usd } = amounts
  return [
    typeof input_tokens === 'number' ? `${tokens(input_tokens)} in` : '',
    typeof output_tokens === 'number' ? `${tokens(output_tokens)} out` : '',
    typeof cost_usd === 'number' ? dollars(cost_usd) : '',
  ]
    .filter(Boolean)
    .join(', ')
}

/** `340`, `1.2k`, `12k`, `3.4M`. */
function tokens(count: number): string {
  let amount = count
  let unit = ''
  for (const next of ['k', 'M', 'G']) {
    // What would be shown as 1000 belongs to the next unit.
    if (amount < 999.5) break
    amount /= 1000
    unit = next
  }
  return `${unit !== '' && amount < 9.95 ? amount.toFixed(1) : Math.round(amount)}${unit}`
}

/** Something is never shown as nothing. */
function dollars(cost: number): string {
  return cost > 0 && cost < 0.005 ? '<$0.01' : `$${cost.toFixed(2)}`
}
