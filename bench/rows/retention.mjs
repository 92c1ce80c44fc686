/** Rows 10 and 15: gc, as a whole process. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import {
  absolute,
  compare,
  cpu,
  interleave,
  ratioOf,
  round,
  runProgram,
  wall,
} from '../measure.mjs'

/** Row 10: many sessions to the trash, and out of it, against rm -rf of as many. */
export async function collect(bench) {
  const count = bench.sessions(10_000)
  const { home, store } = bench.yard.storeOf(count)
  const env = { ...bench.env, STINT_HOME: home }
  let copies = 0
  const copy = () => {
    const dir = `${bench.temporary}/gc-${copies++}`
    execFileSync('cp', ['-a', store.dir, dir])
    execFileSync('sync')
    return dir
  }
  const gc = [...bench.stint, 'gc', '--quiet', '--trust-clock']
  const samples = await interleave(
    {
      rm: () => runProgram(bench, ['rm', '-rf', copy()]),
      gc: () => {
        const dir = copy()
        const run = (words) => runProgram(bench, [...gc, '--store', dir, ...words], { env })
        const both = { trash: run(['--older-than', '1d']), purge: run(['--trash-for', '0s']) }
        fs.rmSync(dir, { recursive: true })
        return both
      },
    },
    bench.rounds(5),
  )
  const row = (row, name, act, target) => {
    const of = samples.gc.map((sample) => sample[act])
    return compare({
      row,
      name: `${count} sessions ${name}`,
      samples: of,
      reference: samples.rm,
      target,
      figure: wall,
      unit: 'x wall',
      note: `of rm -rf of as many; CPU ${round(ratioOf(of, samples.rm, cpu), 2)}`,
    })
  }
  return [row('10a', 'to the trash', 'trash', 0.1), row('10b', 'out of the trash', 'purge', 1)]
}

/** Row 15: what gc would do with many, against a list that reads every state. */
export async function foresee(bench) {
  const count = bench.sessions(100_000)
  const { home } = bench.yard.storeOf(count)
  const env = { ...bench.env, STINT_HOME: home }
  const run = (words) => runProgram(bench, [...bench.stint, ...words, '--json'], { env })
  const policy = ['gc', '--dry-run', '--max-count', String(Math.round(count * 0.99))]
  const samples = await interleave(
    { list: () => run(['list', '--status', 'crashed']), gc: () => run(policy) },
    bench.rounds(5),
  )
  return [
    compare({
      row: '15a',
      name: `gc --dry-run over ${count} sessions`,
      samples: samples.gc,
      reference: samples.list,
      target: 1.5,
      figure: cpu,
      unit: 'x CPU',
      note: `of list --status crashed; wall ${round(ratioOf(samples.gc, samples.list, wall), 2)}`,
    }),
    absolute({
      row: '15b',
      name: 'its memory',
      value: Math.max(...samples.gc.map(({ rss }) => rss)),
      target: 200,
      unit: 'MB',
      caseMs: samples.gc[0].wall,
      rounds: samples.gc.length,
      note: 'the most of all rounds',
    }),
  ]
}
