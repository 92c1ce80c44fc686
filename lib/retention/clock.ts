/** Whether the clock can be trusted: all ages are by it, and one that jumped makes everything old. */

import { Failure } from '../errors.ts'
import { store as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { listStores, type Store } from '../store/store.ts'
import type { Survey } from './survey.ts'

/** How far ahead of the clock an entry may be before clean-ups stop, in ms: machines that share a store differ a little. */
export const ahead = 3_600_000

/** How long nothing may have happened under the root before the clock is doubted, in ms. */
const behind = 90 * 86_400_000

/**
 * Throws CLOCK_SUSPECT when sessions that are neither pinned nor of a newer stint were used after the
 * present by this clock, or when it is so far ahead of everything that was ever written here that it may
 * have jumped.
 */
export function requireClock(store: Store, surveys: readonly Survey[]): void {
  const now = store.now()
  let newest = Number.NEGATIVE_INFINITY
  for (const { sessions } of surveys) {
    for (const { id, usedAt, pinned, isNewer } of sessions.values()) {
      // Who pinned it knows of it: its time was wrong, and that would stop every clean-up for years. One
      // that a newer stint wrote can be neither pinned nor deleted here, and stays whatever the clock says.
      if (usedAt > now + ahead && !pinned && !isNewer) throw suspect(now, usedAt, id)
      if (usedAt > newest && usedAt <= now + ahead) newest = usedAt
    }
  }
  if (now - newest <= behind) return
  const seen = Math.max(newest, lastChange(store))
  if (Number.isFinite(seen) && now - seen > behind) throw suspect(now, seen)
}

/** When last a session was made or moved in any store, or a clean-up ran. */
function lastChange(store: Store): number {
  const paths = listStores(store).flatMap(({ dir }) => [
    files.sessions(dir),
    files.last(dir),
    files.maintenanceLock(dir),
  ])
  return Math.max(
    ...paths.map((path) => disk.findFacts(path)?.modifiedAt ?? Number.NEGATIVE_INFINITY),
  )
}

function suspect(now: number, newest: number, id?: string): Failure<'CLOCK_SUSPECT'> {
  return new Failure('CLOCK_SUSPECT', {
    now: new Date(now).toISOString(),
    newest: new Date(newest).toISOString(),
    ...(id === undefined ? {} : { id }),
  })
}
