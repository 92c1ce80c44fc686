import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Lease, type LeaseUse, openLease } from '../../lib/os/lease.ts'
import { thisProcess } from '../../lib/os/process.ts'
import { makeDir } from '../support/place.ts'

const turn: LeaseUse = { brief: false }
const change: LeaseUse = { brief: true }

const far = {
  pid: 4711,
  start_time: '1',
  boot_id: 'another boot',
  pid_ns: 'pid:[1]',
  host: 'far',
  machine_id: 'another machine',
  name: 'owner.far',
  brief: false,
}

/** Leaves a lease as an owner of these facts would, last renewed so many seconds ago. */
function leave(path: string, owner: object, ageSeconds = 0): void {
  mkdirSync(path)
  writeFileSync(`${path}/owner.far`, `${JSON.stringify(owner)}\n`)
  age(path, ageSeconds)
}

function age(path: string, seconds: number): void {
  const at = Date.now() / 1000 - seconds
  for (const name of readdirSync(path)) utimesSync(`${path}/${name}`, at, at)
}

function ownerOf(path: string): Record<string, unknown> {
  const names = readdirSync(path)
  expect(names).toHaveLength(1)
  return JSON.parse(readFileSync(`${path}/${names[0]}`, 'utf8'))
}

function take(path: string, use: LeaseUse = turn): Lease {
  const answer = openLease(path, use)
  if (answer.kind !== 'taken') throw new Error(`it is ${answer.kind}`)
  return answer.lease
}

/** What identifies this process on this machine, as its own leases say it. */
function here(dir: string): Record<string, unknown> {
  const held = take(`${dir}/probe`)
  const { machine_id, mount } = ownerOf(`${dir}/probe`)
  held.release()
  return { ...thisProcess(), machine_id, mount, name: 'owner.far', brief: false }
}

describe('openLease', () => {
  it('gives a lease that nobody has, and leaves nothing when it is released', () => {
    const dir = makeDir()
    const lease = take(`${dir}/lease`)
    expect([lease.isLost(), lease.wasStale]).toEqual([false, false])
    expect(ownerOf(`${dir}/lease`)).toMatchObject({ pid: process.pid })
    lease.release()
    expect(readdirSync(dir)).toEqual([])
  })

  it('serves a change by another process of the machine that has it, but no longer work', () => {
    const path = `${makeDir()}/lease`
    const lease = take(path)
    expect(openLease(path, change)).toEqual({ kind: 'ours' })
    expect(lease.isLost()).toBe(false)
    const next = take(path)
    expect([lease.isLost(), next.isLost()]).toEqual([true, false])
    lease.release()
    expect(next.isLost()).toBe(false)
    next.release()
  })

  it('serves nobody else where each process is to be alone', () => {
    const path = `${makeDir()}/lease`
    const lease = take(path, { brief: true, alone: true })
    expect(openLease(path, { brief: true, alone: true })).toMatchObject({ kind: 'held' })
    expect(lease.isLost()).toBe(false)
    lease.release()
    take(path, { brief: true, alone: true }).release()
  })

  it('serves nobody of another mount, whose locks this one may not see', () => {
    const dir = makeDir()
    leave(`${dir}/lease`, { ...here(dir), mount: 1 })
    expect(openLease(`${dir}/lease`, change)).toMatchObject({ kind: 'held' })
  })

  it('is refused with the host while another machine renews it', () => {
    const path = `${makeDir()}/lease`
    leave(path, far, 50)
    expect(openLease(path, turn)).toEqual({ kind: 'held', host: 'far', brief: false })
    expect(ownerOf(path)).toEqual(far)
  })

  it('is taken over from a machine that has not renewed it for a minute', () => {
    const path = `${makeDir()}/lease`
    leave(path, far, 70)
    const lease = take(path)
    expect(lease.wasStale).toBe(true)
    expect(ownerOf(path)).toMatchObject({ pid: process.pid })
    lease.release()
  })

  it('is taken at once from a process of this machine that is dead, and not from a namesake', () => {
    const dir = makeDir()
    const dead = { ...here(dir), start_time: 'never' }
    leave(`${dir}/mine`, dead)
    const lease = take(`${dir}/mine`)
    expect(lease.wasStale).toBe(false)
    lease.release()
    leave(`${dir}/other`, { ...dead, boot_id: 'another boot', machine_id: 'another machine' })
    expect(openLease(`${dir}/other`, turn)).toMatchObject({ kind: 'held' })
  })

  it.each([{ start_time: undefined }, { start_time: 7 }, { boot_id: null }, { host: '' }])(
    'is nobody dead’s where its record has %j',
    (odd) => {
      const dir = makeDir()
      leave(`${dir}/lease`, { ...here(dir), mount: 1, ...odd })
      expect(openLease(`${dir}/lease`, turn)).toMatchObject({
        kind: 'held',
        host: expect.stringMatching(/./),
      })
    },
  )

  it('that says nothing of its owner is taken at once where no other machine writes', () => {
    const path = `${makeDir()}/lease`
    leave(path, { ...far, name: 'owner.of-before' })
    expect(openLease(path, { brief: false, alone: true })).toMatchObject({
      ...{ kind: 'held', brief: true },
    })
    take(path).release()
  })

  it('is not kept from anybody by an empty directory, or by what is no lease', () => {
    const path = `${makeDir()}/lease`
    mkdirSync(path)
    take(path).release()
    mkdirSync(path)
    writeFileSync(`${path}/.nfs0001`, '')
    take(path).release()
    expect(existsSync(path)).toBe(false)
  })

  it('serves a change by its own machine after that was suspended, renewed', () => {
    const path = `${makeDir()}/lease`
    const lease = take(path)
    age(path, 70)
    expect(openLease(path, change)).toEqual({ kind: 'ours' })
    expect(lease.isLost()).toBe(false)
    expect(openLease(path, { brief: true, alone: true })).toMatchObject({ kind: 'held' })
    lease.release()
  })

  it('is lost when another has it, and then touches nothing of it', () => {
    const path = `${makeDir()}/lease`
    const lease = take(path)
    age(path, 70)
    const next = take(path, { brief: false, alone: true })
    expect([lease.isLost(), next.isLost()]).toEqual([true, false])
    const before = ownerOf(path)
    lease.release()
    lease.abandon()
    expect(ownerOf(path)).toEqual(before)
    next.release()
  })

  it('that was abandoned stays, and is its own for this machine', () => {
    const path = `${makeDir()}/lease`
    take(path).abandon()
    expect(ownerOf(path)).toMatchObject({ pid: process.pid })
    take(path).release()
    expect(existsSync(path)).toBe(false)
  })

  it('goes along when its directory is moved', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/a`)
    const lease = take(`${dir}/a/lease`)
    mkdirSync(`${dir}/b`)
    expect(lease.movedTo(`${dir}/b/lease`).isLost()).toBe(true)
    expect(lease.movedTo(`${dir}/a/lease`).isLost()).toBe(false)
    lease.release()
    expect(readdirSync(`${dir}/a`)).toEqual([])
  })

  it('sweeps what was killed while it asked, when it takes over', () => {
    const dir = makeDir()
    leave(`${dir}/lease`, far, 70)
    const draft = `lease.${crypto.randomUUID()}`
    mkdirSync(`${dir}/${draft}`)
    utimesSync(`${dir}/${draft}`, 1, 1)
    const lease = take(`${dir}/lease`)
    expect(readdirSync(dir)).toEqual(['lease'])
    lease.release()
  })
})
