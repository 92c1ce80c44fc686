import { spawn } from 'node:child_process'
import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  createLock,
  findHolder,
  isInUse,
  probeLock,
  supersedeLock,
  takeLock,
  tryLock,
  tryShared,
} from '../../lib/os/lock-file.ts'
import { thisProcess } from '../../lib/os/process.ts'
import { fingerprint } from '../session/fingerprint.ts'
import { makeDir } from '../support/place.ts'
import { holdLock, until } from './holder.ts'

afterEach(() => void vi.restoreAllMocks())

function makePath(): string {
  return `${makeDir()}/some.lock`
}

describe('takeLock', () => {
  it('makes the file, holds it, and says in it who does', async () => {
    const path = makePath()
    const lock = await takeLock(path, { tool: 'codex', turn: 3 })
    expect(lock?.isInPlace()).toBe(true)
    expect(statSync(path).mode & 0o7777).toBe(0o600)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      ...thisProcess(),
      tool: 'codex',
      turn: 3,
    })
    expect(probeLock(path)).toBe('held')
    lock?.release()
    expect(probeLock(path)).toBe('free')
    expect(existsSync(path)).toBe(true)
  })

  it('gives undefined while another process holds the lock, and leaves its word alone', async () => {
    const path = makePath()
    writeFileSync(path, '{"pid":1}\n')
    await holdLock(path)
    expect(await takeLock(path, {}, { timeout: 30 })).toBeUndefined()
    expect(readFileSync(path, 'utf8')).toBe('{"pid":1}\n')
  })

  it('gets the lock when the holder dies while it waits', async () => {
    const path = makePath()
    writeFileSync(path, '')
    const { end } = await holdLock(path)
    const taking = takeLock(path, {}, { timeout: 20_000 })
    await end()
    const lock = await taking
    expect(lock).toBeDefined()
    lock?.release()
  })

  it('outlasts a probe that is in the way', async () => {
    const path = makePath()
    writeFileSync(path, '')
    const probe = tryShared(path)
    const taking = takeLock(path, {})
    probe?.release()
    const lock = await taking
    expect(lock).toBeDefined()
    lock?.release()
  })

  it('throws when the directory is missing', async () => {
    await expect(takeLock(`${makeDir()}/none/x.lock`, {})).rejects.toMatchObject({
      code: 'IO_FAILED',
    })
  })
})

describe('tryLock', () => {
  it('gives one of two in one process the lock', () => {
    const path = makePath()
    using one = tryLock(path, {})
    expect(one).toBeDefined()
    expect(tryLock(path, {})).toBeUndefined()
  })

  it('holds nothing when the file at the path is another by then', () => {
    const path = makePath()
    using lock = tryLock(path, {})
    renameSync(path, `${path}.moved`)
    expect(lock?.isInPlace()).toBe(false)
    writeFileSync(path, '')
    expect(lock?.isInPlace()).toBe(false)
    using other = tryLock(path, {})
    expect(other?.isInPlace()).toBe(true)
  })

  it('does not take a lock whose file is moved or replaced just before it has it', () => {
    const path = makePath()
    const open = fs.openSync.bind(fs)
    for (const after of [
      () => renameSync(path, `${path}.moved`),
      () => {
        renameSync(path, `${path}.moved`)
        writeFileSync(path, '')
      },
    ]) {
      writeFileSync(path, '')
      vi.spyOn(fs, 'openSync').mockImplementationOnce((...args) => {
        const fd = open(...args)
        after()
        return fd
      })
      expect(tryLock(path, {})).toBeUndefined()
      expect(probeLock(`${path}.moved`)).toBe('free')
      expect(readFileSync(`${path}.moved`, 'utf8')).toBe('')
    }
  })

  it.skipIf(process.platform !== 'linux')('leaves nothing open that it did not lock', () => {
    const path = makePath()
    const lock = tryLock(path, {})
    const shown = () =>
      readdirSync('/proc/self/fd')
        .map((fd) => `/proc/self/fd/${fd}`)
        .filter((fd) => existsSync(fd) && readlinkSync(fd) === path)
    expect([tryLock(path, {}), tryShared(path), probeLock(path)]).toEqual([
      ...[undefined, undefined, 'held'],
    ])
    expect(shown()).toHaveLength(1)
    lock?.release()
    expect(shown()).toEqual([])
  })

  it('is not kept from locking by a full disk', () => {
    const path = makePath()
    vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
    })
    using lock = tryLock(path, {})
    expect(lock?.isInPlace()).toBe(true)
    expect(probeLock(path)).toBe('held')
  })

  it('lets its lock be released twice', () => {
    const path = makePath()
    const lock = tryLock(path, {})
    lock?.release()
    const next = tryLock(path, {})
    lock?.release()
    expect(probeLock(path)).toBe('held')
    next?.release()
  })

  it('says nothing of itself when it has no errand', () => {
    const path = makePath()
    using _ = tryLock(path, undefined)
    expect(readFileSync(path, 'utf8')).toBe('')
  })
})

describe('movedTo', () => {
  it('knows its new place, and is the same hold', () => {
    const path = makePath()
    const lock = createLock(path, {})
    renameSync(path, `${path}.moved`)
    const moved = lock.movedTo(`${path}.moved`)
    expect([lock.isInPlace(), moved.isInPlace()]).toEqual([false, true])
    moved.release()
    expect(probeLock(`${path}.moved`)).toBe('free')
    // The number of the closed descriptor may be another file's by now.
    using other = tryLock(path, {})
    lock.release()
    expect(other?.isInPlace()).toBe(true)
    expect(probeLock(path)).toBe('held')
  })
})

describe('createLock', () => {
  it('makes the file locked, and refuses one that is there', () => {
    const path = makePath()
    using lock = createLock(path, {})
    expect(lock.isInPlace()).toBe(true)
    expect(probeLock(path)).toBe('held')
    expect(() => createLock(path, {})).toThrow()
  })
})

describe('probeLock', () => {
  it('creates no file, no directory, and changes none', async () => {
    const dir = makeDir()
    mkdirSync(`${dir}/locks`)
    writeFileSync(`${dir}/locks/held.lock`, 'x')
    writeFileSync(`${dir}/locks/free.lock`, 'x')
    await holdLock(`${dir}/locks/held.lock`)
    const before = fingerprint(dir)
    expect(probeLock(`${dir}/locks/held.lock`)).toBe('held')
    expect(probeLock(`${dir}/locks/free.lock`)).toBe('free')
    expect(probeLock(`${dir}/locks/none.lock`)).toBe('free')
    expect(probeLock(`${dir}/none/none.lock`)).toBe('free')
    expect(fingerprint(dir)).toEqual(before)
  })

  it('lets go of what it probed', () => {
    const path = makePath()
    writeFileSync(path, '')
    expect(probeLock(path)).toBe('free')
    using lock = tryLock(path, {})
    expect(lock).toBeDefined()
  })

  it('is not disturbed by other probes', async () => {
    const path = makePath()
    writeFileSync(path, '')
    await holdLock(path, { shared: true })
    expect(probeLock(path)).toBe('free')
  })
})

describe('a lock whose descriptor was inherited', () => {
  it('is held until the last process that has it ends', async () => {
    const path = makePath()
    const lock = tryLock(path, {})
    if (lock === undefined) throw new Error('not locked')
    const stdio = [...Array(100).fill('ignore'), lock.fd]
    stdio[0] = 'pipe'
    const child = spawn('/bin/sh', ['-c', 'cat; sleep 0'], { stdio })
    lock.release()
    expect(probeLock(path)).toBe('held')
    child.stdin?.end()
    await until(() => probeLock(path) === 'free')
  })

  it('survives in a grandchild whose parents are gone', async () => {
    const path = makePath()
    const lock = tryLock(path, {})
    if (lock === undefined) throw new Error('not locked')
    const script = 'sh -c "cat <&4; :" 3>&3 & exec true'
    const child = spawn('/bin/sh', ['-c', script], {
      stdio: ['ignore', 'ignore', 'ignore', lock.fd, 'pipe'],
    })
    lock.release()
    await until(() => child.exitCode !== null)
    expect(probeLock(path)).toBe('held')
    const barrier = child.stdio[4]
    if (barrier !== null && barrier !== undefined && 'end' in barrier) barrier.end()
    await until(() => probeLock(path) === 'free')
  })
})

describe('supersedeLock', () => {
  it('puts a new, locked file in the place of one that a stranger holds', async () => {
    const path = makePath()
    writeFileSync(path, 'old')
    const { ino } = statSync(path)
    const { end } = await holdLock(path)
    using lock = supersedeLock(path, { tool: 'codex', turn: 2 })
    expect(lock.isInPlace()).toBe(true)
    expect(lock.path).toBe(path)
    expect(statSync(path).ino).not.toBe(ino)
    expect(probeLock(path)).toBe('held')
    await end()
    expect(probeLock(path)).toBe('held')
    expect(readdirSync(path.replace(/\/[^/]*$/, ''))).toEqual(['some.lock'])
    expect(findHolder(path, Date.now())).toMatchObject({ pid: process.pid, turn: 2 })
  })

  it('removes what interrupted ones left of it, and nothing else', () => {
    const path = makePath()
    const others = ['session.lock', 'some.lock.x', 'some.lock2.7', '7']
    const left = [path, `${path}.7`, ...others.map((name) => path.replace(/[^/]*$/, name))]
    for (const one of left) writeFileSync(one, '')
    using _lock = supersedeLock(path, {})
    expect(left.filter((one) => !existsSync(one))).toEqual([`${path}.7`])
  })

  it('keeps nothing locked that it could not put in place', () => {
    const path = makePath()
    vi.spyOn(fs, 'renameSync').mockImplementation(() => {
      throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO' })
    })
    expect(() => supersedeLock(path, {})).toThrow('EIO')
    expect(probeLock(`${path}.${process.pid}`)).toBe('free')
  })

  it('gets past what an interrupted one of the same process left', () => {
    const path = makePath()
    writeFileSync(path, '')
    writeFileSync(`${path}.${process.pid}`, 'left over')
    using lock = supersedeLock(path, {})
    expect(lock.isInPlace()).toBe(true)
  })
})

describe('isInUse', () => {
  it('sees shared locks too, makes nothing, and lets go of what it asked', () => {
    const path = makePath()
    expect(isInUse(path)).toBe(false)
    expect(existsSync(path)).toBe(false)
    for (const take of [() => tryShared(path), () => tryLock(path, {})]) {
      const lock = take()
      expect(isInUse(path)).toBe(true)
      lock?.release()
      const before = readFileSync(path, 'utf8')
      expect([isInUse(path), probeLock(path)]).toEqual([false, 'free'])
      expect(readFileSync(path, 'utf8')).toBe(before)
    }
  })

  it('takes what is removed while it looks for free', () => {
    const path = makePath()
    writeFileSync(path, '')
    const { openSync } = fs
    vi.spyOn(fs, 'openSync').mockImplementation((...args) => {
      rmSync(path)
      return openSync(...args)
    })
    expect(isInUse(path)).toBe(false)
  })
})

describe('findHolder', () => {
  it('tells who holds the lock and for how long', () => {
    const path = makePath()
    using _ = tryLock(path, { tool: 'codex' })
    const now = Date.now() + 60_000
    expect(findHolder(path, now)).toMatchObject({ pid: process.pid, tool: 'codex' })
    const held = findHolder(path, now)?.held_ms ?? 0
    expect(held).toBeGreaterThan(50_000)
    expect(held).toBeLessThan(70_000)
    expect(findHolder(path, now - 1e9)?.held_ms).toBe(0)
  })

  it('tells it also after a holder of whom more was to be said', () => {
    const path = makePath()
    tryLock(path, { argv0: `/${'far/'.repeat(200)}away` })?.release()
    using _ = tryLock(path, { tool: 'codex' })
    expect(findHolder(path, Date.now())).toMatchObject({ pid: process.pid, tool: 'codex' })
  })

  it('says that the holder is stopped', async () => {
    const path = makePath()
    writeFileSync(path, '')
    const { child } = await holdLock(path)
    const pid = child.pid as number
    process.kill(pid, 'SIGSTOP')
    const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8')
    await until(() => / T /.test(stat()))
    const fields = stat()
      .slice(stat().lastIndexOf(')') + 2)
      .split(' ')
    writeFileSync(path, JSON.stringify({ ...thisProcess(), pid, start_time: fields[19] }))
    expect(findHolder(path, Date.now())).toMatchObject({ pid, stopped: true })
    process.kill(pid, 'SIGCONT')
    await until(() => !/ T /.test(stat()))
    expect(findHolder(path, Date.now())?.stopped).toBeUndefined()
  })

  it.each(['', 'null', '[]', '{', '{"pid":"1"}', '{"host":"h"}', '\0\0\0', '5'])(
    'tells nothing of %j',
    (text) => {
      const path = makePath()
      writeFileSync(path, text)
      expect(findHolder(path, 0)).toBeUndefined()
      rmSync(path)
      expect(findHolder(path, 0)).toBeUndefined()
    },
  )

  it('takes nothing of the wrong shape', () => {
    const path = makePath()
    const wrong = { pid: 1, host: 5, tool: 5, turn: 'x', acquired_at: 'soon', start_time: null }
    writeFileSync(path, JSON.stringify(wrong))
    expect(findHolder(path, 0)).toEqual({ pid: 1, host: '' })
  })
})
