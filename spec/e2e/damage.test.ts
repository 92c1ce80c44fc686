/** Sessions that something damaged: readers tell what can be told and write nothing; writers refuse. */

import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  entriesOf,
  expectRefusal,
  expectWhole,
  makePlace,
  type Place,
  type Row,
  snapshot,
  withoutLocks,
} from '../support/cli.ts'

interface Patient {
  readonly place: Place
  readonly id: string
  readonly dir: string
  readonly state: string
  readonly transcript: string
}

async function makePatient(): Promise<Patient> {
  const place = makePlace()
  const id = await place.make(['--name', 'patient', '--', 'seq', '1', '20'])
  const dir = place.session(id)
  return { place, id, dir, state: `${dir}/state.toml`, transcript: `${dir}/transcript.jsonl` }
}

/** Every reading verb ends well, says what the row should be, and writes nothing. */
async function readers(
  { place, id }: Patient,
  wanted: { row: Row; warning?: RegExp },
): Promise<void> {
  const before = snapshot(place.home)
  const list = await place.stint(['list', '--json'])
  expect(list.status).toBe(0)
  expect(JSON.parse(list.stdout)).toEqual([expect.objectContaining({ id, ...wanted.row })])
  const show = await place.stint(['show', id, '--json'])
  expect(show.status).toBe(0)
  expect(JSON.parse(show.stdout)).toMatchObject({ id, ...wanted.row })
  if (wanted.warning === undefined) expect(list.stderr + show.stderr).toBe('')
  else {
    expect(show.stderr).toMatch(wanted.warning)
    expect(show.stderr).toMatch(/^warning: /)
  }
  expect((await place.stint(['list', '--tree'])).status).toBe(0)
  expect((await place.stint(['logs', id, '--raw'])).status).toBe(0)
  expect((await place.stint(['is-alive', id])).status).toBe(1)
  expect(snapshot(place.home)).toEqual(before)
}

/** Every writing verb refuses with the code and changes nothing. */
async function writers({ place, id }: Patient, code: string): Promise<void> {
  const before = snapshot(place.home)
  const look = () => withoutLocks(snapshot(place.home))
  expectRefusal(await place.stint(['rename', id, 'patient']), { status: 6, code })
  expect(look()).toEqual(withoutLocks(before))
  expectRefusal(await place.stint(['resume', id, '--', 'true']), { status: 125, code })
  expectRefusal(await place.stint(['delete', id]), { status: 6, code })
  expect(look()).toEqual(withoutLocks(before))
}

const idle = { status: 'idle', name: 'patient', turn: 1, outcome: 'success' }

describe('state.toml', () => {
  test('that is missing is read from the journal, and rebuilt by the next change', async () => {
    const patient = await makePatient()
    const old = readFileSync(patient.state, 'utf8')
    rmSync(patient.state)
    await readers(patient, { row: idle, warning: /state\.toml: it is missing/ })
    expect((await patient.place.stint(['rename', patient.id, 'patient'])).status).toBe(0)
    const text = readFileSync(patient.state, 'utf8')
    const mark = (from: string) =>
      from.slice(0, from.indexOf('[journal]')).replace(/^last_accessed.*$/m, '')
    expect(mark(text)).toBe(mark(old))
    expect(await patient.place.json(['show', patient.id])).toMatchObject(idle)
  })

  test.each([
    ['empty', () => ''],
    ['truncated', (text: string) => text.slice(0, text.indexOf('[turn]') + 20)],
    ['cut in its first line', (text: string) => text.slice(0, 5)],
    ['of random bytes', () => Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 37) % 256))],
    ['of NULs', (text: string) => '\0'.repeat(text.length)],
    ['another document', () => 'title = "not a session"\n'],
  ])('that is %s is read around with a warning, and refused by every change', async (_, damage) => {
    const patient = await makePatient()
    writeFileSync(patient.state, damage(readFileSync(patient.state, 'utf8')))
    await readers(patient, { row: idle, warning: /state\.toml/ })
    await writers(patient, 'STATE_INVALID')
    rmSync(patient.state)
    expect((await patient.place.stint(['resume', patient.id, '--', 'true'])).status).toBe(0)
    expectWhole(entriesOf(patient.dir))
  })

  test('of a newer format is shown with a warning and never written', async () => {
    const patient = await makePatient()
    const text = readFileSync(patient.state, 'utf8').replace('format = 1', 'format = 99')
    writeFileSync(patient.state, `${text}\n[from_the_future]\nkey = "value"\n`)
    await readers(patient, { row: idle, warning: /format 99/ })
    await writers(patient, 'FORMAT_NEWER')
  })

  test('keeps the keys that this version does not know', async () => {
    const { place, id, state } = await makePatient()
    const text = readFileSync(state, 'utf8')
    writeFileSync(state, `unknown_key = "kept"\n${text}\n[unknown_table]\nnumber = 7\n`)
    expect((await place.stint(['rename', id, 'other'])).status).toBe(0)
    const after = readFileSync(state, 'utf8')
    expect(after).toContain('unknown_key = "kept"')
    expect(after).toMatch(/\[unknown_table\]\nnumber = 7/)
  })

  test('that is a symbolic link is not followed by a change', async () => {
    const patient = await makePatient()
    const elsewhere = `${patient.place.dir}/elsewhere.toml`
    renameSync(patient.state, elsewhere)
    symlinkSync(elsewhere, patient.state)
    const before = withoutLocks(snapshot(patient.place.dir))
    const ran = await patient.place.stint(['rename', patient.id, 'patient'])
    expect([6, 7]).toContain(ran.status)
    expect(ran.stderr).toMatch(/^error\[[A-Z_]+\]: /)
    const list = await patient.place.stint(['list', '--json'])
    expect(list.status).toBe(0)
    expect(JSON.parse(list.stdout)).toHaveLength(1)
    expect(withoutLocks(snapshot(patient.place.dir))).toEqual(before)
  })
})

describe('a transcript', () => {
  test('with an unfinished last line is read without it, and the next change cuts it off', async () => {
    const patient = await makePatient()
    const whole = readFileSync(patient.transcript, 'utf8')
    appendFileSync(patient.transcript, '{"v":1,"seq":24,"ts":"2026-0')
    await readers({ ...patient }, { row: idle })
    expect((await patient.place.stint(['rename', patient.id, 'patient'])).status).toBe(0)
    expect(readFileSync(patient.transcript, 'utf8').startsWith(whole)).toBe(true)
    expectWhole(entriesOf(patient.dir))
  })

  test('with NULs at its end, as after a power cut, goes on where the entries end', async () => {
    const patient = await makePatient()
    const whole = readFileSync(patient.transcript, 'utf8')
    appendFileSync(patient.transcript, `${'\0'.repeat(3000)}\n${'\0'.repeat(100)}`)
    await readers(patient, { row: idle })
    expect((await patient.place.stint(['resume', patient.id, '--', 'true'])).status).toBe(0)
    expect(readFileSync(patient.transcript, 'utf8').startsWith(whole)).toBe(true)
    expectWhole(entriesOf(patient.dir))
  })

  test('with garbage before later entries is refused by every change', async () => {
    const patient = await makePatient()
    const lines = readFileSync(patient.transcript, 'utf8').split('\n')
    lines[10] = 'no entry at all'
    writeFileSync(patient.transcript, lines.join('\n'))
    rmSync(patient.state)
    await readers(patient, { row: { name: 'patient', turn: 1 }, warning: /./ })
    await writers(patient, 'TRANSCRIPT_DAMAGED')
  })

  test('with a gap in its numbers is refused by every change', async () => {
    const patient = await makePatient()
    const lines = readFileSync(patient.transcript, 'utf8').split('\n')
    lines.splice(10, 1)
    writeFileSync(patient.transcript, lines.join('\n'))
    rmSync(patient.state)
    await writers(patient, 'TRANSCRIPT_DAMAGED')
  })

  test('that somebody put a line into is refused by every change, and no entry is cut', async () => {
    const patient = await makePatient()
    const lines = readFileSync(patient.transcript, 'utf8').split('\n')
    lines.splice(10, 0, 'by hand')
    writeFileSync(patient.transcript, lines.join('\n'))
    await writers(patient, 'TRANSCRIPT_DAMAGED')
  })

  test('that is shorter than its state says is shown with a warning and refused by every change', async () => {
    const patient = await makePatient()
    truncateSync(patient.transcript, 600)
    await readers(patient, { row: idle, warning: /600 bytes/ })
    await writers(patient, 'TRANSCRIPT_SHRUNK')
  })

  test('that is gone is shown with a warning and refused by every change', async () => {
    const patient = await makePatient()
    rmSync(patient.transcript)
    const before = snapshot(patient.dir)
    const ran = await patient.place.stint(['list', '--json'])
    expect(ran.status).toBe(0)
    expect(JSON.parse(ran.stdout)).toEqual([expect.objectContaining({ id: patient.id })])
    await writers(patient, 'TRANSCRIPT_SHRUNK')
    expect(withoutLocks(snapshot(patient.dir))).toEqual(withoutLocks(before))
  })
})

describe('a directory in the store', () => {
  test('that has neither state nor transcript is listed as unreadable and left alone', async () => {
    const place = makePlace()
    const good = await place.make()
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    mkdirSync(place.session(id))
    const before = snapshot(place.home)
    const rows = await place.stint(['list', '--json'])
    expect(rows.status).toBe(0)
    expect((JSON.parse(rows.stdout) as Row[]).map((row) => [row.id, row.status])).toEqual([
      [good, 'idle'],
      [id, 'unreadable'],
    ])
    for (const args of [
      ['pin', id],
      ['logs', id],
      ['result', id],
    ]) {
      const ran = await place.stint(args)
      expect([ran.status, ran.stdout]).toEqual([6, ''])
    }
    expect((await place.stint(['show', id, '--json'])).stdout).toContain('unreadable')
    expect(withoutLocks(snapshot(place.home))).toEqual(withoutLocks(before))
  })

  test('that is a symbolic link to a session is not followed', async () => {
    const place = makePlace()
    const id = await place.make()
    const elsewhere = `${place.dir}/elsewhere`
    renameSync(place.session(id), elsewhere)
    symlinkSync(elsewhere, place.session(id))
    const before = snapshot(place.dir)
    const rows = await place.stint(['list', '--json'])
    expect(JSON.parse(rows.stdout)).toEqual([expect.objectContaining({ id, status: 'unreadable' })])
    for (const args of [
      ['rename', id, 'x'],
      ['delete', id],
      ['logs', id],
      ['kill', id],
    ]) {
      expectRefusal(await place.stint(args), { status: 6, code: 'SESSION_UNREADABLE' })
    }
    expectRefusal(await place.stint(['resume', id, '--', 'true']), {
      status: 125,
      code: 'SESSION_UNREADABLE',
    })
    expect(snapshot(place.dir)).toEqual(before)
  })

  test('whose state belongs to another session is not taken for either', async () => {
    const place = makePlace()
    const id = await place.make()
    const copy = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    cpSync(place.session(id), place.session(copy), { recursive: true })
    const rows = (await place.json<Row[]>(['list'])) as Row[]
    expect(rows.map((row) => [row.id, row.status])).toEqual([
      [id, 'idle'],
      [copy, 'unreadable'],
    ])
    expect((await place.stint(['rename', copy, 'x'])).status).toBe(6)
  })

  test('that is no session is passed over', async () => {
    const place = makePlace()
    const id = await place.make()
    for (const name of ['.DS_Store', 'notes.txt', `${id}.bak`, id.toLowerCase().slice(0, 25)]) {
      writeFileSync(`${place.store()}/sessions/${name}`, '')
    }
    expect(await place.json<Row[]>(['list'])).toHaveLength(1)
    expect((await place.json(['show', id.slice(0, 8)])).id).toBe(id)
  })
})

describe('a store on a read-only file system', () => {
  test('can be read, and refuses every change with its code', async (context) => {
    const place = makePlace()
    mkdirSync(place.home)
    try {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', place.home], { stdio: 'ignore' })
    } catch {
      return context.skip('no right to mount a file system')
    }
    onTestFinished(() => void execFileSync('umount', ['-l', place.home], { stdio: 'ignore' }))
    const id = await place.make(['--name', 'frozen', '--', 'echo', 'kept'])
    execFileSync('mount', ['-o', 'remount,ro', place.home], { stdio: 'ignore' })
    expect(await place.json<Row[]>(['list'])).toMatchObject([{ id, name: 'frozen' }])
    expect(await place.json(['show', 'frozen'])).toMatchObject({ id, status: 'idle' })
    expect((await place.stint(['logs', id, '--type', 'output'])).stdout).toBe('kept\n')
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'success' })
    expect((await place.stint(['is-alive', id])).status).toBe(1)
    expect((await place.stint(['wait', id])).status).toBe(0)
    const denied = { code: 'ACCESS_DENIED', hint: /read-only/ }
    expectRefusal(await place.stint(['rename', id, 'x']), { status: 7, ...denied })
    expectRefusal(await place.stint(['delete', id]), { status: 7, ...denied })
    expectRefusal(await place.stint(['resume', id, '--', 'true']), { status: 125, ...denied })
    expectRefusal(await place.stint(['run', '--', 'true']), { status: 125, ...denied })
  })
})
