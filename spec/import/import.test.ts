/** Conversations that agents have stored become sessions that are like any other. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tryLock } from '../../lib/os/lock-file.ts'
import { alnum } from '../redact/samples.ts'
import {
  entriesOf,
  expectWhole,
  makePlace,
  type Place,
  preload,
  type Row,
  touch,
  until,
} from '../support/cli.ts'
import { makeStage } from '../support/stage.ts'
import {
  claudeRecords,
  codexRecords,
  geminiRecords,
  ids,
  linesOf,
  put,
  store,
  type Tool,
} from './stored.ts'

const tools = Object.keys(ids) as Tool[]

async function imported(place: Place, tool: Tool, more: string[] = []): Promise<Row[]> {
  return place.json<Row[]>(['import', tool, ...more])
}

function countSessions(place: Place): number {
  return existsSync(place.home) ? readdirSync(`${place.store()}/sessions`).length : 0
}

describe.each(tools)('import %s', (tool) => {
  test('makes a session with the turns, what was said and done, and its times', async () => {
    const place = makePlace()
    const file = store(place, tool)
    const [row] = await imported(place, tool)
    expect(row).toMatchObject({ act: 'imported', provider_session_id: ids[tool], file })
    const entries = entriesOf(place.session(row?.session_id))
    expectWhole(entries)
    expect(entries[0]).toMatchObject({
      type: 'session',
      data: { event: 'imported', source: { tool, provider_session_id: ids[tool], file } },
    })
    const content = entries
      .filter(({ type }) => ['turn_started', 'thought', 'message', 'turn_ended'].includes(type))
      .map(({ type, turn, text, data }) => [turn, type, text ?? data.prompt ?? data.outcome])
    expect(content.slice(0, 5)).toEqual([
      [1, 'turn_started', 'fix the build'],
      [1, 'thought', expect.stringMatching(/^look\sfirst$/)],
      [1, 'message', 'All done.'],
      [1, 'turn_ended', 'success'],
      [2, 'turn_started', 'and test it'],
    ])
    expect(content.at(-1)).toEqual([2, 'turn_ended', 'unknown'])
    expect(entries.find(({ type }) => type === 'tool_call')?.data).toMatchObject({ id: 'c1' })
    expect(entries.find(({ type }) => type === 'tool_result')).toMatchObject({
      text: 'ok',
      data: { id: 'c1', status: 'ok' },
    })
    const started = entries.find(({ type }) => type === 'turn_started')
    expect(started?.ts).toBe('2026-02-06T10:00:02.000Z')
    const shown = await place.json<Row>(['show', row?.session_id])
    expect(shown).toMatchObject({ status: 'idle', turn: 2, tool, description: 'fix the build' })
    expect(shown.created_at).toMatch(/^2026-02-06T10:00:0[02]/)
    expect(shown.last_accessed).toMatch(/^2026-02-06T10:00:1/)
    expect(shown.state.tools[tool].provider_session_id).toBe(ids[tool])
    expect((await place.json<Row>(['result', row?.session_id, '--turn', '1'])).usage).toMatchObject(
      { input_tokens: tool === 'claude-code' ? 200 : 150, output_tokens: 30 },
    )
    const ended = entries.filter(({ type }) => type === 'turn_ended')
    for (const { turn, data } of ended) {
      expect(entries.filter((entry) => entry.turn === turn && !entry.data.upkeep)).toHaveLength(
        data.events_count,
      )
    }
  })

  test('makes nothing new of what a session has, and says when the file has grown', async () => {
    const place = makePlace()
    const file = store(place, tool)
    const [first] = await imported(place, tool)
    const [again] = await imported(place, tool)
    expect(again).toMatchObject({ act: 'known', session_id: first?.session_id })
    appendFileSync(file, '{"type":"tomorrow","id":"z"}\n')
    const [grown] = await imported(place, tool)
    expect(grown).toMatchObject({ act: 'grown', session_id: first?.session_id })
    expect(countSessions(place)).toBe(1)
    await place.stint(['delete', first?.session_id])
    expect((await imported(place, tool))[0]?.act).toMatch(/known|grown/)
    expect(countSessions(place)).toBe(0)
  })

  test('only says what it would do with --dry-run', async () => {
    const place = makePlace()
    store(place, tool)
    const ran = await place.stint(['import', tool, '--dry-run'])
    expect(ran).toMatchObject({ status: 0, stderr: '1 of 1 conversation would be imported\n' })
    expect(ran.stdout).toContain(ids[tool])
    expect(ran.stdout).toContain('fix the build')
    expect(existsSync(place.home)).toBe(false)
  })

  test('keeps the first prompt and the last message with --by-reference', async () => {
    const place = makePlace()
    store(place, tool)
    const [row] = await imported(place, tool, ['--by-reference'])
    const entries = entriesOf(place.session(row?.session_id))
    expectWhole(entries)
    const types = entries.map(({ type }) => type).filter((type) => type !== 'session')
    const last = tool === 'gemini-cli' ? 'All done.' : 'Testing'
    expect(types).toEqual(['turn_started', 'provider_session', 'message', 'usage', 'turn_ended'])
    expect(entries.find(({ type }) => type === 'message')?.text).toBe(last)
    expect(entries[0]?.data.source.by_reference).toBe(true)
  })

  test('can be gone on with', async () => {
    const program = { codex: 'codex', 'gemini-cli': 'gemini', 'claude-code': 'claude' }[tool]
    const place = makeStage([program])
    store(place, tool)
    const [row] = await imported(place, tool)
    const env = place.play(`${tool}/02-tool`)
    const ran = await place.stint(['resume', row?.session_id, 'once more'], { env })
    expect(ran).toMatchObject({ status: 0 })
    expect(place.calls()[0]?.argv).toContain(ids[tool])
    const shown = await place.json<Row>(['show', row?.session_id])
    expect(shown).toMatchObject({ turn: 3, outcome: 'success' })
    // The file is stint's own now, whatever came to it.
    appendFileSync(store(place, tool), '{"type":"tomorrow","id":"z"}\n')
    expect((await imported(place, tool))[0]?.act).toBe('known')
  })

  test('redacts what it keeps and what it prints', async () => {
    const place = makePlace()
    const file = store(place, tool)
    const secret = `ghp_${alnum(36)}`
    const text = readFileSync(file, 'utf8')
    put(place.dir, tool, text.replaceAll('fix the build', `use ${secret} now`))
    const dry = await place.stint(['import', tool, '--dry-run'])
    const [row] = await imported(place, tool)
    const dir = place.session(row?.session_id)
    const kept = ['transcript.jsonl', 'state.toml']
      .map((name) => readFileSync(`${dir}/${name}`))
      .join('')
    expect(kept + dry.stdout + JSON.stringify(row)).not.toContain(secret)
    expect(kept).toContain('[REDACTED:')
  })
})

describe('import', () => {
  test('counts what a copy of a conversation has from its source in the source alone', async () => {
    const place = makePlace()
    const copy = (id: string) => `${id.slice(0, -4)}ffff`
    store(place, 'codex')
    const id = copy(ids.codex)
    const meta = { id, forked_from_id: ids.codex, cwd: place.cwd }
    const total = { input_tokens: 300, output_tokens: 60 }
    const fork = [
      { type: 'session_meta', payload: meta },
      ...codexRecords(place.cwd),
      { type: 'event_msg', payload: { type: 'task_started' } },
      { type: 'event_msg', payload: { type: 'user_message', message: 'once more' } },
      { type: 'event_msg', payload: { type: 'token_count', info: { total_token_usage: total } } },
    ]
    put(place.dir, 'codex', linesOf(fork), id)
    for (const how of [[], ['--by-reference']]) {
      const rows = await imported(place, 'codex', how)
      const forked = rows.find((row) => row.provider_session_id === id)
      const { usage } = await place.json<Row>(['show', forked?.session_id])
      expect(usage).toBeNull()
      // The next turn goes on counting from there.
      const last = entriesOf(place.session(forked?.session_id)).findLast(
        ({ type }) => type === 'usage',
      )
      expect(last?.data.total).toMatchObject(total)
      rmSync(place.home, { recursive: true })
    }

    store(place, 'claude-code')
    const own = copy(ids['claude-code'])
    const usage = { input_tokens: 7, output_tokens: 3 }
    const copied = (made: object) =>
      claudeRecords(place.cwd, own).map((line) => ({ ...(line as object), ...made }))
    const message = { id: 'mine', role: 'assistant', content: 'Again.', usage }
    const mine = { type: 'assistant', uuid: 'mine', sessionId: own, cwd: place.cwd, message }
    const origins = [
      { sessionId: ids['claude-code'] },
      { forkedFrom: { sessionId: ids['claude-code'] } },
    ]
    for (const origin of origins) {
      put(place.dir, 'claude-code', linesOf([...copied(origin), mine]), own)
      const rows = await imported(place, 'claude-code')
      const forked = rows.find((row) => row.provider_session_id === own)
      const shown = await place.json<Row>(['show', forked?.session_id])
      expect(shown.usage).toEqual(usage)
      rmSync(place.home, { recursive: true })
    }
  })

  test('of many processes at once makes one session of each conversation', async () => {
    const place = makePlace()
    const all = Array.from({ length: 5 }, (_, i) => `${ids.codex.slice(0, -1)}${i}`)
    for (const id of all) put(place.dir, 'codex', linesOf(codexRecords(place.cwd, id)), id)
    const runs = Array.from({ length: 4 }, () => place.start(['import', 'codex', '--json']))
    const rows: Row[] = []
    for (const run of runs) {
      const { status, stdout, stderr } = await run.ended
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      rows.push(...JSON.parse(stdout))
    }
    const made = rows.filter(({ act }) => act === 'imported')
    expect(made.map((row) => row.provider_session_id).sort()).toEqual(all)
    expect(countSessions(place)).toBe(5)
    expect(readdirSync(`${place.store()}/staging`)).toEqual([])
  })

  test('makes no second session while another one is about to appear', async () => {
    const place = makePlace()
    store(place, 'codex')
    const [reached, go] = [join(place.dir, 'reached'), join(place.dir, 'go')]
    // At the sync of the transcript: all of it is written, and it was not admitted.
    const plan = { call: 'fdatasyncSync', in: '', reached, until: go }
    const first = place.start(['import', 'codex', '--json'], {
      preload: [preload('pause')],
      env: { PAUSE: JSON.stringify(plan) },
    })
    await until('the first one stands', () => existsSync(reached))
    const second = await imported(place, 'codex')
    touch(go)
    const { stdout } = await first.ended
    expect(second[0]?.act).toBe('imported')
    expect(JSON.parse(stdout)[0]).toMatchObject({
      act: 'known',
      session_id: second[0]?.session_id,
    })
    expect(countSessions(place)).toBe(1)
  })

  test('counts those of other projects, and takes them with --all-projects', async () => {
    const place = makePlace()
    const [other, gone] = [`${place.dir}/other`, `${place.dir}/gone`]
    mkdirSync(other)
    const [a, b] = [`${ids.codex.slice(0, -1)}a`, `${ids.codex.slice(0, -1)}b`]
    put(place.dir, 'codex', linesOf(codexRecords(other, a)), a)
    put(place.dir, 'codex', linesOf(codexRecords(gone, b)), b)
    const ran = await place.stint(['import', 'codex'])
    expect(ran.stderr).toBe(
      '0 of 2 conversations imported; 1 of other projects (--all-projects); 1 passed over: its directory is gone\n',
    )
    const rows = await imported(place, 'codex', ['--all-projects'])
    expect(rows.map(({ act, project_path }) => [act, project_path])).toEqual([
      ['imported', other],
      ['imported', gone],
    ])
    const listed = await place.json<Row[]>(['list', '--all-projects'])
    expect(listed.map(({ project_path }) => project_path).sort()).toEqual([gone, other])
  })

  test('goes on after files that cannot be read, whatever is in them', async () => {
    const place = makePlace()
    store(place, 'claude-code')
    const dir = join(place.dir, '.claude/projects/-demo')
    const name = (n: number) => `${ids['claude-code'].slice(0, -1)}${n}.jsonl`
    symlinkSync('/etc/passwd', join(dir, name(0)))
    execFileSync('mkfifo', [join(dir, name(1))])
    mkdirSync(join(dir, name(2)))
    const deep = `{"type":"user","message":{"content":[{"type":"x","y":${'['.repeat(200_000)}${']'.repeat(200_000)}}]}}`
    const prompt = claudeRecords(place.cwd)[2] as Row
    const records = [
      'not json',
      '[]',
      { ...prompt, timestamp: '9999-01-01T00:00:00Z' },
      deep,
      '{"type":"assistant","message":7}',
      '{"type":"assistant","message":{"content":{"a":1},"usage":{"input_tokens":-3}}}',
      '{"type":7,"timestamp":{}}',
      { type: 'user', message: { content: 'x'.repeat(9 * 1024 * 1024) } },
      { type: 'assistant', message: { id: 'm', content: [{ type: 'text', text: 'half \ud800' }] } },
      '{"type":"assistant","message":{"content":"cut o',
    ]
    put(place.dir, 'claude-code', linesOf(records).slice(0, -1), name(3).slice(0, -6))
    put(place.dir, 'claude-code', linesOf([{ type: 'summary' }]), name(4).slice(0, -6))
    const ran = await place.stint(['import', 'claude-code', '--json'])
    expect(ran.status).toBe(1)
    const rows = JSON.parse(ran.stdout) as Row[]
    const acts = rows.map(({ act, why }) => [act, why])
    expect(acts).toEqual([
      ['failed', 'it is a link'],
      ['failed', 'it is no regular file'],
      ['failed', 'it is no regular file'],
      ['imported', null],
      ['skipped', 'nothing was asked in it'],
      ['imported', null],
    ])
    const entries = entriesOf(place.session(rows[3]?.session_id))
    expectWhole(entries)
    expect(entries.find(({ type }) => type === 'error')?.text).toMatch(
      /^line 8 of the file has 94\d{5} bytes and was left out$/,
    )
    expect(entries.at(-1)?.data.records).toMatchObject({ 'broken line': 2 })
    const [session] = (await place.json<Row[]>(['list'])).filter(
      ({ id }) => id === rows[3]?.session_id,
    )
    expect(session).toMatchObject({ status: 'idle', outcome: 'unknown' })
    expect(Date.parse(session?.created_at)).toBeLessThan(Date.now() + 1000)
  })

  test.each([
    ['takes what is said in a task of codex for a part of its turn', /task_complete/, [1]],
    ['takes each prompt for a turn where codex tells of no tasks', /"task_/, [1, 2]],
  ])('%s', async (_, leftOut, turns) => {
    const place = makePlace()
    const second = /task_started/
    const records = codexRecords(place.cwd).filter((one, i) => {
      const text = JSON.stringify(one)
      return !leftOut.test(text) && !(i > 2 && second.test(text))
    })
    put(place.dir, 'codex', linesOf(records))
    const [row] = await imported(place, 'codex')
    const entries = entriesOf(place.session(row?.session_id))
    const started = entries.filter(({ type }) => type === 'turn_started')
    expect(started.map(({ turn }) => turn)).toEqual(turns)
    expect(entries.filter(({ data }) => data.role === 'user')).toHaveLength(2 - turns.length)
  })

  test('knows the project of a conversation that has only the hash of its directory', async () => {
    const place = makePlace()
    const hash = createHash('sha256').update(place.cwd).digest('hex')
    const [first, ...rest] = geminiRecords()
    put(place.dir, 'gemini-cli', linesOf([{ ...(first as Row), projectHash: hash }, ...rest]))
    expect((await imported(place, 'gemini-cli'))[0]?.act).toBe('imported')
  })

  test('keeps the time and the tokens of what a resume of gemini wrote anew', async () => {
    const place = makePlace()
    const hash = createHash('sha256').update(place.cwd).digest('hex')
    const [head, asked, , , , , said] = geminiRecords() as Row[]
    const { id, content } = said as Row
    const anew = '2030-01-01T00:00:00.000Z'
    const messages = [
      { ...asked, timestamp: anew },
      { id, type: 'gemini', timestamp: anew, content: [{ text: content }] },
    ]
    const first = { ...head, projectHash: hash }
    put(
      place.dir,
      'gemini-cli',
      linesOf([first, asked, said, { $set: { messages: [] } }, { $set: { messages } }]),
    )
    const [row] = await imported(place, 'gemini-cli')
    const { usage } = await place.json<Row>(['show', row?.session_id as string])
    expect(usage).toMatchObject({ input_tokens: 50, output_tokens: 18 })
    const ends = entriesOf(place.session(row?.session_id)).filter(
      ({ type }) => type === 'turn_ended',
    )
    expect(ends.map(({ ts }) => ts)).toEqual([(said as Row).timestamp])
  })

  test('says which directory it cannot look into', async () => {
    const place = makePlace()
    mkdirSync(join(place.dir, '.claude'))
    symlinkSync('projects', join(place.dir, '.claude/projects'))
    const ran = await place.stint(['import', 'claude-code'])
    expect(ran.status).toBe(1)
    expect(ran.stderr).toMatch(/^warning: .*\.claude\/projects was not imported: /)
  })

  test('passes over what was not written to since', async () => {
    const place = makePlace()
    const file = store(place, 'codex')
    execFileSync('touch', ['-d', '2026-02-07', file])
    expect(await imported(place, 'codex', ['--since', '2026-03-01'])).toEqual([])
    expect(await imported(place, 'codex', ['--since', '2026-02-01'])).toHaveLength(1)
    rmSync(file)
    expect(await imported(place, 'codex')).toEqual([])
  })
})

test('import --all-projects takes no lock in a store without any', async () => {
  const place = makePlace()
  store(place, 'codex')
  await place.make()
  const file = `${place.store()}/project.toml`
  writeFileSync(file, readFileSync(file, 'utf8').replace('lease_only = false', 'lease_only = true'))
  const lock = tryLock(`${place.store()}/locks/maintenance.lock`, {})
  mkdirSync(`${place.dir}/other`)
  const how = { cwd: `${place.dir}/other` }
  const [row] = await place.json<Row[]>(['import', 'codex', '--all-projects'], how)
  expect(row).toMatchObject({ act: 'imported', project_path: place.cwd })
  lock?.release()
})
