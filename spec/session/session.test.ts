import fs, {
  appendFileSync,
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
import { describe, expect, it, vi } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import { appendEntry, createSession, readSession, type Store } from '../../lib/index.ts'
import { decodeEntry, type Entry, encodeEntry, formatLine } from '../../lib/journal/entry.ts'
import { probeLock, tryLock } from '../../lib/os/lock-file.ts'
import { parseState } from '../../lib/session/codec.ts'
import { foldEntry } from '../../lib/session/fold.ts'
import { Session, takeJournal } from '../../lib/session/session.ts'
import type { State } from '../../lib/session/state.ts'
import { accessOf } from '../../lib/store/access.ts'
import { makeStore } from '../support/place.ts'
import { contents } from './fingerprint.ts'

interface Place {
  readonly store: Store
  readonly id: SessionId
  readonly dir: string
  readonly state: string
  readonly transcript: string
}

async function makeSession(): Promise<Place> {
  const store = makeStore()
  const { session, lock } = await createSession(store, { description: 'a session', cwd: '/x' })
  lock.release()
  const { id, dir } = session
  return { store, id, dir, state: `${dir}/state.toml`, transcript: `${dir}/transcript.jsonl` }
}

function open({ store, id, dir }: Place): Session {
  return new Session(id, dir, accessOf(store))
}

function message(text: string) {
  return { type: 'message', turn: 0, text, data: {}, at: Date.UTC(2030, 0, 1) }
}

function readEntries({ transcript }: Place): Entry[] {
  return readFileSync(transcript, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => decodeEntry(line) as Entry)
}

/** What state.toml must say: the fold of the whole journal. */
function foldAll({ transcript }: Place): State {
  let state: State | undefined
  for (const line of readFileSync(transcript, 'utf8').split('\n').slice(0, -1)) {
    state = foldEntry(state, decodeEntry(line) as Entry, Buffer.byteLength(line) + 1)
  }
  return state as State
}

function readState({ state }: Place): State {
  return parseState(readFileSync(state, 'utf8'), state)
}

function line(seq: number, text: string): string {
  return formatLine(seq, encodeEntry(message(text)))
}

/** The sessions' bytes, but for the lock files, whose owners may change. */
function untouched({ dir }: Place): string[] {
  return contents(dir).filter((item) => !item.startsWith('/locks'))
}

describe('Session.append', () => {
  it('writes an entry and the state that it folds to', async () => {
    const place = await makeSession()
    using session = open(place)
    const { seqs, state } = await session.append(message('hello'))
    expect(seqs).toEqual([1])
    expect(readEntries(place).at(-1)).toMatchObject({ seq: 1, text: 'hello' })
    expect(readState(place)).toEqual(state)
    expect(state).toEqual(foldAll(place))
    expect(state.journal.bytes).toBe(statSync(place.transcript).size)
  })

  it('gives numbers without gaps to several writers of one directory', async () => {
    const place = await makeSession()
    const sessions = Array.from({ length: 4 }, () => open(place))
    const texts = Array.from({ length: 40 }, (_, i) => `entry ${i}`)
    const reports = await Promise.all(
      texts.map((text, i) => (sessions[i % 4] as Session).append(message(text))),
    )
    for (const session of sessions) session[Symbol.dispose]()
    const entries = readEntries(place)
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 41 }, (_, seq) => seq))
    for (const [i, { seqs }] of reports.entries()) {
      expect(entries[seqs[0] as number]?.text).toBe(texts[i])
    }
    expect(readState(place)).toEqual(foldAll(place))
  })

  it('shows the function what others have appended, and writes nothing when it gives nothing', async () => {
    const place = await makeSession()
    using one = open(place)
    using other = open(place)
    await one.refresh()
    await other.append(message('behind its back'))
    const before = untouched(place)
    const { seqs, state } = await one.append((state) => {
      expect(state.journal.seq).toBe(1)
      return []
    })
    expect(seqs).toEqual([])
    expect(state).toEqual(foldAll(place))
    expect(untouched(place)).toEqual(before)
  })

  it('changes nothing when the function refuses', async () => {
    const place = await makeSession()
    using session = open(place)
    const before = untouched(place)
    const refusal = session.append(() => {
      throw new Error('not now')
    })
    await expect(refusal).rejects.toThrow('not now')
    expect(untouched(place)).toEqual(before)
    await expect(session.append(message('next'))).resolves.toMatchObject({ seqs: [1] })
  })

  it('appends several entries as one', async () => {
    const place = await makeSession()
    using session = open(place)
    const { seqs } = await session.append(() =>
      ['a', 'b', 'c'].map((text) => session.encode(message(text))),
    )
    expect(seqs).toEqual([1, 2, 3])
    expect(readState(place)).toEqual(foldAll(place))
  })

  it('rebuilds a missing state.toml from the journal', async () => {
    const place = await makeSession()
    using first = open(place)
    await first.append(message('one'))
    rmSync(place.state)
    using session = open(place)
    await session.append(message('two'))
    expect(readState(place)).toEqual(foldAll(place))
    expect(readState(place)).toMatchObject({ description: 'a session', journal: { seq: 2 } })
  })

  it('folds anew what an older fold wrote', async () => {
    const place = await makeSession()
    const text = readFileSync(place.state, 'utf8')
    writeFileSync(place.state, text.replace('fold = 1', 'fold = 0').replace('a session', 'stale'))
    using session = open(place)
    await session.append(message('one'))
    expect(readState(place)).toEqual(foldAll(place))
  })

  const damages: [string, (text: string) => string, string][] = [
    ['a state.toml that does not parse', (text) => `${text}x = = 1\n`, 'STATE_INVALID'],
    ['an empty state.toml', () => '', 'STATE_INVALID'],
    ['a binary state.toml', () => '\0\0\u0001', 'STATE_INVALID'],
    ['a truncated state.toml', (text) => text.slice(0, 60), 'STATE_INVALID'],
    [
      'the state.toml of another session',
      (text) => text.replace(/"[0-9A-HJKMNP-TV-Z]{26}"/, '"01JH4QWERT1234567890ABCDEF"'),
      'STATE_INVALID',
    ],
    ['a newer format', (text) => text.replace('format = 1', 'format = 2'), 'FORMAT_NEWER'],
  ]
  it.each(damages)('refuses %s and changes nothing', async (_, damage, code) => {
    const place = await makeSession()
    writeFileSync(place.state, damage(readFileSync(place.state, 'utf8')))
    writeFileSync(`${place.dir}/state.toml.123`, 'left over')
    const before = untouched(place)
    using session = open(place)
    await expect(session.append(message('no'))).rejects.toMatchObject({ code })
    await expect(session.append(message('no'))).rejects.toMatchObject({ code })
    expect(untouched(place)).toEqual(before)
  })

  it('refuses a symbolic link in place of state.toml, and follows it nowhere', async () => {
    const place = await makeSession()
    const target = `${place.store.root}-target.toml`
    renameSync(place.state, target)
    symlinkSync(target, place.state)
    const before = [untouched(place), readFileSync(target, 'utf8')]
    using session = open(place)
    await expect(session.append(message('no'))).rejects.toMatchObject({ code: 'IO_FAILED' })
    expect([untouched(place), readFileSync(target, 'utf8')]).toEqual(before)
    rmSync(target)
  })

  it('refuses a symbolic link in place of the transcript', async () => {
    const place = await makeSession()
    const target = `${place.store.root}-target.jsonl`
    renameSync(place.transcript, target)
    symlinkSync(target, place.transcript)
    const before = readFileSync(target, 'utf8')
    using session = open(place)
    await expect(session.append(message('no'))).rejects.toMatchObject({ code: 'IO_FAILED' })
    expect(readFileSync(target, 'utf8')).toBe(before)
    rmSync(target)
  })

  const tails: [string, string][] = [
    ['a torn line', line(1, 'torn').slice(0, -10)],
    ['a line that lacks only its LF', line(1, 'whole').slice(0, -1)],
    ['NULs', '\0'.repeat(8192)],
    ['NULs in lines', `\0\0\0\n\0\n${'\0'.repeat(10)}`],
    ['a line that ends in NULs', `${line(1, 'x').slice(0, 40)}${'\0'.repeat(40)}\n`],
  ]
  it.each(tails)('cuts off %s behind the last entry', async (_, tail) => {
    const place = await makeSession()
    const size = statSync(place.transcript).size
    appendFileSync(place.transcript, tail)
    using session = open(place)
    await session.append(message('next'))
    const text = readFileSync(place.transcript, 'utf8')
    expect(text.slice(size)).toBe(line(1, 'next'))
    expect(readState(place)).toEqual(foldAll(place))
  })

  it('folds whole entries that a crash left behind the state, and cuts off the torn one', async () => {
    const place = await makeSession()
    appendFileSync(
      place.transcript,
      line(1, 'kept') + line(2, 'kept too') + line(3, 'torn').slice(9),
    )
    const expected = readFileSync(place.transcript, 'utf8').slice(0, -line(3, 'torn').length + 9)
    using session = open(place)
    await session.append(message('next'))
    expect(readFileSync(place.transcript, 'utf8')).toBe(expected + line(3, 'next'))
    expect(readState(place)).toEqual(foldAll(place))
  })

  const wounds: [string, string][] = [
    ['garbage with an entry behind it', `garbage\n${line(1, 'x')}`],
    ['NULs with an entry behind them', `\0\0\0\n${line(2, 'x')}`],
    ['an entry with a number too high', line(2, 'x')],
    ['an entry that is there already', line(0, 'x')],
    [
      'an entry that cannot follow',
      formatLine(1, encodeEntry({ ...message(''), type: 'usage', data: { input_tokens: 'x' } })),
    ],
  ]
  it.each(wounds)('refuses %s, and changes nothing', async (_, tail) => {
    const place = await makeSession()
    const size = statSync(place.transcript).size
    appendFileSync(place.transcript, tail)
    const before = untouched(place)
    using session = open(place)
    await expect(session.append(message('no'))).rejects.toMatchObject({
      code: 'TRANSCRIPT_DAMAGED',
      status: 6,
      data: { offset: size },
    })
    expect(untouched(place)).toEqual(before)
  })

  it('refuses a transcript that is shorter than the state says, and changes nothing', async () => {
    const place = await makeSession()
    using first = open(place)
    await first.append(message('one'))
    truncateSync(place.transcript, statSync(place.transcript).size - 5)
    const before = untouched(place)
    using session = open(place)
    for (const writer of [session, first]) {
      await expect(writer.append(message('no'))).rejects.toMatchObject({
        code: 'TRANSCRIPT_SHRUNK',
      })
    }
    expect(untouched(place)).toEqual(before)
  })

  it('refuses a transcript that is gone, and makes no new one', async () => {
    const place = await makeSession()
    rmSync(place.transcript)
    using session = open(place)
    await expect(session.append(message('no'))).rejects.toMatchObject({ code: 'TRANSCRIPT_SHRUNK' })
    expect(existsSync(place.transcript)).toBe(false)
  })

  it('refuses an empty transcript without a state', async () => {
    const place = await makeSession()
    rmSync(place.state)
    truncateSync(place.transcript, 0)
    using session = open(place)
    await expect(session.append(message('no'))).rejects.toMatchObject({
      code: 'TRANSCRIPT_DAMAGED',
    })
    expect(existsSync(place.state)).toBe(false)
  })

  it('sweeps what interrupted replacements of state.toml left, and nothing else', async () => {
    const place = await makeSession()
    for (const name of ['state.toml.1', 'state.toml.987654321', 'state.toml.bak', 'state.tomlx']) {
      writeFileSync(`${place.dir}/${name}`, '')
    }
    mkdirSync(`${place.dir}/output`)
    writeFileSync(`${place.dir}/output/state.toml.5`, '')
    using session = open(place)
    await session.append(message('one'))
    expect(readdirSync(place.dir).sort()).toEqual([
      'locks',
      'output',
      'state.toml',
      'state.toml.bak',
      'state.tomlx',
      'transcript.jsonl',
    ])
    expect(existsSync(`${place.dir}/output/state.toml.5`)).toBe(true)
  })

  it('has recorded what it changed, and lets the journal go, where its lease cannot be given up', async () => {
    const place = await makeSession()
    const { id, dir, store } = place
    using session = new Session(id, dir, { ...accessOf(store), lease: 'machine' })
    const unlink = fs.unlinkSync.bind(fs)
    const spy = vi.spyOn(fs, 'unlinkSync').mockImplementation((path) => {
      if (!String(path).includes('/lease/')) return unlink(path)
      throw Object.assign(new Error('EIO: i/o error, unlink'), { code: 'EIO' })
    })
    try {
      expect((await session.append(message('one'))).seqs).toEqual([1])
      expect(spy.mock.calls.some(([path]) => String(path).includes('/lease/'))).toBe(true)
    } finally {
      spy.mockRestore()
    }
    expect(probeLock(`${dir}/locks/journal.lock`)).toBe('free')
    expect((await session.append(message('two'))).seqs).toEqual([2])
  })

  it('says who holds the journal when it stays locked', async () => {
    const place = await makeSession()
    const lock = tryLock(`${place.dir}/locks/journal.lock`, { tool: 'codex', turn: 3 })
    const before = untouched(place)
    await expect(takeJournal(place.id, place.dir, 50)).rejects.toMatchObject({
      code: 'JOURNAL_BUSY',
      data: { holder: { pid: process.pid, tool: 'codex', turn: 3 } },
    })
    expect(untouched(place)).toEqual(before)
    lock?.release()
    using session = open(place)
    await expect(session.append(message('yes'))).resolves.toMatchObject({ seqs: [1] })
  })

  it('says that the session is unknown when its directory has left', async () => {
    const place = await makeSession()
    using session = open(place)
    await session.refresh()
    renameSync(place.dir, `${place.dir}-gone`)
    await expect(session.append(message('no'))).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' })
  })

  it('writes nothing that could not be read again, and goes on behind a refusal', async () => {
    const place = await makeSession()
    using session = open(place)
    const impossible = [
      { type: 'provider_session', data: {} },
      { type: 'usage', data: { input_tokens: 'many' } },
      { type: 'usage', data: { input_tokens: Number.NaN } },
      { type: 'turn_started', data: {} },
      { type: 'session', data: { set: { name: 5 } } },
    ]
    for (const entry of impossible) {
      const at = await session
        .append({ turn: 1, text: null, at: 0, ...entry })
        .catch((error: unknown) => error)
      expect(at, JSON.stringify(entry)).toBeDefined()
      using next = open(place)
      await expect(
        next.append(message('still there')),
        `behind ${JSON.stringify(entry)}`,
      ).resolves.toBeDefined()
    }
  })

  it('keeps the state readable when a caller reports absurd usage', async () => {
    const place = await makeSession()
    for (const input_tokens of [1e-7, 2 ** 53, Number.MAX_VALUE, Number.MAX_VALUE]) {
      await appendEntry(place.store, place.id, { type: 'usage', data: { input_tokens } }).catch(
        // Refusing it is as good.
        (error: unknown) => expect(error).toHaveProperty('code'),
      )
    }
    expect(readSession(place.store, place.id).warnings).toEqual([])
    await appendEntry(place.store, place.id, { type: 'message', text: 'next' })
  })
})

describe('Session.appendStreamed', () => {
  it('appends at once and leaves the state and the disk for later', async () => {
    const place = await makeSession()
    using session = open(place)
    await session.refresh()
    const before = readFileSync(place.state, 'utf8')
    const { landed } = await session.appendStreamed([session.encode(message('a'))])
    expect(landed).toBe(1)
    expect(readEntries(place)).toHaveLength(2)
    expect(readFileSync(place.state, 'utf8')).toBe(before)
    expect(session.unsynced).toBe(Buffer.byteLength(line(1, 'a')))
    expect(session.unpublished).toBe(session.unsynced)
    await session.syncLater()
    expect(session.unsynced).toBe(0)
    await session.publish()
    expect(session.unpublished).toBe(0)
    expect(readState(place)).toEqual(foldAll(place))
  })

  it('has what others appended on the disk before its state counts it', async () => {
    const place = await makeSession()
    using session = open(place)
    using other = open(place)
    await session.refresh()
    await other.appendStreamed([other.encode(message('a'))])
    const synced: number[] = []
    const spy = vi.spyOn(fs, 'fdatasyncSync').mockImplementation((fd) => {
      synced.push(fs.fstatSync(fd).ino)
    })
    try {
      await session.publish()
    } finally {
      spy.mockRestore()
    }
    expect(synced).toEqual([statSync(place.transcript).ino, statSync(place.state).ino])
  })
})

describe('a sync of the journal that failed', () => {
  const eio = () => Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  const unsynced = (place: Place) => existsSync(`${place.transcript}.unsynced`)
  const inode = (place: Place) => statSync(place.transcript).ino

  /** Leaves an entry whose sync failed. */
  async function failOnce(place: Place, session: Session): Promise<void> {
    const spy = vi.spyOn(fs, 'fdatasyncSync').mockImplementationOnce(() => {
      throw eio()
    })
    try {
      await expect(session.append(message('one'))).rejects.toMatchObject({
        code: 'DURABILITY_UNKNOWN',
      })
    } finally {
      spy.mockRestore()
    }
    expect(unsynced(place)).toBe(true)
  }

  it.each(['the same process', 'another one'])(
    'has the next change of %s put all of it into a new file',
    async (who) => {
      const place = await makeSession()
      using session = open(place)
      await failOnce(place, session)
      const before = inode(place)
      using next = who === 'another one' ? open(place) : undefined
      expect((await (next ?? session).append(message('two'))).seqs).toEqual([2])
      expect(inode(place)).not.toBe(before)
      expect(unsynced(place)).toBe(false)
      expect(readEntries(place).map(({ text }) => text)).toEqual([null, 'one', 'two'])
      expect(readState(place)).toEqual(foldAll(place))
      const renewed = inode(place)
      expect((await session.append(message('three'))).seqs).toEqual([3])
      expect(inode(place)).toBe(renewed)
    },
  )

  it('is seen by who had the session open and finds entries of others', async () => {
    const place = await makeSession()
    using session = open(place)
    using other = open(place)
    await other.refresh()
    await failOnce(place, session)
    const before = inode(place)
    await other.append(message('two'))
    expect(inode(place)).not.toBe(before)
  })

  it('of what streams is made good by the next one', async () => {
    const place = await makeSession()
    using session = open(place)
    await session.appendStreamed([session.encode(message('a'))])
    const before = inode(place)
    const spy = vi.spyOn(fs, 'fdatasync').mockImplementationOnce((_fd, done) => done(eio()))
    await expect(session.syncLater()).rejects.toMatchObject({ code: 'IO_FAILED' })
    spy.mockRestore()
    await session.appendStreamed([session.encode(message('b'))])
    expect(inode(place)).toBe(before)
    await session.syncLater()
    expect(inode(place)).not.toBe(before)
    expect(session.unsynced).toBe(0)
    await session.publish()
    expect(readState(place)).toEqual(foldAll(place))
  })

  it('leaves the state known of who finds another file, and cannot read it', async () => {
    const place = await makeSession()
    using session = open(place)
    await session.refresh()
    using other = open(place)
    await failOnce(place, other)
    await other.append(message('two'))
    const text = readFileSync(place.state)
    writeFileSync(place.state, 'garbage')
    const { landed, failure } = await session
      .appendStreamed([session.encode(message('three'))])
      .catch((failure) => ({ landed: 0, failure }))
    expect([landed, failure?.code]).toEqual([0, 'STATE_INVALID'])
    expect(session.state.journal.seq).toBe(0)
    writeFileSync(place.state, text)
    expect((await session.append(message('three'))).seqs).toEqual([3])
  })

  it('is not made good with what memory has lost', async () => {
    const place = await makeSession()
    using session = open(place)
    const { size } = statSync(place.transcript)
    await failOnce(place, session)
    const before = inode(place)
    const lost = readFileSync(place.transcript).fill(0, size)
    writeFileSync(place.transcript, lost)
    await expect(session.append(message('two'))).rejects.toMatchObject({
      code: 'DURABILITY_UNKNOWN',
      cause: { code: 'TRANSCRIPT_DAMAGED' },
    })
    expect(inode(place)).toBe(before)
    expect(readdirSync(place.dir).filter((name) => /jsonl\.\d/.test(name))).toEqual([])
  })

  it('has the journal not copied over and over while copying it takes long', async () => {
    const place = await makeSession()
    using session = open(place)
    await failOnce(place, session)
    let now = performance.now()
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000))
    const sync = vi.spyOn(fs, 'fdatasyncSync').mockImplementation(() => {
      throw eio()
    })
    const isRefused = () =>
      expect(session.append(message('more'))).rejects.toMatchObject({ code: 'DURABILITY_UNKNOWN' })
    try {
      await isRefused()
      const tried = sync.mock.calls.length
      await isRefused()
      expect(sync.mock.calls.length).toBe(tried)
      now += 60_000
      await isRefused()
      expect(sync.mock.calls.length).toBeGreaterThan(tried)
    } finally {
      clock.mockRestore()
      sync.mockRestore()
    }
  })
})

describe('Session.encode', () => {
  it('counts what was redacted, in the text and in the data', async () => {
    const place = await makeSession()
    using session = open(place)
    const hidden = ['AK', 'IA', 'QWERTYUIOPASDFGH'].join('')
    const encoded = session.encode({ ...message(`key ${hidden}`), data: { a: [hidden] } })
    expect(encoded.tail).not.toContain(hidden)
    const redactions = decodeEntry(formatLine(0, encoded).trimEnd())?.data.redactions
    expect(Object.values(redactions as object).reduce((a, b) => a + b, 0)).toBe(2)
  })

  it('keeps no letter of data that are nested too deep to be looked through', async () => {
    const place = await makeSession()
    using session = open(place)
    let nested: unknown = 'x'
    for (let i = 0; i < 100_000; i++) nested = [nested]
    const encoded = session.encode({ ...message('deep'), data: { nested } })
    expect(decodeEntry(formatLine(0, encoded).trimEnd())?.data).toEqual({
      redactions: { error: 1 },
    })
  })
})
