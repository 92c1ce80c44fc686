import child_process, { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { findKoffi } from '../../lib/os/packages.ts'
import { makeDir } from '../support/place.ts'
import { holdLock } from './holder.ts'

/** The module as it is with koffi, or where koffi does not load. */
async function load(via: 'koffi' | 'flock(1)'): Promise<typeof import('../../lib/os/flock.ts')> {
  vi.resetModules()
  if (via === 'flock(1)') {
    vi.doMock('../../lib/os/packages.ts', async (original) => ({
      ...(await original<object>()),
      findKoffi: () => undefined,
    }))
  }
  return import('../../lib/os/flock.ts')
}

afterEach(() => {
  vi.doUnmock('../../lib/os/packages.ts')
  vi.resetModules()
  vi.unstubAllEnvs()
})

function isFree(path: string, kind: '-x' | '-s'): boolean {
  return spawnSync('flock', ['-n', kind, path, 'true']).status === 0
}

function makeFile(): string {
  const path = `${makeDir()}/lock`
  writeFileSync(path, '')
  return path
}

it('is tested with koffi and with flock(1)', () => {
  expect(findKoffi()).toBeDefined()
  expect(spawnSync('flock', ['--version']).status).toBe(0)
})

describe.each(['koffi', 'flock(1)'] as const)('lockExclusive and lockShared by %s', (via) => {
  it('are refused while another process holds the lock, and granted when it has died', async () => {
    const { lockExclusive, lockShared } = await load(via)
    const path = makeFile()
    const { end } = await holdLock(path)
    const fd = openSync(path, 'r+')
    expect(lockExclusive(fd, path)).toBe(false)
    expect(lockShared(fd, path)).toBe(false)
    await end()
    expect(lockExclusive(fd, path)).toBe(true)
    closeSync(fd)
  })

  it('keep other processes out until the descriptor is closed', async () => {
    const { lockExclusive, lockShared } = await load(via)
    const path = makeFile()
    const one = openSync(path, 'r+')
    expect(lockExclusive(one, path)).toBe(true)
    expect([isFree(path, '-x'), isFree(path, '-s')]).toEqual([false, false])
    closeSync(one)
    expect(isFree(path, '-x')).toBe(true)
    const two = openSync(path, 'r')
    expect(lockShared(two, path)).toBe(true)
    expect([isFree(path, '-x'), isFree(path, '-s')]).toEqual([false, true])
    closeSync(two)
    expect(isFree(path, '-x')).toBe(true)
  })

  it('let readers share', async () => {
    const { lockExclusive, lockShared } = await load(via)
    const path = makeFile()
    await holdLock(path, { shared: true })
    const fd = openSync(path, 'r+')
    expect(lockShared(fd, path)).toBe(true)
    expect(lockExclusive(fd, path)).toBe(false)
    closeSync(fd)
  })

  it('tell two open files of one process apart', async () => {
    const { lockExclusive } = await load(via)
    const path = makeFile()
    const [one, two] = [openSync(path, 'r+'), openSync(path, 'r+')]
    expect(lockExclusive(one, path)).toBe(true)
    expect(lockExclusive(two, path)).toBe(false)
    closeSync(one)
    expect(lockExclusive(two, path)).toBe(true)
    closeSync(two)
  })

  it('say that there are no locks on a descriptor that takes none', async () => {
    const { lockExclusive } = await load(via)
    const path = makeFile()
    const fd = openSync(path, 'r')
    closeSync(fd)
    expect(() => lockExclusive(9_999, path)).toThrow()
  })
})

describe('koffi and flock(1)', () => {
  it('exclude each other', async () => {
    const path = makeFile()
    const koffi = await load('koffi')
    const one = openSync(path, 'r+')
    expect(koffi.lockExclusive(one, path)).toBe(true)
    const program = await load('flock(1)')
    const two = openSync(path, 'r+')
    expect(program.lockExclusive(two, path)).toBe(false)
    closeSync(one)
    expect(program.lockExclusive(two, path)).toBe(true)
    const again = await load('koffi')
    const three = openSync(path, 'r+')
    expect(again.lockExclusive(three, path)).toBe(false)
    for (const fd of [two, three]) closeSync(fd)
  })

  it('say what keeps flock(1) from being run where it is there', async () => {
    const { lockExclusive } = await load('flock(1)')
    const path = makeFile()
    const bin = makeDir()
    writeFileSync(`${bin}/flock`, '', { mode: 0o600 })
    vi.stubEnv('PATH', bin)
    const fd = openSync(path, 'r+')
    expect(() => lockExclusive(fd, path)).toThrow(
      expect.objectContaining({ code: 'NO_LOCKS', data: { path, problem: 'EACCES' } }),
    )
    closeSync(fd)
  })

  it('are not said to be missing where no file can be opened', async () => {
    const path = makeFile()
    const error = Object.assign(new Error('spawnSync flock EMFILE'), { code: 'EMFILE', errno: -24 })
    const spawned = { ...spawnSync('true'), status: null, error }
    vi.spyOn(child_process, 'spawnSync').mockReturnValueOnce(spawned)
    const { lockExclusive } = await load('flock(1)')
    const fd = openSync(path, 'r+')
    expect(() => lockExclusive(fd, path)).toThrow(
      expect.objectContaining({
        code: 'IO_FAILED',
        data: expect.objectContaining({ path, errno: 'EMFILE' }),
      }),
    )
    closeSync(fd)
  })

  it('say NO_LOCKS when neither is there', async () => {
    const path = makeFile()
    const { lockExclusive } = await load('flock(1)')
    vi.stubEnv('PATH', makeDir())
    const fd = openSync(path, 'r+')
    expect(() => lockExclusive(fd, path)).toThrow(
      expect.objectContaining({ code: 'NO_LOCKS', status: 7 }),
    )
    closeSync(fd)
  })
})
