/**
 * Runs every query of docs/scaling.md over stores that were made for it, as a reader of that page would.
 *
 *   node bench/queries.mjs        (after `npm run build`)
 *
 * It fails when DuckDB refuses a query or one that has something to find finds nothing. Without DuckDB,
 * which is installed with the other packages of bench/, it says so and is content.
 */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const duckdb = await loadDuckDb()
if (duckdb === undefined) {
  console.log('queries: left out, DuckDB cannot be installed here')
  process.exit(0)
}

const temporary = fs.mkdtempSync(`${fs.realpathSync(os.tmpdir())}/stint-queries-`)
process.on('exit', () => fs.rmSync(temporary, { recursive: true, force: true }))
makeStores()
const connection = await (await duckdb.DuckDBInstance.create()).connect()
const page = fs.readFileSync(`${root}docs/scaling.md`, 'utf8')
const queries = [...page.matchAll(/^### (.+)\n[\s\S]*?```sql\n([\s\S]*?)```/gm)]
// The glob of the page stands for wherever a reader's stores are.
const here = (sql) => sql.replaceAll('~/fleet/*/', `${temporary}/state/*/projects/*/`)
const [, view] = /```sql\n(CREATE [\s\S]*?)```/.exec(page) ?? []
if (view === undefined || queries.length < 6)
  throw new Error('the queries are not found in the page')
await connection.run(here(view))
for (const [, title, sql] of queries) {
  const rows = (await connection.runAndReadAll(here(sql))).getRowObjects()
  if (rows.length === 0) throw new Error(`${title}: finds nothing`)
  console.log(`queries: ${title}: ${rows.length} rows`)
}

/** What is not there is installed alone: compiling the others takes minutes. */
async function loadDuckDb() {
  const bench = `${root}bench`
  if (!fs.existsSync(`${bench}/node_modules/@duckdb/node-api`)) {
    try {
      const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
      execFileSync('npm', words, { cwd: bench, stdio: 'pipe', timeout: 120_000 })
    } catch {
      return undefined
    }
  }
  return import('@duckdb/node-api').catch(() => undefined)
}

/** Two stores as of two machines: turns that end well and badly, tokens, errors, secrets. */
function makeStores() {
  const agent = `${temporary}/agent`
  const usage = { type: 'usage', usage: { input_tokens: 120, output_tokens: 30 } }
  const lines = [{ type: 'said', text: 'done' }, usage, { type: 'error', message: 'no network' }]
  fs.writeFileSync(
    agent,
    `#!/bin/sh\n${lines.map((line) => `echo '${JSON.stringify(line)}'`).join('\n')}\n`,
    { mode: 0o755 },
  )
  const config = `${temporary}/config/stint`
  fs.mkdirSync(config, { recursive: true })
  fs.writeFileSync(
    `${config}/config.toml`,
    [
      '[tools.mine]',
      `new = ["${agent}", "{prompt}"]`,
      '[tools.mine.events]',
      'text = { path = "text", when = "type", is = "said" }',
      'usage.input_tokens = "usage.input_tokens"',
      'usage.output_tokens = "usage.output_tokens"',
      'error = { path = "message", when = "type", is = "error" }',
    ].join('\n'),
  )
  for (const host of ['alpha', 'beta']) {
    const cwd = `${temporary}/${host}`
    fs.mkdirSync(cwd)
    const stint = (...words) => {
      try {
        execFileSync(process.execPath, [`${root}dist/cli/stint.cjs`, ...words], {
          cwd,
          stdio: 'pipe',
          env: {
            PATH: process.env.PATH,
            HOME: temporary,
            STINT_HOME: `${temporary}/state/${host}`,
            XDG_CONFIG_HOME: `${temporary}/config`,
          },
        })
      } catch (error) {
        // A turn that is to fail does.
        if (error.status !== 1 && error.status !== 3) throw new Error(String(error.stderr ?? error))
      }
    }
    stint('run', '--tool', 'mine', 'go on')
    stint('run', '--', 'sh', '-c', 'echo hello; exit 3')
    stint('run', '--', 'echo', `key ${'AK'}${'IA'}QWERTYUIOPASDFGH`)
  }
}
