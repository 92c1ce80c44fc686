/** Turns of agents: a program of the agent's name in PATH prints what the real one did. */

import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { alnum } from '../redact/samples.ts'
import { agent, entriesOf, makePlace, type Row, sessionOf } from '../support/cli.ts'
import { makeStage as openStage, player } from '../support/stage.ts'

const root = join(import.meta.dirname, '../..')

const programs: Record<string, string> = {
  'claude-code': 'claude',
  codex: 'codex',
  'gemini-cli': 'gemini',
  opencode: 'opencode',
}
const tools = Object.keys(programs)

/** A place whose PATH has programs that play recordings. */
function makeStage() {
  const stage = openStage(Object.values(programs))
  const play = (tool: string, name: string, more: Record<string, string> = {}) =>
    stage.play(`${tool}/${name}`, more)
  return { ...stage, play }
}

/** Entries without what differs from run to run. */
function contentOf(dir: string): unknown[] {
  return entriesOf(dir)
    .filter(({ type }) => type !== 'session' && type !== 'turn_started' && type !== 'turn_ended')
    .map(({ type, text, data }) => ({ type, text, data }))
}

describe.each(tools)('%s', (tool) => {
  test('is given a prompt that no argument can hold', async () => {
    const stage = makeStage()
    stage.install(programs[tool] as string, `cat > "$HEARD"\n${player} </dev/null`)
    const prompt = 'do it well. '.repeat(30_000)
    writeFileSync(join(stage.dir, 'prompt'), prompt)
    const heard = join(stage.dir, 'heard')
    const ran = await stage.stint(
      ['run', '--tool', tool, '--prompt-file', join(stage.dir, 'prompt')],
      {
        env: stage.play(tool, '01-plain', { HEARD: heard }),
      },
    )
    expect(ran.status, ran.stderr).toBe(0)
    expect(readFileSync(heard, 'utf8').trim()).toBe(prompt.trim())
  })

  test('has its conversation kept: the id, what was said and done, and what it cost', async () => {
    const stage = makeStage()
    const ran = await stage.stint(['run', '--tool', tool, 'fix it'], {
      env: stage.play(tool, '02-tool'),
    })
    expect(ran.status).toBe(0)
    expect(ran.stdout).toMatch(/All done\. The answer is 42\..*\n$/)
    expect(ran.stderr).toMatch(/^session \w{26} turn 1$/m)
    expect(ran.stderr).toMatch(/^success in .*k in, 68 out.*stint resume \w{10}/m)
    const id = sessionOf(ran.stderr) as string
    const entries = entriesOf(stage.session(id))
    const types = entries.map(({ type }) => type)
    expect(types.slice(0, 3)).toEqual(['session', 'turn_started', 'provider_session'])
    for (const type of ['tool_call', 'tool_result']) {
      expect({ type, times: types.filter((one) => one === type).length }).toEqual({
        type,
        times: 1,
      })
    }
    const last = entries.findLast(({ type }) => type === 'message')
    expect(last?.text).toMatch(/^All done\. The answer is 42\./)
    const result = await stage.json<Row>(['result', id])
    const shown = await stage.json<Row>(['show', id])
    const provider = shown.state.tools[tool].provider_session_id
    expect(provider).toBeTruthy()
    expect(result).toMatchObject({
      tool,
      outcome: 'success',
      provider_session_id: provider,
      summary: expect.stringContaining('All done'),
    })
    expect(result.usage).toMatchObject({ output_tokens: 68, cached_input_tokens: 2000 })
    const printed = await stage.stint(['result', id])
    expect(printed.stdout).toMatch(/^usage +\S+k in, 68 out/m)
    expect(shown.usage).toEqual(result.usage)
    expect(shown.description).toBe('fix it')
  })

  test('is read the same in pieces of any size', async () => {
    const stage = makeStage()
    for (const name of ['01-plain', '02-tool', '07-http-400']) {
      const kept: unknown[] = []
      for (const size of ['100000', '1', '7', '333']) {
        const ran = await stage.stint(['run', '--tool', tool, 'fix it'], {
          env: stage.play(tool, name, { REPLAY_PIECE: size }),
        })
        kept.push(contentOf(stage.session(sessionOf(ran.stderr) as string)))
      }
      for (const one of kept) expect(one).toEqual(kept[0])
    }
  })

  test('goes on by the id that it gave, in the directory it ran in', async () => {
    const stage = makeStage()
    // One project, wherever in it.
    execFileSync('git', ['init', '-q'], { cwd: stage.cwd })
    const first = await stage.stint(['run', '--tool', tool, 'fix it'], {
      env: stage.play(tool, '01-plain'),
    })
    const id = sessionOf(first.stderr) as string
    const provider = (await stage.json<Row>(['show', id])).state.tools[tool].provider_session_id
    mkdirSync(join(stage.cwd, 'elsewhere'))
    const second = await stage.stint(['resume', id, 'and test it'], {
      cwd: join(stage.cwd, 'elsewhere'),
      env: stage.play(tool, '01-plain'),
    })
    expect(second.status).toBe(0)
    expect(second.stderr).toContain(`in ${stage.cwd}`)
    const [before, after] = stage.calls() as [Row, Row]
    expect(before.argv).not.toContain(provider)
    expect(after.argv).toContain(provider)
    expect([...after.argv, after.stdin].join(' ')).toContain('and test it')
    const types = entriesOf(stage.session(id)).map(({ type }) => type)
    // Nothing new was learnt of the id.
    expect(types.filter((type) => type === 'provider_session')).toHaveLength(1)
    expect(types).not.toContain('resume_mismatch')
  })

  test('fails when it says so, whatever its exit status', async () => {
    const stage = makeStage()
    for (const [exit, status] of [
      ['0', 1],
      ['144', 144],
    ] as const) {
      const ran = await stage.stint(['run', '--tool', tool, 'fix it'], {
        env: stage.play(tool, '07-http-400', { REPLAY_EXIT: exit }),
      })
      expect(ran.status).toBe(status)
      expect(ran.stderr).toContain('mock: invalid request')
      const result = await stage.json<Row>(['result', '@last'])
      expect(result).toMatchObject({ outcome: 'failure', exit_code: Number(exit) })
      expect(result.summary).toContain('mock: invalid request')
    }
  })

  test('was cut off when it never said how it ended, whatever its exit status', async () => {
    const stage = makeStage()
    const text = readFileSync(join(root, 'fixtures/streams', tool, '02-tool.stdout'), 'utf8')
    const cut = stage.write(text.slice(0, text.trimEnd().lastIndexOf('\n') + 1))
    for (const exit of ['0', '3']) {
      const ran = await stage.stint(['run', '--tool', tool, 'fix it'], {
        env: stage.play(tool, '02-tool', { ...cut, REPLAY_EXIT: exit }),
      })
      expect(ran.status).toBe(exit === '0' ? 1 : 3)
      expect((await stage.json<Row>(['result', '@last'])).outcome).toBe('interrupted')
    }
  })

  test('reads the output of a command line of the user', async () => {
    const stage = makeStage()
    const env = stage.play(tool, '01-plain')
    const command = [programs[tool] ?? '', '--of', 'my own']
    const ran = await stage.stint(['run', '--tool', tool, '--', ...command], { env })
    expect(ran.status).toBe(0)
    expect(stage.calls()[0]?.argv).toEqual(['--of', 'my own'])
    expect(await stage.json<Row>(['result', '@last'])).toMatchObject({ tool, outcome: 'success' })
  })
})

const lost: Record<string, string> = {
  'claude-code': 'No conversation found with session ID: 1',
  codex: 'Error: thread/resume: no rollout found for thread id 1',
  'gemini-cli': 'Error resuming session: Invalid session identifier "1".',
  opencode: '\u001b[91mError: \u001b[0mSession not found',
}

/** Some say it on stdout, too. */
const lostSays: Record<string, string> = {
  'claude-code': `${JSON.stringify({
    type: 'result',
    subtype: 'error_during_execution',
    is_error: true,
    session_id: '1',
    errors: [lost['claude-code']],
  })}\n`,
}

test.each(tools)('%s that lost its conversation is asked for it no more', async (tool) => {
  const stage = makeStage()
  const env = stage.play(tool, '01-plain')
  const first = await stage.stint(['run', '--tool', tool, 'fix the door'], { env })
  const id = sessionOf(first.stderr) as string
  const gone = {
    ...env,
    ...stage.write(lostSays[tool] ?? ''),
    REPLAY_EXIT: '1',
    REPLAY_COMPLAINT: `${lost[tool]}\n`,
  }
  const second = await stage.stint(['resume', id, 'and test it'], { env: gone })
  expect(second.status).toBe(1)
  expect(second.stderr).toContain('has lost its conversation')
  const { outcome, summary } = await stage.json<Row>(['result', id])
  expect(outcome).toBe('failure')
  expect(summary).not.toMatch(/\[\d*m/)
  const { state } = await stage.json<Row>(['show', id])
  expect(state.tools[tool].provider_session_id).toBeUndefined()
  expect(state.tools[tool].provider_session_history).toHaveLength(1)

  const third = await stage.stint(['resume', id, 'once more'], { env })
  expect(third.status).toBe(125)
  expect(third.stderr).toContain('error[PROVIDER_SESSION_LOST]')
  expect(third.stderr).toContain(`stint run --fork ${id}`)
  const shorter = await stage.stint(['compress', id], { env })
  const cannot = ['codex', 'opencode'].includes(tool)
  expect(shorter.stderr).toContain(cannot ? 'error[TOOL_CANNOT]' : 'error[PROVIDER_SESSION_LOST]')

  const fork = await stage.stint(['run', '--fork', id, 'go on'], { env })
  expect(fork.status).toBe(0)
  const call = stage.calls().at(-1) as Row
  const told = [...call.argv, call.stdin].join(' ')
  for (const text of ['fix the door', 'All done. The answer is 42.', 'go on']) {
    expect(told).toContain(text)
  }
  const entries = entriesOf(stage.session(sessionOf(fork.stderr) as string))
  const started = entries.find(({ type }) => type === 'turn_started')
  expect(started?.data).toMatchObject({ prompt: 'go on', primed_from: id })
})

test('a fork is the copy that the provider makes, where it makes one', async () => {
  const stage = makeStage()
  for (const tool of ['codex', 'claude-code', 'opencode']) {
    const env = stage.play(tool, '01-plain')
    await stage.stint(['run', '--tool', tool, 'fix it'], { env })
    const { id, state } = await stage.json<Row>(['show', '@last'])
    await stage.stint(['run', '--fork', id, 'another way'], { env })
    const { argv } = stage.calls().at(-1) as Row
    expect(argv).toContain(state.tools[tool].provider_session_id)
    expect(argv.join(' ')).toMatch(/fork/)
  }
})

test('what codex says of a whole thread is counted once, over resumes and forks', async () => {
  const stage = makeStage()
  const stream = (id: string, input: number, output: number) =>
    stage.write(
      [
        { type: 'thread.started', thread_id: id },
        { type: 'turn.started' },
        { type: 'turn.completed', usage: { input_tokens: input, output_tokens: output } },
      ]
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    )
  const run = async (args: string[], made: Record<string, string>) => {
    const ran = await stage.stint(args, { env: stage.play('codex', '01-plain', made) })
    expect(ran.status).toBe(0)
    return (await stage.json<Row>(['show', sessionOf(ran.stderr) as string])) as Row
  }
  const first = await run(['run', '--tool', 'codex', 'a'], stream('t1', 1201, 34))
  expect(first.usage).toEqual({ input_tokens: 1201, output_tokens: 34 })
  const second = await run(['resume', first.id, 'b'], stream('t1', 2417, 68))
  expect(second.usage).toEqual({ input_tokens: 2417, output_tokens: 68 })
  const fork = await run(['run', '--fork', first.id, 'c'], stream('t2', 3600, 102))
  expect(fork.usage).toEqual({ input_tokens: 3600 - 2417, output_tokens: 34 })
  const resumed = await run(['resume', fork.id, 'd'], stream('t2', 4000, 110))
  expect(resumed.usage).toEqual({ input_tokens: 4000 - 2417, output_tokens: 42 })
  // Of a thread that began elsewhere nobody knows what this turn added.
  const own = ['--', 'codex', 'exec', 'resume', 't9', 'e']
  const stranger = await run(['run', '--tool', 'codex', ...own], stream('t9', 9000, 900))
  expect(stranger.usage).toBeNull()
  const known = await run(['resume', stranger.id, 'f'], stream('t9', 9100, 950))
  expect(known.usage).toEqual({ input_tokens: 100, output_tokens: 50 })
})

test('what a turn used that told no total is counted where its session goes on, and in no fork', async () => {
  const stage = makeStage()
  const stream = (id: string, total?: number) =>
    stage.write(
      [
        { type: 'thread.started', thread_id: id },
        { type: 'turn.started' },
        ...(total === undefined
          ? []
          : [
              { type: 'turn.completed', usage: { input_tokens: total, output_tokens: total / 10 } },
            ]),
      ]
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    )
  const run = async (args: string[], made: Record<string, string>) => {
    const ran = await stage.stint(args, { env: stage.play('codex', '01-plain', made) })
    return (await stage.json<Row>(['show', sessionOf(ran.stderr) as string])) as Row
  }
  const { id } = await run(['run', '--tool', 'codex', 'a'], stream('t1', 1000))
  // It came to 500, which nobody was told.
  expect((await run(['resume', id, 'b'], stream('t1'))).outcome).toBe('interrupted')
  const fork = await run(['run', '--fork', id, 'c'], stream('t2', 1800))
  expect(fork.usage).toBeNull()
  const onward = await run(['resume', fork.id, 'd'], stream('t2', 1900))
  expect(onward.usage).toEqual({ input_tokens: 100, output_tokens: 10 })
  const resumed = await run(['resume', id, 'e'], stream('t1', 1700))
  expect(resumed.usage).toEqual({ input_tokens: 1700, output_tokens: 170 })
  // Of one that began here all is this session's, though its first turn told nothing.
  const other = await run(['run', '--tool', 'codex', 'f'], stream('t3'))
  expect(other.usage).toBeNull()
  const copy = await run(['run', '--fork', other.id, 'g'], stream('t4', 700))
  expect(copy.usage).toBeNull()
  const later = await run(['resume', other.id, 'h'], stream('t3', 900))
  expect(later.usage).toEqual({ input_tokens: 900, output_tokens: 90 })
  const last = await run(['resume', copy.id, 'i'], stream('t4', 750))
  expect(last.usage).toEqual({ input_tokens: 50, output_tokens: 5 })
})

test('another id than the one that was asked for is kept, and the old one remembered', async () => {
  const stage = makeStage()
  const env = stage.play('codex', '01-plain')
  await stage.stint(['run', '--tool', 'codex', 'a'], { env })
  const ran = await stage.stint(['resume', '@last', 'b'], { env: stage.play('codex', '02-tool') })
  expect(ran.stderr).toContain('went on with another conversation')
  const { id, state } = await stage.json<Row>(['show', '@last'])
  const { provider_session_id, provider_session_history } = state.tools.codex
  const mismatch = entriesOf(stage.session(id)).find(({ type }) => type === 'resume_mismatch')
  expect(mismatch?.data).toMatchObject({
    requested: provider_session_history[0],
    observed: provider_session_id,
  })
})

test('unknown events, lines that are none, and lines too long for one are all kept', async () => {
  const stage = makeStage()
  const long = 'x'.repeat(300 * 1024)
  const huge = `{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"${'y'.repeat(9 * 1024 * 1024)}"}}`
  const lines = [
    'Reading additional input from stdin...',
    '{"type":"thread.started","thread_id":"t1"}',
    '{"type":"novelty","deep":{"list":[1,2]}}',
    '{broken',
    JSON.stringify({
      type: 'item.completed',
      item: { id: 'i', type: 'agent_message', text: long },
    }),
    huge,
    '{"type":"item.completed","item":{"id":"j","type":"agent_message","text":"after"}}',
    '{"type":"turn.completed","usage":{}}',
  ]
  const ran = await stage.stint(['run', '--tool', 'codex', 'a'], {
    env: stage.play('codex', '01-plain', stage.write(lines.join('\n'))),
  })
  expect(ran.status).toBe(0)
  expect(ran.stdout).toBe(`${long}\nafter\n`)
  const entries = entriesOf(stage.session(sessionOf(ran.stderr) as string))
  const outputs = entries.filter(({ type }) => type === 'output')
  expect(outputs.map(({ text }) => (text as string).slice(0, 20))).toEqual([
    'Reading additional i',
    '{broken',
    huge.slice(0, 20),
  ])
  expect(outputs[2]?.data).toMatchObject({ truncated: true, bytes: huge.length })
  expect(entries.find(({ type }) => type === 'raw')?.data).toEqual(JSON.parse(lines[2] ?? ''))
  const [cut, after] = entries.filter(({ type }) => type === 'message')
  expect(cut?.text).toBe(long.slice(0, 256 * 1024))
  expect(cut?.data).toMatchObject({ truncated: true, bytes: long.length })
  expect(after?.text).toBe('after')
})

test('a secret in pieces, in a command, and in an unknown event never reaches the disk', async () => {
  const stage = makeStage()
  const token = `ghp${'_'}${alnum(36)}`
  const delta = (text: string) => ({
    type: 'message',
    role: 'assistant',
    content: text,
    delta: true,
  })
  const events = [
    { type: 'init', session_id: 's1' },
    ...[...`the token is ${token}, so`].map(delta),
    { type: 'tool_use', tool_name: 'sh', tool_id: '1', parameters: { command: `push ${token}` } },
    { type: 'tool_result', tool_id: '1', status: 'success', output: `pushed as ${token}` },
    { type: 'novelty', of: { list: [token] } },
    { type: 'result', status: 'success', stats: {} },
  ]
  const ran = await stage.stint(['run', '--tool', 'gemini-cli', `use ${token}`], {
    env: stage.play(
      'gemini-cli',
      '01-plain',
      stage.write(events.map((one) => `${JSON.stringify(one)}\n`).join('')),
    ),
  })
  // The person sees what was said.
  expect(ran.stdout).toBe(`the token is ${token}, so\n`)
  const files = readdirSync(stage.home, { recursive: true, encoding: 'utf8', withFileTypes: true })
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
  expect(texts.filter((text) => text.includes(token))).toEqual([])
  const entries = entriesOf(stage.session(sessionOf(ran.stderr) as string))
  const message = entries.find(({ type }) => type === 'message')
  expect(message?.text).toBe('the token is [REDACTED:github-token], so')
})

test('a message without a name stays whole around an unknown event and a line that is none', async () => {
  const stage = makeStage()
  const token = `ghp${'_'}${alnum(36)}`
  const delta = (content: string) =>
    JSON.stringify({ type: 'message', role: 'assistant', content, delta: true })
  const lines = [
    JSON.stringify({ type: 'init', session_id: 's1' }),
    delta(`the token is ${token.slice(0, 20)}`),
    JSON.stringify({ type: 'novelty' }),
    delta(token.slice(20, 30)),
    'a warning on standard output',
    delta(token.slice(30)),
    JSON.stringify({ type: 'result', status: 'success', stats: {} }),
  ]
  const ran = await stage.stint(['run', '--tool', 'gemini-cli', 'go on'], {
    env: stage.play('gemini-cli', '01-plain', stage.write(`${lines.join('\n')}\n`)),
  })
  const entries = entriesOf(stage.session(sessionOf(ran.stderr) as string))
  expect(entries.filter(({ type }) => type === 'message').map(({ text }) => text)).toEqual([
    'the token is [REDACTED:github-token]',
  ])
  expect(entries.map(({ type }) => type)).toEqual(expect.arrayContaining(['raw', 'output']))
  expect(JSON.stringify(entries)).not.toContain(token.slice(20, 30))
})

test('--raw passes the bytes of the agent on, and --json only the result', async () => {
  const stage = makeStage()
  const env = stage.play('codex', '02-tool')
  const raw = await stage.stint(['run', '--raw', '--tool', 'codex', 'a'], { env })
  expect(raw.out).toEqual(readFileSync(env.REPLAY_FILE))
  expect(raw.stderr).toMatch(/^session \w{26} turn 1\n$/)
  const json = await stage.stint(['run', '--json', '--tool', 'codex', 'a'], { env })
  expect(JSON.parse(json.stdout)).toMatchObject({ outcome: 'success', tool: 'codex' })
})

test('an agent gets no open input, and not the variables of the agent it is started from', async () => {
  const stage = makeStage()
  const names =
    'CLAUDECODE CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_MAX_OUTPUT_TOKENS GEMINI_CLI_NO_RELAUNCH'
  for (const [tool, seen] of [
    ['claude-code', ['CLAUDE_CODE_MAX_OUTPUT_TOKENS']],
    ['gemini-cli', ['CLAUDE_CODE_MAX_OUTPUT_TOKENS', 'GEMINI_CLI_NO_RELAUNCH']],
  ] as const) {
    await stage.stint(['run', '--tool', tool, 'a'], {
      input: 'not for the agent',
      env: stage.play(tool, '01-plain', {
        REPLAY_ENV: names,
        CLAUDECODE: '1',
        CLAUDE_CODE_ENTRYPOINT: 'cli',
        CLAUDE_CODE_MAX_OUTPUT_TOKENS: '9',
      }),
    })
    expect(stage.calls().at(-1)).toMatchObject({ stdin: '', env: seen })
  }
})

test('the prompt can come from a file or from standard input, and the tool from the config', async () => {
  const stage = makeStage()
  const env = { ...stage.play('codex', '01-plain'), STINT_TOOL: 'codex' }
  writeFileSync(join(stage.cwd, 'task.md'), 'do the\ntask')
  await stage.stint(['run', '--prompt-file', 'task.md'], { env })
  expect(stage.calls().at(-1)?.argv).toContain('do the\ntask')
  await stage.stint(['run', '--prompt-file', '-'], { env, input: 'piped' })
  expect(stage.calls().at(-1)?.argv).toContain('piped')
  await stage.stint(['run', '-'], { env, input: 'and so' })
  expect(stage.calls().at(-1)?.argv).toContain('and so')
  await stage.stint(['resume', '@last', '-'], { env, input: 'again' })
  expect(stage.calls().at(-1)?.argv).toContain('again')
  const pipe = join(stage.dir, 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', `exec >${pipe}; sleep 0.3; printf late`])
  await stage.stint(['run', '--prompt-file', pipe], { env })
  expect(stage.calls().at(-1)?.argv).toContain('late')
  expect(writer.exitCode).toBe(0)
  stage.configure(
    'tool = "gemini-cli"\n[tools.gemini-cli]\nprogram = "codex"\nargs = ["-m", "pro"]\n',
  )
  await stage.stint(['run', 'by config'], { env: stage.play('gemini-cli', '01-plain') })
  expect(stage.calls().at(-1)?.argv.join(' ')).toMatch(/stream-json -m pro -p by config$/)
})

test('the command to go on with works as it stands, wherever the session is', async () => {
  const stage = makeStage()
  const env = stage.play('codex', '01-plain')
  mkdirSync(join(stage.dir, "Ann's"))
  const how = { env, cwd: stage.dir }
  const goingOn = async (args: readonly string[]) => {
    const { stderr } = await stage.stint(args, how)
    return /· go on: stint (resume .*) "…"\n$/.exec(stderr)?.[1] ?? ''
  }
  const again = await goingOn(['run', '--project', "Ann's", '--tool', 'codex', 'a'])
  expect(again).toMatch(/^resume --project 'Ann'\\''s' \w{10}$/)
  const [id = ''] = again.split(' ').slice(-1)
  const next = await goingOn(['resume', '--project', "Ann's", id, 'b'])
  expect(next).toBe(again)
  expect(await goingOn(['resume', '--all-projects', id, 'c'])).toBe(`resume --all-projects ${id}`)
  const { stderr } = await stage.stint(['run', '--ephemeral', '--tool', 'codex', 'd'], how)
  expect(stderr).toMatch(/\nsuccess in .*\n$/)
  expect(stderr).not.toContain('resume')
})

test('what cannot be is refused before anything is made', async () => {
  const stage = makeStage()
  const env = stage.play('codex', '01-plain')
  writeFileSync(join(stage.cwd, 'latin'), Buffer.from('caf\xe9', 'latin1'))
  for (const [args, problem] of [
    [['run', 'ls'], 'a prompt needs --tool'],
    [['run', '--tool', 'codx', 'a'], 'there is no tool codx'],
    [['run', '--tool', 'claude', 'a'], 'did you mean --tool claude-code?'],
    [['run', '--tool', 'codex', '-'], 'the prompt is empty'],
    [['run', '--tool', 'codex', ' '], 'the prompt is empty'],
    [['run', '--tool', 'codex'], 'there is nothing to run'],
    [['run', '--acp', '', 'a'], 'say how the agent is started'],
    [['run', '--acp', "agent 'x", 'a'], '--acp has a quote that is not closed'],
    [
      ['run', '--tool', 'codex', '--acp', 'x', 'a'],
      '--acp is an agent of its own, and no --tool codex',
    ],
    [
      ['run', '--tool', 'codex', 'a', '--', 'codex'],
      'the prompt "a" and a command after -- exclude each other',
    ],
    [['run', '--prompt-file', 'x', '--', 'codex'], 'exclude each other'],
    [['run', '--tool', 'codex', '--prompt-file', 'x', 'a'], 'exclude each other'],
    [['run', '--permission', 'ask', '--', 'codex'], '--permission is for a prompt'],
    [['run', '--tool', 'codex', '--prompt-file', 'none'], 'there is no file'],
    [['run', '--tool', 'codex', '--prompt-file', ''], '--prompt-file takes FILE'],
    [['run', '--tool', 'codex', '--prompt-file', 'latin'], 'latin is not UTF-8'],
  ] as const) {
    const ran = await stage.stint([...args], { env })
    expect({ args, status: ran.status }).toEqual({ args, status: 2 })
    expect(ran.stderr).toContain(problem)
  }
  const torn = await stage.stint(['run', '--tool', 'codex', '-'], { env, input: 'say \0 this' })
  expect(torn.status).toBe(2)
  expect(torn.stderr).toContain('with a NUL in it')
  expect(torn.stderr).not.toContain('this')
  const endless = await stage.stint(['run', '--tool', 'codex', '-'], {
    env,
    input: 'a'.repeat(17 * 1024 * 1024),
  })
  expect(endless.status).toBe(2)
  expect(endless.stderr).toContain('standard input is longer than 16 MiB')
  const missing = await stage.stint(['run', '--tool', 'codex', 'a'], {
    env: { PATH: '/nonexistent' },
  })
  expect(missing.status).toBe(127)
  expect(existsSync(stage.home)).toBe(false)
})

test('a session of an agent that is given nothing to do is not taken for one of a command', async () => {
  const stage = makeStage()
  const env = stage.play('codex', '01-plain')
  expect((await stage.stint(['run', '--tool', 'codex', 'a'], { env })).status).toBe(0)
  const ran = await stage.stint(['resume', '@last'], { env })
  expect(ran.status).toBe(2)
  expect(ran.stderr).toContain('there is nothing to run: give a prompt')
  expect((await stage.stint(['resume', '@last', '--', 'true'])).status).toBe(0)
  const refused = await stage.stint(['resume', '@last', 'b'], { env })
  expect(refused.status).toBe(2)
  expect(refused.stderr).toContain('a prompt needs an agent: --tool codex\n')
  expect((await stage.stint(['resume', '@last', '--tool', 'codex', 'b'], { env })).status).toBe(0)
})

test('tools says which agents there are, and what they can do', async () => {
  const place = makePlace()
  const bin = join(place.dir, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'codex'), '#!/bin/sh\ncat; echo "codex-cli 0.169.0"\n')
  writeFileSync(join(bin, 'gemini'), '#!/bin/sh\nexit 3\n')
  for (const name of ['codex', 'gemini']) chmodSync(join(bin, name), 0o755)
  const env = { PATH: `${bin}:/usr/bin:/bin` }
  const found = await place.json<Row[]>(['tools'], { env })
  const facts = found.map(({ name, path, version }) => ({ name, path, version }))
  expect(facts).toContainEqual({ name: 'codex', path: join(bin, 'codex'), version: '0.169.0' })
  expect(facts).toContainEqual({ name: 'gemini-cli', path: join(bin, 'gemini'), version: null })
  expect(facts).toContainEqual({ name: 'claude-code', path: null, version: null })
  const { stdout } = await place.stint(['tools'], { env })
  expect(stdout).toMatch(/^codex +0\.169\.0 +yes +yes +no +/m)
})

test('tools shows the memory that 19 of 20 turns of each tool stayed within', async () => {
  const stage = makeStage()
  const env = stage.play('codex', '01-plain')
  const record = async (args: readonly string[], peaks: readonly number[]) => {
    const dir = stage.session(await stage.make(args, { env }))
    const recorded = readFileSync(join(dir, 'output/turn-0001/result.toml'), 'utf8')
    const rest = recorded.replace(/^(?:turn|peak_memory_bytes) = .*\n/gm, '')
    for (const [index, peak] of peaks.entries()) {
      const turn = join(dir, `output/turn-${String(index + 1).padStart(4, '0')}`)
      mkdirSync(turn, { recursive: true })
      const known = `turn = ${index + 1}\npeak_memory_bytes = ${peak}\n`
      writeFileSync(join(turn, 'result.toml'), `${known}${rest}`)
    }
  }
  const mebibytes = (count: number) => count * 1024 * 1024
  // The greatest stands first: the order of the turns is none of the peaks.
  const many = Array.from({ length: 20 }, (_, index) => mebibytes(120 - index))
  await record(['--tool', 'codex', 'a'], many.slice(0, 12))
  await record(['--tool', 'codex', 'b'], many.slice(12))
  await record(['--tool', 'claude-code', 'c'], [1536])
  await record(['--', 'true'], [mebibytes(900)])
  const rows = await stage.json<Row[]>(['tools'], { env })
  expect(Object.fromEntries(rows.map(({ name, memory }) => [name, memory]))).toEqual({
    aider: null,
    'claude-code': { turns: 1, p95_bytes: 1536, max_bytes: 1536 },
    codex: { turns: 20, p95_bytes: mebibytes(119), max_bytes: mebibytes(120) },
    'gemini-cli': null,
    opencode: null,
  })
  const { stdout } = await stage.stint(['tools'], { env })
  const [heads = '', ...lines] = stdout.trimEnd().split('\n')
  const [from, to] = [heads.indexOf('MEMORY'), heads.indexOf('PROGRAM')]
  expect(lines.map((line) => [line.split(' ', 1)[0], line.slice(from, to).trim()])).toEqual([
    ['aider', ''],
    ['claude-code', '1.5 KiB'],
    ['codex', '119 MiB'],
    ['gemini-cli', ''],
    ['opencode', ''],
  ])
})

test('compress has the agent sum up its conversation, where it can without a terminal', async () => {
  const stage = makeStage()
  for (const [tool, word] of [
    ['gemini-cli', '/compress'],
    ['claude-code', '/compact'],
  ] as const) {
    const env = stage.play(tool, '01-plain')
    await stage.stint(['run', '--tool', tool, 'fix it'], { env })
    const before = await stage.json<Row>(['show', '@last'])
    const ran = await stage.stint(['compress', '@last'], { env })
    expect(ran.status).toBe(0)
    const { argv } = stage.calls().at(-1) as Row
    expect(argv).toContain(word)
    expect(argv).toContain(before.state.tools[tool].provider_session_id)
    const { state } = await stage.json<Row>(['show', before.id])
    expect(state).toMatchObject({ phase: 'available', context_status: { is_compacted: true } })
    await stage.stint(['resume', before.id, 'go on'], { env })
    expect((await stage.json<Row>(['show', before.id])).phase).toBe('active')
  }
  const env = stage.play('codex', '01-plain')
  await stage.stint(['run', '--tool', 'codex', 'fix it'], { env })
  const refused = await stage.stint(['compress', '@last'], { env })
  expect(refused.status).toBe(2)
  expect(refused.stderr).toContain('codex has no compaction without a terminal')
  expect((await stage.json<Row>(['show', '@last'])).turn).toBe(1)
  const silent = { env: stage.play('claude-code', '01-plain', stage.write('')) }
  await stage.stint(['run', '--tool', 'claude-code', 'fix it'], silent)
  const early = await stage.stint(['compress', '@last'])
  expect(early.status).toBe(2)
  expect(early.stderr).toContain('claude-code has no conversation in this session yet')
  await stage.stint(['run', '--', 'true'])
  const without = await stage.stint(['compress', '@last'])
  expect(without.status).toBe(2)
  expect(without.stderr).toContain('command has no compaction')
  expect(without.stderr).not.toContain('hint:')
})

test('an agent that is silent is ended, but not while a tool of its runs', async () => {
  const stage = makeStage()
  const bin = join(stage.dir, 'bin')
  const script = (lines: readonly object[], pause: number) =>
    `#!/bin/sh\n${lines.map((one) => `echo '${JSON.stringify(one)}'`).join('\n')}\nsleep ${pause}\n` +
    `echo '${JSON.stringify({ type: 'turn.completed', usage: {} })}'\n`
  const call = { id: 'i', type: 'command_execution', command: 'make', status: 'in_progress' }
  const start = { type: 'thread.started', thread_id: 't' }
  const env = { PATH: `${bin}:${stage.env.PATH}`, STINT_AGENT_IDLE_TIMEOUT: '1s' }
  writeFileSync(join(bin, 'codex'), script([start, { type: 'item.started', item: call }], 2))
  expect((await stage.stint(['run', '--tool', 'codex', 'a'], { env })).status).toBe(0)
  writeFileSync(join(bin, 'codex'), script([start], 60))
  const ran = await stage.stint(['run', '--tool', 'codex', 'a'], { env })
  expect(ran.status).toBe(124)
  expect((await stage.json<Row>(['result', '@last'])).outcome).toBe('timed_out')
  const why = 'codex was ended: it said nothing for 1s'
  expect(ran.stderr).toContain(`warning: ${why}; --idle-timeout allows more\n`)
  expect(entriesOf(stage.session(sessionOf(ran.stderr) ?? ''))).toContainEqual(
    expect.objectContaining({
      type: 'error',
      text: why,
      data: { code: 'IDLE_TIMEOUT', after_ms: 1_000 },
    }),
  )
  // One that has said how its turn ended has nothing more to say.
  const end = { type: 'turn.completed', usage: {} }
  writeFileSync(join(bin, 'codex'), script([start, end], 60))
  expect((await stage.stint(['run', '--tool', 'codex', 'a'], { env })).status).toBe(0)
  expect((await stage.json<Row>(['result', '@last'])).outcome).toBe('success')
})

describe('an agent that speaks ACP', () => {
  const acp = (scenario: string) => `"${process.execPath}" "${agent('acp-agent.mjs')}" ${scenario}`
  const setUp = () => {
    const place = makePlace()
    execFileSync('git', ['init', '-q'], { cwd: place.cwd })
    return place
  }

  test('is talked with: its id, what it said and did, and how it ended', async () => {
    const place = setUp()
    const ran = await place.stint(['run', '--acp', acp('tool'), '--permission', 'allow', 'do it'])
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 0, stdout: '' })
    expect(ran.stderr).toMatch(/^✓ execute: ls$/m)
    const { id, state } = await place.json<Row>(['show', '@last'])
    expect(state.tools.acp.provider_session_id).toBe('made')
    const types = entriesOf(place.session(id)).map(({ type }) => type)
    expect(types.slice(2, 4)).toEqual(['provider_session', 'tool_call'])
    expect(types).toContain('tool_result')
    expect(await place.json<Row>(['result', id])).toMatchObject({ tool: 'acp', outcome: 'success' })
  })

  test('has a secret taken out though other updates come between its halves', async () => {
    const place = setUp()
    const token = `ghp${'_'}${alnum(36)}`
    const ran = await place.stint(['run', '--json', '--acp', acp(`aside ${token}`), 'do it'])
    expect(ran.status).toBe(0)
    const entries = entriesOf(place.session(sessionOf(ran.stderr) as string))
    const said = entries.filter(({ type }) => type === 'message').map(({ text }) => text)
    expect(said).toEqual([expect.stringMatching(/^\[REDACTED:[^\]]*\]$/)])
    expect(entries.filter(({ type }) => type === 'usage')).toHaveLength(2)
    expect(entries.filter(({ type }) => type === 'raw')).toHaveLength(2)
    expect(JSON.stringify(entries)).not.toContain(token.slice(20))
  })

  test('is not allowed what nobody allowed', async () => {
    const place = setUp()
    await place.stint(['run', '--acp', acp('tool'), 'do it'])
    const { id } = await place.json<Row>(['show', '@last'])
    const asked = entriesOf(place.session(id)).find(({ type }) => type === 'raw')
    expect(asked?.data.outcome).toEqual({ outcome: 'selected', optionId: 'no' })
  })

  test('goes on by its recorded command, and says when it has lost the session', async () => {
    const place = setUp()
    await place.stint(['run', '--acp', acp('lost'), 'a'])
    const { id } = await place.json<Row>(['show', '@last'])
    const ran = await place.stint(['resume', id, 'b'])
    expect(ran.status).not.toBe(0)
    expect(ran.stderr).toContain('acp has lost its conversation made')
    const { state } = await place.json<Row>(['show', id])
    expect(state.tools.acp.provider_session_id).toBeUndefined()
  })

  test('that cannot copy its session is told of it, and counts anew what that costs', async () => {
    const place = setUp()
    const first = await place.stint(['run', '--acp', acp('paid 2'), 'mind the door'])
    const id = sessionOf(first.stderr) as string
    const fork = await place.stint(['run', '--fork', id, '--acp', acp('paid 5'), 'go on'])
    expect(fork.status).toBe(0)
    expect(fork.stderr).toContain(`acp starts a new conversation, told of the last turns of ${id}`)
    expect(fork.stdout).toMatch(/\[user\]\nmind the door\n[\s\S]*\ngo on\n$/)
    const copy = await place.json<Row>(['show', sessionOf(fork.stderr) as string])
    expect(copy.usage).toEqual({ cost_usd: 5 })
    const met = entriesOf(place.session(copy.id)).find(({ type }) => type === 'provider_session')
    expect(met?.data).toMatchObject({ provider_session_id: 'made', primed_from: id })
  })

  test('says what can be done next as it is', async () => {
    const place = setUp()
    const next = async (args: string[]) => {
      const { stderr } = await place.stint(args)
      return { is: / in .* · (.*)$/m.exec(stderr)?.[1], id: sessionOf(stderr) as string }
    }
    // It dies before there is a session: the next turn begins the conversation.
    const dead = await next(['run', '--acp', 'sh -c "exit 3"', 'a'])
    const id = dead.id.slice(0, 10)
    expect(dead.is).toBe(`try again: stint resume ${id} "…"`)
    const again = await next(['resume', dead.id, '--acp', acp('resume'), 'b'])
    expect(again.is).toBe(`go on: stint resume ${id} "…"`)
    expect((await next(['resume', dead.id, '--acp', 'false', 'c'])).is).toBe(again.is)
    // An agent that goes on with no session says so; a fork tells it what was said.
    const plain = await next(['resume', dead.id, '--acp', acp('plain'), 'd'])
    expect(plain.is).toBe(`go on: stint run --fork ${id} "…"`)
    const lost = await next(['resume', dead.id, '--acp', acp('lost'), 'e'])
    expect(lost.is).toBe(`go on: stint run --fork ${id} "…"`)
    expect((await next(['resume', '--all-projects', dead.id, '--acp', 'false', 'f'])).is).toBe(
      undefined,
    )
    expect((await next(['run', '--fork', dead.id, '--acp', acp('resume'), 'g'])).is).toMatch(
      /^go on: stint resume/,
    )
  })

  test('says why it failed', async () => {
    const place = setUp()
    const ran = await place.stint(['run', '--acp', acp('refusal'), 'a'])
    expect(ran.status).toBe(1)
    expect(ran.stderr).toMatch(/^! the agent refused to go on$/m)
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({
      outcome: 'failure',
      summary: 'the agent refused to go on',
    })
  })

  test('that dies in the middle was cut off', async () => {
    const place = setUp()
    await place.stint(['run', '--acp', acp('crash'), 'a'])
    expect((await place.json<Row>(['result', '@last'])).outcome).toBe('interrupted')
  })

  test('that closes its output and stays is sent away', async () => {
    const place = setUp()
    const mute = 'sh -c "exec >&-; exec sleep 60"'
    expect((await place.stint(['run', '--timeout', '30s', '--acp', mute, 'a'])).status).toBe(1)
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({
      outcome: 'interrupted',
      signal: 'SIGTERM',
    })
  })

  /** An agent whose process stays when it has nothing more to do. */
  const staying = ({ dir }: ReturnType<typeof setUp>, scenario: string, onTerm: string) => {
    const file = join(dir, 'staying.sh')
    const loop = 'while :; do sleep 0.1; done'
    writeFileSync(file, `end() { ${onTerm}; }\ntrap end TERM\n${acp(scenario)}\n${loop}\n`)
    return `sh "${file}"`
  }

  test('that is sent away has ended its turn well, also while others still print', async () => {
    const place = setUp()
    const ticks = 'for i in $(seq 30); do echo tick; sleep 0.1; done'
    const agent = staying(place, 'plain', `setsid sh -c '${ticks}' & exit 3`)
    const ran = await place.stint(['run', '--idle-timeout', '500ms', '--acp', agent, 'a'])
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({
      outcome: 'success',
      exit_code: 3,
    })
    expect(ran.status).toBe(0)
  })

  test('that was interrupted and is sent away has the status of its signal', async () => {
    const place = setUp()
    const run = place.start(['run', '--acp', staying(place, 'cancel', 'exit 3'), 'a'])
    await run.session()
    await run.says('working')
    run.kill('SIGINT')
    expect((await run.ended).status).toBe(130)
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({
      outcome: 'interrupted',
      exit_code: 3,
    })
  })

  test('is asked to cancel before it gets a signal', async () => {
    const place = setUp()
    const run = place.start(['run', '--acp', acp('cancel'), 'a'])
    await run.session()
    await run.says('working')
    run.kill('SIGINT')
    const ran = await run.ended
    expect(ran.status).toBe(130)
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({
      outcome: 'interrupted',
      exit_code: 0,
      signal: null,
    })
  })

  test('that never answers ends with the timeout', async () => {
    const place = setUp()
    const ran = await place.stint(['run', '--timeout', '1s', '--acp', acp('silent'), 'a'])
    expect(ran.status).toBe(124)
  })

  test('can have a name in the config', async () => {
    const place = setUp()
    mkdirSync(join(place.dir, 'config/stint'), { recursive: true })
    const command = JSON.stringify([process.execPath, agent('acp-agent.mjs'), 'plain'])
    writeFileSync(join(place.dir, 'config/stint/config.toml'), `[tools.mine]\nacp = ${command}\n`)
    const ran = await place.stint(['run', '--tool', 'mine', 'a'])
    expect(ran.status).toBe(0)
    expect(await place.json<Row>(['result', '@last'])).toMatchObject({ tool: 'mine' })
    const unknown = await place.stint(['run', '--tool', 'yours', 'a'])
    expect(unknown.stderr).toContain('acp, mine')
  })
})
