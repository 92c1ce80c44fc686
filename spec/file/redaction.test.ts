import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineCutter } from '../../lib/file/lines.ts'
import { redactDocumentLines, TextRedaction } from '../../lib/file/redaction.ts'
import { createRedactor } from '../../lib/redact/redact.ts'
import { alnum, pem } from '../redact/samples.ts'

const token = `ghp${'_'}${alnum(36)}`

/** What becomes of bytes that come in these pieces, and where something was found. */
function redact(chunks: readonly Buffer[]) {
  const redaction = new TextRedaction(createRedactor())
  const lines = [...chunks.flatMap((chunk) => [...redaction.take(chunk)]), ...redaction.end()]
  return {
    bytes: Buffer.concat(lines.map(({ bytes }) => bytes)),
    found: lines.flatMap(({ line, counts }) => (counts === undefined ? [] : [line])),
  }
}

describe('LineCutter', () => {
  it('gives every byte once, however they come', () => {
    const bytes = fc.array(fc.constantFrom('a', 'b\n', '\n', 'ü', 'cc\ndd'), { maxLength: 12 })
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 9 }), (parts, longest) => {
        const cutter = new LineCutter(longest)
        const chunks = parts.map((part) => Buffer.from(part))
        const pieces = [...chunks.flatMap((chunk) => [...cutter.take(chunk)]), ...cutter.end()]
        const all = Buffer.concat(pieces.map(({ bytes }) => bytes))
        expect(all.equals(Buffer.concat(chunks))).toBe(true)
        expect(pieces.every(({ bytes, end }) => (end === 'lf') === (bytes.at(-1) === 10))).toBe(
          true,
        )
        const lines = all.toString().split('\n')
        const starts = pieces.filter(({ starts }) => starts).length
        expect(starts).toBe(lines.at(-1) === '' ? lines.length - 1 : lines.length)
      }),
    )
  })
})

describe('TextRedaction', () => {
  it('leaves bytes as they are where nothing is found, in any encoding', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (parts) => {
        const chunks = parts.map((part) => Buffer.from(part))
        const { bytes, found } = redact(chunks)
        if (found.length === 0) expect(bytes.equals(Buffer.concat(chunks))).toBe(true)
      }),
    )
  })

  it('finds a token over a cut, and between bytes that are no text', () => {
    const text = Buffer.concat([
      Buffer.from('one\r\n'),
      Buffer.from([0xff]),
      Buffer.from(` ${token} `),
      Buffer.from([0xfe, 10]),
    ])
    for (let cut = 1; cut < text.length; cut++) {
      const { bytes, found } = redact([text.subarray(0, cut), text.subarray(cut)])
      expect(found).toEqual([2])
      expect(bytes.toString('latin1')).toBe('one\r\n\xff [REDACTED:github-token] \xfe\n')
    }
  })

  it('makes the lines of a key one marker', () => {
    const { bytes } = redact([Buffer.from(`a\n${pem('PRIVATE KEY', 4)}\nb\n`)])
    expect(bytes.toString()).toBe('a\n[REDACTED:private-key]\nb\n')
  })

  it('reads a line that is longer than it holds in pieces', () => {
    const long = Buffer.alloc(9 * 1024 * 1024, 'ab ')
    const { bytes, found } = redact([long, Buffer.from(` ${token}\nnext ${token}`)])
    expect(found).toEqual([1, 2])
    expect(bytes.length).toBe(
      long.length + ` [REDACTED:github-token]\nnext [REDACTED:github-token]`.length,
    )
  })
})

describe('redactDocumentLines', () => {
  it('finds in indented JSON what a line by itself does not show', () => {
    const word = ['tr0ub', '4dor'].join('')
    const text = JSON.stringify({ a: 1, env: [{ name: 'x', password: word }] }, null, 2)
    const lines = redactDocumentLines(text, createRedactor()) ?? []
    expect(lines.filter(({ counts }) => counts !== undefined).map(({ line }) => line)).toEqual([6])
    const after = Buffer.concat(lines.map(({ bytes }) => bytes)).toString()
    expect(after).toBe(text.replace('tr0ub4dor', '[REDACTED:password]'))
  })

  it.each(['', '{"a":1}\n', '{"a":1}\n{"b":2}\n', '{\n"a":', 'text\nmore'])(
    'leaves %j to who reads lines',
    (text) => expect(redactDocumentLines(text, createRedactor())).toBeUndefined(),
  )
})
