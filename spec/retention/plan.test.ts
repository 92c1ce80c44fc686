import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../lib/index.ts'
import { planRetention, type Verdict } from '../../lib/retention/plan.ts'
import { type Policy, youngAge } from '../../lib/retention/policy.ts'
import type { Facts, Survey } from '../../lib/retention/survey.ts'
import { type Status, statuses } from '../../lib/session/liveness.ts'

const now = Date.UTC(2026, 5, 1)
const day = 86_400_000
const idOf = (n: number) => `01JH4QWERT${String(n).padStart(16, '0')}` as SessionId

type Wish = Partial<Omit<Facts, 'id' | 'usedAt' | 'parent'>> & {
  /** Days since it was last used. */
  days?: number
  parent?: number
  bytes?: number
}

function surveyOf(
  wishes: readonly Wish[],
  more: { caller?: number; trash?: readonly number[] } = {},
): Survey {
  const sessions = new Map<SessionId, Facts>()
  const sizes = new Map<SessionId, number>()
  for (const [n, { days = 10, parent, bytes = 1, ...rest }] of wishes.entries()) {
    const id = idOf(n)
    sizes.set(id, bytes)
    sessions.set(id, {
      id,
      status: 'idle',
      seq: n,
      usedAt: now - days * day,
      parent: parent === undefined ? undefined : idOf(parent),
      tools: ['command'],
      pinned: false,
      retired: false,
      isNewer: false,
      isForeign: false,
      ...rest,
    })
  }
  return {
    now,
    sessions,
    trash: (more.trash ?? []).map((days, n) => ({
      id: idOf(900 + n),
      trashedAt: now - days * day,
    })),
    caller: more.caller === undefined ? undefined : idOf(more.caller),
    sizeOf: (id) => sizes.get(id) ?? 0,
  }
}

/** `act why` of each session. */
function wordsOf(survey: Survey, policy: Policy): string[] {
  return planRetention(survey, policy).map(({ act, why }) => `${act} ${why}`)
}

describe('planRetention', () => {
  it('asks for nothing without a rule but for what was given up before', () => {
    const survey = surveyOf([{ days: 400 }, { days: 400, retired: true }, { status: 'crashed' }])
    expect(wordsOf(survey, {})).toEqual(['keep within', 'trash retired', 'keep within'])
    expect(wordsOf(survey, { recordCrashes: true })).toEqual([
      'keep within',
      'trash retired',
      'record crashed',
    ])
  })

  it('takes what was used longer ago than it may', () => {
    const survey = surveyOf([{ days: 31 }, { days: 30 }, { days: 29 }])
    expect(wordsOf(survey, { olderThan: 30 * day })).toEqual([
      'trash old',
      'keep within',
      'keep within',
    ])
  })

  it('spares the last, and alone lets all others go', () => {
    const survey = surveyOf([{ days: 4 }, { days: 1 }, { days: 3 }, { days: 2 }])
    expect(wordsOf(survey, { keepLast: 2 })).toEqual([
      'trash beyond',
      'keep last',
      'trash beyond',
      'keep last',
    ])
    expect(wordsOf(survey, { keepLast: 2, olderThan: 3.5 * day })).toEqual([
      'trash old',
      'keep last',
      'keep within',
      'keep last',
    ])
    // Of those that were used at one instant the newest is the last.
    expect(wordsOf(surveyOf([{}, {}, {}]), { keepLast: 1 })).toEqual([
      'trash beyond',
      'trash beyond',
      'keep last',
    ])
    expect(wordsOf(survey, { keepLast: 3, maxCount: 1 })[0]).toBe('trash count')
    expect(wordsOf(survey, { keepLast: 3, maxCount: 1 }).slice(1)).not.toContain('trash count')
  })

  it('keeps to a number and to a size, those used longest ago first, counting what must stay', () => {
    const survey = surveyOf([
      { days: 9, bytes: 10, pinned: true },
      { days: 8, bytes: 50 },
      { days: 7, bytes: 30 },
      { days: 6, bytes: 20 },
    ])
    expect(wordsOf(survey, { maxCount: 3 })).toEqual([
      'keep pinned',
      'trash count',
      'keep within',
      'keep within',
    ])
    expect(wordsOf(survey, { maxSize: 40 })).toEqual([
      'keep pinned',
      'trash size',
      'trash size',
      'keep within',
    ])
    expect(wordsOf(survey, { maxSize: 5 })).toEqual([
      'keep pinned',
      'trash size',
      'trash size',
      'trash size',
    ])
    expect(wordsOf(survey, { maxSize: 60 })).toEqual([
      'keep pinned',
      'trash size',
      'keep within',
      'keep within',
    ])
  })

  it('does not count what goes for another reason', () => {
    const survey = surveyOf([{ days: 9, bytes: 50 }, { days: 3 }, { days: 2 }])
    const words = ['trash old', 'keep within', 'keep within']
    expect(wordsOf(survey, { olderThan: 5 * day, maxCount: 2 })).toEqual(words)
    expect(wordsOf(survey, { olderThan: 5 * day, maxSize: 2 })).toEqual(words)
  })

  it('takes the newer id for the later of two that were used at one instant', () => {
    const survey = surveyOf([{ days: 2 }, { days: 2 }, { days: 2 }])
    const words = ['trash beyond', 'trash beyond', 'keep last']
    expect(wordsOf(survey, { keepLast: 1 })).toEqual(words)
  })

  it('ranks among the sessions that it is about', () => {
    const survey = surveyOf([
      { days: 5, tools: ['command', 'codex'] },
      { days: 4, tools: ['codex'] },
      { days: 9 },
    ])
    expect(wordsOf(survey, { tools: ['codex'], keepLast: 1 })).toEqual([
      'trash beyond',
      'keep last',
      'keep other',
    ])
    const crashed = surveyOf([{ status: 'crashed' }, {}])
    expect(wordsOf(crashed, { statuses: ['crashed'], olderThan: day })).toEqual([
      'trash old',
      'keep other',
    ])
  })

  it('spares the caller and what lives, with all that they descend from', () => {
    const survey = surveyOf(
      [{}, { parent: 0 }, { parent: 1 }, {}, { parent: 3 }, { parent: 4, status: 'running' }, {}],
      { caller: 2 },
    )
    expect(wordsOf(survey, { olderThan: day })).toEqual([
      'keep caller',
      'keep caller',
      'keep caller',
      'keep kin',
      'keep kin',
      'keep live',
      'trash old',
    ])
  })

  it.each([
    ['running', 'keep kin'],
    ['busy', 'keep kin'],
    ['orphaned', 'keep kin'],
    ['leaked', 'keep kin'],
    ['unknown', 'keep kin'],
    ['crashed', 'trash old'],
    ['idle', 'trash old'],
  ] as const)('for what is above one that is %s says: %s', (status, word) => {
    const survey = surveyOf([{}, { parent: 0, status }])
    expect(wordsOf(survey, { olderThan: day })[0]).toBe(word)
  })

  it('spares what was used less than an hour ago, and no longer', () => {
    const survey = surveyOf([{ days: 59 / 60 / 24 }, { days: youngAge / day }])
    expect(wordsOf(survey, { olderThan: 0 })).toEqual(['keep young', 'trash old'])
  })

  it('is not led around by parents in a circle, or that are not there', () => {
    const survey = surveyOf([
      { parent: 1 },
      { parent: 0, status: 'orphaned' },
      { parent: 77 },
      { parent: 3, status: 'unknown' },
    ])
    expect(wordsOf(survey, { olderThan: day })).toEqual([
      'keep kin',
      'keep orphaned',
      'trash old',
      'keep unknown',
    ])
  })

  it('purges what was in the trash for long enough, by both clocks', () => {
    const survey = surveyOf([], { trash: [8, 7, 6, -1] })
    expect(planRetention(survey, { trashFor: 7 * day }).map(({ id }) => id)).toEqual([
      idOf(900),
      idOf(901),
    ])
    expect(planRetention(survey, {})).toEqual([])
  })

  const wish: fc.Arbitrary<Wish> = fc.record(
    {
      status: fc.constantFrom(...statuses),
      days: fc.oneof(
        fc.constantFrom(0, 0.01, youngAge / day, 30),
        fc.double({ min: -2, max: 90, noNaN: true }),
        fc.constant(Number.NaN),
      ),
      parent: fc.nat(12),
      pinned: fc.boolean(),
      retired: fc.boolean(),
      isNewer: fc.boolean(),
      isForeign: fc.boolean(),
      tools: fc.subarray(['command', 'codex']),
      bytes: fc.nat(100),
    },
    { requiredKeys: [] },
  )
  const policy = fc.record(
    {
      olderThan: fc.constantFrom(0, day, 30 * day),
      keepLast: fc.nat(6),
      maxCount: fc.nat(6),
      maxSize: fc.nat(300),
      tools: fc.constantFrom(['codex'], ['command', 'codex']),
      statuses: fc.subarray([...statuses]),
      trashFor: fc.constantFrom(0, day),
      recordCrashes: fc.boolean(),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Policy>
  const stores = fc.record({
    wishes: fc.array(wish, { maxLength: 12 }),
    caller: fc.option(fc.nat(11), { nil: undefined }),
    trash: fc.array(fc.integer({ min: -2, max: 9 }), { maxLength: 3 }),
  })

  it('never touches what must stay, whatever the store and the policy', () => {
    fc.assert(
      fc.property(stores, policy, ({ wishes, caller, trash }, asked) => {
        const survey = surveyOf(wishes, { trash, ...(caller === undefined ? {} : { caller }) })
        const verdicts = planRetention(survey, asked)
        expect(verdicts.filter(({ act }) => act !== 'purge').map(({ id }) => id)).toEqual([
          ...survey.sessions.keys(),
        ])
        for (const verdict of verdicts.filter(isErrand)) expectAllowed(verdict, survey)
      }),
      { numRuns: 3000 },
    )
  })

  it('asks for less when more is spared', () => {
    fc.assert(
      fc.property(stores, policy, fc.nat(5), ({ wishes }, asked, more) => {
        const survey = surveyOf(wishes)
        const going = (policy: Policy) =>
          planRetention(survey, policy)
            .filter(({ act }) => act === 'trash')
            .map(({ id }) => id)
        const keepLast = (asked.keepLast ?? 0) + more
        const wide = { ...asked, olderThan: asked.olderThan ?? day }
        expect(going({ ...wide, keepLast: asked.keepLast ?? 0 })).toEqual(
          expect.arrayContaining(going({ ...wide, keepLast })),
        )
      }),
      { numRuns: 1000 },
    )
  })
})

function isErrand({ act }: Verdict): boolean {
  return act !== 'keep'
}

/** Told once more, and more slowly, from the other side. */
function expectAllowed({ id, act }: Verdict, survey: Survey): void {
  if (act === 'purge') return
  const facts = survey.sessions.get(id) as Facts
  const living: Status[] = ['running', 'busy', 'orphaned', 'unknown', 'leaked']
  expect([...living, 'unreadable']).not.toContain(facts.status)
  expect(facts.pinned || facts.isNewer || facts.isForeign).toBe(false)
  expect(survey.now - facts.usedAt).toBeGreaterThanOrEqual(youngAge)
  for (const other of survey.sessions.values()) {
    if (!living.includes(other.status) && other.id !== survey.caller) continue
    const above = new Set<string>()
    for (let at: string | undefined = other.id; at !== undefined && !above.has(at); ) {
      above.add(at)
      at = survey.sessions.get(at as SessionId)?.parent
    }
    expect(above.has(id), `${id} is above ${other.id}`).toBe(false)
  }
}
