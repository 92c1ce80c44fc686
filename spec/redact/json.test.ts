import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor, mergeCounts } from '../../lib/redact/redact.ts'
import { alnum, pem } from './samples.ts'

const redactor = createRedactor()
const key = alnum(24)
const pw = ['Rocket', '4553!'].join('')
const token = `ghp${'_'}${alnum(36)}`

describe('a JSON value', () => {
  const benign: readonly fc.JsonValue[] = [
    { key: 'PROJ-1234', name: 'token service' },
    { project: { key }, user: { key } },
    { license: { key: 'apache-2.0' } },
    { id: 'token', type: 'text', text: 'The token has to be renewed at 12:00.' },
    { name: 'password', default: 'required', content: 'Enter your password' },
    { label: 'API key', value: 'api_key' },
    { passwords: { mismatch: 'They differ', tooShort: 'at least 8' } },
    { tokens: { input: '1532', primary: '#ff8800', border: 'gray-200' } },
    { masked: false, key: 'DSN', value: key },
    { primaryKey: key, table: 'users' },
    { access: key, name: 'x' },
    { secrets: { shape: 'SecretValuesType' } },
  ]
  it('keeps what its neighbours say nothing of', () => {
    for (const value of benign) expect(redactor.json(value)).toEqual({ value, counts: undefined })
  })

  it('is the very same value when nothing is found', () => {
    const value = { a: [1, null, true, 'text', { b: 'x' }], token: 1532, password: null }
    expect(redactor.json(value).value).toBe(value)
    expect(redactor.json(value).counts).toBeUndefined()
  })

  it('leaves the value that it was given as it is', () => {
    const value = { a: { deep: ['x'] }, b: { password: 'hunter' + '2' } }
    const redacted = redactor.json(value)
    expect(redacted.value).toEqual({ a: { deep: ['x'] }, b: { password: '[REDACTED:password]' } })
    expect(redacted.counts).toEqual({ password: 1 })
    expect(value.b.password).toBe('hunter' + '2')
  })

  const found: readonly [fc.JsonValue, fc.JsonValue][] = [
    [{ api_key: key }, { api_key: '[REDACTED:secret]' }],
    [
      { env: [{ name: 'API_KEY', value: key }] },
      { env: [{ name: 'API_KEY', value: '[REDACTED:secret]' }] },
    ],
    [
      { header: 'X-Auth-Token', value: key },
      { header: 'X-Auth-Token', value: '[REDACTED:secret]' },
    ],
    [
      ['tool', '--token', key, '-v'],
      ['tool', '--token', '[REDACTED:secret]', '-v'],
    ],
    [
      ['curl', '-H', `Authorization: Bearer ${key}`],
      ['curl', '-H', 'Authorization: Bearer [REDACTED:authorization]'],
    ],
    [{ Authorization: `Bearer ${key}` }, { Authorization: 'Bearer [REDACTED:authorization]' }],
    [{ cookie: `sid=${key}` }, { cookie: '[REDACTED:cookie]' }],
    [{ 'set-cookie': `sid=${key}; Path=/` }, { 'set-cookie': 'sid=[REDACTED:cookie]; Path=/' }],
    [
      { db_password: { sensitive: true, value: key } },
      { db_password: { sensitive: true, value: '[REDACTED:password]' } },
    ],
    [
      { 'gitlab-token': { 'gitlab.com': key } },
      { 'gitlab-token': { 'gitlab.com': '[REDACTED:secret]' } },
    ],
    [
      { kty: 'EC', x: key, d: key },
      { kty: 'EC', x: key, d: '[REDACTED:secret]' },
    ],
    [
      { length: 24, result: key, bcrypt_hash: '' },
      { length: 24, result: '[REDACTED:password]', bcrypt_hash: '' },
    ],
    [
      ['bash', '-c', `ls\ncurl -u a:${key}\n https://h/x`],
      ['bash', '-c', 'ls\ncurl -u a:[REDACTED:password]\n https://h/x'],
    ],
    [
      { lines: [...pem('PRIVATE KEY', 3).split('\n'), 'after'] },
      { lines: ['[REDACTED:private-key]', '', '', '', '', 'after'] },
    ],
    ...['field', 'title', 'fieldName', 'attribute', 'param'].map(
      (name): [fc.JsonValue, fc.JsonValue] => [
        { [name]: 'db password', value: pw },
        { [name]: 'db password', value: '[REDACTED:password]' },
      ],
    ),
    ...['content', 'text', 'data', 'default', 'current'].flatMap(
      (value): [fc.JsonValue, fc.JsonValue][] => [
        [
          { id: 'a1', label: 'OPENAI_API_KEY', [value]: key },
          { id: 'a1', label: 'OPENAI_API_KEY', [value]: '[REDACTED:parameter]' },
        ],
        [
          { [value]: pw, name: 'db_password' },
          { [value]: '[REDACTED:password]', name: 'db_password' },
        ],
      ],
    ),
    [{ openai: { key, org: 'x' } }, { openai: { key: '[REDACTED:parameter]', org: 'x' } }],
    [{ encryption: { key } }, { encryption: { key: '[REDACTED:parameter]' } }],
    [
      { provider: 'openai', key },
      { provider: 'openai', key: '[REDACTED:parameter]' },
    ],
    [
      { username: 'bob', key },
      { username: 'bob', key: '[REDACTED:parameter]' },
    ],
    [{ mine: { type: 'api', key } }, { mine: { type: 'api', key: '[REDACTED:parameter]' } }],
    [
      { mine: { type: 'oauth', refresh: key, access: `x${key}`, expires: 1 } },
      {
        mine: {
          type: 'oauth',
          refresh: '[REDACTED:parameter]',
          access: '[REDACTED:parameter]',
          expires: 1,
        },
      },
    ],
    [
      { tokens: { github: key, account_id: `x${key}` } },
      { tokens: { github: '[REDACTED:parameter]', account_id: `x${key}` } },
    ],
    [{ apiKeys: { mine: key } }, { apiKeys: { mine: '[REDACTED:parameter]' } }],
    [
      { passwords: { bob: pw, hint: 'too short' } },
      { passwords: { bob: '[REDACTED:password]', hint: 'too short' } },
    ],
    [
      { key: 'DSN', value: key, masked: true },
      { key: 'DSN', value: '[REDACTED:secret]', masked: true },
    ],
    [
      { Name: '/prod/x', Type: 'SecureString', Value: key },
      { Name: '/prod/x', Type: 'SecureString', Value: '[REDACTED:secret]' },
    ],
    [
      { primaryKey: key, secondaryKey: `x${key}` },
      { primaryKey: '[REDACTED:parameter]', secondaryKey: '[REDACTED:parameter]' },
    ],
    [{ secrets: [key, 'x'] }, { secrets: ['[REDACTED:secret]', 'x'] }],
    [{ [token]: 1 }, { '[REDACTED:github-token]': 1 }],
    [{ text: `{"password":"hunter${2}"}` }, { text: '{"password":"[REDACTED:password]"}' }],
    [{ private_key: `${pem('PRIVATE KEY', 3)}\n` }, { private_key: '[REDACTED:private-key]\n' }],
    [{ k: `a\n${token}\nb` }, { k: 'a\n[REDACTED:github-token]\nb' }],
  ]
  for (const [value, expected] of found) {
    it(`becomes ${JSON.stringify(expected)}`, () => {
      expect(redactor.json(value).value).toEqual(expected)
      expect(redactor.json(expected).value).toBe(expected)
    })
  }

  it('loses no value when two keys become equal', () => {
    const other = `ghp${'_'}${alnum(40)}`
    expect(redactor.json({ [token]: 1, [other]: 2 }).value).toEqual({
      '[REDACTED:github-token]': 1,
      '[REDACTED:github-token]#2': 2,
    })
  })

  it('keeps a key named __proto__ a plain key', () => {
    const value = JSON.parse(`{"__proto__":{"a":1},"t":"${token}"}`)
    expect(JSON.stringify(redactor.json(value).value)).toBe(
      '{"__proto__":{"a":1},"t":"[REDACTED:github-token]"}',
    )
  })

  it('keeps its shape, its numbers and the number of its keys', () => {
    const value = fc.jsonValue()
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'password', token), value), (object) => {
        // JSON writes -0 as 0.
        const written = JSON.parse(JSON.stringify(object)) as fc.JsonValue
        expect(shape(JSON.parse(JSON.stringify(redactor.json(object).value)))).toEqual(
          shape(written),
        )
      }),
    )
  })

  it('becomes a marker when it cannot be searched', () => {
    let deep: fc.JsonValue = token
    for (let i = 0; i < 100_000; i++) deep = [deep]
    expect(redactor.json(deep)).toEqual({ value: '[REDACTED:error]', counts: { error: 1 } })
    expect(redactor.text(undefined as unknown as string).value).toBe('[REDACTED:error]')
  })
})

describe('mergeCounts', () => {
  it('adds up per rule, and is undefined only for nothing', () => {
    expect(mergeCounts({ a: 1 }, { a: 2, b: 1 })).toEqual({ a: 3, b: 1 })
    expect(mergeCounts(undefined, { a: 1 })).toEqual({ a: 1 })
    expect(mergeCounts(undefined, undefined)).toBeUndefined()
  })
})

function shape(value: unknown): unknown {
  if (typeof value === 'string') return ''
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? value.map(shape) : Object.values(value).map(shape)
}
