/** Who descends from a session, and whether one of them lives now. */

import { isSessionId, type SessionId } from '../base/id.ts'
import { sessionDir } from '../layout.ts'
import { observe } from '../session/liveness.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { listIds } from '../store/list.ts'
import type { Store } from '../store/store.ts'
import { isLiving } from './plan.ts'
import type { Survey } from './survey.ts'

export class Family {
  readonly #store: Store
  readonly #known = new Set<SessionId>()
  readonly #children = new Map<string, SessionId[]>()
  #refreshed = Number.NEGATIVE_INFINITY

  constructor(store: Store, survey: Survey) {
    this.#store = store
    for (const { id, parent } of survey.sessions.values()) this.#add(id, parent)
  }

  /** Takes in the sessions that were made since; not more often than pays in a large store. */
  refresh(): void {
    if (performance.now() - this.#refreshed < 1_000) return
    this.#refreshed = performance.now()
    for (const id of listIds(this.#store)) {
      if (this.#known.has(id)) continue
      const { state } = readSnapshot(id, sessionDir(this.#store.dir, id))
      this.#add(id, state?.genealogy.parent_session_id)
    }
  }

  /** Whether a session that descends from this one lives, or may. */
  hasLiving(id: SessionId): boolean {
    const seen = new Set<SessionId>([id])
    const rest = [...(this.#children.get(id) ?? [])]
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      if (seen.has(next)) continue
      seen.add(next)
      for (const child of this.#children.get(next) ?? []) rest.push(child)
      const snapshot = readSnapshot(next, sessionDir(this.#store.dir, next))
      const { liveness } = observe(snapshot, { now: this.#store.now(), scrutiny: 'busy' })
      if (isLiving(liveness)) return true
    }
    return false
  }

  #add(id: SessionId, parent: string | undefined): void {
    this.#known.add(id)
    if (parent === undefined || !isSessionId(parent)) return
    const siblings = this.#children.get(parent)
    if (siblings === undefined) this.#children.set(parent, [id])
    else siblings.push(id)
  }
}
