/** What goes through `run`: the tool's bytes on their way out, and standard input on its way in. */

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  agent,
  entriesOf,
  expectWhole,
  isRunning,
  makePlace,
  program,
  type Row,
  touch,
  until,
} from '../support/cli.ts'

function outputs(entries: readonly Row[], stream: string): Row[] {
  return entries.filter((entry) => entry.type === 'output' && entry.data.stream === stream)
}

describe('the output of a tool', () => {
  test('five megabytes of random bytes come out on both streams as they went in', async () => {
    const place = makePlace()
    const [left, right] = [randomBytes(5_000_000), randomBytes(1_000_000)]
    writeFileSync(`${place.dir}/left`, left)
    writeFileSync(`${place.dir}/right`, right)
    const script = 'cat "$1" & cat "$2" >&2; wait'
    const ran = await place.stint([
      ...['run', '--quiet', '--', 'sh', '-c', script, 'sh'],
      ...[`${place.dir}/left`, `${place.dir}/right`],
    ])
    expect(ran.status).toBe(0)
    expect(ran.out.equals(left)).toBe(true)
    expect(ran.err.equals(right)).toBe(true)
  })

  test('a last line without its end is passed on without one, and kept as a partial entry', async () => {
    const place = makePlace()
    const ran = await place.stint([
      'run',
      '-q',
      '--',
      'printf',
      'one\\n\\ntwo\\r\\n\\200\\000three',
    ])
    expect(ran.out).toEqual(Buffer.from('one\n\ntwo\r\n\x80\0three', 'latin1'))
    expect(ran.stderr).toBe('')
    const { id } = (await place.json<Row[]>(['list']))[0] as Row
    const entries = entriesOf(place.session(id))
    expectWhole(entries)
    const lines = outputs(entries, 'stdout')
    expect(lines.map((entry) => entry.text)).toEqual(['one', '', 'two\r', '\ufffd\0three'])
    expect(lines.map((entry) => entry.data.partial)).toEqual([
      undefined,
      undefined,
      undefined,
      true,
    ])
  })

  test('the two streams of a silent tool stay empty, but for the line that names the session', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '--', 'true'])
    expect(ran.status).toBe(0)
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toMatch(/^session [0-9A-Z]{26} turn 1\n$/)
  })

  test('the session is named before the first byte of the tool', async () => {
    const place = makePlace()
    const script = 'echo error >&2'
    const ran = await place.stint(['run', '--', 'sh', '-c', script])
    expect(ran.stderr).toMatch(/^session [0-9A-Z]{26} turn 1\nerror\n$/)
  })

  test('a reader that leaves ends the tool as it would without stint', async () => {
    const place = makePlace()
    const shell = place.startOther([
      ...['sh', '-c', '"$@" | head -n 1', 'sh'],
      ...[process.execPath, program, 'run', '--', 'yes', 'y'.repeat(500)],
    ])
    const ran = await shell.ended
    expect(ran.stdout).toBe(`${'y'.repeat(500)}\n`)
    expect(ran.stderr).toMatch(/^session [0-9A-Z]{26} turn 1\n$/)
    const [row] = await place.json<Row[]>(['list'])
    expect(row).toMatchObject({ status: 'idle', outcome: 'failure', turn: 1 })
    expect(await place.json(['result', '@last'])).toMatchObject({ signal: 'SIGPIPE' })
  })

  test.runIf(existsSync('/dev/full'))(
    'a full disk below --json is no 125, which says that the tool never started',
    async () => {
      const place = makePlace()
      for (const [tool, status] of [
        ['true', 7],
        ['false', 1],
      ] as const) {
        const shell = `"$0" "$1" run --json -- ${tool} > /dev/full`
        const ran = await place.startOther(['sh', '-c', shell, process.execPath, program]).ended
        expect(ran.status).toBe(status)
        const [, again = ''] = /`stint (.*)` prints it again/.exec(ran.stderr) ?? []
        expect(await place.json(again.split(' '))).toMatchObject({ exit_code: status % 7 })
      }
    },
  )

  test('a reader of standard error that leaves takes nothing from standard output', async () => {
    const place = makePlace()
    const run = place.start(['run', '-q', '--', 'sh', '-c', 'echo gone >&2; echo kept; exit 4'])
    run.child.stderr?.destroy()
    const ran = await run.ended
    expect(ran.stdout).toBe('kept\n')
    expect(ran.status).toBe(4)
  })

  test('a slow reader holds the tool back, and the memory of stint stays small', async () => {
    const place = makePlace()
    const run = place.start(['run', '-q', '--', 'cat', '/dev/zero'])
    run.child.stdout?.pause()
    const written = () => {
      const tool = toolOf(run.pid)
      const io = tool === undefined ? '' : readFileSync(`/proc/${tool}/io`, 'utf8')
      return Number(/^wchar: (\d+)$/m.exec(io)?.[1] ?? 0)
    }
    let last = -1
    let still = 0
    // It has come to a halt when nothing moves for a while, which does not wait for any event.
    const halted = await until('the tool stands still', () => {
      const now = written()
      still = now > 0 && now === last ? still + 1 : 0
      last = now
      return still >= 20 ? now : undefined
    })
    expect(halted).toBeLessThan(16 * 1024 * 1024)
    const rss = Number(
      /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${run.pid}/status`, 'utf8'))?.[1],
    )
    expect(rss).toBeLessThan(200 * 1024)
    run.kill('SIGTERM')
    run.child.stdout?.resume()
    expect((await run.ended).status).toBe(143)
  })

  test('a reader that is slow again and again is no reason for a warning', async () => {
    const place = makePlace()
    const shell = place.startOther([
      'sh',
      '-c',
      '"$@" | (i=0; while [ $i -lt 60 ]; do dd bs=65536 count=1 iflag=fullblock status=none; i=$((i+1)); sleep 0.01; done; cat)',
      'sh',
      ...[process.execPath, program, 'run', '-q', '--', 'head', '-c', '8000000', '/dev/zero'],
    ])
    const ran = await shell.ended
    expect(ran.out.length).toBe(8_000_000)
    expect(ran.stderr).toBe('')
  })

  test('a deadline ends the tool also while its reader sleeps', async () => {
    const place = makePlace()
    const run = place.start(['run', '-q', '--timeout', '1s', '--', 'cat', '/dev/zero'])
    run.child.stdout?.pause()
    const tool = await until('the tool runs', () => toolOf(run.pid))
    await until('the tool has ended', () => !isRunning(tool))
    run.child.stdout?.resume()
    expect((await run.ended).status).toBe(124)
  })

  test('a reader that sleeps does not keep a deadline from being recorded', async () => {
    const place = makePlace()
    const file = `${place.dir}/written`
    const command = ['sh', '-c', 'seq 1 1000000 | tee "$0"', file]
    const run = place.start(['run', '--timeout', '1s', '--', ...command])
    run.child.stdout?.pause()
    const id = await run.session()
    await place.stint(['wait', id, '--timeout', '50s'])
    expect((await place.json<Row>(['result', id])).outcome).toBe('timed_out')
    run.child.stdout?.resume()
    expect((await run.ended).status).toBe(124)
    const said = entriesOf(place.session(id)).flatMap((entry) =>
      entry.type === 'output' && entry.data.partial !== true ? [`${entry.text}\n`] : [],
    )
    // What the tool could write is kept, though nobody reads it: each piece goes to the file last.
    const written = readFileSync(file, 'utf8')
    expect(said.join('')).toSatisfy((all: string) =>
      all.startsWith(written.slice(0, written.lastIndexOf('\n') + 1)),
    )
  })

  test('a reader that sleeps after the end of the tool does not keep a kill from ending the turn', async () => {
    const place = makePlace()
    // More than the reader's pipe and the buffer before it hold, less than with the tool's own pipe.
    const command = [process.execPath, program, 'run', '--', 'seq', '1', '24000']
    const run = place.startOther(['sh', '-c', '"$@" | sleep 600', 'sh', ...command])
    const id = await run.session()
    const { state } = await place.json<Row>(['show', id])
    await until('the tool has ended', () => !isRunning(state.turn.process.pgid))
    expect(await place.stint(['kill', id])).toMatchObject({ status: 0 })
    const said = entriesOf(place.session(id)).filter(({ type }) => type === 'output')
    expect(said).toHaveLength(24_000)
  })

  test('a deadline ends a tool that floods its output with short lines', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '--timeout', '1s', '--json', '--', 'yes'])
    expect(ran.status).toBe(124)
    const result = JSON.parse(ran.stdout) as Row
    expect(result.outcome).toBe('timed_out')
    // On a machine that has little time for it, it was late for want of time and not of a look at the
    // clock: then it did not get through much.
    const { duration_ms, events_count } = result
    expect(duration_ms < 6_000 || events_count < 700_000).toBe(true)
  })

  test('a process that keeps the streams after the tool has ended does not hold stint', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const ran = await place.stint(['run', '--', agent('leave.sh'), gate])
    expect(ran.status).toBe(0)
    expect(ran.stdout).toMatch(/^left \d+\n$/)
    const left = Number(/\d+/.exec(ran.stdout)?.[0])
    expect(isRunning(left)).toBe(true)
    const [row] = await place.json<Row[]>(['list'])
    expect(row).toMatchObject({ outcome: 'success' })
    const shown = await place.json(['show', '@last'])
    expect(shown.status).toBe('leaked')
    expect(shown.liveness.why).toContain('command')
    const again = await place.stint(['resume', '@last', '--', 'echo', 'again'])
    expect(again).toMatchObject({ status: 0, stdout: 'again\n' })
    touch(gate)
    await until('the process has ended', () => !isRunning(left))
  })

  test('a tool can open its own standard error and output again by name', async () => {
    const place = makePlace()
    const script = 'echo by name > /dev/stderr; echo and out > /dev/stdout'
    const ran = await place.stint(['run', '-q', '--', 'sh', '-c', script])
    expect(ran).toMatchObject({ status: 0, stdout: 'and out\n', stderr: 'by name\n' })
  })
})

describe('the transcript of a tool', () => {
  test('a line over 256 KiB is passed on whole and kept by its start, with its length', async () => {
    const place = makePlace()
    const length = 700_000
    const script = `head -c ${length} /dev/zero | tr '\\0' x; echo; echo short; head -c ${length} /dev/zero | tr '\\0' y`
    const ran = await place.stint(['run', '--json', '--', 'sh', '-c', script])
    expect(ran.status).toBe(0)
    const { session_id: id } = JSON.parse(ran.stdout) as Row
    const [first, short, last] = outputs(entriesOf(place.session(id)), 'stdout')
    expect(first?.text).toBe('x'.repeat(256 * 1024))
    expect(first?.data).toMatchObject({ truncated: true, bytes: length })
    expect(short).toMatchObject({ text: 'short', data: { stream: 'stdout' } })
    expect(short?.data.truncated).toBeUndefined()
    expect(last?.text).toBe('y'.repeat(256 * 1024))
    expect(last?.data).toMatchObject({ truncated: true, bytes: length, partial: true })
    const logs = await place.stint(['logs', id])
    expect(logs.stdout).toContain(`(${length} bytes in all)`)
  })

  test('streamed output over the cap is passed on, left out, and said to be left out once', async () => {
    const place = makePlace()
    const env = { STINT_TRANSCRIPT_CAP: '10k' }
    const ran = await place.stint(['run', '--', 'seq', '1', '2000'], { env })
    expect(ran.stdout.split('\n')).toHaveLength(2001)
    const entries = entriesOf(place.session(/[0-9A-Z]{26}/.exec(ran.stderr)?.[0] ?? ''))
    expectWhole(entries)
    const kept = outputs(entries, 'stdout')
    expect(kept.length).toBeGreaterThan(10)
    const bytes = kept.reduce((sum, one) => sum + JSON.stringify(one).length + 1, 0)
    expect(bytes).toBeLessThanOrEqual(10 * 1024)
    const errors = entries.filter((entry) => entry.type === 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.data).toMatchObject({
      code: 'TRANSCRIPT_FULL',
      entries: 2000 - kept.length,
      cap: 10 * 1024,
    })
    expect(entries.at(-1)?.type).toBe('turn_ended')
  })

  test('what the tool wrote while it ran is there before it ends', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await until('the line is in the transcript', () =>
      entriesOf(place.session(id)).some((entry) => entry.text?.startsWith('working as')),
    )
    touch(gate)
    expect((await run.ended).status).toBe(0)
  })
})

describe('the standard input of a tool', () => {
  test('a pipe is handed on', async () => {
    const place = makePlace()
    const shell = place.startOther([
      ...['sh', '-c', 'printf "a\\nb" | "$@"', 'sh'],
      ...[process.execPath, program, 'run', '-q', '--', 'cat'],
    ])
    expect(await shell.ended).toMatchObject({ status: 0, stdout: 'a\nb', stderr: '' })
    const ran = await place.stint(['run', '-q', '--', 'cat'], { input: 'of a parent in Node' })
    expect(ran.stdout).toBe('of a parent in Node')
  })

  test('a file is handed on', async () => {
    const place = makePlace()
    writeFileSync(`${place.dir}/input`, 'in a file')
    const fd = openSync(`${place.dir}/input`, 'r')
    const run = place.start(['run', '-q', '--', 'cat'], { stdio: [fd, 'pipe', 'pipe'] })
    closeSync(fd)
    expect(await run.ended).toMatchObject({ status: 0, stdout: 'in a file', stderr: '' })
  })

  test('one that is closed reads as empty', async () => {
    const place = makePlace()
    const shell = place.startOther([
      ...['sh', '-c', '"$@" <&-', 'sh'],
      ...[process.execPath, program, 'run', '-q', '--', 'cat'],
    ])
    expect(await shell.ended).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  test.skipIf(!hasScript())('a terminal is kept from the tool, which reads nothing', async () => {
    const place = makePlace()
    const inner = `${place.dir}/inner.sh`
    const words = [process.execPath, program, 'run', '-q', '--', 'sh', '-c']
    const seen = 'cat; readlink /proc/self/fd/0'
    writeFileSync(inner, `#!/bin/sh\n${words.map(quote).join(' ')} ${quote(seen)}\n`)
    chmodSync(inner, 0o755)
    const run = place.startOther(['script', '-qec', inner, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const ran = await run.ended
    expect(ran.stdout.trim()).toBe('/dev/null')
    expect(ran.status).toBe(0)
  })
})

/** The process that stint started, once it is more than a shell that waits. */
function toolOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  const tool = Number(children.split(' ')[0])
  if (!tool) return undefined
  return readFileSync(`/proc/${tool}/comm`, 'utf8').trim() === 'sh' ? undefined : tool
}

function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
  } catch {
    return false
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
