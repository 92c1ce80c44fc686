import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readSession, readTranscript, type SessionId, type Store } from '../../lib/index.ts'
import { decodeEntry } from '../../lib/journal/entry.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'
import { idsOf, mend, visit } from './kit.ts'

const at = Date.UTC(2026, 0, 2)

/** Something that happens to a file outside of stint; `where` is from 0 to 1. */
type Damage =
  | { readonly kind: 'truncate' | 'flip' | 'nuls' | 'nul-block'; readonly where: number }
  | { readonly kind: 'garbage' | 'doubled' | 'removed' | 'swapped'; readonly where: number }
  | { readonly kind: 'gone'; readonly where: number }

const damages: fc.Arbitrary<{ file: 'state.toml' | 'transcript.jsonl'; damage: Damage }> =
  fc.record({
    file: fc.constantFrom('state.toml', 'transcript.jsonl'),
    damage: fc.record({
      kind: fc.constantFrom(
        ...(['truncate', 'flip', 'nuls', 'nul-block', 'garbage', 'doubled', 'removed'] as const),
        ...(['swapped', 'gone'] as const),
      ),
      where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    }),
  })

function strike(path: string, { kind, where }: Damage): void {
  if (kind === 'gone') {
    rmSync(path)
    return
  }
  const bytes = readFileSync(path)
  const offset = Math.floor(where * bytes.length)
  const lines = bytes.toString('latin1').split('\n').slice(0, -1)
  const line = Math.floor(where * lines.length)
  const write = (some: readonly string[]) =>
    writeFileSync(path, some.map((one) => `${one}\n`).join(''), 'latin1')
  if (kind === 'truncate') writeFileSync(path, bytes.subarray(0, offset))
  if (kind === 'flip' && bytes.length > 0)
    writeFileSync(path, bytes.with(offset, (bytes[offset] ?? 0) ^ 1))
  if (kind === 'nuls') writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(offset)]))
  if (kind === 'nul-block')
    writeFileSync(path, bytes.fill(0, offset, Math.min(bytes.length, offset + 64)))
  if (kind === 'garbage') write(lines.toSpliced(line, 0, '{"v":1,"seq":'))
  if (kind === 'doubled') write(lines.toSpliced(line, 0, lines[line] ?? ''))
  if (kind === 'removed') write(lines.toSpliced(line, 1))
  if (kind === 'swapped') {
    const [a = '', b = a] = lines.slice(line)
    write(lines.toSpliced(line, 2, b, a))
  }
}

function build(
  texts: readonly string[],
  isOpen: boolean,
): { store: Store; id: SessionId; dir: string } {
  const store = makeStore({ now: () => at + 86_400_000 })
  const { id, dir } = writeSession(store, {
    name: 'mine',
    told: [
      started(1, at),
      ...texts.map((text) => ['output', { stream: 'stdout' }, { turn: 1, at, text }] as const),
      ...(isOpen ? [] : [ended(1, at)]),
    ] as never,
  })
  if (!isOpen) {
    mkdirSync(`${dir}/output/turn-0001`, { recursive: true })
    writeFileSync(`${dir}/output/turn-0001/result.toml`, 'turn = 1\n')
  }
  return { store, id, dir }
}

/** What can be read of a session, its numbers apart. */
function storyOf(store: Store, id: SessionId): object {
  const { state, warnings } = readSession(store, id)
  return { state, warnings, entries: [...readTranscript(store, id)].map(({ line }) => line.text) }
}

/** The entries in a file, as texts without their numbers, as far as they are whole. */
function entriesIn(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines
    .map((line) => decodeEntry(line))
    .filter((entry) => entry !== undefined)
    .map(({ seq: _, ...entry }) => JSON.stringify(entry))
}

it('finds whatever happens to a session or reads it as before, and mends it without losing an entry', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 40 }), { maxLength: 8 }),
      fc.boolean(),
      fc.array(damages, { minLength: 1, maxLength: 3 }),
      async (texts, isOpen, blows) => {
        const { store, id, dir } = build(texts, isOpen)
        const sound = storyOf(store, id)
        const options = { deep: true, sessions: new Set([id]) }
        const usual = idsOf(store, options)
        for (const { file, damage } of blows) {
          try {
            strike(`${dir}/${file}`, damage)
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
          }
        }
        const transcript = `${dir}/transcript.jsonl`
        const before = (() => {
          try {
            return entriesIn(transcript)
          } catch {
            return []
          }
        })()
        const found = idsOf(store, options)
        const isFlip = blows.some(({ damage: { kind } }) => kind === 'flip')
        // What no stint has put into a state is kept, and changes nothing.
        if (found.join() === usual.join() && !isFlip) {
          expect(storyOf(store, id)).toMatchObject(sound)
        }

        await mend(store, options)
        const { findings } = visit(store, options)
        // The one thing that nothing tells is whose a journal is that names another session.
        const damage = findings.filter(
          ({ severity, id }) => severity === 'damage' && id !== 'session.foreign',
        )
        expect(damage).toEqual([])
        if (findings.some(({ id }) => id === 'session.foreign')) return
        const after = new Set(entriesIn(transcript))
        for (const entry of before) expect(after, entry).toContain(entry)
        expect(await mend(store, options)).toEqual([])
        expect(readSession(store, id).warnings).toEqual([])
      },
    ),
    { numRuns: 150 },
  )
})
