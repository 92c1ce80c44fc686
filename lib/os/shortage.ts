/** Times when the system is short of something: it tells nothing of what was looked at. */

import { errnoOf } from './disk.ts'

/**
 * Whether it was thrown because the system had no file or no memory to give. EAGAIN is no such word: a
 * pipe in place of a file says it, too.
 */
export function isShortage(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOMEM'].includes(errnoOf(error) ?? '')
}

/** How long who waits puts up with a shortage, in ms. */
const patience = 30_000

/**
 * For who looks again and again: gives what a look gives, and undefined where it met a shortage, which
 * is thrown once no look in half a minute was without.
 */
export function patiently(): <T>(look: () => T) => T | undefined {
  let since: number | undefined
  return (look) => {
    try {
      const seen = look()
      since = undefined
      return seen
    } catch (error) {
      since ??= performance.now()
      if (!isShortage(error) || performance.now() - since > patience) throw error
      return undefined
    }
  }
}
