/**
 * What is fast, and how fast, against what else.
 *
 *   npm run bench -- [row…] [--rounds N] [--sessions N] [--gb N] [--json] [--cli FILE]
 *
 * Rows are those of the table in docs/performance.md: 1 to 15. Prints a JSON line per figure and
 * a table at the end (--json leaves the table out; --cli names another build to measure). Ratios are the median of the rounds' ratios of two
 * things that ran side by side in one run; they hold on a busy machine, single times do not.
 *
 * Never a test: nothing fails when a target is missed.
 */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadLibrary } from './library.mjs'
import { skipped } from './measure.mjs'
import { compileNatives, firstLine } from './natives.mjs'
import { change, create } from './rows/durable.mjs'
import { doctor, listCrashed, listNewest } from './rows/lists.mjs'
import { doNothing, isAlive, rename } from './rows/one-shots.mjs'
import { redaction } from './rows/redaction.mjs'
import { relay } from './rows/relay.mjs'
import { collect, foresee } from './rows/retention.mjs'
import { append, openLarge } from './rows/streams.mjs'
import { supervise } from './rows/supervise.mjs'
import { loadSqlite } from './sqlite.mjs'
import { openStoreYard } from './stores.mjs'
import { formatRows } from './table.mjs'

/** In the order they run: what creates comes before what leaves much to delete. */
const rows = [
  { row: '5', name: 'durable create', run: create, needs: [] },
  { row: '6', name: 'durable change', run: change, needs: [] },
  { row: '8', name: 'streamed append', run: append, needs: [] },
  { row: '2', name: 'verbs that do nothing', run: doNothing, needs: ['natives', 'cli'] },
  { row: '1', name: 'is-alive', run: isAlive, needs: ['natives', 'cli'] },
  { row: '7', name: 'rename', run: rename, needs: ['natives', 'cli'] },
  { row: '4', name: 'full filter', run: listCrashed, needs: ['natives', 'cli'] },
  { row: '3', name: 'list --limit 20', run: listNewest, needs: ['natives', 'cli'] },
  { row: '9', name: 'a large transcript opened', run: openLarge, needs: [] },
  { row: '11', name: 'supervising much output', run: supervise, needs: ['natives', 'cli'] },
  { row: '12', name: 'a turn of an agent', run: relay, needs: ['natives', 'cli'] },
  { row: '13', name: 'redaction', run: redaction, needs: [] },
  { row: '14', name: 'doctor', run: doctor, needs: ['natives', 'cli'] },
  { row: '15', name: 'gc --dry-run', run: foresee, needs: ['natives', 'cli'] },
  { row: '10', name: 'gc', run: collect, needs: ['natives', 'cli'] },
]

const { values: options, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    sessions: { type: 'string' },
    gb: { type: 'string', default: '0.2' },
    json: { type: 'boolean', default: false },
    cli: { type: 'string' },
  },
})
const strange = asked.filter((name) => !rows.some(({ row }) => row === name))
if (strange.length > 0) {
  console.error(`no such row: ${strange.join(' ')}; there are ${rows.map((r) => r.row).join(' ')}`)
  process.exit(2)
}
const say = (text) => process.stderr.write(`${text}\n`)

installPackages()
const temporary = fs.mkdtempSync(`${fs.realpathSync(os.tmpdir())}/stint-bench-`)
process.on('exit', () => fs.rmSync(temporary, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))

const results = []
const bench = await openBench()
say(`node ${process.version}, ${os.cpus().length} CPUs, load ${os.loadavg()[0].toFixed(1)}`)
for (const { row, name, run, needs } of rows) {
  if (asked.length > 0 && !asked.includes(row)) continue
  say(`row ${row}: ${name}`)
  const missing = needs.map((need) => bench[need].missing).find((why) => why !== undefined)
  for (const result of missing === undefined
    ? await run(bench).catch((error) => [skipped(row, name, firstLine(error))])
    : [skipped(row, name, missing)]) {
    results.push(result)
    console.log(JSON.stringify(result))
  }
}
if (!options.json) console.log(`\n${formatRows(results)}`)

async function openBench() {
  const project = `${temporary}/project`
  fs.mkdirSync(project)
  const built = fileURLToPath(new URL('../dist/cli/stint.cjs', import.meta.url))
  const cliPath = options.cli === undefined ? built : resolve(options.cli)
  const lib = await loadLibrary()
  const number = (text, otherwise) => (text === undefined ? otherwise : Number(text))
  return {
    lib,
    temporary,
    project,
    // Node 20 parses the certificates at every start, which would flatter each ratio to node -e 0.
    env: { PATH: process.env.PATH, HOME: temporary, LANG: 'C.UTF-8' },
    stint: [process.execPath, cliPath],
    cli: fs.existsSync(cliPath) ? {} : { missing: `no ${cliPath}: npm run build` },
    natives: compileNatives(temporary),
    sqlite: loadSqlite(),
    yard: await openStoreYard(lib, temporary, project),
    gb: Number(options.gb),
    sessions: (usual) => number(options.sessions, usual),
    rounds: (usual, least = 2) => Math.max(least, number(options.rounds, usual)),
  }
}

/** better-sqlite3 is built from source where there is no binary of it, which takes minutes, once. */
function installPackages() {
  const here = fileURLToPath(new URL('.', import.meta.url))
  // Another script installs them without compiling this one.
  if (fs.existsSync(`${here}node_modules/better-sqlite3/build`)) return
  say('installing the packages of bench/')
  try {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: 'pipe' })
  } catch (error) {
    say(`npm ci failed, so some rows are left out: ${String(error.stderr ?? error).slice(-300)}`)
  }
}
