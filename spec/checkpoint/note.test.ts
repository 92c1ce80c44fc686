import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import {
  type Checkpoint,
  formatNoteLine,
  parseNote,
  replaceInNote,
} from '../../lib/checkpoint/note.ts'

const one: Checkpoint = {
  session_id: '01JH4QWERT0000000000000001' as SessionId,
  turn: 2,
  head: 'a'.repeat(40),
  at: '2026-02-06T10:00:00.000Z',
  seq: 7,
  bytes: 812,
  sha256: 'b'.repeat(64),
  redacted: 0,
  result: { outcome: 'success' },
}

const anyCheckpoint = fc
  .record({ turn: fc.integer({ min: 1, max: 4 }), session: fc.integer({ min: 1, max: 3 }) })
  .map(
    ({ turn, session }): Checkpoint => ({
      ...one,
      turn,
      session_id: `01JH4QWERT000000000000000${session}` as SessionId,
    }),
  )

describe('replaceInNote', () => {
  it('keeps one line for each session and turn, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(anyCheckpoint), (all) => {
        const note = all.reduce(replaceInNote, '')
        const keys = parseNote(note).map(({ session_id, turn }) => `${session_id} ${turn}`)
        const wanted = new Set(all.map(({ session_id, turn }) => `${session_id} ${turn}`))
        expect([...keys].sort()).toEqual([...wanted].sort())
        expect(note === '' || note.endsWith('\n')).toBe(true)
      }),
    )
  })

  it('takes the new line and leaves lines of others as they are', () => {
    const foreign = ['reviewed by hand', '{"v":9,"what":"ever"}', '{"torn']
    const before = `${foreign.join('\n')}\n${formatNoteLine(one)}${formatNoteLine({ ...one, turn: 3 })}`
    const next = { ...one, seq: 9 }
    expect(replaceInNote(before, next)).toBe(
      `${foreign.join('\n')}\n${formatNoteLine({ ...one, turn: 3 })}${formatNoteLine(next)}`,
    )
  })
})

describe('parseNote', () => {
  it('gives back what was formatted', () => {
    expect(parseNote(formatNoteLine(one))).toEqual([{ v: 1, ...one }])
  })

  it.each([
    ['an id that is none', { session_id: '../../etc' }],
    ['a commit that is none', { head: '--output=x' }],
    ['no checksum', { sha256: undefined }],
    ['a turn that is a text', { turn: '2' }],
    ['a negative number', { bytes: -1 }],
    ['a time that is none', { at: 'soon' }],
    ['a result that is none', { result: [] }],
  ])('passes over a line with %s', (_, wrong) => {
    expect(parseNote(JSON.stringify({ v: 1, ...one, ...wrong }))).toEqual([])
  })
})
