/** Row 13: redaction, in process: the lines that agents print, and what is made to be slow. */

import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { absolute, median } from '../measure.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const mebi = 0x100000

/** Repeated to a MiB: of all that spec/redact/linear.test.ts tries, what costs the most. */
const worst = [
  ...['pw: ', 'pass:', 'pwd="', 'PIN=', 'token=(', 'token = ', 'token: ', 'token:token:', '&key='],
  ...['pass\u00adword: ', 'secret --from-literal=a=b1', 'login '],
]

export async function redaction(bench) {
  const { createRedactor } = bench.lib
  const lines = readLines()
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0)
  const stream = createRedactor().openStream()
  const speeds = []
  const times = []
  // The first rounds are spent on compiling.
  for (let round = -5; round < bench.rounds(15); round++) {
    const before = process.cpuUsage()
    for (const line of lines) {
      const started = process.hrtime.bigint()
      stream.lines(line)
      if (round >= 0) times.push(Number(process.hrtime.bigint() - started) / 1e6)
    }
    const { user } = process.cpuUsage(before)
    if (round >= 0) speeds.push(bytes / user)
  }
  times.sort((a, b) => a - b)
  const slowest = worst
    .map((unit) => ({ unit, ms: slowestOf(createRedactor, unit) }))
    .sort((a, b) => b.ms - a.ms)[0]
  const rounds = speeds.length
  const p99 = times[Math.floor(times.length * 0.99)]
  const shared = { rounds, caseMs: median(times) }
  return [
    absolute({
      ...shared,
      row: '13a',
      name: 'lines of agents redacted',
      unit: 'MB/s of CPU time',
      note: `${lines.length} lines of ${Math.round(bytes / lines.length)} bytes`,
      value: median(speeds),
      target: 20,
      higher: true,
    }),
    absolute({
      ...shared,
      row: '13b',
      name: 'one line of an agent redacted',
      unit: 'ms for 99 in 100',
      note: `half of them within ${median(times).toFixed(3)} ms`,
      value: p99,
      target: 0.5,
    }),
    absolute({
      ...shared,
      row: '13c',
      name: 'a MiB that is made to be slow',
      unit: 'ms',
      note: `the worst: ${JSON.stringify(slowest.unit)} over and over`,
      value: slowest.ms,
      target: 250,
    }),
  ]
}

/** What recorded agents printed, and sources of this project as an agent's tools give them back. */
function readLines() {
  const streams = fs
    .readdirSync(`${root}/fixtures/streams`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.stdout'))
    .flatMap((name) => fs.readFileSync(`${root}/fixtures/streams/${name}`, 'utf8').split('\n'))
    .filter((line) => line !== '')
  const sources = ['run', 'session', 'store']
    .flatMap((dir) =>
      fs.readdirSync(`${root}/lib/${dir}`).map((name) => `${root}/lib/${dir}/${name}`),
    )
    .map((path) => ({ path, text: fs.readFileSync(path, 'utf8') }))
  const results = sources.map(({ path, text }, id) =>
    JSON.stringify({ type: 'tool_result', id: `call_${id}`, input: { path }, output: text }),
  )
  const told = sources.flatMap(({ text }, id) =>
    text
      .split('\n\n')
      .map((part) =>
        JSON.stringify({ type: 'message', id: `msg_${id}`, role: 'assistant', content: part }),
      ),
  )
  return [...streams, ...results, ...told]
}

/** The best of a few: noise only ever adds. */
function slowestOf(createRedactor, unit) {
  const text = unit.repeat(Math.ceil(mebi / unit.length)).slice(0, mebi)
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const redactor = createRedactor({ cpuTime: () => 0 })
    const before = process.cpuUsage()
    redactor.text(text)
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}
