import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Lease, openLease } from '../../lib/os/lease.ts'
import { thisProcess } from '../../lib/os/process.ts'
import { makeDir } from '../support/place.ts'

const far = {
  pid: 4711,
  start_time: '1',
  boot_id: 'another boot',
  pid_ns: 'pid:[1]',
  host: 'far',
  machine_id: 'another machine',
}

function leave(path: string, owner: object | undefined, ageSeconds = 0): void {
  mkdirSync(path)
  const at = Date.now() / 1000 - ageSeconds
  utimesSync(path, at, at)
  if (owner !== undefined) writeFileSync(`${path}.json`, `${JSON.stringify(owner)}\n`)
}

async function take(path: string): Promise<Lease> {
  const answer = await openLease(path)
  if (answer.kind !== 'taken') throw new Error(`it is ${answer.kind}`)
  return answer.lease
}

describe('openLease', () => {
  it('gives a lease that nobody has, and leaves nothing when it is released', async () => {
    const path = `${makeDir()}/lease`
    const lease = await take(path)
    expect(lease.isLost()).toBe(false)
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toMatchObject({ pid: process.pid })
    await lease.release()
    expect([existsSync(path), existsSync(`${path}.json`)]).toEqual([false, false])
  })

  it('serves every process of the machine that has it', async () => {
    const path = `${makeDir()}/lease`
    const lease = await take(path)
    expect(await openLease(path)).toEqual({ kind: 'ours' })
    await lease.release()
  })

  it('is refused with the host while another machine renews it', async () => {
    const path = `${makeDir()}/lease`
    leave(path, far, 50)
    expect(await openLease(path)).toEqual({ kind: 'held', host: 'far' })
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toEqual(far)
  })

  it('is taken over from a machine that has not renewed it for a minute', async () => {
    const path = `${makeDir()}/lease`
    leave(path, far, 70)
    const lease = await take(path)
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toMatchObject({ pid: process.pid })
    await lease.release()
  })

  it('is taken at once from a process of this machine that is dead, and not from a namesake', async () => {
    const dir = makeDir()
    const held = await take(`${dir}/probe`)
    const { machine_id } = JSON.parse(readFileSync(`${dir}/probe.json`, 'utf8'))
    await held.release()
    const dead = { ...thisProcess(), start_time: 'never', machine_id }
    leave(`${dir}/mine`, dead)
    await (await take(`${dir}/mine`)).release()
    leave(`${dir}/other`, { ...dead, boot_id: 'another boot', machine_id: 'another machine' })
    expect(await openLease(`${dir}/other`)).toMatchObject({ kind: 'held' })
  })

  it('is taken at once where a process died before it wrote its record', async () => {
    const path = `${makeDir()}/lease`
    leave(path, undefined)
    await (await take(path)).release()
  })

  it('is lost when another record stands there, and then touches nothing of it', async () => {
    const path = `${makeDir()}/lease`
    const lease = await take(path)
    writeFileSync(`${path}.json`, JSON.stringify(far))
    expect(lease.isLost()).toBe(true)
    await lease.release()
    expect(existsSync(path)).toBe(true)
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toEqual(far)
  })
})
