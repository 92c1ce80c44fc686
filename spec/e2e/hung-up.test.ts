/** A terminal that is closed, or stands, while a turn runs there. */

import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  agent,
  entriesOf,
  fileText,
  makePlace,
  program,
  type Row,
  touch,
  until,
} from '../support/cli.ts'
import { startAtTerminal } from '../support/terminal.ts'

const [stands, goesOn] = ['\u0013', '\u0011']

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

test.skipIf(process.platform !== 'linux').each([
  ['a deadline ends', ['--timeout', '2s'], 'timed_out', 124],
  ['kill ends', [], 'cancelled', 143],
] as const)('%s a turn whose terminal stands', async (_, options, outcome, status) => {
  const place = makePlace()
  const flood = ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo line $i; done']
  const terminal = startAtTerminal(place, ['run', ...options, '--', ...flood])
  await terminal.says('line 1\r\n')
  terminal.child.stdin?.write(stands)
  if (outcome === 'cancelled') {
    const killed = await place.stint(['kill', '@last'])
    expect(killed).toMatchObject({ status: 0, stderr: expect.stringMatching(/ended: cancelled/) })
  }
  await until(`the turn ends by ${outcome}`, async () => {
    const [row] = await place.json<Row[]>(['list'])
    return row?.status === 'idle' && row.outcome === outcome
  })
  expect(terminal.isOver()).toBe(false)
  terminal.child.stdin?.write(goesOn)
  expect((await terminal.ended).status).toBe(status)
})

test.skipIf(process.platform !== 'linux')('what waits for a terminal keeps its order', async () => {
  const place = makePlace()
  const count = 2_000
  const events = Array.from({ length: count }, (_, n) => [
    { type: 'item.completed', item: { id: `m${n}`, type: 'agent_message', text: `said ${n}` } },
    {
      type: 'item.completed',
      item: { id: `c${n}`, type: 'command_execution', command: `call ${n}`, exit_code: 0 },
    },
  ]).flat()
  const lines = [{ type: 'thread.started', thread_id: 't' }, ...events, { type: 'turn.completed' }]
  const file = `${place.dir}/events`
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const terminal = startAtTerminal(place, ['run', '--tool', 'codex', '--', 'cat', file])
  await terminal.says('said 0')
  terminal.child.stdin?.write(stands)
  await new Promise((resolve) => setTimeout(resolve, 500))
  terminal.child.stdin?.write(goesOn)
  const { stdout, status } = await terminal.ended
  const numbers = [...stdout.matchAll(/(?:said|call) (\d+)/g)].map(([, n]) => Number(n))
  expect([status, numbers]).toEqual([0, events.map((_, n) => Math.floor(n / 2))])
})
