/** Secrets that a look at one text at a time misses. */

import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { everyWay, leakOf, writeLines, writePieces } from './leaks.ts'
import { alnum, hex, pem } from './samples.ts'

const token = `ghp${'_'}${alnum(36)}`
const password = ['Tr0ub4dor', '3zebra9'].join('&')
const plain = ['qW7rT2', 'pL9xZ4kVn'].join('-')
const key = pem('RSA PRIVATE KEY', 12)
const anyMarker = /\[REDACTED:[a-z0-9-]{1,64}\]/y

/** A text around secrets. */
type Around = (...secrets: string[]) => string

/**
 * Where a text is something else than the text around the secrets with a marker, whatever rule it
 * names, in place of each; undefined when it is that.
 */
function deviation(value: string, around: Around, count: number): string | undefined {
  const slots = Array.from({ length: count }, (_, i) => `zSLOT${i}z`)
  let at = 0
  for (const [i, part] of around(...slots)
    .split(/zSLOT[0-9]z/)
    .entries()) {
    if (i > 0) {
      anyMarker.lastIndex = at
      if (!anyMarker.test(value)) return `no marker at ${at}: ${value.slice(at, at + 100)}`
      at = anyMarker.lastIndex
    }
    if (!value.startsWith(part, at))
      return `not ${part.slice(0, 100)}: ${value.slice(at, at + 100)}`
    at += part.length
  }
  return at === value.length ? undefined : `more: ${value.slice(at, at + 100)}`
}

/** Every way of writing the line keeps it as it is around the secrets, and nothing of those. */
function expectTaken(around: Around, secrets: readonly string[], needles = secrets): void {
  const line = around(...secrets)
  for (const [way, written] of everyWay(line)) {
    const value = way === 'write' ? written.replace(/\n$/, '') : written
    expect(leaksOf(value, needles), way).toEqual([])
    expect(deviation(value, around, secrets.length), way).toBeUndefined()
    if (isJson(line)) expect(isJson(value), way).toBe(true)
  }
}

function leaksOf(text: string, needles: readonly string[]): string[] {
  return needles.filter((needle) => leakOf(text, needle) !== undefined)
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** A line of a transcript, with a number and a text that survive no second writing. */
function event(text: string): string {
  return `{"type":"output","n":1.0,"big":12345678901234567890,"path":"a\\/\\u0062","text":${JSON.stringify(text)}}`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

describe('hazard 1: a token in pieces', () => {
  const text = `the token is ${token}, keep it`
  const expected = /^the token is \[REDACTED:github-token\], keep it$/

  it('is found when it is split over two deltas, wherever', () => {
    for (let at = 0; at <= text.length; at++) {
      const value = writePieces(createRedactor(), [text.slice(0, at), text.slice(at)])
      expect(leakOf(value, token)).toBeUndefined()
      expect(value).toMatch(expected)
    }
  })

  it('is found when it comes character by character', () => {
    const value = writePieces(createRedactor(), text)
    expect(leakOf(value, token)).toBeUndefined()
    expect(value).toMatch(expected)
  })

  it('is found in the arguments of a tool that come in pieces', () => {
    const args: Around = (secret) => JSON.stringify({ command: `login --token "${secret}"`, n: 1 })
    for (const size of [1, 3, 7, 20]) {
      const pieces = args(plain).match(new RegExp(`.{1,${size}}`, 'g')) ?? []
      const value = writePieces(createRedactor(), pieces)
      expect(leakOf(value, plain)).toBeUndefined()
      expect(deviation(value, args, 1)).toBeUndefined()
    }
  })
})

describe('hazard 2: a secret in JSON in a string', () => {
  it('2a is found in a nested JSON string', () => {
    expectTaken((secret) => event(JSON.stringify({ password: secret, port: 1 })), [password])
  })

  it('2b is found in a doubly nested JSON string', () => {
    const inner: Around = (secret) => JSON.stringify({ password: secret, port: 1 })
    expectTaken((secret) => event(JSON.stringify({ arguments: inner(secret) })), [password])
  })

  it('2c is found behind \\u0022 and \\/', () => {
    const quote = '\\u0022'
    const line = (secret: string) =>
      `{"keep":"\\u0041\\/","args":"{${quote}password${quote}:${quote}${secret}${quote},${quote}path${quote}:${quote}\\/a${quote}}","n":1.0}`
    for (const [way, written] of everyWay(line(password))) {
      const value = written.trimEnd()
      expect(leakOf(value, password), way).toBeUndefined()
      expect(value.startsWith('{"keep":"\\u0041\\/","args":"'), way).toBe(true)
      expect(value.endsWith(',"n":1.0}'), way).toBe(true)
      expect(JSON.parse(value).args, way).toMatch(
        /^\{"password":"\[REDACTED:password\]","path":"(?:\\?\/)a"\}$/,
      )
    }
  })

  it('2e is found behind the quotes of HTML', () => {
    for (const quote of ['&quot;', '&#34;', '&#x22;', '&apos;', '&#39;', '&#x27;']) {
      const line = (secret: string) =>
        `<a data-x="{${quote}password${quote}&#58;${quote}${secret}${quote},${quote}a${quote}:1}">`
      for (const [way, written] of everyWay(line(password))) {
        expect(written.trimEnd(), way).toBe(line('[REDACTED:password]'))
      }
    }
  })

  it('2d is found behind an escaped first letter', () => {
    const line = `{"a":"\\u0067${token.slice(1)}","b":"\\u0061"}`
    for (const [way, written] of everyWay(line)) {
      expect(leakOf(written, token.slice(1)), way).toBeUndefined()
      expect(written.trimEnd(), way).toBe('{"a":"[REDACTED:github-token]","b":"\\u0061"}')
    }
  })
})

describe('hazard 3: the place in a JSON value', () => {
  it('3a finds a secret that is the key of an object', () => {
    expectTaken((secret) => `{"seen":{"${secret}": 1.0,"b":2}}`, [token])
  })

  it('3b finds what stands under the key password', () => {
    expectTaken((secret) => `{"user":"a","password" : ${JSON.stringify(secret)},"n":1e2}`, [plain])
  })

  it('3c finds the value beside a name', () => {
    expectTaken((secret) => `{"env":[{"name":"API_KEY","value":"${secret}"}]}`, [plain])
    expectTaken((secret) => `{"env":[{"value":"${secret}","name":"API_KEY"}]}`, [plain])
  })
})

describe('hazard 4: base64', () => {
  it('4 is found in base64 behind an escape of JSON that is cut', () => {
    const encoded = base64(`export T=${token}`)
    for (const mark of ['\\t', '\\n', '\\r\\n']) {
      const text = `"text":"a${mark}${encoded}`
      expect(createRedactor().text(text).value).toMatch(/^"text":"a[\\trn]+\[REDACTED:[a-z-]+\]$/)
    }
  })

  it('4a is found in base64 of a script', () => {
    const script = base64(`#!/bin/sh\nexport T=${token}\nmake all\n`)
    expectTaken((secret) => event(`echo ${secret} | base64 -d | sh`), [script])
  })

  it('4b is found in the data of a Kubernetes secret', () => {
    const encoded = base64(password)
    const around: Around = (secret) =>
      `apiVersion: v1\nkind: Secret\ndata:\n  password: ${secret}\nmetadata:\n  name: db\n`
    expectTaken((secret) => event(around(secret)), [encoded])
    const json: Around = (secret) =>
      `{"kind":"Secret","data":{"password":"${secret}"},"metadata":{"name":"db"}}`
    expectTaken(json, [encoded])
  })

  it('4c is found in basic credentials', () => {
    const encoded = base64(`deploy:${password}`)
    const around: Around = (secret) => event(`GET / HTTP/1.1\r\nAuthorization: Basic ${secret}\r\n`)
    expectTaken(around, [encoded])
    expectTaken((secret) => `{"headers":{"authorization":"Basic ${secret}"}}`, [encoded])
  })
})

describe('hazard 5: a private key', () => {
  const body = key.split('\n').slice(1, -1)

  it('5a is found in one event', () => {
    expectTaken((secret) => event(`$ cat id_rsa\n${secret}\ndone`), [key], body)
  })

  it('5b is found with one event for each of its lines', () => {
    const lines = ['$ cat id_rsa', ...key.split('\n'), 'done']
    const text = writeLines(createRedactor(), lines)
    expect(leaksOf(text, body)).toEqual([])
    expect(text).toBe('$ cat id_rsa\n[REDACTED:private-key]\ndone')

    const events = writeLines(createRedactor(), lines.map(event)).split('\n')
    expect(leaksOf(events.join('\n'), body)).toEqual([])
    expect(events.length).toBe(lines.length)
    expect(events.every(isJson)).toBe(true)
    const texts = events.map((line) => JSON.parse(line).text as string)
    expect(texts.filter((one) => one !== '')).toEqual([
      '$ cat id_rsa',
      '[REDACTED:private-key]',
      'done',
    ])
    for (const [i, line] of events.entries()) expect(line).toBe(event(texts[i] as string))
  })

  it('5b is found when events of another kind come between its lines', () => {
    const usage = '{"type":"usage","input_tokens":12}'
    const events = key.split('\n').flatMap((line) => [event(line), usage])
    const written = writeLines(createRedactor(), events).split('\n')
    expect(leaksOf(written.join('\n'), body)).toEqual([])
    expect(written.filter((line) => line === usage).length).toBe(events.length / 2)
  })

  it('5b is found when its lines come in pieces', () => {
    const text = `a\n${key}\nb\n`
    for (const size of [1, 5, 64, 100]) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      expect(writePieces(createRedactor(), pieces)).toBe('a\n[REDACTED:private-key]\nb\n')
    }
  })

  it('5c is found with escaped line feeds', () => {
    const escaped = `${key.replaceAll('\n', '\\n')}\\n`
    const around: Around = (secret) => event(`KEY="${secret}" ./run`)
    for (const [way, written] of everyWay(around(escaped))) {
      expect(leaksOf(written, body), way).toEqual([])
      expect(JSON.parse(written).text, way).toMatch(
        /^KEY="\[REDACTED:private-key\](?:\\n)?" \.\/run$/,
      )
    }
    const account: Around = (secret) => `{"type":"service_account","private_key":"${secret}"}`
    for (const [way, written] of everyWay(account(escaped))) {
      expect(leaksOf(written, body), way).toEqual([])
      expect(written.trimEnd(), way).toMatch(
        /^\{"type":"service_account","private_key":"\[REDACTED:private-key\](?:\\n)?"\}$/,
      )
    }
  })

  it('5d is found when it is cut off', () => {
    const cut = key.slice(0, 400)
    expectTaken((secret) => event(`$ head -c 400 id_rsa\n${secret}`), [cut], body.slice(0, 5))
    expectTaken((secret) => event(`${secret}\n$ echo done: 0\n`), [cut], body.slice(0, 5))
  })

  it('5e is found behind the line numbers of cat -n', () => {
    const numbered = key
      .split('\n')
      .map((line, i) => `${String(i + 1).padStart(6)}\t${line}`)
      .join('\n')
    for (const [way, written] of everyWay(event(`${numbered}\n    15\tend of file`))) {
      expect(leaksOf(written, body), way).toEqual([])
      expect(JSON.parse(written).text, way).toMatch(
        /^ {5}1\t\[REDACTED:private-key\]\n {4}15\tend of file$/,
      )
    }
  })
})

it('hazard 6: finds the secrets of an env dump and leaves the rest of it', () => {
  const dump: Around = (a, b, c, d, e) =>
    [
      'SHELL=/bin/bash',
      `GITHUB_TOKEN=${a}`,
      'PWD=/home/me/src',
      `DB_PASSWORD=${b}`,
      'LANG=C.UTF-8',
      `AWS_SECRET_ACCESS_KEY=${c}`,
      'OLDPWD=/home/me',
      `DATABASE_URL=postgres://app:${d}@db:5432/app`,
      'SSH_AUTH_SOCK=/tmp/ssh-XXXX/agent.12',
      `STRIPE_API_KEY=${e}`,
      'TERM=xterm-256color',
    ].join('\n')
  const secrets = [
    token,
    password,
    `${alnum(20)}/${alnum(19)}`,
    ['pg', 'Secret', '77'].join('_'),
    hex(32),
  ]
  expectTaken((...all) => event(dump(...all)), secrets)
  const value = writeLines(createRedactor(), dump(...secrets).split('\n'))
  expect(leaksOf(value, secrets)).toEqual([])
  expect(deviation(value, dump, secrets.length)).toBeUndefined()
})

describe('hazard 7: the arguments of commands', () => {
  it('7a finds the value after --token in a title', () => {
    expectTaken((secret) => `{"title":"deploy --token ${secret} --force","n":1.0}`, [plain])
    expectTaken((secret) => `{"title":"deploy --token=${secret} --force"}`, [plain])
  })

  it('7b finds the value after --token in a list of arguments', () => {
    expectTaken((secret) => `{"argv":["deploy", "--token", "${secret}", "--force", 3]}`, [plain])
    expectTaken((secret) => `{"argv":["x","--db-password","${secret}"]}`, [password])
    expectTaken(
      (secret) => `{"argv":["curl","-u","me:${secret}","https://h.example.org/"]}`,
      [password],
    )
  })

  it('7c finds the passwords of curl -u and mysql -p', () => {
    expectTaken((secret) => event(`curl -fsS -u deploy:${secret} https://h.test/x`), [plain])
    expectTaken((secret) => event(`mysql -h db -u app -p${secret} shop < dump.sql`), [plain])
    expectTaken((secret) => event(`curl --user "deploy:${secret}" https://h.test/x`), [plain])
  })

  it('7d finds the password in an address', () => {
    expectTaken((secret) => event(`git clone https://me:${secret}@github.com/o/r.git`), [plain])
    expectTaken((secret) => event(`git clone https://me:${secret}@github.com/o/r.git`), [token])
  })
})

describe('hazard 8: a token that a terminal took apart', () => {
  const half = token.slice(0, 17)
  const rest = token.slice(17)

  it('is found with colours in it, and the colours around it stay', () => {
    for (const colour of ['\u001b[1m', '\u001b[38;5;12m', '\u001b[0m\u001b[K', '\u001b[01;31m']) {
      const around: Around = (secret) => event(`\u001b[32mok\u001b[0m ${secret} \u001b[1mend`)
      expectTaken(around, [`${half}${colour}${rest}`], [half, rest])
    }
  })

  it('is found when it was marked by grep', () => {
    const on = '\u001b[01;31m\u001b[K'
    const off = '\u001b[m\u001b[K'
    const around: Around = (secret) => event(`.env:3:${on}T=${off}${secret}`)
    expectTaken(around, [`${half}${on}${rest}`], [half, rest])
  })

  for (const before of [16, 20, 24, 28]) {
    it(`8b is found when the terminal wrapped it after ${before} characters`, () => {
      const pieces = [token.slice(0, before), token.slice(before)]
      for (const width of [60, 72, 80, 100, 120]) {
        const lead = `${'lorem ipsum '.repeat(12).slice(0, width - before - 1)} `
        const around: Around = (a, b) => `${lead}${a}\n${b}\nthat was it`
        const wrapped = around(...pieces)
        const lines = writeLines(createRedactor(), wrapped.split('\n'))
        for (const value of [createRedactor().text(wrapped).value, lines]) {
          expect({ width, leaks: leaksOf(value, pieces) }).toEqual({ width, leaks: [] })
          expect(deviation(value, around, 2)).toBeUndefined()
        }
        expectTaken((a, b) => event(around(a, b)), pieces)
      }
    })
  }
})

it('hazard 9: finds a token in a line of 4 MiB', () => {
  const words = 'lorem ipsum 42, dolor "sit" amet; '.repeat((2 << 20) / 34)
  expectTaken((secret) => event(`${words}${secret} ${words}`), [token])
  const word = 'x'.repeat(2 << 20)
  expectTaken((secret) => event(`${word} ${secret} ${word}`), [token])
})

it('hazard 10: finds what an address holds in percent-encoding', () => {
  const value = [alnum(10), alnum(12)].join('+/')
  const around: Around = (secret) => event(`GET https://h.test/cb?access_token=${secret}&b=%41`)
  expectTaken(around, [encodeURIComponent(value)])
  const name: Around = (secret) =>
    event(`to=https%3A%2F%2Fh%2Fcb%3Faccess_token%3D${secret}%26b%3D1`)
  expectTaken(name, [alnum(30)])
  const letters = [...token].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
  expectTaken((secret) => event(`q=${secret}&r=1`), [letters])
})

describe('values that were told or seen', () => {
  it('hazard 11: finds a value of the environment that has no shape', () => {
    const shapeless = ['correct horse', 'battery staple'].join(' ')
    for (const secret of [shapeless, plain]) {
      const redactor = createRedactor()
      redactor.learn([secret])
      const line = event(`he said ${secret}, twice: ${secret}`)
      const expected = event('he said [REDACTED:known-value], twice: [REDACTED:known-value]')
      expect(redactor.text(line).value).toBe(expected)
      expect(redactor.openStream().lines(line).value).toBe(expected)
      expect(writePieces(redactor, line)).toBe(expected)
    }
  })

  it('hazard 12: finds a value again that stood in a token’s place before', () => {
    const redactor = createRedactor()
    const stream = redactor.openStream()
    const bare = token.slice(4)
    stream.lines(event(`export GITHUB_TOKEN=${token}`))
    const encoded = base64(`x=${token}`)
    for (const line of [event(`run${token}`), event(`word${token}-word`), event(encoded)]) {
      const { value } = stream.lines(line)
      expect(leakOf(value, token)).toBeUndefined()
      expect(leakOf(value, bare)).toBeUndefined()
      expect(leakOf(value, encoded.slice(4))).toBeUndefined()
      expect(isJson(value)).toBe(true)
    }
    expect(stream.lines(event(`run${token}`)).value).toBe(event('run[REDACTED:github-token]'))
    expect(redactor.text(`word${token}-word`).value).toBe('word[REDACTED:github-token]-word')
  })
})

it('hazard 13: finds a key of the model’s own provider', () => {
  const anthropic = `sk${'-ant-'}api03-${alnum(80)}-${alnum(12)}`
  expectTaken((secret) => event(`x-api-key: ${secret}\nok`), [anthropic])
  expectTaken((secret) => event(`key ${secret}.`), [`sk${'-ant-'}api03-${alnum(40)}`])
})

it('hazard 14: finds secrets in a line that is no JSON', () => {
  expectTaken((secret) => `{"type":"output","password":"${secret}","text":"cut o`, [password])
  expectTaken((secret) => `{"type":"output","text":"${secret}`, [token])
  expectTaken((secret) => `{'api_key': '${secret}', 'n': 1.0,}`, [plain])
  expectTaken((secret) => `{"a":{"name":"x","token":"${secret}"},}{"b":`, [plain])
})

it('hazard 15: finds secrets in pretty JSON in a text', () => {
  const pretty = (secret: string, n: string) =>
    JSON.stringify({ db: { host: 'h', password: secret, n: 0 }, list: [] }, null, 2).replace(
      '"n": 0',
      `"n": ${n}`,
    )
  expectTaken((secret) => event(`$ cat config.json\n${pretty(secret, '1.0')}\n$`), [password])
  expectTaken((secret) => event(pretty(secret, '12345678901234567890')), [password])
  const value = writeLines(createRedactor(), pretty(password, '1.0').split('\n'))
  expect(leakOf(value, password)).toBeUndefined()
  expect(deviation(value, (secret = '') => pretty(secret, '1.0'), 1)).toBeUndefined()
})

describe('keys as programs show them', () => {
  const lines = key.split('\n')
  const shown: readonly (readonly [how: string, text: string])[] = [
    ['with numbers and arrows', lines.map((line, i) => `    ${i + 1}\u2192${line}`).join('\n')],
    ['with file names', lines.map((line, i) => `.ssh/id_rsa:${i + 1}:${line}`).join('\n')],
    ['in an address', encodeURIComponent(key)],
    ['without their beginning', lines.slice(3).join('\n')],
    ['as lines of JSON', JSON.stringify(lines, null, 2)],
    ['in lines of base64', (base64(key).match(/.{1,76}/g) ?? []).join('\n')],
    [
      'in lines of base64 that end in two marks',
      (base64(key).match(/.{1,64}/g) ?? []).join('\r\n'),
    ],
  ]
  const needles = [...lines.slice(1, -1), ...(base64(key).match(/.{40}/g) ?? [])]
  for (const [how, text] of shown) {
    it(`are found ${how}`, () => {
      for (const value of [text, `before\n${text}\nafter`, JSON.stringify({ text })]) {
        expect(leaksOf(createRedactor().text(value).value, needles)).toEqual([])
      }
    })
  }

  it('leave what stands around them', () => {
    const { value } = createRedactor().text(`$ tail key\n${lines.slice(3).join('\n')}\nafter`)
    expect(value).toBe(`$ tail key\n[REDACTED:private-key]\n${lines.at(-1)}\nafter`)
  })
})

describe('what is not to be seen', () => {
  it('hides neither a name nor a token', () => {
    for (const gap of ['\u200b', '\ufeff', '\u00ad']) {
      expectTaken((secret) => `pass${gap}word: ${secret}`, [plain])
      const split = token.slice(0, 9) + gap + token.slice(9)
      expect(createRedactor().text(`x ${split} y`).value).toBe('x [REDACTED:github-token] y')
    }
    expectTaken((secret) => `password:\u00a0${secret}`, [plain])
  })
})
