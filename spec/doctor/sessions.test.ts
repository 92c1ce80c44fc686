import { execFileSync } from 'node:child_process'
import fs, {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import {
  appendEntry,
  type CheckId,
  checks,
  createSession,
  readSession,
  readTranscript,
  renameSession,
  type SessionId,
  type Store,
} from '../../lib/index.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { alnum } from '../redact/samples.ts'
import { ended, nextId, started, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'
import { filesUnder, idsOf, mend, visit } from './kit.ts'

const at = Date.UTC(2026, 0, 2)

interface Patient {
  readonly store: Store
  readonly id: SessionId
  readonly dir: string
}

/** A store with a session of two turns in it, in which nothing is wrong. */
async function sound(): Promise<Patient> {
  const store = makeStore({ now: () => at + 86_400_000 })
  const { id, dir } = writeSession(store, {
    name: 'mine',
    told: [
      started(1, at),
      ['output', { stream: 'stdout' }, { turn: 1, at, text: 'one' }],
      ['output', { stream: 'stdout' }, { turn: 1, at, text: 'two' }],
      ['provider_session', { tool: 'codex', provider_session_id: 'thread-1' }, { turn: 1, at }],
      ended(1, at),
    ],
  })
  mkdirSync(`${dir}/output/turn-0001`, { recursive: true })
  writeFileSync(`${dir}/output/turn-0001/result.toml`, 'turn = 1\n')
  return { store, id, dir }
}

const transcript = (dir: string) => `${dir}/transcript.jsonl`
const stateFile = (dir: string) => `${dir}/state.toml`

function linesOf(dir: string): string[] {
  return readFileSync(transcript(dir), 'utf8').split('\n').slice(0, -1)
}

function writeLines(dir: string, lines: readonly string[]): void {
  writeFileSync(transcript(dir), lines.map((line) => `${line}\n`).join(''))
}

function editState(dir: string, from: string | RegExp, to: string): void {
  const text = readFileSync(stateFile(dir), 'utf8')
  expect(text.replace(from, to)).not.toBe(text)
  writeFileSync(stateFile(dir), text.replace(from, to))
}

function textsOf(store: Store, id: SessionId): (string | null | undefined)[] {
  return [...readTranscript(store, id)].map(({ entry }) => entry?.text).filter((text) => text)
}

/** Opens a second turn whose process is long gone. */
function crash({ dir }: Patient): void {
  const [type, data, { turn }] = started(2, at)
  const lines = linesOf(dir)
  const entry = {
    v: 1,
    seq: lines.length,
    ts: new Date(at).toISOString(),
    turn,
    type,
    text: null,
    data,
  }
  writeLines(dir, [...lines, JSON.stringify(entry)])
}

const damages: { readonly [C in CheckId]?: (patient: Patient) => void } = {
  'session.unreadable': ({ dir }) => {
    rmSync(stateFile(dir))
    rmSync(transcript(dir))
  },
  'session.leftover': ({ dir }) => writeFileSync(`${dir}/state.toml.4711`, 'half'),
  'state.missing': ({ dir }) => rmSync(stateFile(dir)),
  'state.invalid': ({ dir }) => truncateSync(stateFile(dir), 100),
  'state.newer': ({ dir }) => editState(dir, 'format = 1', 'format = 2'),
  'state.behind-journal': ({ dir }) => {
    const lines = linesOf(dir)
    const entry = { ...JSON.parse(lines[2] ?? ''), seq: lines.length, text: 'late' }
    writeLines(dir, [...lines, JSON.stringify(entry)])
  },
  'state.diverged': ({ dir }) => editState(dir, 'name = "mine"', 'name = "yours"'),
  'transcript.missing': ({ dir }) => rmSync(transcript(dir)),
  'transcript.shrunk': ({ dir }) => writeLines(dir, linesOf(dir).slice(0, 3)),
  'transcript.torn-tail': ({ dir }) => appendFileSync(transcript(dir), '{"v":1,"seq":6,"ts'),
  'transcript.nul-tail': ({ dir }) => appendFileSync(transcript(dir), '\0'.repeat(200)),
  'transcript.garbage': ({ dir }) => {
    const [first = '', ...rest] = linesOf(dir)
    writeLines(dir, [first, 'what is this', ...rest])
  },
  'transcript.gap': ({ dir }) => writeLines(dir, linesOf(dir).toSpliced(2, 1)),
  'transcript.duplicate': ({ dir }) => {
    const lines = linesOf(dir)
    writeLines(dir, lines.toSpliced(3, 0, lines[2] ?? ''))
  },
  'transcript.regression': ({ dir }) => {
    const lines = linesOf(dir)
    writeLines(dir, [...lines, (lines[3] ?? '').replace('two', 'another')])
  },
  'transcript.unfoldable': ({ dir }) => {
    const lines = linesOf(dir)
    writeLines(dir, lines.with(4, (lines[4] ?? '').replace('"thread-1"', '17')))
  },
  'transcript.secrets': ({ dir }) => {
    const lines = linesOf(dir)
    const secret = `ghp${'_'}${alnum(36)}`
    writeLines(dir, [
      ...lines,
      JSON.stringify({ ...JSON.parse(lines[2] ?? ''), seq: 6, text: secret }),
    ])
  },
  'transcript.newer': ({ dir }) => {
    const lines = linesOf(dir)
    writeLines(dir, lines.with(3, (lines[3] ?? '').replace('"v":1', '"v":2')))
  },
  'transcript.unsynced': ({ dir }) => writeFileSync(`${transcript(dir)}.unsynced`, ''),
  'turn.crashed': crash,
  'turn.unknown': (patient) => {
    crash(patient)
    const lines = linesOf(patient.dir)
    const host = lines.at(-1)?.replace(/"host":"[^"]*"/, '"host":"elsewhere"') ?? ''
    writeLines(
      patient.dir,
      lines.with(-1, host.replace(/"boot_id":"[^"]*"/, '"boot_id":"another"')),
    )
  },
  'lock.missing': crash,
  'lock.directory': ({ dir }) => rmSync(`${dir}/locks`, { recursive: true }),
  'lock.kind': ({ dir }) => {
    rmSync(`${dir}/locks/session.lock`, { force: true })
    symlinkSync(stateFile(dir), `${dir}/locks/session.lock`)
  },
  'result.missing': ({ dir }) => rmSync(`${dir}/output/turn-0001/result.toml`),
  'time.future': ({ dir }) => editState(dir, /last_accessed = 2026/, 'last_accessed = 2087'),
}

const cases = Object.entries(damages) as [CheckId, (patient: Patient) => void][]
const mended = cases.filter(([id]) => checks[id].mends !== undefined)

describe('a sound session', () => {
  it('has nothing wrong, at a glance and at depth', async () => {
    const { store } = await sound()
    expect(visit(store).findings).toEqual([])
    expect(visit(store, { deep: true }).findings).toEqual([])
    expect(await mend(store)).toEqual([])
  })

  it('made by stint itself has nothing wrong either', async () => {
    const store = makeStore()
    const { session, lock } = await createSession(store, { description: 'new' })
    await session.append({ type: 'message', turn: 0, text: 'hello', data: {}, at: store.now() })
    lock.release()
    session[Symbol.dispose]()
    expect(idsOf(store, { deep: true })).toEqual([])
  })
})

describe('a check', () => {
  it.each(cases)('%s finds what it is for, says where, and changes nothing', async (id, damage) => {
    const patient = await sound()
    damage(patient)
    const before = filesUnder(patient.store.dir)
    const findings = visit(patient.store, { deep: true }).findings.filter((one) => one.id === id)
    expect(findings.length).toBeGreaterThan(0)
    for (const one of findings) {
      expect(one).toMatchObject({ session: patient.id, store: patient.store.dir })
      expect(one.severity).toBe(checks[id].severity)
      expect(one.evidence.length).toBeGreaterThan(3)
    }
    expect(filesUnder(patient.store.dir)).toEqual(before)
    // A state that is wrong within has the right size, and its transcript the right end.
    if (checks[id].deep || id === 'state.diverged') return
    expect(idsOf(patient.store)).toContain(id)
  })

  it('lock.kind is found of each lock, whatever the session can still do', async () => {
    for (const name of ['session', 'journal', 'codex']) {
      const { store, id, dir } = await sound()
      rmSync(`${dir}/locks/${name}.lock`, { force: true })
      symlinkSync(stateFile(dir), `${dir}/locks/${name}.lock`)
      const { findings } = visit(store)
      expect(findings).toMatchObject([{ id: 'lock.kind' }])
      execFileSync('sh', ['-c', findings[0]?.fix ?? 'false'])
      expect(visit(store).findings).toEqual([])
      expect(readdirSync(`${store.dir}/quarantine/${id}`)).toHaveLength(1)
    }
  })

  it.each(mended)('%s is mended, once, and what was replaced is kept', async (id, damage) => {
    const { store, id: session, dir } = await sound()
    damage({ store, id: session, dir })
    const texts = existsSync(transcript(dir)) ? textsOf(store, session) : []
    const before = [transcript(dir), stateFile(dir)].map((path) =>
      existsSync(path) ? readFileSync(path) : undefined,
    )
    const repairs = await mend(store, { deep: true })
    expect(repairs).toMatchObject([{ session, why: null }])
    expect(idsOf(store, { deep: true })).not.toContain(id)
    const left = visit(store, { deep: true }).findings
    expect(left.filter(({ severity }) => severity === 'damage')).toEqual([])

    // What was there stands in its place or in the quarantine, byte for byte.
    for (const [i, path] of [transcript(dir), stateFile(dir)].entries()) {
      const old = before[i]
      if (old === undefined || old.equals(readFileSync(path))) continue
      const isOlder =
        i === 1 && ['state.behind-journal', 'turn.crashed', 'lock.missing'].includes(id)
      const isLonger = readFileSync(path).subarray(0, old.length).equals(old)
      const kept = repairs[0]?.kept.some((one) => readFileSync(one).equals(old))
      expect(kept || isLonger || isOlder, path).toBe(true)
    }
    for (const text of texts) expect(textsOf(store, session)).toContain(text)

    const files = filesUnder(store.dir)
    expect(await mend(store, { deep: true })).toEqual([])
    expect(filesUnder(store.dir)).toEqual(files)
    expect(await appendEntry(store, session, { type: 'message', text: 'goes on' })).toBeGreaterThan(
      0,
    )
  })

  it.each(['transcript.torn-tail', 'transcript.nul-tail'] as const)(
    'says nothing of a %s that a running turn may be about to finish, and says it afterwards',
    async (tail) => {
      const patient = await sound()
      const { store, dir } = patient
      crash(patient)
      damages[tail]?.(patient)
      const lock = tryLock(`${dir}/locks/session.lock`, { tool: 'codex', turn: 2 })
      for (const deep of [false, true]) expect(idsOf(store, { deep })).not.toContain(tail)
      lock?.release()
      for (const deep of [false, true]) expect(idsOf(store, { deep })).toContain(tail)
    },
  )

  it('of another session’s files finds them, and leaves them', async () => {
    const { store, dir } = await sound()
    const other = nextId()
    const copy = dir.replace(/[^/]+$/, other)
    mkdirSync(copy)
    for (const name of ['state.toml', 'transcript.jsonl']) {
      writeFileSync(`${copy}/${name}`, readFileSync(`${dir}/${name}`))
    }
    expect(idsOf(store)).toContain('session.foreign')
    const before = filesUnder(dir)
    await mend(store)
    expect(filesUnder(dir)).toEqual(before)
    expect(idsOf(store)).toContain('session.foreign')
  })

  it('of a large transcript minds the setting', async () => {
    const { store } = await sound()
    expect(idsOf({ ...store, env: { ...store.env, STINT_TRANSCRIPT_CAP: '100' } })).toEqual([
      'transcript.size',
    ])
  })
})

describe('mending', () => {
  it('says what it did also where a turn that may live comes to light by it', async () => {
    const patient = await sound()
    const { store, id, dir } = patient
    damages['turn.unknown']?.(patient)
    truncateSync(stateFile(dir), 50)
    writeLines(dir, linesOf(dir).toSpliced(1, 0, 'rubbish'))
    const [done, ...others] = await mend(store)
    expect(done).toMatchObject({ session: id, why: null, did: [expect.any(String)] })
    expect(done?.kept).toHaveLength(2)
    expect(others).toEqual([])
    expect(idsOf(store)).toContain('turn.unknown')
    expect(idsOf(store)).not.toContain('transcript.garbage')
  })

  it('has the journal on the disk before a new state counts it', async () => {
    const { store, dir } = await sound()
    rmSync(stateFile(dir))
    const synced: number[] = []
    const spy = vi.spyOn(fs, 'fdatasyncSync').mockImplementation((fd) => {
      synced.push(fs.fstatSync(fd).ino)
    })
    try {
      await mend(store)
    } finally {
      spy.mockRestore()
    }
    const [journal, state] = [transcript, stateFile].map((file) => statSync(file(dir)).ino)
    expect(synced.indexOf(journal as number)).toBeGreaterThanOrEqual(0)
    // The last: its number may have been that of a file that is gone.
    expect(synced.indexOf(journal as number)).toBeLessThan(synced.lastIndexOf(state as number))
  })

  it.each(['nothing else', 'state.missing', 'state.behind-journal', 'state.diverged'] as const)(
    'of a journal whose sync failed puts a copy on the disk first, with %s',
    async (more) => {
      const patient = await sound()
      const { store, dir } = patient
      damages['transcript.unsynced']?.(patient)
      if (more !== 'nothing else') damages[more]?.(patient)
      const before = statSync(transcript(dir)).ino
      const lines = linesOf(dir)
      const synced: number[] = []
      const spy = vi.spyOn(fs, 'fdatasyncSync').mockImplementation((fd) => {
        synced.push(fs.fstatSync(fd).ino)
      })
      try {
        const [done] = await mend(store, { deep: true })
        expect(done).toMatchObject({
          why: null,
          did: expect.arrayContaining([expect.stringContaining('by a copy')]),
        })
      } finally {
        spy.mockRestore()
      }
      const { ino } = statSync(transcript(dir))
      expect(ino).not.toBe(before)
      expect(synced).not.toContain(before)
      expect(synced).toContain(ino)
      if (more !== 'nothing else') {
        // The last: their numbers may have been those of a file that is gone.
        const state = synced.lastIndexOf(statSync(stateFile(dir)).ino)
        expect(synced.lastIndexOf(ino)).toBeLessThan(state)
      }
      expect(linesOf(dir)).toEqual(lines)
      expect(visit(store, { deep: true }).findings).toEqual([])
    },
  )

  it('of a journal that it writes anew anyway leaves none to be copied', async () => {
    const patient = await sound()
    damages['transcript.unsynced']?.(patient)
    damages['transcript.garbage']?.(patient)
    await mend(patient.store)
    expect(visit(patient.store, { deep: true }).findings).toEqual([])
  })

  it('keeps every entry behind a damaged stretch, renumbered', async () => {
    const { store, id, dir } = await sound()
    const lines = linesOf(dir)
    writeLines(dir, [...lines.slice(0, 2), '\0\0\0', '{"v":1,"seq":2,', ...lines.slice(3)])
    const [done] = await mend(store)
    const entries = [...readTranscript(store, id)].map(({ entry }) => entry)
    expect(entries.map((entry) => entry?.seq)).toEqual([0, 1, 2, 3, 4, 5])
    expect(entries.map((entry) => entry?.type)).toEqual([
      ...['session', 'turn_started', 'output', 'provider_session', 'turn_ended', 'session'],
    ])
    expect(entries.at(-1)?.data).toMatchObject({
      event: 'repaired',
      found: { nuls: 1, garbage: 1 },
      kept: done?.kept.map((path) => path.split('/').at(-1)),
      upkeep: true,
    })
    expect(readSession(store, id).state).toMatchObject({
      name: 'mine',
      turn: { outcome: 'success' },
    })
  })

  it('says in entries what only the state knows of a journal that was cut', async () => {
    const { store, id, dir } = await sound()
    editState(dir, 'name = "mine"', 'name = "renamed"')
    writeLines(dir, linesOf(dir).slice(0, 2))
    await mend(store)
    const { state } = readSession(store, id)
    expect(state?.name).toBe('renamed')
    expect(state?.tools.codex?.provider_session_id).toBe('thread-1')
  })

  it('loses nothing that a person said of a session whose journal was cut, and does not use it', async () => {
    const { store, id, dir } = await sound()
    const used = readSession(store, id).state?.last_accessed
    editState(dir, 'name = "mine"', 'name = "mine"\ndescription = "what it is for"')
    editState(dir, 'pinned = false', 'pinned = true')
    editState(dir, 'phase = "active"', 'phase = "retired"')
    writeLines(dir, linesOf(dir).slice(0, 2))
    await mend(store)
    const said = { name: 'mine', description: 'what it is for', pinned: true, phase: 'retired' }
    expect(readSession(store, id).state).toMatchObject(said)
    rmSync(stateFile(dir))
    const { state } = readSession(store, id)
    expect(state).toMatchObject({ ...said, tools: { codex: { provider_session_id: 'thread-1' } } })
    expect(Date.parse(String(state?.last_accessed))).toBeLessThanOrEqual(Date.parse(String(used)))
  })

  it('believes a journal that tells more than the state', async () => {
    const { store, id, dir } = await sound()
    const old = readFileSync(stateFile(dir), 'utf8')
    await renameSession(store, id, { name: 'newer' })
    writeFileSync(stateFile(dir), old)
    const lines = linesOf(dir)
    writeLines(dir, [...lines.slice(0, 3), 'rubbish', ...lines.slice(3)])
    await mend(store)
    expect(readSession(store, id).state?.name).toBe('newer')
  })

  it('makes the first entry of the state where the journal has lost it', async () => {
    const { store, id, dir } = await sound()
    writeLines(dir, ['rubbish', ...linesOf(dir).slice(1)])
    await mend(store)
    const { state, warnings } = readSession(store, id)
    expect(warnings).toEqual([])
    expect(state).toMatchObject({ meta_session_id: id, name: 'mine', turn: { outcome: 'success' } })
    expect(textsOf(store, id)).toEqual(['one', 'two'])
  })

  it('keeps keys of a state that this version does not know', async () => {
    const { store, id, dir } = await sound()
    editState(dir, 'name = "mine"', 'name = "yours"\ncolour = "green"')
    await mend(store, { deep: true })
    expect(readSession(store, id).state).toMatchObject({ name: 'mine', colour: 'green' })
  })

  it('does not write the state of a newer version', async () => {
    const { store, dir } = await sound()
    editState(dir, 'format = 1', 'format = 2')
    writeLines(dir, linesOf(dir).toSpliced(2, 1))
    const before = filesUnder(dir)
    const repairs = await mend(store)
    expect(repairs[0]?.why).toContain('format 2')
    expect(filesUnder(dir)).toEqual(before)
  })

  it('follows no link', async () => {
    const { store, dir } = await sound()
    const outside = `${store.root}/outside`
    writeFileSync(outside, 'mine alone')
    rmSync(stateFile(dir))
    symlinkSync(outside, stateFile(dir))
    expect(idsOf(store)).toContain('session.unreadable')
    await mend(store)
    expect(readFileSync(outside, 'utf8')).toBe('mine alone')
  })

  it('says what stands in place of a transcript', async () => {
    const { store, dir } = await sound()
    rmSync(transcript(dir))
    execFileSync('mkfifo', [transcript(dir)])
    expect(visit(store).findings.map(({ evidence }) => evidence)).toContain(
      'a pipe or device stands in place of it',
    )
  })

  it('ends an entry that lacks nothing but its line feed', async () => {
    const { store, id, dir } = await sound()
    truncateSync(transcript(dir), readFileSync(transcript(dir)).length - 1)
    await mend(store)
    const types = [...readTranscript(store, id)].map(({ entry }) => entry?.type)
    expect(types.slice(-2)).toEqual(['turn_ended', 'session'])
  })
})

describe('sessions beside each other', () => {
  it('are found with a parent that is gone, a wrong depth, and in a circle', () => {
    const store = makeStore({ now: () => at })
    const [a, b, c, d] = [nextId(), nextId(), nextId(), nextId()]
    writeSession(store, { id: a, parent: b })
    writeSession(store, { id: b, parent: a })
    writeSession(store, { id: c, parent: nextId() })
    writeSession(store, { id: d, parent: a })
    const { findings } = visit(store)
    const of = (id: CheckId) =>
      findings.filter((one) => one.id === id).map(({ session }) => session)
    expect(of('tree.cycle')).toEqual([[a, b].sort()[0]])
    expect(of('tree.parent-gone')).toEqual([c])
    expect(of('tree.depth')).toEqual([a, b, d])
  })

  it('are found with one conversation', async () => {
    const { store } = await sound()
    expect(idsOf(store)).toEqual([])
    const told = [
      started(1, at, 'codex'),
      ['provider_session', { tool: 'codex', provider_session_id: 'thread-1' }, { turn: 1, at }],
    ] as never
    writeSession(store, { id: nextId(), told })
    expect(idsOf(store)).toContain('provider.shared')
  })
})

describe('a parent in the trash', () => {
  it('is said to be there, and how it comes back', () => {
    const store = makeStore()
    const parent = writeSession(store, { place: 'trash' })
    const child = writeSession(store, { parent: parent.id })
    const { findings } = visit(store, { only: new Set(['tree.parent-gone']) })
    expect(findings).toMatchObject([{ session: child.id, fix: `stint trash restore ${parent.id}` }])
  })
})

describe('names in sessions/', () => {
  it('that are no ids, or not in upper case, are found', async () => {
    const { store, id } = await sound()
    const dir = `${store.dir}/sessions`
    mkdirSync(`${dir}/${nextId().toLowerCase()}`)
    writeFileSync(`${dir}/notes.txt`, '')
    const link = nextId()
    symlinkSync(`${dir}/${id}`, `${dir}/${link}`)
    expect(idsOf(store)).toEqual(['store.case', 'store.kind', 'store.name'])
    const { findings } = visit(store, { sessions: new Set([link]) })
    expect(findings).toMatchObject([{ id: 'store.kind', session: link }])
    expect(visit(store).findings.find((one) => one.id === 'store.case')?.fix).toMatch(
      /^mv \S+ \S+$/,
    )
    for (const { fix } of visit(store).findings) execFileSync('sh', ['-c', fix ?? 'false'])
    expect(idsOf(store).filter((id) => id.startsWith('store.'))).toEqual([])
  })
})

describe('what crashes left in a store', () => {
  it('is found and removed, but for what is young or in use', async () => {
    const { store } = await sound()
    const { dir } = store
    for (const name of ['last.4711', 'project.toml.4712']) {
      writeFileSync(`${dir}/${name}`, 'half')
      utimesSync(`${dir}/${name}`, 1, 1)
    }
    writeFileSync(`${dir}/last.4713`, 'young')
    utimesSync(`${dir}/last.4713`, store.now() / 1000, store.now() / 1000)
    mkdirSync(`${dir}/staging/${nextId()}`)
    writeFileSync(`${dir}/last`, 'nobody\n')
    mkdirSync(`${dir}/trash/.gone-${nextId()}`, { recursive: true, mode: 0o700 })
    mkdirSync(`${store.root}/.probe-4194999`)
    writeSession(store, { id: nextId(), place: 'ephemeral' })
    const copied = writeSession(store, { id: nextId(), place: 'ephemeral' })
    rmSync(`${copied.dir}/locks`, { recursive: true })
    chmodSync(`${dir}/ephemeral`, 0o700)
    expect(idsOf(store)).toEqual([
      ...['ephemeral.leftover', 'root.leftover', 'staging.leftover', 'store.last'],
      ...['store.leftover', 'trash.leftover'],
    ])
    await mend(store)
    expect(idsOf(store)).toEqual(['store.last'])
    expect(existsSync(`${dir}/last.4713`)).toBe(true)
  })
})

describe('project.toml', () => {
  it('that cannot be read is written anew, where the project is known', async () => {
    const { store, id } = await sound()
    const file = `${store.dir}/project.toml`
    writeFileSync(file, 'shared=true\nlease_only = true\nformat = = 1')
    expect(idsOf(store)).toContain('store.project')
    const [done] = await mend(store)
    expect(readFileSync(done?.kept[0] ?? '', 'utf8')).toContain('format = = 1')
    expect(readFileSync(file, 'utf8')).toContain(`project_path = "${store.projectPath}"`)
    expect(readFileSync(file, 'utf8')).toContain('shared = true\nlease_only = true')
    expect(idsOf(store)).toEqual([])
    await appendEntry(store, id, { type: 'message', text: 'goes on' })
  })

  it('of a newer format, or unshared on a shared file system, is said', async () => {
    const { store } = await sound()
    writeFileSync(`${store.dir}/project.toml`, 'format = 2\n')
    expect(idsOf(store)).toEqual(['store.newer'])
  })
})
