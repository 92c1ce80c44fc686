import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { replaceText, replaceUserText } from '../../lib/os/replace.ts'
import { bundle } from '../support/bundle.ts'
import { makeDir } from '../support/place.ts'

describe('replaceText', () => {
  it.each([0o000, 0o077, 0o777])('writes a file of mode 0600 under umask %o', (umask) => {
    const path = `${makeDir()}/f`
    const before = process.umask(umask)
    try {
      expect(replaceText(path, 'one')).toBe(true)
    } finally {
      process.umask(before)
    }
    expect(statSync(path).mode & 0o7777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toBe('one')
  })

  it('puts a new file in the place of the old one, whole, and leaves nothing beside it', () => {
    const dir = makeDir()
    writeFileSync(`${dir}/f`, 'x'.repeat(100_000), { mode: 0o644 })
    // A second name keeps the old file, whose bytes must not change.
    linkSync(`${dir}/f`, `${dir}/old`)
    for (const text of ['short', '', 'é😀\0\n'.repeat(50_000)]) {
      replaceText(`${dir}/f`, text)
      expect(readFileSync(`${dir}/f`, 'utf8')).toBe(text)
      expect(statSync(`${dir}/f`).mode & 0o7777).toBe(0o600)
    }
    expect(readFileSync(`${dir}/old`, 'utf8')).toBe('x'.repeat(100_000))
    expect(readdirSync(dir)).toEqual(['f', 'old'])
  })

  it('leaves the old file and nothing else when it cannot replace it', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/f/full`, { recursive: true })
    expect(() => replaceText(`${dir}/f`, 'text')).toThrow(
      expect.objectContaining({ code: 'IO_FAILED' }),
    )
    expect(readdirSync(dir)).toEqual(['f'])
    expect(() => replaceText(`${dir}/none/f`, 'text')).toThrow(
      expect.objectContaining({ code: 'IO_FAILED' }),
    )
    expect(existsSync(`${dir}/none`)).toBe(false)
  })
  it('swallows no signal', async () => {
    const dir = makeDir()
    const program = await bundle('lib/os/replace.ts')
    const script = `
      import { replaceText } from ${JSON.stringify(program)}
      process.send('started')
      const replace = async () => {
        for (const end = Date.now() + 5_000; Date.now() < end; await null) replaceText('f', 'x')
      }
      replace()`
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        cwd: dir,
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      await once(child, 'message')
      await sleep(50 + round * 7)
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
    }
  }, 60_000)
})

describe('replaceUserText', () => {
  it('replaces the file that a link leads to', () => {
    const dir = makeDir()
    writeFileSync(`${dir}/real`, 'before')
    symlinkSync('real', `${dir}/link`)
    replaceUserText(`${dir}/link`, 'after')
    expect(readFileSync(`${dir}/real`, 'utf8')).toBe('after')
    expect(readdirSync(dir)).toEqual(['link', 'real'])
  })

  it('leaves nothing when it cannot write', () => {
    const dir = makeDir()
    expect(() => replaceUserText(`${dir}/none/f`, 'text')).toThrow(
      expect.objectContaining({ code: 'IO_FAILED' }),
    )
    expect(readdirSync(dir)).toEqual([])
  })
})
