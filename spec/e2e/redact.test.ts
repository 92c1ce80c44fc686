/** `stint redact`: the filter, the search and the cure, in real processes. */

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openStore } from '../../lib/index.ts'
import { alnum, pem } from '../redact/samples.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import {
  agent,
  entriesOf,
  expectRefusal,
  expectWhole,
  failureOf,
  makePlace,
  type Place,
  preload,
  program,
  snapshot,
  touch,
  until,
} from '../support/cli.ts'
import { startAtTerminal } from '../support/terminal.ts'

const token = `ghp${'_'}${alnum(36)}`
const at = Date.UTC(2026, 0, 2)

/** A session with a secret in it, as an older version left it. */
function makeOld(place: Place, name = 'old') {
  const store = openStore({ env: place.env, home: place.dir, cwd: place.cwd })
  return writeSession(store, {
    name,
    told: [
      started(1, at),
      ['output', { stream: 'stdout' }, { turn: 1, at, text: `first ${token}` }],
      ['output', { stream: 'stdout' }, { turn: 1, at, text: 'second' }],
      ended(1, at),
    ],
  })
}

describe('the filter', () => {
  test('passes text on without secrets, whatever pieces it comes in, and makes nothing', async () => {
    const place = makePlace()
    const run = place.start(['redact'], { stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdin } = run.child
    const key = pem('PRIVATE KEY', 3)
    const text = Buffer.from(`ünï one\nuse ${token} now\n${key}\nlast ${token}`)
    stdin?.write(text.subarray(0, 20))
    await run.says('ünï one\n')
    for (let start = 20; start < text.length; start += 7) {
      stdin?.write(text.subarray(start, start + 7))
    }
    await run.says('use [REDACTED:github-token] now\n')
    stdin?.end()
    expect(await run.ended).toMatchObject({
      ...{ status: 0, stderr: '' },
      stdout:
        'ünï one\nuse [REDACTED:github-token] now\n[REDACTED:private-key]\nlast [REDACTED:github-token]',
    })
    expect(existsSync(place.home)).toBe(false)
  })

  test('is not broken by bytes that are no text', async () => {
    const place = makePlace()
    const input = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 10]), Buffer.from(`${token}\n`)])
    const ran = await place.stint(['redact'], { input })
    expect(ran.status).toBe(0)
    expect(ran.stdout).toMatch(/\n\[REDACTED:github-token\]\n$/)
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'gives out what it held when %s comes',
    async (signal) => {
      const place = makePlace()
      const run = place.start(['redact'], { stdio: ['pipe', 'pipe', 'pipe'] })
      run.child.stdin?.write(`one\nand ${token}`)
      await run.says('one\n')
      run.kill(signal)
      const ran = await run.ended
      expect(ran).toMatchObject({ status: 130, stdout: 'one\nand [REDACTED:github-token]' })
      expect(ran.stderr).toContain(signal)
    },
  )

  test('waits for a slow reader, with a memory that does not grow', async () => {
    const place = makePlace()
    const line = `${'some words and more '.repeat(5)}\n`
    const script = `yes '${line.trimEnd()}' | head -n 300000 | stint redact | { sleep 1; wc -c; }`
    const bin = `${place.dir}/bin`
    mkdirSync(bin)
    writeFileSync(
      `${bin}/stint`,
      `#!/bin/sh\nexec "${process.execPath}" --max-old-space-size=48 "${program}" "$@"\n`,
    )
    chmodSync(`${bin}/stint`, 0o755)
    const ran = await place.startOther(['sh', '-c', script], {
      env: { PATH: `${bin}:${process.env.PATH}` },
    }).ended
    expect(ran.stdout.trim()).toBe(String((line.length - 1) * 300_000))
  })

  test('ends quietly when its reader left', async () => {
    const place = makePlace()
    const run = place.start(['redact'], { stdio: ['pipe', 'pipe', 'pipe'] })
    run.child.stdin?.write('one\n')
    await run.says('one\n')
    run.child.stdout?.destroy()
    run.child.stdin?.write('two\n')
    await until('it has seen that', () => {
      if (!run.isOver()) run.child.stdin?.write('more\n')
      return run.isOver()
    })
    expect(await run.ended).toMatchObject({ status: 141, stderr: '' })
  })

  test('says when the disk of its reader is full', async () => {
    if (!existsSync('/dev/full')) return
    const place = makePlace()
    const run = place.startOther([
      'sh',
      '-c',
      `echo x | "$0" "$1" redact > /dev/full`,
      process.execPath,
      program,
    ])
    const ran = await run.ended
    expect(ran.status).toBe(7)
    expect(ran.stderr).toContain('error[DISK_FULL]')
    const config = ['sh', '-c', '"$0" "$1" config > /dev/full', process.execPath, program]
    expect((await place.startOther(config).ended).stderr).toContain(
      'no space left for standard output',
    )
  })

  test('takes no session and no path without being told what to do with it', async () => {
    const place = makePlace()
    const json = await place.stint(['redact', '--json'])
    expect([json.status, failureOf(json).code]).toEqual([2, 'USAGE'])
    for (const args of [
      ['redact', 'x'],
      ['redact', '--fix'],
    ]) {
      expectRefusal(await place.stint(args), { status: 2, code: 'USAGE' })
    }
    expectRefusal(await place.stint(['redact', '--check', '--fix', 'x']), {
      ...{ status: 2, code: 'USAGE' },
    })
  })
})

describe('--check', () => {
  test('looks through standard input', async () => {
    const place = makePlace()
    const input = `a\nb ${token} ${token}\n`
    expect(await place.stint(['redact', '--check'], { input })).toMatchObject({
      ...{ status: 1, stdout: '-:2: github-token x2\n', stderr: '2 secrets in 1 of 1 file\n' },
    })
    expect(await place.stint(['redact', '--check'], { input: 'a\n' })).toMatchObject({
      ...{ status: 0, stdout: '', stderr: 'no secrets in 1 file\n' },
    })
    expect(await place.stint(['redact', '--check', '-q'])).toMatchObject({ status: 0, stderr: '' })
  })

  test('finds any number of them', async () => {
    const place = makePlace()
    writeFileSync(`${place.dir}/log`, `${token}\n`.repeat(150_000))
    expect(await place.stint(['redact', '--check', `${place.dir}/log`])).toMatchObject({
      ...{ status: 1, stderr: '150000 secrets in 1 of 1 file\n' },
    })
  })

  test('says on a terminal how far it is, and what it finds in a line of its own', async () => {
    const place = makePlace()
    for (const [name, text] of Object.entries({ a: 'one', b: token })) {
      writeFileSync(`${place.cwd}/${name}`, text)
    }
    const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
    const plan = { call: 'openSync', path: '/a', reached, until: go }
    const run = startAtTerminal(place, ['redact', '--check', './a', './b'], {
      env: { PAUSE: JSON.stringify(plan), NODE_OPTIONS: `--require ${preload('pause')}` },
    })
    await until('it has opened the first', () => existsSync(reached))
    await new Promise((resolve) => setTimeout(resolve, 600))
    touch(go)
    const { stdout } = await run.ended
    const gone = '\r\x1b[K'
    expect(stdout).toBe(
      `${gone}1 file looked through${gone}./b:1: github-token\r\n1 secret in 1 of 2 files\r\n`,
    )
  })

  test('goes over files, directories and sessions, and changes nothing', async () => {
    const place = makePlace()
    const { id } = makeOld(place)
    mkdirSync(`${place.cwd}/logs/b`, { recursive: true })
    writeFileSync(`${place.cwd}/logs/b/2.jsonl`, `{}\n${JSON.stringify({ said: token })}\n`)
    writeFileSync(
      `${place.cwd}/logs/a.json`,
      JSON.stringify({ messages: [{ content: token }] }, null, 2),
    )
    writeFileSync(`${place.cwd}/logs/c.bin`, `\0${token}`)
    writeFileSync(`${place.cwd}/logs/d.txt`, 'nothing\n')
    symlinkSync('a.json', `${place.cwd}/logs/e.json`)
    const before = snapshot(place.dir)
    const ran = await place.stint(['redact', '--check', './logs', 'old'])
    expect(ran).toMatchObject({
      status: 1,
      stdout: [
        './logs/a.json:4: github-token\n',
        './logs/b/2.jsonl:2: github-token\n',
        `${id} seq 2: github-token\n`,
      ].join(''),
      stderr: '3 secrets in 2 of 3 files and 1 of 1 session; 1 binary file passed over\n',
    })
    const json = await place.stint(['redact', '--check', './logs/b/', id, '--json'])
    expect(json).toMatchObject({ status: 1, stderr: '' })
    expect(JSON.parse(json.stdout)).toEqual({
      findings: [
        { file: './logs/b/2.jsonl', line: 2, rule: 'github-token', count: 1 },
        { session: id, seq: 2, rule: 'github-token', count: 1 },
      ],
      ...{ files: 1, sessions: 1, passed_over: [] },
    })
    expect(json.stdout + ran.stdout).not.toContain(token)
    const unread = await place.stint(['redact', '--check', './logs'], {
      preload: [preload('refusals')],
      env: { STINT_REFUSALS: JSON.stringify({ openSync: 'logs/d.txt' }) },
    })
    expect([unread.status, unread.stdout]).toEqual([
      7,
      './logs/a.json:4: github-token\n./logs/b/2.jsonl:2: github-token\n',
    ])
    expect(unread.stderr).toContain('warning: ./logs/d.txt was passed over: ')
    expect(snapshot(place.dir)).toEqual(before)
  })

  // A file system of macOS refuses such names.
  test.runIf(process.platform === 'linux')('says which name it could not look behind', async () => {
    const place = makePlace()
    mkdirSync(`${place.cwd}/logs`)
    const odd = Buffer.concat([Buffer.from(`${place.cwd}/logs/`), Buffer.from([0xff])])
    writeFileSync(odd, token)
    const ran = await place.stint(['redact', '--check', './logs'])
    expect(ran).toMatchObject({ status: 7, stdout: '' })
    expect(ran.stderr).toMatch(/^warning: \.\/logs\/\ufffd was passed over: .*no UTF-8/)
  })

  test('never takes a name for a path, but says how to write one', async () => {
    const place = makePlace()
    writeFileSync(`${place.cwd}/notes`, 'x')
    const hint = /write \.\/notes for the file/
    expectRefusal(await place.stint(['redact', '--check', 'notes']), {
      ...{ status: 3, code: 'SESSION_UNKNOWN', hint },
    })
    renameSync(`${place.cwd}/notes`, `${place.cwd}/my notes`)
    expectRefusal(await place.stint(['redact', '--check', 'my notes']), {
      ...{ status: 2, code: 'REF_MALFORMED', hint: /write '\.\/my notes' for the file/ },
    })
    expectRefusal(await place.stint(['redact', '--check', './nowhere']), {
      ...{ status: 7, code: 'IO_FAILED', hint: false },
    })
    expectRefusal(await place.stint(['redact', '--check', 'nowhere']), {
      ...{ status: 3, code: 'SESSION_UNKNOWN', hint: /stint list/ },
    })
  })
})

describe('a place that cannot be searched', () => {
  const result = 'output/turn-0001/result.toml'
  const otherwise: Record<string, (path: string) => void> = {
    'a directory': (path) => mkdirSync(path),
    'a link': (path) => symlinkSync('/dev/null', path),
    'a pipe': (path) => execFileSync('mkfifo', [path]),
    damaged: (path) => writeFileSync(path, 'damaged ='),
    'far too large': (path) => {
      writeFileSync(path, '')
      truncateSync(path, 2 ** 30)
    },
  }
  const withoutLocks = (dir: string) =>
    Object.entries(snapshot(dir)).filter(([path]) => !path.includes('/locks'))
  test.each([
    ...Object.keys(otherwise).flatMap((what) => [
      ['state.toml', what],
      [result, what],
    ]),
    ...['a directory', 'a link', 'a pipe'].map((what) => ['transcript.jsonl', what]),
    ['output', 'a pipe'],
  ])('%s that is %s is named, and everything else is searched', async (name, what) => {
    const place = makePlace()
    const { id, dir } = makeOld(place)
    mkdirSync(`${dir}/output/turn-0002`, { recursive: true })
    writeFileSync(`${dir}/output/turn-0002/result.toml`, `summary = "${token}"\n`)
    mkdirSync(`${dir}/output/turn-0001`)
    rmSync(`${dir}/${name}`, { recursive: true, force: true })
    otherwise[what]?.(`${dir}/${name}`)
    const before = what === 'far too large' ? [] : snapshot(dir)
    const ran = await place.stint(['redact', '--check', id, '--json'])
    expect(ran).toMatchObject({
      status: 1,
      stderr: 'warning: 1 place could not be searched and may hold secrets\n',
    })
    const { findings } = JSON.parse(ran.stdout)
    expect(findings).toContainEqual({ session: id, file: name, rule: 'error', count: 1 })
    const file = 'output/turn-0002/result.toml'
    const others = [
      ...(name === 'transcript.jsonl' ? [] : [{ session: id, seq: 2 }]),
      ...(name === 'output' ? [] : [{ session: id, file, line: 1 }]),
    ].map((place) => ({ ...place, rule: 'github-token', count: 1 }))
    expect(findings).toEqual(expect.arrayContaining(others))
    expect(findings).toHaveLength(others.length + 1)
    expect(what === 'far too large' ? [] : snapshot(dir)).toEqual(before)
  })

  test('is said by --fix too, which takes out what else there is', async () => {
    const place = makePlace()
    const { id, dir } = makeOld(place)
    mkdirSync(`${dir}/${result}`, { recursive: true })
    const said = 'warning: 1 place could not be searched and may hold secrets\n'
    const error = `${id} ${result}: error\n`
    expect(await place.stint(['redact', '--fix', 'old'])).toMatchObject({
      status: 1,
      stdout: `${id} seq 2: github-token\n${error}`,
      stderr: `${said}1 secret taken out of 1 of 1 session\n`,
    })
    const before = withoutLocks(dir)
    for (const option of ['--fix', '--check']) {
      expect(await place.stint(['redact', option, 'old'])).toMatchObject({
        ...{ status: 1, stdout: error, stderr: `${said}no secrets found in 1 session\n` },
      })
    }
    expect(withoutLocks(dir)).toEqual(before)
  })

  test('keeps --fix from a session whose state is damaged', async () => {
    const place = makePlace()
    const { dir } = makeOld(place)
    writeFileSync(`${dir}/state.toml`, 'damaged =')
    const before = withoutLocks(dir)
    expectRefusal(await place.stint(['redact', '--fix', 'old']), {
      ...{ status: 6, code: 'STATE_INVALID', hint: /doctor --fix/ },
    })
    expect(withoutLocks(dir)).toEqual(before)
  })
})

describe('--fix', () => {
  test('of a file keeps its mode and what it was, and touches nothing twice', async () => {
    const place = makePlace()
    const file = `${place.cwd}/a.txt`
    const text = `one\r\n\u00fc ${token}\nlast`
    for (const kept of ['before-redact', 'before-redact.2']) {
      writeFileSync(file, text)
      chmodSync(file, 0o640)
      const ran = await place.stint(['redact', '--fix', './a.txt'])
      expect(ran).toMatchObject({ status: 0, stdout: './a.txt:2: github-token\n' })
      expect(ran.stderr).toContain(`a.txt.${kept}, with the secrets in it\n`)
      expect(ran.stderr).toContain('1 secret taken out of 1 of 1 file\n')
      expect(readFileSync(file, 'utf8')).toBe('one\r\n\u00fc [REDACTED:github-token]\nlast')
      expect(statSync(file).mode & 0o777).toBe(0o640)
      expect(readFileSync(`${file}.${kept}`, 'utf8')).toBe(text)
    }
    const before = snapshot(place.cwd)
    const again = await place.stint(['redact', '--fix', './a.txt'])
    expect(again).toMatchObject({ status: 0, stdout: '', stderr: 'no secrets in 1 file\n' })
    const all = await place.stint(['redact', '--fix', '.', '--json'])
    expect(all.status).toBe(0)
    expect(JSON.parse(all.stdout)).toMatchObject({ findings: [], files: 1, changed: [] })
    expect(snapshot(place.cwd)).toEqual(before)
  })

  test('of a directory mends each file, and leaves links and what stint keeps alone', async () => {
    const place = makePlace()
    const { id, dir } = makeOld(place)
    mkdirSync(`${place.cwd}/d`)
    writeFileSync(`${place.cwd}/d/a.jsonl`, `${JSON.stringify({ token })}\n`)
    writeFileSync(`${place.dir}/outside`, token)
    symlinkSync(`${place.dir}/outside`, `${place.cwd}/d/link`)
    const before = snapshot(dir)
    const ran = await place.stint(['redact', '--fix', './d', place.home, '--json'])
    expect(ran.status).toBe(0)
    const report = JSON.parse(ran.stdout)
    expect(report.changed).toEqual([
      { file: './d/a.jsonl', backup: `${place.cwd}/d/a.jsonl.before-redact` },
    ])
    expect(report.passed_over).toContainEqual({
      file: `${dir}/transcript.jsonl`,
      why: `it is a file of session ${id}`,
    })
    expect(snapshot(dir)).toEqual(before)
    expect(readFileSync(`${place.dir}/outside`, 'utf8')).toBe(token)
    expectRefusal(await place.stint(['redact', '--fix', `${dir}/transcript.jsonl`]), {
      ...{ status: 2, code: 'USAGE', hint: new RegExp(`stint redact --fix ${id}`) },
    })
  })

  test('of a session keeps every entry', async () => {
    const place = makePlace()
    const { id, dir } = makeOld(place)
    const before = entriesOf(dir)
    const ran = await place.stint(['redact', '--fix', 'old'])
    expect(ran).toMatchObject({ status: 0, stdout: `${id} seq 2: github-token\n` })
    expect(ran.stderr).toBe('1 secret taken out of 1 of 1 session\n')
    expect(await place.json(['redact', '--fix', 'old'])).toMatchObject({ sessions: 1, changed: [] })
    const after = entriesOf(dir)
    expectWhole(after)
    expect(after.map(({ ts, type }) => [ts, type])).toEqual(
      before.map(({ ts, type }) => [ts, type]),
    )
    expect(after[2]?.text).toBe('first [REDACTED:github-token]')
    expect((await place.stint(['redact', '--check', 'old'])).status).toBe(0)
    expect((await place.stint(['resume', 'old', '--', 'true'])).status).toBe(0)
    expectWhole(entriesOf(dir))
    expect(readdirSync(dir).filter((name) => /\.\d+$/.test(name))).toEqual([])
  })

  test('refuses a session that runs', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    expectRefusal(await place.stint(['redact', '--fix', id]), {
      ...{ status: 5, code: 'SESSION_LOCKED' },
    })
    // Of several the others are done.
    const file = `${place.dir}/notes`
    writeFileSync(file, `key ${token}\n`)
    const ran = await place.stint(['redact', '--fix', id, './gone', file, '--json'])
    expect(ran.status).toBe(5)
    expect(JSON.parse(ran.stdout)).toMatchObject({
      changed: [{ file }],
      passed_over: [
        { session: id, code: 'SESSION_LOCKED' },
        { file: './gone', code: 'IO_FAILED' },
      ],
    })
    touch(gate)
    expect((await run.ended).status).toBe(0)
    expect((await place.stint(['redact', '--fix', id])).status).toBe(0)
  })

  test('of sessions of a shared store is stopped between two of them', async () => {
    const place = makePlace()
    await place.make(['--shared', '--', 'true'])
    const old = [makeOld(place), makeOld(place), makeOld(place)]
    const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
    const plan = { call: 'openSync', path: `${old[1]?.id}/transcript.jsonl`, reached, until: go }
    const run = place.start(['redact', '--fix', ...old.map(({ id }) => id)], {
      env: { PAUSE: JSON.stringify(plan) },
      preload: [preload('pause')],
    })
    await until('it looks at the second one', () => existsSync(reached))
    run.kill('SIGINT')
    touch(go)
    expect((await run.ended).signal).toBe('SIGINT')
    const isLeft = old.map(({ dir }) =>
      readFileSync(`${dir}/transcript.jsonl`, 'utf8').includes(token),
    )
    expect(isLeft).toEqual([false, false, true])
  })

  test('is survived by who follows the session', async () => {
    const place = makePlace()
    const { id, dir } = makeOld(place)
    const follower = place.start(['logs', id, '--raw', '--follow=forever'])
    await follower.says('"seq":4')
    expect(await place.json(['redact', '--fix', id])).toMatchObject({ changed: [{ session: id }] })
    expect((await place.stint(['rename', id, 'later'])).status).toBe(0)
    await follower.says('"seq":5')
    expect((await place.stint(['resume', id, '--', 'echo', 'third'])).status).toBe(0)
    await until('it has all', () =>
      follower.stdout().includes('turn_ended","text":null,"data":{"session_id'),
    )
    follower.kill('SIGTERM')
    const seqs = (await follower.ended).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).seq)
    expect(seqs).toEqual(entriesOf(dir).map(({ seq }) => seq))
  })
})
