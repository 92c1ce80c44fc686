/** Turns in which the tool has the terminal. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { entriesOf, makePlace, type Row, until } from '../support/cli.ts'
import { startAtTerminal, startFromShell } from '../support/terminal.ts'

function makeTerminal() {
  const place = makePlace()
  const bin = join(place.dir, 'bin')
  mkdirSync(bin)
  const talk = 'echo "args: $*"; read -r line </dev/tty; echo "heard $line"; test "$line" != bad'
  for (const name of ['claude', 'codex']) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${talk}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const type = (args: readonly string[], input: string) =>
    startAtTerminal(place, args, { input, env: { PATH: `${bin}:${place.env.PATH}` } }).ended
  return { ...place, type }
}

describe.skipIf(process.platform !== 'linux')('run --interactive', () => {
  test('hands the terminal over, keeps the lifecycle, and nothing of what is said', async () => {
    const place = makeTerminal()
    const secret = ['spoken', 'only', 'here'].join('-')
    const ran = await place.type(['run', '-i', '--tool', 'claude-code', 'hello'], `${secret}\n`)
    expect(ran.stdout).toMatch(
      /session \w{26} turn 1\r\nargs: --session-id [0-9a-f-]{36} -- hello \r\n/,
    )
    expect(ran.stdout).toContain(`heard ${secret}`)
    expect(ran.status).toBe(0)
    const { id, state } = await place.json<Row>(['show', '@last'])
    const entries = entriesOf(place.session(id))
    expect(entries.map(({ type }) => type)).toEqual([
      ...['session', 'turn_started', 'provider_session', 'turn_ended'],
    ])
    expect(entries[1]?.data).toMatchObject({ interactive: true, prompt: 'hello' })
    expect(JSON.stringify(entries)).not.toContain(secret)
    const provider = state.tools['claude-code'].provider_session_id
    const again = await place.type(['resume', '-i', id], 'more\n')
    expect(again.stdout).toContain(`args: --resume ${provider}\r\n`)
    expect(await place.json<Row>(['result', id])).toMatchObject({ turn: 2, outcome: 'success' })
  })

  test('of a tool that told no id is not gone on with in silence', async () => {
    const place = makeTerminal()
    await place.type(['run', '-i', '--tool', 'codex', 'hello'], 'more\n')
    const { id } = await place.json<Row>(['show', '@last'])
    const again = await place.type(['resume', '-i', id], 'more\n')
    const warning = 'codex starts a new conversation'
    expect(again.stdout).toContain(warning)
    const env = { PATH: `${join(place.dir, 'bin')}:${place.env.PATH}` }
    expect((await place.stint(['resume', id, 'and now'], { env })).stderr).toContain(warning)
  })

  test('of a fork says nothing of the id that its source has, and has one of its own', async () => {
    const place = makeTerminal()
    await place.type(['run', '-i', '--tool', 'claude-code', 'hello'], 'more\n')
    const { id } = await place.json<Row>(['show', '@last'])
    const fork = await place.type(['run', '-i', '--fork', id], 'more\n')
    expect(fork.stdout).not.toContain('it told no id')
    expect(fork.stdout).toMatch(/args: --session-id [0-9a-f-]{36}\r\n/)
    const forked = await place.json<Row>(['show', '@last'])
    const again = await place.type(['resume', '-i', forked.id], 'more\n')
    const provider = forked.state.tools['claude-code'].provider_session_id
    expect(again.stdout).toContain(`args: --resume ${provider}\r\n`)
  })

  test('takes any command, and its exit status', async () => {
    const place = makeTerminal()
    const script = 'test -t 0 && test -t 1 && test -t 2 && tty -s </dev/tty && exit 7'
    const ran = await place.type(['run', '-i', '--', 'sh', '-c', script], '')
    expect(ran.status).toBe(7)
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({
      outcome: 'failure',
      exit_code: 7,
    })
  })

  test('leaves what is typed to interrupt to the tool alone, however often', async () => {
    const place = makeTerminal()
    const heed = ['INT', 'QUIT'].map((name) => `trap 'echo heard ${name}' ${name}`)
    const script = [...heed, 'echo ready', 'until [ "$line" = bye ]; do read -r line; done']
    const run = startAtTerminal(place, ['run', '-i', '--', 'sh', '-c', script.join('; ')])
    await run.says('ready')
    const keys = [
      ['\x03', 'heard INT'],
      ['\x1c', 'heard QUIT'],
    ] as const
    for (const [key, heard] of [...keys, ...keys]) {
      const before = run.stdout().split(heard).length
      run.child.stdin?.write(key)
      await until(heard, () => run.stdout().split(heard).length > before)
    }
    run.child.stdin?.write('bye\n')
    expect((await run.ended).status).toBe(0)
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({ outcome: 'success' })
  })

  test('is ended by a signal that stint alone is sent', async () => {
    const place = makeTerminal()
    const run = startAtTerminal(place, ['run', '-i', '--', 'sh', '-c', 'echo ready; exec sleep 60'])
    await run.says('ready')
    const { liveness } = await place.json<Row>(['show', '@last'])
    process.kill(liveness.holder.pid, 'SIGTERM')
    expect((await run.ended).status).toBe(143)
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({ outcome: 'interrupted' })
  })

  test('gives the shell its terminal back when the tool stops itself, and goes on with it', async () => {
    const place = makeTerminal()
    const tool = ['sh', '-c', 'echo ready; kill -STOP $$; echo back; exit 4']
    const shell = startFromShell(place, ['run', '-qi', '--', ...tool])
    const type = (text: string) => shell.child.stdin?.write(text)
    await shell.says('Stopped')
    type('echo prompt $((40 + 2))\n')
    await shell.says('prompt 42')
    type('fg\n')
    await shell.says('back')
    type('echo "status:$?"\n')
    await shell.says('status:4')
    type('exit\n')
    await shell.ended
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({ exit_code: 4 })
  })

  test('gets the terminal back as it was from a shell that had it to itself when it was killed', async () => {
    const place = makeTerminal()
    const env = { STINT_KILL_GRACE: '100ms' }
    const tool = ['bash', '--norc', '-ic', 'stty -echo; sleep 60']
    const shell = startFromShell(place, ['run', '-qi', '--timeout', '1s', '--', ...tool], { env })
    shell.child.stdin?.write(`echo "status:$?" $(stty -a | grep -ow -e '-*echo')\n`)
    await shell.says('status:124 echo')
    shell.child.stdin?.write('exit\n')
    await shell.ended
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({ outcome: 'timed_out' })
  })

  test('is said to a shell that found no terminal, and to nothing else', async () => {
    const place = makeTerminal()
    const hint = 'the shell was given no terminal; --interactive gives it one\r\n'
    for (const words of [['sh'], ['resume', '@last', '--', 'sh', '-e']]) {
      const ran = await place.type(words[0] === 'sh' ? ['run', '--', 'sh'] : words, '')
      expect(ran.stdout.endsWith(hint)).toBe(true)
    }
    for (const words of [
      ['-q', '--', 'sh'],
      ['--json', '--', 'sh'],
      ['--', 'sh', '-c', 'true'],
      ['--', 'true'],
      ['--', 'false'],
      ['--', 'pwd'],
      ['--tool', 'codex', '--', 'sh'],
    ]) {
      expect((await place.type(['run', ...words], '')).stdout).not.toContain(hint)
    }
    expect((await place.stint(['run', '--', 'sh'])).stderr).not.toContain('--interactive')
  })

  test('is refused without a terminal, with a limit to its silence, and where the tool has nothing to be talked with', async () => {
    const place = makeTerminal()
    const piped = await place.stint(['run', '-i', '--', 'true'])
    expect(piped.status).toBe(2)
    expect(piped.stderr).toContain('--interactive needs a terminal')
    const limited = await place.type(['run', '-i', '--idle-timeout', '1s', '--', 'true'], '')
    expect(limited.status).toBe(2)
    expect(limited.stdout).toContain('--idle-timeout is for a turn that is done without you')
    const ran = await place.type(['run', '-i', '--acp', 'cat'], '')
    expect(ran.status).toBe(2)
    expect(ran.stdout).toContain('acp has nothing to be talked with')
  })

  test('is ended by kill, from another terminal', async () => {
    const place = makeTerminal()
    const ran = place.type(['run', '-i', '--name', 'open', '--', 'sleep', '600'], '')
    for (;;) {
      const { status } = (await place.json<Row[]>(['list']))[0] ?? {}
      if (status === 'running') break
    }
    expect((await place.stint(['kill', 'open'])).status).toBe(0)
    await ran
    expect((await place.json<Row>(['result', 'open'])).outcome).toBe('cancelled')
  })

  test('is ended by kill by its pid when nothing of it carries the id', async () => {
    const place = makeTerminal()
    const bare = ['env', '-u', 'STINT_SESSION_ID', '-u', 'STINT_OUTER_TURNS', 'sleep', '600']
    const run = startAtTerminal(place, ['run', '-i', '--name', 'open', '--', ...bare])
    await until('it runs', async () => {
      const [row] = await place.json<Row[]>(['list'])
      return row?.status === 'running'
    })
    const killed = await place.stint(['kill', 'open'])
    expect(killed).toMatchObject({ status: 0, stderr: expect.stringContaining('SIGTERM') })
    await run.ended
    expect((await place.json<Row>(['result', 'open'])).outcome).toBe('cancelled')
  })
})
