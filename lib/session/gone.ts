/** A session that leaves its place while it is looked at: it is not damaged, it is not there. */

import type { SessionId } from '../base/id.ts'
import { Failure, quietly } from '../errors.ts'
import * as disk from '../os/disk.ts'
import type { Snapshot } from './snapshot.ts'

/** SESSION_UNKNOWN when its directory is gone; what cannot be looked at may well be there. */
export function findLeft(id: SessionId, dir: string, cause?: unknown): Failure | undefined {
  if (quietly(() => disk.findFacts(dir) === undefined) !== true) return undefined
  const store = disk.parentOf(disk.parentOf(dir))
  return new Failure('SESSION_UNKNOWN', { ref: id, store }, { cause })
}

/** What `act` gives; where it throws and the session has left meanwhile, that is said instead. */
export function whileThere<T>(id: SessionId, dir: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw findLeft(id, dir, error) ?? error
  }
}

/** Whether that is what became of it. */
export function hasLeft({ failure }: Snapshot): boolean {
  return failure?.code === 'SESSION_UNKNOWN'
}
