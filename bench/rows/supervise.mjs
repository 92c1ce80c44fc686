/** Row 11: supervising a command that prints very much, as a whole process. */

import fs from 'node:fs'
import { absolute, interleave, median, round, runProgram } from '../measure.mjs'

const memory = 120
const speed = 30

export async function supervise(bench) {
  const home = `${bench.temporary}/home-supervised`
  const env = { ...bench.env, STINT_HOME: home, STINT_TRANSCRIPT_CAP: '1T' }
  const print = (bytes, length) => () => {
    const tool = [bench.natives['print-lines'], String(bytes), String(length)]
    const sample = runProgram(bench, [...bench.stint, 'run', '--', ...tool], { env })
    if (sample.bytes !== bytes) throw new Error(`${sample.bytes} of ${bytes} bytes were passed on`)
    // Each run leaves a transcript of twice what was printed.
    fs.rmSync(`${home}/projects`, { recursive: true })
    return { ...sample, speed: bytes / 1e6 / (sample.wall / 1000) }
  }
  const bytes = Math.round(bench.gb * 1e9)
  const samples = await interleave(
    {
      a: print(bytes, 100),
      b: print(Math.round(bytes * 0.3), 20),
      c: print(200_000_000, 0),
    },
    bench.rounds(3, 1),
    { warmUps: 0 },
  )
  const names = {
    a: `${bench.gb} GB in lines of 100 bytes`,
    b: `${round(bench.gb * 0.3, 3)} GB in lines of 20 bytes`,
    c: '200 MB without a line feed',
  }
  return Object.entries(names).flatMap(([letter, name]) => {
    const of = samples[letter]
    const caseMs = median(of.map(({ wall }) => wall))
    const rounds = of.length
    const cpuOf = round(median(of.map(({ cpu }) => cpu)) / caseMs, 2)
    const note = `passed on to a pipe; ${cpuOf} CPUs busy, the tool's included`
    const row = { caseMs, rounds, note }
    return [
      absolute({
        ...row,
        row: `11${letter} memory`,
        name,
        unit: 'MB at most',
        value: Math.max(...of.map(({ rss }) => rss)),
        target: memory,
      }),
      absolute({
        ...row,
        row: `11${letter} speed`,
        name,
        unit: 'MB/s',
        value: median(of.map(({ speed }) => speed)),
        target: speed,
        higher: true,
      }),
    ]
  })
}
