/** A machine that has no more files to open while a turn runs. */

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { agent, makePlace, touch } from '../support/cli.ts'

const preload = [join(import.meta.dirname, '../support/exhausted.mjs')]

test('the tool goes on, and its turn ends as it did', async () => {
  const place = makePlace()
  const [gate, exhausted] = [`${place.dir}/gate`, `${place.dir}/exhausted`]
  const how = { preload, env: { EXHAUSTED: exhausted, STINT_JOURNAL_PATIENCE: '0s' } }
  const run = place.start(['run', '--', agent('hold.sh'), gate, '4'], how)
  await run.says('working as')
  touch(exhausted)
  // Its memory is looked at once a second.
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(run.isOver()).toBe(false)
  touch(gate)
  const { status, stderr } = await run.ended
  expect(status).toBe(4)
  expect(stderr).toMatch(/^warning: the turn's end is not in the journal: .*ENFILE/m)
  expect(stderr).not.toContain('error')
})

test('a signal ends the tool, and what cannot be looked for is said', async () => {
  const place = makePlace()
  const exhausted = `${place.dir}/exhausted`
  const how = { preload, env: { EXHAUSTED: exhausted, STINT_JOURNAL_PATIENCE: '0s' } }
  const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/never`], how)
  await run.says('working as')
  touch(exhausted)
  run.kill('SIGTERM')
  const { status, stderr } = await run.ended
  expect(status).toBe(143)
  expect(stderr).toMatch(/^warning: what the turn left running cannot be looked for: .*ENFILE/m)
})
