import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openMemoryProbe } from '../../lib/os/memory.ts'

const marker = 'STINT_SPEC_MEMORY=one'
const MiB = 1024 * 1024

/** Holds so much memory, says so and waits; with `then` it starts that and waits. */
const hold = (size: number, then = '') =>
  `const b = Buffer.alloc(${size} * 1048576, 1); ${then}; console.log('ready', process.pid); setInterval(() => b, 1e6)`

/** Starts a script of Node's as the leader of a session, and gives it once it is ready. */
async function startLeader(script: string, lines = 1): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, STINT_SPEC_MEMORY: 'one' },
  })
  let said = ''
  onTestFinished(() => {
    child.kill('SIGKILL')
    for (const [, pid] of said.matchAll(/ready (\d+)/g)) {
      if (Number(pid) !== child.pid) process.kill(Number(pid), 'SIGKILL')
    }
  })
  while (said.split('ready').length <= lines) said += String((await once(child.stdout, 'data'))[0])
  return child
}

const child = (script: string, detached: boolean) =>
  `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { detached: ${detached}, stdio: ['ignore', 'inherit', 'ignore'] })`

describe.runIf(process.platform === 'linux')('openMemoryProbe', () => {
  it('adds up a process, its child, and a child that left for a session of its own', async () => {
    const inner = hold(50)
    const script = hold(100, `${child(inner, false)}; ${child(inner, true)}`)
    const { pid } = await startLeader(script, 3)
    const probe = openMemoryProbe(pid as number, 'NONE=1')
    for (const look of [probe?.whole, probe?.quick]) {
      expect(look?.()).toBeGreaterThan(200 * MiB)
      expect(look?.()).toBeLessThan(800 * MiB)
    }
  })

  it('still counts what outlived its parent elsewhere: by its environment, or once it was seen', async () => {
    const leader = await startLeader(hold(10, child(hold(100), true)), 2)
    const pgid = leader.pid as number
    const probe = openMemoryProbe(pgid, 'NONE=1')
    expect(probe?.whole()).toBeGreaterThan(110 * MiB)
    leader.kill('SIGKILL')
    // Until the last of its threads is gone, its children are its own.
    await once(leader, 'exit')
    expect(probe?.whole()).toBeLessThan(400 * MiB)
    expect(probe?.whole()).toBeGreaterThan(100 * MiB)
    expect(openMemoryProbe(pgid, marker)?.whole()).toBeGreaterThan(100 * MiB)
    expect(openMemoryProbe(pgid, 'NONE=1')?.whole()).toBeUndefined()
  })

  it('sees what is started between two looks: below the leader, and elsewhere by its environment', async () => {
    const start = `process.once('SIGUSR2', () => ${child(hold(100), true)})`
    const leader = await startLeader(hold(10, start))
    const far = openMemoryProbe(leader.pid as number, marker)
    const near = openMemoryProbe(leader.pid as number, 'NONE=1')
    const before = far?.whole() ?? 0
    near?.whole()
    await startLeader(hold(100))
    expect(far?.whole()).toBeGreaterThan(before + 100 * MiB)
    expect(near?.whole()).toBeLessThan(before + 100 * MiB)
    const said = once(leader.stdout as Readable, 'data')
    leader.kill('SIGUSR2')
    const [pid] = /\d+/.exec(String(await said)) ?? []
    onTestFinished(() => void process.kill(Number(pid), 'SIGKILL'))
    expect(far?.whole()).toBeGreaterThan(before + 200 * MiB)
    expect(near?.whole()).toBeGreaterThan(before + 100 * MiB)
  })

  it('sees nothing of a group that is gone', () => {
    const probe = openMemoryProbe(999_999_999, 'NONE=1')
    expect([probe?.whole(), probe?.quick()]).toEqual([undefined, undefined])
  })

  it('reads no more of each of a hundred processes than one short file', async () => {
    const hundred = Array.from({ length: 100 }, () => 'sleep 1000 &').join(' ')
    const shell = spawn('/bin/sh', ['-c', `${hundred} echo ready; wait`], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void process.kill(-(shell.pid as number), 'SIGKILL'))
    await once(shell.stdout, 'data')
    const probe = openMemoryProbe(shell.pid as number, 'NONE=1')
    // What was asked once of a process is not asked again.
    for (let i = 0; i < 5; i++) probe?.whole()
    const cost = { probe: 0, files: 0 }
    for (let i = 0; i < 40; i++) {
      cost.probe += cpuTimeOf(() => expect(probe?.whole()).toBeGreaterThan(0))
      cost.files += cpuTimeOf(readEveryStat)
    }
    expect(cost.probe / cost.files).toBeLessThan(2)
  })
})

/** Of this process, in us. */
function cpuTimeOf(act: () => void): number {
  const before = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function readEveryStat(): void {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      readFileSync(`/proc/${name}/stat`, 'utf8')
    } catch (error) {
      // It ended meanwhile.
      expect(['ENOENT', 'ESRCH']).toContain((error as NodeJS.ErrnoException).code)
    }
  }
}
