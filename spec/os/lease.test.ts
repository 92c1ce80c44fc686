import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  createLease,
  isLeaseAlive,
  type Lease,
  type LeaseUse,
  openLease,
} from '../../lib/os/lease.ts'
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

/** Where a link leads; one of a descriptor may be gone by now. */
function readlinkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** What identifies this process on this machine, as its own leases say it. */
function here(dir: string): Record<string, unknown> {
  const held = take(`${dir}/probe`)
  const { machine_id, mount } = ownerOf(`${dir}/probe`)
  held.release()
  return { ...thisProcess(), machine_id, mount, name: 'owner.far', brief: false }
}

/** Does something once, just before a call for a path that fits. */
function justBefore(
  call: 'openSync' | 'utimesSync' | 'renameSync',
  fits: RegExp,
  act: () => void,
): void {
  const real = fs[call].bind(fs) as (...args: unknown[]) => never
  let isDone = false
  vi.spyOn(fs, call).mockImplementation((...args: unknown[]) => {
    if (!isDone && fits.test(String(args[0]))) {
      isDone = true
      act()
    }
    return real(...args)
  })
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const draftOf = (path: string) => new RegExp(`^${path}\\.[0-9a-f-]{36}/owner\\.`)

describe('openLease', () => {
  it('gives a lease that nobody has, and leaves nothing when it is released', () => {
    const dir = makeDir()
    const lease = take(`${dir}/lease`)
    expect([lease.isLost(), lease.wasStale]).toEqual([false, false])
    expect(ownerOf(`${dir}/lease`)).toMatchObject({ pid: process.pid })
    lease.release()
    expect(readdirSync(dir)).toEqual([])
  })

  it.each(['ENOTEMPTY', 'ESTALE'])('is released where the next is there already: %s', (code) => {
    const lease = take(`${makeDir()}/lease`)
    vi.spyOn(fs, 'rmdirSync').mockImplementationOnce(() => {
      throw Object.assign(new Error(), { code })
    })
    lease.release()
    expect(lease.isLost()).toBe(true)
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
    rmSync(path, { recursive: true })
    leave(path, { ...far, brief: true })
    expect(openLease(path, turn)).toEqual({ kind: 'held', host: 'far', brief: true })
  })

  it('is the rival’s that placed it meanwhile', () => {
    const path = `${makeDir()}/lease`
    justBefore('openSync', draftOf(path), () => leave(path, far))
    expect(openLease(path, turn)).toMatchObject({ kind: 'held', host: 'far' })
    expect(ownerOf(path)).toEqual(far)
    expect(existsSync(path)).toBe(true)
  })

  it.each(['openSync', 'utimesSync', 'renameSync'] as const)(
    'is the rival’s that took it over before the %s',
    (call) => {
      const path = `${makeDir()}/lease`
      leave(path, far, 70)
      const rival = { ...far, host: 'rival', name: 'owner.rival' }
      justBefore(call, call === 'openSync' ? draftOf(path) : /owner\.far$/, () => {
        renameSync(`${path}/owner.far`, `${path}/owner.rival`)
        writeFileSync(`${path}/owner.rival`, JSON.stringify(rival))
      })
      expect(openLease(path, turn)).toMatchObject({ kind: 'held', host: 'rival' })
      expect(ownerOf(path)).toEqual(rival)
    },
  )

  it('is the rival’s that took it over before its record was written', () => {
    const path = `${makeDir()}/lease`
    leave(path, far, 70)
    justBefore('openSync', new RegExp(`^${path}/owner\\.(?!far$)`), () => {
      renameSync(`${path}/${readdirSync(path)[0]}`, `${path}/owner.rival`)
      writeFileSync(`${path}/owner.rival`, JSON.stringify({ ...far, name: 'owner.rival' }))
    })
    expect(openLease(path, turn)).toMatchObject({ kind: 'held', host: 'far' })
    expect(ownerOf(path)).toMatchObject({ name: 'owner.rival' })
  })

  it('is the rival’s that took it over while it was looked at', () => {
    const path = `${makeDir()}/lease`
    leave(path, far, 70)
    justBefore('openSync', /owner\.far$/, () => {
      renameSync(`${path}/owner.far`, `${path}/owner.rival`)
    })
    expect(openLease(path, turn)).toMatchObject({ kind: 'held' })
    expect(readdirSync(path)).toEqual(['owner.rival'])
  })

  it.each([
    ['ESTALE', { kind: 'held' }],
    ['EIO', 'EIO'],
  ])('whose record cannot be read for %s is nobody’s to take', (code, outcome) => {
    const path = `${makeDir()}/lease`
    leave(path, far)
    const fail = () => {
      throw Object.assign(new Error(`${code}: read`), { code })
    }
    vi.spyOn(fs, 'readSync').mockImplementation(fail)
    const open = () => openLease(path, { ...turn, alone: true })
    if (typeof outcome === 'string') expect(open).toThrow(outcome)
    else expect(open()).toMatchObject(outcome)
    vi.restoreAllMocks()
    expect(ownerOf(path)).toEqual(far)
  })

  it.each([
    ['ESTALE', true],
    ['EIO', 'EIO'],
  ])('that cannot be renewed for %s is lost: %s', (code, outcome) => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    const lease = take(`${makeDir()}/lease`)
    vi.setSystemTime(Date.now() + 30_000)
    const spy = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error(`${code}: write`), { code })
    })
    if (typeof outcome === 'string') expect(lease.isLost).toThrow(outcome)
    else expect(lease.isLost()).toBe(outcome)
    expect(spy).toHaveBeenCalled()
    vi.clearAllTimers()
  })

  it('says what keeps it from being put in place, and leaves no draft', () => {
    const dir = makeDir()
    vi.spyOn(fs, 'renameSync').mockImplementation(() => {
      throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO' })
    })
    expect(() => openLease(`${dir}/lease`, turn)).toThrow('EIO')
    expect(readdirSync(dir)).toEqual([])
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
    leave(path, far)
    writeFileSync(`${path}/owner.far`, '{"pid":')
    take(path).release()
  })

  it('is not kept from anybody by an empty directory, or by what is no lease', () => {
    const path = `${makeDir()}/lease`
    mkdirSync(path)
    take(path).release()
    mkdirSync(path)
    writeFileSync(`${path}/.nfs0001`, '')
    mkdirSync(`${path}/what/ever`, { recursive: true })
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

  it('is renewed while it is held, and no longer once it was abandoned or is gone', () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    const path = `${makeDir()}/lease`
    const lease = take(path)
    const name = readdirSync(path)[0] as string
    const isRenewed = () => {
      utimesSync(`${path}/${name}`, 1, 1)
      vi.advanceTimersByTime(10_000)
      return statSync(`${path}/${name}`).mtimeMs > 1_000
    }
    expect([isRenewed(), isRenewed()]).toEqual([true, true])
    lease.abandon()
    expect(isRenewed()).toBe(false)
    const next = take(path)
    rmSync(path, { recursive: true })
    vi.advanceTimersByTime(10_000)
    expect(existsSync(path)).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
    expect(next.isLost()).toBe(true)
  })

  it('is renewed by who comes back to it after a long time, if it is still there', () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    const path = `${makeDir()}/lease`
    const lease = take(path)
    const file = `${path}/${readdirSync(path)[0]}`
    const comeBack = () => {
      utimesSync(file, 1, 1)
      vi.setSystemTime(Date.now() + 30_000)
      return lease.isLost()
    }
    expect(comeBack()).toBe(false)
    expect(statSync(file).mtimeMs).toBeGreaterThan(1_000)
    utimesSync(file, 1, 1)
    expect(lease.isLost()).toBe(false)
    expect(statSync(file).mtimeMs).toBe(1_000)
    renameSync(file, `${path}/owner.rival`)
    vi.setSystemTime(Date.now() + 30_000)
    expect(lease.isLost()).toBe(true)
    expect(readdirSync(path)).toEqual(['owner.rival'])
    vi.clearAllTimers()
  })

  it.skipIf(process.platform !== 'linux')('leaves nothing open', () => {
    const dir = makeDir()
    const path = `${dir}/lease`
    leave(path, far, 70)
    const lease = take(path)
    expect(openLease(path, change)).toEqual({ kind: 'ours' })
    expect(lease.isLost()).toBe(false)
    lease.release()
    const open = readdirSync('/proc/self/fd')
      .map((fd) => `/proc/self/fd/${fd}`)
      .filter((fd) => readlinkOf(fd).startsWith(dir))
    expect(open).toEqual([])
  })

  it('sweeps nothing but drafts of its own that are old', () => {
    const dir = makeDir()
    const mine = [
      `lease.${crypto.randomUUID()}`,
      'lease.old',
      'session.lock',
      `x.${crypto.randomUUID()}`,
    ]
    for (const name of mine) {
      mkdirSync(`${dir}/${name}`)
      if (name !== mine[0]) utimesSync(`${dir}/${name}`, 1, 1)
    }
    const lease = take(`${dir}/lease`)
    expect(readdirSync(dir).sort()).toEqual(['lease', ...mine].sort())
    lease.release()
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

  it('is taken although what another left cannot be swept', () => {
    const dir = makeDir()
    const draft = `lease.${crypto.randomUUID()}`
    mkdirSync(`${dir}/${draft}`)
    utimesSync(`${dir}/${draft}`, 1, 1)
    const { rmdirSync } = fs
    vi.spyOn(fs, 'rmdirSync').mockImplementation((path) => {
      if (String(path).endsWith(draft)) throw Object.assign(new Error(), { code: 'EPERM' })
      rmdirSync(path)
    })
    const lease = take(`${dir}/lease`)
    expect(readdirSync(dir).sort()).toEqual(['lease', draft])
    lease.release()
  })
})

describe('isLeaseAlive', () => {
  it('knows a living owner from a dead one, and from one that cannot be seen', () => {
    const dir = makeDir()
    const path = `${dir}/lease`
    expect(isLeaseAlive(path)).toBe(false)
    const lease = take(path)
    expect(isLeaseAlive(path)).toBe(true)
    lease.release()
    for (const [name, owner] of Object.entries({
      far,
      dead: { ...here(dir), start_time: 'never' },
    })) {
      leave(`${dir}/${name}`, owner)
      expect(isLeaseAlive(`${dir}/${name}`), name).toBe(false)
    }
  })
})

describe('createLease', () => {
  it('makes one for a turn, where nobody has any', () => {
    const path = `${makeDir()}/lease`
    const lease = createLease(path, {})
    expect(ownerOf(path)).toMatchObject({ pid: process.pid, brief: false })
    lease.release()
    leave(path, far)
    expect(() => createLease(path, {})).toThrow('is leased already')
  })
})
