import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entry, encodeEntry, formatLine } from '../../lib/journal/entry.ts'
import { beginning, type Mark, readTail, type TailEnd } from '../../lib/journal/recover.ts'
import { makeDir } from '../support/place.ts'

function line(seq: number, text = `entry ${seq}`): string {
  return formatLine(seq, encodeEntry({ type: 'message', turn: 0, text, data: {}, at: 0 }))
}

function read(
  path: string,
  text: string,
  from: Mark = beginning,
): { seqs: number[]; bytes: number; end: TailEnd; entries: Entry[] } {
  // A new file each time: some file systems write an overwritten one to the disk at once.
  rmSync(path, { force: true })
  writeFileSync(path, text)
  const fd = openSync(path, 'r')
  try {
    const tail = readTail(fd, path, from, Buffer.byteLength(text))
    const taken = [...tail.entries]
    return {
      seqs: taken.map(({ entry }) => entry.seq),
      bytes: taken.reduce((sum, { bytes }) => sum + bytes, 0),
      entries: taken.map(({ entry }) => entry),
      end: tail.end(),
    }
  } finally {
    closeSync(fd)
  }
}

const lines = [0, 1, 2].map((seq) => line(seq, 'é😀\0'.repeat(seq)))
const whole = lines.join('')
const wholeMark = { seq: 2, bytes: Buffer.byteLength(whole) }

describe('readTail', () => {
  it('gives all entries and marks the end of a sound journal', () => {
    const { seqs, bytes, end } = read(`${makeDir()}/t`, whole)
    expect(seqs).toEqual([0, 1, 2])
    expect(bytes).toBe(wholeMark.bytes)
    expect(end).toEqual({ mark: wholeMark, rest: 'none' })
  })

  it('gives only what lies behind the mark', () => {
    const first = { seq: 0, bytes: Buffer.byteLength(lines[0] ?? '') }
    const { seqs, end } = read(`${makeDir()}/t`, whole, first)
    expect(seqs).toEqual([1, 2])
    expect(end).toEqual({ mark: wholeMark, rest: 'none' })
  })

  it('gives nothing when nothing lies behind the mark', () => {
    const { seqs, end } = read(`${makeDir()}/t`, whole, wholeMark)
    expect(seqs).toEqual([])
    expect(end).toEqual({ mark: wholeMark, rest: 'none' })
  })

  it('calls a line without its LF unfinished, wherever it was cut', () => {
    const path = `${makeDir()}/t`
    const torn = Buffer.from(line(3, 'an é'))
    for (let length = 1; length < torn.length; length++) {
      const { seqs, end } = read(path, whole + torn.subarray(0, length).toString('latin1'))
      expect(seqs).toEqual([0, 1, 2])
      expect(end).toEqual({ mark: wholeMark, rest: 'unfinished' })
    }
  })

  it.each([
    ['NULs', `${'\0'.repeat(40)}\n`],
    ['NULs without a line end', '\0'.repeat(5_000)],
    ['an entry whose end is NULs', `${line(3).slice(0, 30)}${'\0'.repeat(30)}\n`],
    ['several such lines', '\0\0\n\0\n{"v":1\n\0'],
    ['an empty line', '\n'],
  ])('calls %s at the end lost or unfinished, and marks the last entry', (_, garbage) => {
    const { seqs, end } = read(`${makeDir()}/t`, whole + garbage)
    expect(seqs).toEqual([0, 1, 2])
    expect(end.mark).toEqual(wholeMark)
    expect(end.rest).toBe(garbage.includes('\n') ? 'lost' : 'unfinished')
  })

  it.each([
    ['the next entry', `garbage\n${line(3)}`],
    ['a later entry', `\0\0\n${line(9)}`],
    ['entries far behind', `\0\n\0\n\0\n${line(3)}${line(4)}\0`],
    ['a later entry, and the next one after that', `\0\n${line(9)}${line(3)}`],
  ])('calls garbage with %s behind it damaged', (_, rest) => {
    const { seqs, end } = read(`${makeDir()}/t`, whole + rest)
    expect(seqs).toEqual([0, 1, 2])
    expect(end).toEqual({ mark: wholeMark, rest: 'damaged' })
  })

  it.each([
    ['a gap', line(4)],
    ['a repeat', line(2)],
    ['a journal that begins again', whole],
    ['a gap with sound entries behind it', line(4) + line(3)],
  ])('calls %s damaged', (_, rest) => {
    const { seqs, end } = read(`${makeDir()}/t`, whole + rest)
    expect(seqs).toEqual([0, 1, 2])
    expect(end).toEqual({ mark: wholeMark, rest: 'damaged' })
  })

  it('calls a journal whose first line is lost damaged: nothing says that it was one', () => {
    expect(read(`${makeDir()}/t`, '\0\0\0\n').end).toEqual({ mark: beginning, rest: 'damaged' })
    expect(read(`${makeDir()}/t`, line(1)).end).toEqual({ mark: beginning, rest: 'damaged' })
    expect(read(`${makeDir()}/t`, `${line(0)}\0\n`).end.rest).toBe('lost')
  })

  it('finds nothing in an empty journal, and an unfinished line in a torn first one', () => {
    expect(read(`${makeDir()}/t`, '').end).toEqual({ mark: beginning, rest: 'none' })
    expect(read(`${makeDir()}/t`, line(0).slice(0, -1)).end).toEqual({
      mark: beginning,
      rest: 'unfinished',
    })
  })

  it('reads on in steps as it would have read at once', () => {
    const path = `${makeDir()}/t`
    const journal = fc.integer({ min: 1, max: 12 }).chain((count) =>
      fc.tuple(
        fc.array(fc.string({ unit: 'binary', maxLength: 20 }), {
          minLength: count,
          maxLength: count,
        }),
        fc.nat({ max: count }),
        fc.constantFrom('', '\0\0', '\0\n', '{"v"', 'x\n'),
      ),
    )
    fc.assert(
      fc.property(journal, ([texts, cut, rest]) => {
        const all = texts.map((text, seq) => line(seq, text))
        const head = all.slice(0, cut).join('')
        const first = read(path, head)
        const second = read(path, all.join('') + rest, first.end.mark)
        const once = read(path, all.join('') + rest)
        expect(second.end).toEqual(once.end)
        expect([...first.entries, ...second.entries]).toEqual(once.entries)
      }),
      { numRuns: 60 },
    )
  })
})
