import { expect, it } from 'vitest'
import { Commands } from '../../lib/run/commands.ts'

const call = (id: string, input?: unknown) =>
  ({ type: 'tool_call', id, name: 'shell', input }) as const
const result = (id: string) => ({ type: 'tool_result', id, status: 'ok', output: '' }) as const

it('gives a result the last command of its call, once', () => {
  const inputs: readonly (readonly [input: unknown, line: string | undefined])[] = [
    [{ command: 'pwgen' }, '$ pwgen'],
    [{ cmd: 'cd a;\npwgen   14\n' }, '$ pwgen 14'],
    ["bash -lc 'cd a && pwgen'", "$ pwgen'"],
    [{ command: ['bash', '-lc', 'pwgen'] }, '$ bash -lc pwgen'],
    [{ command: [['bash'], 1] }, undefined],
    [{ path: 'a' }, undefined],
    [undefined, undefined],
  ]
  const commands = new Commands()
  for (const [input, line] of inputs) {
    expect(commands.lineBefore(call('a', input))).toBeUndefined()
    expect(commands.lineBefore(result('b'))).toBeUndefined()
    expect(commands.lineBefore(result('a'))).toBe(line)
    expect(commands.lineBefore(result('a'))).toBeUndefined()
  }
})

it('remembers neither long commands nor any number of them', () => {
  const commands = new Commands()
  for (let n = 0; n < 1000; n++) commands.lineBefore(call(`${n}`, `${'x'.repeat(100_000)} ${n}`))
  expect(commands.lineBefore(result('999'))?.length).toBeLessThan(400)
  expect(commands.lineBefore(result('0'))).toBeUndefined()
  const id = 'x'.repeat(100_000)
  commands.lineBefore(call(id, 'pwgen'))
  expect(commands.lineBefore(result(id))).toBeUndefined()
})
