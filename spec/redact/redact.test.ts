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

describe('hostile text', () => {
  const unit = [
    ...rules.flatMap((rule) => rule.anchors),
    ...['ab.', 'eyJ.eyJ.', 'eyJhbGciOiJub25lIn0.', 'sk-', 'token', 'password=', 'password="'],
    ...[
      "token='",
      'token: ',
      'token:token:',
      'secret=\\"',
      'api_key=a ',
      'key',
      'a=',
      '://',
      'a://b:',
    ],
    ...[
      '://a:b@',
      '@',
      ':',
      '=',
      '"',
      "'",
      '\\',
      '\\"',
      '--',
      '--a',
      '--token ',
      '-u ',
      'curl -u a:b ',
    ],
    ...['curl ', '-u a:', 'Bearer ', 'Authorization:', 'Authorization: Digest ', 'Cookie: a=b'],
    ...[
      'set-cookie:a=xxxx',
      'Cookie:',
      '-----BEGIN ',
      '-----BEGIN PRIVATE KEY-----',
      'PRIVATE KEY',
    ],
    ...[
      '-----END PRIVATE KEY-----',
      '[REDACTED:',
      '[',
      '%3D',
      '\u001b[1m',
      ' ',
      '\n',
      'a',
      'A',
      '0',
    ],
    ...[`${'a'.repeat(19)}.`, `${'a'.repeat(20)}.`, 'password=$', 'token=a.', 'authorization=a:'],
  ]

  it('takes time in proportion to its length', { timeout: 120_000 }, () => {
    for (const one of unit) {
      const part = one.repeat(Math.ceil((1 << 15) / one.length))
      const whole = part.repeat(4)
      // Four times the text is four times the work, and sixteen times if any of it were quadratic.
      // Noise only ever adds: the best of a few runs is what the work costs.
      let least = Number.POSITIVE_INFINITY
      let most = Number.POSITIVE_INFINITY
      for (let round = 0; round < 12; round++) {
        least = Math.min(least, time(part))
        most = Math.min(most, time(whole))
        if (most < 8 * Math.max(least, 1) && most < 125) break
      }
      expect({ one, slow: most >= 8 * Math.max(least, 1) || most >= 125 }).toEqual({
        one,
        slow: false,
      })
    }
  })
})

/** CPU time in ms: what other processes do does not count. */
function time(text: string): number {
  const from = process.cpuUsage()
  redactor.text(text)
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1000
}
