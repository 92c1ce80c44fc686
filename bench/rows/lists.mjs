/** Rows 3 and 4: reading many sessions, as a whole process. */

import { execFileSync } from 'node:child_process'
import { compare, cpu, interleave, ratioOf, round, runProgram, skipped, wall } from '../measure.mjs'

/** Row 3: the newest of many, against a node that only reads the directory's names. */
export async function listNewest(bench) {
  const count = bench.sessions(100_000)
  const { home, store } = bench.yard.storeOf(count)
  const env = { ...bench.env, STINT_HOME: home }
  const script = `require('fs').readdirSync(${JSON.stringify(`${store.dir}/sessions`)})`
  const samples = await interleave(
    {
      reference: () => runProgram(bench, [process.execPath, '-e', script]),
      list: () => runProgram(bench, [...bench.stint, 'list', '--limit', '20'], { env }),
      json: () => runProgram(bench, [...bench.stint, 'list', '--limit', '20', '--json'], { env }),
    },
    bench.rounds(21),
  )
  const row = (row, name, of) =>
    compare({
      row,
      name,
      samples: of,
      reference: samples.reference,
      target: 1.0,
      figure: cpu,
      unit: 'x CPU',
      note: `of readdirSync of ${count}; wall ${round(ratioOf(of, samples.reference, wall), 2)}`,
    })
  return [
    row('3a', 'list --limit 20', samples.list),
    row('3b', 'list --limit 20 --json', samples.json),
  ]
}

/** Row 4: every state read, against C and against grep. */
export async function listCrashed(bench) {
  const count = bench.sessions(10_000)
  const { home, store, crashed } = bench.yard.storeOf(count)
  const env = { ...bench.env, STINT_HOME: home }
  const argv = [...bench.stint, 'list', '--status', 'crashed', '--json']
  const shown = JSON.parse(execFileSync(argv[0], argv.slice(1), { env, cwd: bench.project }))
  if (shown.length !== crashed) throw new Error(`${shown.length} sessions, not ${crashed}`)
  const sessions = `${store.dir}/sessions`
  const grep = ['grep', '-rl', '--include=state.toml', 'outcome = "failure"', sessions]
  const samples = await interleave(
    {
      c: () => runProgram(bench, [bench.natives['read-states'], sessions]),
      grep: () => runProgram(bench, grep),
      list: () => runProgram(bench, argv, { env }),
    },
    bench.rounds(15),
  )
  const row = (row, name, reference, target, what) =>
    compare({
      row,
      name: `list --status crashed --json, against ${name}`,
      samples: samples.list,
      reference,
      target,
      figure: cpu,
      unit: 'x CPU',
      note: `of ${what} of ${count}; wall ${round(ratioOf(samples.list, reference, wall), 2)}`,
    })
  const rows = [
    row('4a', 'C', samples.c, 4, 'open, read, close in C'),
    row('4b', 'grep', samples.grep, 0.7, 'grep -rl'),
  ]
  return [...rows, ...(await sqliteToo(bench, samples.list))]
}

/** Row 14: every session looked at, against reading every state. */
export async function doctor(bench) {
  const count = bench.sessions(10_000)
  const { home } = bench.yard.storeOf(count)
  const env = { ...bench.env, STINT_HOME: home }
  const list = [...bench.stint, 'list', '--status', 'crashed', '--json']
  const samples = await interleave(
    {
      list: () => runProgram(bench, list, { env }),
      doctor: () => runProgram(bench, [...bench.stint, 'doctor', '--json'], { env, status: 1 }),
    },
    bench.rounds(11),
  )
  return [
    compare({
      row: '14',
      name: `doctor over ${count} sessions, against list --status crashed --json`,
      samples: samples.doctor,
      reference: samples.list,
      target: 5,
      figure: cpu,
      unit: 'x CPU',
      note: `of list over the same; wall ${round(ratioOf(samples.doctor, samples.list, wall), 2)}`,
    }),
  ]
}

/** What no directory of files reaches: shown so that nobody promises it. */
async function sqliteToo(bench, list) {
  const name = 'the same by the sqlite3 CLI, for scale'
  const path = `${bench.temporary}/scale.db`
  try {
    execFileSync('sqlite3', [path], {
      input: `CREATE TABLE s (id TEXT PRIMARY KEY, status TEXT, state TEXT);
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        INSERT INTO s SELECT printf('%026d', i), iif(i % 50 < 2, 'crashed', 'idle'), hex(zeroblob(420))
        FROM n;`,
    })
  } catch (error) {
    return [skipped('4c', name, `the sqlite3 CLI: ${error.code ?? error.message}`)]
  }
  const query = "SELECT id, state FROM s WHERE status = 'crashed'"
  const { sqlite } = await interleave(
    { sqlite: () => runProgram(bench, ['sqlite3', path, query]) },
    list.length,
  )
  return [
    {
      ...compare({ row: '4c', name, samples: list, reference: sqlite, figure: cpu, unit: 'x CPU' }),
      bound: null,
      target: null,
      ok: null,
      note: 'no target: not reachable for whole processes of node',
    },
  ]
}
