import { randomBytes } from 'node:crypto'
import fs, {
  copyFileSync,
  existsSync,
  linkSync,
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
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { limits } from '../../lib/archive/manifest.ts'
import {
  appendEntry,
  archiveSession,
  deleteSession,
  type Entry,
  exportSessions,
  Failure,
  importArchive,
  listArtifacts,
  listSessions,
  readSession,
  readTranscript,
  restoreSession,
  type SessionId,
  type Store,
} from '../../lib/index.ts'
import { createRedactor } from '../../lib/redact/redact.ts'
import { alnum } from '../redact/samples.ts'
import { ended, nextId, type Story, started, writeSession } from '../store/sessions.ts'
import {
  freshDir,
  freshStore,
  membersOf,
  withBody,
  withManifest,
  writeArchive,
} from './archives.ts'

const at = Date.UTC(2026, 0, 2)

const word = fc.string({ unit: 'grapheme', maxLength: 40 })
const redactor = createRedactor()
const event = fc
  .oneof(
    fc.tuple(fc.constant('output'), fc.constant({ stream: 'stdout' }), word),
    fc.tuple(fc.constant('message'), fc.record({ block: word }), word),
    fc.tuple(fc.constant('tool_call'), fc.record({ name: word, input: fc.jsonValue() }), word),
    fc.tuple(fc.constant('usage'), fc.record({ input_tokens: fc.nat() }), word),
    fc.tuple(fc.constant('of-another-version'), fc.dictionary(word, fc.jsonValue()), word),
  )
  // What chance makes look like a secret would be taken out on the way.
  .filter((event) => redactor.json(event).counts === undefined)
const told = fc.array(event, { maxLength: 12 })
/** Names that a file can have here, also such as do not fit into a plain head. */
const file = fc.tuple(
  fc.array(fc.stringMatching(/^[a-zA-Z0-9äß ._-]{1,60}$/), { minLength: 1, maxLength: 5 }),
  fc.uint8Array({ maxLength: 3000 }),
  fc.boolean(),
)

function isBelowFile(path: string, files: ReadonlyMap<string, unknown>): boolean {
  return [...files.keys()].some((file) => path.startsWith(`${file}/`))
}

function entriesOf(store: Store, id: SessionId): Entry[] {
  return [...readTranscript(store, id)].map(({ entry }) => entry as Entry)
}

async function exported(store: Store, ...ids: SessionId[]): Promise<string> {
  const file = join(freshDir(), 'a.tar.gz')
  const sessions = ids.map((id) => ({ store, id }))
  await exportSessions(sessions, { file, force: false })
  return file
}

async function imported(file: string, store = freshStore()) {
  return importArchive(store, { file, dryRun: false, maxSize: 1e9 })
}

function one(story: Story = {}): { store: Store; id: SessionId; dir: string } {
  const store = freshStore()
  const told = story.told ?? [started(1, at), ended(1, at)]
  return { store, ...writeSession(store, { name: 'mine', ...story, told }) }
}

describe('export and import', () => {
  test.runIf(process.platform === 'linux')(
    'leave out a name that is no UTF-8, and keep the one that it looks like',
    async () => {
      const before = one()
      const output = join(before.dir, 'output/turn-0001')
      mkdirSync(output, { recursive: true })
      writeFileSync(`${output}/a\ufffd`, 'text')
      writeFileSync(Buffer.concat([Buffer.from(`${output}/a`), Buffer.of(0xff)]), 'bytes')
      const path = 'turn-0001/a\ufffd'
      expect(new Set(listArtifacts(before.dir))).toEqual(
        new Set([4, 5].map((size_bytes) => ({ path, size_bytes }))),
      )
      const sessions = [{ store: before.store, id: before.id }]
      const archive = join(freshDir(), 'a.tar.gz')
      const report = await exportSessions(sessions, { file: archive, force: false })
      expect(report).toMatchObject({
        sessions: [{ left_out: [{ path: 'output/turn-0001/a\ufffd' }] }],
      })
      const store = freshStore()
      expect(await imported(archive, store)).toMatchObject([{ act: 'imported', files: 3 }])
      const { dir } = readSession(store, before.id)
      expect(readFileSync(`${dir}/output/turn-0001/a\ufffd`, 'utf8')).toBe('text')
    },
  )

  test('give back every entry, the state and the files, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(told, fc.array(file, { maxLength: 4 }), async (entries, files) => {
        const turn = entries.map(
          ([type, data, text]) => [type, data, { turn: 1, at: at + 5, text }] as const,
        )
        const before = one({ told: [started(1, at), ...(turn as never[]), ended(1, at + 9)] })
        const unknown = 'of_another_version = "kept"\n'
        const state = join(before.dir, 'state.toml')
        writeFileSync(state, unknown + readFileSync(state, 'utf8'))
        const written = new Map<string, Uint8Array>()
        for (const [names, bytes, executable] of files) {
          const path = join('output/turn-0001', ...names.map((name) => `_${name}`))
          // Chance makes a file of what is a directory for another, too.
          if (existsSync(join(before.dir, path)) || isBelowFile(path, written)) continue
          mkdirSync(join(before.dir, dirname(path)), { recursive: true })
          writeFileSync(join(before.dir, path), bytes, { mode: executable ? 0o755 : 0o644 })
          written.set(path, bytes)
        }

        const store = freshStore()
        const rows = await imported(await exported(before.store, before.id), store)
        expect(rows).toMatchObject([{ act: 'imported', files: written.size + 2 }])

        const after = entriesOf(store, before.id)
        expect(after.slice(0, -1)).toEqual(entriesOf(before.store, before.id))
        expect(after.at(-1)).toMatchObject({
          type: 'session',
          turn: 1,
          data: { event: 'unpacked', archive: 'a.tar.gz', project_path: before.store.projectPath },
        })
        const [was, is] = [readSession(before.store, before.id), readSession(store, before.id)]
        expect(is.warnings).toEqual([])
        expect({ ...is.state, journal: null }).toEqual({
          ...was.state,
          journal: null,
          project_path: store.projectPath,
          // Whoever brings it back uses it.
          last_accessed: after.at(-1)?.ts,
        })
        expect(is.state).toMatchObject({ of_another_version: 'kept' })
        for (const [path, bytes] of written) {
          expect(readFileSync(join(is.dir, path))).toEqual(Buffer.from(bytes))
          const mode = statSync(join(before.dir, path)).mode & 0o100
          expect(statSync(join(is.dir, path)).mode & 0o777).toBe(0o600 | mode)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('give back a journal that is longer than what is held of one', async () => {
    const texts = ['a', 'b', 'c'].map((one) => one.repeat(200_000))
    const said = texts.map((text) => ['message', {}, { turn: 1, at, text }] as const)
    const before = one({ told: [started(1, at), ...(said as never[]), ended(1, at)] })
    const store = freshStore()
    await imported(await exported(before.store, before.id), store)
    expect(entriesOf(store, before.id).slice(0, -1)).toEqual(entriesOf(before.store, before.id))
  })

  test('bring one that was given up back to stay', async () => {
    const gone = ['session', { event: 'trashed', set: { phase: 'retired' }, upkeep: true }] as const
    const before = one({ told: [started(1, at), ended(1, at), gone as never] })
    expect(readSession(before.store, before.id).state?.phase).toBe('retired')
    const store = freshStore()
    await imported(await exported(before.store, before.id), store)
    expect(readSession(store, before.id).state?.phase).toBe('active')
  })

  test('make the same bytes of the same sessions, in whatever order they are named', async () => {
    const { store, id } = one()
    const other = writeSession(store)
    const [a, b] = [await exported(store, id, other.id), await exported(store, other.id, id, id)]
    expect(readFileSync(a)).toEqual(readFileSync(b))
    expect(readFileSync(a).subarray(0, 10)).toEqual(
      Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]),
    )
    for (const { header } of membersOf(a)) expect(header.mode).toBe(0o600)
  })

  test('leave out what is no plain file, and say so', async () => {
    const { store, id, dir } = one()
    const output = join(dir, 'output/turn-0001')
    mkdirSync(output, { recursive: true })
    writeFileSync(join(dir, 'state.toml.12345'), 'left over')
    writeFileSync(join(output, 'result.toml.12345'), 'left over')
    writeFileSync(join(output, 'plain'), 'x')
    writeFileSync(join(output, 'a\\b'), 'x')
    symlinkSync('/etc/passwd', join(output, 'link'))
    symlinkSync('.', join(output, 'loop'))
    linkSync(join(output, 'plain'), join(output, 'second'))
    mkdirSync(join(output, 'sub'))
    for (const name of ['sub/x', 'sub.txt']) writeFileSync(join(output, name), 'x')
    const file = join(freshDir(), 'a.tar.gz')
    const { sessions } = await exportSessions([{ store, id }], { file, force: false })
    const [session] = sessions
    expect(session?.files.map(({ path }) => path)).toEqual([
      'state.toml',
      'transcript.jsonl',
      'output/turn-0001/plain',
      'output/turn-0001/second',
      'output/turn-0001/sub.txt',
      'output/turn-0001/sub/x',
    ])
    expect(session?.left_out.map(({ path }) => path)).toEqual([
      'output/turn-0001/a\\b',
      'output/turn-0001/link',
      'output/turn-0001/loop',
    ])
  })

  test('end a turn that was open, whose processes belong to another life', async () => {
    const { store: before, id } = one({
      told: [started(1, at), ['output', { stream: 'stdout' }, { turn: 1, at: at + 7, text: 'x' }]],
    })
    const file = await exported(before, id)
    const store = freshStore()
    await imported(file, store)
    const { status, state } = readSession(store, id)
    expect({ status, outcome: state?.turn?.outcome }).toEqual({
      status: 'idle',
      outcome: 'unknown',
    })
    const end = entriesOf(store, id).find(({ type }) => type === 'turn_ended')
    expect(end?.data).toMatchObject({ session_id: id, turn: 1, upkeep: true, duration_ms: 7 })
  })

  test('take what is unfinished or unread in a journal for not there', async () => {
    const { store, id, dir } = one()
    const transcript = join(dir, 'transcript.jsonl')
    const whole = readFileSync(transcript)
    writeFileSync(transcript, Buffer.concat([whole, Buffer.from('{"v":1,"seq":3,')]))
    const members = membersOf(await exported(store, id))
    expect(members.find(({ header }) => header.path.endsWith('.jsonl'))?.body).toEqual(whole)
  })

  test.each([100, 3_000_000])('say why %d bytes cannot be written, or read', async (size) => {
    const { store, id, dir } = one()
    mkdirSync(join(dir, 'output'))
    writeFileSync(join(dir, 'output/random'), randomBytes(size))
    const full = new Failure('DISK_FULL', { path: 'x', recorded: 0 })
    const write = () => {
      throw full
    }
    await expect(exportSessions([{ store, id }], { write })).rejects.toBe(full)
    const file = await exported(store, id)
    const half = async function* () {
      yield readFileSync(file).subarray(0, statSync(file).size / 2)
      throw full
    }
    const into = freshStore()
    const options = { file, input: half(), dryRun: false, maxSize: 1e9 }
    await expect(importArchive(into, options)).rejects.toBe(full)
    expect(readdirSync(join(into.dir, 'staging'))).toEqual([])
  })

  test('close what they read, however much of it was needed', async () => {
    const { store, id, dir } = one()
    mkdirSync(join(dir, 'output'))
    // More than is read ahead of what is looked at.
    writeFileSync(join(dir, 'output/random'), randomBytes(6_000_000))
    const open = () => readdirSync('/dev/fd').length
    const before = open()
    const file = await exported(store, id)
    await expect(importArchive(freshStore(), { file, maxSize: 10 })).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
    })
    const into = freshStore()
    for (const [dryRun, act] of [
      [true, 'imported'],
      [false, 'imported'],
      [false, 'known'],
    ] as const) {
      expect(await importArchive(into, { file, dryRun })).toMatchObject([{ act, files: 3 }])
    }
    await vi.waitFor(() => expect(open()).toBe(before))
  })

  test.each([
    ['is shorter', (path: string) => writeFileSync(path, '')],
    ['is another one', (path: string) => writeFileSync(path, 'other')],
    ['is gone', (path: string) => rmSync(path, { force: true })],
  ])('give up when a file %s once it was read', async (_, onFile) => {
    const { store, id, dir } = one()
    const path = join(dir, 'output/file')
    mkdirSync(dirname(path))
    writeFileSync(path, 'first')
    const [to, onWrite] = [{ write: () => undefined }, () => onFile(path)]
    const exporting = exportSessions([{ store, id }], to, 1e6, { onWrite })
    await expect(exporting).rejects.toMatchObject({ code: 'FILE_CHANGED', data: { file: path } })
  })

  test('give up when the transcript is replaced after it was opened', async () => {
    const { store, id, dir } = one()
    const transcript = join(dir, 'transcript.jsonl')
    const { openSync } = fs
    const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
      const fd = openSync(path, ...rest)
      if (path === transcript) {
        spy.mockRestore()
        copyFileSync(transcript, join(dir, 'copy'))
        renameSync(join(dir, 'copy'), transcript)
      }
      return fd
    })
    try {
      const write = () => expect.unreachable()
      await expect(exportSessions([{ store, id }], { write })).rejects.toMatchObject({
        data: { file: transcript },
      })
    } finally {
      spy.mockRestore()
    }
  })

  test.each([
    [at + 999, at / 1000],
    [Date.UTC(9000, 0), 0o77777777777],
  ])('stamp what was last used at %d ms with %d s', async (used, seconds) => {
    const { store, id } = one({ told: [started(1, used), ended(1, used)] })
    const file = await exported(store, id)
    const times = membersOf(file).map(({ header }) => (header.mtime?.getTime() ?? 0) / 1000)
    expect(new Set(times)).toEqual(new Set([seconds]))
    expect(await imported(file)).toMatchObject([{ act: 'imported' }])
  })

  test('refuse what no import would take, before any of it is read', async () => {
    const { store, id, dir } = one()
    const file = join(freshDir(), 'a.tar.gz')
    const hole = join(dir, 'output', 'hole')
    mkdirSync(dirname(hole), { recursive: true })
    writeFileSync(hole, '')
    truncateSync(hole, 2 ** 40)
    const sessions = [{ store, id }]
    const tooLarge = { code: 'EXPORT_TOO_LARGE', data: { what: 'bytes', limit: 2 ** 34 } }
    await expect(exportSessions(sessions, { file, force: false })).rejects.toMatchObject(tooLarge)
    await expect(archiveSession(store, id, dirname(file))).rejects.toMatchObject(tooLarge)
    expect(readdirSync(dirname(file))).toEqual([])
    truncateSync(hole, 1000)
    await expect(exportSessions(sessions, { file, force: false }, 999)).rejects.toMatchObject({
      data: { limit: 999 },
    })
    await exportSessions(sessions, { file, force: false }, 1e6)
  })

  test.each([
    ['sessions', 'sessions', 'it has 1 sessions'],
    ['files', 'files', 'it has too many files'],
    ['manifestBytes', 'bytes of manifest', 'its manifest is too long'],
  ] as const)(
    'take as many %s as there may be, and refuse one more',
    async (key, what, problem) => {
      const { store, id } = one()
      const [file, dir] = [await exported(store, id), freshDir()]
      const manifestBytes = membersOf(file)[0]?.body.length ?? 0
      const most = { sessions: 1, files: 2, manifestBytes }[key]
      const before = limits[key]
      try {
        Object.assign(limits, { [key]: most })
        await archiveSession(store, id, dir)
        await imported(file)
        Object.assign(limits, { [key]: most - 1 })
        const refused = { code: 'EXPORT_TOO_LARGE', data: { what, limit: most - 1 } }
        const to = { file: join(dir, 'a.tar.gz'), force: false }
        await expect(exportSessions([{ store, id }], to)).rejects.toMatchObject(refused)
        await expect(archiveSession(store, id, dir)).rejects.toMatchObject(refused)
        await expect(imported(file)).rejects.toMatchObject({ data: { problem } })
        expect(readdirSync(dir)).toEqual([`${id}.tar.gz`])
      } finally {
        Object.assign(limits, { [key]: before })
      }
    },
  )

  test('refuse to archive what is damaged', async () => {
    const { store, id, dir } = one()
    const transcript = join(dir, 'transcript.jsonl')
    writeFileSync(transcript, readFileSync(transcript, 'utf8').replace('\n', '\nnoise\n'))
    const file = join(freshDir(), 'a.tar.gz')
    await expect(exportSessions([{ store, id }], { file, force: false })).rejects.toMatchObject({
      status: 6,
    })
    expect(readdirSync(dirname(file))).toEqual([])
  })
})

describe('importArchive', () => {
  test('knows a session again: one that it made, one that went on, and the one it was made of', async () => {
    const { store: before, id } = one()
    const file = await exported(before, id)
    const store = freshStore()
    expect(await imported(file, store)).toMatchObject([{ act: 'imported' }])
    await appendEntry(store, id, { type: 'message', text: 'more' })
    const bytes = readFileSync(join(readSession(store, id).dir, 'transcript.jsonl'))
    expect(await imported(file, store)).toMatchObject([{ act: 'known', failure: null }])
    expect(await imported(file, before)).toMatchObject([{ act: 'known' }])
    expect(readFileSync(join(readSession(store, id).dir, 'transcript.jsonl'))).toEqual(bytes)
  })

  test('refuses a session whose id is taken, and restores the rest', async () => {
    const id = nextId()
    const { store: before } = one({ id })
    const other = writeSession(before)
    const file = await exported(before, id, other.id)
    for (const place of ['sessions', 'trash', 'ephemeral'] as const) {
      const store = freshStore()
      const { dir } = writeSession(store, { id, place, name: 'another' })
      const bytes = readFileSync(join(dir, 'transcript.jsonl'))
      const rows = await imported(file, store)
      expect(rows).toMatchObject([
        { act: 'refused', failure: { code: 'SESSION_EXISTS', data: { id, place } } },
        { act: 'imported', id: other.id },
      ])
      expect(readFileSync(join(dir, 'transcript.jsonl'))).toEqual(bytes)
    }
  })

  test('restores what was deleted for good, and leaves alone what is in the trash', async () => {
    const { store, id } = one()
    const file = await exported(store, id)
    await deleteSession(store, id, 'spec')
    expect(await imported(file, store)).toMatchObject([{ act: 'refused' }])
    await restoreSession(store, id)
    expect(await imported(file, store)).toMatchObject([{ act: 'known' }])
  })

  test('redacts by the rules of now, so that no secret reaches the disk', async () => {
    const token = `ghp${'_'}${alnum(36)}`
    const turn = { turn: 1, at }
    const {
      store: before,
      id,
      dir,
    } = one({
      name: token,
      description: `About ${token}`,
      told: [
        started(1, at),
        ['output', { stream: 'stdout' }, { ...turn, text: `use ${token}` }],
        ['message', { nested: [{ token }] }, { ...turn, text: 'fine' }],
        ['turn_ended', { outcome: 'success', summary: token }, turn],
      ],
    })
    mkdirSync(join(dir, 'output/turn-0001'), { recursive: true })
    writeFileSync(join(dir, 'output/turn-0001/result.toml'), `summary = "${token}"\n`)
    const state = join(dir, 'state.toml')
    writeFileSync(state, `unknown = "${token}"\n${readFileSync(state, 'utf8')}`)
    const store = freshStore()
    const file = await exported(before, id)
    expect(await imported(file, store)).toMatchObject([{ act: 'imported' }])
    expect(await imported(file, store)).toMatchObject([{ act: 'known' }])
    for (const name of readdirSync(store.root, { recursive: true, encoding: 'utf8' })) {
      const path = join(store.root, name)
      if (statSync(path).isFile()) expect(readFileSync(path, 'utf8'), name).not.toContain(token)
    }
    const read = readSession(store, id)
    expect(read.name).toMatch(/^\[REDACTED:/)
    expect(read.description).toMatch(/^About \[REDACTED:/)
    expect(readFileSync(`${read.dir}/output/turn-0001/result.toml`, 'utf8')).toMatch(
      /^summary = "\[REDACTED:/,
    )
    expect(entriesOf(store, id)).toHaveLength(6)
  })

  test('keeps the results of all turns, and what a tool left as it is', async () => {
    const token = `ghp${'_'}${alnum(36)}`
    const told = [started(1, at), ended(1, at), started(2, at), ended(2, at)]
    const { store: before, id, dir } = one({ told })
    const texts = Object.entries({
      'turn-0001/result.toml': 'summary = "the first"\n',
      'turn-0001/mine.txt': `use ${token}\n`,
      'turn-0001/sub/result.toml': `token = "${token}"\n`,
      'turn-0002/result.toml': 'summary = "the second"\n',
    })
    for (const [path, text] of texts) {
      mkdirSync(join(dir, 'output', dirname(path)), { recursive: true })
      writeFileSync(join(dir, 'output', path), text)
    }
    const store = freshStore()
    await imported(await exported(before, id), store)
    const { dir: made } = readSession(store, id)
    for (const [path, text] of texts) {
      expect(readFileSync(join(made, 'output', path), 'utf8')).toBe(text)
    }
  })

  test.each([
    ['writeSync', 'ENOSPC', { code: 'DISK_FULL', data: { recorded: 0 } }],
    ['fsyncSync', 'EIO', { code: 'IO_FAILED', data: { errno: 'EIO' } }],
  ] as const)(
    'takes nothing where %s fails once it has said where it is from',
    async (call, errno, failure) => {
      const { store: before, id } = one()
      const archive = await exported(before, id)
      const store = freshStore()
      const { writeSync, fsyncSync } = fs
      let fails = false
      const failing = (name: string) => {
        if (fails && name === call) throw Object.assign(new Error(errno), { code: errno })
      }
      vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, data: Buffer, ...rest: []) => {
        failing('writeSync')
        fails ||= data.includes('"unpacked"')
        return writeSync(fd, data, ...rest)
      }) as typeof fs.writeSync)
      vi.spyOn(fs, 'fsyncSync').mockImplementation((fd) => {
        failing('fsyncSync')
        fsyncSync(fd)
      })
      try {
        await expect(imported(archive, store)).rejects.toMatchObject(failure)
      } finally {
        vi.restoreAllMocks()
      }
      expect(fails).toBe(true)
      expect(listSessions(store).rows).toEqual([])
    },
  )

  test('empties an entry that cannot be searched, and takes the rest', async () => {
    const { store: before, id } = one()
    const deep = `${'['.repeat(50_000)}"x"${']'.repeat(50_000)}`
    const changed = withBody(membersOf(await exported(before, id)), '.jsonl', (text) =>
      text.concat(
        `{"v":1,"seq":3,"ts":"2026-01-02T00:00:00.000Z","turn":1,"type":"message","text":"said","data":{"deep":${deep}}}\n`,
      ),
    )
    const archive = withManifest(changed, ({ sessions }) =>
      Object.assign(sessions[0] ?? {}, { seq: 3 }),
    )
    const store = freshStore()
    expect(await imported(writeArchive(archive), store)).toMatchObject([{ act: 'imported' }])
    expect(entriesOf(store, id)[3]).toMatchObject({
      text: '[REDACTED:error]',
      data: { redactions: { error: 1 } },
    })
  })

  test('keeps one of two that import the same at a time from doing it again', async () => {
    const { store: before, id } = one()
    const file = await exported(before, id)
    const store = freshStore()
    const acts = await Promise.all([imported(file, store), imported(file, store)])
    expect(acts.map(([row]) => row?.act).sort()).toEqual(['imported', 'known'])
    expect(listSessions(store).rows).toHaveLength(1)
    expect(readdirSync(join(store.dir, 'staging'))).toEqual([])
  })
})

describe('archiveSession', () => {
  test('writes an archive that can be read, once', async () => {
    const { store, id } = one()
    const dir = join(freshDir(), 'archive/deep')
    const first = await archiveSession(store, id, dir)
    expect(first).toEqual({ file: `${dir}/${id}.tar.gz`, bytes: statSync(first.file).size })
    const { ino } = statSync(first.file)
    expect(await archiveSession(store, id, dir)).toEqual(first)
    expect(statSync(first.file).ino).toBe(ino)
    expect(readdirSync(dir)).toEqual([`${id}.tar.gz`])
    expect(await imported(first.file)).toMatchObject([{ act: 'imported', id }])
  })

  test('has the name of one that is there already on the disk', async () => {
    const { store, id } = one()
    const dir = freshDir()
    await archiveSession(store, id, dir)
    const synced: number[] = []
    const spy = vi.spyOn(fs, 'fsyncSync').mockImplementation((fd) => {
      synced.push(fs.fstatSync(fd).ino)
    })
    try {
      await archiveSession(store, id, dir)
    } finally {
      spy.mockRestore()
    }
    expect(synced).toEqual([statSync(dir).ino])
  })

  test.each([
    [
      'of an earlier entry',
      async (store: Store, id: SessionId) => {
        await appendEntry(store, id, { type: 'message', text: 'more' })
      },
    ],
    [
      'that is damaged',
      async (_store: Store, _id: SessionId, file: string) => {
        writeFileSync(file, readFileSync(file).subarray(0, 200))
      },
    ],
    [
      'that is none',
      async (_store: Store, _id: SessionId, file: string) => {
        writeFileSync(file, 'something of mine')
      },
    ],
  ])('keeps an archive %s, and writes another', async (_, change) => {
    const { store, id } = one()
    const dir = freshDir()
    const { file } = await archiveSession(store, id, dir)
    await change(store, id, file)
    const before = readFileSync(file)
    const { seq } = readSession(store, id).state?.journal ?? {}
    const second = await archiveSession(store, id, dir)
    expect(second.file).toBe(`${dir}/${id}.${seq}.tar.gz`)
    expect(readFileSync(file)).toEqual(before)
    expect(await archiveSession(store, id, dir)).toEqual(second)
    expect(await imported(second.file)).toMatchObject([{ act: 'imported' }])
    writeFileSync(second.file, 'something else of mine')
    await expect(archiveSession(store, id, dir)).rejects.toMatchObject({
      ...{ code: 'FILE_EXISTS', data: { file: second.file } },
    })
    expect(readFileSync(second.file, 'utf8')).toBe('something else of mine')
  })

  test('takes it from the trash, too', async () => {
    const { store, id } = one()
    await deleteSession(store, id, 'spec')
    const { file } = await archiveSession(store, id, freshDir(), 'trash')
    expect(await imported(file)).toMatchObject([{ act: 'imported', id }])
  })
})

describe('an archive', () => {
  test('says nothing of a session that was changed in it but what the journal says', async () => {
    const { store, id } = one()
    const members = membersOf(await exported(store, id))
    const changed = withBody(members, 'state.toml', (text) =>
      text.replace('pinned = false', 'pinned = true').replace('"mine"', '"theirs"'),
    )
    const after = freshStore()
    await imported(writeArchive(withManifest(changed)), after)
    expect(readSession(after, id)).toMatchObject({ name: 'mine', pinned: false })
  })
})
