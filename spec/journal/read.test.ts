import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLines, type Line, readLines, readLinesBackwards } from '../../lib/journal/read.ts'
import { makeDir } from '../support/place.ts'

const chunk = 256 * 1024

function withFile<T>(path: string, bytes: Buffer, act: (fd: number) => T): T {
  // A new file each time: some file systems write an overwritten one to the disk at once.
  rmSync(path, { force: true })
  writeFileSync(path, bytes)
  const fd = openSync(path, 'r')
  try {
    return act(fd)
  } finally {
    closeSync(fd)
  }
}

/** What both readers promise, the plain way. */
function split(bytes: Buffer, from = 0): Line[] {
  const lines: Line[] = []
  for (let offset = from; ; ) {
    const lf = bytes.indexOf(10, offset)
    if (lf < 0) return lines
    lines.push({ offset, end: lf + 1, text: bytes.toString('utf8', offset, lf) })
    offset = lf + 1
  }
}

/** Lines whose lengths fall on, around and far beyond the ends of chunks. */
const length = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 30 }) },
  fc.integer({ min: -3, max: 3 }).map((more) => chunk + more),
  fc.integer({ min: -3, max: 3 }).map((more) => 3 * chunk + more),
  fc.nat({ max: 5 * chunk }),
)
const fill = fc.constantFrom('x', '\0', 'é', '😀', '\r')
const piece = fc.tuple(length, fill).map(([size, char]) => {
  return Buffer.alloc(size, Buffer.from(char))
})
const content = fc.tuple(fc.array(piece, { maxLength: 6 }), fc.boolean()).map(([pieces, whole]) => {
  const lf = Buffer.from('\n')
  const all = pieces.flatMap((piece, i) => (i < pieces.length - 1 ? [piece, lf] : [piece]))
  return Buffer.concat(whole ? [...all, lf] : all)
})

describe('readLines and readLinesBackwards', () => {
  it('agree with a plain split for any content and any chunk boundary', () => {
    const path = `${makeDir()}/lines`
    fc.assert(
      fc.property(content, (bytes) => {
        const lines = split(bytes)
        withFile(path, bytes, (fd) => {
          expect([...readLines(fd, path, 0)]).toEqual(lines)
          expect([...readLinesBackwards(fd, path, bytes.length)].reverse()).toEqual(lines)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('agree with a plain split for small files of any bytes', () => {
    const path = `${makeDir()}/lines`
    const byte = fc.oneof(fc.constant(10), fc.constant(0), fc.nat({ max: 255 }))
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), (list) => {
        const bytes = Buffer.from(list)
        withFile(path, bytes, (fd) => {
          expect([...readLines(fd, path, 0)]).toEqual(split(bytes))
          expect([...readLinesBackwards(fd, path, bytes.length)].reverse()).toEqual(split(bytes))
        })
      }),
    )
  })
})

describe('readLines', () => {
  it('starts at any line and ends before any offset', () => {
    const path = `${makeDir()}/lines`
    const bytes = Buffer.from('one\ntwo\n\nthree\nfour')
    withFile(path, bytes, (fd) => {
      expect([...readLines(fd, path, 4)]).toEqual(split(bytes, 4))
      expect([...readLines(fd, path, 4, 8)].map(({ text }) => text)).toEqual(['two'])
      expect([...readLines(fd, path, 4, 7)]).toEqual([])
      expect([...readLines(fd, path, 100)]).toEqual([])
    })
  })

  it('gives what was there when it began, though the file has shrunk since', () => {
    const path = `${makeDir()}/lines`
    withFile(path, Buffer.from('one\n'), (fd) => {
      expect([...readLines(fd, path, 0, 1_000_000)].map(({ text }) => text)).toEqual(['one'])
    })
  })

  it('holds no line of over 64 MiB in memory, and goes on behind it', () => {
    const path = `${makeDir()}/lines`
    const bytes = Buffer.concat([
      Buffer.from('before\n'),
      Buffer.alloc(64 * 1024 * 1024 + 1, 'x'),
      Buffer.from('\nbehind\n'),
    ])
    withFile(path, bytes, (fd) => {
      const texts = [...readLines(fd, path, 0)].map(({ text }) => text)
      expect(texts).toEqual(['before', '', 'behind'])
    })
  })
})

describe('readLinesBackwards', () => {
  it('reads only the end of a large file for its last lines', () => {
    const path = `${makeDir()}/lines`
    const bytes = Buffer.concat([Buffer.alloc(40 * chunk, 'a\n'), Buffer.from('last\n')])
    withFile(path, bytes, (fd) => {
      const lines = readLinesBackwards(fd, path, bytes.length)
      expect(lines.next().value).toEqual({
        offset: bytes.length - 5,
        end: bytes.length,
        text: 'last',
      })
      lines.return(undefined)
    })
  })

  it('holds no line of over 64 MiB in memory either', () => {
    const path = `${makeDir()}/lines`
    const longest = 64 * 1024 * 1024
    const bytes = Buffer.concat([
      Buffer.alloc(longest, 'x'),
      Buffer.from('\n'),
      Buffer.alloc(longest + 1, 'x'),
      Buffer.from('\nbehind\n'),
    ])
    withFile(path, bytes, (fd) => {
      const lines = [...readLinesBackwards(fd, path, bytes.length)]
      expect(lines.map(({ text }) => text.length)).toEqual(['behind'.length, 0, longest])
      expect(lines.map(({ offset }) => offset)).toEqual([2 * longest + 3, longest + 1, 0])
    })
  })
})

describe('decodeLines', () => {
  it('keeps lines that are no entries', () => {
    const line = (text: string) => ({ offset: 0, end: text.length + 1, text })
    const entry =
      '{"v":1,"seq":0,"ts":"2026-02-06T10:00:00.000Z","turn":0,"type":"x","text":null,"data":{}}'
    const readings = [...decodeLines([line('garbage'), line(entry)])]
    expect(readings.map((reading) => reading.entry?.seq)).toEqual([undefined, 0])
  })
})
