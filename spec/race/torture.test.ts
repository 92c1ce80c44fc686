/** A minute of everything at once on one store, while processes are killed and stopped at random. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  entriesOf,
  expectWhole,
  makePlace,
  type Place,
  preload,
  type Ran,
  type Row,
  sessionOf,
  until,
} from '../support/cli.ts'

const duration = 60_000
const workers = 8
const day = 86_400_000

/** Numbers that look random, the same in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

/** What was acknowledged: by session, the texts that its transcript must have from then on. */
type Acknowledged = Map<string, string[]>

/** Runs a command that may be killed, or stopped for a while, at any moment of its life. */
async function strike(
  place: Place,
  args: readonly string[],
  roll: (sides: number) => number,
): Promise<Ran> {
  // Sessions are made and used two days ago, so that gc takes those that nobody is at.
  const isNow = ['gc', 'doctor', 'list'].includes(args[0] as string)
  const run = place.start(
    args,
    isNow ? {} : { env: { CLOCK_OFFSET: String(-2 * day) }, preload: [preload('clock')] },
  )
  const fate = roll(6)
  const after = roll(400)
  const timers = [
    setTimeout(() => {
      if (fate === 0) run.kill('SIGKILL')
      if (fate === 1) run.kill('SIGSTOP')
    }, after),
    setTimeout(() => {
      if (fate === 1) run.kill('SIGCONT')
    }, after + 300),
  ]
  const ran = await run.ended
  for (const timer of timers) clearTimeout(timer)
  return ran
}

/** What a worker does next: a command line, and whether it has a session say the text. */
function nextCommand(
  id: string,
  text: string,
  archive: string,
  roll: (sides: number) => number,
): { readonly args: readonly string[]; readonly says: boolean } {
  const pause = `sleep 0.0${roll(9)}`
  const tool = ['--', 'sh', '-c', `echo ${text}; ${pause}`]
  const events = [
    { type: 'thread.started', thread_id: text },
    { type: 'turn.completed', usage: { input_tokens: 1 } },
  ].map((event) => `echo '${JSON.stringify(event)}'`)
  const agent = ['--tool', 'codex', '--', 'sh', '-c', events.join(`; ${pause}; `)]
  const speaking = [
    ['run', ...tool],
    ['run', ...agent],
    ['run', '--parent', id, ...tool],
    ['run', '--fork', id, ...tool],
    ['resume', id, ...tool],
    ['rename', id, text],
  ]
  const others = [
    ['delete', id],
    ['trash', 'restore', id],
    ['gc', '--older-than', '1d', '--trash-for', '1d'],
    ['gc', '--older-than', '1d', '--trash-for', '1d'],
    ['doctor', '--fix'],
    ['redact', '--fix', id],
    ['pin', id],
    ['unpin', id],
    ['kill', id],
    ['export', id, '--to', archive],
    existsSync(archive) ? ['import', archive] : ['trash', 'list'],
    ['list', '--status', 'crashed'],
  ]
  const all = [...speaking, ...speaking, ...others]
  const at = roll(all.length)
  return { args: all[at] as string[], says: at < 2 * speaking.length }
}

async function work(place: Place, seed: number, acknowledged: Acknowledged): Promise<number> {
  const roll = dice(seed)
  const end = Date.now() + duration
  let done = 0
  for (let n = 0; Date.now() < end; n++) {
    const ids = [...acknowledged.keys()]
    const id = ids[roll(ids.length)] as string
    const text = `w${seed}n${n}`
    const archive = `${place.dir}/${roll(20)}.tar.gz`
    const { args, says } = nextCommand(id, text, archive, roll)
    const ran = await strike(place, args, roll)
    // Busy, gone, or killed, also by `stint kill`: anything but a mistake of its own.
    expect([0, 1, 3, 5, 125, 137, 143, null], `${args} ${ran.stderr}`).toContain(ran.status)
    expect(ran.stderr, String(args)).not.toMatch(/INTERNAL|IO_FAILED|DAMAGED|INVALID/)
    if (ran.status !== 0) continue
    done++
    if (!says) continue
    const session = args[0] === 'run' ? sessionOf(ran.stderr) : id
    if (session !== undefined)
      acknowledged.set(session, [...(acknowledged.get(session) ?? []), text])
  }
  return done
}

test('loses nothing that was acknowledged, and the doctor mends what is left', {
  timeout: duration + 240_000,
}, async () => {
  const place = makePlace()
  const acknowledged: Acknowledged = new Map()
  acknowledged.set(await place.make(['--', 'true']), [])
  const done = await Promise.all(
    Array.from({ length: workers }, (_, n) => work(place, n + 1, acknowledged)),
  )
  expect(Math.min(...done)).toBeGreaterThan(0)

  await until('nothing runs any more', async () => {
    const rows = await place.json<Row[]>(['list'])
    return rows.every(({ status }) => !['running', 'busy', 'orphaned'].includes(status))
  })
  const fixed = await place.stint(['doctor', '--fix', '--json'])
  expect([0, 1], fixed.stderr + fixed.stdout).toContain(fixed.status)
  const after = await place.stint(['doctor', '--deep', '--json'])
  const { checks } = JSON.parse(after.stdout) as { checks: Row[] }
  expect(checks.filter(({ severity, session }) => severity !== 'note' && session !== null)).toEqual(
    [],
  )

  const store = place.store()
  const there = new Map(
    ['sessions', 'trash'].flatMap((where) =>
      readdirSync(`${store}/${where}`).map((id) => [id, `${store}/${where}/${id}`] as const),
    ),
  )
  for (const [id, texts] of acknowledged) {
    const dir = there.get(id)
    expect(dir, `session ${id}`).toBeDefined()
    const entries = entriesOf(dir as string)
    expectWhole(entries)
    const told = JSON.stringify(entries)
    for (const text of texts) expect(told, `${id} has ${text}`).toContain(text)
  }
  expect(readdirSync(`${store}/staging`)).toEqual([])
  expect(readFileSync(`${store}/gc.log.jsonl`, 'utf8')).toContain('"act":"trash"')
})
