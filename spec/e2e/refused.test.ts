/** Files that are another user's, and a disk that lets things be made and none be removed. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectRefusal, makePlace, type Place, type Row } from '../support/cli.ts'

const preload = [join(import.meta.dirname, '../support/refusals.mjs')]

/** With these calls refused on paths that have such a text in them. */
const refusing = (calls: Record<string, string>) => ({
  preload,
  env: { STINT_REFUSALS: JSON.stringify(calls) },
})

const undeletable = (text: string) =>
  refusing({ unlinkSync: text, rmdirSync: text, renameSync: text })

describe('where nothing can be removed', () => {
  test('a turn that leaves nothing behind ends as its tool did, and a warning says what stays', async () => {
    const place = makePlace()
    const ran = await place.stint(
      ['run', '--ephemeral', '--', 'sh', '-c', 'echo ran; exit 3'],
      refusing({ unlinkSync: '/staging/' }),
    )
    expect(ran.stdout).toBe('ran\n')
    expect(ran.status).toBe(3)
    expect(ran.stderr).toMatch(/^warning: session \S+ could not be removed: no access/m)
  })

  test("a tool's turn ends as it did although the file with its prompt stays", async () => {
    const place = makePlace()
    const [bin, tmp] = [`${place.dir}/bin`, `${place.dir}/tmp`]
    for (const dir of [bin, tmp]) mkdirSync(dir)
    writeFileSync(`${bin}/aider`, '#!/bin/sh\nexit 3\n', { mode: 0o700 })
    const { preload, env } = refusing({ unlinkSync: `${tmp}/stint-` })
    const PATH = `${bin}:${place.env.PATH}`
    const { status } = await place.stint(['run', '--tool', 'aider', 'say something'], {
      preload,
      env: { ...env, PATH, TMPDIR: tmp, XDG_RUNTIME_DIR: undefined },
    })
    expect(status).toBe(3)
    expect(readdirSync(tmp)).toHaveLength(1)
  })

  test.each(['staging', 'ephemeral'])(
    'what a crash left in %s/ keeps no session from starting',
    async (dir) => {
      const left = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
      const place = makePlace()
      await place.make()
      mkdirSync(`${place.store()}/${dir}/${left}/locks`, { recursive: true })
      const ran = await place.stint(['run', '--', 'echo', 'ran'], undeletable(`/${dir}/${left}`))
      expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 0, stdout: 'ran\n' })
      const fix = await place.stint(
        ['doctor', '--fix', `${dir}.leftover`],
        undeletable(`/${dir}/${left}`),
      )
      expect(fix.stderr).toContain('warning: left as it is: no access')
    },
  )
})

describe('what this user has no access to', () => {
  const trashed = async (place: Place, name: string) => {
    const id = await place.make(['--name', name, '--', 'true'])
    await place.stint(['delete', name])
    return id
  }

  test('of ephemeral/, which somebody else made, keeps no session from starting', async () => {
    const place = makePlace()
    await place.make()
    mkdirSync(`${place.store()}/ephemeral`)
    const ran = await place.stint(['run', '--', 'true'], refusing({ readdirSync: '/ephemeral' }))
    expect(ran).toMatchObject({ status: 0, stderr: expect.not.stringContaining('no access') })
  })

  test('in the trash keeps nothing else there from being removed', async () => {
    for (const args of [
      ['trash', 'empty'],
      ['gc', '--trash-for', '0s'],
    ]) {
      const place = makePlace()
      const closed = await trashed(place, 'closed')
      await trashed(place, 'open')
      const ran = await place.stint(args, refusing({ openSync: `${closed}/locks` }))
      expect(readdirSync(`${place.store()}/trash`)).toEqual([closed])
      expect(ran.status).not.toBe(0)
      expect(ran.stderr).toMatch(new RegExp(`^warning: session ${closed} .*: no access`, 'm'))
    }
  })

  test('in the trash is taken back from the log of what was removed', async () => {
    const place = makePlace()
    const closed = await trashed(place, 'closed')
    await place.stint(['gc', '--trash-for', '0s'], refusing({ openSync: `${closed}/locks` }))
    const log = readFileSync(`${place.store()}/gc.log.jsonl`, 'utf8').trimEnd().split('\n')
    expect(log.map((line) => (JSON.parse(line) as Row).act)).toEqual(['purge', 'kept'])
  })

  test('of the locks of a session is said where it is shown', async () => {
    const place = makePlace()
    const id = await place.make()
    for (const lock of ['session', 'command', 'journal']) {
      const how = refusing({ openSync: `/locks/${lock}.lock` })
      const { status, stdout } = await place.stint(['show', id, '--json'], how)
      expect(status).toBe(0)
      const { locks, warnings } = JSON.parse(stdout) as Row
      expect(locks.map(({ name }: Row) => name)).not.toContain(lock)
      expect(warnings).toMatchObject([{ code: 'ACCESS_DENIED' }])
    }
  })

  test.each(['', '/state.toml', '/transcript.jsonl', '/locks', '/locks/command.lock'])(
    'of a session is found by the doctor: its directory%s',
    async (name) => {
      const place = makePlace()
      const file = `${place.session(await place.make())}${name}`
      const { status, stdout } = await place.stint(
        ['doctor', '--json'],
        refusing({ accessSync: file }),
      )
      expect(status).toBe(6)
      const { checks } = JSON.parse(stdout) as Row
      expect(checks).toMatchObject([{ id: 'session.access', file: expect.stringContaining(name) }])
      expect(checks[0].fix).toMatch(/^chmod -R u\+rwX \S+$/)
    },
  )

  test('of project.toml keeps nobody from reading, and the doctor finds it', async () => {
    const place = makePlace()
    const id = await place.make()
    const how = refusing({ openSync: '/project.toml' })
    expect(await place.json(['list'], how)).toMatchObject([{ id }])
    const { status, stdout } = await place.stint(['doctor', '--json'], how)
    expect(status).toBe(6)
    expect((JSON.parse(stdout) as Row).checks).toMatchObject([{ id: 'store.project' }])
    const refused = await place.stint(['run', '--', 'true'], how)
    expectRefusal(refused, { status: 125, code: 'ACCESS_DENIED' })
  })
})
