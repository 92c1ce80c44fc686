import { describe, expect, it } from 'vitest'
import type { SessionId, Store } from '../../lib/index.ts'
import { session as files } from '../../lib/layout.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { Family } from '../../lib/retention/family.ts'
import { surveyStore } from '../../lib/retention/survey.ts'
import { nextId, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

/** A line of sessions, each the parent of the next. */
function makeLine(store: Store, length: number) {
  const line: ReturnType<typeof writeSession>[] = []
  while (line.length < length) {
    const parent = line.at(-1)?.id
    line.push(writeSession(store, parent === undefined ? {} : { parent }))
  }
  return line
}

describe('Family.hasLiving', () => {
  it('looks anew at a small family each time', () => {
    const store = makeStore()
    const line = makeLine(store, 30)
    const family = new Family(store, surveyStore(store))
    const ask = () => new Set(line.slice(0, -1).map(({ id }) => family.hasLiving(id)))
    expect(ask()).toEqual(new Set([false]))
    const lock = tryLock(files.sessionLock(line.at(-1)?.dir ?? ''), {})
    expect(ask()).toEqual(new Set([true]))
    lock?.release()
  })

  it('looks at every child', () => {
    const store = makeStore()
    const [top, first] = makeLine(store, 2).map(({ id }) => id) as [SessionId, SessionId]
    const second = writeSession(store, { parent: top })
    writeSession(store, { parent: top })
    const lock = tryLock(files.sessionLock(second.dir), {})
    const family = new Family(store, surveyStore(store))
    expect([family.hasLiving(top), family.hasLiving(first)]).toEqual([true, false])
    lock?.release()
    expect(new Family(store, surveyStore(store)).hasLiving(top)).toBe(false)
  })

  it('looks at what is far below in a long line once, until it is refreshed', () => {
    const store = makeStore()
    const line = makeLine(store, 300)
    const family = new Family(store, surveyStore(store))
    const ask = () => line.slice(0, 200).map(({ id }) => family.hasLiving(id))
    expect(new Set(ask())).toEqual(new Set([false]))

    const lock = tryLock(files.sessionLock(line.at(-1)?.dir ?? ''), {})
    expect(new Set(ask())).toEqual(new Set([false]))
    family.refresh()
    expect(new Set(ask())).toEqual(new Set([true]))
    lock?.release()
    expect(new Set(ask())).toEqual(new Set([true]))
  })

  it('does not count the session itself where it descends from itself', () => {
    const store = makeStore()
    const [a, b] = [nextId(), nextId()]
    const { dir } = writeSession(store, { id: a, parent: b })
    writeSession(store, { id: b, parent: a })
    const family = new Family(store, surveyStore(store))
    const lock = tryLock(files.sessionLock(dir), {})
    expect(family.hasLiving(a)).toBe(false)
    lock?.release()
  })
})
