/** Turns of tools that the config describes, and of aider, which keeps what it says in a file. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { alnum } from '../redact/samples.ts'
import { agent, entriesOf, expectRefusal, type Row, sessionOf, until } from '../support/cli.ts'
import { makeStage as openStage } from '../support/stage.ts'

const root = join(import.meta.dirname, '../..')
const documented = [
  ...readFileSync(join(root, 'docs/tools.md'), 'utf8').matchAll(/```toml\n(.*?)```/gs),
]
  .map(([, block]) => block)
  .join('')

/** A place whose config has the documented tools, and whose PATH has what plays them. */
function makeStage(config = documented) {
  const stage = openStage(['goose', 'cursor-agent', 'llm'])
  stage.configure(config)
  const runtime = join(stage.dir, 'runtime')
  mkdirSync(runtime)
  symlinkSync(agent('aider.sh'), join(stage.dir, 'bin/aider'))
  const play = (name: string, more: Record<string, string> = {}) =>
    stage.play(`own/${name}`, { XDG_RUNTIME_DIR: runtime, ...more })
  const seen = join(stage.dir, 'seen')
  const leftOver = () => (existsSync(`${runtime}/stint`) ? readdirSync(`${runtime}/stint`) : [])
  return { ...stage, base: play(''), runtime, play, seen, leftOver }
}

const said = (dir: string) =>
  entriesOf(dir)
    .filter(({ type, data }) => type === 'message' && data.role === undefined)
    .map(({ text }) => text)

describe('a tool of the user', () => {
  test('is run, and gone on with by the id that stint gave it', async () => {
    const stage = makeStage()
    const ran = await stage.stint(['run', '--tool', 'goose', 'fix {id} "it"'], {
      env: stage.play('goose'),
    })
    expect(ran.status).toBe(0)
    expect(ran.stdout).toContain('All done. The answer is 42.')
    const id = sessionOf(ran.stderr) as string
    expect(stage.calls()[0]?.argv.slice(-4)).toEqual(['-n', id, '-t', 'fix {id} "it"'])
    expect(said(stage.session(id))).toEqual(['I will look at it.', 'All done. The answer is 42.'])
    const { state } = await stage.json<Row>(['show', id])
    expect(state.tools.goose.provider_session_id).toBe(id)
    const again = await stage.stint(['resume', id, 'go on'], { env: stage.play('goose') })
    expect(again.status).toBe(0)
    expect(stage.calls()[1]?.argv.slice(-5)).toEqual(['--resume', '-n', id, '-t', 'go on'])
    expect(entriesOf(stage.session(id)).map(({ type }) => type)).not.toContain('resume_mismatch')
    expect((await stage.json<Row>(['result', id])).outcome).toBe('success')
  })

  test('tells its own id and what it used, and is asked for a lost one no more', async () => {
    const stage = makeStage()
    const ran = await stage.stint(['run', '--tool', 'cursor', 'fix it'], {
      env: stage.play('cursor'),
    })
    const id = sessionOf(ran.stderr) as string
    const provider = 'c6b62c6f-7ead-4fd6-9922-e952131177ff'
    expect(await stage.json<Row>(['result', id])).toMatchObject({
      outcome: 'success',
      provider_session_id: provider,
      usage: { input_tokens: 1200, cached_input_tokens: 1000, output_tokens: 34 },
    })
    const gone = { ...stage.write(''), REPLAY_COMPLAINT: 'error: session not found\n' }
    const lost = await stage.stint(['resume', id, 'go on'], { env: stage.play('cursor', gone) })
    expect(stage.calls()[1]?.argv).toContain(provider)
    expect(lost.stderr).toContain('has lost its conversation')
    const third = await stage.stint(['resume', id, 'go on'], { env: stage.play('cursor') })
    expect(third.stderr).toContain('error[PROVIDER_SESSION_LOST]')
  })

  test('has its calls kept, shown, and none of their lines twice', async () => {
    const stage = makeStage()
    const ran = await stage.stint(['run', '--tool', 'goose', 'fix it'], {
      env: stage.play('goose'),
    })
    expect(ran.stderr).toMatch(/^✓ developer__shell: ls$/m)
    const entries = entriesOf(stage.session(sessionOf(ran.stderr) as string))
    const done = entries.filter(({ type }) => /^(?:tool_|raw)/.test(type))
    expect(done.map(({ type, text, data }) => ({ type, text, data }))).toEqual([
      {
        type: 'tool_call',
        text: null,
        data: { id: 'call_1', name: 'developer__shell', input: { command: 'ls' } },
      },
      { type: 'tool_result', text: 'README.md', data: { id: 'call_1', status: 'ok' } },
    ])
  })

  test('is given a prompt that no argument holds on standard input, or not at all', async () => {
    const stage = makeStage()
    const env = stage.play('', stage.write('done\n'))
    const run = (tool: string, prompt: string) =>
      stage.stint(['run', '--tool', tool, '--prompt-file', '-'], { env, input: prompt })
    const longest = 'x'.repeat(128 * 1024 - 1)
    for (const tool of ['llm', 'goose']) {
      expect({ tool, of: (await run(tool, longest)).stderr }).not.toMatchObject({
        of: expect.stringContaining('error['),
      })
    }
    expect((await run('llm', `${longest}x`)).status).toBe(0)
    expect(stage.calls().at(-1)).toMatchObject({ argv: [], stdin: `${longest}x` })
    const refused = await run('goose', `${longest}x`)
    expectRefusal(refused, {
      status: 2,
      code: 'PROMPT_TOO_LONG',
      hint: /^hint: .*stdin = "\{prompt\}" into \[tools\.goose\] of the config/m,
    })
    expect(await stage.json<Row[]>(['list'])).toHaveLength(3)
  })

  test('is refused a permission that it cannot be told, which the config may have for others', async () => {
    const stage = makeStage()
    const env = stage.play('goose', { STINT_PERMISSION: 'allow' })
    expectRefusal(
      await stage.stint(['run', '--tool', 'goose', '--permission', 'deny', 'a'], { env }),
      { status: 2, code: 'TOOL_CANNOT', hint: /\[tools\.goose\] in the config/ },
    )
    expect(existsSync(stage.home)).toBe(false)
    const ran = await stage.stint(['run', '--tool', 'goose', 'a'], { env })
    expect(ran.status).toBe(0)
    expectRefusal(await stage.stint(['resume', '@last', '--permission', 'ask', 'b'], { env }), {
      ...{ status: 2, code: 'TOOL_CANNOT' },
    })
    expectRefusal(await stage.stint(['run', '--permission', 'allow', '--', 'true'], { env }), {
      ...{ status: 2, code: 'USAGE' },
    })
  })

  test('forks by being told, when it cannot by itself', async () => {
    const stage = makeStage()
    const ran = await stage.stint(['run', '--tool', 'goose', 'fix it'], {
      env: stage.play('goose'),
    })
    const id = sessionOf(ran.stderr) as string
    const fork = await stage.stint(['run', '--fork', id, 'and paint it'], {
      env: stage.play('goose'),
    })
    const own = sessionOf(fork.stderr) as string
    const { argv } = stage.calls()[1] as Row
    expect(argv).toContain(own)
    expect(argv).not.toContain(id)
    expect(argv.at(-1)).toMatch(/The answer is 42\.[\s\S]*and paint it$/)
  })

  test('forks by its own command, when it has one', async () => {
    const config = documented.replace(
      '\n[tools.goose.events]',
      'fork = ["goose", "copy", "{id}", "-n", "{session}", "{prompt}"]\n\n[tools.goose.events]',
    )
    const stage = makeStage(config)
    const ran = await stage.stint(['run', '--tool', 'goose', 'fix it'], {
      env: stage.play('goose'),
    })
    const id = sessionOf(ran.stderr) as string
    const fork = await stage.stint(['run', '--fork', id, 'paint'], { env: stage.play('goose') })
    const own = sessionOf(fork.stderr) as string
    expect(stage.calls()[1]?.argv).toEqual(['copy', id, '-n', own, 'paint'])
    const { state } = await stage.json<Row>(['show', own])
    expect(state.tools.goose.provider_session_id).toBe(own)
  })

  test('was cut off without its last event, and failed with an error, whatever its status', async () => {
    const stage = makeStage()
    const lines = readFileSync(join(root, 'fixtures/streams/own/goose.stdout'), 'utf8').split('\n')
    const cut = stage.write(`${lines.slice(0, 3).join('\n')}\n`)
    await stage.stint(['run', '--tool', 'goose', 'a'], { env: stage.play('goose', cut) })
    expect((await stage.json<Row>(['result', '@last'])).outcome).toBe('interrupted')
    const bad = stage.write('{"type":"error","error":"no credits"}\n{"type":"complete"}\n')
    const ran = await stage.stint(['run', '--tool', 'goose', 'a'], {
      env: stage.play('goose', bad),
    })
    expect(ran.status).toBe(1)
    expect(await stage.json<Row>(['result', '@last'])).toMatchObject({
      outcome: 'failure',
      exit_code: 0,
      summary: 'no credits',
    })
  })

  test('that prints text is shown as it is, kept as output, and judged by its status', async () => {
    const stage = makeStage()
    const answer = stage.write('{"not": "read"}\nThe answer is 42.')
    for (const [exit, outcome] of [
      ['0', 'success'],
      ['3', 'failure'],
    ] as const) {
      const env = stage.play('', { ...answer, REPLAY_EXIT: exit })
      const ran = await stage.stint(['run', '--tool', 'llm', 'what is it'], { env })
      expect(ran.status).toBe(Number(exit))
      expect(ran.stdout).toBe('{"not": "read"}\nThe answer is 42.')
      expect(stage.calls().at(-1)).toMatchObject({ argv: [], stdin: 'what is it' })
      const result = await stage.json<Row>(['result', '@last'])
      expect(result).toMatchObject({ tool: 'llm', outcome, summary: 'The answer is 42.' })
    }
    const refused = await stage.stint(['resume', '@last', 'go on'], { env: stage.play('', answer) })
    expect(refused.stderr).toContain('error[TOOL_CANNOT]')
    expect(stage.calls()).toHaveLength(2)
  })

  test('that prints text loses its conversation when it failed, and not by a word of it', async () => {
    const stage = makeStage(
      '[tools.llm]\nnew = ["llm", "{session}", "{prompt}"]\n' +
        'resume = ["llm", "-c", "{id}", "{prompt}"]\nlost = "no such log"\n',
    )
    const complaint = { ...stage.write('fine\n'), REPLAY_COMPLAINT: 'warning: no such log\n' }
    const env = stage.play('', complaint)
    const ran = await stage.stint(['run', '--tool', 'llm', 'a'], { env })
    const id = sessionOf(ran.stderr) as string
    expect((await stage.stint(['resume', id, 'b'], { env })).status).toBe(0)
    expect(stage.calls()[1]?.argv).toEqual(['-c', id, 'b'])
    const failed = await stage.stint(['resume', id, 'c'], { env: { ...env, REPLAY_EXIT: '1' } })
    expect(failed.stderr).toContain('has lost its conversation')
  })

  test('reads the output of a command line of the user, is listed, and shown', async () => {
    const stage = makeStage()
    const env = stage.play('cursor')
    const ran = await stage.stint(['run', '--tool', 'cursor', '--', 'cursor-agent', 'x'], { env })
    expect(ran.status).toBe(0)
    expect(await stage.json<Row>(['result', '@last'])).toMatchObject({
      tool: 'cursor',
      outcome: 'success',
    })
    const calls = stage.calls().length
    const tools = await stage.json<Row[]>(['tools'], { env })
    expect(tools.find(({ name }) => name === 'goose')).toMatchObject({
      program: 'goose',
      version: null,
      supports: { resume: true, fork: false, compact: false },
    })
    // It was not started to be asked.
    expect(stage.calls()).toHaveLength(calls)
    expect((await stage.stint(['config', 'tools.llm'])).stdout).toBe('llm\n')
  })

  test('that is described wrongly stops everything, before it starts', async () => {
    const stage = makeStage('[tools.mine]\nnew = ["mine", "{promt}"]\n')
    const ran = await stage.stint(['run', '--tool', 'mine', 'a'], { env: stage.base })
    expect(ran.status).toBe(2)
    expect(ran.stderr).toContain('error[CONFIG_INVALID]')
    expect(ran.stderr).toContain('tools.mine.new')
    expect(existsSync(stage.home)).toBe(false)
  })
})

describe('aider', () => {
  const token = `ghp${'_'}${alnum(36)}`

  test('has what it says kept, redacted, and its history gone', async () => {
    const stage = makeStage()
    const ran = await stage.stint(['run', '--tool', 'aider', 'fix the door'], {
      env: { ...stage.base, AIDER_SEEN: stage.seen, AIDER_SAY: `All done: ${token}` },
    })
    expect(ran.status).toBe(0)
    const id = sessionOf(ran.stderr) as string
    const dir = stage.session(id)
    expect(said(dir)).toEqual([expect.stringMatching(/^Let me see\.\n\nAll done: \[REDACTED:/)])
    const entries = entriesOf(dir)
    expect(entries.filter(({ type }) => type === 'output').map(({ text }) => text)).toEqual([
      '> Aider v0.86.1  ',
      '> Applied edit to door.py  ',
      '> ',
    ])
    expect(await stage.json<Row>(['result', id])).toMatchObject({
      outcome: 'success',
      provider_session_id: null,
      usage: { input_tokens: 1200, output_tokens: 345, cost_usd: 0.0012 },
    })
    const seen = readFileSync(stage.seen, 'utf8')
    expect(seen).toContain('restore=no\ndrwx------\n-rw-------\n')
    expect(seen).not.toContain('yes-always')
    expect(stage.leftOver()).toEqual([])
    expect(readdirSync(stage.cwd)).toEqual([])
    expect(filesWith(stage.home, token)).toEqual([])
  })

  test('goes on, and forks, from what the transcript has', async () => {
    const stage = makeStage()
    const ran = await stage.stint(['run', '--tool', 'aider', 'fix the door'], {
      env: { ...stage.base, AIDER_SAY: `All done: ${token}` },
    })
    const id = sessionOf(ran.stderr) as string
    for (const args of [
      ['resume', id, 'and test it'],
      ['run', '--fork', id, 'and paint it'],
    ]) {
      const next = await stage.stint(args, {
        env: { ...stage.base, AIDER_SEEN: stage.seen },
      })
      expect(next.status).toBe(0)
      const seen = readFileSync(stage.seen, 'utf8')
      expect(seen).toContain('restore=yes')
      expect(seen).toMatch(/\n#### fix the door {2}\n\nLet me see\.\n\nAll done: \[REDACTED:/)
      expect(seen).not.toContain(token)
    }
    expect(stage.leftOver()).toEqual([])
    // What was there before is not said again.
    expect(said(stage.session(id))).toHaveLength(2)
    // The fork goes on from what its source had at that time.
    const fork = (await stage.json<Row>(['show', '@last'])).id
    await stage.stint(['resume', id, 'and sell it'], { env: stage.base })
    for (const args of [
      ['resume', fork, 'and hang it'],
      ['run', '--fork', fork, 'and oil it'],
    ]) {
      await stage.stint(args, { env: { ...stage.base, AIDER_SEEN: stage.seen } })
      const seen = readFileSync(stage.seen, 'utf8')
      expect(seen).toMatch(/#### fix the door [\s\S]*#### and test it [\s\S]*#### and paint it /)
      expect(seen).not.toContain('and sell it')
    }
  })

  test('is given a prompt that no argument can hold in a file, which is gone afterwards', async () => {
    const stage = makeStage()
    const prompt = `do it well: ${token} ${'door '.repeat(40_000)}`
    writeFileSync(join(stage.dir, 'prompt'), prompt)
    const args = ['run', '--tool', 'aider', '--prompt-file', join(stage.dir, 'prompt')]
    const ran = await stage.stint(args, { env: { ...stage.base, AIDER_SEEN: stage.seen } })
    expect(ran.status, ran.stderr).toBe(0)
    const seen = readFileSync(stage.seen, 'utf8')
    expect(seen).toMatch(/ --message-file \S+\/stint\/\S+\n/)
    expect(seen).toContain('restore=no\ndrwx------\n-rw-------\n-rw-------\n')
    const id = sessionOf(ran.stderr) as string
    const [heard] = entriesOf(stage.session(id)).filter(({ data }) => data.role === 'user')
    expect(heard?.text).toMatch(/^do it well: \[REDACTED:[^\]]*\] (?:door ?){40000}$/)
    expect(stage.leftOver()).toEqual([])
    expect(filesWith(stage.home, token)).toEqual([])
  })

  test('is judged by its exit status', async () => {
    const stage = makeStage()
    const ran = await stage.stint(['run', '--tool', 'aider', 'fix it'], {
      env: { ...stage.base, AIDER_EXIT: '3' },
    })
    expect(ran.status).toBe(3)
    expect((await stage.json<Row>(['result', '@last'])).outcome).toBe('failure')
    expect(stage.leftOver()).toEqual([])
  })

  test('leaves no history after a deadline, a signal or a kill', async () => {
    const stage = makeStage()
    const env = { ...stage.base, AIDER_HANG: '1', AIDER_SAY: token }
    const late = await stage.stint(['run', '--tool', 'aider', '--timeout', '1s', 'a'], { env })
    expect(late.status).toBe(124)
    expect(stage.leftOver()).toEqual([])

    const told = stage.start(['run', '--tool', 'aider', 'a'], { env })
    await told.says('Let me see')
    expect(stage.leftOver()).toHaveLength(1)
    told.kill('SIGTERM')
    await told.ended
    expect((await stage.json<Row>(['result', '@last'])).outcome).toBe('interrupted')
    expect(stage.leftOver()).toEqual([])

    const killed = stage.start(['run', '--tool', 'aider', 'a'], { env })
    await killed.says('Let me see')
    expect((await stage.stint(['kill', await killed.session()])).status).toBe(0)
    await killed.ended
    expect(stage.leftOver()).toEqual([])
    expect(filesWith(stage.home, token)).toEqual([])
  })

  test('has the history of a killed stint removed, once nothing of its turn is left', async () => {
    const stage = makeStage()
    const env = { ...stage.base, AIDER_HANG: '1' }
    const run = stage.start(['run', '--tool', 'aider', 'a'], { env })
    await run.says('All done')
    run.kill('SIGKILL')
    await run.ended
    const [left] = stage.leftOver()
    expect(left).toMatch(/^\w{26}\.\d+\./)
    // Aider still runs, and writes there.
    await stage.stint(['run', '--', 'true'], { env })
    expect(stage.leftOver()).toEqual([left])
    expect((await stage.stint(['kill', await run.session()], { env })).status).toBe(0)
    await until('nothing of it is left', async () => {
      await stage.stint(['run', '--', 'true'], { env })
      return stage.leftOver().length === 0
    })
    // What others keep there stays.
    writeFileSync(join(stage.runtime, 'stint/notes'), '')
    await stage.stint(['reap'], { env })
    expect(stage.leftOver()).toEqual(['notes'])
  })

  test('is not started where somebody else could read along', async () => {
    const stage = makeStage()
    mkdirSync(join(stage.runtime, 'stint'), { mode: 0o755 })
    const ran = await stage.stint(['run', '--tool', 'aider', 'a'], { env: stage.base })
    expect(ran.stderr).toContain('error[ACCESS_DENIED]')
    expect(stage.leftOver()).toEqual([])
    expect((await stage.json<Row[]>(['list'])).length).toBe(0)
  })
})

/** The files below a directory that hold the text. */
function filesWith(dir: string, text: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .filter((file) => readFileSync(file).includes(text))
}
