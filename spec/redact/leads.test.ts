/** Files as programs print them: each line behind its number, its file, or the mark of a diff. */

import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { leakOf, writeLines } from './leaks.ts'
import { alnum, pem } from './samples.ts'

const pw = ['Rocket', '4553!x'].join('')
const key = alnum(24)
const other = alnum(27).slice(3)
const brace = '{'

const printers: readonly (readonly [name: string, print: (line: string, n: number) => string])[] = [
  ['cat -n', (line, n) => `${String(n).padStart(6)}\t${line}`],
  ['an agent', (line, n) => `${String(n).padStart(6)}\u2192${line}`],
  ['another', (line, n) => `${String(n).padStart(5, '0')}| ${line}`],
  ['a third', (line, n) => `L${n}: ${line}`],
  ['bat', (line, n) => `${String(n).padStart(4)} \u2502 ${line}`],
  ['grep -n', (line, n) => `${n}:${line}`],
  ['grep -n of files', (line, n) => `src/a-1.yml:${n}:${line}`],
  ['grep -n with lines around', (line, n) => `src/a-1.yml-${n}-${line}`],
  ['rg --column', (line, n) => `./.env:${n}:1:${line}`],
  ['what was added', (line) => `+${line}`],
  ['what was taken away', (line) => `-${line}`],
  ['a reply', (line) => `> ${line}`],
]

const files: readonly (readonly [name: string, text: string, ...secrets: string[]])[] = [
  ['a setting', `a: 1\ndb_password: ${pw}\nb: 2`, pw],
  ['a variable', `A=1\nDB_PASSWORD=${pw}\nB=2`, pw],
  [
    'an environment',
    `env:\n  - name: DB_PASSWORD\n    value: ${pw}\n  - name: X\n    value: 1`,
    pw,
  ],
  ['JSON', `${brace}\n  "name": "API_KEY",\n  "value": "${key}"\n}`, key],
  ['a block of YAML', `password: |\n  ${pw}\nother: 1`, pw],
  ['a list', `api_keys:\n  - ${key}\n  - ${other}\nz: 1`, key, other],
  ['a map', `tokens:\n  github: ${key}\n  npm: ${other}\nz: 1`, key, other],
  ['a section', `[tokens]\ngithub = ${key}\n\nnpm = ${other}\n`, key, other],
  ['a Secret', `apiVersion: v1\nkind: Secret\nstringData:\n  foo: ${pw}\n  bar: ${key}`, pw, key],
  ['XML', `<password>\n  ${pw}\n</password>`, pw],
  ['a table', `| user | password |\n|------|------|\n| bob | ${pw} |\n| al | ${key} |`, pw, key],
  ['CSV', `user,password\nbob,${pw}\nal,${key}`, pw, key],
  ['a heading', `## API key\n\n${key}\n`, key],
  ['a command', `curl --token \\\n  ${key} \\\n  https://x`, key],
  ['a private key', pem('PRIVATE KEY', 4), ...pem('PRIVATE KEY', 4).split('\n').slice(1, -1)],
]

for (const [printer, print] of printers) {
  describe(`a file as ${printer} prints it`, () => {
    for (const [file, text, ...secrets] of files) {
      it(`loses the secrets of ${file}, whole and line by line`, () => {
        const lines = text.split('\n').map((line, i) => print(line, i + 1))
        for (const whole of [
          createRedactor().text(lines.join('\n')).value,
          createRedactor().text(`first line\n${lines.join('\n')}\nlast line`).value,
          writeLines(createRedactor(), ['first line', ...lines, 'last line']),
          writeLines(createRedactor(), [lines.slice(0, 2).join('\n'), lines.slice(2).join('\n')]),
        ]) {
          for (const secret of secrets) expect(leakOf(whole, secret)).toBeUndefined()
        }
      })
    }

    it('keeps what is no secret, and what stands before it', () => {
      const file = [
        'env:',
        '  - name: DB_HOST',
        '    value: db1.example',
        'tokens:',
        '  a: gray-200',
      ]
      const text = file.map((line, i) => print(line, i + 1)).join('\n')
      expect(createRedactor().text(text)).toEqual({ value: text, counts: undefined })
      expect(writeLines(createRedactor(), text.split('\n'))).toBe(text)
    })

    it('keeps everything but the secret', () => {
      const text = (value: string) =>
        ['env:', '  - name: DB_PASSWORD', `    value: ${value}`, 'next: 1']
          .map((line, i) => print(line, i + 1))
          .join('\n')
      expect(createRedactor().text(text(pw)).value).toBe(text('[REDACTED:password]'))
    })
  })
}

it('goes on far below the name of a list', () => {
  const lines = ['api_keys:', ...Array.from({ length: 40 }, (_, i) => `  - ${key}${i}`)]
  const text = lines.map((line, i) => `${i + 1}:${line}`).join('\n')
  expect(leakOf(createRedactor().text(text).value, key)).toBeUndefined()
  expect(leakOf(writeLines(createRedactor(), text.split('\n')), key)).toBeUndefined()
})

it('takes neither times nor items of lists for what stands before a line', () => {
  for (const text of [
    '12:30:05 password:\n12:30:06 requested1 from bob',
    '- token:\n- a1b2c3 is missing',
    '--- a/tokens1\n+++ b/tokens2',
  ]) {
    expect(createRedactor().text(text)).toEqual({ value: text, counts: undefined })
  }
})
