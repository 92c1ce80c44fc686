import fs, { readdirSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { spawnTool } from '../../lib/os/spawn.ts'
import { makeDir } from '../support/place.ts'

describe('spawnTool', () => {
  it('says in words that there is no process to be had, and leaves nothing open', async () => {
    const lock = fs.openSync(`${makeDir()}/lock`, 'w')
    const spawn = vi
      .spyOn(process.getBuiltinModule('node:child_process'), 'spawn')
      .mockImplementation(() => {
        throw Object.assign(new Error('spawn /bin/sh EAGAIN'), { code: 'EAGAIN' })
      })
    const start = () => spawnTool({ argv: ['make'], cwd: '/', env: {}, stdin: undefined, lock })
    try {
      // What is loaded for the first one stays open.
      await expect(start()).rejects.toThrow(/no more processes .*ulimit -u/)
      const before = readdirSync('/dev/fd')
      await expect(start()).rejects.toThrow('"make" could not be started')
      expect(readdirSync('/dev/fd')).toEqual(before)
    } finally {
      spawn.mockRestore()
      fs.closeSync(lock)
    }
  })
})
