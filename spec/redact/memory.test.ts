/** What the redactor remembers is as small as it looks. */

import { randomBytes } from 'node:crypto'
import v8 from 'node:v8'
import vm from 'node:vm'
import { expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'

v8.setFlagsFromString('--expose-gc')
const collectGarbage: () => void = vm.runInNewContext('gc')

const blocks = 400
const size = 0x10000

it.each([
  ['values under names', (word: string) => `token: a-value-that-says-nothing-${word}`],
  ['names', (word: string) => `a-long-name-of-${word}-token: none`],
  ['keys of JSON', (word: string) => JSON.stringify({ [`a-long-key-of-${word}`]: 1 })],
  ['secrets', (word: string) => `${'glpat'}-${word}B7x2Kq9Z4mR`],
])('keeps no text alive of which it remembers %s', (_, make) => {
  const redactor = createRedactor()
  const around = 'lorem ipsum dolor sit amet\n'.repeat(size / 54)
  const search = (count: number) => {
    for (let n = 0; n < count; n++) {
      const word = [...randomBytes(9)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')
      // From bytes, as output is: one flat text.
      redactor.text(Buffer.from(`${around}${make(word)}\n${around}`).toString())
    }
  }
  // What is made once is there.
  search(20)
  const before = heap()
  search(blocks)
  expect(heap() - before).toBeLessThan((blocks * size) / 10)
})

function heap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
