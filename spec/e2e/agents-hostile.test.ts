/** Agents whose output is not what it should be: whatever they print, the turn is kept and bounded. */

import { describe, expect, test } from 'vitest'
import { alnum } from '../redact/samples.ts'
import { entriesOf, expectWhole, program, type Row, sessionOf } from '../support/cli.ts'
import { makeStage as openStage, player } from '../support/stage.ts'

const done = { type: 'turn.completed', usage: {} }
const start = { type: 'thread.started', thread_id: 't1' }
const said = (text: string) => ({ type: 'item.completed', item: { type: 'agent_message', text } })
const call = (id: unknown, type = 'item.started') => ({
  type,
  item: { id, type: 'command_execution', command: `make ${id}`, status: 'in_progress' },
})

/** A place whose PATH has agents that print what they are given. */
function makeStage() {
  const stage = openStage(['codex', 'claude', 'gemini', 'opencode'])
  const env = stage.play('', stage.write(''))
  const write = (lines: readonly (object | string | Buffer)[]) =>
    stage.write(
      Buffer.concat(
        lines.map((line) =>
          Buffer.isBuffer(line)
            ? line
            : Buffer.from(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`),
        ),
      ),
    )
  /** Runs a turn of an agent that prints this; gives also what was kept of it. */
  const run = async (
    lines: readonly (object | string | Buffer)[],
    { tool = 'codex', args }: { tool?: string; args?: readonly string[] } = {},
  ) => {
    write(lines)
    const ran = await stage.stint(args ?? ['run', '--tool', tool, 'a'], { env })
    const id = sessionOf(ran.stderr) as string
    const entries = entriesOf(stage.session(id))
    expectWhole(entries)
    return { ...ran, id, entries }
  }
  return { ...stage, env, run }
}

const ofType = (entries: readonly Row[], type: string) => entries.filter((one) => one.type === type)

describe('the id of a conversation', () => {
  const token = `ghp${'_'}${alnum(36)}`
  test.each([
    ['a secret', token, 'looks like a secret'],
    ['an option', '--last', 'cannot be an argument'],
    ['two lines', 'a\nb', 'cannot be an argument'],
    ['a NUL', 'a\0b', 'cannot be an argument'],
    ['far too long', 'x'.repeat(5_000_000), 'cannot be an argument'],
  ])('that is %s is not used, and that is said', async (_, thread_id, problem) => {
    const stage = makeStage()
    const ran = await stage.run([{ ...start, thread_id }, said('hello'), done])
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 0, stdout: 'hello\n' })
    expect(ran.stderr).toContain(problem)
    const { state } = await stage.json<Row>(['show', ran.id])
    expect(state.tools.codex.provider_session_id).toBeUndefined()
    expect((await stage.json<Row>(['result', ran.id])).provider_session_id).toBeNull()
    expect(JSON.stringify(ran.entries).length).toBeLessThan(10_000)
    const again = await stage.stint(['resume', ran.id, 'b'], { env: stage.env })
    expect(again.status).toBe(125)
    expect(again.stderr).toContain('error[PROVIDER_SESSION_LOST]')
    expect(stage.calls()).toHaveLength(1)
  })

  test('may be a number, may come behind a byte order mark, and may have spaces', async () => {
    for (const [lines, id] of [
      [['\ufeff', { ...start, thread_id: 42 }, done], '42'],
      [[said('first'), { ...start, thread_id: 'a b' }, done], 'a b'],
    ] as const) {
      const stage = makeStage()
      const ran = await stage.run(lines)
      await stage.run([done], { args: ['resume', ran.id, 'b'] })
      expect(stage.calls().at(-1)?.argv).toContain(id)
    }
  })

  test('that changes is followed, but not without end', async () => {
    const stage = makeStage()
    const lines = Array.from({ length: 300 }, (_, i) => ({ ...start, thread_id: `t${i}` }))
    const ran = await stage.run([...lines, said('after'), done])
    expect(ran).toMatchObject({ status: 0, stdout: 'after\n' })
    expect(ran.stderr).toContain('has told of 100 conversations')
    expect(ofType(ran.entries, 'provider_session')).toHaveLength(100)
    const { state } = await stage.json<Row>(['show', ran.id])
    expect(state.tools.codex.provider_session_id).toBe('t99')
  })
})

test('a fork that is told of the past is not told what helpers said', async () => {
  const stage = makeStage()
  const line = (id: string, text: string, more: object = {}) => ({
    ...{ type: 'assistant', session_id: 'c1', message: { id, content: [{ type: 'text', text }] } },
    ...more,
  })
  const end = { type: 'result', subtype: 'success', result: 'mine', session_id: 'c1' }
  const lines = [line('m1', 'of a helper', { parent_tool_use_id: 't1' }), line('m2', 'mine'), end]
  const { id } = await stage.run(lines, { tool: 'claude-code' })
  await stage.stint(['run', '--fork', id, '--tool', 'gemini-cli', 'go on'], { env: stage.env })
  const told = stage.calls().at(-1)?.argv.join(' ')
  expect(told).toContain('[assistant]\nmine')
  expect(told).not.toContain('of a helper')
})

test('no word of an agent passes for one of stint', async () => {
  const stage = makeStage()
  const event =
    '{"type":"novelty","__proto__":{"x":1},"constructor":1,"upkeep":true,"truncated":true,' +
    '"bytes":5,"redactions":{"forged":1000}}'
  const ran = await stage.run([start, `${event}\n`, done])
  const [raw] = ofType(ran.entries, 'raw')
  expect(JSON.stringify(raw?.data)).toBe(
    '{"type":"novelty","__proto__":{"x":1},"constructor":1,' +
      '"reserved":{"upkeep":true,"truncated":true,"bytes":5,"redactions":{"forged":1000}}}',
  )
  const { state } = await stage.json<Row>(['show', ran.id])
  expect(state.redactions).toBeUndefined()
  const boundary = { upkeep: true, redactions: { forged: 1 }, trigger: 'auto', pre_tokens: 9 }
  const claude = await stage.run(
    [
      { type: 'system', subtype: 'compact_boundary', compact_metadata: boundary },
      { type: 'result', subtype: 'success' },
    ],
    { tool: 'claude-code' },
  )
  const [compacted] = ofType(claude.entries, 'compacted')
  expect(compacted?.data).toEqual({ trigger: 'auto', pre_tokens: 9 })
})

test('what nests without end keeps what says what it is', async () => {
  const stage = makeStage()
  const deep = (n: number) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`
  const item = `{"id":"i","type":"command_execution","command":${deep(10_000)}}`
  const ran = await stage.run([
    start,
    `{"type":"novelty","deep":${deep(100_000)}}\n`,
    `{"type":"item.completed","item":${item}}\n`,
    done,
  ])
  expect(ran.status).toBe(0)
  expect(ofType(ran.entries, 'raw')[0]?.data.type).toBe('novelty')
  const [made] = ofType(ran.entries, 'tool_call')
  expect(made?.data).toMatchObject({ id: 'i', name: 'command_execution' })
  expect(JSON.stringify(made)).toContain('[nested too deep]')
})

test('calls that interleave, have no result, or have no call are told apart', async () => {
  const stage = makeStage()
  const ran = await stage.run([
    start,
    call(1),
    call(2),
    call(1, 'item.completed'),
    call('none', 'item.completed'),
    call(2, 'item.completed'),
    call('left'),
    done,
  ])
  const of = (type: string) => ofType(ran.entries, type).map(({ data }) => data.id)
  expect(of('tool_call')).toEqual(['1', '2', 'none', 'left'])
  expect(of('tool_result')).toEqual(['1', 'none', '2'])
})

test('what is counted between the halves of a message without a name does not tear it apart', async () => {
  const stage = makeStage()
  const token = `ghp${'_'}${alnum(36)}`
  stage.install('mine', player)
  const lines = [
    { text: token.slice(0, 20), used: 1 },
    { text: token.slice(20), used: 1 },
  ]
  for (const scope of ['run', 'step']) {
    stage.configure(
      '[tools.mine]\nnew = ["mine", "{prompt}"]\n[tools.mine.events]\ntext = "text"\ndelta = true\n' +
        `usage_scope = "${scope}"\nusage.output_tokens = "used"\nend = { when = "end", is = true }\n`,
    )
    const ran = await stage.run([...lines, { text: ' kept', used: 1 }, { end: true }], {
      tool: 'mine',
    })
    expect({ scope, stdout: ran.stdout }).toEqual({ scope, stdout: `${token} kept\n` })
    expect(ofType(ran.entries, 'message').map(({ text }) => text)).toEqual([
      expect.stringMatching(/^\[REDACTED:[^\]]*\] kept$/),
    ])
  }
})

test('a message of endless pieces does not fill the memory', async () => {
  const stage = makeStage()
  const text = 'ab '.repeat(100_000)
  const times = 500
  stage.install('mine', `yes "$REPLAY_FILE" | head -n ${times} | xargs cat; echo '{"end":true}'`)
  stage.configure(
    '[tools.mine]\nnew = ["mine", "{prompt}"]\n[tools.mine.events]\ntext = "text"\ndelta = true\n' +
      'end = { when = "end", is = true }\n',
  )
  const env = { ...stage.play('', stage.write(`${JSON.stringify({ text })}\n`)) }
  const limited = { ...env, NODE_OPTIONS: '--max-old-space-size=64' }
  const ran = await stage.stint(['run', '--tool', 'mine', 'a', '--json'], { env: limited })
  expect({ status: ran.status, stderr: ran.stderr.split('\n').length }).toEqual({
    status: 0,
    stderr: 2,
  })
  const [message] = ofType(await stage.json(['logs', '@last']), 'message')
  expect(message?.data).toMatchObject({ truncated: true, bytes: times * text.length })
})

test('calls without end do not fill the memory', async () => {
  const stage = makeStage()
  const count = 40_000
  stage.install(
    'mine',
    `seq ${count} | sed "s/.*/{\\"id\\":\\"$(printf '%2000s' | tr ' ' x)&\\",\\"name\\":\\"n\\"}/"`,
  )
  stage.configure(
    '[tools.mine]\nnew = ["mine", "{prompt}"]\n' +
      '[tools.mine.events.tool_call]\nid = "id"\nname = "name"\n',
  )
  const env = { ...stage.play('', stage.write('')), NODE_OPTIONS: '--max-old-space-size=64' }
  const ran = await stage.stint(['run', '--tool', 'mine', 'a'], { env })
  expect(ran.status).toBe(0)
})

test('what an agent had begun to say when it died is kept, shown, and redacted', async () => {
  const stage = makeStage()
  const token = `ghp${'_'}${alnum(36)}`
  const begun = (type: string, id: string, more: object) => ({
    type: 'item.updated',
    item: { id, type, status: 'in_progress', ...more },
  })
  const ran = await stage.run([
    start,
    begun('command_execution', 'c', { command: 'make', aggregated_output: `so far ${token}` }),
    begun('agent_message', 'm', { text: 'I have' }),
    begun('agent_message', 'm', { text: `I have ${token}` }),
    '{"type":"item.completed","item":{"id":"m","ty',
  ])
  expect(ran).toMatchObject({ status: 1, stdout: `I have ${token}\n` })
  expect(ran.stderr).toMatch(/✗ command_execution: make/)
  const kept = ran.entries.map(({ type, text }) => [type, text?.replace(/\[RED.*\]/, '*')])
  expect(kept.slice(3)).toEqual([
    ['tool_call', undefined],
    ['output', expect.stringContaining('item.completed')],
    ['tool_result', 'so far *'],
    ['message', 'I have *'],
    ['turn_ended', undefined],
  ])
  expect(JSON.stringify(ran.entries)).not.toContain(token.slice(0, 12))
  const { outcome, summary } = await stage.json<Row>(['result', ran.id])
  expect({ outcome, summary }).toEqual({
    outcome: 'interrupted',
    summary: expect.stringMatching(/^I have \[REDACTED/),
  })
})

test('a secret at the place where a long text is cut is not halved, and the length is the whole one', async () => {
  const stage = makeStage()
  const token = `ghp${'_'}${alnum(36)}`
  const before = 'ab '.repeat((256 * 1024 - 10) / 3)
  const text = `${before}${token} ${'cd '.repeat(1_000_000)}`
  // Longer than what is looked at, and not once that is redacted.
  const secrets = `${`${token} `.repeat(8_000)}end`
  const item = { id: 'c', type: 'command_execution', command: { text }, aggregated_output: text }
  const ran = await stage.run([
    start,
    said(text),
    said(secrets),
    `${secrets}\n`,
    { type: 'item.completed', item },
    done,
  ])
  expect(ran).toMatchObject({ status: 0, stdout: `${text}\n${secrets}\n` })
  expect(JSON.stringify(ran.entries)).not.toContain(token.slice(0, 8))
  const [message, short] = ofType(ran.entries, 'message')
  expect(message?.text.length).toBeGreaterThan(255 * 1024)
  expect(message?.text.length).toBeLessThanOrEqual(256 * 1024)
  expect(message?.data).toMatchObject({ truncated: true, bytes: text.length })
  expect(short?.data).toMatchObject({ truncated: true, bytes: secrets.length })
  const [call] = ofType(ran.entries, 'tool_call')
  expect(call?.data.truncated).toBe(true)
  expect(call?.data.input.text).toHaveLength(256 * 1024)
  const [result] = ofType(ran.entries, 'tool_result')
  expect(result?.data).toMatchObject({ truncated: true, bytes: text.length })
})

test('lines of any ends, bytes and NULs are kept in order', async () => {
  const stage = makeStage()
  const broken = Buffer.concat([
    Buffer.from('{"type":"item.completed","item":{"type":"agent_message","text":"a'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('b"}}\r\n'),
  ])
  const ran = await stage.run([`${JSON.stringify(start)}\r\n`, '\0\0\n', broken, done])
  expect(ran).toMatchObject({ status: 0, stdout: 'a\ufffd\ufffdb\n' })
  const types = ran.entries.map(({ type }) => type).slice(2)
  expect(types).toEqual(['provider_session', 'output', 'message', 'turn_ended'])
})

test('what is counted before there is an id is counted once', async () => {
  const stage = makeStage()
  const total = (input_tokens: number) => ({ type: 'turn.completed', usage: { input_tokens } })
  const first = await stage.run([total(10), start, total(15)])
  expect((await stage.json<Row>(['result', first.id])).usage).toEqual({ input_tokens: 15 })
  const args = ['resume', first.id, 'b']
  await stage.run([total(20), start, total(25)], { args })
  expect((await stage.json<Row>(['result', first.id])).usage).toEqual({ input_tokens: 10 })
})

test('a total that a turn leaves out, or says in no number, is counted once in the next', async () => {
  const stage = makeStage()
  const turn = (usage: object) => [start, { type: 'turn.completed', usage }]
  const first = await stage.run(turn({ input_tokens: 1000, output_tokens: 10 }))
  const next = async (usage: object) => {
    await stage.run(turn(usage), { args: ['resume', first.id, 'b'] })
    return (await stage.json<Row>(['result', first.id])).usage
  }
  expect(await next({})).toBeNull()
  expect(await next({ input_tokens: '2000', output_tokens: 20 })).toEqual({ output_tokens: 10 })
  expect(await next({ input_tokens: 3000, output_tokens: 30, reasoning_output_tokens: 7 })).toEqual(
    {
      input_tokens: 2000,
      output_tokens: 10,
    },
  )
  const { usage } = await stage.json<Row>(['show', first.id])
  expect(usage).toEqual({ input_tokens: 3000, output_tokens: 30 })
})

test('a secret at the place where a summary is cut is not halved', async () => {
  const stage = makeStage()
  const token = `ghp${'_'}${alnum(36)}`
  const text = `${'word '.repeat(36)}${token}`
  const ran = await stage.run([start, said(text), done])
  const { summary } = await stage.json<Row>(['result', ran.id])
  expect(summary).toMatch(/\[REDACTED:/)
  for (const kept of [ran.entries, summary]) {
    expect(JSON.stringify(kept)).not.toContain(token.slice(0, 12))
  }
  const failed = await stage.run([start, { type: 'turn.failed', error: { message: text } }])
  expect(JSON.stringify(failed.entries)).not.toContain(token.slice(0, 12))
  const long = { ...start, thread_id: `${'x'.repeat(495)} ${token}` }
  expect(JSON.stringify((await stage.run([long, done])).entries)).not.toContain(token.slice(0, 12))
})

test('an end that is told twice is counted once, and what follows it is kept', async () => {
  const stage = makeStage()
  const result = {
    type: 'result',
    subtype: 'success',
    session_id: 's',
    uuid: 'u',
    usage: { input_tokens: 10 },
    total_cost_usd: 1,
  }
  const end = { type: 'result', status: 'success', stats: { input_tokens: 10 } }
  const step = {
    type: 'step_finish',
    sessionID: 's',
    part: { id: 'p', reason: 'stop', tokens: { input: 10 } },
  }
  for (const [tool, one] of [
    ['codex', { type: 'turn.completed', usage: { input_tokens: 10 } }],
    ['claude-code', result],
    ['gemini-cli', end],
    ['opencode', step],
  ] as const) {
    const ran = await stage.run(
      [...(tool === 'codex' ? [start] : []), one, one, { type: 'more' }],
      {
        tool,
      },
    )
    expect(ran.status).toBe(0)
    const { usage, outcome } = await stage.json<Row>(['result', ran.id])
    expect({ tool, outcome, input: usage.input_tokens }).toEqual({
      tool,
      outcome: 'success',
      input: 10,
    })
    expect(ofType(ran.entries, 'raw')).toHaveLength(1)
  }
  const bare: Partial<typeof result> = { ...result }
  delete bare.uuid
  const message = { id: 'm', content: [{ type: 'text', text: 'hello' }] }
  const answer = { type: 'assistant', session_id: 's', message }
  const old = await stage.run([answer, answer, bare, bare], { tool: 'claude-code' })
  expect(old.stdout).toBe('hello\n')
  expect((await stage.json<Row>(['result', old.id])).usage).toEqual({
    input_tokens: 10,
    cost_usd: 1,
  })
  const absurd = { type: 'turn.completed', usage: { input_tokens: 1e300, output_tokens: 3 } }
  const ran = await stage.run([start, absurd])
  expect((await stage.json<Row>(['result', ran.id])).usage).toEqual({ output_tokens: 3 })
})

test('an agent that said how its turn ended and stays is sent away, with what it said', async () => {
  const stage = makeStage()
  // A call that never ended does not keep it either.
  stage.install(
    'codex',
    `${[start, call('i'), done].map((one) => `echo '${JSON.stringify(one)}'`).join('\n')}\nexec sleep 60`,
  )
  const env = { ...stage.env, STINT_AGENT_IDLE_TIMEOUT: '500ms' }
  const ran = await stage.stint(['run', '--tool', 'codex', 'a'], { env })
  expect(ran.status).toBe(0)
  expect(await stage.json<Row>(['result', '@last'])).toMatchObject({
    outcome: 'success',
    signal: 'SIGTERM',
  })
})

test('a call that never ends is bounded by --timeout', async () => {
  const stage = makeStage()
  const lines = [start, call('i')].map((one) => `echo '${JSON.stringify(one)}'`)
  stage.install('codex', `${lines.join('\n')}\nexec sleep 60`)
  const env = { ...stage.env, STINT_AGENT_IDLE_TIMEOUT: '200ms' }
  const ran = await stage.stint(['run', '--timeout', '1s', '--tool', 'codex', 'a'], { env })
  expect(ran.status).toBe(124)
})

describe('what goes on', () => {
  const command = `make ${'漢字 '.repeat(20)}`
  const item = { id: 'i', type: 'command_execution', command, status: 'in_progress' }
  const slowAgent = [
    `echo '${JSON.stringify(start)}'`,
    `echo '${JSON.stringify({ type: 'item.started', item })}'`,
    'sleep 0.7; echo a complaint >&2; sleep 0.5',
    `printf '%s\\n' '${JSON.stringify(said('red \u001b[31m'))}' '${JSON.stringify(done)}'`,
  ].join('\n')

  // Elsewhere `script` has other words.
  test.runIf(process.platform === 'linux')(
    'is shown within the width of the terminal, and gives way to all else',
    async () => {
      const stage = makeStage()
      stage.install('codex', slowAgent)
      const shell = `stty cols 20; exec "${process.execPath}" "${program}" run --tool codex a`
      const { ended } = stage.startOther(['script', '-qec', shell, '/dev/null'], {
        env: { ...stage.env, TERM: 'xterm', NO_COLOR: '1' },
      })
      const screen = (await ended).stdout
      const clear = '\r\u001b[K'
      const shown = screen.split(clear).filter((text) => /^[⠀-⣿] /.test(text))
      expect(shown.length).toBeGreaterThan(3)
      for (const text of shown) {
        const width = [...text].reduce((sum, one) => sum + (/[漢字]/.test(one) ? 2 : 1), 0)
        expect(width).toBeLessThan(20)
      }
      expect(screen).toContain(`${clear}a complaint\r\n${clear}`)
      expect(screen).toContain(`${clear}red \\x1b[31m\r\n`)
      expect(screen).not.toContain('\u001b[31m')
    },
  )

  // Elsewhere `script` has other words.
  test.runIf(process.platform === 'linux')(
    'gives way to the line that names the session, which was waited for',
    async () => {
      const stage = makeStage()
      stage.install('codex', slowAgent)
      const before = ['sh', '-c', 'echo working; sleep 2']
      const first = stage.start(['run', '--name', 'busy', '--', ...before])
      await first.says('working')
      const shell = `exec "${process.execPath}" "${program}" resume --wait --tool codex busy a`
      const { ended } = stage.startOther(['script', '-qec', shell, '/dev/null'], {
        env: { ...stage.env, TERM: 'xterm', NO_COLOR: '1' },
      })
      expect((await ended).stdout).toContain('\r\u001b[Ksession ')
    },
  )

  // Elsewhere `script` has other words.
  test.runIf(process.platform === 'linux')(
    'is not drawn over the prompt of the shell in whose background it runs',
    async () => {
      const stage = makeStage()
      stage.install('codex', slowAgent)
      const shell = `"${process.execPath}" "${program}" run --tool codex a & wait`
      const { ended } = stage.startOther(['script', '-qec', `bash -mc '${shell}'`, '/dev/null'], {
        env: { ...stage.env, TERM: 'xterm', NO_COLOR: '1' },
      })
      const screen = (await ended).stdout
      expect(screen).toContain('a complaint\r\n')
      expect(screen).toContain('red \\x1b[31m\r\n')
      expect(screen).not.toContain('\u001b[K')
    },
  )

  test('is not shown where nobody sees it, and what is said stays as it is in a pipe', async () => {
    const stage = makeStage()
    stage.install('codex', slowAgent)
    const ran = await stage.stint(['run', '--tool', 'codex', 'a'], { env: stage.env })
    expect(ran.stdout).toBe('red \u001b[31m\n')
    expect(ran.stderr).toMatch(/^session \w{26} turn 1\na complaint\nsuccess in .*\n$/)
  })

  test('is named at the end of a turn that was cut off', async () => {
    const stage = makeStage()
    const item = { id: 'i', type: 'command_execution', command: 'make' }
    stage.install('codex', `#!/bin/sh\necho '${JSON.stringify({ type: 'item.started', item })}'\n`)
    const ran = await stage.stint(['run', '--tool', 'codex', 'a'], { env: stage.env })
    expect(ran.stderr).toMatch(/^session \w{26} turn 1\n… command_execution: make\ninterrupted /)
  })
})

describe('the end of a call in a line that is too long for an event', () => {
  test.each([
    ['alone', [], []],
    ['beside another', [call('d')], [call('d', 'item.completed')]],
  ])('does not keep the turn from its deadline for silence, %s', async (_, before, after) => {
    const stage = makeStage()
    const end = call('c', 'item.completed')
    const long = { ...end, item: { ...end.item, aggregated_output: 'y'.repeat(9 * 1024 * 1024) } }
    const lines = [start, ...before, call('c'), long, ...after].map(
      (line) => `${JSON.stringify(line)}\n`,
    )
    const { REPLAY_FILE: file } = stage.write(lines.join(''))
    const agent = ['sh', '-c', `cat '${file}'; exec sleep 20`]
    const ran = await stage.stint([
      'run',
      '--tool',
      'codex',
      '--idle-timeout',
      '2s',
      '--',
      ...agent,
    ])
    expect(ran.status).toBe(124)
  })
})
