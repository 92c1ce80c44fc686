/** What retention is asked to do. */

import { Failure } from '../errors.ts'
import type { Status } from '../session/liveness.ts'

/** Which sessions may go. Without any rule of the first four none does. */
export interface Policy {
  /** Those that were last used longer ago than this, in ms. */
  readonly olderThan?: number
  /** So many stay in any case, those used last; alone, it means that all others go. */
  readonly keepLast?: number
  /** So many may there be: those used longest ago go first. */
  readonly maxCount?: number
  /** So many bytes may they take on the disk: those used longest ago go first. */
  readonly maxSize?: number
  /** Only sessions that had one of these tools. */
  readonly tools?: readonly string[]
  /** Only sessions of one of these statuses. */
  readonly statuses?: readonly Status[]
  /** How long a session stays in the trash, in ms; without it nothing leaves the trash. */
  readonly trashFor?: number
  /** Also record the crashes of turns whose supervisor is gone. */
  readonly recordCrashes?: boolean
}

/** Throws USAGE for a bound that is no number from 0: by NaN or -1 every session would go. */
export function checkPolicy(policy: Policy): void {
  for (const key of ['olderThan', 'keepLast', 'maxCount', 'maxSize', 'trashFor'] as const) {
    const bound: unknown = policy[key]
    if (bound === undefined || (typeof bound === 'number' && bound >= 0)) continue
    throw new Failure('USAGE', { problem: `planStore: ${key} is no number from 0` })
  }
}

/** Younger sessions are left alone whatever the policy says, in ms: somebody is at work there. */
export const youngAge = 3_600_000
