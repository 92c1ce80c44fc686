import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Literals } from '../../lib/redact/literals.ts'

/** Every place of every text, as one finds them who tries them all. */
function allIn(text: string, literals: readonly string[]): string[] {
  return literals
    .flatMap((literal) =>
      Array.from({ length: text.length }, (_, at) => at)
        .filter((at) => text.startsWith(literal, at))
        .map((at) => `${at} ${literal}`),
    )
    .sort()
}

function foundIn(text: string, index: Literals): string[] {
  const found: string[] = []
  index.forEach(text, (literal, start) => found.push(`${start} ${literal}`))
  return found.sort()
}

// Few letters, so that much of it meets; two of them differ in their upper halves alone.
const letter = fc.constantFrom('a', 'b', 'A', '-', '\u0061', '\u0161', '\ud83d', '\udd11')
const textOf = (minLength: number, maxLength: number) =>
  fc.array(letter, { minLength, maxLength }).map((letters) => letters.join(''))

describe.each([3, 4, 7, 8, 12])('an index of texts of %i characters and more', (shortest) => {
  it('finds each of them wherever it stands, once', () => {
    const literals = fc.uniqueArray(textOf(shortest, shortest + 6), { maxLength: 12 })
    fc.assert(
      fc.property(
        literals,
        textOf(0, 80),
        fc.array(fc.nat(), { maxLength: 6 }),
        (all, noise, at) => {
          const index = new Literals(shortest)
          for (const literal of all) index.add(literal)
          // Most of them would never stand there by chance.
          const text = at.reduce((sum, place) => {
            const cut = place % (sum.length + 1)
            return sum.slice(0, cut) + (all[place % Math.max(1, all.length)] ?? '') + sum.slice(cut)
          }, noise)
          expect(foundIn(text, index)).toEqual(allIn(text, all))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('finds them in a text that is longer than what is looked at together', () => {
    const literal = 'needle-and-thread'.slice(0, shortest)
    const index = new Literals(shortest)
    index.add(literal)
    const hay = 'x'.repeat(0x20000)
    for (let shift = 0; shift < 5; shift++) {
      const text = `${hay.slice(shift)}${literal}${hay}${literal}`
      expect(foundIn(text, index)).toEqual(
        [`${hay.length - shift} ${literal}`, `${text.length - literal.length} ${literal}`].sort(),
      )
    }
  })

  it('finds what is left when one of them is taken out', () => {
    const index = new Literals(shortest)
    const [one, other] = ['abcdefghijklm', 'abcdefghijkln']
    index.add(one)
    index.add(other)
    index.delete(one)
    expect(foundIn(`${one} ${other}`, index)).toEqual([`14 ${other}`])
  })
})
