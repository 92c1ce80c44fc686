import { PassThrough, Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { startPump } from '../../lib/run/pump.ts'

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
