/** Where a session stands in its store. */

import { isSessionId, nameOf, type SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { Store } from './store.ts'

/** Where a REF that is typed may point. */
export type TypedPlace = 'sessions' | 'trash'

/**
 * Throws REF_MALFORMED for what is no whole id: a program without types may give anything, and a path
 * made of that would lead anywhere.
 */
export function checkId(id: unknown): void {
  if (isSessionId(id as string)) return
  throw new Failure('REF_MALFORMED', { ref: nameOf(id), problem: 'it is no whole id' })
}

/** Whether the session is there. */
export function isSession(store: Store, id: SessionId, place: TypedPlace = 'sessions'): boolean {
  if (disk.findFacts(sessionDir(store.dir, id, place)) !== undefined) return true
  // A running session that is not listed is still reached by its whole id.
  return (
    place === 'sessions' && disk.findFacts(sessionDir(store.dir, id, 'ephemeral')) !== undefined
  )
}

/** Where a session stands: among the listed ones, or among those that live for one turn. */
export function placeOf(store: Store, id: SessionId): 'sessions' | 'ephemeral' {
  checkId(id)
  const listed = disk.findFacts(sessionDir(store.dir, id)) !== undefined
  return listed || disk.findFacts(sessionDir(store.dir, id, 'ephemeral')) === undefined
    ? 'sessions'
    : 'ephemeral'
}
