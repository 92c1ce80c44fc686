import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { probeDisk } from '../../lib/os/probe.ts'
import { makeDir } from '../support/place.ts'

describe('probeDisk', () => {
  it('finds what a local disk does, and leaves nothing', () => {
    const dir = makeDir()
    const { broken, ahead } = probeDisk(`${dir}/probe`)
    expect(broken).toEqual([])
    expect(Math.abs(ahead)).toBeLessThan(2_000)
    expect(readdirSync(dir)).toEqual([])
  })

  it('throws where it can make no directory, and leaves what is there', () => {
    const dir = makeDir()
    writeFileSync(`${dir}/probe`, 'mine')
    expect(() => probeDisk(`${dir}/probe`)).toThrow()
    expect(existsSync(`${dir}/probe`)).toBe(true)
    expect(() => probeDisk(`${dir}/none/probe`)).toThrow()
  })

  const isRoot = process.getuid?.() === 0
  it.runIf(isRoot && process.platform === 'linux')(
    'throws on a file system that is read-only',
    () => {
      const dir = makeDir()
      mkdirSync(`${dir}/ro`)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', `${dir}/ro`])
      onTestFinished(() => {
        execFileSync('umount', [`${dir}/ro`])
      })
      expect(() => probeDisk(`${dir}/ro/probe`)).toThrow('EROFS')
    },
  )
})
