/** Processes that want the same lease at the same time: one of them gets it. */

import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../support/bundle.ts'
import {
  fileText,
  makePlace,
  type Place,
  preload,
  type Running,
  touch,
  until,
} from '../support/cli.ts'

let lessee: string

beforeAll(async () => {
  lessee = await bundle('spec/race/lessee.ts')
})

/** Leaves stale leases of another machine, numbered from 0. */
function leaveStale(place: Place, count: number): void {
  for (let n = 0; n < count; n++) {
    const path = `${place.dir}/${n}`
    mkdirSync(path)
    const far = { pid: 1, host: 'far', machine_id: 'another machine', name: 'owner.far' }
    writeFileSync(`${path}/owner.far`, JSON.stringify(far))
    makeStale(path)
  }
}

function makeStale(path: string): void {
  for (const name of readdirSync(path)) utimesSync(`${path}/${name}`, 1, 1)
}

/** Starts a process that asks for so many leases; its standard input is open. */
function ask(
  place: Place,
  count: number,
  how: { at?: number; env?: Record<string, string>; load?: string } = {},
) {
  const loaders = how.load === undefined ? [] : ['--require', preload(how.load)]
  return place.startOther(
    [process.execPath, ...loaders, lessee, place.dir, `${count}`, `${how.at ?? 0}`],
    { stdio: ['pipe', 'pipe', 'pipe'], env: how.env ?? {} },
  )
}

const answers = (run: Running) =>
  run
    .stdout()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as number[])

/** What each got; all of them live until every one has answered. */
async function collect(runs: readonly Running[]): Promise<{ got: number[]; kept: number[] }> {
  for (const run of runs) {
    await until('it has answered', () => {
      if (run.isOver()) throw new Error(run.stderr())
      return answers(run).length > 0
    })
  }
  for (const run of runs) {
    run.child.stdin?.end()
    await run.ended
  }
  const flat = (index: number) =>
    runs.flatMap((run) => answers(run)[index] ?? []).sort((a, b) => a - b)
  return { got: flat(0), kept: flat(1) }
}

const range = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('a lease', () => {
  test.each([
    ['that grew stale is taken over', 2, true],
    ['that grew stale is taken over', 8, true],
    ['that nobody has is taken', 8, false],
  ])('%s by one of %i, whatever comes between their steps', async (_, contenders, stale) => {
    const place = makePlace()
    if (stale) leaveStale(place, 60)
    const at = Date.now() + 1_500
    const runs = range(contenders).map(() =>
      ask(place, 60, { at, load: 'jitter', env: { JITTER: '6' } }),
    )
    const { got, kept } = await collect(runs)
    expect(got).toEqual(range(60))
    expect(kept).toEqual(range(60))
  })

  test.each(
    ['readdirSync', 'mkdirSync', 'utimesSync', 'renameSync'].flatMap((call) => [
      ['before', call, false] as const,
      ['behind', call, true] as const,
    ]),
  )(
    'is not taken twice when a contender stands %s %s while another is through',
    async (_, call, after) => {
      const place = makePlace()
      leaveStale(place, 1)
      const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
      const plan = { call, in: `${place.dir}/0`, after, reached, until: go }
      const slow = ask(place, 1, { load: 'pause', env: { PAUSE: JSON.stringify(plan) } })
      await fileText(reached)
      const quick = ask(place, 1)
      await until('it has answered', () => answers(quick).length > 0)
      touch(go)
      const { got, kept } = await collect([slow, quick])
      expect(got).toEqual([0])
      expect(kept).toEqual([0])
    },
  )

  test('that was lost while its owner stood still is neither renewed nor removed by it', async () => {
    const place = makePlace()
    const first = ask(place, 1)
    await until('it has answered', () => answers(first).length > 0)
    expect(answers(first)).toEqual([[0]])
    first.kill('SIGSTOP')
    makeStale(`${place.dir}/0`)
    const second = ask(place, 1)
    await until('it has answered', () => answers(second).length > 0)
    expect(answers(second)).toEqual([[0]])
    const [name] = readdirSync(`${place.dir}/0`)
    first.kill('SIGCONT')
    first.child.stdin?.end()
    await first.ended
    expect(answers(first)).toEqual([[0], []])
    expect(readdirSync(`${place.dir}/0`)).toEqual([name])
    expect((await collect([second])).kept).toEqual([0])
  })
})
