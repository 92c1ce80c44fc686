import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatToml,
  parseAnyToml,
  parseToml,
  readPlainToml,
  TomlError,
  type TomlTable,
} from '../../lib/base/toml.ts'

/** A form in which equal tables are equal texts: dates by instant, zeros with their sign. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return { date: value.getTime() }
  if (Object.is(value, -0)) return { zero: 'negative' }
  if (typeof value === 'bigint') return { big: String(value) }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([key, item]) => [key, plain(item)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function agree(document: string): 'read' | 'left' {
  const quick = readPlainToml(document)
  if (quick === undefined) return 'left'
  expect(plain(quick)).toEqual(plain(parseAnyToml(document)))
  return 'read'
}

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('a = 1', '[x]', 'with "quotes"', 'back\\slash', '\u0000', '\u007f', '# no', "''"),
)
const bareKey = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/).filter((key) => !(key in {}))
const key = fc.oneof(
  { weight: 6, arbitrary: bareKey },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'a.b', 'sp ace', '', 'é', '"'),
  },
)
const date = fc.date({
  min: new Date(0),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1.5, -2.25, 0.012, 1e-7, 1e21, 1e300, 2 ** 53),
)
const scalar = fc.oneof(anyText, number, fc.boolean(), date)
const list = fc.oneof(
  fc.array(anyText, { maxLength: 4 }),
  fc.array(fc.integer(), { maxLength: 4 }),
  fc.array(date, { maxLength: 2 }),
)
function tableOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<TomlTable> {
  return fc
    .array(fc.tuple(key, value), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries) as TomlTable)
}
const leaf = tableOf(fc.oneof(scalar, list))
const branch = tableOf(fc.oneof(scalar, list, leaf))
const table = tableOf(fc.oneof(scalar, list, leaf, branch))

/** Tables in which every value can be written and read back as it was. */
const sane = (value: fc.Arbitrary<unknown>) =>
  fc.dictionary(bareKey, value, {
    minKeys: 1,
    maxKeys: 6,
    noNullPrototype: true,
  }) as fc.Arbitrary<TomlTable>
const saneScalar = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.maxSafeInteger(),
  fc.boolean(),
  date,
  fc.double({ min: 0.001, max: 1e6, noNaN: true }),
  fc.array(fc.string({ unit: 'grapheme', maxLength: 9 }), { maxLength: 3 }),
)
const saneTable = sane(fc.oneof(saneScalar, sane(fc.oneof(saneScalar, sane(saneScalar)))))

const aState = formatToml(
  parseAnyToml(`format = 1
meta_session_id = "01JH4QWERT1234567890ABCDEF"
description = "Auth refactor"
created_at = 2026-02-06T10:00:00.000Z
pinned = false

[genealogy]
depth = 1

[tools.codex]
  provider_session_history = [ "thread_old", "older" ]
  last_exit_code = 0

[usage]
input_tokens = 1_201
cost_usd = 0.012

[journal]
seq = 41
bytes = 18_311
`),
)

const snippets = [
  ...['\n', '\r\n', '\r', ' ', '  ', '\t', '\u0000', '\u000b', '\u00a0', '\ufeff', '\u2028', '😀'],
  ...['#', ' # comment', '"', "'", '\\', '=', ' = ', ',', '.', '_', '-', '+', '[', ']', '{', '}'],
  ...['0', '00', '1_', '_1', '-0', '+1', '0.0', '-0.0', '1.', '.5', '1e5', '0x1f', 'nan', 'inf'],
  ...[
    '9007199254740993',
    '999_999_999_999_999',
    '1_0',
    '2026-02-30T00:00:00.000Z',
    'true',
    'false',
  ],
  ...['2026-02-06T24:00:00.000Z', '2026-02-06T10:00:00.000Z', '2026-02-06', '10:00:00', '0000-'],
  ...[
    'depth = 1\n',
    'pinned = false\n',
    '[genealogy]\n',
    '[tools]\n',
    '[tools.codex]\n',
    '[a.b.c]\n',
  ],
  ...['[[tools]]\n', '__proto__ = 1\n', '[__proto__]\n', '[tools.__proto__]\n'],
  ...[
    '"quoted" = 1\n',
    'a.b = 1\n',
    'tools = 1\n',
    'genealogy = [ ]\n',
    '[ "a", "b" ]',
    '[ 1, 2 ]',
  ],
  ...['[genealogy.depth]\n', '[ genealogy ]\n', '"""', "'''", '{ a = 1 }', '\u0085'],
]

describe('readPlainToml', () => {
  it('reads every state in the plain layout without the parser', () => {
    expect(agree(aState)).toBe('read')
  })

  it('agrees with the parser on everything that formatToml writes', () => {
    let read = 0
    fc.assert(
      fc.property(table, (table) => {
        const document = formatToml(table)
        if (isReadable(document) && agree(document) === 'read') read++
      }),
      { numRuns: 2000 },
    )
    expect(read).toBeGreaterThan(100)
  })

  it('agrees with the parser on any mutation of a document', () => {
    const mutation = fc.record({
      at: fc.nat({ max: 4000 }),
      remove: fc.oneof(fc.constant(0), fc.nat({ max: 12 })),
      insert: fc.oneof(fc.constant(''), fc.constantFrom(...snippets), anyText),
    })
    const document = fc.oneof(
      fc.constant(aState),
      saneTable.map((table) => formatToml(table)),
      fc.array(fc.constantFrom(...snippets), { maxLength: 12 }).map((parts) => parts.join('')),
    )
    let read = 0
    fc.assert(
      fc.property(document, fc.array(mutation, { maxLength: 4 }), (document, mutations) => {
        let mutated = document
        for (const { at, remove, insert } of mutations) {
          const start = at % (mutated.length + 1)
          mutated = mutated.slice(0, start) + insert + mutated.slice(start + remove)
        }
        if (agree(mutated) === 'read') read++
      }),
      { numRuns: 3000 },
    )
    expect(read).toBeGreaterThan(150)
  })

  it('agrees with the parser on values and headers put together from pieces', () => {
    const piece = fc.constantFrom(
      ...[
        '0',
        '1',
        '9',
        '12',
        '123',
        '_',
        '-',
        '+',
        '.',
        'e',
        'E',
        '"',
        '\\',
        ' ',
        ', ',
        '[ ',
        ' ]',
      ],
      ...['true', 'false', 'T', 'Z', ':', '2026-02-06', '10:00:00', '.000', '60', '0000', 'a', "'"],
    )
    const value = fc.array(piece, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(''))
    const name = fc.constantFrom('a', 'b', 'c', 'a-b', '1', '_', '-', '__proto__')
    const header = fc
      .array(name, { minLength: 1, maxLength: 2 })
      .map((names) => `[${names.join('.')}]`)
    const line = fc.oneof(
      fc.tuple(name, value).map(([key, value]) => `${key} = ${value}`),
      fc.tuple(name, fc.constantFrom('1', '"x"', '[ ]')).map(([key, v]) => `${key} = ${v}`),
      header,
      fc.constantFrom('', '   ', '\t', '# c'),
    )
    const document = fc.array(fc.tuple(fc.constantFrom('', '', '  '), line), { maxLength: 6 })
    let read = 0
    fc.assert(
      fc.property(document, (lines) => {
        if (agree(lines.map(([indent, line]) => indent + line).join('\n')) === 'read') read++
      }),
      { numRuns: 3000 },
    )
    expect(read).toBeGreaterThan(150)
  })

  it.each([
    ['a repeated key', 'a = 1\na = 2\n'],
    ['a repeated table', '[a]\nx = 1\n[a]\ny = 1\n'],
    ['a table that is a value', 'a = 1\n[a]\n'],
    ['a table under a value', 'a = 1\n[a.b]\n'],
    ['a prototype key', '__proto__ = 1\n'],
    ['a prototype table', '[__proto__]\nx = 1\n'],
    ['a prototype table below another', '[a.__proto__]\nx = 1\n'],
    ['a carriage return', 'a = 1\r\n'],
    ['a trailing space', 'a = 1 \n'],
    ['a comment', 'a = 1 # one\n'],
    ['a quoted key', '"a" = 1\n'],
    ['a dotted key', 'a.b = 1\n'],
    ['a NUL', 'a = "\u0000"\n'],
    ['a day that is none', 'a = 2026-02-30T00:00:00.000Z\n'],
    ['a negative zero', 'a = -0\n'],
    ['a number of seventeen digits', 'a = 90071992547409931\n'],
    ['an indented bracket that ends late', '[a]]\n'],
  ])('leaves %s to the parser', (_, document) => {
    expect(readPlainToml(document)).toBeUndefined()
  })

  it.each(['constructor', 'toString', 'valueOf'])('agrees on a table named %s', (name) => {
    expect(plain(readPlainToml(`[${name}]\n`) ?? 'left')).toEqual(
      plain(readPlainToml(`[${name}]\n`) === undefined ? 'left' : parseAnyToml(`[${name}]\n`)),
    )
  })
})

describe('a key that every object has from birth', () => {
  it.each([
    'constructor.x = 1\n',
    '[constructor]\nx = 1\n',
    'a = 1\n["constr\\u0075ctor"]\nx = 1\n',
    '"\\U0000005f_proto__" = { x = 1 }\n',
    "['__proto__']\nx = 1\n",
    'a."to\\u0053tring".x = 1\n',
    'constructor = "x"\n',
    'a = "x"\ntoString.b = "x"\n',
    "a = [ '''\nb = \"''', {toString.x = 1}, '''\"\n''' ]\n",
    "a = { b = '\u2028c = \"', toString.x = 1, d = '\"\u2028' }\n",
    "a = { b = '\rc = \"', toString.x = 1, d = '\"\r' }\n",
    'a = """\nb = "\\"""", c = 1\ntoString.x = "1"\n',
  ])('refuses a key that leads out of the document: %j', (document) => {
    expect(() => parseAnyToml(document)).toThrow(TomlError)
    expect([Object, Object.prototype, Object.prototype.toString]).not.toContainEqual(
      expect.objectContaining({ x: 1 }),
    )
    expect((Object as unknown as { x?: unknown }).x).toBeUndefined()
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  it.each([
    'Foo constructor. It fails',
    'toString=',
    'say "toString" = 1',
    '[valueOf]',
    "it''s __proto__.x",
    'a\\',
    '\u0022 toString = 1',
  ])('is one of no key where a text says it: %j', (text) => {
    const document = formatToml({ description: text, cost: 1e-7, later: { text } })
    expect(parseToml(document)).toEqual({ description: text, cost: 1e-7, later: { text } })
  })
})

describe('formatToml', () => {
  it('writes what reads back as the same table', () => {
    fc.assert(
      fc.property(saneTable, (table) => {
        expect(plain(parseAnyToml(formatToml(table)))).toEqual(plain(table))
      }),
    )
  })

  it('writes any finite number so that it reads back as the same number', () => {
    fc.assert(
      fc.property(number, (value) => {
        expect(Number(parseAnyToml(formatToml({ value })).value) + 0).toBe(value + 0)
      }),
      { numRuns: 1000 },
    )
  })

  it('writes any well-formed text so that it reads back as the same text', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(parseAnyToml(formatToml({ value })).value).toBe(value)
      }),
      { numRuns: 1000 },
    )
  })

  it('leaves out keys without a value', () => {
    expect(formatToml({ a: 1, b: undefined })).toBe('a = 1\n')
  })
})

describe('parseAnyToml', () => {
  it('says where a document is broken, and shows nothing of it', () => {
    const broken = () => parseAnyToml('good = 1\n\nbad = = hidden\n')
    expect(broken).toThrow(TomlError)
    try {
      broken()
    } catch (error) {
      expect(error).toMatchObject({ line: 3, column: 7 })
      expect((error as Error).message).not.toMatch(/hidden|\n| at row /)
    }
  })

  it('passes over the mark of UTF-8 that an editor put before it', () => {
    for (const text of ['a = 1\n', '[a]\nb = 2\n', '# said\n', '']) {
      expect(parseToml(`\ufeff${text}`)).toEqual(parseToml(text))
      expect(readPlainToml(`\ufeff${text}`)).toBeUndefined()
    }
    expect(() => parseAnyToml('\ufeff\ufeffa = 1\n')).toThrow(TomlError)
    expect(() => parseAnyToml('\ufeff[__proto__]\n')).toThrow(TomlError)
  })

  it('reaches no object outside of the document', () => {
    try {
      parseAnyToml('[isPrototypeOf]\nstint_spec = 1\n')
    } catch (error) {
      // Refusing it is as good.
      expect(error).toBeInstanceOf(TomlError)
    }
    const shared = Object.prototype.isPrototypeOf
    const reached = Object.hasOwn(shared, 'stint_spec')
    Reflect.deleteProperty(shared, 'stint_spec')
    expect(reached).toBe(false)
  })

  it('throws nothing but TomlError, whatever it is given', () => {
    const document = fc.oneof(
      anyText,
      fc.array(fc.constantFrom(...snippets), { maxLength: 20 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(document, (document) => {
        try {
          parseAnyToml(document)
        } catch (error) {
          expect(error).toBeInstanceOf(TomlError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

function isReadable(document: string): boolean {
  try {
    parseAnyToml(document)
    return true
  } catch {
    // Some numbers are written in a way that no reader takes, which another test is about.
    return readPlainToml(document) !== undefined
  }
}

describe('a TomlError', () => {
  it('shows the character that it is about', () => {
    expect(() => parseAnyToml('\n= x')).toThrow(
      expect.objectContaining({ message: 'Unknown character "="', line: 2 }),
    )
  })
})
