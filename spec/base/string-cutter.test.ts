import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StringCutter } from '../../lib/base/string-cutter.ts'

function cut(text: string, most: number, pieceLength = text.length + 1): string {
  const cutter = new StringCutter(most)
  const bytes = Buffer.from(text)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieceLength) {
    pieces.push(cutter.take(bytes.subarray(at, at + pieceLength)))
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** With its texts cut as they should be. */
function shortened(value: unknown, most: number): unknown {
  if (typeof value === 'string') return [...value].slice(0, most).join('')
  if (Array.isArray(value)) return value.map((one) => shortened(one, most))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map((pair) => pair.map((one) => shortened(one, most)))
  return Object.fromEntries(entries)
}

describe('StringCutter', () => {
  it('leaves JSON, whatever is in its texts and wherever its pieces end', () => {
    const values = fc.jsonValue({ stringUnit: 'binary' })
    fc.assert(
      fc.property(values, fc.nat(8), fc.integer({ min: 1, max: 9 }), (value, most, length) => {
        expect(JSON.parse(cut(JSON.stringify(value), most, length))).toEqual(
          JSON.parse(JSON.stringify(shortened(value, most))),
        )
      }),
    )
  })

  it('splits neither an escape nor a character', () => {
    const text = '{"a":"x\\u00e9\\"y","b":"é😀\\\\z"}'
    expect(cut(text, 2)).toBe('{"a":"x\\u00e9","b":"é😀"}')
    expect(cut(text, 3)).toBe('{"a":"x\\u00e9\\"","b":"é😀\\\\"}')
  })

  it('leaves short texts as they are', () => {
    const text = '{"a":["b\\\\",1.5e3,null], "c" : "\\""}'
    expect(cut(text, 100)).toBe(text)
  })
})
