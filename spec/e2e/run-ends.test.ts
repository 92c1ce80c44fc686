/** How `run` ends: exit statuses, signals, deadlines, and what keeps a tool from starting. */

import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { describe, expect, test } from 'vitest'
import {
  agent,
  entriesOf,
  expectRefusal,
  failureOf,
  fileText,
  isRunning,
  makePlace,
  type Place,
  preload,
  processState,
  program,
  type Row,
  snapshot,
  touch,
  until,
} from '../support/cli.ts'
import { startAtTerminal } from '../support/terminal.ts'

const { signals } = constants

async function lastResult(place: Place): Promise<Row> {
  return place.json(['result', '@last'])
}

/** The pid that an agent says it has. */
function toolPid(stdout: string): number {
  return Number(/^working as (\d+)$/m.exec(stdout)?.[1])
}

describe('the exit status of run', () => {
  test.each([
    ['0', 'success', 0],
    ['3', 'failure', 3],
    ['125', 'failure', 125],
    ['255', 'failure', 255],
  ])('is the tool’s own: %s', async (code, outcome, status) => {
    const place = makePlace()
    const ran = await place.stint(['run', '--', 'sh', '-c', `exit ${code}`])
    expect(ran.status).toBe(status)
    const result = await lastResult(place)
    expect(result).toMatchObject({ outcome, exit_code: status, signal: null })
  })

  test.each([
    ['TERM', 143],
    ['KILL', 137],
    ['SEGV', 139],
  ])('is 128+n when the tool dies of SIG%s by itself, which is a failure', async (name, status) => {
    const place = makePlace()
    const ran = await place.stint(['run', '--', 'sh', '-c', `ulimit -c 0; kill -${name} $$`])
    expect(ran.status).toBe(status)
    expect(await lastResult(place)).toMatchObject({
      outcome: 'failure',
      exit_code: null,
      signal: `SIG${name}`,
    })
  })

  test('is 124 when the tool takes longer than it may', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '--timeout', '300ms', '--', 'sleep', '60'])
    expect(ran.status).toBe(124)
    expect(ran.stderr).toContain(
      'warning: command was ended: it took longer than 300ms; --timeout allows more\n',
    )
    expect(await lastResult(place)).toMatchObject({ outcome: 'timed_out', signal: 'SIGTERM' })
  })

  test('is 124 whatever the tool makes of the deadline', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '--timeout', '2s', '--', agent('heed.sh'), 'TERM', '7'])
    expect(ran.status).toBe(124)
    expect(await lastResult(place)).toMatchObject({ outcome: 'timed_out', exit_code: 7 })
  })

  test('is 124 when the tool is silent for longer than it may be', async () => {
    const place = makePlace()
    const script = 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done; sleep 60'
    const ran = await place.stint(['run', '--idle-timeout', '2s', '--', 'sh', '-c', script])
    expect(ran.status).toBe(124)
    expect(ran.stdout).toBe('1\n2\n3\n4\n5\n6\n')
    const result = await lastResult(place)
    expect(result.outcome).toBe('timed_out')
    expect(result.duration_ms).toBeGreaterThan(2_500)
  })

  test('a tool that is deaf to the deadline is killed after the grace', async () => {
    const place = makePlace()
    const env = { STINT_KILL_GRACE: '200ms' }
    const run = place.start(['run', '--timeout', '2s', '--', agent('deaf.sh')], { env })
    await run.says('working as')
    expect((await run.ended).status).toBe(124)
    expect(await lastResult(place)).toMatchObject({ outcome: 'timed_out', signal: 'SIGKILL' })
  })

  test('a grace of any length is one', async () => {
    const place = makePlace()
    const script = 'trap "sleep 0.5; echo tidy; exit" TERM; while :; do sleep 0.1; done'
    const env = { STINT_KILL_GRACE: '30d' }
    const ran = await place.stint(['run', '-q', '--timeout', '2s', '--', 'sh', '-c', script], {
      env,
    })
    expect(ran).toMatchObject({ status: 124, stdout: 'tidy\n' })
    expect(ran.stderr).not.toContain('TimeoutOverflowWarning')
  })

  test('what the tool started and left deaf to the deadline ends with it', async () => {
    const place = makePlace()
    const words = ['sh', '-c', '"$0" & "$0" & wait', agent('deaf.sh')]
    const run = place.start(['run', '--timeout', '3s', '--', ...words])
    const pids = await until('both work', () => {
      const found = [...run.stdout().matchAll(/^working as (\d+)$/gm)].map(([, pid]) => Number(pid))
      return found.length === 2 && found
    })
    expect((await run.ended).status).toBe(124)
    expect(await lastResult(place)).toMatchObject({ outcome: 'timed_out', signal: 'SIGTERM' })
    await until('nothing of it runs', () => !pids.some(isRunning))
  })
})

describe('a signal to stint', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
    ['SIGALRM', 128 + signals.SIGALRM],
    ['SIGUSR1', 128 + signals.SIGUSR1],
    ['SIGUSR2', 128 + signals.SIGUSR2],
    ['SIGXCPU', 128 + signals.SIGXCPU],
  ] as const)(
    '%s is passed on, and a tool that dies of it was interrupted',
    async (signal, status) => {
      const place = makePlace()
      const script = 'ulimit -c 0; echo ready; exec sleep 60'
      const run = place.start(['run', '--', 'sh', '-c', script])
      await run.says('ready')
      run.kill(signal)
      expect((await run.ended).status).toBe(status)
      expect(await lastResult(place)).toMatchObject({ outcome: 'interrupted' })
    },
  )

  test.each([
    ['SIGINT', 'INT', '0', 130],
    ['SIGTERM', 'TERM', '0', 143],
    ['SIGINT', 'INT', '9', 9],
  ] as const)(
    '%s to a tool that then exits by itself: trap %s, exit %s is %i',
    async (signal, name, code, status) => {
      const place = makePlace()
      const run = place.start(['run', '--', agent('heed.sh'), name, code])
      await run.says('working as')
      run.kill(signal)
      const ran = await run.ended
      expect(ran.stdout).toContain(`heard ${name}\n`)
      expect(ran.status).toBe(status)
      expect(await lastResult(place)).toMatchObject({
        outcome: 'interrupted',
        exit_code: Number(code),
      })
    },
  )

  test.each(['USR1', 'XCPU'])(
    'SIG%s is a warning: a tool that heeds it goes on to its own end',
    async (name) => {
      const place = makePlace()
      const run = place.start(['run', '--', agent('heed.sh'), name, '0'])
      await run.says('working as')
      run.kill(`SIG${name}` as NodeJS.Signals)
      const ran = await run.ended
      expect(ran.stdout).toContain(`heard ${name}\n`)
      expect(ran.status).toBe(0)
      expect(await lastResult(place)).toMatchObject({ outcome: 'success', exit_code: 0 })
    },
  )

  test('a tool that stopped itself is continued to hear it', async () => {
    const place = makePlace()
    const run = place.start([
      'run',
      '--',
      'sh',
      '-c',
      'echo working as $$; kill -STOP $$; sleep 60',
    ])
    await run.says('working as')
    const tool = toolPid(run.stdout())
    await until('the tool stands', () => processState(tool) === 'T')
    run.kill('SIGTERM')
    expect((await run.ended).status).toBe(143)
    expect(await lastResult(place)).toMatchObject({ outcome: 'interrupted', signal: 'SIGTERM' })
  })

  test('a second SIGINT kills a tool that is deaf to the first', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('deaf.sh')])
    await run.says('working as')
    const tool = toolPid(run.stdout())
    run.kill('SIGINT')
    // The first one was taken when it is no longer pending.
    await until('the first signal was taken', () => signalsPending(run.pid) === 0)
    expect(isRunning(tool)).toBe(true)
    run.kill('SIGINT')
    expect((await run.ended).status).toBe(137)
    expect(await lastResult(place)).toMatchObject({ outcome: 'interrupted', signal: 'SIGKILL' })
  })

  test('SIGHUP is left alone with --no-hup, for the tool as for stint', async () => {
    const place = makePlace()
    const run = place.start(['run', '--no-hup', '--', agent('heed.sh'), 'HUP', '9'])
    await run.says('working as')
    run.kill('SIGHUP')
    await until('the signal was taken', () => signalsPending(run.pid) === 0)
    run.kill('SIGTERM')
    const ran = await run.ended
    expect(ran.stdout).not.toContain('heard HUP')
    expect(ran.status).toBe(143)
  })

  test('sent as soon as the session is named, it is passed on and the turn has its end', async () => {
    const place = makePlace()
    for (let round = 1; round <= 3; round++) {
      const run = place.start(['run', '--', 'sleep', '60'])
      const named = new Promise<void>((done) => run.child.stderr?.once('data', () => done()))
      await named
      run.kill('SIGTERM')
      const ran = await run.ended
      expect({ status: ran.status, signal: ran.signal }).toEqual({ status: 143, signal: null })
      expect(await place.json(['show', '@last'])).toMatchObject({
        status: 'idle',
        outcome: 'interrupted',
      })
    }
  })

  /** Runs a command that is sent a signal while stint stands at a call. */
  const signalAt = async (place: Place, call: object, words: readonly string[]) => {
    const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
    const run = place.start(words, {
      env: { PAUSE: JSON.stringify({ ...call, reached, until: go }) },
      preload: [preload('pause')],
    })
    await fileText(reached)
    // Twice, as timeout(1) does: to the process, and to all of its group.
    run.kill('SIGTERM')
    await until('the signal was taken', () => signalsPending(run.pid) === 0)
    run.kill('SIGTERM')
    await until('the signal was taken', () => signalsPending(run.pid) === 0)
    touch(go)
    return run.ended
  }

  test.each([
    ['before the turn is recorded', { call: 'openSync', path: 'command.lock' }],
    ['when the turn is recorded', { call: 'renameSync', in: '/last.' }],
  ])('sent %s, it ends the turn', async (_, call) => {
    const place = makePlace()
    const ran = await signalAt(place, call, ['run', '--', 'sleep', '60'])
    expect({ status: ran.status, signal: ran.signal }).toEqual({ status: 143, signal: null })
    expect(await lastResult(place)).toMatchObject({ outcome: 'interrupted', signal: 'SIGTERM' })
  })

  test('sent while the end of the turn is recorded, it changes nothing', async () => {
    const place = makePlace()
    const call = { call: 'readdirSync', in: '/output/' }
    const ran = await signalAt(place, call, ['run', '--', 'true'])
    expect({ status: ran.status, signal: ran.signal }).toEqual({ status: 0, signal: null })
    expect(await lastResult(place)).toMatchObject({ outcome: 'success', exit_code: 0 })
  })

  test('SIGTSTP stops both, SIGCONT continues both, and deadlines stand still meanwhile', async () => {
    const place = makePlace()
    // One process: a shell that is just starting another would stand in D, not in T.
    const sleeper = ['sh', '-c', 'echo working as $$; exec sleep 60']
    const run = place.start(['run', '--timeout', '3s', '--', ...sleeper])
    await run.says('working as')
    const tool = toolPid(run.stdout())
    run.kill('SIGTSTP')
    await until('both stand', () => processState(run.pid) === 'T' && processState(tool) === 'T')
    const stopped = Date.now()
    const shown = await place.json(['show', '@last'])
    expect(shown.status).toBe('running')
    expect(shown.liveness.holder).toMatchObject({ pid: run.pid, stopped: true })
    // The deadline passes while both stand.
    await until('the deadline would have passed', () => Date.now() - stopped > 3_200)
    expect([processState(run.pid), processState(tool)]).toEqual(['T', 'T'])
    run.kill('SIGCONT')
    const stoodFor = Date.now() - stopped
    await until('the tool goes on', () => processState(tool) !== 'T')
    expect((await run.ended).status).toBe(124)
    const result = await lastResult(place)
    expect(result.outcome).toBe('timed_out')
    expect(result.duration_ms).toBeGreaterThan(stoodFor + 2_500)
  })

  test.skipIf(process.platform !== 'linux')(
    'Ctrl-Z stops nothing where no shell could continue it',
    async () => {
      const place = makePlace()
      const run = startAtTerminal(place, [
        'run',
        '--timeout',
        '3s',
        '--',
        'sh',
        '-c',
        'echo working; sleep 60',
      ])
      await run.says('working')
      run.child.stdin?.write('\x1a')
      expect((await run.ended).status).toBe(124)
    },
  )

  test.each(['', '>&2'])(
    'says why on a line of its own at a terminal: printf %s',
    async (where) => {
      const place = makePlace()
      const command = `printf half${where}; exec sleep 60`
      const run = startAtTerminal(place, ['run', '--timeout', '300ms', '--', 'sh', '-c', command])
      expect((await run.ended).stdout).toMatch(/half\r\n\S*warning\S* command was ended: /)
    },
  )

  test('SIGCONT continues the tool, also where no deadline would', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', 'sh', '-c', 'echo working as $$; exec sleep 60'])
    await run.says('working as')
    const tool = toolPid(run.stdout())
    run.kill('SIGTSTP')
    await until('both stand', () => processState(run.pid) === 'T' && processState(tool) === 'T')
    run.kill('SIGCONT')
    await until('the tool goes on', () => processState(tool) !== 'T')
    run.kill('SIGTERM')
    expect((await run.ended).status).toBe(143)
  })
})

describe('what keeps a tool from starting', () => {
  test('a program that is not there is 127 and leaves no session', async () => {
    const place = makePlace()
    const before = snapshot(place.home)
    expectRefusal(await place.stint(['run', '--', 'no-such-program']), {
      status: 127,
      code: 'PROGRAM_MISSING',
    })
    expectRefusal(await place.stint(['run', '--', './no-such-program']), {
      status: 127,
      code: 'PROGRAM_MISSING',
      hint: /a relative path counts from where the turn runs/,
    })
    expectRefusal(await place.stint(['run', '--', 'echo hi']), {
      status: 127,
      code: 'PROGRAM_MISSING',
      hint: /the words of a command are given apart/,
    })
    const without = { env: { PATH: place.dir } }
    expectRefusal(await place.stint(['run', '--tool', 'gemini-cli', 'hi'], without), {
      status: 127,
      code: 'PROGRAM_MISSING',
      hint: /`stint tools` says which agents are installed/,
    })
    expectRefusal(await place.stint(['run', '--acp', 'no-such-agent', 'hi']), {
      status: 127,
      code: 'PROGRAM_MISSING',
      hint: /directory of PATH$/m,
    })
    expect(snapshot(place.home)).toEqual(before)
  })

  test('a file that is not executable and a directory are 126 and leave no session', async () => {
    const place = makePlace()
    writeFileSync(`${place.cwd}/plain`, 'text\n')
    mkdirSync(`${place.cwd}/folder`)
    const before = snapshot(place.home)
    expectRefusal(await place.stint(['run', '--', './plain']), {
      status: 126,
      code: 'PROGRAM_NOT_EXECUTABLE',
      hint: new RegExp(`chmod \\+x ${place.cwd}/plain`),
    })
    expectRefusal(await place.stint(['run', '--', './folder']), {
      status: 126,
      code: 'PROGRAM_NOT_EXECUTABLE',
      hint: false,
    })
    expect(snapshot(place.home)).toEqual(before)
  })

  test('arguments that fit stint but not its tool are 126 and leave no session', async () => {
    const place = makePlace()
    const fits = (bytes: number) =>
      spawnSync('true', longArgs(bytes), { env: place.env }).error === undefined
    let [least, most] = [0, 8_000_000]
    while (most - least > 64) {
      const middle = (least + most) >> 1
      if (fits(middle)) least = middle
      else most = middle
    }
    // What the words of this very command take, a little more than those of `true`.
    const own = [process.execPath, process.execPath, program, 'run', '--json', '--', 'true']
    const words = longArgs(least - own.join(' ').length - 100)
    const ran = await place.stint(['run', '--json', '--', 'true', ...words])
    expect(ran.status).toBe(126)
    expect(failureOf(ran).code).toBe('SPAWN_FAILED')
    expect(await place.json<Row[]>(['list'])).toEqual([])
  })

  test('a store that cannot be made is 125 with its code', async () => {
    const place = makePlace()
    writeFileSync(place.home, 'a file\n')
    const ran = await place.stint(['run', '--', 'echo', 'never'])
    expect(ran.status).toBe(125)
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toMatch(/^error\[(IO_FAILED|ACCESS_DENIED)\]: /)
    expect(ran.stderr).toContain(place.home)
    expect(readFileSync(place.home, 'utf8')).toBe('a file\n')
  })

  test.skipIf(process.getuid?.() === 0)('a directory that may not be written is 125', async () => {
    const place = makePlace()
    mkdirSync(place.home)
    chmodSync(place.home, 0o500)
    const ran = await place.stint(['run', '--', 'echo', 'never'])
    expectRefusal(ran, { status: 125, code: 'ACCESS_DENIED' })
  })

  test('a working directory that is not there is 125 and leaves no session', async () => {
    const place = makePlace()
    const before = snapshot(place.home)
    const ran = await place.stint(['run', '--cwd', 'nowhere', '--', 'echo', 'never'])
    expectRefusal(ran, { status: 125, code: 'CWD_GONE' })
    expect(snapshot(place.home)).toEqual(before)
  })

  test('where a shared store is gone in mid-turn the tool is ended, and it is said why', async () => {
    const place = makePlace()
    const run = place.start(['run', '--shared', '--', 'sh', '-c', 'echo here; exec sleep 60'])
    await run.says('here')
    renameSync(place.store(), `${place.dir}/gone`)
    const { status, stderr } = await run.ended
    expect(status).toBe(143)
    expect(stderr).toContain('was ended: the lease of the session cannot be found any more')
    expect(stderr).toContain("the turn's end is not in the journal")
  })

  test('where too few files may be open it is said, and leaves no session', async () => {
    const place = makePlace()
    const words = ['bash', '-c', 'ulimit -n 64 && exec "$0" "$@"', process.execPath, program]
    const ran = await place.startOther([...words, 'run', '--', 'echo', 'never']).ended
    expectRefusal(ran, { status: 126, code: 'SPAWN_FAILED', hint: false })
    expect(ran.stderr).toContain('ulimit -n')
    expect(await place.json<Row[]>(['list'])).toEqual([])
  })

  test('in a directory that was removed is refused, unless it is told where to go', async () => {
    const place = makePlace()
    const gone = (...args: string[]) => {
      const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"'
      return place.startOther(['sh', '-c', script, process.execPath, program, ...args]).ended
    }
    const ran = await gone('run', '--', 'echo', 'never')
    expectRefusal(ran, { status: 125, code: 'CWD_GONE', hint: /--project/ })
    const there = ['--project', place.cwd]
    const command = ['run', ...there, '--cwd', place.cwd, '--', 'pwd']
    expect(await gone(...command)).toMatchObject({ status: 0, stdout: `${place.cwd}\n` })
    expect(await gone('list', ...there, '--json')).toMatchObject({ status: 0 })
  })

  test('an id file that cannot be written is 125 and leaves no session', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '--id-file', 'no/such/dir/id', '--', 'echo', 'never'])
    expect(ran.status).toBe(125)
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toMatch(/^error\[[A-Z_]+\]: /)
    expect(await place.json<Row[]>(['list'])).toEqual([])
  })

  test('an id file is written where a link leads, and takes the place of no pipe or device', async () => {
    const place = makePlace()
    const [link, device] = [`${place.dir}/link`, `${place.dir}/device`]
    touch(`${place.dir}/id`)
    symlinkSync('id', link)
    const id = await place.make(['--id-file', link, '--', 'true'])
    expect(readFileSync(`${place.dir}/id`, 'utf8')).toBe(`${id}\n`)
    // One of its own: root could put a file in the place of the machine's.
    execFileSync('mkfifo', [device])
    symlinkSync('device', `${place.dir}/to-device`)
    for (const name of [device, `${place.dir}/to-device`]) {
      const ran = await place.stint(['run', '--id-file', name, '--', 'echo', 'never'])
      expectRefusal(ran, { status: 125, code: 'IO_FAILED', hint: false })
    }
    expect(lstatSync(device).isFIFO()).toBe(true)
    expect(await place.json<Row[]>(['list'])).toHaveLength(1)
  })

  test('the entries of a turn are numbered without a gap from its first to its last', async () => {
    const place = makePlace()
    const id = await place.make(['--', 'seq', '1', '500'])
    const entries = entriesOf(place.session(id))
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index))
    expect(entries.slice(0, 2).map(({ type }) => type)).toEqual(['session', 'turn_started'])
    expect(entries.at(-1)?.type).toBe('turn_ended')
  })
})

/** How many signals wait to be taken by a process, from the kernel. */
function signalsPending(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const masks = [...text.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)]
  return masks.reduce((sum, [, mask]) => sum + Number.parseInt(mask ?? '0', 16), 0)
}

/** Words that take about so many bytes when they are handed to a program. */
function longArgs(bytes: number): string[] {
  const each = 100_000
  const words = Array.from({ length: Math.floor(bytes / (each + 9)) }, () => 'a'.repeat(each))
  return [...words, 'b'.repeat(bytes % (each + 9))]
}
