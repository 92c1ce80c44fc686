/** Rows 8 and 9: what streams into a transcript, in process. */

import fs from 'node:fs'
import { compare, interleave, median, round, skipped, timed } from '../measure.mjs'
import { openEntryTable } from '../sqlite.mjs'

/** Row 8: lines of a tool's output, redacted or not, encoded and appended. */
export async function append(bench) {
  const names = ['appended in batches of 64, redaction off', 'the same, redaction on']
  if (bench.sqlite.missing) {
    return names.map((name, i) => skipped(`8${'ab'[i]}`, name, bench.sqlite.missing))
  }
  const session = await openTurn(bench, 'streamed')
  const table = openEntryTable(bench.sqlite, `${bench.temporary}/streamed.db`)
  const lines = makeLines(64)
  const more = makeLines(256)
  const redaction = bench.lib.createRedactor().openStream()
  let n = 0
  const samples = await interleave(
    {
      reference: () => perEntry(4_000, () => insertAll(4_000)),
      off: () => perEntry(40_000, () => appendAll(session, lines, 40_000)),
      on: () => perEntry(40_000, () => appendAll(session, lines, 40_000, redaction)),
      larger: () => perEntry(40_000, () => appendAll(session, more, 40_000, redaction)),
    },
    bench.rounds(15),
  )
  function insertAll(count) {
    for (let i = 0; i < count; i++) table.insert(n++, lines[i % lines.length])
  }
  session[Symbol.dispose]()
  table.close()
  const bytes = Math.round(session.state.journal.bytes / (session.state.journal.seq + 1))
  const rate = (of) => `${round(1 / median(of), 0)}k entries/s of ${bytes} bytes`
  const row = (row, name, of, target) =>
    compare({
      row,
      name,
      samples: of,
      reference: samples.reference,
      target,
      higher: true,
      unit: 'x as many',
      note: `${rate(of)}; case_ms and reference_ms are per entry, one row per transaction (NORMAL)`,
    })
  return [
    row('8a', names[0], samples.off, 13),
    row('8b', names[1], samples.on, 5),
    row('8c', 'the same in batches of 256', samples.larger, 5),
  ]
}

async function appendAll(session, lines, count, redaction) {
  const block = lines.join('\n')
  const data = Object.freeze({ stream: 'stdout' })
  for (let done = 0; done < count; done += lines.length) {
    const at = Date.now()
    const { value, counts } = redaction?.lines(block) ?? { value: block }
    let first = counts
    const entries = value.split('\n').map((text) => {
      const entry = session.encodeRedacted({ type: 'output', turn: 1, text, data, at }, first)
      first = undefined
      return entry
    })
    const { failure } = await session.appendStreamed(entries)
    if (failure !== undefined) throw failure
  }
}

async function perEntry(count, act) {
  return (await timed(act)) / count
}

/** Lines as a test runner or a compiler prints them, 135 bytes each. */
function makeLines(count) {
  const words =
    'compiling src/session/state.ts:118:7 ok test passed in 14ms warning: unused variable GET /api/v1/items?page=3 200 tokens=1201 diff lib/main.c commit 9fceb02d0ae598e95dc970b74767f19372d61af8 https://example.org/docs/page.html password prompt Error: expected 3 to equal 4'.split(
      ' ',
    )
  return Array.from({ length: count }, (_, n) => {
    let line = `line ${n}`
    for (let i = n * 7; line.length < 135; i++) line += ` ${words[i % words.length]}`
    return line.slice(0, 135)
  })
}

async function openTurn({ lib, yard }, name) {
  const store = yard.openFresh(name)
  const { session, lock } = await lib.createSession(store, { tool: 'command' })
  lock.release()
  await session.refresh()
  const data = { tool: 'command', argv: ['true'], cwd: store.projectPath }
  await session.append({ type: 'turn_started', turn: 1, text: null, data, at: Date.now() })
  return session
}

/** Row 9: a large transcript opened for append, against one look at all of its bytes. */
export async function openLarge(bench) {
  const { lib, yard } = bench
  const size = 1_000_000_000
  const behind = 8 * 1024 * 1024
  const session = await openTurn(bench, 'large')
  const { id, dir } = session
  const statePath = lib.sessionFiles.state(dir)
  const lines = makeLines(4_096)
  let older
  while (session.state.journal.bytes < size) {
    if (older === undefined && session.state.journal.bytes > size - behind) {
      await session.publish()
      older = fs.readFileSync(statePath)
    }
    await appendAll(session, lines, lines.length)
  }
  await session.publish()
  session[Symbol.dispose]()
  const access = lib.accessOf(yard.openFresh('large'))
  const open = () =>
    timed(async () => {
      const opened = new lib.Session(id, dir, access)
      await opened.refresh()
      opened[Symbol.dispose]()
    })
  const newer = fs.readFileSync(statePath)
  const samples = await interleave(
    {
      reference: () => timed(() => scan(lib.sessionFiles.transcript(dir))),
      open: async () => median([await open(), await open(), await open()]),
      crashed: async () => {
        fs.writeFileSync(statePath, older)
        const ms = await open()
        fs.writeFileSync(statePath, newer)
        return ms
      },
    },
    bench.rounds(15),
  )
  fs.rmSync(dir, { recursive: true })
  const late = round(median(samples.crashed), 1)
  return [
    compare({
      row: '9',
      name: 'a transcript of 1 GB opened for append',
      samples: samples.open,
      reference: samples.reference,
      target: 1 / 200,
      unit: 'x wall',
      note: `of counting its lines; with a state that is 8 MiB behind, as after a crash: ${late} ms`,
    }),
  ]
}

function scan(path) {
  const buffer = Buffer.allocUnsafe(256 * 1024)
  const fd = fs.openSync(path, 'r')
  let lines = 0
  for (;;) {
    const got = fs.readSync(fd, buffer, 0, buffer.length, null)
    if (got === 0) break
    const bytes = buffer.subarray(0, got)
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  }
  fs.closeSync(fd)
  return lines
}
