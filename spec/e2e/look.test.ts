/** Looking: list, show, result, logs, artifacts, log, is-alive, wait. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openStore } from '../../lib/index.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { nextId, writeSession } from '../store/sessions.ts'
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

const rowKeys = [
  ...['id', 'name', 'description', 'status', 'phase', 'tool', 'tools', 'turn', 'outcome'],
  ...['created_at', 'last_accessed', 'idle_for_ms', 'parent_session_id', 'fork_of_session_id'],
  ...['depth', 'branch', 'cwd', 'project_path', 'pinned', 'usage'],
]

async function git(place: Place, ...args: string[]): Promise<string> {
  const who = ['-c', 'user.name=A B', '-c', 'user.email=a@example.org']
  const ran = await place.startOther(['git', ...who, ...args]).ended
  expect({ status: ran.status, stderr: ran.status === 0 ? '' : ran.stderr }).toEqual({
    status: 0,
    stderr: '',
  })
  return ran.stdout
}

async function commit(place: Place, subject: string): Promise<void> {
  await git(place, 'commit', '--quiet', '--allow-empty', '-m', subject)
}

function ids(rows: readonly Row[]): string[] {
  return rows.map((row) => row.id as string)
}

describe('list', () => {
  test('of a project without a store is empty, and makes none', async () => {
    const place = makePlace()
    expect(await place.stint(['list'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: 'no sessions\n',
    })
    expect(await place.json(['list'])).toEqual([])
    expect(await place.json(['list', '--tree'])).toEqual([])
    expect(await place.stint(['list', '-q'])).toMatchObject({ status: 0, stderr: '' })
    expect(snapshot(place.home)).toEqual({})
  })

  test('names the tool that is meant', async () => {
    const place = makePlace()
    const said = async (tool: string) => (await place.stint(['list', '--tool', tool])).stderr
    expect(await said('codex,claude')).toBe('no sessions; did you mean --tool claude-code?\n')
    for (const tool of ['claude-code', 'mine']) expect(await said(tool)).toBe('no sessions\n')
  })

  test('is newest first, filtered, limited and sorted as it is asked, and changes nothing', async () => {
    const place = makePlace()
    await git(place, 'init', '--quiet', '-b', 'main')
    await commit(place, 'first')
    const a = await place.make(['--name', 'a', '--', 'seq', '1', '2000'])
    await git(place, 'checkout', '--quiet', '-b', 'feat/x')
    const b = await place.make(['--name', 'b', '--', 'true'])
    const c = await place.make(['--name', 'c', '--parent', a, '--', 'true'])
    await place.stint(['resume', a, '--', 'true'])
    const before = snapshot(place.home)
    const list = async (...args: string[]) => ids(await place.json<Row[]>(['list', ...args]))
    expect(await list()).toEqual([c, b, a])
    expect(await list('--limit', '2')).toEqual([c, b])
    expect(await list('--branch', 'feat/x')).toEqual([c, b])
    expect(await list('--branch', 'main')).toEqual([a])
    expect(await list('--tool', 'codex,command')).toEqual([c, b, a])
    expect(await list('--tool', 'codex')).toEqual([])
    expect(await list('--status', 'idle', '--limit', '1')).toEqual([c])
    expect(await list('--status', 'running,crashed')).toEqual([])
    expect(await list('--since', '1h')).toEqual([c, b, a])
    expect(await list('--since', '2999-01-01')).toEqual([])
    expect(await list('--sort', 'accessed')).toEqual([a, c, b])
    expect((await list('--sort', 'size'))[0]).toBe(a)
    const [row] = await place.json<Row[]>(['list', '--limit', '1'])
    expect(Object.keys(row ?? {}).sort()).toEqual([...rowKeys].sort())
    expect(row).toMatchObject({
      ...{ id: c, name: 'c', description: 'true', status: 'idle', phase: 'active' },
      ...{ tool: 'command', tools: ['command'], turn: 1, outcome: 'success', depth: 1 },
      ...{ parent_session_id: a, fork_of_session_id: null, branch: 'feat/x', cwd: place.cwd },
      ...{ project_path: place.cwd, pinned: false, usage: null },
    })
    const forest = await place.json<Row[]>(['list', '--tree'])
    expect(ids(forest)).toEqual([b, a])
    expect(ids(forest[1]?.children)).toEqual([c])
    expect(Object.keys(forest[0] ?? {}).sort()).toEqual([...rowKeys, 'children'].sort())
    const table = await place.stint(['list'])
    expect(table.stdout.split('\n').map((line) => line.slice(0, 26).trim())).toEqual([
      'SESSION',
      c,
      b,
      a,
      '',
    ])
    const drawn = await place.stint(['list', '--tree'])
    expect(drawn.stdout).toContain(`└─ ${c}`)
    expect(snapshot(place.home)).toEqual(before)
  })

  test('--tree hangs a child whose parent is gone under what is left of it', async () => {
    const place = makePlace()
    const parent = await place.make()
    const child = await place.make(['--parent', parent, '--', 'true'])
    expect((await place.stint(['delete', parent])).status).toBe(0)
    const forest = await place.json<Row[]>(['list', '--tree'])
    expect(forest).toEqual([
      { id: parent, status: 'gone', children: [expect.objectContaining({ id: child })] },
    ])
    expect((await place.stint(['list', '--tree'])).stdout).toMatch(
      new RegExp(`^${parent} +gone\n└─ ${child} +idle +success `, 'm'),
    )
  })

  test('--tree cuts a circle open, and says so', async () => {
    const place = makePlace()
    await place.make()
    const store = openStore({ env: place.env, home: place.dir, cwd: place.cwd })
    const [a, b] = [nextId(), nextId()]
    writeSession(store, { id: a, parent: b })
    writeSession(store, { id: b, parent: a })
    expect((await place.json<Row[]>(['list', '--tree']))[1]).toMatchObject({
      ...{ id: b, cycle: true, children: [{ id: a, children: [] }] },
    })
    expect((await place.stint(['list', '--tree'])).stdout).toMatch(
      new RegExp(`^${b} .* \\(its own ancestor\\)\n└─ ${a} `, 'm'),
    )
  })

  test('--all-projects shows those of every project', async () => {
    const place = makePlace()
    mkdirSync(`${place.dir}/other`)
    const one = await place.make()
    const dir = place.session(one)
    const two = await place.make(undefined, { cwd: `${place.dir}/other` })
    const list = async (...args: string[]) =>
      ids(await place.json<Row[]>(['list', '--all-projects', ...args]))
    expect(await list()).toEqual([two, one])
    writeFileSync(`${dir}/output/large`, Buffer.alloc(300_000, 1))
    expect(await list('--sort', 'size')).toEqual([one, two])
    expect(ids(await place.json<Row[]>(['list', '--project', `${place.dir}/other`]))).toEqual([two])
  })

  test('a worktree of a repository lists the sessions of the repository', async () => {
    const place = makePlace()
    await git(place, 'init', '--quiet', '-b', 'main')
    await commit(place, 'first')
    await git(place, 'worktree', 'add', '--quiet', `${place.dir}/tree`)
    const id = await place.make(undefined, { cwd: `${place.dir}/tree` })
    const [row] = await place.json<Row[]>(['list'])
    expect(row).toMatchObject({
      id,
      branch: 'tree',
      project_path: place.cwd,
      cwd: `${place.dir}/tree`,
    })
  })
})

describe('show', () => {
  test('tells how often each rule took something out, the description and the command included', async () => {
    const place = makePlace()
    const secret = ['tr0ub4dor', '3'].join('-')
    const run = place.start([
      ...['run', '-d', `the password=${secret}`, '--', 'sh', '-c', 'echo password=$1', 'x', secret],
    ])
    const id = await run.session()
    await run.ended
    const { state } = await place.json(['show', id])
    expect(state.redactions).toEqual({ password: 2 })
    const { stdout } = await place.stint(['show', id])
    expect(stdout).toMatch(/^redacted +password 2$/m)
    expect(stdout).toMatch(/^entries +4, \d\.\d KiB$/m)
    expect((await place.stint(['doctor'])).stderr).toContain(
      '2 secrets taken out of what is kept: password x2\n',
    )
  })

  test('has the row, the whole state, the locks and why it lives or not', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    // What the tool has said is being written just now.
    const shown = await until('nothing is written', async () => {
      const now = await place.json(['show', id])
      return now.locks.some((lock: Row) => lock.name === 'journal' && lock.held) ? undefined : now
    })
    expect(Object.keys(shown)).toEqual(
      expect.arrayContaining([...rowKeys, 'dir', 'state', 'locks', 'liveness']),
    )
    expect(shown.dir).toBe(place.session(id))
    expect(shown.state.turn).toMatchObject({ number: 1, tool: 'command' })
    expect(shown.liveness).toMatchObject({ status: 'running', holder: { pid: run.pid } })
    const locks = Object.fromEntries((shown.locks as Row[]).map((lock) => [lock.name, lock]))
    expect(locks.session).toMatchObject({
      held: true,
      holder: { pid: run.pid, tool: 'command', turn: 1 },
    })
    expect(locks.command).toMatchObject({ held: true })
    expect(locks.journal).toMatchObject({ held: false })
    const words = await place.stint(['show', id])
    expect(words.stdout).toMatch(new RegExp(`^status +running +process ${run.pid} supervises`, 'm'))
    touch(gate)
    expect((await run.ended).status).toBe(0)
    expect((await place.json(['show', id])).liveness.status).toBe('idle')
  })
})

describe('result', () => {
  test('is that of the newest finished turn, or of the one that is asked for', async () => {
    const place = makePlace()
    const id = await place.make(['--', 'sh', '-c', 'echo one; exit 1'])
    await place.stint(['resume', id, '--', 'echo', 'two'])
    const gate = `${place.dir}/gate`
    const run = place.start(['resume', id, '--', agent('hold.sh'), gate])
    await run.says('working as')
    expect(await place.json(['result', id])).toMatchObject({ turn: 2, summary: 'two' })
    expect(await place.json(['result', id, '--turn', '1'])).toMatchObject({ turn: 1, exit_code: 1 })
    expectRefusal(await place.stint(['result', id, '--turn', '3']), {
      status: 1,
      code: 'RESULT_MISSING',
      hint: /stint wait/,
    })
    expectRefusal(await place.stint(['result', id, '--turn', '4']), {
      status: 3,
      code: 'TURN_UNKNOWN',
    })
    const told = (await place.stint(['result', id])).stdout
    expect(told).toMatch(/^outcome +success$/m)
    // What is not known is not said.
    expect(told).not.toMatch(/null|undefined/)
    touch(gate)
    expect((await run.ended).status).toBe(0)
    expect(await place.json(['result', id])).toMatchObject({ turn: 3, outcome: 'success' })
  })
})

describe('show and is-alive', () => {
  test('put on one line, and make visible, what a lock file and a state say of themselves', async () => {
    const place = makePlace()
    const id = await place.make()
    const [state, lock] = ['state.toml', 'locks/session.lock'].map(
      (name) => `${place.session(id)}/${name}`,
    ) as [string, string]
    writeFileSync(
      state,
      `${readFileSync(state, 'utf8')}\n[tools."a\\u001b[2J"]\nprovider_session_id = "x"\n`,
    )
    const said = {
      host: 'h\x1b[31m\nstatus idle',
      pid: process.pid,
      start_time: '',
      tool: 't\x1b[2J\nb',
      acquired_at: '2026-01-01T00:00:00Z',
    }
    writeFileSync(lock, JSON.stringify({ ...JSON.parse(readFileSync(lock, 'utf8')), ...said }))
    using _held = tryLock(lock, undefined)
    for (const words of [['show'], ['is-alive'], ['delete']]) {
      const { stdout, stderr } = await place.stint([...words, id])
      expect(stdout + stderr).toContain('h [31m status idle')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    }
  })

  test('tell what can be told where a lock file is none', async () => {
    const place = makePlace()
    const id = await place.make()
    const lock = `${place.session(id)}/locks/session.lock`
    rmSync(lock)
    symlinkSync('/dev/null', lock)
    const ran = await place.stint(['show', id, '--json'])
    expect(ran.status).toBe(0)
    const { status, locks, warnings } = JSON.parse(ran.stdout)
    expect(status).toBe('unknown')
    expect(locks.map(({ name }: Row) => name)).toEqual(['command', 'journal'])
    expect(warnings).toMatchObject([{ code: 'IO_FAILED' }])
    expect((await place.stint(['is-alive', id])).status).toBe(9)
  })
})

describe('logs', () => {
  test('tells a transcript to people, with control characters made visible', async () => {
    const place = makePlace()
    const id = await place.make([
      '--',
      'printf',
      'plain\\n\\033[31mred\\007\\n\\tindented\\n\\302\\233c1\\n',
    ])
    const ran = await place.stint(['logs', id])
    const lines = ran.stdout.trimEnd().split('\n')
    expect(lines.slice(2, 6)).toEqual(['plain', '\\x1b[31mred\\x07', '\tindented', '\\x9bc1'])
    expect(lines[0]).toMatch(/^── \d{4}-\d\d-\d\d \d\d:\d\d:\d\d created$/)
    expect(lines.at(-1)).toMatch(/turn 1 ended: success, exit 0, /)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(ran.stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
  })

  test('--tail, --type, --turn and --raw choose; --raw and --json are the lines as they are', async () => {
    const place = makePlace()
    const id = await place.make(['--', 'seq', '1', '5'])
    await place.stint(['resume', id, '--', 'sh', '-c', 'echo six; echo seven >&2'])
    const file = readFileSync(`${place.session(id)}/transcript.jsonl`, 'utf8')
    expect((await place.stint(['logs', id, '--raw'])).stdout).toBe(file)
    expect(await place.json(['logs', id])).toEqual(entriesOf(place.session(id)))
    const text = async (...args: string[]) => (await place.stint(['logs', id, ...args])).stdout
    expect(await text('--type', 'output', '--turn', '1')).toBe('1\n2\n3\n4\n5\n')
    expect(await text('--type', 'output', '--tail', '3')).toBe('5\nsix\nseven\n')
    expect(await text('--tail', '0')).toBe('')
    expect((await text('--type', 'turn_started,turn_ended', '--raw')).split('\n')).toHaveLength(5)
    const [last] = (await text('--raw', '--tail', '1')).split('\n')
    expect(JSON.parse(last ?? '')).toMatchObject({ type: 'turn_ended', turn: 2 })
  })

  test('-f goes on while a turn runs and across turns, and ends when nothing does', async () => {
    const place = makePlace()
    const [one, two] = [`${place.dir}/one`, `${place.dir}/two`]
    const first = place.start(['run', '--', agent('hold.sh'), one])
    const id = await first.session()
    await first.says('working as')
    const logs = place.start(['logs', '-f', id, '--type', 'output,turn_ended'])
    await logs.says('working as')
    const second = place.start(['resume', id, '--wait', '--', agent('hold.sh'), two])
    touch(one)
    await second.says('working as')
    await until('it follows into the next turn', () => {
      if (logs.isOver()) return true
      return logs.stdout().split('working as').length === 3
    })
    touch(two)
    expect((await second.ended).status).toBe(0)
    const ran = await logs.ended
    expect(ran.status).toBe(0)
    expect(ran.stdout.match(/^done$/gm)).toHaveLength(ran.stdout.split('working as').length - 1)
  })

  test('--follow=forever waits for turns to come, and ends when it is told to', async () => {
    const place = makePlace()
    const id = await place.make(['--', 'echo', 'before'])
    const logs = place.start(['logs', '--follow=forever', id])
    await logs.says('before')
    await place.stint(['resume', id, '--', 'echo', 'after'])
    await logs.says('after')
    logs.kill('SIGINT')
    expect((await logs.ended).status).toBe(130)
  })

  test('to a reader that leaves ends in silence', async () => {
    const place = makePlace()
    const id = await place.make(['--', 'seq', '1', '20000'])
    const shell = place.startOther([
      ...['sh', '-c', '"$@" | head -n 1', 'sh', process.execPath, program],
      ...['logs', id, '--type', 'output'],
    ])
    expect(await shell.ended).toMatchObject({ stdout: '1\n', stderr: '' })
  })
})

describe('artifacts', () => {
  test('lists what the tool left in its output directory, and not what stint did', async () => {
    const place = makePlace()
    const script =
      'mkdir "$STINT_OUTPUT_DIR/deep"; echo 12345 > "$STINT_OUTPUT_DIR/deep/a.txt"; ln -s /etc "$STINT_OUTPUT_DIR/link"'
    const id = await place.make(['--', 'sh', '-c', script])
    expect(readdirSync(`${place.session(id)}/output/turn-0001`).sort()).toEqual([
      'deep',
      'link',
      'result.toml',
    ])
    expect(await place.json(['artifacts', id])).toEqual([
      { path: 'turn-0001/deep/a.txt', size_bytes: 6 },
    ])
    expect((await place.stint(['result', id])).stdout).toMatch(
      /^artifact +turn-0001\/deep\/a\.txt \(6 B\)$/m,
    )
    expect((await place.stint(['artifacts', id])).stdout).toMatch(
      /^ 6 B {2}\/.*\/output\/turn-0001\/deep\/a\.txt\n$/m,
    )
    const colored = await place.stint(['artifacts', id, '--color', 'always'])
    expect(colored.stdout.startsWith('\x1b[2mSIZE')).toBe(true)
    const bare = await place.make()
    expect(await place.stint(['artifacts', bare])).toMatchObject({
      status: 0,
      stderr: 'no artifacts\n',
    })
  })
})

describe('log', () => {
  test('has the commits made during the session, the newest first, and no others', async () => {
    const place = makePlace()
    await git(place, 'init', '--quiet', '-b', 'main')
    await commit(place, 'before')
    const script =
      'for s in "one" "two \\"quoted\\""; do git -c user.name=Bot -c user.email=b@example.org commit -q --allow-empty -m "$s"; done'
    const id = await place.make(['--', 'sh', '-c', script])
    const commits = await place.json<Row[]>(['log', id])
    expect(commits.map(({ subject }) => subject)).toEqual(['two "quoted"', 'one'])
    expect(commits[0]?.commit).toBe((await git(place, 'rev-parse', 'HEAD')).trim())
    expect(commits[0]?.author).toBe('Bot')
    expect((await place.stint(['log', id])).stdout).toMatch(/Bot +two "quoted"/)
    const quiet = await place.make()
    expect(await place.stint(['log', quiet])).toMatchObject({ status: 0, stderr: 'no commits\n' })
  })
})

describe('is-alive', () => {
  test('is 0 for what runs and 1 for what does not, and says why', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    const alive = await place.stint(['is-alive', id])
    expect(alive.status).toBe(0)
    expect(alive.stdout).toMatch(/^running: process \d+ supervises/)
    expect(await place.stint(['is-alive', id, '--quiet'])).toMatchObject({ status: 0, stdout: '' })
    touch(gate)
    await run.ended
    const over = await place.stint(['is-alive', id, '--json'])
    expect(over.status).toBe(1)
    expect(JSON.parse(over.stdout)).toMatchObject({ id, status: 'idle' })
    expectRefusal(await place.stint(['is-alive', 'nobody']), { status: 3, code: 'SESSION_UNKNOWN' })
  })

  test('is 9 for a turn of another machine, which nothing kills, resumes or deletes', async () => {
    const place = makePlace()
    const id = await place.make()
    const dir = place.session(id)
    const entries = entriesOf(dir)
    // As if the turn had been started elsewhere and its machine were not to be asked.
    const started = entries[1] as Row
    started.data.process = { ...started.data.process, boot_id: 'another', host: 'elsewhere' }
    const lines = [entries[0], started].map((entry) => `${JSON.stringify(entry)}\n`)
    writeFileSync(`${dir}/transcript.jsonl`, lines.join(''))
    writeFileSync(`${dir}/state.toml`, '')
    const state = await place.stint(['show', id, '--json'])
    expect(JSON.parse(state.stdout)).toMatchObject({ status: 'unknown' })
    expect((await place.stint(['is-alive', id])).status).toBe(9)
    expect((await place.stint(['wait', id])).status).toBe(9)
    const before = snapshot(dir)
    for (const args of [
      ['kill', id],
      ['delete', id],
      ['resume', id, '--', 'true'],
    ]) {
      const ran = await place.stint(args)
      expect(ran.status).not.toBe(0)
      expect(ran.stdout).toBe('')
    }
    expect(Object.keys(snapshot(dir))).toEqual(expect.arrayContaining(Object.keys(before)))
    expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8')).toBe(lines.join(''))
  })
})

describe('who waits for a turn', () => {
  test.each([['wait'], ['logs', '--follow']])(
    'does not read all that it said anew each time: %s',
    async (...verb) => {
      const place = makePlace()
      const gate = `${place.dir}/gate`
      const run = place.start(['run', '--', agent('hold.sh'), gate])
      const id = await run.session()
      await run.says('working as')
      const file = `${place.dir}/opens`
      const how = { env: { OPENS_FILE: file }, preload: [preload('opens')] }
      const waiter = place.start([...verb, id], how)
      const opens = await until('it has looked for some time', () => {
        const counts: Row = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
        return counts['session.lock'] > 20 && counts
      })
      expect(opens['transcript.jsonl'] ?? 0).toBeLessThan(5)
      touch(gate)
      expect((await waiter.ended).status).toBe(0)
      expect((await run.ended).status).toBe(0)
    },
  )
})

describe('wait', () => {
  test('ends with the turn: 0 for success, 1 for another outcome, at once when nothing runs', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate, '4'])
    const id = await run.session()
    await run.says('working as')
    const waiter = place.start(['wait', id])
    const expired = await place.stint(['wait', id, '--timeout', '200ms', '--json'])
    expect(expired.status).toBe(124)
    expect(failureOf(expired).code).toBe('WAIT_EXPIRED')
    expect(waiter.isOver()).toBe(false)
    touch(gate)
    expect((await waiter.ended).status).toBe(1)
    expect((await run.ended).status).toBe(4)
    await place.stint(['resume', id, '--', 'true'])
    expect(await place.stint(['wait', id])).toMatchObject({ status: 0, stdout: '' })
  })

  test('says of a crashed turn that it never ended, and result what tells whether it does', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    run.kill('SIGKILL')
    await run.ended
    touch(`${place.dir}/gate`)
    const waited = await place.stint(['wait', id])
    expect(waited.status).toBe(1)
    expect(waited.stderr).toContain(`session ${id} is crashed: its turn never ended (waited `)
    const { status, stderr } = await place.stint(['result', id])
    expect(status).toBe(1)
    expect(stderr).toContain(`\`stint is-alive ${id}\` says whether one does`)
  })

  test('warns where it runs inside of the very turn, or of one inside of that', async () => {
    const place = makePlace()
    const stint = `"${process.execPath}" "${program}"`
    const waits = (ref: string) =>
      `${stint} wait ${ref} --timeout 100ms; ${stint} resume ${ref} --wait=100ms -- true`
    const inner = `${stint} run -q -- sh -c '${waits('@root')}'; ${stint} wait @last`
    const { stderr } = await place.stint(['run', '--', 'sh', '-c', `${waits('@self')}; ${inner}`])
    const [, id] = /session (\w{26}) turn 1/.exec(stderr) ?? []
    expect(stderr.split(`warning: this runs inside of session ${id}, `)).toHaveLength(5)
    expect(stderr.split('warning: ')).toHaveLength(5)
  })

  test('nobody is told to wait for the turn that he is part of, or to end it', async () => {
    const place = makePlace()
    const stint = `"${process.execPath}" "${program}"`
    const script = `${stint} resume @self -- true; ${stint} delete @self`
    const { stderr } = await place.stint(['run', '--', 'sh', '-c', script])
    const hints = stderr.split('\n').filter((line) => line.startsWith('hint: '))
    expect(hints).toEqual([
      expect.stringMatching(/^hint: this is part of the turn .* `stint run --fork \w{26}` works/),
      'hint: this is part of the turn that holds it: try again when that has ended',
    ])
  })

  test('--json prints the result object, as its help says', async () => {
    const place = makePlace()
    const id = await place.make()
    expect(await place.json(['wait', id])).toMatchObject({ session_id: id, outcome: 'success' })
  })

  test('is 130 when it is interrupted, and says by what', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    const waiter = place.start(['wait', id, '--json'], {
      env: { LISTENS_FILE: `${place.dir}/listens` },
      preload: [preload('listens')],
    })
    await fileText(`${place.dir}/listens`)
    waiter.kill('SIGTERM')
    const ran = await waiter.ended
    expect(ran.status).toBe(130)
    expect(failureOf(ran)).toMatchObject({ code: 'INTERRUPTED', data: { signal: 'SIGTERM' } })
  })

  test('--tree waits for the children, too', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const parent = await place.make()
    const child = place.start(['run', '--parent', parent, '--', agent('hold.sh'), gate])
    await child.says('working as')
    expect((await place.stint(['wait', parent])).status).toBe(0)
    expect((await place.stint(['wait', parent, '--tree', '--timeout', '100ms'])).status).toBe(124)
    touch(gate)
    expect((await place.stint(['wait', parent, '--tree'])).status).toBe(0)
    expect((await child.ended).status).toBe(0)
  })

  test('--tree asks for descendants until none is new, not for each of them', async () => {
    const place = makePlace()
    const ids = [await place.make()]
    for (let depth = 1; depth <= 3; depth++) {
      ids.push(await place.make(['--parent', ids.at(-1) as string, '--', 'true']))
    }
    const count = `${place.dir}/count`
    const waited = await place.json<Row[]>(['wait', ids[0] as string, '--tree'], {
      env: { LISTINGS_FILE: count },
      preload: [preload('listings')],
    })
    expect(waited.map((row) => row.session_id)).toEqual(ids)
    expect(readFileSync(count, 'utf8')).toBe('2')
  })
})

describe('a stopped supervisor', () => {
  test('is shown as stopped and not robbed, and goes on', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    run.kill('SIGSTOP')
    await until('it stands', () => processState(run.pid) === 'T')
    const alive = await place.stint(['is-alive', id])
    expect(alive).toMatchObject({ status: 0 })
    expect(alive.stdout).toMatch(/^running: .*stopped/)
    const { stdout } = await place.stint(['show', id])
    expect(stdout).toMatch(/^turn +1 of command, open, started \S/m)
    expect(stdout).toMatch(new RegExp(`^session.lock +held, .* ${run.pid}, which is stopped$`, 'm'))
    expectRefusal(await place.stint(['resume', id, '--', 'true']), {
      status: 125,
      code: 'SESSION_LOCKED',
      hint: new RegExp(`kill -CONT ${run.pid}`),
    })
    expectRefusal(await place.stint(['delete', id]), { status: 5, code: 'SESSION_LOCKED' })
    touch(gate)
    const tool = Number(/\d+/.exec(run.stdout())?.[0])
    await until('the tool has ended', () => !isRunning(tool))
    expect((await place.stint(['is-alive', id])).status).toBe(0)
    run.kill('SIGCONT')
    expect((await run.ended).status).toBe(0)
    expect(await place.json(['show', id])).toMatchObject({ status: 'idle', outcome: 'success' })
  })
})
