import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, formatTimestamp, parseDuration, parseWhen } from '../../lib/base/time.ts'

const units = [
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
] as const

describe('parseDuration', () => {
  it('adds up any sequence of counts and units', () => {
    const part = fc.tuple(fc.integer({ min: 0, max: 99_999 }), fc.constantFrom(...units))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const text = parts.map(([count, [unit]]) => `${count}${unit}`).join('')
        const sum = parts.reduce((total, [count, [, size]]) => total + count * size, 0)
        expect(parseDuration(text)).toBe(sum)
      }),
    )
  })

  it.each([
    '',
    ' 5s',
    '5s ',
    '5',
    's',
    '-5s',
    '1.5h',
    '5 s',
    '5S',
    '5sec',
    '1h30',
    '٣s',
    '1234567890s',
    '999999999w999999999w999999999w999999999w999999999w999999999w999999999w999999999w999999999w999999999w999999999w999999999w999999999w999999999w999999999w999999999w',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})

describe('parseWhen', () => {
  const now = Date.UTC(2026, 1, 6, 10)

  it('reads a duration as that long ago', () => {
    expect(parseWhen('2h', now)).toBe(Date.UTC(2026, 1, 6, 8))
  })

  it.each([
    ['2026-02-01', Date.UTC(2026, 1, 1)],
    ['2026-02-01T10:00Z', Date.UTC(2026, 1, 1, 10)],
    ['2026-02-01 10:00:30Z', Date.UTC(2026, 1, 1, 10, 0, 30)],
    ['2026-02-01T10:00:00.250Z', Date.UTC(2026, 1, 1, 10, 0, 0, 250)],
    ['2026-02-01T10:00+02:00', Date.UTC(2026, 1, 1, 8)],
    ['2026-02-01T10:00:00-0130', Date.UTC(2026, 1, 1, 11, 30)],
  ])('reads the ISO date %s', (text, at) => {
    expect(parseWhen(text, now)).toBe(at)
  })

  it('takes a date without a zone for one of the local clock, as times are printed', () => {
    const { TZ } = process.env
    try {
      process.env.TZ = 'Asia/Tokyo'
      expect(parseWhen('2026-02-01', now)).toBe(Date.UTC(2026, 0, 31, 15))
      expect(parseWhen('2026-02-01 00:00', now)).toBe(Date.UTC(2026, 0, 31, 15))
    } finally {
      if (TZ === undefined) delete process.env.TZ
      else process.env.TZ = TZ
    }
  })

  it('reads every timestamp that is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (at) => {
        expect(parseWhen(formatTimestamp(at), now)).toBe(at)
      }),
    )
  })

  it.each(['', 'yesterday', '2026', '2026-13-01', '2026-2-1', '06.02.2026', '2026-02-01T25:00Z'])(
    'refuses %j',
    (text) => {
      expect(parseWhen(text, now)).toBeUndefined()
    },
  )

  it.each(['2026-02-30', '2026-02-30T10:00Z', '2026-04-31'])(
    'refuses %s, a day that no calendar has',
    (text) => {
      expect(parseWhen(text, now)).toBeUndefined()
    },
  )
})

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [-5_000, '0s'],
    [400, '400ms'],
    [9_940, '9.9s'],
    [12_000, '12s'],
    [59_400, '59s'],
    [59_600, '1m'],
    [190_000, '3m 10s'],
    [3_599_600, '1h'],
    [7_500_000, '2h 5m'],
    [86_399_700, '1d'],
    [349_200_000, '4d 1h'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('loses less than the smaller of the two units it names', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9_950, max: 4e11 }), (ms) => {
        const back = parseDuration(formatDuration(ms).replace(' ', '')) ?? Number.NaN
        const unit = ms < 3_599_500 ? 1_000 : ms < 86_399_500 ? 60_000 : 3_600_000
        expect(ms - back).toBeLessThan(unit)
        expect(back - ms).toBeLessThanOrEqual(500)
      }),
    )
  })
})
