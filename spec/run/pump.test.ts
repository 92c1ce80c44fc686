import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createSession } from '../../lib/index.ts'
import { decodeEntry, type EncodedEntry, formatLine } from '../../lib/journal/entry.ts'
import { longestText, margin, OutputLines, spend, startPump } from '../../lib/run/pump.ts'
import type { Recorder } from '../../lib/run/recorder.ts'
import { redactorOf } from '../../lib/store/access.ts'
import { makeStore } from '../support/place.ts'

const token = `${'gh'}p_${'a1B2c3D4e5F6'.repeat(3)}`

/** What is journaled of a stream that comes in these chunks, one each millisecond. */
async function journal(...chunks: string[]) {
  const store = makeStore()
  const { session, lock } = await createSession(store, {})
  using _lock = lock
  using _session = session
  const pushed: EncodedEntry[] = []
  const recorder = { push: (entry: EncodedEntry) => void pushed.push(entry) } as Recorder
  let now = 0
  const lines = new OutputLines({
    ...{ name: 'stdout', session, recorder, turn: 1, now: () => now++ },
    redaction: redactorOf(store).openStream(),
    budget: { left: Number.POSITIVE_INFINITY, leftOut: { entries: 0, bytes: 0 } },
  })
  for (const chunk of chunks) lines.take(Buffer.from(chunk))
  lines.end()
  const entries = pushed.map((entry) => decodeEntry(formatLine(1, entry).slice(0, -1)))
  return { entries, last: lines.last }
}

/** A stream that is full after one byte, until it is let go. */
function slowStream() {
  let letGo = () => {}
  const stream = new Writable({
    highWaterMark: 1,
    write: (_, __, done) => {
      letGo = done
    },
  })
  return { stream, letGo: () => letGo() }
}

describe('startPump', () => {
  it.each(['stdout', 'stderr'] as const)('waits for %s, on which it is shown', async (name) => {
    const shown = { stdout: slowStream(), stderr: slowStream() }
    const source = new PassThrough()
    const taken: string[] = []
    const pump = startPump({
      source,
      sink: shown.stdout.stream,
      shownOn: [shown.stdout.stream, shown.stderr.stream],
      lines: {
        take: (chunk) => {
          taken.push(String(chunk))
          shown[name].stream.write(chunk)
        },
        end: () => {},
        last: undefined,
      },
      recorder: { isFull: false, settled: async () => {} },
      onTrouble: () => {},
    })
    const settled = () => new Promise(setImmediate)
    source.write('one')
    source.write('two')
    await settled()
    expect([pump.isWaiting(), taken]).toEqual([true, ['one']])
    shown[name].letGo()
    await settled()
    expect(taken).toEqual(['one', 'two'])
    pump.stop()
    await pump.closed
  })
})

describe('OutputLines', () => {
  it('dates a line by its first byte', async () => {
    const { entries } = await journal('one\nt', 'w', 'o\nthree\n')
    expect(entries.map((entry) => [entry?.text, Date.parse(entry?.ts ?? '')])).toEqual([
      ['one', 0],
      ['two', 0],
      ['three', 2],
    ])
  })

  it('counts what it took out of several lines once', async () => {
    const { entries } = await journal(`${token}\n${token}\nplain\n`)
    const [first, ...more] = entries.map((entry) => entry?.data.redactions)
    expect(Object.values(first as object)).toEqual([2])
    expect(more).toEqual([undefined, undefined])
  })

  it('leaves no half of a secret at the end of a long line, however much was taken out before', async () => {
    const held = longestText + margin
    const whole = `${token} `.repeat(6_000).padStart(held - 1)
    const half = token.slice(0, 10)
    const { entries } = await journal(whole, half, `${token.slice(half.length)}\n`)
    const bytes = whole.length + token.length
    expect(entries).toMatchObject([{ data: { truncated: true, bytes } }])
    expect(entries[0]?.text).toMatch(/^ +\[REDACTED:/)
    expect(entries[0]?.text).not.toContain(half)
  })

  it.each<[string | undefined, ...string[]]>([
    ['said', 'said\n \n\n'],
    ['said', 'said\n', ' '],
    ['more', 'said\n', 'more'],
    [undefined, '\n \n'],
  ])('remembers as the last line %j', async (last, ...chunks) => {
    expect((await journal(...chunks)).last).toBe(last)
  })
})

describe('spend', () => {
  it('has nothing left for a short entry behind one that did not fit', () => {
    const budget = { left: 100, leftOut: { entries: 0, bytes: 0 } }
    expect([50, 50, 1].map((bytes) => spend(budget, bytes))).toEqual([true, false, false])
    expect(budget).toEqual({ left: 0, leftOut: { entries: 2, bytes: 50 + 1 + 2 * 24 } })
  })
})
