/** Who descends from a session, and whether one of them lives now. */

import { isSessionId, type SessionId } from '../base/id.ts'
import { sessionDir } from '../layout.ts'
import { observe } from '../session/liveness.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { listIds } from '../store/list.ts'
import type { Store } from '../store/store.ts'
import { isLiving } from './plan.ts'
import type { Survey } from './survey.ts'

/** As many descendants are looked at each time; of more, what was seen since the refresh counts. */
const lookedAtAnew = 32

export class Family {
  readonly #store: Store
  readonly #parents = new Map<SessionId, string | undefined>()
  readonly #children = new Map<string, SessionId[]>()
  /** Those that were at rest, with all below them, and those above one that lived; since the refresh. */
  readonly #quiet = new Set<SessionId>()
  readonly #needed = new Set<string>()
  #refreshed = Number.NEGATIVE_INFINITY
  /** What looking has cost since then, in ms. */
  #cost = 0

  constructor(store: Store, survey: Survey) {
    this.#store = store
    for (const { id, parent } of survey.sessions.values()) this.#add(id, parent)
  }

  /** Has everything looked at anew, also what was made since; not more often than pays in a large store. */
  refresh(): void {
    if (performance.now() - this.#refreshed < Math.max(1_000, 10 * this.#cost)) return
    this.#refreshed = performance.now()
    this.#quiet.clear()
    this.#needed.clear()
    for (const id of listIds(this.#store)) {
      if (this.#parents.has(id)) continue
      const { state } = readSnapshot(id, sessionDir(this.#store.dir, id))
      this.#add(id, state?.genealogy.parent_session_id)
    }
    this.#cost = performance.now() - this.#refreshed
  }

  /** Whether a session that descends from this one lives, or may; one that did counts until the refresh. */
  hasLiving(id: SessionId): boolean {
    const started = performance.now()
    const found = this.#needed.has(id) || this.#findLiving(id)
    this.#cost += performance.now() - started
    return found
  }

  /** So that a long line costs in proportion, however many of it are asked about. */
  #findLiving(id: SessionId): boolean {
    const seen = new Set<SessionId>([id])
    const rest = [...(this.#children.get(id) ?? [])]
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      if (seen.has(next)) continue
      if (seen.size > lookedAtAnew && this.#quiet.has(next)) continue
      seen.add(next)
      if (this.#needed.has(next) || this.#lives(next)) {
        this.#noteAbove(next)
        return true
      }
      for (const child of this.#children.get(next) ?? []) rest.push(child)
    }
    for (const one of seen) this.#quiet.add(one)
    return false
  }

  #lives(id: SessionId): boolean {
    const snapshot = readSnapshot(id, sessionDir(this.#store.dir, id))
    return isLiving(observe(snapshot, { now: this.#store.now(), scrutiny: 'busy' }).liveness)
  }

  #noteAbove(id: SessionId): void {
    let above = this.#parents.get(id)
    while (above !== undefined && !this.#needed.has(above)) {
      this.#needed.add(above)
      above = this.#parents.get(above as SessionId)
    }
  }

  #add(id: SessionId, parent: string | undefined): void {
    this.#parents.set(id, parent)
    if (parent === undefined || !isSessionId(parent)) return
    const siblings = this.#children.get(parent)
    if (siblings === undefined) this.#children.set(parent, [id])
    else siblings.push(id)
  }
}
