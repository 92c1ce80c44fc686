/** The session that `run` makes: what it is called, where it stands, and who is whose child. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  agent,
  entriesOf,
  expectRefusal,
  failureOf,
  fileText,
  isRunning,
  makePlace,
  preload,
  program,
  type Row,
  sessionOf,
  snapshot,
  touch,
  until,
} from '../support/cli.ts'

/** How a tool calls stint again. */
const nested = `"${process.execPath}" "${program}"`

describe('what run prints', () => {
  test('--json prints the one result object and none of the output of the tool', async () => {
    const place = makePlace()
    const script = 'echo data; echo talk >&2; touch "$STINT_OUTPUT_DIR/report.txt"; exit 3'
    const ran = await place.stint(['run', '--json', '--', 'sh', '-c', script])
    expect(ran.status).toBe(3)
    expect(ran.stderr).toMatch(/^session [0-9A-Z]{26} turn 1\ntalk\n$/)
    const result = JSON.parse(ran.stdout) as Row
    expect(Object.keys(result).sort()).toEqual(
      [
        ...['session_id', 'turn', 'tool', 'outcome', 'exit_code', 'signal', 'summary'],
        ...['started_at', 'completed_at', 'duration_ms', 'provider_session_id', 'usage'],
        ...['cost_usd', 'peak_memory_bytes', 'events_count', 'artifacts'],
      ].sort(),
    )
    expect(result).toMatchObject({
      session_id: sessionOf(ran.stderr),
      turn: 1,
      tool: 'command',
      outcome: 'failure',
      exit_code: 3,
      signal: null,
      summary: 'data',
      artifacts: [{ path: 'turn-0001/report.txt', size_bytes: 0 }],
    })
    expect(result.started_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const entries = entriesOf(place.session(result.session_id))
    expect(result.events_count).toBe(entries.filter((entry) => entry.turn === 1).length)
    expect(entries.at(-1)?.data).toEqual(result)
    expect(await place.json(['result', '@last'])).toEqual(result)
  })

  test('has the peak memory of all processes of the turn, or null', async () => {
    const place = makePlace()
    const hold = 'const b = Buffer.alloc(80 << 20, 1); setTimeout(() => b, 5000)'
    const both = `"${process.execPath}" -e '${hold}' & "${process.execPath}" -e '${hold}'; wait`
    const resultOf = async (...command: string[]) =>
      JSON.parse((await place.stint(['run', '--json', '--', ...command])).stdout) as Row
    const result = await resultOf('sh', '-c', both)
    if (process.platform === 'linux') {
      expect(result.peak_memory_bytes).toBeGreaterThan(160 << 20)
      expect(result.peak_memory_bytes).toBeLessThan(600 << 20)
    } else {
      expect(result.peak_memory_bytes).toBeNull()
    }
    const short = await resultOf('sleep', '0.2')
    if (process.platform === 'linux') expect(short.peak_memory_bytes).toBeGreaterThan(100_000)
  })

  test('--quiet leaves both streams to the tool', async () => {
    const place = makePlace()
    const script = 'echo data; echo talk >&2'
    const ran = await place.stint(['run', '--quiet', '--', 'sh', '-c', script])
    expect(ran).toMatchObject({ status: 0, stdout: 'data\n', stderr: 'talk\n' })
  })

  test('--id-file has the id before the tool starts', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '--id-file', 'id.txt', '--', 'cat', 'id.txt'])
    expect(ran.stdout).toBe(`${sessionOf(ran.stderr)}\n`)
  })

  test('everything it makes is for its owner alone, whatever the umask', async () => {
    const place = makePlace()
    const shell = place.startOther([
      ...['sh', '-c', 'umask 0; "$@"', 'sh'],
      ...[process.execPath, program, 'run', '-q', '--', 'true'],
    ])
    expect((await shell.ended).status).toBe(0)
    for (const [path, facts] of Object.entries(snapshot(place.home))) {
      expect(`${path} ${facts.slice(0, facts.indexOf(' '))}`).toMatch(/ (40700|100600)$/)
    }
  })
})

describe('what run makes', () => {
  test('--name, --description and --cwd are the session’s', async () => {
    const place = makePlace()
    mkdirSync(`${place.cwd}/sub`)
    const ran = await place.stint([
      ...['run', '--name', 'auth', '-d', 'Auth refactor', '--cwd', 'sub', '--', 'pwd'],
    ])
    const sub = realpathSync(`${place.cwd}/sub`)
    expect(ran.stdout).toBe(`${sub}\n`)
    const [row] = await place.json<Row[]>(['list'])
    expect(row).toMatchObject({ name: 'auth', description: 'Auth refactor', cwd: sub })
    expect(row?.project_path).toBe(realpathSync(place.cwd))
  })

  test('without a description it is described by its command, as a shell takes it, on one line', async () => {
    const place = makePlace()
    await place.make(['--', 'sh', '-c', 'true\n# two lines\tof it'])
    const [row] = await place.json<Row[]>(['list'])
    expect(row?.description).toBe("sh -c $'true\\n# two lines\\tof it'")
    expect((await place.stint(['logs', '@last'])).stdout).toContain(`turn 1: ${row?.description}\n`)
  })

  test('of a secret with spaces in it no word is in the description', async () => {
    const place = makePlace()
    const secret = ['tr0ub4', 'h0rse', 'st4ple'].join(' ')
    await place.make(['--', 'true', '--password', secret])
    const [row] = await place.json<Row[]>(['list'])
    expect(row?.description).toBe("true --password '[REDACTED:password]'")
  })

  test('the tool has the variables of its turn, and every one of the caller', async () => {
    const place = makePlace()
    const env = { 'FOO.BAR': 'odd name', 'BASH_FUNC_greet%%': '() { echo hi\n}', PLAIN: 'a b\nc' }
    const ran = await place.stint(['run', '--', 'env', '-0'], { env })
    const seen = Object.fromEntries(
      ran.stdout
        .split('\0')
        .filter((pair) => pair !== '')
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    )
    const id = sessionOf(ran.stderr) ?? ''
    expect(seen).toMatchObject({
      ...place.env,
      ...env,
      STINT_SESSION_ID: id,
      STINT_DEPTH: '0',
      STINT_PROJECT_ROOT: place.cwd,
      STINT_PARENT_SESSION: '',
      STINT_SESSION_DIR: place.session(id),
      STINT_OUTPUT_DIR: `${place.session(id)}/output/turn-0001`,
      STINT_TURN: '1',
      STINT_STORE: place.store(),
      PWD: place.cwd,
    })
    const known = new Set([...Object.keys(place.env), ...Object.keys(env), 'PWD', '_', 'OLDPWD'])
    const added = Object.keys(seen).filter((name) => !known.has(name) && !/^STINT_/.test(name))
    expect(added).toEqual([])
    expect(seen).not.toHaveProperty('STINT_GATE')
  })

  test('odd variables do not get in the way of a program with an odd name', async () => {
    const place = makePlace()
    writeFileSync(`${place.cwd}/a=b`, '#!/bin/sh\necho "ran with $1"\n', { mode: 0o755 })
    const env = { 'FOO.BAR': 'odd name' }
    const ran = await place.stint(['run', '-q', '--', './a=b', 'c'], { env })
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({
      status: 0,
      stdout: 'ran with c\n',
    })
  })

  test('a variable whose name looks like an option is only a variable', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '-q', '--', 'env'], { env: { '-u': 'HOME', '--x': 'y' } })
    expect(ran).toMatchObject({ status: 0, stderr: '' })
    expect(ran.stdout).toMatch(/^-u=HOME$/m)
    expect(ran.stdout).toMatch(/^--x=y$/m)
  })

  test('the tool has its lock as descriptor 100 and no other descriptor of stint', async () => {
    const place = makePlace()
    const list = ['ls', '-l', '/proc/self/fd']
    const numbersOf = (text: string) => [...text.matchAll(/ (\d+) -> /g)].map(([, fd]) => fd)
    const ran = await place.stint(['run', '--', ...list])
    const without = await place.startOther(list).ended
    expect(ran.stdout).toContain(
      ` 100 -> ${place.session(sessionOf(ran.stderr) ?? '')}/locks/command.lock\n`,
    )
    const others = numbersOf(ran.stdout).filter((fd) => fd !== '100')
    expect(others.sort()).toEqual(numbersOf(without.stdout).sort())
  })

  test('two sessions at once do not wait for each other', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const runs = [1, 2, 3].map(() => place.start(['run', '--', agent('hold.sh'), gate]))
    for (const run of runs) await run.says('working as')
    const rows = await place.json<Row[]>(['list', '--status', 'running'])
    expect(rows).toHaveLength(3)
    touch(gate)
    for (const run of runs) expect((await run.ended).status).toBe(0)
    expect(await place.json<Row[]>(['list', '--status', 'running'])).toEqual([])
  })
})

describe('run --ephemeral', () => {
  test('leaves nothing behind, and is listed nowhere while it runs', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--ephemeral', '--', agent('hold.sh'), gate])
    const id = await run.session()
    expect(await place.json<Row[]>(['list'])).toEqual([])
    expect(await place.json(['show', id])).toMatchObject({ id, status: 'running' })
    expect((await place.stint(['show', id.slice(0, 10)])).status).toBe(3)
    const [usage] = await place.json<Row[]>(['du', id])
    expect(usage?.sessions[0].bytes).toBeGreaterThan(0)
    // Nor does it wait for a session that nothing can go on with then.
    for (const way of [
      ['run', '--fork', id],
      ['resume', id],
      ['resume', id, '--wait'],
    ]) {
      const refused = await place.stint([...way, '--', 'true'])
      expectRefusal(refused, { status: 125, code: 'SESSION_UNKNOWN' })
      expect(refused.stderr).toContain(`session ${id} is ephemeral`)
    }
    // It says nothing of what it does not look at.
    const doctor = await place.stint(['doctor', id])
    expectRefusal(doctor, { status: 3, code: 'SESSION_UNKNOWN' })
    touch(gate)
    expect((await run.ended).status).toBe(0)
    for (const where of ['sessions', 'ephemeral', 'staging']) {
      expect(readdirSync(`${place.store()}/${where}`)).toEqual([])
    }
    expect((await place.stint(['show', id])).status).toBe(3)
  })

  test('gives the result of a tool that fails', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '--ephemeral', '--json', '--', 'sh', '-c', 'exit 5'])
    expect(ran.status).toBe(5)
    expect(JSON.parse(ran.stdout)).toMatchObject({ outcome: 'failure', exit_code: 5 })
    expect(readdirSync(`${place.store()}/ephemeral`)).toEqual([])
  })

  test('what a killed one left, the next run removes, once nothing of it lives', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--ephemeral', '--', agent('hold.sh'), gate])
    await run.says('working as')
    const tool = Number(/\d+/.exec(run.stdout())?.[0])
    run.kill('SIGKILL')
    await run.ended
    await place.make()
    expect(readdirSync(`${place.store()}/ephemeral`)).toHaveLength(1)
    touch(gate)
    await until('the tool has ended', () => !isRunning(tool))
    await place.make()
    expect(readdirSync(`${place.store()}/ephemeral`)).toEqual([])
  })
})

describe('run --fork', () => {
  test('makes a session of its own from the source, which is not touched', async () => {
    const place = makePlace()
    mkdirSync(`${place.cwd}/sub`)
    const source = await place.make([
      '--name',
      'auth',
      '-d',
      'The source',
      '--cwd',
      'sub',
      '--',
      'true',
    ])
    const before = snapshot(place.session(source))
    const ran = await place.stint(['run', '--fork', 'auth', '--', 'pwd'])
    expect(ran.stdout).toBe(`${place.cwd}/sub\n`)
    const id = sessionOf(ran.stderr) ?? ''
    expect(id).not.toBe(source)
    expect(snapshot(place.session(source))).toEqual(before)
    const shown = await place.json(['show', id])
    expect(shown).toMatchObject({
      fork_of_session_id: source,
      parent_session_id: null,
      depth: 0,
      description: 'The source',
      name: null,
      turn: 1,
    })
    expect(entriesOf(place.session(id))[0]?.data).toMatchObject({
      event: 'forked',
      fork_of: source,
      turn: 1,
      seq: entriesOf(place.session(source)).length - 1,
    })
  })

  test('needs no lock: a running session can be forked, and a fork of a child is a child', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const parent = await place.make()
    const run = place.start(['run', '--parent', parent, '--', agent('hold.sh'), gate])
    const child = await run.session()
    const fork = await place.make(['--fork', child, '-d', 'Mine', '--', 'true'])
    const list = (await place.stint(['list'])).stdout
    expect(list).toContain(`fork of ${child.slice(-6)}: Mine`)
    expect(await place.json(['show', fork])).toMatchObject({
      parent_session_id: parent,
      fork_of_session_id: child,
      depth: 1,
      description: 'Mine',
    })
    touch(gate)
    expect((await run.ended).status).toBe(0)
  })
})

describe('a run inside a turn', () => {
  test('makes a child, which finds itself and its kin', async () => {
    const place = makePlace()
    const script = `${nested} run -q --name child -- sh -c '
      for ref in @self @parent @root; do ${nested} show $ref --json; done
      ${nested} run -q --name grandchild -- sh -c "${nested.replaceAll('"', '\\"')} show @root --json; echo \\$STINT_DEPTH \\$STINT_PARENT_SESSION"
      ${nested} show @last --json'
      ${nested} show @last --json`
    const ran = await place.stint(['run', '--name', 'root', '--', 'sh', '-c', script])
    expect(ran.status).toBe(0)
    const lines = ran.stdout.trim().split('\n')
    const depth = lines.splice(4, 1)[0]
    const names = lines.map((line) => (JSON.parse(line) as Row).name)
    expect(names).toEqual(['child', 'root', 'root', 'root', 'grandchild', 'child'])
    const child = JSON.parse(lines[0] ?? '') as Row
    expect(depth).toBe(`2 ${child.id}`)
    expect(child).toMatchObject({ depth: 1, parent_session_id: sessionOf(ran.stderr) })
    expect(await place.json(['show', '@last'])).toMatchObject({ name: 'root' })
  })

  test('is refused over the limit of depth, before anything is made', async () => {
    const place = makePlace()
    const ran = await place.stint(
      ['run', '-q', '--', 'sh', '-c', `${nested} run --json -- true; echo $?`],
      { env: { STINT_DEPTH_LIMIT: '0' } },
    )
    expect(ran.stdout).toBe('2\n')
    expect(failureOf(ran)).toMatchObject({ code: 'DEPTH_EXCEEDED', data: { depth: 1, limit: 0 } })
    expect(await place.json<Row[]>(['list'])).toHaveLength(1)
  })

  test('is no child, with a warning, when the turn that the environment names has ended', async () => {
    const place = makePlace()
    const old = await place.make()
    const env = {
      STINT_SESSION_ID: old,
      STINT_TURN: '1',
      STINT_STORE: place.store(),
      STINT_DEPTH: '0',
    }
    const ran = await place.stint(['run', '--quiet', '--', 'true'], { env })
    expect(ran.status).toBe(0)
    expect(ran.stderr).toMatch(/^warning: STINT_SESSION_ID names .*`unset STINT_SESSION_ID`/)
    const [row] = await place.json<Row[]>(['list'])
    expect(row).toMatchObject({ parent_session_id: null, depth: 0 })
    expectRefusal(await place.stint(['show', '@self'], { env }), {
      status: 3,
      code: 'REF_NEEDS_TURN',
    })
  })

  test('is no child, with a warning, of a turn in another project', async () => {
    const place = makePlace()
    mkdirSync(`${place.dir}/other`)
    const script = `${nested} run --project "$0" --cwd "$0" -- true`
    const ran = await place.stint(['run', '-q', '--', 'sh', '-c', script, `${place.dir}/other`])
    expect(ran.status).toBe(0)
    const [row] = await place.json<Row[]>(['list', '--project', `${place.dir}/other`])
    expect(row).toMatchObject({ parent_session_id: null, depth: 0 })
    expect(ran.stderr).toMatch(/^warning: .*STINT_SESSION_ID/m)
  })

  test('--parent makes a child of any session', async () => {
    const place = makePlace()
    const parent = await place.make()
    const child = await place.make(['--parent', parent, '--', 'sh', '-c', 'exit 0'])
    expect(await place.json(['show', child])).toMatchObject({ parent_session_id: parent, depth: 1 })
    expect(await place.json(['show', '@last'])).toMatchObject({ id: parent })
    expectRefusal(await place.stint(['run', '--parent', 'nobody', '--', 'true']), {
      status: 125,
      code: 'SESSION_UNKNOWN',
    })
  })

  test('--shared marks the store that it makes, and no other', async () => {
    const place = makePlace()
    const held = 'ls "$STINT_SESSION_DIR/locks" | grep -c ^lease$'
    expect(await place.stint(['run', '-q', '--shared', '--', 'sh', '-c', held])).toMatchObject({
      status: 0,
      stdout: '1\n',
    })
    const facts = `${place.store()}/project.toml`
    expect(readFileSync(facts, 'utf8')).toMatch(/^shared = true$/m)
    await place.make(['--shared', '--', 'true'])
    writeFileSync(facts, readFileSync(facts, 'utf8').replace('shared = true', 'shared = false'))
    const refused = await place.stint(['run', '--shared', '--', 'true'])
    expectRefusal(refused, { status: 2, code: 'STORE_NOT_SHARED' })
    expect(refused.stderr).toContain(`set shared = true in ${facts}`)
    expect(await place.json<Row[]>(['list'])).toHaveLength(2)
  })
})

describe('resume', () => {
  test('is the next turn of the same session, in the directory where it was, and says so', async () => {
    const place = makePlace()
    mkdirSync(`${place.cwd}/sub`)
    const id = await place.make(['--cwd', 'sub', '--', 'true'])
    const ran = await place.stint(['resume', id, '--', 'pwd'])
    expect(ran.status).toBe(0)
    expect(ran.stdout).toBe(`${place.cwd}/sub\n`)
    expect(ran.stderr).toBe(`session ${id} turn 2\nin ${place.cwd}/sub\n`)
    const again = await place.stint(['run', '--last', '--', 'sh', '-c', 'echo $STINT_TURN'])
    expect(again.stdout).toBe('3\n')
    const moved = await place.stint(['run', '--session', id, '--cwd', '.', '--', 'pwd'])
    expect(moved.stdout).toBe(`${place.cwd}\n`)
    expect(await place.json<Row[]>(['list'])).toHaveLength(1)
    const entries = entriesOf(place.session(id))
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index))
    const turns = entries.filter(({ type }) => type.startsWith('turn_')).map(({ turn }) => turn)
    expect(turns).toEqual([1, 1, 2, 2, 3, 3, 4, 4])
    for (const turn of [1, 2, 3, 4]) {
      expect(existsSync(`${place.session(id)}/output/turn-000${turn}/result.toml`)).toBe(true)
    }
  })

  test('is refused when that directory is gone, and works with another', async () => {
    const place = makePlace()
    mkdirSync(`${place.cwd}/sub`)
    const id = await place.make(['--cwd', 'sub', '--', 'sh', '-c', 'rmdir "$PWD"'])
    const before = entriesOf(place.session(id))
    expectRefusal(await place.stint(['resume', id, '--', 'pwd']), {
      status: 125,
      code: 'CWD_GONE',
      hint: new RegExp(`session ${id} ran there; name another with --cwd`),
    })
    expect(entriesOf(place.session(id))).toEqual(before)
    const ran = await place.stint(['resume', id, '--cwd', '.', '--', 'pwd'])
    expect(ran).toMatchObject({ status: 0, stdout: `${place.cwd}\n` })
  })

  test('needs a command for a session of a command', async () => {
    const place = makePlace()
    const id = await place.make()
    const before = snapshot(place.home)
    expectRefusal(await place.stint(['resume', id]), {
      status: 2,
      code: 'COMMAND_NEEDED',
      hint: new RegExp(`stint resume ${id} -- `),
    })
    expect(snapshot(place.home)).toEqual(before)
  })

  test('of a running session is refused with its holder, in words and in JSON', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    const words = await place.stint(['resume', id, '--', 'true'])
    expectRefusal(words, {
      status: 125,
      code: 'SESSION_LOCKED',
      hint: /--wait.*stint kill.*--fork/,
    })
    expect(words.stderr).toMatch(
      new RegExp(
        `session ${id} is locked by PID ${run.pid} \\(command, turn 1, host \\S+, for \\S+\\)`,
      ),
    )
    const json = await place.stint(['resume', id, '--json', '--', 'true'])
    expect(json).toMatchObject({ status: 125, stdout: '' })
    expect(json.stderr.trimEnd().split('\n')).toHaveLength(1)
    const failure = failureOf(json)
    expect(failure).toMatchObject({
      code: 'SESSION_LOCKED',
      data: { id, holder: { pid: run.pid, tool: 'command', turn: 1 } },
    })
    expect(failure.hint).toContain(`stint kill ${id}`)
    touch(gate)
    expect((await run.ended).status).toBe(0)
  })

  test('--wait takes its turn when the running one has ended', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    const waiter = place.start(['resume', id, '--wait', '--', 'echo', 'my turn'])
    const refused = await place.stint(['resume', id, '--wait=1s', '--', 'true'])
    expectRefusal(refused, { status: 125, code: 'WAIT_EXPIRED', hint: false })
    expect(waiter.isOver()).toBe(false)
    touch(gate)
    expect((await run.ended).status).toBe(0)
    expect(await waiter.ended).toMatchObject({ status: 0, stdout: 'my turn\n' })
    expect(await place.json(['show', id])).toMatchObject({ turn: 2, outcome: 'success' })
  })

  test('that is interrupted while it waits is 130', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    const waiter = place.start(['resume', id, '--wait', '--json', '--', 'true'], {
      env: { LISTENS_FILE: `${place.dir}/listens` },
      preload: [preload('listens')],
    })
    await fileText(`${place.dir}/listens`)
    waiter.kill('SIGINT')
    const ran = await waiter.ended
    expect(failureOf(ran).code).toBe('INTERRUPTED')
    expect(ran.status).toBe(130)
    touch(gate)
    expect((await run.ended).status).toBe(0)
  })

  test('of a session that is named by another project needs --all-projects', async () => {
    const place = makePlace()
    const id = await place.make(['--name', 'here', '--', 'true'])
    mkdirSync(`${place.dir}/other`)
    const how = { cwd: `${place.dir}/other` }
    expectRefusal(await place.stint(['resume', 'here', '--', 'pwd'], how), {
      status: 125,
      code: 'SESSION_ELSEWHERE',
      hint: /--all-projects/,
    })
    const ran = await place.stint(['resume', 'here', '--all-projects', '--', 'pwd'], how)
    expect(ran).toMatchObject({ status: 0, stdout: `${place.cwd}\n` })
    expect(ran.stderr).toContain(`session ${id} turn 2\n`)
  })
})
