import fs, {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import { Failure } from '../../lib/errors.ts'
import {
  appendEntry,
  createSession,
  listSessions,
  livenessOf,
  readSession,
  readTranscript,
  resolveRef,
  type Store,
} from '../../lib/index.ts'
import { encodeEntry, formatLine } from '../../lib/journal/entry.ts'
import { catchUp } from '../../lib/session/catch-up.ts'
import { readSnapshot } from '../../lib/session/snapshot.ts'
import { makeStore } from '../support/place.ts'
import { fingerprint } from './fingerprint.ts'

async function makeSession(): Promise<{ store: Store; id: SessionId; dir: string }> {
  const store = makeStore()
  const { session, lock } = await createSession(store, { description: 'a session', name: 'one' })
  lock.release()
  const { id, dir } = session
  session[Symbol.dispose]()
  await appendEntry(store, id, { type: 'message', text: 'first' })
  return { store, id, dir }
}

function line(seq: number, data: object = {}, type = 'message'): string {
  return formatLine(seq, encodeEntry({ type, turn: 0, text: null, data: { ...data }, at: 5 }))
}

type Wound = (dir: string) => void
const edit =
  (change: (text: string) => string): Wound =>
  (dir) =>
    writeFileSync(`${dir}/state.toml`, change(readFileSync(`${dir}/state.toml`, 'utf8')))
const add =
  (tail: string): Wound =>
  (dir) =>
    appendFileSync(`${dir}/transcript.jsonl`, tail)

/** What is done to a session, what a reader still knows of it, and what it warns of. */
const wounds: [string, Wound, number | undefined, string[]][] = [
  ['nothing wrong', () => undefined, 1, []],
  ['entries behind the state', add(line(2) + line(3)), 3, []],
  ['an unfinished line', add(line(2).slice(0, -1)), 1, []],
  ['NULs at the end', add('\0'.repeat(5000)), 1, []],
  ['lines of NULs at the end', add('\0\0\n\0\n'), 1, []],
  ['garbage between entries', add(`garbage\n${line(2)}`), 1, ['TRANSCRIPT_DAMAGED']],
  ['a gap', add(line(3)), 1, ['TRANSCRIPT_DAMAGED']],
  ['no state.toml', (dir) => rmSync(`${dir}/state.toml`), 1, ['STATE_INVALID']],
  ['a broken state.toml', edit((text) => `${text}= 1`), 1, ['STATE_INVALID']],
  ['an empty state.toml', edit(() => ''), 1, ['STATE_INVALID']],
  ['a state.toml of NULs', edit((text) => '\0'.repeat(text.length)), 1, ['STATE_INVALID']],
  ['a mark of UTF-8', edit((text) => `\ufeff${text}`), 1, []],
  ['an older fold', edit((text) => text.replace('fold = 1', 'fold = 0')), 1, []],
  ['a newer format', edit((text) => text.replace('format = 1', 'format = 9')), 1, ['FORMAT_NEWER']],
  [
    'a newer format that cannot be read',
    edit((text) => text.replace('format = 1', 'format = 9').replace('meta_session_id', 'id')),
    undefined,
    ['FORMAT_NEWER'],
  ],
  [
    'a shrunk transcript',
    (dir) => truncateSync(`${dir}/transcript.jsonl`, 20),
    1,
    ['TRANSCRIPT_SHRUNK'],
  ],
  ['no transcript', (dir) => rmSync(`${dir}/transcript.jsonl`), 1, ['TRANSCRIPT_SHRUNK']],
  [
    'nothing in it',
    (dir) => rmSync(dir, { recursive: true }) === undefined && mkdirSync(dir),
    undefined,
    ['SESSION_UNREADABLE'],
  ],
  [
    'neither state nor entries',
    (dir) => {
      rmSync(`${dir}/state.toml`)
      truncateSync(`${dir}/transcript.jsonl`, 0)
    },
    undefined,
    ['SESSION_UNREADABLE'],
  ],
  [
    'the state of another session',
    edit((text) => text.replace(/"[0-9A-HJKMNP-TV-Z]{26}"/, '"01JH4QWERT1234567890ABCDEF"')),
    undefined,
    ['SESSION_UNREADABLE'],
  ],
  [
    'a link in place of state.toml',
    (dir) => {
      renameSync(`${dir}/state.toml`, `${dir}/other`)
      symlinkSync('other', `${dir}/state.toml`)
    },
    undefined,
    ['IO_FAILED'],
  ],
  [
    'a directory in place of state.toml',
    (dir) => {
      rmSync(`${dir}/state.toml`)
      mkdirSync(`${dir}/state.toml`)
    },
    undefined,
    ['IO_FAILED'],
  ],
  [
    'an entry that cannot follow',
    add(line(2, { input_tokens: 'x' }, 'usage')),
    undefined,
    ['TRANSCRIPT_DAMAGED'],
  ],
]

describe('readSnapshot', () => {
  it.each(wounds)('reads a session with %s as far as it goes', async (_, wound, seq, codes) => {
    const { id, dir } = await makeSession()
    wound(dir)
    const { state, failure, warnings } = readSnapshot(id, dir)
    expect(state?.journal.seq).toBe(seq)
    const said = failure === undefined ? warnings : [failure]
    expect(said.map(({ code }) => code)).toEqual(codes)
    if (state !== undefined) expect(state).toMatchObject({ name: 'one', description: 'a session' })
  })

  it.each(wounds)('changes nothing on the disk for %s', async (_, wound) => {
    const { store, id, dir } = await makeSession()
    wound(dir)
    const before = fingerprint(store.root)
    readSnapshot(id, dir)
    listSessions(store, { sort: 'accessed' })
    readSession(store, id)
    livenessOf(store, id)
    resolveRef(store, id.slice(-8))
    try {
      for (const _ of readTranscript(store, id, { tail: 3 }));
    } catch (error) {
      expect(error).toMatchObject({ code: 'SESSION_UNREADABLE' })
    }
    expect(fingerprint(store.root)).toEqual(before)
  })

  it('makes no lock file and touches none', async () => {
    const { store, id, dir } = await makeSession()
    rmSync(`${dir}/locks`, { recursive: true })
    const turn = { tool: 'codex', process: undefined }
    appendFileSync(
      `${dir}/transcript.jsonl`,
      formatLine(2, encodeEntry({ type: 'turn_started', turn: 1, text: null, data: turn, at: 5 })),
    )
    const before = fingerprint(store.root)
    expect(readSession(store, id).status).toBe('crashed')
    expect(listSessions(store).rows[0]?.status).toBe('crashed')
    expect(fingerprint(store.root)).toEqual(before)
  })

  it('takes for damage only what a second look finds too', async () => {
    const { id, dir } = await makeSession()
    const file = `${dir}/state.toml`
    const whole = readFileSync(file)
    edit((text) => text.replace(/bytes = \d+/, 'bytes = 99999'))(dir)
    let looks = 0
    const open = fs.openSync.bind(fs)
    const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
      if (path === file && ++looks === 2) writeFileSync(file, whole)
      return open(path, ...rest)
    })
    try {
      expect(catchUp(id, dir)).toMatchObject({ state: { journal: { seq: 1 } }, warnings: [] })
    } finally {
      spy.mockRestore()
    }
  })

  it.each(['EMFILE', 'ENFILE', 'ENOMEM'])('does not take %s for damage', async (code) => {
    const { id, dir } = await makeSession()
    const spy = vi.spyOn(fs, 'openSync').mockImplementation(() => {
      throw Object.assign(new Error(code), { code })
    })
    try {
      expect(() => catchUp(id, dir)).toThrow(Failure)
    } finally {
      spy.mockRestore()
    }
  })

  it('warns of a broken state.toml, and says where', async () => {
    const { id, dir } = await makeSession()
    writeFileSync(`${dir}/state.toml`, 'format = 1\nname = = "x"\n')
    expect(readSnapshot(id, dir).warnings[0]?.data).toMatchObject({
      file: `${dir}/state.toml`,
      line: 2,
    })
  })
})
