/** A terminal that is closed while a turn runs there. */

import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { agent, entriesOf, fileText, makePlace, program, type Row, touch } from '../support/cli.ts'

test.skipIf(process.platform !== 'linux')(
  'how the tool ended is how the command ends',
  async () => {
    const place = makePlace()
    const [gate, status] = [`${place.dir}/gate`, `${place.dir}/status`]
    const words = [process.execPath, program, 'run', '--no-hup', '--', agent('hold.sh'), gate, '4']
    const line = `trap '' HUP; ${words.map((word) => `'${word}'`).join(' ')}; echo $? > '${status}'`
    const terminal = place.startOther(['script', '-qec', line, '/dev/null'], { stdio: 'pipe' })
    await terminal.says('working as')
    terminal.kill('SIGKILL')
    await terminal.ended
    // A command that is over at once does not look whether its terminal is.
    await new Promise((resolve) => setTimeout(resolve, 200))
    touch(gate)
    expect(await fileText(status)).toBe('4\n')
    expect(await place.json(['list'])).toMatchObject([{ status: 'idle', outcome: 'failure' }])
  },
)

test.skipIf(process.platform !== 'linux').each([
  ['a command', [], 'failure'],
  ['an agent', ['--tool', 'codex'], 'success'],
] as const)('%s that prints goes on with --no-hup, and is kept', async (_, tool, outcome) => {
  const place = makePlace()
  const [gate, status, script] = ['gate', 'status', 'tool'].map((name) => `${place.dir}/${name}`)
  const item = { id: 'i', type: 'agent_message', text: 'hello' }
  const events = [
    { type: 'item.completed', item },
    { type: 'turn.completed', usage: {} },
  ]
  const lines = [
    'echo working',
    `until test -e '${gate}'; do sleep 0.1; done`,
    'echo more; echo more >&2; sleep 0.3; echo still',
    ...events.map((event) => `echo '${JSON.stringify(event)}'`),
    'exit 4',
  ]
  writeFileSync(script as string, lines.join('\n'))
  const words = [process.execPath, program, 'run', '--no-hup', ...tool, '--', 'sh', script]
  const line = `trap '' HUP; ${words.map((word) => `'${word}'`).join(' ')}; echo $? > '${status}'`
  const terminal = place.startOther(['script', '-qec', line, '/dev/null'], { stdio: 'pipe' })
  await terminal.says('session ')
  terminal.kill('SIGKILL')
  await terminal.ended
  touch(gate as string)
  expect(await fileText(status as string)).toBe('4\n')
  const rows = await place.json<Row[]>(['list'])
  expect(rows).toMatchObject([{ status: 'idle', outcome }])
  const entries = entriesOf(place.session(rows[0]?.id))
  expect(entries.map(({ text }) => text)).toEqual(expect.arrayContaining(['more', 'still']))
})
