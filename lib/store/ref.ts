/** What a person typed to the one session it means. Nothing is ever guessed. */

import { isSessionId, nameOf, normaliseId, type SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { isSession, type TypedPlace } from './place.ts'
import { searchRef } from './search.ts'
import type { Store } from './store.ts'

/** A session and the store it is in. */
export interface Resolved {
  readonly store: Store
  readonly id: SessionId
}

/**
 * Resolves a REF: a whole id, a start or an end of one of at least 4 characters, a name, or one of
 * `@last @self @parent @root`.
 *
 * Throws REF_MALFORMED, REF_NEEDS_TURN, SESSION_UNKNOWN, SESSION_ELSEWHERE, and REF_AMBIGUOUS with
 * the candidates, newest first.
 */
export function resolveRef(
  store: Store,
  ref: string,
  options: { readonly allProjects?: boolean; readonly place?: TypedPlace } = {},
): Resolved {
  const { place = 'sessions', allProjects = false } = options
  if (typeof ref !== 'string') {
    throw new Failure('REF_MALFORMED', { ref: nameOf(ref), problem: 'it is no text' })
  }
  const id = isSessionId(ref) ? ref : normaliseId(ref)
  if (isSessionId(id) && isSession(store, id, place)) return { store, id }
  checkRef(ref)
  return searchRef(store, ref, { place, allProjects })
}

function checkRef(ref: string): void {
  const problem =
    ref === ''
      ? 'it is empty'
      : ref.length > 64
        ? 'it is too long'
        : ref.includes('/') || ref === '.' || ref === '..'
          ? 'it looks like a path'
          : /^@?[A-Za-z0-9._-]+$/.test(ref)
            ? undefined
            : 'it has other characters than A-Z a-z 0-9 . _ -'
  if (problem !== undefined) throw new Failure('REF_MALFORMED', { ref, problem })
}
