import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor, type Redacted } from '../../lib/redact/redact.ts'
import { alnum, pem, tokens } from './samples.ts'

const redactor = createRedactor()
const rsa = pem('RSA PRIVATE KEY', 12)

function isNoLine(part: Redacted<string>): boolean {
  return part.value === '' && part.counts !== undefined
}

describe('a private key', () => {
  for (const kind of ['PRIVATE KEY', 'RSA PRIVATE KEY', 'OPENSSH PRIVATE KEY']) {
    it(`becomes one line: ${kind}`, () => {
      expect(redactor.text(`a\n${pem(kind, 5)}\nb`)).toEqual({
        value: 'a\n[REDACTED:private-key]\nb',
        counts: { 'private-key': 1 },
      })
    })
  }

  it('is found with the blank line and the headers of PGP and of encrypted keys', () => {
    const pgp = pem('PGP PRIVATE KEY BLOCK', 3).replace('-----\n', '-----\nVersion: x 1\n\n')
    expect(redactor.text(`${pgp}\nb`).value).toBe('[REDACTED:private-key]\nb')
    const encrypted = rsa.replace(
      '-----\n',
      '-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-1,0A\n\n',
    )
    expect(redactor.text(encrypted).value).toBe('[REDACTED:private-key]')
  })

  it('is found on one line, in quotes and with escaped line feeds', () => {
    const escaped = rsa.replaceAll('\n', '\\n')
    expect(redactor.text(`{"k":"${escaped}\\n","b":1}`).value).toBe(
      '{"k":"[REDACTED:private-key]\\n","b":1}',
    )
    expect(redactor.text(`KEY='${escaped}' run`).value).toBe("KEY='[REDACTED:private-key]' run")
  })

  it('is found when it is cut off on its line', () => {
    const cut = rsa.replaceAll('\n', '\\n').slice(0, 300)
    expect(redactor.text(`{"k":"${cut}","b":1}`).value).toBe('{"k":"[REDACTED:private-key]","b":1}')
  })

  it('is found with line numbers, quote marks or indentation before its lines', () => {
    const lines = rsa.split('\n')
    for (const prefix of [(i: number) => `  ${i}\t`, () => '> ', () => '    ', () => '+']) {
      const { value } = redactor.text(lines.map((line, i) => prefix(i + 1) + line).join('\n'))
      expect(value).toBe(`${prefix(1)}[REDACTED:private-key]`)
    }
  })

  it('ends at a line that cannot be part of it when its END never comes', () => {
    const cut = rsa.split('\n').slice(0, 5).join('\n')
    expect(redactor.text(`${cut}\nTests passed: 5 of 5\nbye`).value).toBe(
      '[REDACTED:private-key]\nTests passed: 5 of 5\nbye',
    )
    expect(redactor.text('it starts with -----BEGIN PRIVATE KEY----- and so on').value).toBe(
      'it starts with [REDACTED:private-key] and so on',
    )
  })

  it('ends after 64 KiB', () => {
    const endless = `-----BEGIN PRIVATE KEY-----\n${`${alnum(63)}\n`.repeat(1100)}bye`
    const lines = redactor.text(endless).value.split('\n')
    expect(lines[0]).toBe('[REDACTED:private-key]')
    expect(lines.length).toBe(1 + 1100 - 1024 + 1)
  })
})

describe('a stream', () => {
  it('finds a key that spans calls, and shows its other lines as nothing', () => {
    const stream = redactor.openStream()
    const parts = ['before', ...rsa.split('\n'), 'after'].map((line) => stream.lines(line))
    expect(parts.filter((part) => !isNoLine(part)).map((part) => part.value)).toEqual([
      'before',
      '[REDACTED:private-key]',
      'after',
    ])
    expect(parts[1]?.counts).toEqual({ 'private-key': 1 })
    expect(parts[2]).toEqual({ value: '', counts: {} })
  })

  it('gives the block itself when there is nothing to find', () => {
    const block = 'one\ntwo\n\nthree'
    expect(redactor.openStream().lines(block)).toEqual({ value: block, counts: undefined })
  })

  it('keeps two streams apart', () => {
    const one = redactor.openStream()
    one.lines('-----BEGIN PRIVATE KEY-----')
    expect(redactor.openStream().lines(alnum(64)).counts).toBeUndefined()
  })

  it('gives the same lines wherever it is split', () => {
    const token = tokens.map(([, anchor, body]) => anchor + body)
    const piece = fc.oneof(
      fc.constantFrom('text', 'password=hunter' + '2', 'a: b', `Bearer ${alnum(30)}`),
      fc.constantFrom(...token),
      fc.constantFrom(rsa, rsa.split('\n').slice(0, 4).join('\n'), `K="${rsa}" x`),
      fc.constantFrom('-----BEGIN PRIVATE KEY-----', '-----END RSA PRIVATE KEY-----', alnum(64)),
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.infiniteStream(fc.boolean()),
        (all, cuts) => {
          const lines = all.join('\n').split('\n')
          const stream = createRedactor().openStream()
          const out: string[] = []
          let block: string[] = []
          const flush = () => {
            const part = stream.lines(block.join('\n'))
            if (!isNoLine(part)) out.push(part.value)
            block = []
          }
          for (const line of lines) {
            block.push(line)
            if (cuts.next().value) flush()
          }
          if (block.length > 0) flush()
          expect(out.join('\n')).toBe(createRedactor().openStream().lines(lines.join('\n')).value)
        },
      ),
    )
  })
})
