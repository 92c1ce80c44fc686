/** Many processes append to one session. */

import { rmSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../support/bundle.ts'
import { entriesOf, expectWhole, makePlace, type Place, type Row, touch } from '../support/cli.ts'

let appender: string

beforeAll(async () => {
  appender = await bundle('spec/race/appender.ts')
})

function appendFrom(place: Place, id: string, tag: string, count: number) {
  return place.startOther([process.execPath, appender, place.store(), id, tag, String(count)])
}

function notes(entries: readonly Row[], tag: string): number[] {
  return entries.filter((entry) => entry.text === tag).map((entry) => entry.data.n as number)
}

/** The state as its file has it, and as the journal alone tells it. */
async function statesOf(place: Place, id: string): Promise<[Row, Row]> {
  const { state } = await place.json(['show', id])
  rmSync(`${place.session(id)}/state.toml`)
  const ran = await place.stint(['show', id, '--json'])
  return [state as Row, (JSON.parse(ran.stdout) as Row).state as Row]
}

describe('appending', () => {
  test('eight processes with a hundred entries each leave eight hundred, in one order', async () => {
    const place = makePlace()
    const id = await place.make()
    const before = entriesOf(place.session(id)).length
    const tags = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const runs = tags.map((tag) => appendFrom(place, id, tag, 100))
    for (const run of runs) {
      const ran = await run.ended
      expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' })
    }
    const entries = entriesOf(place.session(id))
    expect(entries).toHaveLength(before + 800)
    expectWhole(entries)
    const hundred = Array.from({ length: 100 }, (_, n) => n)
    for (const tag of tags) expect(notes(entries, tag)).toEqual(hundred)
    const [file, folded] = await statesOf(place, id)
    expect(file).toEqual(folded)
    expect(file.journal.seq).toBe(entries.length - 1)
  }, 120_000)

  test('goes on beside a tool that streams, and nothing of either is lost', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const script =
      'i=0; while [ ! -e "$0" ] || [ $i -lt 300 ]; do i=$((i+1)); echo "line $i"; done; echo "last $i"'
    const run = place.start(['run', '--', 'sh', '-c', script, gate])
    const id = await run.session()
    await run.says('line 1\n')
    const appends = ['a', 'b'].map((tag) => appendFrom(place, id, tag, 20))
    for (const append of appends) expect((await append.ended).status).toBe(0)
    touch(gate)
    const ran = await run.ended
    expect(ran.status).toBe(0)
    const entries = entriesOf(place.session(id))
    expectWhole(entries)
    const twenty = Array.from({ length: 20 }, (_, n) => n)
    for (const tag of ['a', 'b']) expect(notes(entries, tag)).toEqual(twenty)
    const lines = entries.filter(({ type }) => type === 'output').map(({ text }) => text as string)
    expect(`${lines.join('\n')}\n`).toBe(ran.stdout)
    const [file, folded] = await statesOf(place, id)
    expect(file).toEqual(folded)
  })
})
