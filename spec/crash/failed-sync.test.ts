/**
 * A sync that fails once. The system tells one process so, and every later sync succeeds, whether what
 * it is asked for has come to the disk or not.
 */

import { rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { type Call, type NumberedCall, numberedIn, replay } from '../support/power-cut.ts'
import { expectWhole, type Fault, openScene, type Scene, stint, transcriptsOf } from './kit.ts'
import { ok, rowOf } from './suite.ts'

const { scene, copy, discard } = openScene()
afterAll(discard)

/** Some pages of output, and some more. */
const runFor = (pause: string) => {
  const lines = `i=0; while [ $i -lt 200 ]; do echo "$i ${'.'.repeat(80)}"; i=$((i+1)); done`
  return ['run', '-q', '--name', 'mine', '--', 'sh', '-c', `${lines}; ${pause}; ${lines}`]
}
const run = runFor(':')

/** The calls of a command in this scene. */
function callsIn(from: Scene, args: readonly string[]): NumberedCall[] {
  const log = `${from.home}.calls`
  ok(stint(copy(from), args, { log }))
  const calls = numberedIn(log)
  rmSync(log)
  return calls
}

const isSync = ({ call }: Call) => /^f(data)?sync$/.test(call)

/** Strikes a command, has another one acknowledged, and then the power fails. */
async function strike(
  from: Scene,
  args: readonly string[],
  fault: Fault,
  next: (struck: Scene) => readonly string[],
): Promise<void> {
  const struck = copy(from)
  const log = `${struck.home}.calls`
  stint(struck, args, { ...fault, log })
  await cutPower(from, struck, log, new Map())
  ok(stint(struck, next(struck), { log }))
  await cutPower(from, struck, log, transcriptsOf(struck))
  rmSync(struck.home, { recursive: true, force: true })
}

async function cutPower(
  { home: before }: Scene,
  { home }: Scene,
  log: string,
  acknowledged: Map<string, Buffer>,
): Promise<void> {
  for (const tail of ['lost', 'zeros'] as const) {
    const cut: Scene = { ...scene, home: `${home}.cut` }
    replay({ before, log, into: cut.home, tail })
    await expectWhole(cut, acknowledged)
    rmSync(cut.home, { recursive: true, force: true })
  }
}

const isThere = (struck: Scene) => rowOf(struck, 'mine') !== undefined
const afterRun = (struck: Scene) =>
  isThere(struck) ? ['rename', 'mine', 'other'] : ['run', '-q', '--', 'true']

test('costs nothing that is acknowledged after it, when the power fails', {
  timeout: 300_000,
}, async () => {
  const syncs = callsIn(scene, run).filter(isSync)
  expect(syncs.length).toBeGreaterThan(20)
  for (const { n } of syncs) await strike(scene, run, { at: n, do: 'EIO' }, afterRun)
})

test('costs nothing where what streams is synced', async () => {
  // A second after it came, the first half is.
  const slow = runFor('sleep 1.2')
  const isJournal = ({ path }: Call) => /\/sessions\/.*\.jsonl$/.test(path)
  const syncs = callsIn(scene, slow).filter((call) => isSync(call) && isJournal(call))
  expect(syncs).toHaveLength(3)
  for (const { n } of syncs) await strike(scene, slow, { at: n, do: 'EIO' }, afterRun)
})

test('costs nothing where it never took place, since who made the store was killed', async () => {
  const calls = callsIn(scene, run)
  const appears = calls.findIndex(({ call, to }) => call === 'rename' && to?.includes('/sessions/'))
  const syncs = calls.slice(0, appears).filter(isSync)
  expect(syncs.length).toBeGreaterThan(10)
  for (const { n } of syncs) await strike(scene, run, { at: n, do: 'kill' }, afterRun)
})

test.each(['EIO', 'kill'])('costs no session that goes to the trash (%s)', async (what) => {
  const from = copy()
  ok(stint(from, ['run', '-q', '--name', 'mine', '--', 'true']))
  const syncs = callsIn(from, ['delete', 'mine']).filter(isSync)
  expect(syncs.length).toBeGreaterThan(4)
  for (const { n } of syncs) {
    await strike(from, ['delete', 'mine'], { at: n, do: what }, (struck) =>
      isThere(struck) ? ['delete', 'mine'] : ['trash', 'restore', 'mine'],
    )
  }
})
