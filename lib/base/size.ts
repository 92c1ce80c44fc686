/** Sizes: text to bytes. */

/** Bytes of `512MiB`, `2GB`, `64k` or a plain count. */
export function parseSize(text: string): number | undefined {
  const [, count, prefix, binary] = /^(\d{1,12})\s*([kKMGT])?(iB|B)?$/.exec(text) ?? []
  if (count === undefined) return undefined
  const base = binary === 'B' && prefix !== undefined ? 1000 : 1024
  const power = prefix === undefined ? 0 : 'KMGT'.indexOf(prefix.toUpperCase()) + 1
  const value = Number(count) * base ** power
  return Number.isSafeInteger(value) ? value : undefined
}
