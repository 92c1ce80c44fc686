import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  appendEntry,
  checkSession,
  type Entry,
  openShared,
  readSession,
  readTranscript,
  redactSession,
  type SessionId,
  type Store,
} from '../../lib/index.ts'
import { decodeEntry } from '../../lib/journal/entry.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { thisMachine } from '../../lib/os/process.ts'
import { createRedactor } from '../../lib/redact/redact.ts'
import { JournalRedaction } from '../../lib/session/redaction.ts'
import { Session } from '../../lib/session/session.ts'
import { accessOf } from '../../lib/store/access.ts'
import { alnum, pem } from '../redact/samples.ts'
import { makeStore } from '../support/place.ts'
import { ended, started, writeSession } from './sessions.ts'

const at = Date.UTC(2026, 0, 2)
const token = `ghp${'_'}${alnum(36)}`
const key = pem('RSA PRIVATE KEY', 6)

/** A session as an older version left it: with a token, a key line by line, and a description. */
function makeOld(store: Store, description = 'In words') {
  const said = (text: string, stream = 'stdout') =>
    ['output', { stream }, { turn: 1, at, text }] as const
  return writeSession(store, {
    description,
    name: 'old',
    told: [
      started(1, at),
      [...said('fine')],
      ...key
        .split('\n')
        .flatMap((line, index) => [
          [...said(line)] as never,
          [...said(`between ${index}`, 'stderr')] as never,
        ]),
      ['message', { note: { header: `Bearer ${token}` } }, { turn: 1, at, text: `use ${token}` }],
      [
        'usage',
        { input_tokens: 5, redactions: { 'github-token': 2 } },
        { turn: 1, at, text: token },
      ],
      [
        'turn_ended',
        { outcome: 'success', exit_code: 0, summary: `got ${token}` },
        { turn: 1, at },
      ],
    ],
  })
}

function entriesOf(store: Store, id: SessionId): (Entry | string)[] {
  return [...readTranscript(store, id)].map(({ entry, line }) => entry ?? line.text)
}

/** Everything that a session's files say. */
function textOf(dir: string): string {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => statSync(`${dir}/${name}`).isFile() && !name.startsWith('locks/'))
    .map((name) => readFileSync(`${dir}/${name}`, 'utf8'))
    .join('\n')
}

function expectClean(dir: string): void {
  const text = textOf(dir)
  expect(text).not.toContain(token)
  for (const line of key.split('\n')) expect(text).not.toContain(line)
}

describe('checkSession', () => {
  it('says where and by which rule, and never what', () => {
    const store = makeStore()
    const { id, dir } = makeOld(store)
    const before = textOf(dir)
    const found = checkSession(store, id)
    expect(found).toContainEqual({ session: id, seq: 3, rule: 'private-key', count: 1 })
    expect(found.filter(({ seq }) => seq !== undefined).map(({ seq }) => seq)).toEqual([
      3, 19, 20, 21,
    ])
    expect(found.at(-1)).toMatchObject({ file: 'state.toml', rule: 'github-token', count: 1 })
    expect(JSON.stringify(found)).not.toContain(token)
    expect(textOf(dir)).toBe(before)
  })

  it('calls a line that is too long to be held unsearched', () => {
    const line = { offset: 0, end: 2 ** 27, text: '' }
    const { id } = writeSession(makeStore(), { told: [] })
    const { counts } = new JournalRedaction(id, createRedactor()).check({ line, entry: undefined })
    expect(counts).toEqual({ error: 1 })
  })

  it('leaves an entry whose text takes too long to search as it is', () => {
    const text = 'lorem ipsum '.repeat(3000)
    const { id, dir } = writeSession(makeStore(), {
      told: [['output', { stream: 'stdout' }, { turn: 1, at, text }]],
    })
    const [, written = ''] = readFileSync(`${dir}/transcript.jsonl`, 'utf8').split('\n')
    const line = { offset: 0, end: written.length + 1, text: written }
    let now = 0
    const cpuTime = () => (now += 10_000)
    const redaction = new JournalRedaction(id, createRedactor({ cpuTime }))
    const entry = decodeEntry(written)
    expect(redaction.check({ line, entry })).toEqual({
      counts: { error: 1 },
      text: undefined,
      entry,
    })
  })

  it('finds nothing in what was redacted when it was written', async () => {
    const store = makeStore()
    const { id } = writeSession(store, { told: [started(1, at), ended(1, at)] })
    await appendEntry(store, id, { type: 'message', text: `use ${token}`, data: { token } })
    expect(checkSession(store, id)).toEqual([])
  })
})

describe('redactSession', () => {
  it('keeps every entry with its number, and leaves no secret in any file', async () => {
    const store = makeStore()
    const { id, dir } = makeOld(store, `About ${token}`)
    const before = entriesOf(store, id) as Entry[]
    expect(await redactSession(store, id)).not.toEqual([])
    expectClean(dir)
    const after = entriesOf(store, id) as Entry[]
    expect(after.map(({ seq, ts, type, turn }) => [seq, ts, type, turn])).toEqual(
      before.map(({ seq, ts, type, turn }) => [seq, ts, type, turn]),
    )
    expect(after[0]?.data).toMatchObject({ id, description: 'About [REDACTED:github-token]' })
    expect(after[2]).toEqual(before[2])
    expect(after[3]?.text).toBe('[REDACTED:private-key]')
    expect(after[3]?.data).toEqual({ stream: 'stdout', redactions: { 'private-key': 1 } })
    expect([5, 7, 9].map((seq) => after[seq]?.text)).toEqual(['', '', ''])
    expect(after[5]?.data).toEqual({ stream: 'stdout' })
    expect(after[6]).toEqual(before[6])
    expect(after[20]?.data).toEqual({ input_tokens: 5, redactions: { 'github-token': 3 } })
    const { state, warnings } = readSession(store, id)
    expect(warnings).toEqual([])
    expect(state).toMatchObject({ description: 'About [REDACTED:github-token]', name: 'old' })
    expect(state?.usage).toEqual({ input_tokens: 5 })
    expect(state?.journal).toMatchObject({
      seq: 21,
      bytes: statSync(`${dir}/transcript.jsonl`).size,
    })
    expect(statSync(`${dir}/transcript.jsonl`).mode & 0o777).toBe(0o600)
    expect(await appendEntry(store, id, { type: 'message', text: 'the next' })).toBe(22)
  })

  it('finds nothing the second time, and writes nothing then', async () => {
    const store = makeStore()
    const { id, dir } = makeOld(store)
    await redactSession(store, id)
    const look = () =>
      readdirSync(dir).map((name) => [name, statSync(`${dir}/${name}`).ino, textOf(dir)])
    const before = look()
    expect(checkSession(store, id)).toEqual([])
    expect(await redactSession(store, id)).toEqual([])
    expect(look()).toEqual(before)
  })

  it('keeps what a newer version wrote into the state', async () => {
    const store = makeStore()
    const { id, dir } = makeOld(store)
    const state = readFileSync(`${dir}/state.toml`, 'utf8')
    writeFileSync(`${dir}/state.toml`, `later = "kept"\n${state}\n[more]\nkey_id = "${token}"\n`)
    await redactSession(store, id)
    const after = readFileSync(`${dir}/state.toml`, 'utf8')
    expect(after).toContain('later = "kept"')
    expect(after).toMatch(/\[more\]\nkey_id = "\[REDACTED:[a-z-]+\]"/)
    expectClean(dir)
  })

  it('mends the results that stint wrote, and leaves alone what a tool did', async () => {
    const store = makeStore()
    const { id, dir } = makeOld(store)
    mkdirSync(`${dir}/output/turn-0001`, { recursive: true })
    writeFileSync(`${dir}/output/turn-0001/result.toml`, `turn = 1\nsummary = "got ${token}"\n`)
    writeFileSync(`${dir}/output/turn-0001/mine.txt`, token)
    await redactSession(store, id)
    expect(readFileSync(`${dir}/output/turn-0001/result.toml`, 'utf8')).toBe(
      'turn = 1\nsummary = "got [REDACTED:github-token]"\n',
    )
    expect(readFileSync(`${dir}/output/turn-0001/mine.txt`, 'utf8')).toBe(token)
  })

  it.each([0, 4])(
    'takes secrets out of lines that are no entries, and leaves their bytes else: line %i',
    async (torn) => {
      const store = makeStore()
      const { id, dir } = makeOld(store)
      const path = `${dir}/transcript.jsonl`
      const lines = readFileSync(path, 'utf8').split('\n')
      const spoilt = [...lines.slice(0, torn), `torn ${token} "`, ...lines.slice(torn + 1)].join(
        '\n',
      )
      const broken = Buffer.concat([
        Buffer.from(spoilt.slice(0, spoilt.indexOf('torn'))),
        Buffer.from([0xff, 0xfe, 10]),
        Buffer.from(spoilt.slice(spoilt.indexOf('torn'))),
      ])
      writeFileSync(path, broken)
      const state = readFileSync(`${dir}/state.toml`, 'utf8')
      writeFileSync(
        `${dir}/state.toml`,
        state.replace(/^bytes = [\d_]+$/m, `bytes = ${broken.length}`),
      )
      const before = readSession(store, id)
      expect(before.warnings).toEqual([])
      await redactSession(store, id)
      const after = readFileSync(path)
      expect(after.includes(Buffer.from([0xff, 0xfe, 10]))).toBe(true)
      expect(after.toString()).toContain('\ntorn [REDACTED:github-token] "\n')
      expectClean(dir)
      const now = readSession(store, id)
      expect(now.warnings).toEqual([])
      expect(now.state?.turn).toEqual(before.state?.turn)
      expect(await appendEntry(store, id, { type: 'message' })).toBe(22)
    },
  )

  it('refuses what runs, is damaged or cannot be read, and changes nothing', async () => {
    const store = makeStore()
    const { id, dir } = makeOld(store)
    const before = textOf(dir)
    mkdirSync(`${dir}/locks`, { recursive: true })
    const lock = tryLock(`${dir}/locks/session.lock`, {})
    await expect(redactSession(store, id)).rejects.toMatchObject({ code: 'SESSION_LOCKED' })
    lock?.release()
    const tool = tryLock(`${dir}/locks/command.lock`, {})
    await expect(redactSession(store, id)).rejects.toMatchObject({ code: 'SESSION_LEAKED' })
    tool?.release()
    expect(textOf(dir)).toBe(before)
    appendFileSync(
      `${dir}/transcript.jsonl`,
      'garbage\n{"v":1,"seq":99,"ts":"2026-01-02T00:00:00.000Z","turn":1,"type":"x","text":null,"data":{}}\n',
    )
    await expect(redactSession(store, id)).rejects.toMatchObject({ code: 'TRANSCRIPT_DAMAGED' })
    writeFileSync(`${dir}/state.toml`, 'nonsense')
    writeFileSync(`${dir}/transcript.jsonl`, 'nonsense\n')
    await expect(redactSession(store, id)).rejects.toMatchObject({ status: 6 })
  })

  const machine = thisMachine()
  const facts = {
    tool: 'tool7name42',
    signal: 'SIG7name42',
    parent: '01JH4QWERT0000000000099999',
    boot: machine.boot_id,
  }
  it.each(Object.entries(facts))(
    'leaves what the state is folded from, though a secret has the same letters: %s',
    async (_, secret) => {
      const { tool, signal, parent, boot } = facts
      const store = makeStore({ env: { MY_TOKEN: secret } })
      const { id, dir } = writeSession(store, {
        parent,
        told: [
          started(1, at, tool),
          ['message', { tool: secret }, { turn: 1, at, text: secret }],
          ['turn_ended', { outcome: 'failure', signal, summary: secret }, { turn: 1 }],
        ],
      })
      const before = readSession(store, id).state
      expect(await redactSession(store, id)).not.toEqual([])
      const [born, begun, said, over] = entriesOf(store, id) as Entry[]
      expect(born?.data).toMatchObject({ id, parent_session_id: parent, event: 'created' })
      expect(begun?.data).toMatchObject({ tool, process: { boot_id: boot } })
      expect(over?.data).toMatchObject({ outcome: 'failure', signal })
      for (const text of [said?.text, said?.data.tool, over?.data.summary]) {
        expect(text).toBe('[REDACTED:known-value]')
      }
      const { state, warnings } = readSession(store, id)
      expect(warnings).toEqual([])
      expect([state?.turn, state?.genealogy]).toEqual([before?.turn, before?.genealogy])
      expect(textOf(dir)).toContain(`boot_id = "${boot}"`)
    },
  )

  it('marks a directory that is not written as it was, and only that', async () => {
    const store = makeStore()
    const [, process] = started(1, at)
    const { id } = writeSession(store, {
      branch: 'main',
      told: [
        ['turn_started', { ...process, cwd: `/srv/${token}` }, { turn: 1, at }],
        ended(1, at),
        ['turn_started', { ...process, argv: [token], cwd: '/srv' }, { turn: 2, at }],
        ended(2, at),
      ],
    })
    await redactSession(store, id)
    const entries = entriesOf(store, id) as Entry[]
    expect(entries[1]?.data).toMatchObject({
      cwd: '/srv/[REDACTED:github-token]',
      cwd_redacted: true,
    })
    expect(entries[3]?.data).toMatchObject({ cwd: '/srv', argv: ['[REDACTED:github-token]'] })
    expect(entries[3]?.data).not.toHaveProperty('cwd_redacted')
    expect(readSession(store, id).state?.git).toEqual({ branch: 'main', cwd: '/srv' })
  })

  it('marks it at the birth of a session, too, and keeps what else git said', async () => {
    const store = makeStore()
    const { id } = writeSession(store, { branch: 'main', cwd: `/srv/${token}` })
    await redactSession(store, id)
    const git = { branch: 'main', cwd: '/srv/[REDACTED:github-token]', cwd_redacted: true }
    expect((entriesOf(store, id) as Entry[])[0]?.data.git).toEqual(git)
    expect(readSession(store, id).state?.git).toEqual(git)
  })

  it('marks it where its project was moved to, too', async () => {
    const store = makeStore()
    const set = { project_path: '/new', cwd: `/new/${token}` }
    const told = [['session', { event: 'relocated', set, upkeep: true }] as never]
    const { id } = writeSession(store, { branch: 'main', cwd: '/old', told })
    await redactSession(store, id)
    const place = { cwd: '/new/[REDACTED:github-token]', cwd_redacted: true }
    expect((entriesOf(store, id) as Entry[])[1]?.data.set).toEqual({ ...set, ...place })
    expect(readSession(store, id).state?.git).toEqual({ branch: 'main', ...place })
  })

  it.each([
    ['that crashed', [], 'crashed'],
    ['that ended', [ended(1, at)], 'success'],
  ])('makes a state that is missing anew, of a session with a turn %s', async (_, end, outcome) => {
    const store = makeStore()
    const { id, dir } = writeSession(store, {
      told: [started(1, at), ['message', {}, { turn: 1, at, text: `use ${token}` }], ...end],
    })
    rmSync(`${dir}/state.toml`)
    writeFileSync(`${dir}/locks/command.lock`, '')
    expect(checkSession(store, id)).toHaveLength(1)
    await redactSession(store, id)
    expectClean(dir)
    expect(readSession(store, id)).toMatchObject({ warnings: [], state: { turn: { outcome } } })
    // Nothing of the session is held any more.
    for (const name of readdirSync(`${dir}/locks`)) {
      const lock = tryLock(`${dir}/locks/${name}`, undefined)
      expect(lock).toBeDefined()
      lock?.release()
    }
  })

  it('looks into state and results where the transcript has nothing', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at), ended(1, at)] })
    const state = readFileSync(`${dir}/state.toml`, 'utf8')
    writeFileSync(`${dir}/state.toml`, `later = "${token}"\n${state}`)
    mkdirSync(`${dir}/output/turn-0001`, { recursive: true })
    writeFileSync(`${dir}/output/turn-0001/result.toml`, `turn = 1\nsummary = "got ${token}"\n`)
    const found = await redactSession(store, id)
    expect(found.map(({ file, line }) => [file, line])).toEqual([
      ['state.toml', 1],
      ['output/turn-0001/result.toml', 2],
    ])
    expectClean(dir)
    expect(checkSession(store, id)).toEqual([])
  })

  it('is noticed by who has the session open for changes', async () => {
    const store = makeStore()
    const { id, dir } = makeOld(store)
    using session = new Session(id, dir, accessOf(store))
    await session.appendToTurn({ type: 'message', text: 'before', data: {}, at })
    await redactSession(store, id)
    const { seqs } = await session.appendToTurn({ type: 'message', text: 'after', data: {}, at })
    expect(seqs).toEqual([23])
    const entries = entriesOf(store, id) as Entry[]
    expect(entries.slice(-2).map(({ text }) => text)).toEqual(['before', 'after'])
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index))
    expectClean(dir)
    expect(readSession(store, id)).toMatchObject({ warnings: [], state: { journal: { seq: 23 } } })
  })

  it('finds at the beginning what only the end shows to be a secret', async () => {
    const store = makeStore()
    // Too long on both sides to have the shape of a token.
    const glued = `x9y${token}zz9`
    const { id, dir } = writeSession(store, {
      told: [
        ['message', {}, { text: `see ${glued}` }],
        ['message', {}, { text: `use ${token}` }],
      ],
    })
    await redactSession(store, id)
    expectClean(dir)
  })
})

describe('openShared', () => {
  it('gives the session, its state and its entries without what is found now', () => {
    const store = makeStore()
    const { id, dir } = makeOld(store, `About ${token}`)
    const { session, state, entries } = openShared(store, id)
    const description = 'About [REDACTED:github-token]'
    expect(session).toMatchObject({ id, description, name: 'old', turn: 1, outcome: 'success' })
    expect(session).not.toHaveProperty('locks')
    expect(state).toMatchObject({ meta_session_id: id, description })
    const told = [...entries]
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, n) => n))
    expect(JSON.stringify([session, state, told])).not.toContain(token)
    expect(textOf(dir)).toContain(token)
  })

  it('keeps ids, though one has the letters of a secret, and passes over what is no entry', () => {
    const parent = '01JH4QWERT0000000000088888'
    const store = makeStore({ env: { SECRET_TOKEN: parent } })
    const { id, dir } = writeSession(store, { parent, told: [['message', {}, { text: parent }]] })
    appendFileSync(`${dir}/transcript.jsonl`, 'torn\n')
    const { session, entries } = openShared(store, id)
    expect(session).toMatchObject({ id, parent_session_id: parent })
    expect([...entries].map(({ text }) => text)).toEqual([null, '[REDACTED:known-value]'])
  })

  it('refuses a session of which nothing can be told', () => {
    const store = makeStore()
    const { id, dir } = writeSession(store)
    rmSync(`${dir}/state.toml`)
    writeFileSync(`${dir}/transcript.jsonl`, 'nonsense\n')
    expect(() => openShared(store, id)).toThrow(expect.objectContaining({ status: 6 }))
  })
})
