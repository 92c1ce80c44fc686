import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../lib/base/sha256.ts'

function reference(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

describe('sha256', () => {
  it('agrees with node:crypto on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(sha256(text)).toBe(reference(text))
      }),
    )
  })

  it('agrees with node:crypto at every length around the block boundaries', () => {
    for (let length = 0; length < 200; length++) {
      const text = 'é'.repeat(length >> 1) + 'x'.repeat(length & 1)
      expect(sha256(text)).toBe(reference(text))
    }
  })

  it('gives the same digest when it is asked again', () => {
    expect(sha256('/home/user')).toBe(sha256('/home/user'))
  })
})
