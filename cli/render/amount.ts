/** Ages, sizes and counts as people read them. */

import { formatDuration } from '../../lib/index.ts'

/** How long ago an instant was, in its greatest unit: `now`, `5m ago`, `3d ago`, `in 2h`. */
export function ago(at: number, now: number): string {
  const whole = Math.round(Math.abs(now - at) / 1000) * 1000
  const unit = formatDuration(whole).split(' ', 1)[0] ?? ''
  if (unit === '0s') return 'now'
  return at > now ? `in ${unit}` : `${unit} ago`
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

/** `950`, `1.2k`, `3.4M`. */
export function count(amount: number): string {
  if (amount < 1000) return String(amount)
  const [scaled, unit] = amount < 999_500 ? [amount / 1e3, 'k'] : [amount / 1e6, 'M']
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`
}
