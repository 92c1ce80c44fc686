import { utimesSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../lib/index.ts'
import { ahead, requireClock } from '../../lib/retention/clock.ts'
import type { Facts, Survey } from '../../lib/retention/survey.ts'
import { ensureStore } from '../../lib/store/project.ts'
import type { Store } from '../../lib/store/store.ts'
import { nextId } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

const day = 86_400_000
const now = Date.UTC(2026, 5, 1)

/** A store in which something was last made so many days ago. */
function makeQuiet(days: number): Store {
  const store = makeStore({ now: () => now })
  ensureStore(store)
  const at = new Date(now - days * day)
  for (const name of ['sessions', 'locks/maintenance.lock']) {
    utimesSync(`${store.dir}/${name}`, at, at)
  }
  return store
}

function surveyOf(...wishes: Pick<Facts, 'usedAt' | 'pinned'>[]): Survey {
  const facts = wishes.map((one) => ({ id: nextId(), ...one }) as Facts)
  const sessions = new Map(facts.map((one): [SessionId, Facts] => [one.id, one]))
  return { now, sessions, trash: [], caller: undefined, sizeOf: () => 0 }
}

const used = (usedAt: number, pinned = false) => surveyOf({ usedAt, pinned })

function verdict(store: Store, ...surveys: Survey[]): unknown {
  try {
    requireClock(store, surveys)
    return 'trusted'
  } catch (error) {
    return (error as { data: unknown }).data
  }
}

const iso = (at: number) => new Date(at).toISOString()

describe('requireClock', () => {
  it('doubts a clock that is behind a session, which it names, by more than machines differ', () => {
    const store = makeQuiet(0)
    const late = used(now + ahead + 1)
    const [id] = late.sessions.keys()
    const doubt = { now: iso(now), newest: iso(now + ahead + 1), id }
    expect(verdict(store, used(now), late)).toEqual(doubt)
    expect(verdict(store, used(now + ahead))).toBe('trusted')
    expect(verdict(store, used(now + ahead + 1, true))).toBe('trusted')
  })

  it('doubts one that is far ahead of all that was used or made', () => {
    const store = makeQuiet(91)
    const newest = iso(now - 91 * day)
    expect(verdict(store, used(now - 200 * day))).toEqual({ now: iso(now), newest })
    expect(verdict(store, used(Number.NaN))).toEqual({ now: iso(now), newest })
    expect(verdict(store)).toEqual({ now: iso(now), newest })
    // One from the future that is pinned says nothing of the present.
    expect(verdict(store, used(now + 300 * day, true))).toEqual({ now: iso(now), newest })
    expect(verdict(store, used(now - 90 * day))).toBe('trusted')
    expect(verdict(store, used(now - 200 * day), used(now - day), used(now - 300 * day))).toBe(
      'trusted',
    )
    expect(verdict(makeQuiet(90), used(now - 200 * day))).toBe('trusted')
  })

  it('trusts one by which anything was made where nothing was used for long', () => {
    const store = makeQuiet(91)
    for (const name of ['last', 'locks/maintenance.lock']) {
      const path = `${store.dir}/${name}`
      writeFileSync(path, '')
      utimesSync(path, new Date(now), new Date(now))
      expect(verdict(store, used(now - 200 * day)), name).toBe('trusted')
      utimesSync(path, new Date(now - 91 * day), new Date(now - 91 * day))
      expect(verdict(store, used(now - 200 * day)), name).toMatchObject({ now: iso(now) })
    }
  })

  it('has nothing to doubt it by where there is nothing', () => {
    expect(verdict(makeStore({ now: () => now }))).toBe('trusted')
  })
})
