import { execFileSync } from 'node:child_process'
import fs, { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { buildSync } from 'esbuild'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { appendEntries } from '../../lib/journal/append.ts'
import { type EncodedEntry, encodeEntry, formatLine } from '../../lib/journal/entry.ts'
import { beginning, readTail } from '../../lib/journal/recover.ts'
import { makeDir } from '../support/place.ts'

function entry(text: string): EncodedEntry {
  return encodeEntry({ type: 'message', turn: 0, text, data: {}, at: 0 })
}

afterEach(() => void vi.restoreAllMocks())

describe('appendEntries', () => {
  it('numbers the entries from the mark on and gives the mark behind them', () => {
    const path = `${makeDir()}/t`
    writeFileSync(path, '')
    const fd = openSync(path, 'a+')
    const entries = [entry('a'), entry('é😀'), entry('')]
    const first = appendEntries(fd, path, beginning, entries.slice(0, 1))
    const second = appendEntries(fd, path, first.mark, entries.slice(1))
    closeSync(fd)
    const expected = entries.map((encoded, seq) => formatLine(seq, encoded))
    expect(readFileSync(path, 'utf8')).toBe(expected.join(''))
    expect(second.failure).toBeUndefined()
    expect(second.mark).toEqual({ seq: 2, bytes: readFileSync(path).length })
  })

  it('writes nothing for no entries', () => {
    const path = `${makeDir()}/t`
    writeFileSync(path, 'x')
    const fd = openSync(path, 'a+')
    const appended = appendEntries(fd, path, { seq: 4, bytes: 1 }, [])
    closeSync(fd)
    expect(appended).toMatchObject({ landed: 0, mark: { seq: 4, bytes: 1 }, failure: undefined })
    expect(readFileSync(path, 'utf8')).toBe('x')
  })

  it('gives no line that its own reader takes for garbage', () => {
    const path = `${makeDir()}/t`
    writeFileSync(path, '')
    const fd = openSync(path, 'a+')
    let mark = beginning
    try {
      const huge = entry('x'.repeat(64 * 1024 * 1024))
      mark = appendEntries(fd, path, mark, [entry('first'), huge, entry('last')]).mark
    } catch {
      // Refusing such an entry is as good.
    }
    const tail = readTail(fd, path, beginning, readFileSync(path).length)
    const taken = [...tail.entries].length
    closeSync(fd)
    expect({ ...tail.end(), taken }).toEqual({ mark, rest: 'none', taken: mark.seq + 1 })
  })

  /** Appends in a process whose files cannot grow beyond a limit, as on a full disk. */
  function appendLimited(path: string, limit: number, texts: readonly string[]) {
    const program = `${makeDir()}/append.mjs`
    buildSync({
      stdin: { contents: limited, resolveDir: import.meta.dirname, loader: 'ts' },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
    // One block of the shell's limit is 512 bytes.
    const shell = `ulimit -f ${limit / 512}; exec "$@"`
    const args = ['-c', shell, 'sh', process.execPath, program, path, ...texts]
    return JSON.parse(execFileSync('/bin/sh', args, { encoding: 'utf8' })) as {
      landed: number
      mark: { seq: number; bytes: number }
      code?: string
    }
  }

  it.each([
    [1024, 0],
    [4096, 3],
    [8192, 7],
  ])('keeps the whole lines of a write that came short after %d bytes', (limit, landed) => {
    const path = `${makeDir()}/t`
    writeFileSync(path, '')
    // Lines of a little over 1 KiB each.
    const texts = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(1_024))
    const report = appendLimited(path, limit, texts)
    expect(report).toMatchObject({ landed, code: 'DISK_FULL' })
    const expected = texts.slice(0, landed).map((text, seq) => formatLine(seq, entry(text)))
    expect(readFileSync(path, 'utf8')).toBe(expected.join(''))
    expect(report.mark).toEqual({ seq: landed - 1, bytes: readFileSync(path).length })
  })

  it.each([
    [-1, 2],
    [0, 3],
    [1, 3],
  ])(
    'takes a line that ends %d bytes before the end of a short write for what it is',
    (more, landed) => {
      const path = `${makeDir()}/t`
      writeFileSync(path, '')
      const fd = openSync(path, 'a+')
      const entries = ['a', 'b', 'c', 'd'].map(entry)
      // The numbers get longer on the way.
      const lines = entries.map((encoded, at) => formatLine(8 + at, encoded))
      const whole = Buffer.byteLength(lines.slice(0, 3).join(''))
      const write = fs.writeSync.bind(fs) as (...args: unknown[]) => number
      vi.spyOn(fs, 'writeSync').mockImplementationOnce((to, bytes) =>
        write(to, bytes, 0, whole + more),
      )
      const { mark, ...report } = appendEntries(fd, path, { seq: 7, bytes: 0 }, entries)
      closeSync(fd)
      expect(report).toMatchObject({ landed, failure: { code: 'DISK_FULL' } })
      expect(readFileSync(path, 'utf8')).toBe(lines.slice(0, landed).join(''))
      expect(mark).toEqual({ seq: 7 + landed, bytes: readFileSync(path).length })
    },
  )

  it('leaves to the next writer what it cannot cut off', () => {
    const path = `${makeDir()}/t`
    writeFileSync(path, '')
    const fd = openSync(path, 'a+')
    const line = formatLine(0, entry('a'))
    const write = fs.writeSync.bind(fs) as (...args: unknown[]) => number
    vi.spyOn(fs, 'writeSync').mockImplementationOnce((to, bytes) =>
      write(to, bytes, 0, line.length + 5),
    )
    vi.spyOn(fs, 'ftruncateSync').mockImplementation(() => {
      throw Object.assign(new Error('EIO: i/o error, ftruncate'), { code: 'EIO' })
    })
    const report = appendEntries(fd, path, beginning, [entry('a'), entry('b')])
    closeSync(fd)
    const mark = { seq: 0, bytes: line.length }
    expect(report).toMatchObject({ landed: 1, mark, failure: { code: 'DISK_FULL' } })
    expect(readFileSync(path)).toHaveLength(line.length + 5)
  })

  it('reports a write that took nothing, and leaves the file as it was', () => {
    const path = `${makeDir()}/t`
    const line = formatLine(0, entry('x'.repeat(1024 - formatLine(0, entry('')).length)))
    expect(line).toHaveLength(1024)
    writeFileSync(path, line)
    const report = appendLimited(path, 1024, ['more'])
    expect(report).toEqual({ landed: 0, mark: { seq: -1, bytes: 1024 }, code: 'DISK_FULL' })
    expect(readFileSync(path, 'utf8')).toBe(line)
  })
})

const limited = `
  import fs from 'node:fs'
  import { appendEntries } from '../../lib/journal/append.ts'
  import { encodeEntry } from '../../lib/journal/entry.ts'
  process.on('SIGXFSZ', () => undefined)
  const [path = '', ...texts] = process.argv.slice(2)
  const fd = fs.openSync(path, 'a+')
  const mark = { seq: -1, bytes: fs.fstatSync(fd).size }
  const entries = texts.map((text) =>
    encodeEntry({ type: 'message', turn: 0, text, data: {}, at: 0 }))
  const { landed, mark: after, failure } = appendEntries(fd, path, mark, entries)
  console.log(JSON.stringify({ landed, mark: after, code: failure?.code }))
`
