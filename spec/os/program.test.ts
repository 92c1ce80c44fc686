import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { findProgram, runProgram } from '../../lib/os/program.ts'
import { makeDir } from '../support/place.ts'

function makeProgram(path: string, mode = 0o755): string {
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, mode)
  return path
}

describe('findProgram', () => {
  it('looks through PATH in order', () => {
    const dir = makeDir()
    for (const name of ['a', 'b', 'c']) mkdirSync(`${dir}/${name}`)
    makeProgram(`${dir}/b/tool`)
    makeProgram(`${dir}/c/tool`)
    const path = ['a', 'none', 'b', 'c'].map((name) => `${dir}/${name}`).join(':')
    expect(findProgram('tool', dir, path)).toEqual({ path: `${dir}/b/tool` })
    expect(findProgram('other', dir, path)).toEqual({ problem: 'missing' })
  })

  it('goes on behind one that may not be executed, and says so when there is no other', () => {
    const dir = makeDir()
    for (const name of ['a', 'b', 'c']) mkdirSync(`${dir}/${name}`)
    makeProgram(`${dir}/a/tool`, 0o644)
    mkdirSync(`${dir}/b/tool`)
    makeProgram(`${dir}/c/tool`)
    expect(findProgram('tool', dir, `${dir}/a:${dir}/b:${dir}/c`)).toEqual({
      path: `${dir}/c/tool`,
    })
    expect(findProgram('tool', dir, `${dir}/a:${dir}/b`)).toEqual({
      problem: 'permission denied',
      denied: `${dir}/a/tool`,
    })
    expect(findProgram('tool', dir, `${dir}/b`)).toEqual({ problem: 'missing' })
  })

  it('takes a path as it is, relative to the directory it will run in', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/bin`)
    makeProgram(`${dir}/bin/tool`)
    makeProgram(`${dir}/bin/plain`, 0o644)
    expect(findProgram('bin/tool', dir, undefined)).toEqual({ path: `${dir}/bin/tool` })
    expect(findProgram(`${dir}/bin/tool`, '/', undefined)).toEqual({ path: `${dir}/bin/tool` })
    expect(findProgram('./bin', dir, undefined)).toEqual({ problem: 'a directory' })
    expect(findProgram('bin/plain', dir, undefined)).toEqual({
      problem: 'permission denied',
      denied: `${dir}/bin/plain`,
    })
    expect(findProgram('bin/none', dir, undefined)).toEqual({ problem: 'missing' })
    expect(findProgram('bin/tool/none', dir, undefined)).toEqual({ problem: 'missing' })
  })

  it('reads a relative entry of PATH from the directory it will run in', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/bin`)
    makeProgram(`${dir}/bin/tool`)
    makeProgram(`${dir}/here`)
    expect(findProgram('here', dir, '')).toEqual({ path: `${dir}/here` })
    expect(findProgram('tool', dir, 'bin')).toEqual({ path: `${dir}/bin/tool` })
  })

  it('follows links, and takes one that leads nowhere for missing', () => {
    const dir = makeDir()
    makeProgram(`${dir}/real`)
    symlinkSync('real', `${dir}/tool`)
    symlinkSync('none', `${dir}/broken`)
    expect(findProgram('tool', dir, dir)).toEqual({ path: `${dir}/tool` })
    expect(findProgram('broken', dir, dir)).toEqual({ problem: 'missing' })
  })

  it('finds no program without a name', () => {
    expect(findProgram('', '/', '/bin:/usr/bin')).toEqual({ problem: 'missing' })
  })
})

describe('runProgram', () => {
  it('gives what a program printed and how it ended', () => {
    expect(runProgram('sh', ['-c', 'echo out; exit 3'])).toEqual({ status: 3, stdout: 'out\n' })
    expect(runProgram('stint-no-such-program', [])).toEqual({ status: undefined, stdout: '' })
  })

  it('gives no status of a program that is missing, and says what keeps another from being run', () => {
    const program = `${makeDir()}/program`
    expect(runProgram(program, [])).toEqual({ status: undefined, stdout: '' })
    writeFileSync(program, '', { mode: 0o600 })
    expect(() => runProgram(program, [])).toThrow(
      expect.objectContaining({ code: 'ACCESS_DENIED', data: { path: program, errno: 'EACCES' } }),
    )
    expect(runProgram('sh', ['-c', 'echo said; exit 3'])).toEqual({ status: 3, stdout: 'said\n' })
  })

  it('gives no status of a name that PATH has only where it may not be run', () => {
    const dir = makeDir()
    writeFileSync(`${dir}/stint-closed-program`, '', { mode: 0o600 })
    vi.stubEnv('PATH', `${dir}:${process.env.PATH}`)
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(runProgram('stint-closed-program', [])).toEqual({ status: undefined, stdout: '' })
  })
})
