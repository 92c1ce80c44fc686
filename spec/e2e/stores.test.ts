/** Several stores looked at together: those of projects, or copies of what other machines have. */

import {
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  expectRefusal,
  makePlace,
  type Place,
  program,
  type Row,
  snapshot,
} from '../support/cli.ts'

/** A place with a session, and a copy of its store with one more, as of another machine. */
async function makeCopies(): Promise<{ place: Place; here: string; there: string; ids: string[] }> {
  const place = makePlace()
  const one = await place.make()
  const here = place.store()
  const there = `${place.dir}/copies/beta`
  mkdirSync(`${place.dir}/copies`)
  const two = await place.make(['--name', 'far', '--', 'echo', 'far'])
  cpSync(here, there, { recursive: true })
  rmSync(`${here}/sessions/${two}`, { recursive: true })
  rmSync(`${there}/sessions/${one}`, { recursive: true })
  return { place, here, there, ids: [two, one] }
}

describe('list --store', () => {
  test('twice shows the sessions of both, the newest first, and writes in neither', async () => {
    const { place, here, there, ids } = await makeCopies()
    const before = [snapshot(here), snapshot(there)]
    const rows = await place.json<Row[]>(['list', '--store', here, '--store', there])
    expect(rows.map(({ id }) => id)).toEqual(ids)
    expect(rows.map(({ store }) => store)).toEqual([there, here])
    expect(new Set(rows.map((row) => row.project_path))).toEqual(new Set([place.cwd]))
    const table = await place.stint(['list', '--store', here, '--store', there])
    const [head, first, second] = table.stdout.split('\n')
    expect(head).toMatch(/^SESSION +STORE +STATUS/)
    expect(first).toContain(` ${there} `)
    expect(second).toContain(` ${here} `)
    expect([snapshot(here), snapshot(there)]).toEqual(before)
  })

  const isRoot = process.platform === 'linux' && process.getuid?.() === 0
  test.skipIf(!isRoot)('reads a mount that nobody can write to (needs root on Linux)', async () => {
    const { place, here, there, ids } = await makeCopies()
    const script = `
      mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 99
      if touch "$1/x" 2>/dev/null; then exit 98; fi
      exec "$2" "$3" list --json --store "$0" --store "$1"`
    const command = ['unshare', '--mount', 'sh', '-c', script, here, there]
    const ran = await place.startOther([...command, process.execPath, program]).ended
    expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' })
    expect((JSON.parse(ran.stdout) as Row[]).map(({ id }) => id)).toEqual(ids)
  })

  test('of two projects names the projects, and filters over all', async () => {
    const { place, here } = await makeCopies()
    const other = `${place.dir}/other`
    mkdirSync(other)
    // Of one it says the same as of many.
    const [only] = await place.json<Row[]>(['list', '--all-projects', '--limit', '1'])
    expect(only?.store).toBe(here)
    await place.make(['--', 'false'], { cwd: other }).catch(() => undefined)
    const all = await place.stint(['list', '--all-projects'])
    expect(all.stdout).toMatch(/^\S+ +other /m)
    expect(all.stdout).toMatch(/^\S+ +project /m)
    const [row, ...rest] = await place.json<Row[]>(['list', '--all-projects', '--limit', '1'])
    expect([row?.project_path, rest]).toEqual([other, []])
    expect(row?.store).not.toBe(here)
  })

  test('warns of a store that cannot be read, and shows the others', async () => {
    const { place, here, there, ids } = await makeCopies()
    writeFileSync(`${there}/project.toml`, 'format = ')
    const none = `${place.dir}/none`
    const words = ['list', '--json', '--store', none, '--store', there, '--store', here]
    const ran = await place.stint(words)
    expect(ran.status).toBe(0)
    expect((JSON.parse(ran.stdout) as Row[]).map(({ id }) => id)).toEqual(ids.slice(1))
    expect(ran.stderr).toMatch(/^warning: .*none/m)
    expect(ran.stderr).toMatch(/^warning: .*project\.toml/m)
    expect((await place.stint(['list', '--store', there])).status).toBe(6)
    const alone = await place.stint(['list', '--store', none])
    expect(alone).toMatchObject({ status: 0, stdout: '' })
    expect(alone.stderr).toBe(`warning: there is no store at ${none}\nno sessions\n`)
  })

  test('warns of a project that is not there, unless it was and has sessions', async () => {
    const place = makePlace()
    const none = `${place.dir}/none`
    const list = () => place.stint(['list', '--project', none])
    expect((await list()).stderr).toBe(`warning: there is no directory ${none}\nno sessions\n`)
    const ran = await place.stint(['run', '--project', none, '--', 'true'])
    expectRefusal(ran, { status: 125, code: 'CWD_GONE' })
    expect(existsSync(place.home)).toBe(false)
    mkdirSync(none)
    expect((await list()).stderr).toBe('no sessions\n')
    await place.make(['--', 'true'], { cwd: none })
    rmdirSync(none)
    expect(await list()).toMatchObject({ status: 0, stderr: '' })
  })

  test('says where the sessions of a project are that was moved', async () => {
    const place = makePlace()
    const [old, now] = [`${place.dir}/old/demo`, `${place.dir}/new/demo`]
    mkdirSync(old, { recursive: true })
    await place.make(['--', 'true'], { cwd: old })
    mkdirSync(`${place.dir}/new`)
    renameSync(old, now)
    const { status, stderr } = await place.stint(['list'], { cwd: now })
    expect(status).toBe(0)
    expect(stderr).toBe(
      `no sessions; if this is what was ${old}, \`stint project move ${old} .\` brings its sessions along\n`,
    )
  })
})

describe('ps --store', () => {
  test('looks at the sessions of several stores', async () => {
    const { place, here, there } = await makeCopies()
    expect(await place.json(['ps', '--store', here, '--store', there])).toEqual([])
  })
})
