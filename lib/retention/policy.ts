/** What retention is asked to do. */

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

/** Younger sessions are left alone whatever the policy says, in ms: somebody is at work there. */
export const youngAge = 3_600_000
