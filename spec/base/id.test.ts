import fc from 'fast-check'
import { ulid } from 'ulid'
import { describe, expect, it } from 'vitest'
import { idTime, isSessionId, normaliseId, type SessionId } from '../../lib/base/id.ts'

describe('isSessionId', () => {
  it('accepts every ULID that is made', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 48 - 1 }), (at) => {
        expect(isSessionId(ulid(at))).toBe(true)
      }),
    )
  })

  it.each([
    '',
    '01JH4QWERT1234567890ABCDE',
    '01JH4QWERT1234567890ABCDEFG',
    '8ZZZZZZZZZZZZZZZZZZZZZZZZZ',
    '01jh4qwert1234567890abcdef',
    '01JH4QWERT1234567890ABCDEI',
    '01JH4QWERT1234567890ABCDEU',
    '01JH4QWERT1234567890ABCDE\n',
    '../../../../../../etc/passwd',
  ])('refuses %j', (text) => {
    expect(isSessionId(text)).toBe(false)
  })
})

describe('normaliseId', () => {
  it('reads what a person may write for 1 and 0', () => {
    expect(normaliseId('oiLjH4qO')).toBe('011JH4Q0')
  })

  it('leaves a whole id as it is', () => {
    const id = ulid()
    expect(normaliseId(id)).toBe(id)
    expect(normaliseId(id.toLowerCase())).toBe(id)
  })
})

describe('idTime', () => {
  it('gives the instant that the id was made for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 48 - 1 }), (at) => {
        expect(idTime(ulid(at) as SessionId)).toBe(at)
      }),
    )
  })
})
