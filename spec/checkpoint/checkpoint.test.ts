import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import { TranscriptReader } from '../../lib/checkpoint/transcript.ts'
import {
  appendEntry,
  listCheckpoints,
  openStore,
  readSession,
  redactSession,
  type Store,
  verifyCheckpoint,
  writeCheckpoint,
} from '../../lib/index.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import { makeDir } from '../support/place.ts'

const identity = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
}

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', ['-C', cwd, '-c', 'init.defaultBranch=trunk', ...args], {
    env: { PATH: process.env.PATH, HOME: cwd, ...identity },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
}

function makeRepository(dir = makeDir()): string {
  git(dir, 'init', '-q')
  git(dir, 'commit', '-q', '--allow-empty', '-m', 'first')
  return dir
}

function storeOf(project: string, env: Record<string, string> = {}): Store {
  const home = makeDir()
  const fixed = { PATH: process.env.PATH, HOME: home, STINT_HOME: `${home}/state` }
  return openStore({
    env: { ...fixed, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', ...env },
    home,
    cwd: project,
  })
}

/** A session of so many turns, each of which ran in `cwd`. */
function makeSession(store: Store, cwd: string, turns = 1): { id: SessionId; dir: string } {
  const told = Array.from({ length: turns }, (_, i) => i + 1).flatMap((turn) => {
    const at = Date.UTC(2026, 0, 2) + turn * 1000
    const [type, data, options] = started(turn, at)
    const [endType, result, endOptions] = ended(turn, at + 500)
    const facts = { session_id: 'x', turn, tool: 'command' }
    return [
      [type, { ...data, cwd }, options],
      [endType, { ...result, ...facts }, endOptions],
    ] as [string, object, object][]
  })
  return writeSession(store, { told })
}

const show = (cwd: string, commit = 'HEAD') => git(cwd, 'notes', '--ref=stint', 'show', commit)
const linesOf = (text: string) => text.split('\n').map((line) => JSON.parse(line))

describe('writeCheckpoint', () => {
  it('notes the newest ended turn on HEAD, and says so in the journal without using the session', async () => {
    const cwd = makeRepository()
    const store = storeOf(cwd)
    const { id, dir } = makeSession(store, cwd, 2)
    const before = readSession(store, id)
    const noted = await writeCheckpoint(store, id)
    const head = git(cwd, 'rev-parse', 'HEAD')
    expect(noted).toMatchObject({ session_id: id, turn: 2, head, seq: 4, redacted: 0 })
    expect(linesOf(show(cwd))).toEqual([{ v: 1, ...noted }])
    expect(noted.result).toMatchObject({ outcome: 'success' })
    const last = readFileSync(`${dir}/transcript.jsonl`, 'utf8').trimEnd().split('\n').at(-1) ?? ''
    expect(JSON.parse(last)).toMatchObject({
      type: 'checkpoint',
      data: { turn: 2, head, ref: 'refs/notes/stint', seq: 4, sha256: noted.sha256, upkeep: true },
    })
    expect(readSession(store, id).last_accessed).toBe(before.last_accessed)
    expect(git(cwd, 'status', '--porcelain')).toBe('')
  })

  it('puts turns and sessions on one commit, and the same turn in place of its own line', async () => {
    const cwd = makeRepository()
    const store = storeOf(cwd)
    const a = makeSession(store, cwd, 2)
    const b = makeSession(store, cwd)
    git(cwd, 'notes', '--ref=stint', 'append', '-m', 'by hand')
    await writeCheckpoint(store, a.id, 1)
    await writeCheckpoint(store, b.id)
    await writeCheckpoint(store, a.id, 2)
    await writeCheckpoint(store, a.id, 1)
    const [first, ...rest] = show(cwd).split('\n')
    expect(first).toBe('by hand')
    const rows = rest.map((line) => JSON.parse(line))
    expect(rows.map((row) => [row.session_id, row.turn, row.seq])).toEqual([
      [b.id, 1, 2],
      [a.id, 2, 4],
      [a.id, 1, 2],
    ])
    for (const row of rows) expect(verifyCheckpoint(store, row).verdict).toBe('agrees')
  })

  it('redacts the result once more, also where the journal is not redacted', async () => {
    const cwd = makeRepository()
    const store = storeOf(cwd)
    const { id } = makeSession(store, cwd)
    const secret = ['ghp', 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'].join('_')
    const result = { outcome: 'success', exit_code: 0, signal: null, summary: `use ${secret}` }
    const { dir } = readSession(store, id)
    const entry = (seq: number, type: string, data: object) =>
      `${JSON.stringify({ v: 1, seq, ts: '2026-01-03T00:00:00.000Z', turn: 2, type, text: null, data })}\n`
    appendFileSync(
      `${dir}/transcript.jsonl`,
      entry(3, 'turn_started', { tool: 'command', cwd }) + entry(4, 'turn_ended', result),
    )
    const noted = await writeCheckpoint(store, id)
    expect(noted.result.summary).toMatch(/^use \[REDACTED:/)
    expect(show(cwd)).not.toContain(secret)
    expect(listCheckpoints(store, id).map((row) => verifyCheckpoint(store, row).verdict)).toEqual([
      'agrees',
    ])
  })

  it.each([
    ['TURN_UNKNOWN', 7],
    ['RESULT_MISSING', undefined],
  ] as const)('refuses with %s what has no result', async (code, turn) => {
    const cwd = makeRepository()
    const store = storeOf(cwd)
    const { id } = makeSession(store, cwd, 0)
    await expect(writeCheckpoint(store, id, turn)).rejects.toMatchObject({ code })
    expect(git(cwd, 'for-each-ref', 'refs/notes')).toBe('')
  })

  it('refuses outside of a repository, and where HEAD is unborn', async () => {
    const plain = makeDir()
    const outside = storeOf(plain)
    const { id } = makeSession(outside, plain)
    const refused = { code: 'NO_REPOSITORY', hint: expect.stringContaining('git init') }
    await expect(writeCheckpoint(outside, id)).rejects.toMatchObject(refused)
    expect(() => listCheckpoints(outside)).toThrow(/no git repository/)

    const unborn = makeDir()
    git(unborn, 'init', '-q')
    const store = storeOf(unborn)
    const early = makeSession(store, unborn)
    await expect(writeCheckpoint(store, early.id)).rejects.toMatchObject({ code: 'NO_COMMIT' })
    expect(listCheckpoints(store)).toEqual([])
  })

  it('works on a detached HEAD and in a bare repository', async () => {
    const cwd = makeRepository()
    git(cwd, 'checkout', '-q', '--detach')
    const store = storeOf(cwd)
    const { id } = makeSession(store, cwd)
    expect((await writeCheckpoint(store, id)).head).toBe(git(cwd, 'rev-parse', 'HEAD'))

    const bare = `${makeDir()}/bare.git`
    git(cwd, 'branch', 'trunk2')
    git(cwd, 'clone', '-q', '--bare', '-b', 'trunk2', cwd, bare)
    writeFileSync(`${bare}/../config`, '[safe]\n\tbareRepository = explicit\n')
    const inBare = storeOf(bare, { GIT_CONFIG_GLOBAL: `${bare}/../config` })
    const other = makeSession(inBare, bare)
    await writeCheckpoint(inBare, other.id)
    expect(linesOf(show(bare))).toMatchObject([{ session_id: other.id }])
    expect(listCheckpoints(inBare)).toHaveLength(1)
  })

  it('takes the HEAD of the worktree that the turn ran in, and the project when that is gone', async () => {
    const cwd = makeRepository()
    const tree = `${makeDir()}/tree`
    git(cwd, 'worktree', 'add', '-q', '-b', 'side', tree)
    git(tree, 'commit', '-q', '--allow-empty', '-m', 'second')
    const store = storeOf(cwd)
    const { id } = makeSession(store, tree)
    expect((await writeCheckpoint(store, id)).head).toBe(git(tree, 'rev-parse', 'HEAD'))
    expect(listCheckpoints(store)).toHaveLength(1)
    rmSync(tree, { recursive: true })
    expect((await writeCheckpoint(store, id)).head).toBe(git(cwd, 'rev-parse', 'HEAD'))
    expect(listCheckpoints(store, id)).toHaveLength(2)

    const elsewhere = makeRepository()
    const other = makeSession(store, elsewhere)
    expect((await writeCheckpoint(store, other.id)).head).toBe(git(elsewhere, 'rev-parse', 'HEAD'))
    expect(listCheckpoints(store, other.id)).toHaveLength(1)
    expect(listCheckpoints(store)).toHaveLength(2)
  })

  it('is not steered by hooks, by signing, by notes settings or by GIT_ variables', async () => {
    const cwd = makeRepository()
    const elsewhere = makeRepository()
    const trace = `${makeDir()}/trace`
    for (const name of ['reference-transaction', 'post-commit', 'pre-commit', 'commit-msg']) {
      mkdirSync(`${cwd}/.git/hooks`, { recursive: true })
      writeFileSync(`${cwd}/.git/hooks/${name}`, `#!/bin/sh\necho ${name} >>${trace}\nexit 1\n`)
      chmodSync(`${cwd}/.git/hooks/${name}`, 0o755)
    }
    const config = `${makeDir()}/config`
    const lines = [
      '[commit]',
      'gpgsign = true',
      '[gpg]',
      'program = /bin/false',
      '[notes]',
      'displayRef = refs/notes/*',
      'rewriteRef = refs/notes/other',
      '[core]',
      'notesRef = refs/notes/other',
      'editor = /bin/false',
      'pager = /bin/false',
      '[user]',
      'useConfigOnly = true',
      '[i18n]',
      'commitEncoding = latin1',
      '[fastimport]',
      'unpackLimit = 1',
      '[color]',
      'ui = always',
    ]
    writeFileSync(config, `${lines.join('\n')}\n`)
    const store = storeOf(cwd, {
      GIT_CONFIG_GLOBAL: config,
      GIT_DIR: `${elsewhere}/.git`,
      GIT_WORK_TREE: elsewhere,
      GIT_INDEX_FILE: '/nonexistent/index',
      GIT_OBJECT_DIRECTORY: '/nonexistent/objects',
      GIT_NOTES_REF: 'refs/notes/other',
      GIT_NAMESPACE: 'other',
      GIT_TRACE: trace,
      GIT_CEILING_DIRECTORIES: '/',
      GIT_AUTHOR_DATE: 'never',
      GIT_COMMITTER_DATE: 'never',
    })
    const session = makeSession({ ...store, projectPath: cwd }, cwd)
    await writeCheckpoint(store, session.id)
    expect(linesOf(show(cwd))).toMatchObject([{ session_id: session.id }])
    expect(existsSync(trace)).toBe(false)
    expect(git(cwd, 'for-each-ref', '--format=%(refname)', 'refs/notes')).toBe('refs/notes/stint')
    expect(git(elsewhere, 'for-each-ref', 'refs/notes')).toBe('')
    expect(git(cwd, 'log', '-1', '--format=%cn %s', 'refs/notes/stint')).toMatch(
      /^stint checkpoint: session /,
    )
    expect(git(cwd, 'count-objects', '-v')).toContain('packs: 0')
  })

  it.runIf(process.getuid?.() === 0)(
    "refuses somebody else's repository as git does, unless it is trusted",
    async () => {
      const cwd = makeRepository()
      execFileSync('chown', ['-R', '12345', cwd])
      onTestFinished(() => chownSync(cwd, 0, 0))
      const store = storeOf(cwd)
      const { id } = makeSession(store, cwd)
      const hint = expect.stringContaining('safe.directory')
      await expect(writeCheckpoint(store, id)).rejects.toMatchObject({ code: 'GIT_FAILED', hint })
      const trusting = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory' }
      const env = { ...store.env, ...trusting, GIT_CONFIG_VALUE_0: '*' }
      await writeCheckpoint({ ...store, env }, id)
      expect(listCheckpoints({ ...store, env })).toHaveLength(1)
    },
  )

  it('says what git said when it cannot write, and leaves the journal alone', async () => {
    const cwd = makeRepository()
    const store = storeOf(cwd)
    const { id, dir } = makeSession(store, cwd)
    git(cwd, 'update-ref', 'refs/notes/stint/in-the-way', 'HEAD')
    const before = readFileSync(`${dir}/transcript.jsonl`, 'utf8')
    await expect(writeCheckpoint(store, id)).rejects.toMatchObject({
      code: 'GIT_FAILED',
      message: expect.stringContaining('refs/notes/stint'),
    })
    expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8')).toBe(before)
  })

  it('waits for a lock of git on the ref', async () => {
    const cwd = makeRepository()
    const store = storeOf(cwd)
    const { id } = makeSession(store, cwd)
    mkdirSync(`${cwd}/.git/refs/notes`, { recursive: true })
    writeFileSync(`${cwd}/.git/refs/notes/stint.lock`, '')
    const writing = writeCheckpoint(store, id)
    setTimeout(() => rmSync(`${cwd}/.git/refs/notes/stint.lock`), 300)
    await writing
    expect(linesOf(show(cwd))).toHaveLength(1)
  })

  it('adds to notes whose tree git has laid out in directories', async () => {
    const cwd = makeRepository()
    const head = git(cwd, 'rev-parse', 'HEAD')
    const commits = Array.from({ length: 300 }, (_, i) =>
      ['commit refs/heads/many', 'committer a <a@example.org> 0 +0000', `data 3\n${i + 100}`].join(
        '\n',
      ),
    )
    const notes = commits.map((_, i) => `N inline :${i + 1}\ndata 2\nx\n`)
    const marked = commits.map((commit, i) => commit.replace('\n', `\nmark :${i + 1}\n`))
    const stream = [
      ...marked,
      'commit refs/notes/stint\ncommitter a <a@example.org> 0 +0000\ndata 1\nn',
      ...notes,
      '',
    ].join('\n')
    execFileSync('git', ['-C', cwd, 'fast-import', '--quiet'], { input: stream })
    expect(git(cwd, 'ls-tree', 'refs/notes/stint').split('\n')[0]).toContain('tree')
    const store = storeOf(cwd)
    const { id } = makeSession(store, cwd, 2)
    await writeCheckpoint(store, id, 1)
    await writeCheckpoint(store, id, 2)
    expect(linesOf(show(cwd, head))).toHaveLength(2)
    expect(git(cwd, 'notes', '--ref=stint', 'list').split('\n')).toHaveLength(301)
  })
})

describe('listCheckpoints', () => {
  it('gives the newest first, of all sessions or of one, and the newer of two lines of a merge', async () => {
    const cwd = makeRepository()
    let now = Date.UTC(2026, 0, 5)
    const store: Store = { ...storeOf(cwd), now: () => (now += 1000) }
    const a = makeSession(store, cwd, 2)
    const b = makeSession(store, cwd)
    await writeCheckpoint(store, a.id, 1)
    const old = show(cwd)
    await writeCheckpoint(store, b.id)
    git(cwd, 'commit', '-q', '--allow-empty', '-m', 'second')
    await writeCheckpoint(store, a.id, 2)
    git(
      cwd,
      'notes',
      '--ref=stint',
      'append',
      '-m',
      old.replace(/"at":"2026/, '"at":"2025'),
      'HEAD~',
    )
    const shown = listCheckpoints(store).map((row) => [row.session_id, row.turn, row.commit])
    const [first, second] = [git(cwd, 'rev-parse', 'HEAD~'), git(cwd, 'rev-parse', 'HEAD')]
    expect(shown).toEqual([
      [a.id, 2, second],
      [b.id, 1, first],
      [a.id, 1, first],
    ])
    expect(listCheckpoints(store, a.id).map(({ turn, at }) => [turn, at.slice(0, 4)])).toEqual([
      [2, '2026'],
      [1, '2026'],
    ])
    const late = old.replace(/"at":"2026/, '"at":"2027')
    git(cwd, 'notes', '--ref=stint', 'append', '-m', late, 'HEAD~')
    expect(listCheckpoints(store, a.id).map(({ turn, at }) => [turn, at.slice(0, 4)])).toEqual([
      [1, '2027'],
      [2, '2026'],
    ])
  })
})

describe('TranscriptReader', () => {
  it('counts each marker once, wherever it lies', () => {
    const dir = makeDir()
    const [marker, chunk] = ['[REDACTED:', 256 * 1024]
    for (const ends of [1, 5, 9, 10, 11]) {
      const text = `${marker}${'x'.repeat(chunk - marker.length - ends)}${marker}x${marker}`
      writeFileSync(`${dir}/transcript.jsonl`, text)
      using reader = new TranscriptReader(dir)
      expect(reader.digest(text.length).redacted, String(ends)).toBe(3)
    }
  })
})

describe('verifyCheckpoint', () => {
  async function noted(): Promise<{ store: Store; id: SessionId; dir: string; cwd: string }> {
    const cwd = makeRepository()
    const store = storeOf(cwd)
    const { id, dir } = makeSession(store, cwd)
    await writeCheckpoint(store, id)
    return { store, id, dir, cwd }
  }
  const verdictOf = (store: Store) =>
    listCheckpoints(store).map((row) => verifyCheckpoint(store, row))

  it('agrees also after more was appended, and in the trash', async () => {
    const { store, id, dir } = await noted()
    await appendEntry(store, id, { type: 'message', text: 'more' })
    const open = () => readdirSync('/dev/fd').length
    const before = open()
    expect(verdictOf(store)).toMatchObject([{ verdict: 'agrees' }])
    renameSync(dir, `${store.dir}/trash/${id}`)
    expect(verdictOf(store)).toMatchObject([{ verdict: 'agrees' }])
    expect(open()).toBe(before)
    rmSync(`${store.dir}/trash/${id}/transcript.jsonl`)
    expect(verdictOf(store)).toMatchObject([{ verdict: 'gone' }])
    rmSync(`${store.dir}/trash/${id}`, { recursive: true })
    expect(verdictOf(store)).toMatchObject([{ verdict: 'gone' }])
  })

  it.each([
    ['a byte of an early entry', (text: string) => text.replace('"depth":0', '"depth":1')],
    ['the end', (text: string) => text.slice(0, text.lastIndexOf('"type":"turn_ended"'))],
    ['all of it', () => ''],
    ['a line in front', (text: string) => `\n${text}`],
  ])('finds that the transcript differs in %s', async (_, change) => {
    const { store, dir } = await noted()
    const file = `${dir}/transcript.jsonl`
    writeFileSync(file, change(readFileSync(file, 'utf8')))
    expect(verdictOf(store)).toMatchObject([{ verdict: 'differs' }])
  })

  it.each([
    ['the result', '"outcome":"success"', '"outcome":"failure"'],
    ['the checksum', /"sha256":"..../, '"sha256":"0000'],
    ['the length', /"bytes":\d+/, '"bytes":3'],
    ['the entry', /"seq":\d+/, '"seq":1'],
    ['the turn', /"turn":\d+/, '"turn":2'],
  ])('finds that %s of the note was changed', async (_, what, by) => {
    const { store, cwd } = await noted()
    git(cwd, 'notes', '--ref=stint', 'add', '-f', '-m', show(cwd).replace(what, by))
    expect(verdictOf(store)).toMatchObject([{ verdict: 'differs' }])
  })

  it('finds that the transcript differs where it is no file any more', async () => {
    const { store, dir } = await noted()
    rmSync(`${dir}/transcript.jsonl`)
    mkdirSync(`${dir}/transcript.jsonl`)
    expect(verdictOf(store)).toMatchObject([
      { verdict: 'differs', why: expect.stringMatching(/^the transcript cannot be read: /) },
    ])
  })

  it('tells a transcript that was redacted since, until it is noted anew', async () => {
    const cwd = makeRepository()
    const store = storeOf(cwd)
    const secret = ['ghp', 'Z9y8X7w6V5u4T3s2R1q0P9o8N7m6L5k4J3i2'].join('_')
    const at = Date.UTC(2026, 0, 2)
    const { id } = writeSession(store, {
      told: [
        started(1, at),
        ['output', { stream: 'stdout' }, { turn: 1, at, text: `here: ${secret}` }],
        ended(1, at),
      ],
    })
    await writeCheckpoint(store, id)
    expect(verdictOf(store)).toMatchObject([{ verdict: 'agrees' }])
    expect(await redactSession(store, id)).toBeTruthy()
    expect(verdictOf(store)).toMatchObject([
      { verdict: 'redacted', why: expect.stringContaining('stint redact --fix') },
    ])
    await writeCheckpoint(store, id)
    expect(verdictOf(store)).toMatchObject([{ verdict: 'agrees' }])
  })
})
