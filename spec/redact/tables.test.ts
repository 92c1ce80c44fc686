import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { alnum } from './samples.ts'

const pw = ['hunter', '2x9'].join('')
const key = alnum(32)
const aws = `${alnum(19)}/${alnum(20)}`
const id = ['AK', 'IAQZ3M7KXP2WTB5NRH'].join('')

describe('the secret columns of tables', () => {
  const found: readonly (readonly [kind: string, text: string])[] = [
    ['columns', 'NAME     PASSWORD\nbob      PW\nalice    PW'],
    ['a column and an empty cell', 'NAME   NOTE   PASSWORD\nbob           PW'],
    ['Markdown', '| user | password |\n|------|----------|\n| bob  | `PW` |'],
    ['psql', ' id | username | password\n----+----------+----------\n  1 | admin    | PW'],
    [
      'mysql',
      '+----+----------+\n| id | password |\n+----+----------+\n|  1 | PW |\n+----+----------+',
    ],
    ['boxes', '│ name │ token │\n├──────┼───────┤\n│ ci   │ KEY │'],
    ['CSV', '"user","password"\r\n"bob","PW"\r'],
    ['the CSV of a new key', 'Access key ID,Secret access key\nx,AWS'],
    ['semicolons', 'name;secret\na;KEY'],
    ['tabs', 'user\tpassword\nbob\tPW'],
    ['names and values', 'Key,Value\nHOME,/root\nAPI_TOKEN,KEY'],
    ['a table of objects', "│ (index) │ token │\n├─┼─┤\n│ 0 │ 'KEY' │"],
  ]
  for (const [kind, text] of found) {
    const whole = `first\n${text.replaceAll('PW', pw).replace('KEY', key).replace('AWS', aws)}\n\nlast`
    const expected = `first\n${text.replaceAll('PW', '[REDACTED:password]').replace(/KEY|AWS/, '[REDACTED:secret]')}\n\nlast`

    it(`are taken out of ${kind}, however the lines come`, () => {
      expect(createRedactor().text(whole).value).toBe(expected)
      const lines = whole.split('\n')
      for (let at = 1; at < lines.length; at++) {
        const stream = createRedactor().openStream()
        const blocks = [lines.slice(0, at), lines.slice(at)].map((some) => some.join('\n'))
        expect(blocks.map((block) => stream.lines(block).value).join('\n')).toBe(expected)
      }
    })
  }

  it('may have marks where chance made them', () => {
    const value = ['p9#Vq', 'Z3^kW', 'x7Tb'].join('+')
    const table = (cell: string) => `name,token\nci,${cell}`
    expect(createRedactor().text(table(value)).value).toBe(table('[REDACTED:secret]'))
    for (const benign of ['foo#1234', 'v1.2.3+build5', 'color+1234']) {
      expect(createRedactor().text(table(benign)).value).toBe(table(benign))
    }
  })

  it('may be letters alone where it is said whose they are', () => {
    const word = ['hunter', 'two'].join('')
    const table = (value: string) => `| user | password |\n|---|---|\n| bob | ${value} |`
    expect(createRedactor().text(table(word)).value).toBe(table('[REDACTED:password]'))
    expect(createRedactor().text(table('required')).value).toBe(table('required'))
    const other = table(word).replace('user', 'kind')
    expect(createRedactor().text(other).value).toBe(other)
  })

  it('are left when nothing in them is a secret', () => {
    for (const text of [
      '| Feature | Password | OAuth |\n|---|---|---|\n| Supported | yes | no |\n| Since | 1.2.0 | 2.0 |',
      '| Name | Type | Token |\n|---|---|---|\n| plus | operator | `+=` |',
      'password, token, secret, key\nfoo, bar, baz, qux1',
      'password,Password,Passwort\nname,Name1,Name2',
      'syn keyword\tservice\tpassword\nsyn keyword\tservice\tl2tp',
      'const f = (user, password) =>\n  run(a1, b2)',
      'Token   Type\n------  ----\nIDENT1  name',
    ]) {
      expect(createRedactor().text(text)).toEqual({ value: text, counts: undefined })
    }
  })
})

describe('a name and its value in two cells', () => {
  for (const around of [
    '| API_KEY | VALUE |',
    '| `API_KEY` | `VALUE` | yes |',
    'API_KEY\tVALUE',
    'API_KEY    VALUE',
  ]) {
    it(`lose the value of ${JSON.stringify(around)}`, () => {
      expect(createRedactor().text(around.replace('VALUE', key)).value).toBe(
        around.replace('VALUE', '[REDACTED:secret]'),
      )
    })
  }
})

it('takes the key that is told with its id', () => {
  expect(createRedactor().text(`Session("${id}", "${aws}")`).value).toBe(
    'Session("[REDACTED:aws-access-key-id]", "[REDACTED:password]")',
  )
})
