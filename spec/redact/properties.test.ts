/** What holds for every text. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { rules } from '../../lib/redact/rules.ts'
import { everyWay, leakOf, writeLines, writePieces } from './leaks.ts'
import { alnum, hex, jwt, pem, tokens } from './samples.ts'

const anyToken = fc.constantFrom(...tokens.map(([, anchor, body]) => anchor + body))
const token = `ghp${'_'}${alnum(36)}`
const password = ['Tr0ub4dor', '3zebra9'].join('-')

const marks = [
  ...[
    '',
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\t',
    '=',
    ': ',
    ':',
    '"',
    "'",
    '`',
    '\\"',
    '\\n',
    ',',
    ';',
    '&',
  ],
  ...['-', '--', '_', '.', '/', '://', '@', '[', ']', '(', ')', '{', '}', '$', '=>', '<', '>', '|'],
  ...[
    '\u001b[1m',
    '\u001b[0m',
    '\u001b',
    '%3D',
    '%22',
    '%',
    '\\u0022',
    '\\u003d',
    '\u2026',
    '\u{1f511}',
  ],
  ...['\ud83d', '\udd11', '\u0000', '{"a":', '["', '"]', '{"password":"', '"}', '\\', '\\\\"', '+'],
]
const names = [
  ...['password', 'API_KEY', 'token', '--token ', 'Authorization', 'Cookie', 'curl -u a:', 'pwd'],
  ...['{"name":"API_KEY","value":"', 'mysql -p', 'login a password ', 'secret', 'x-api-key', 'key'],
]
const values = [
  ...['Bearer ', 'Basic ', password, 'word', hex(40), alnum(20), 'x=1', 'null', '12345678', jwt],
  ...[
    '[REDACTED:x]',
    '[REDACTED:',
    '[REDACTED:error]',
    '***',
    '<token>',
    '$TOKEN',
    'your-key-here',
  ],
]

/** Pieces that mean something to the redactor, and some that mean nothing. */
const piece: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...marks) },
  { weight: 2, arbitrary: fc.constantFrom(...names) },
  { weight: 2, arbitrary: fc.constantFrom(...values) },
  { weight: 2, arbitrary: anyToken },
  fc.constantFrom(...rules.flatMap((rule) => rule.anchors)),
  fc.constantFrom(pem('PRIVATE KEY', 2), `-----BEGIN ${'PRIVATE'} KEY-----`, '-----END'),
  fc.string({ maxLength: 6, unit: 'binary' }),
)

/** Texts of such pieces, some of them inside others. */
const { text }: { text: fc.Arbitrary<string> } = fc.letrec<{ text: string; part: string }>(
  (tie) => ({
    text: fc.array(tie('part'), { maxLength: 12 }).map((parts) => parts.join('')),
    part: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      { weight: 12, arbitrary: piece },
      tie('text').map((inner) => JSON.stringify(inner)),
      tie('text').map((inner) => JSON.stringify({ type: 'output', text: inner })),
      tie('text').map((inner) => JSON.stringify({ token: inner, list: [inner] }, null, 2)),
      tie('text').map((inner) => Buffer.from(inner).toString('base64')),
      tie('text').map((inner) => encodeURIComponent(inner.toWellFormed())),
      tie('text').map((inner) => inner.replace(/.{5}/gs, '$&\u001b[32m')),
    ),
  }),
)

describe('any text', () => {
  it('changes nothing more when it is redacted again', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const once = createRedactor().text(raw).value
        expect(createRedactor().text(once)).toEqual({ value: once, counts: undefined })
      }),
      { numRuns: 1500 },
    )
  })

  it('changes nothing more when its lines are redacted again', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const once = writeLines(createRedactor(), raw.split('\n'))
        expect(writeLines(createRedactor(), once.split('\n'))).toBe(once)
      }),
      { numRuns: 1500 },
    )
  })

  it('is the same when nothing is found in it, and counts say whether something was', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const { value, counts } = createRedactor().text(raw)
        if (counts === undefined) expect(value).toBe(raw)
        else expect(value).not.toBe(raw)
        expect(counts?.error).toBeUndefined()
      }),
      { numRuns: 1500 },
    )
  })

  it('keeps a token nowhere between words', () => {
    const word = fc.constantFrom(
      'the',
      'a b',
      'x=1;',
      '(',
      '"',
      '\n',
      '{}',
      '\u001b[1m',
      'caf\u00e9',
    )
    fc.assert(
      fc.property(fc.array(word), anyToken, fc.array(word), (before, secret, after) => {
        const line = `${before.join(' ')} ${secret} ${after.join(' ')}`
        for (const [way, value] of everyWay(line))
          expect(leakOf(value, secret), way).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })
})

/** A JSON text as no serializer would write it. */
const { loose }: { loose: fc.Arbitrary<string> } = fc.letrec<{ loose: string }>((tie) => {
  const space = fc.constantFrom('', '', '', ' ', '\t', '  ')
  const string = fc.tuple(text, fc.boolean()).map(([inner, escaped]) =>
    escaped
      ? JSON.stringify(inner)
          .replace(/\//g, '\\/')
          .replace(/[ghps]/g, unicode)
      : JSON.stringify(inner),
  )
  const key = fc.oneof(
    fc.constantFrom(
      '"a"',
      '"password"',
      '"token"',
      '"name"',
      '"value"',
      '"__proto__"',
      '"\\u0061"',
    ),
    string,
  )
  const number = fc.constantFrom('1.0', '12345678901234567890', '-0', '1e2', '0.10', '1E+400', '7')
  const join = (open: string, items: fc.Arbitrary<string[]>, close: string) =>
    fc.tuple(items, space).map(([all, gap]) => open + gap + all.join(`${gap},`) + gap + close)
  return {
    loose: fc.oneof(
      { maxDepth: 3 },
      { weight: 3, arbitrary: string },
      number,
      fc.constantFrom('true', 'false', 'null', '""', '{}', '[]'),
      join('[', fc.array(tie('loose'), { maxLength: 4 }), ']'),
      join(
        '{',
        fc.array(
          fc.tuple(key, space, tie('loose')).map(([name, gap, value]) => `${name}${gap}:${value}`),
          { maxLength: 5 },
        ),
        '}',
      ),
    ),
  }
})

function unicode(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A JSON text without what its strings say: everything that no redaction may change. */
function shapeOf(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"/g, '""')
}

describe('any JSON line', () => {
  const line = fc
    .array(fc.tuple(fc.constantFrom('"type"', '"text"', '"n"', '"password"'), loose), {
      minLength: 1,
      maxLength: 4,
    })
    .map((members) => `{${members.map(([name, value]) => `${name}: ${value}`).join(', ')}}`)

  it('stays JSON of the same shape, numbers and spaces as they were', () => {
    fc.assert(
      fc.property(line, (json) => {
        for (const [way, written] of everyWay(json)) {
          const value = way === 'write' ? written.slice(0, -1) : written
          expect(() => JSON.parse(value), way).not.toThrow()
          expect(shapeOf(value), way).toBe(shapeOf(json))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps the bytes of every string in which nothing was found', () => {
    const strings = (json: string) => json.match(/"(?:[^"\\]|\\.)*"/g) ?? []
    fc.assert(
      fc.property(line, (json) => {
        const { value, counts } = createRedactor().openStream().lines(json)
        if (counts === undefined) expect(value).toBe(json)
        // The rest of a key whose head stands in another string has no marker of its own.
        if (counts?.['private-key'] !== undefined) return
        const before = strings(json)
        for (const [i, one] of strings(value).entries()) {
          if (!one.includes('[REDACTED')) expect(one).toBe(before[i])
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('keeps numbers that no double holds, and the order of keys', () => {
    const json = (secret: string) =>
      `{"b":1.0, "10":12345678901234567890,"2":-0,"a":{"z":1E+400,"token":"${secret}","y":0.10} }`
    const expected = json('[REDACTED:github-token]')
    expect(createRedactor().text(json(token)).value).toBe(expected)
    expect(createRedactor().openStream().lines(json(token)).value).toBe(expected)
  })

  it('keeps its keys when one of them is the head of a private key', () => {
    const line = `{"a": {"-----BEGIN ${'PRIVATE'} KEY-----":""},"b":1}`
    expect(createRedactor().openStream().lines(line).value).toBe(
      '{"a": {"[REDACTED:private-key]":""},"b":1}',
    )
  })

  it('is the same as a value and as a text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), text, (value, inner) => {
        const whole = { value, inner }
        const json = createRedactor().json(whole).value
        expect(JSON.stringify(json)).toBe(createRedactor().text(JSON.stringify(whole)).value)
      }),
      { numRuns: 500 },
    )
  })
})

describe('any stream', () => {
  it('gives the same wherever its text is cut', () => {
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 0, max: 40 })), (raw, sizes) => {
        const pieces: string[] = []
        for (let at = 0; at < raw.length; ) {
          const size = sizes.next().value ?? 1
          pieces.push(raw.slice(at, at + size))
          at += size
        }
        expect(writePieces(createRedactor(), pieces)).toBe(writePieces(createRedactor(), [raw]))
      }),
      { numRuns: 1500 },
    )
  })

  it('gives the same when it is cut at each place, also inside a character', () => {
    const line = `\u{1f511} ${token} caf\u00e9\u{1f511}`
    const raw = `${line}\n${JSON.stringify({ text: line, password })}\n${pem('PRIVATE KEY', 3)}\n${line}`
    const whole = writePieces(createRedactor(), [raw])
    expect(leakOf(whole, token)).toBeUndefined()
    for (let at = 0; at <= raw.length; at++) {
      expect(writePieces(createRedactor(), [raw.slice(0, at), raw.slice(at)])).toBe(whole)
    }
    for (const size of [1, 2, 3]) {
      const pieces = raw.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      expect(writePieces(createRedactor(), pieces)).toBe(whole)
    }
  })

  it('finds a token that lies across the end of what is held back of a long line', () => {
    for (const size of [0x40000, 0x80000]) {
      for (const back of [0, 1, 5, 20, 39, 40, 41]) {
        const raw = `${'lorem ipsum '.repeat(size / 12 + 1).slice(0, size - back - 1)} ${token} end`
        const value = writePieces(createRedactor(), [raw.slice(0, 1000), raw.slice(1000)])
        expect({ size, back, leak: leakOf(value, token) }).toEqual({ size, back, leak: undefined })
        expect(value).toBe(raw.replace(token, '[REDACTED:github-token]'))
      }
    }
  })

  it('gives what its lines give', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const lines = writeLines(createRedactor(), raw.split('\n'))
        expect(writePieces(createRedactor(), [`${raw}\n`])).toBe(`${lines}\n`)
      }),
      { numRuns: 1000 },
    )
  })

  it('gives nothing before it is whole, and all of it at the end', () => {
    const stream = createRedactor().openStream()
    expect(stream.write(`a\nb ${token.slice(0, 20)}`)).toEqual({ value: 'a\n', counts: undefined })
    expect(stream.write(token.slice(20))).toEqual({ value: '', counts: undefined })
    expect(stream.end()).toEqual({
      value: 'b [REDACTED:github-token]',
      counts: { 'github-token': 1 },
    })
    expect(stream.end()).toEqual({ value: '', counts: undefined })
  })
})

describe('a learnt value', () => {
  /** Values without a shape that any rule knows, 24 characters and more as base64 needs them. */
  const value = fc
    .array(
      fc.constantFrom('zq', 'Kx', '7', ' ', '"', '\\', '/', 'é', '+', '%', 'wörd', '😀', '-'),
      {
        minLength: 16,
        maxLength: 24,
      },
    )
    .map((parts) => `q${parts.join('')}z`)
  const around = fc.constantFrom('', 'x', 'xy', 'xyz', 'say: ', 'é')

  function expectGone(secret: string, written: string, leak: string): void {
    const redactor = createRedactor()
    redactor.learn([secret])
    const ways = [
      redactor.text(written).value,
      redactor.openStream().lines(written).value,
      JSON.parse(redactor.openStream().lines(JSON.stringify({ text: written })).value).text,
    ]
    for (const value of ways) expect(leakOf(value, leak)).toBeUndefined()
  }

  it('is found plain, in JSON, in JSON in JSON, and in addresses', () => {
    fc.assert(
      fc.property(value, around, around, (secret, before, after) => {
        expectGone(secret, before + secret + after, secret)
        const json = JSON.stringify(secret).slice(1, -1)
        expectGone(secret, `"${before}${json}${after}" and`, json)
        const address = encodeURIComponent(secret)
        expectGone(secret, `a?b=${address}&c=${after}`, address)
        expectGone(
          secret,
          `a?b=${address.replaceAll('%20', '+')}&c`,
          address.replaceAll('%20', '+'),
        )
        const lower = address.replace(/%[0-9A-F]{2}/g, (found) => found.toLowerCase())
        expectGone(secret, `a?b=${lower}&c=1`, lower)
      }),
      { numRuns: 300 },
    )
  })

  it('is found in base64 at each of its three alignments', () => {
    fc.assert(
      fc.property(value, around, around, (secret, before, after) => {
        for (const alphabet of ['base64', 'base64url'] as const) {
          const encode = (part: string) => Buffer.from(part).toString(alphabet)
          const written = encode(before + secret + after)
          // Whole groups of three bytes of the value: what depends on no neighbour.
          const lead = Buffer.from(before).length
          const from = Math.ceil(lead / 3) * 4
          const to = Math.floor((lead + Buffer.from(secret).length) / 3) * 4
          expectGone(secret, `data ${written} end`, written.slice(from, to))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is found in the same line before the place that taught it', () => {
    const line = `word${token}-a, then GITHUB_TOKEN=${token}`
    for (const [way, written] of everyWay(line)) expect(leakOf(written, token), way).toBeUndefined()
  })

  it('is not looked for when it is shorter than 8 characters', () => {
    const redactor = createRedactor()
    redactor.learn(['', 'a', 'seven77'])
    expect(redactor.text('a seven77 word').counts).toBeUndefined()
    redactor.learn(['eight888'])
    expect(redactor.text('xeight888x').value).toBe('x[REDACTED:known-value]x')
  })

  it('is forgotten when 2000 others came after it', () => {
    const redactor = createRedactor()
    const nth = (n: number) => `qz-value ${String(n).padStart(6, '0')} zq`
    redactor.learn(Array.from({ length: 2000 }, (_, n) => nth(n)))
    expect(redactor.text(nth(0)).value).toBe('[REDACTED:known-value]')
    expect(redactor.text(nth(1999)).value).toBe('[REDACTED:known-value]')
    redactor.learn([nth(0)])
    redactor.learn([nth(2000), nth(2001)])
    expect(redactor.text(nth(0)).value).toBe('[REDACTED:known-value]')
    expect(redactor.text(nth(1)).value).toBe(nth(1))
    expect(redactor.text(nth(2)).value).toBe(nth(2))
    expect(redactor.text(nth(3)).value).toBe('[REDACTED:known-value]')
    expect(redactor.text(nth(2001)).value).toBe('[REDACTED:known-value]')
  })

  it('is left alone when it is allowed', () => {
    const redactor = createRedactor({ allow: [token, 'a plain value'] })
    redactor.learn(['a plain value', token])
    const line = `${token} is a plain value`
    expect(redactor.text(line)).toEqual({ value: line, counts: undefined })
  })

  it('never takes a marker apart', () => {
    const redactor = createRedactor()
    redactor.learn(['[REDACTED:', 'REDACTED', 'REDACTED:password]', 'password'])
    const line = `${token} [REDACTED:password] REDACTED`
    const once = redactor.text(line).value
    expect(redactor.text(once).value).toBe(once)
    expect(once.startsWith('[REDACTED:github-token] [REDACTED:password] ')).toBe(true)
  })
})

describe('what cannot be searched', () => {
  const failed = { value: '[REDACTED:error]', counts: { error: 1 } }
  const big = 'lorem ipsum '.repeat(3000)

  /** A clock that runs away while a text of some length is searched. */
  function slow(): () => number {
    let now = 0
    return () => {
      now += 10_000
      return now
    }
  }

  it('becomes a marker when it takes too long', () => {
    expect(createRedactor({ cpuTime: slow() }).text(big)).toEqual(failed)
    expect(createRedactor({ cpuTime: slow() }).openStream().lines(big)).toEqual(failed)
    const stream = createRedactor({ cpuTime: slow() }).openStream()
    expect(stream.write(`${big}\n`)).toEqual({ value: '[REDACTED:error]\n', counts: { error: 1 } })
  })

  it('becomes a marker when it takes too long as a JSON value', () => {
    expect(createRedactor({ cpuTime: slow() }).json({ text: big })).toEqual(failed)
  })

  it('becomes a marker when the search throws', () => {
    const cpuTime = () => {
      throw new Error('no clock')
    }
    expect(createRedactor({ cpuTime }).text(big)).toEqual(failed)
    expect(createRedactor({ cpuTime }).openStream().lines(big)).toEqual(failed)
    const rule = {
      ...{ id: 'own', anchors: ['ownown-'], charset: 'alnum' as const },
      ...{ min: 20, max: 40, confidence: 'high' as const },
    }
    const check = () => {
      throw new Error('a check that fails')
    }
    const redactor = createRedactor({ rules: [{ ...rule, check }] })
    const own = `ownown-${alnum(30)}`
    expect(redactor.text(`a ${own} b`)).toEqual(failed)
    expect(redactor.text('a b')).toEqual({ value: 'a b', counts: undefined })
    expect(redactor.openStream().lines(`before\na ${own} b\n${token}\nafter`)).toEqual({
      value: 'before\n[REDACTED:error]\n[REDACTED:github-token]\nafter',
      counts: { error: 1, 'github-token': 1 },
    })
  })

  it('takes no other line of its block along', () => {
    for (const lines of [
      ['before', big, token, 'after'],
      ['{"a":"b"}', JSON.stringify({ text: big }), `{"t":"${token}"}`, '{"c":1.0}'],
    ]) {
      const { value, counts } = createRedactor({ cpuTime: slow() })
        .openStream()
        .lines(lines.join('\n'))
      const [first, second, third, fourth] = value.split('\n')
      expect(first).toBe(lines[0])
      expect(second).toContain('[REDACTED:error]')
      expect(second?.includes('lorem')).toBe(false)
      expect(third).toBe(lines[2]?.replace(token, '[REDACTED:github-token]'))
      expect(fourth).toBe(lines[3])
      expect(counts).toEqual({ error: 1, 'github-token': 1 })
    }
  })

  it('leaves the values after it alone', () => {
    const redactor = createRedactor({ cpuTime: slow() })
    expect(redactor.text(big)).toEqual(failed)
    expect(redactor.text(`a ${token}`).value).toBe('a [REDACTED:github-token]')
  })
})

describe('what a provider wants back byte for byte', () => {
  const secret = ['qW7rT2', 'pL9xZ4kVnq0Ab'].join('')
  const script = Buffer.from(`export T=${token} # ${alnum(30)}`).toString('base64')
  const places: readonly (readonly [string, (data: string) => string])[] = [
    [
      'the signature beside thinking',
      (d) => `{"type":"thinking","thinking":"hm","signature":"${d}"}`,
    ],
    ['the signature before it', (d) => `{"signature" :"${d}","thinking":"hm"}`],
    ['a thought signature', (d) => `{"text":"a","thoughtSignature":"${d}"}`],
    ['a thinking signature', (d) => `{"thinkingSignature":"${d}"}`],
    ['encrypted reasoning', (d) => `{"type":"reasoning","encrypted_content":"${d}"}`],
    ['a redacted thought', (d) => `{"type":"redacted_thinking","data":"${d}"}`],
    ['an image', (d) => `{"type":"base64","media_type":"image/png","data":"${d}"}`],
    ['an inline image', (d) => `{"inlineData":{"mimeType":"image/jpeg","data":"${d}"}}`],
    ['an image of ACP', (d) => `{"type":"image","mimeType":"image/png","data":"${d}"}`],
    ['an image address', (d) => `{"image_url":{"url":"data:image/png;base64,${d}"}}`],
  ]
  for (const [what, at] of places) {
    it(`stays as it is unless it holds a known value: ${what}`, () => {
      for (const data of [
        script,
        `ab/${token.replace('_', '/')}+`,
        `AK${'IA'}${alnum(16).toUpperCase()}`,
      ]) {
        const line = `{"n":1.0,"message":{"content":[${at(data)}]}}`
        for (const [way, value] of everyWay(line)) expect(value.trimEnd(), way).toBe(line)
      }
      const redactor = createRedactor()
      redactor.learn([secret])
      const line = `{"n":1.0,"message":{"content":[${at(`abcd${secret}efgh`)}]}}`
      for (const { value } of [redactor.text(line), redactor.openStream().lines(line)]) {
        expect(value).toBe(line.replace(secret, '[REDACTED:known-value]'))
      }
    })
  }

  it('is a text like others elsewhere', () => {
    for (const line of [
      `{"signature":"${token}"}`,
      `{"data":"${token}"}`,
      `{"type":"text","data":"${token}"}`,
      `{"type":"thinking","thinking":"${token}"}`,
      `{"type":"thinking","thinking":"a","signature":"see ${token}"}`,
      `{"mimeType":"text/plain","data":"${script}"}`,
    ]) {
      for (const [way, value] of everyWay(line)) {
        expect(leakOf(value, token), way).toBeUndefined()
        expect(leakOf(value, script), way).toBeUndefined()
      }
    }
  })
})
