import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { rules } from '../../lib/redact/rules.ts'
import { alnum, hex, pem, tokens } from './samples.ts'

const redactor = createRedactor()

describe('text', () => {
  it('changes nothing more when it is redacted again', () => {
    const glue = [
      ...[
        '',
        ' ',
        '\n',
        '=',
        ': ',
        '"',
        "'",
        '\\"',
        '\\n',
        ',',
        ';',
        '&',
        '-',
        '--',
        '_',
        '.',
        '/',
      ],
      ...['://', '@', ':', '[', ']', '(', '{', '$', '\u001b[1m', '%3D', '  ', '`', '=>', '\u2026'],
    ]
    const name = [
      'password',
      'API_KEY',
      'token',
      '--token ',
      'Authorization',
      'Cookie',
      'curl -u a:',
    ]
    const rest = [
      'Bearer ',
      'Basic ',
      'hunter' + '2',
      'word',
      hex(40),
      alnum(20),
      'x=1',
      '[REDACTED:x]',
    ]
    const piece = fc.oneof(
      fc.constantFrom(...glue),
      fc.constantFrom(...glue),
      fc.constantFrom(...name, ...rest),
      fc.constantFrom(...tokens.map(([, anchor, body]) => anchor + body)),
      fc.constantFrom(...rules.flatMap((rule) => rule.anchors)),
      fc.constantFrom(pem('PRIVATE KEY', 2), '-----BEGIN PRIVATE KEY-----', '-----END'),
      fc.string({ maxLength: 6, unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const once = redactor.text(pieces.join(''))
        const twice = redactor.text(once.value)
        expect(twice.value).toBe(once.value)
        expect(twice.counts).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  it('never matches across a line feed, keys aside', () => {
    const token = `ghp${'_'}${alnum(36)}`
    for (const cut of [`password=\nhunter${2}x`, `${token.slice(0, 20)}\n${token.slice(20)}`]) {
      expect(redactor.text(cut).value).toBe(cut)
    }
  })
})
