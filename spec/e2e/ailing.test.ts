/** A machine whose calls fail while a turn runs: how the tool ended is how the command ends. */

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { agent, expectRefusal, makePlace, type Place, touch, until } from '../support/cli.ts'

const preload = [join(import.meta.dirname, '../support/ailing.mjs')]
const { EDQUOT, EIO, ENFILE, ESTALE } = constants.errno

/** The system has no more files to open. */
const exhausted = {
  errno: ENFILE,
  calls: ['openSync', 'opendirSync', 'readdirSync', 'readFileSync'],
}

interface Ailment {
  readonly errno: number
  readonly calls?: readonly string[]
  readonly text?: string
}

/** A tool that works until `gate` is there, and ends with 4; the calls fail from when `when` is. */
function hold(place: Place, ailment: Ailment, more: Readonly<Record<string, string>> = {}) {
  const [gate, when] = [`${place.dir}/gate`, `${place.dir}/when`]
  const env = { AILING: JSON.stringify({ when, ...ailment }), ...more }
  const run = place.start(['run', '--', agent('hold.sh'), gate, '4'], { preload, env })
  return { run, gate, when }
}

describe.skipIf(process.platform !== 'linux')('a turn whose machine ails', () => {
  test.each([
    [EDQUOT, /the disk quota leaves no space for .*transcript\.jsonl$/m],
    [ESTALE, /transcript\.jsonl: its file server does not know it any more \(ESTALE\)$/m],
    // On Linux a damaged file system.
    [117, /transcript\.jsonl: the file system is damaged \(EUCLEAN\)$/m],
    [4_000, /transcript\.jsonl: unknown error \(errno 4000\)$/m],
  ])(
    'what a journal’s disk says by errno %i is said in words, and the tool goes on',
    async (errno, words) => {
      const place = makePlace()
      const ailment = { errno, calls: ['writeSync'], text: 'transcript.jsonl' }
      const { run, gate, when } = hold(place, ailment, { STINT_JOURNAL_PATIENCE: '50s' })
      await run.says('working as')
      touch(when)
      touch(gate)
      await run.says('the tool goes on')
      rmSync(when)
      const { status, stderr } = await run.ended
      expect(status).toBe(4)
      expect(stderr).toMatch(words)
      const texts = (await place.json(['logs', '@last'])).map(({ text }: { text: string }) => text)
      expect(texts).toContain('done')
    },
  )

  test('goes on where no more files can be opened, and ends as its tool did', async () => {
    const place = makePlace()
    const { run, gate, when } = hold(place, exhausted, { STINT_JOURNAL_PATIENCE: '0s' })
    await run.says('working as')
    touch(when)
    // Its memory is looked at once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(run.isOver()).toBe(false)
    touch(gate)
    const { status, stderr } = await run.ended
    expect(status).toBe(4)
    expect(stderr).toMatch(/^warning: the turn's end is not in the journal: .*ENFILE/m)
    expect(stderr).not.toContain('error')
  })

  test('ends by a signal there, too, and says what cannot be looked for', async () => {
    const place = makePlace()
    const { run, when } = hold(place, exhausted, { STINT_JOURNAL_PATIENCE: '0s' })
    await run.says('working as')
    touch(when)
    run.kill('SIGTERM')
    const { status, stderr } = await run.ended
    expect(status).toBe(143)
    expect(stderr).toMatch(/^warning: what the turn left running cannot be looked for: .*ENFILE/m)
  })

  test('is waited for and followed to its end although nothing can be looked at meanwhile', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate, '0'])
    const id = await run.session()
    await run.says('working as')
    const when = `${place.dir}/when`
    const watchers = [
      ['wait', id],
      ['logs', id, '-f'],
      ['resume', id, '--wait', '--', 'true'],
    ].map((words, at) => {
      const [log, looks] = [`${place.dir}/log-${at}`, `${place.dir}/looks-${at}`]
      const env = { AILING: JSON.stringify({ when, ...exhausted, log, looks }) }
      return { log, looks, watcher: place.start(words, { preload, env }) }
    })
    // Whoever looks again and again waits.
    const isWaiting = (looks: string) =>
      existsSync(looks) && readFileSync(looks, 'utf8').split('\n').length > 5
    for (const { looks } of watchers) await until('it waits', () => isWaiting(looks))
    await watchers[1]?.watcher.says('working as')
    touch(when)
    for (const { log } of watchers) {
      await until('it was looked in vain', () => existsSync(log))
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(watchers.map(({ watcher }) => watcher.isOver())).toEqual([false, false, false])
    rmSync(when)
    touch(gate)
    for (const { watcher } of watchers) {
      const { status, stderr } = await watcher.ended
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.not.stringContaining('error'),
      })
    }
    expect(watchers[1]?.watcher.stdout()).toContain('done')
    await run.ended
  })

  test('never starts where nobody could know its process later', async () => {
    const place = makePlace()
    const id = await place.make()
    // From when its turn is made ready.
    const when = `${place.session(id)}/output/turn-0002`
    const env = {
      AILING: JSON.stringify({ when, errno: ENFILE, calls: ['openSync'], text: '/proc/' }),
    }
    const ran = await place.stint(['resume', id, '--', 'touch', `${place.dir}/ran`], {
      preload,
      env,
    })
    expectRefusal(ran, { status: 126, code: 'SPAWN_FAILED', hint: false })
    expect(ran.stderr).toContain('ENFILE')
    expect(existsSync(`${place.dir}/ran`)).toBe(false)
    expect(await place.json(['show', id])).toMatchObject({ status: 'idle', turn: 1 })
  })

  /** A disk that is full when the start of a turn is in its journal and its state is to be replaced. */
  const fullAtStart = (place: Place, onward: boolean) => ({
    preload: [join(import.meta.dirname, '../support/faults.mjs')],
    env: {
      STINT_FAULTS: JSON.stringify({
        ...{ root: place.home, from: 'state.toml.', at: 1, do: 'ENOSPC', onward },
      }),
    },
  })

  test.each([
    ['did not crash', false, { status: 'idle', outcome: 'failure' }],
    ['is found crashed where its end has no room either', true, { status: 'crashed' }],
  ])('one that a full disk refused at its start %s', async (_, onward, seen) => {
    const place = makePlace()
    const id = await place.make()
    const words = ['resume', id, '--', 'touch', `${place.dir}/ran`]
    const ran = await place.stint(words, fullAtStart(place, onward))
    expectRefusal(ran, { status: 125, code: 'DISK_FULL' })
    expect(ran.stderr).toContain('try again')
    expect(existsSync(`${place.dir}/ran`)).toBe(false)
    expect(await place.json(['show', id])).toMatchObject({ ...seen, turn: 2 })
    if (!onward) {
      const { summary } = await place.json(['result', id])
      expect(summary).toMatch(/^its tool was never started: no space left for /)
    }
    expect((await place.stint(['resume', id, '--', 'true'])).status).toBe(0)
  })

  test('one that the disk did not confirm at its start is to be started again', async () => {
    const place = makePlace()
    const id = await place.make()
    // The write of its first entry, and then the sync.
    const fault = { root: place.home, from: 'transcript.jsonl', at: 2, do: 'EIO' }
    const ran = await place.stint(['resume', id, '--', 'touch', `${place.dir}/ran`], {
      preload: [join(import.meta.dirname, '../support/faults.mjs')],
      env: { STINT_FAULTS: JSON.stringify(fault) },
    })
    expectRefusal(ran, { status: 125, code: 'DURABILITY_UNKNOWN', hint: /and try again$/m })
    expect(ran.stderr).not.toContain('is recorded')
    expect(existsSync(`${place.dir}/ran`)).toBe(false)
    expect(await place.json(['show', id])).toMatchObject({ status: 'idle', outcome: 'failure' })
    const { summary } = await place.json(['result', id])
    expect(summary).toMatch(/^its tool was never started: .* did not confirm what was written$/)
    expect((await place.stint(['resume', id, '--', 'true'])).status).toBe(0)
  })

  test('one that a full disk refused leaves no session that was made for it', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '--', 'true'], fullAtStart(place, true))
    expectRefusal(ran, { status: 125, code: 'DISK_FULL' })
    expect(await place.json(['list'])).toEqual([])
    expect(readdirSync(`${place.store()}/staging`)).toEqual([])
  })

  test.each(['transcript.jsonl', 'state.toml'])(
    'one whose %s had no room takes none in staging/ either',
    async (from) => {
      const place = makePlace()
      const fault = { root: place.home, from, at: 1, do: 'ENOSPC' }
      const ran = await place.stint(['run', '--', 'true'], {
        preload: [join(import.meta.dirname, '../support/faults.mjs')],
        env: { STINT_FAULTS: JSON.stringify(fault) },
      })
      expectRefusal(ran, { status: 125, code: 'DISK_FULL' })
      expect(readdirSync(`${place.store()}/staging`)).toEqual([])
    },
  )

  test('a close that reports trouble changes nothing', async () => {
    const place = makePlace()
    const { run, gate, when } = hold(place, { errno: EIO, calls: ['closeSync'] })
    await run.says('working as')
    touch(when)
    touch(gate)
    const { status, stderr } = await run.ended
    expect({ status, said: stderr.split('\n').length }).toEqual({ status: 4, said: 2 })
    expect(await place.json(['list'])).toMatchObject([{ status: 'idle', outcome: 'failure' }])
  })

  test('a result that cannot be looked at is left to the next turn', async () => {
    const place = makePlace()
    const { run, gate, when } = hold(place, { errno: EIO, text: 'result.toml' })
    await run.says('working as')
    touch(when)
    touch(gate)
    expect((await run.ended).status).toBe(4)
    rmSync(when)
    expect(await place.json(['result', '@last'])).toMatchObject({ exit_code: 4 })
  })

  test('nothing can be said on a standard error that fails', async () => {
    const place = makePlace()
    const { run, gate, when } = hold(place, { errno: EIO, calls: ['writeSync'] })
    await run.says('working as')
    touch(when)
    touch(gate)
    // Its trouble with the journal is to be said first.
    await new Promise((resolve) => setTimeout(resolve, 300))
    rmSync(when)
    expect((await run.ended).status).toBe(4)
  })

  test('a lease that cannot be given back does not hide how the turn ended', async () => {
    const place = makePlace()
    await place.make()
    const config = `${place.store()}/project.toml`
    const text = readFileSync(config, 'utf8')
    writeFileSync(config, text.replace('lease_only = false', 'lease_only = true'))
    const { run, gate, when } = hold(place, { errno: EIO, calls: ['unlinkSync'], text: 'lease' })
    await run.says('working as')
    touch(when)
    touch(gate)
    const { status, stderr } = await run.ended
    expect(status).toBe(4)
    expect(stderr).toMatch(/^warning: session \w+ could not be let go of: .*EIO/m)
  })
})

describe.skipIf(process.platform !== 'linux')('where no more files can be opened', () => {
  /** The program where files whose path has this in it cannot be opened. */
  const short = (place: Place, text: string, words: readonly string[]) => {
    const AILING = JSON.stringify({ when: place.dir, errno: ENFILE, calls: ['openSync'], text })
    return place.stint(words, { preload, env: { AILING } })
  }

  test('a name is not guessed about', async () => {
    const place = makePlace()
    const ids = [
      await place.make(['--name', 'twin', '--', 'true']),
      await place.make(['--name', 'twin', '--', 'true']),
    ]
    for (const id of ids) {
      const ran = await short(place, `${id}/state.toml`, ['delete', 'twin'])
      expectRefusal(ran, { status: 7, code: 'IO_FAILED', hint: false })
    }
    expect(await place.json(['list'])).toHaveLength(2)
  })
})

test.skipIf(process.platform !== 'linux')(
  'a command leaves the file that its output went to before libraries sync it',
  async () => {
    const place = makePlace()
    await place.make()
    const [output, seen, spy] = [`${place.dir}/output`, `${place.dir}/seen`, `${place.dir}/spy.cjs`]
    const descriptors = "[1, 2].map((fd) => fs.readlinkSync('/proc/self/fd/' + fd)).join()"
    writeFileSync(
      spy,
      `const fs = require('node:fs')
      const { reallyExit } = process
      process.reallyExit = (status) => {
        fs.writeFileSync(${JSON.stringify(seen)}, ${descriptors})
        reallyExit.call(process, status)
      }`,
    )
    const fd = openSync(output, 'w')
    const how = { preload: [spy], stdio: ['ignore' as const, fd, fd] }
    const { status } = await place.stint(['rename', '@last', 'mine'], how)
    closeSync(fd)
    expect(status).toBe(0)
    expect(readFileSync(output, 'utf8')).toMatch(/^session \w{26}: mine/)
    expect(readFileSync(seen, 'utf8')).toBe('/dev/null,/dev/null')
  },
)

test('a bug says what it is in the file that its output goes to', async () => {
  const place = makePlace()
  const [output, bug] = [`${place.dir}/output`, `${place.dir}/bug.cjs`]
  writeFileSync(bug, "process.nextTick(() => { throw new Error('a bug') })")
  const fd = openSync(output, 'w')
  const { status } = await place.stint(['list'], { preload: [bug], stdio: ['ignore', fd, fd] })
  closeSync(fd)
  expect(status).toBe(1)
  expect(readFileSync(output, 'utf8')).toContain('Error: a bug')
})
