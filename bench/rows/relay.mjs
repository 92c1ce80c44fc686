/** Row 12: a turn of an agent that speaks in events, as a whole process. */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import {
  absolute,
  compare,
  cpu,
  interleave,
  median,
  ratioOf,
  round,
  runProgram,
  wall,
} from '../measure.mjs'

const events = 300

/** When it is counted what supervising a silent tool takes, in s: what a start takes is over by then. */
const silence = { from: 15, to: 35 }

export async function relay(bench) {
  const home = `${bench.temporary}/home-relayed`
  const bin = `${bench.temporary}/agents`
  fs.mkdirSync(bin)
  const env = { ...bench.env, STINT_HOME: home, PATH: `${bin}:${bench.env.PATH}` }
  const turn = [...bench.stint, 'run', '--tool', 'codex', 'go on']

  writeAgent(bin, ['exec', process.execPath, '-e', `'${clockAgent}'`])
  const delays = []
  for (let n = 0; n < bench.rounds(5); n++) delays.push(...(await follow(turn, bench.project, env)))
  delays.sort((a, b) => a - b)

  const said = ['thread.started","thread_id":"t', 'turn.completed","usage":{},"n":"1']
  writeAgent(bin, ['printf', `'%s\\n' ${said.map((one) => `'{"type":"${one}"}'`).join(' ')}`])
  const samples = await interleave(
    {
      reference: () => runProgram(bench, [process.execPath, '-e', '0']),
      turn: () => runProgram(bench, turn, { env }),
    },
    bench.rounds(41),
  )
  const sleep = (s) => () =>
    runProgram(bench, [...bench.stint, 'run', '--', 'sleep', String(s)], { env })
  const rests = await interleave(
    { from: sleep(silence.from), to: sleep(silence.to) },
    Math.min(bench.rounds(3), 3),
    { warmUps: 0 },
  )
  fs.rmSync(home, { recursive: true })
  const { reference } = samples
  const tail = round(delays[Math.floor(delays.length * 0.99)], 1)
  return [
    absolute({
      row: '12a',
      name: "a tool's event, from its write to stdout",
      unit: 'ms',
      value: median(delays),
      target: 5,
      caseMs: median(delays),
      rounds: delays.length,
      note: `99 in 100 within ${tail} ms`,
    }),
    compare({
      row: '12b',
      name: 'a short turn of an agent',
      samples: samples.turn,
      reference,
      target: 1.5,
      figure: cpu,
      unit: 'x CPU',
      note: `of node -e 0; wall ${round(ratioOf(samples.turn, reference, wall), 2)}`,
    }),
    absolute({
      row: '12c',
      name: 'a supervisor whose tool is silent',
      unit: 'ms of CPU a second',
      value: median(
        rests.to.map(({ cpu }, n) => (cpu - rests.from[n].cpu) / (silence.to - silence.from)),
      ),
      target: 5,
      caseMs: median(rests.to.map(wall)),
      rounds: rests.to.length,
      note: `from its second ${silence.from} to its second ${silence.to}`,
    }),
  ]
}

/** Says what time it is, again and again, by the clock that all processes share. */
const clockAgent = `
  const say = (event) => fs.writeSync(1, JSON.stringify(event) + "\\n")
  say({ type: "thread.started", thread_id: "t" })
  let left = ${events}
  const timer = setInterval(() => {
    const item = { type: "agent_message", text: String(process.hrtime.bigint()) }
    if (left-- > 0) return say({ type: "item.completed", item })
    say({ type: "turn.completed", usage: {} })
    clearInterval(timer)
  }, 5)`

function writeAgent(bin, words) {
  fs.writeFileSync(`${bin}/codex`, `#!/bin/sh\n${words.join(' ')}\n`, { mode: 0o755 })
}

/** How long each event took to arrive, in ms. */
async function follow([program, ...args], cwd, env) {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] })
  const delays = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const now = process.hrtime.bigint()
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) delays.push(Number(now - BigInt(line)) / 1e6)
  })
  await new Promise((resolve) => child.once('close', resolve))
  if (delays.length !== events) throw new Error(`${delays.length} of ${events} events arrived`)
  return delays
}
