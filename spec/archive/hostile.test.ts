import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Pax } from 'tar'
import { beforeAll, describe, expect, test } from 'vitest'
import { isOutputPath } from '../../lib/archive/manifest.ts'
import {
  exportSessions,
  Failure,
  importArchive,
  listSessions,
  type SessionId,
} from '../../lib/index.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import {
  freshDir,
  freshStore,
  membersOf,
  type Raw,
  tarOf,
  withBody,
  withManifest,
  writeArchive,
} from './archives.ts'

const at = Date.UTC(2026, 0, 2)
let good: string
let members: Raw[]
let id: SessionId

beforeAll(async () => {
  const store = freshStore()
  const made = writeSession(store, {
    name: 'mine',
    told: [
      started(1, at),
      ['output', { stream: 'stdout' }, { turn: 1, at, text: 'hello' }],
      ended(1, at),
    ],
  })
  id = made.id
  good = join(freshDir(), 'good.tar.gz')
  await exportSessions([{ store, id }], { file: good, force: false })
  members = membersOf(good)
})

/** Imports it, and gives what was thrown; nothing of it must be left. */
async function refusal(file: string, maxSize = 1e9): Promise<Failure> {
  const store = freshStore()
  const error = await importArchive(store, { file, dryRun: false, maxSize }).then(
    (rows) => expect.unreachable(JSON.stringify(rows)),
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(Failure)
  expect((error as Failure).hint).toBeDefined()
  expect(listSessions(store).rows).toEqual([])
  const staging = join(store.dir, 'staging')
  expect(existsSync(staging) ? readdirSync(staging) : []).toEqual([])
  const dry = importArchive(freshStore(), { file, dryRun: true, maxSize })
  await expect(dry).rejects.toMatchObject({ code: (error as Failure).code })
  return error as Failure
}

const plain = { mode: 0o600, mtime: new Date(0), uid: 0, gid: 0, type: 'File' } as const
const text = Buffer.from('text')

/** The good archive with one file more in it, also in the manifest unless said. */
function withFile(path: string, header: object = {}, listed = true): string {
  const extra = { header: { ...plain, path: `${id}/${path}`, ...header }, body: text }
  const facts = { path, size: 4, sha256: createHash('sha256').update(text).digest('hex') }
  return writeArchive(
    withManifest([...members, extra], ({ sessions }) => {
      if (listed) sessions[0]?.files.push(facts)
    }),
  )
}

/** The good members, one with something else in its head. */
function withHeader(at: number, header: object): Raw[] {
  return members.map((member, index) =>
    index === at ? { ...member, header: { ...member.header, ...header } } : member,
  )
}

const fileOf = (name: string) => ({ path: `output/${name}`, size: 4, sha256: '0'.repeat(64) })

describe('isOutputPath', () => {
  test.each([
    ['output/a', true],
    ['output/a/b..', true],
    ['output', false],
    ['output/', false],
    ['other/a', false],
    ['output/../a', false],
    ['output/./a', false],
    ['output//a', false],
    ['output/a\\b', false],
    ['output/a\x7f', false],
    ['output/\ud800', false],
    [`output/${'ß'.repeat(127)}x`, true],
    [`output/${'ß'.repeat(128)}`, false],
    [`output${'/x'.repeat(1997)}`, true],
    [`output${'/x'.repeat(1997)}x`, false],
  ])('of %j is %s', (path, expected) => {
    expect(isOutputPath(path)).toBe(expected)
  })
})

describe('importArchive', () => {
  test('takes the archive that the hostile ones are made of, also when it is put together anew', async () => {
    for (const file of [good, writeArchive(members), writeArchive(withManifest(members))]) {
      const rows = await importArchive(freshStore(), { file, dryRun: false, maxSize: 1e9 })
      expect(rows).toMatchObject([{ act: 'imported', id, name: 'mine', entries: 4 }])
      const [{ bytes: maxSize = 0 } = {}] = rows
      expect(await importArchive(freshStore(), { file, maxSize })).toEqual(rows)
      expect((await refusal(file, maxSize - 1)).code).toBe('ARCHIVE_TOO_LARGE')
    }
  })

  test.each([
    ['../../escaped'],
    ['output/../../../escaped'],
    ['/etc/escaped'],
    ['output//escaped'],
    ['output/./escaped'],
    ['output\\..\\escaped'],
    ['output/a\\b'],
    ['output/a\nb'],
    ['output'],
    ['locks/session.lock'],
    ['state.toml.1'],
    ['output/state.toml/'],
    [`output/${'x'.repeat(256)}`],
    ['state.toml'],
    ['transcript.jsonl'],
  ])('refuses a file called %j', async (path) => {
    expect(await refusal(withFile(path))).toMatchObject({ code: 'ARCHIVE_INVALID', status: 6 })
    expect(await refusal(withFile(path, {}, false))).toMatchObject({ code: 'ARCHIVE_INVALID' })
  })

  test.each([
    ['SymbolicLink', { linkpath: '/etc/passwd' }],
    ['Link', { linkpath: 'manifest.json' }],
    ['CharacterDevice', { devmaj: 1, devmin: 3 }],
    ['BlockDevice', { devmaj: 8, devmin: 0 }],
    ['FIFO', {}],
    ['Directory', {}],
    ['ContiguousFile', {}],
    ['GNUDumpDir', {}],
    ['OldFile', {}],
  ])('refuses a %s', async (type, header) => {
    const body = { size: 0, ...header, type }
    expect(await refusal(withFile('output/x', body))).toMatchObject({ code: 'ARCHIVE_INVALID' })
  })

  test.each([
    ['NextFileHasLongPath', `${'x/'.repeat(60)}../../y\0`],
    ['NextFileHasLongLinkpath', '/etc/passwd\0'],
    ['GlobalExtendedHeader', '19 path=../escaped\n'],
    ['ExtendedHeader', '19 path=../escaped\n'],
    ['ExtendedHeader', '20 size=99999999999\n'],
    ['ExtendedHeader', '25 size=9007199254740993\n'],
    ['ExtendedHeader', '25 linkpath=/etc/passwd\n'],
    ['ExtendedHeader', '22 GNU.sparse.major=1\n'],
    ['ExtendedHeader', ''],
    ['ExtendedHeader', `${'x'.repeat(20_000)}\n`],
    ['OldExtendedHeader', '19 path=../escaped\n'],
  ] as const)('refuses a %s before a file', async (type, body) => {
    for (const where of [0, 1, members.length]) {
      const header = { ...plain, type, path: 'PaxHeader/x' }
      const changed = [...members]
      changed.splice(where, 0, { header, body: Buffer.from(body) })
      const { code } = await refusal(writeArchive(changed))
      expect(code).toBe('ARCHIVE_INVALID')
    }
  })

  test('reads no head into memory that is longer than a path needs', async () => {
    const header = { ...plain, type: 'ExtendedHeader', path: 'PaxHeader/x' } as const
    const head = { header, body: Buffer.alloc(16 * 1024 + 1) }
    expect(await refusal(writeArchive([head, ...members]))).toMatchObject({
      data: { problem: 'a head of 16385 bytes' },
    })
  })

  test('refuses a path in pax that a plain head could have said', async () => {
    const [first, state, ...rest] = members as [Raw, Raw, ...Raw[]]
    const pax = new Pax({ path: state.header.path, size: state.body.length }).encode()
    const bytes = tarOf([state]).subarray(0, -1024)
    const file = join(freshDir(), 'a.tar.gz')
    const whole = [tarOf([first]).subarray(0, -1024), pax, bytes, tarOf(rest)]
    writeFileSync(file, gzipSync(Buffer.concat(whole)))
    expect(await refusal(file)).toMatchObject({ code: 'ARCHIVE_INVALID' })
  })

  test.each([
    ['a member twice', () => [...members, members[2] as Raw]],
    [
      'a time before 1970',
      () =>
        members.map(({ header, body }) => ({
          header: { ...header, mtime: new Date(-1000) },
          body,
        })),
    ],
    ['another name of the manifest', () => withHeader(0, { path: 'manifest' })],
    ['another name of a member', () => withHeader(2, { path: `${id}/output/x` })],
    ['another mode', () => withHeader(1, { mode: 0o644 })],
    ['a missing member', () => members.slice(0, -1)],
    ['members in another order', () => [members[0], members[2], members[1]] as Raw[]],
    ['no manifest', () => members.slice(1)],
    ['a second manifest', () => [...members, members[0] as Raw]],
    ['nothing at all', () => []],
    [
      'another checksum',
      () => withBody(members, 'transcript.jsonl', (all) => all.replace('hello', 'hullo')),
    ],
    ['another size', () => withBody(members, 'transcript.jsonl', (all) => `${all}\n`)],
    [
      'a declared size beyond what is there',
      () =>
        withManifest(members, ({ sessions }) => {
          Object.assign(sessions[0]?.files[1] ?? {}, { size: 8_000_000 })
        }),
    ],
    [
      'a session twice',
      () =>
        withManifest([...members, ...members.slice(1)], ({ sessions }) =>
          sessions.push(sessions[0] as never),
        ),
    ],
    ['no transcript', () => withManifest(members, ({ sessions }) => sessions[0]?.files.pop())],
    [
      'another number of entries',
      () => withManifest(members, ({ sessions }) => Object.assign(sessions[0] ?? {}, { seq: 1 })),
    ],
    ['a manifest that is no JSON', () => withBody(members, 'manifest.json', () => '{')],
    ['a manifest that is null', () => withBody(members, 'manifest.json', () => 'null')],
    [
      'sessions that are no list',
      () => withManifest(members, (manifest) => Object.assign(manifest, { sessions: {} })),
    ],
    [
      'a state longer than stint reads',
      () =>
        withManifest(
          withBody(members, 'state.toml', (all) => `${all}#${'x'.repeat(16 * 1024 * 1024)}\n`),
        ),
    ],
    [
      'an entry left out',
      () =>
        withManifest(withBody(members, 'transcript.jsonl', (all) => all.replace(/\n.*?\n/, '\n'))),
    ],
    [
      'a line that is no entry',
      () =>
        withManifest(withBody(members, 'transcript.jsonl', (all) => all.replace('\n', '\n\0\n'))),
    ],
    [
      'no line feed at the end',
      () =>
        withManifest(
          withBody(members, 'transcript.jsonl', (all) => all.slice(0, -1)),
          ({ sessions }) => Object.assign(sessions[0] ?? {}, { seq: 2 }),
        ),
    ],
    ['an empty transcript', () => withManifest(withBody(members, 'transcript.jsonl', () => ''))],
    [
      'another session in the transcript',
      () =>
        withManifest(
          withBody(members, 'transcript.jsonl', (all) => all.replace(id, `${id.slice(0, -1)}Z`)),
        ),
    ],
    [
      'another session in the state',
      () =>
        withManifest(
          withBody(members, 'state.toml', (all) => all.replace(id, `${id.slice(0, -1)}Z`)),
        ),
    ],
    ['a state that is no TOML', () => withManifest(withBody(members, 'state.toml', () => 'x = ['))],
    [
      'an entry that cannot be folded',
      () =>
        withManifest(
          withBody(members, 'transcript.jsonl', (all) =>
            all.replace('"tool":"command"', '"tool":7'),
          ),
        ),
    ],
    [
      'a name like the id of another',
      () =>
        withManifest(
          withBody(members, 'transcript.jsonl', (all) => all.replace('"mine"', `"${id}"`)),
        ),
    ],
  ])('refuses %s', async (_, make) => {
    const { code, status } = await refusal(writeArchive(make()))
    expect({ code, status }).toEqual({ code: 'ARCHIVE_INVALID', status: 6 })
  })

  test('takes one file more, so that what is wrong with others is their name', async () => {
    const file = withFile('output/x')
    expect(await importArchive(freshStore(), { file })).toMatchObject([{ act: 'imported' }])
  })

  test.each<[string, (session: { files: { path: string; size: number }[] }) => unknown]>([
    ['id is not a ULID', (session) => Object.assign(session, { id: '../../x' })],
    ['size is below 0', ({ files }) => Object.assign(files[1] ?? {}, { size: -1 })],
    ['files: "output/a" is out of order', ({ files }) => files.push(fileOf('b'), fileOf('a'))],
    ['"output/a" is a file and none', ({ files }) => files.push(fileOf('a'), fileOf('a/b'))],
  ])('refuses a manifest where %s', async (problem, change) => {
    const changed = withManifest(members, ({ sessions }) => sessions.forEach(change))
    expect((await refusal(writeArchive(changed))).data).toMatchObject({ problem })
  })

  test('refuses what is no file', async () => {
    expect((await refusal(freshDir())).data).toMatchObject({ problem: 'it is no plain file' })
  })

  test('refuses a newer format, of the manifest and of a state', async () => {
    const newer = withManifest(members, (manifest) => Object.assign(manifest, { format: 2 }))
    expect(await refusal(writeArchive(newer))).toMatchObject({ code: 'FORMAT_NEWER' })
    const state = withBody(members, 'state.toml', (all) => all.replace('format = 1', 'format = 2'))
    const file = writeArchive(withManifest(state))
    expect(await refusal(file)).toMatchObject({ code: 'FORMAT_NEWER' })
  })

  test('refuses what is cut off anywhere, and what follows its end', async () => {
    const whole = readFileSync(good)
    const tar = gunzipSync(whole)
    const file = join(freshDir(), 'a.tar.gz')
    for (const part of [0, 5, 10, 20, whole.length >> 1, whole.length - 9, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, part))
      expect(await refusal(file), String(part)).toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
    for (const end of [0, 100, 512, 1000, tar.length - 1024, tar.length - 512, tar.length - 1]) {
      writeFileSync(file, gzipSync(tar.subarray(0, end)))
      expect(await refusal(file), String(end)).toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
    for (const more of [Buffer.from('x'), Buffer.alloc(512), tar]) {
      writeFileSync(file, gzipSync(Buffer.concat([tar, more])))
      expect(await refusal(file)).toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
    for (const bytes of ['', 'no archive', gzipSync(gzipSync(tar)), tar]) {
      writeFileSync(file, bytes)
      expect(await refusal(file)).toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
  })

  test('refuses a bomb by what its manifest says, and one that says too little', async () => {
    const size = 64 * 1024 * 1024
    const zeros = Buffer.alloc(size)
    const path = 'output/zeros'
    const bomb = [...members, { header: { ...plain, path: `${id}/${path}`, size }, body: zeros }]
    const saying = (size: number) =>
      withManifest(bomb, ({ sessions }) =>
        sessions[0]?.files.push({ path, size, sha256: '0'.repeat(64) }),
      )
    const honest = writeArchive(saying(size))
    expect(await refusal(honest, 1e6)).toMatchObject({ code: 'ARCHIVE_TOO_LARGE', status: 1 })
    expect(await refusal(writeArchive(saying(4)))).toMatchObject({ code: 'ARCHIVE_INVALID' })
    const line = withManifest(withBody(members, 'transcript.jsonl', () => '\0'.repeat(size + 9)))
    expect(await refusal(writeArchive(line))).toMatchObject({ code: 'ARCHIVE_INVALID' })
  })

  test('refuses any bit that is not as it was written', async () => {
    const tar = gunzipSync(readFileSync(good))
    const file = join(freshDir(), 'a.tar.gz')
    // Of the manifest's own texts only gzip has a checksum.
    const [start, end] = [512, 512 + (members[0]?.body.length ?? 0)]
    for (let at = 3; at < tar.length; at += 41) {
      if (at >= start && at < end) continue
      const changed = Buffer.from(tar)
      changed[at] = (changed[at] as number) ^ (at % 2 === 0 ? 1 : 0x80)
      writeFileSync(file, gzipSync(changed))
      const { code } = await refusal(file)
      expect(['ARCHIVE_INVALID', 'FORMAT_NEWER'], String(at)).toContain(code)
    }
  })
})
