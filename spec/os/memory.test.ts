import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openMemoryProbe } from '../../lib/os/memory.ts'

const marker = 'STINT_SPEC_MEMORY=one'
const MiB = 1024 * 1024

/** Holds so much memory, says so and waits; with `then` it starts that and waits. */
const hold = (size: number, then = '') =>
  `const b = Buffer.alloc(${size} * 1048576, 1); ${then}; console.log('ready', process.pid); setInterval(() => b, 1e6)`

/** Starts a script of Node's as the leader of a session, and gives its pid once it is ready. */
async function startLeader(script: string, lines = 1): Promise<number> {
  const child = spawn(process.execPath, ['-e', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, STINT_SPEC_MEMORY: 'one' },
  })
  let said = ''
  onTestFinished(() => {
    for (const [, pid] of said.matchAll(/ready (\d+)/g)) process.kill(Number(pid), 'SIGKILL')
  })
  while (said.split('ready').length <= lines) said += String((await once(child.stdout, 'data'))[0])
  return child.pid as number
}

const child = (script: string, detached: boolean) =>
  `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { detached: ${detached}, stdio: ['ignore', 'inherit', 'ignore'] })`

describe.runIf(process.platform === 'linux')('openMemoryProbe', () => {
  it('adds up a process, its child, and a child that left for a session of its own', async () => {
    const inner = hold(50)
    const script = hold(100, `${child(inner, false)}; ${child(inner, true)}`)
    const pgid = await startLeader(script, 3)
    const probe = openMemoryProbe(pgid, 'NONE=1')
    for (const look of [probe?.whole, probe?.quick]) {
      expect(look?.()).toBeGreaterThan(200 * MiB)
      expect(look?.()).toBeLessThan(800 * MiB)
    }
  })

  it('still counts what outlived its parent elsewhere: by its environment, or once it was seen', async () => {
    const pgid = await startLeader(hold(10, child(hold(100), true)), 2)
    const probe = openMemoryProbe(pgid, 'NONE=1')
    expect(probe?.whole()).toBeGreaterThan(110 * MiB)
    process.kill(pgid, 'SIGKILL')
    await expect.poll(() => probe?.whole() ?? 0).toBeLessThan(400 * MiB)
    expect(probe?.whole()).toBeGreaterThan(100 * MiB)
    expect(openMemoryProbe(pgid, marker)?.whole()).toBeGreaterThan(100 * MiB)
    expect(openMemoryProbe(pgid, 'NONE=1')?.whole()).toBeUndefined()
  })

  it('sees nothing of a group that is gone', () => {
    const probe = openMemoryProbe(999_999_999, 'NONE=1')
    expect([probe?.whole(), probe?.quick()]).toEqual([undefined, undefined])
  })

  it('takes at most a hundredth of a second with a hundred processes, so that one look a second may', async () => {
    const hundred = Array.from({ length: 100 }, () => 'sleep 1000 &').join(' ')
    const shell = spawn('/bin/sh', ['-c', `${hundred} echo ready; wait`], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void process.kill(-(shell.pid as number), 'SIGKILL'))
    await once(shell.stdout, 'data')
    const probe = openMemoryProbe(shell.pid as number, 'NONE=1')
    for (let i = 0; i < 5; i++) probe?.whole()
    const before = process.cpuUsage()
    for (let i = 0; i < 20; i++) expect(probe?.whole()).toBeGreaterThan(0)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 20 / 1000).toBeLessThan(10)
  })
})
