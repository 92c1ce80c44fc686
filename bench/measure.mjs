/** How things are measured: side by side in one run, and by what the kernel says. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The middle of some numbers. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/**
 * Runs every case once a round, each round in another order, and gives each case's samples.
 *
 * The machine's speed drifts, so only samples of one round are compared with each other.
 */
export async function interleave(cases, rounds, { warmUps = 1 } = {}) {
  const names = Object.keys(cases)
  const samples = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -warmUps; round < rounds; round++) {
    const shift = (round + warmUps) % names.length
    for (const name of [...names.slice(shift), ...names.slice(0, shift)]) {
      // Children are waited for without the event loop: here signals get through.
      await new Promise(setImmediate)
      const sample = await cases[name]()
      if (round >= 0) samples[name].push(sample)
    }
  }
  return samples
}

/** The median of the rounds' ratios of one figure of two cases. */
export function ratioOf(a, b, figure = (sample) => sample) {
  return median(a.map((sample, i) => figure(sample) / figure(b[i])))
}

/**
 * A row of the report: a case against its reference, by the median of the rounds' ratios.
 *
 * `figure` picks the number of a sample, in ms; `higher` says that a larger ratio is better.
 */
export function compare({ figure, higher = false, samples, reference, target, ...row }) {
  const ratio = higher ? ratioOf(reference, samples, figure) : ratioOf(samples, reference, figure)
  const of = (all) => round(median(all.map((sample) => (figure ? figure(sample) : sample))), 4)
  return {
    ...row,
    ratio: round(ratio, ratio < 0.1 ? 5 : 3),
    target,
    bound: higher ? '>=' : '<=',
    ok: higher ? ratio >= target : ratio <= target,
    case_ms: of(samples),
    reference_ms: of(reference),
    rounds: samples.length,
  }
}

/** A row that is judged by a number of its own, with no reference beside it. */
export function absolute({ value, target, higher = false, caseMs, rounds, ...row }) {
  return {
    ...row,
    ratio: round(value, 1),
    target,
    bound: higher ? '>=' : '<=',
    ok: higher ? value >= target : value <= target,
    case_ms: round(caseMs, 1),
    reference_ms: null,
    rounds,
  }
}

/** A row that could not be measured here. */
export function skipped(row, name, why) {
  return {
    row,
    name,
    ratio: null,
    target: null,
    bound: null,
    ok: null,
    case_ms: null,
    reference_ms: null,
    unit: null,
    rounds: 0,
    note: `skipped: ${why}`,
  }
}

/**
 * Runs a program to its end: `{ wall, cpu }` in ms, `rss` in MB, the bytes it printed.
 *
 * An exit status other than the expected one is an error: a refusal is faster than work.
 */
export function runProgram(bench, argv, { env = bench.env, cwd = bench.project, status = 0 } = {}) {
  const heard = `${bench.temporary}/stderr`
  const facts = JSON.parse(
    execFileSync(bench.natives.measure, [heard, ...argv], { env, cwd, encoding: 'utf8' }),
  )
  if (facts.status !== status) {
    const said = readFileSync(heard, 'utf8').slice(0, 500)
    throw new Error(`${argv.join(' ')} ended with ${facts.status}, not ${status}: ${said}`)
  }
  return {
    wall: facts.wall_us / 1000,
    cpu: facts.cpu_us / 1000,
    rss: facts.rss_kb / 1024,
    bytes: facts.bytes,
  }
}

/** How long `act` takes, in ms of the wall clock. */
export async function timed(act) {
  const started = performance.now()
  await act()
  return performance.now() - started
}

export const cpu = (sample) => sample.cpu
export const wall = (sample) => sample.wall

export function round(number, digits) {
  return Number(number.toFixed(digits))
}
