import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry, formatLine, type NewEntry } from '../../lib/journal/entry.ts'

/** Any text, halves of surrogate pairs among it. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 10 }).map((units) => {
    return String.fromCharCode(...units)
  }),
)
const newEntry: fc.Arbitrary<NewEntry> = fc.record({
  type: anyText,
  turn: fc.nat(),
  text: fc.option(anyText),
  data: fc.dictionary(
    anyText,
    fc.oneof(anyText, fc.jsonValue() as fc.Arbitrary<unknown>),
  ) as fc.Arbitrary<Record<string, unknown>>,
  at: fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }),
})

describe('encodeEntry and decodeEntry', () => {
  it('give back any entry as it was, through the bytes of a file', () => {
    fc.assert(
      fc.property(newEntry, fc.nat(), (entry, seq) => {
        const encoded = encodeEntry(entry)
        const bytes = Buffer.from(formatLine(seq, encoded))
        const line = bytes.toString()
        expect(line.indexOf('\n')).toBe(line.length - 1)
        const back = decodeEntry(line.slice(0, -1))
        expect(back).toEqual({
          v: 1,
          seq,
          ts: new Date(entry.at).toISOString(),
          turn: entry.turn,
          type: entry.type,
          text: entry.text,
          data: JSON.parse(JSON.stringify(entry.data)),
        })
        expect(encoded).toMatchObject({ type: entry.type, ts: back?.ts })
      }),
      { numRuns: 500 },
    )
  })

  it('write the keys in the documented order', () => {
    const encoded = encodeEntry({ type: 'message', turn: 1, text: 'hi', data: {}, at: 0 })
    expect(formatLine(7, encoded)).toBe(
      '{"v":1,"seq":7,"ts":"1970-01-01T00:00:00.000Z","turn":1,"type":"message","text":"hi","data":{}}\n',
    )
  })

  it('keep apart what comes in turns, whether it can change or not', () => {
    const out = Object.freeze({ stream: 'stdout' })
    const err = Object.freeze({ stream: 'stderr' })
    const changing = { n: 0 }
    const one = fc.record({
      type: fc.constantFrom('output', 'raw'),
      turn: fc.constantFrom(1, 2),
      text: fc.constantFrom('a', '"', null),
      data: fc.constantFrom(out, err, changing),
      at: fc.constantFrom(5, 6),
    })
    fc.assert(
      fc.property(fc.array(one, { minLength: 2 }), (entries) => {
        for (const { at, ...entry } of entries) {
          changing.n++
          const { ts, tail } = encodeEntry({ ...entry, at })
          expect(ts).toBe(new Date(at).toISOString())
          expect(JSON.parse(`{"a":0${tail}`)).toEqual({ a: 0, ts, ...entry })
        }
      }),
    )
  })

  it('tell entries of different instants apart', () => {
    const base = { type: 'x', turn: 0, text: null, data: {} }
    const texts = [1, 2, 1].map((at) => encodeEntry({ ...base, at }).ts)
    expect(texts).toEqual([1, 2, 1].map((at) => new Date(at).toISOString()))
  })
})

const good = {
  v: 1,
  seq: 3,
  ts: '2026-02-06T10:00:00.000Z',
  turn: 1,
  type: 'message',
  text: null as string | null,
  data: {} as object,
}

describe('decodeEntry', () => {
  it('keeps types and keys that it does not know', () => {
    const line = JSON.stringify({ ...good, v: 2, type: 'from_the_future', more: [1] })
    expect(decodeEntry(line)).toEqual({ ...good, v: 2, type: 'from_the_future', more: [1] })
  })

  const wrong: [string, unknown][] = [
    ...['v', 'seq', 'ts', 'turn', 'type', 'text', 'data'].map((key): [string, unknown] => {
      const { [key as keyof typeof good]: _, ...rest } = good
      return [`no ${key}`, rest]
    }),
    ...(['1', null, 0, -1, true, {}] as unknown[]).map((v): [string, unknown] => [
      `v ${JSON.stringify(v)}`,
      { ...good, v },
    ]),
    ...(['3', null, -1, 1.5, 2 ** 53] as unknown[]).map((seq): [string, unknown] => [
      `seq ${JSON.stringify(seq)}`,
      { ...good, seq },
    ]),
    ...(['1', null, -1, 0.5] as unknown[]).map((turn): [string, unknown] => [
      `turn ${JSON.stringify(turn)}`,
      { ...good, turn },
    ]),
    ...([null, 5, '', 'soon'] as unknown[]).map((ts): [string, unknown] => [
      `ts ${JSON.stringify(ts)}`,
      { ...good, ts },
    ]),
    ['a type that is no text', { ...good, type: 7 }],
    ['a text that is a number', { ...good, text: 7 }],
    ['data that is a list', { ...good, data: [] }],
    ['data that is null', { ...good, data: null }],
    ['data that is a text', { ...good, data: '{}' }],
    ['a list', [good]],
    ['a text', 'x'],
    ['null', null],
  ]
  it.each(wrong)('refuses %s', (_, value) => {
    expect(decodeEntry(JSON.stringify(good))).toBeDefined()
    expect(decodeEntry(JSON.stringify(value))).toBeUndefined()
  })

  it.each(['', ' ', '\0', '\0'.repeat(100), '{', '{}', 'null', ` ${JSON.stringify(good)}`])(
    'refuses the line %j',
    (line) => {
      expect(decodeEntry(line)).toBeUndefined()
    },
  )

  it('refuses every start of a line that was cut', () => {
    const line = JSON.stringify({ ...good, text: 'a "quoted" \\ text', data: { a: [{ b: 1 }] } })
    for (let length = 0; length < line.length; length++) {
      expect(decodeEntry(line.slice(0, length))).toBeUndefined()
      expect(decodeEntry(line.slice(0, length) + '\0'.repeat(line.length - length))).toBeUndefined()
    }
  })

  it('throws nothing, whatever the line is', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.json()), (line) => {
        decodeEntry(line)
        decodeEntry(`{${line}`)
      }),
    )
  })
})
