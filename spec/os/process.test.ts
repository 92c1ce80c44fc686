import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  carries,
  findRow,
  type GroupIdentity,
  isForeign,
  isStopped,
  signalGroup,
  signalProcess,
  startTimeOf,
  thisMachine,
  thisProcess,
  vitalsOf,
  vitalsOfGroup,
} from '../../lib/os/process.ts'
import { makeDir } from '../support/place.ts'
import { until } from './holder.ts'

const marker = 'STINT_SPEC_MARK=one'

afterEach(() => void vi.restoreAllMocks())

/** A shell in a process group of its own that prints the pid of its own child and then waits. */
async function startGroup(
  script: string,
  env: Record<string, string> = { STINT_SPEC_MARK: 'one' },
): Promise<{ child: ChildProcess; group: GroupIdentity; inner: number }> {
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const pgid = child.pid as number
  onTestFinished(() => {
    try {
      process.kill(-pgid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  })
  const [line] = await once(child.stdout, 'data')
  const group = { ...thisMachine(), pgid, start_time: startTimeOf(pgid) ?? '' }
  return { child, group, inner: Number(line) }
}

/** Ends the group's leader and waits until it is reaped; the rest of the group lives on. */
async function endLeader({ child }: { child: ChildProcess }): Promise<void> {
  const exited = once(child, 'exit')
  child.stdin?.end()
  await exited
}

const leaderAndMember = 'sleep 1000 & echo $!; read -r _; exit 0'

describe('vitalsOf', () => {
  it('knows this process', () => {
    expect(vitalsOf(thisProcess()).verdict).toBe('alive')
    expect(thisProcess().pid).toBe(process.pid)
    expect(thisProcess().start_time).not.toBe('')
    expect(thisMachine().boot_id).not.toBe('')
  })

  it('takes a pid with another start time for another process', () => {
    const recycled = { ...thisProcess(), start_time: '1' }
    expect(vitalsOf(recycled)).toMatchObject({
      verdict: 'dead',
      why: expect.stringMatching(/another/),
    })
  })

  it('sees a child live and die', async () => {
    const child = spawn('cat', { stdio: 'pipe' })
    const pid = child.pid as number
    const id = { ...thisProcess(), pid, start_time: startTimeOf(pid) ?? '' }
    expect(vitalsOf(id).verdict).toBe('alive')
    const exited = once(child, 'exit')
    child.stdin.end()
    await exited
    expect(vitalsOf(id).verdict).toBe('dead')
  })

  it('takes a zombie for dead', async () => {
    // The shell becomes a program that waits for no child, so its child stays a zombie.
    const { group, inner } = await startGroup('sleep 1000 & echo $!; exec cat')
    await until(() => readFileSync(`/proc/${group.pgid}/comm`, 'utf8') === 'cat\n')
    process.kill(inner, 'SIGKILL')
    await until(() => / Z /.test(readFileSync(`/proc/${inner}/stat`, 'utf8')))
    const id = { ...thisProcess(), pid: inner, start_time: startTimeOf(inner) ?? '' }
    expect(id.start_time).not.toBe('')
    expect(vitalsOf(id)).toMatchObject({ verdict: 'dead', why: expect.stringMatching(/zombie/) })
    expect(vitalsOfGroup(group, marker).verdict).toBe('alive')
  })

  it.each([
    ['this machine started anew', { boot_id: 'other' }, 'dead'],
    ['another machine', { boot_id: 'other', host: 'elsewhere' }, 'unknown'],
    ['another machine that tells no boot id', { boot_id: '', host: 'elsewhere' }, 'unknown'],
    ['no boot id', { boot_id: '' }, 'unknown'],
    ['another pid namespace', { pid_ns: 'pid:[1]' }, 'unknown'],
  ] as const)('says of a process of %s what can be known', (_, where, verdict) => {
    expect(vitalsOf({ ...thisProcess(), ...where }).verdict).toBe(verdict)
    const group = { ...thisMachine(), pgid: 4, start_time: '1', ...where }
    expect(vitalsOfGroup(group, marker).verdict).toBe(verdict)
    expect(signalGroup(group, marker, 'SIGTERM')).toBe(false)
  })
})

describe('findRow and carries', () => {
  it('know a child of this process, and nothing of nobody', async () => {
    const { group, inner } = await startGroup(leaderAndMember)
    expect(findRow(group.pgid)).toMatchObject({ ppid: process.pid, pgid: group.pgid })
    expect(findRow(inner)).toMatchObject({ ppid: group.pgid, pgid: group.pgid })
    expect(carries(inner, marker)).toBe(true)
    expect(carries(inner, 'STINT_SPEC_MARK=on')).toBe(false)
    expect([findRow(999_999_999), carries(999_999_999, marker)]).toEqual([undefined, false])
  })

  it.skipIf(process.platform !== 'linux')(
    'know one at every moment in which it starts another program',
    async () => {
      const script = join(makeDir(), 'again.sh')
      writeFileSync(script, 'exec /bin/sh "$0"')
      const child = spawn('/bin/sh', [script], { env: { STINT_SPEC_MARK: 'always' } })
      onTestFinished(() => void child.kill('SIGKILL'))
      await once(child, 'spawn')
      const { pid } = child as { pid: number }
      // One look in fifty finds the environment empty.
      const looks = Array.from({ length: 10_000 }, () => carries(pid, 'STINT_SPEC_MARK=always'))
      expect(looks.filter((seen) => !seen)).toEqual([])
    },
  )

  it.skipIf(process.platform !== 'linux')('wait for an environment that has begun', () => {
    // What the kernel shows of a process in the middle of exec(2), where arguments are and no program is.
    const memory =
      '516096 0 18446744073709551615 0 0 140725033725877 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0'
    const ends = '140725033725877 140725033725894 140725033725894 140725033725894 0'
    const dir = makeDir()
    const [environ, stat] = [join(dir, 'environ'), join(dir, 'stat')]
    writeFileSync(environ, '')
    writeFileSync(
      stat,
      `7 (sh) R 1 7 7 0 -1 4194304 9 0 0 0 2 3 0 0 20 0 1 0 4848596 ${memory} ${ends}\n`,
    )
    const { openSync } = fs
    vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) =>
      openSync(
        path === '/proc/7/environ' ? environ : path === '/proc/7/stat' ? stat : path,
        ...rest,
      ),
    )
    vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      writeFileSync(environ, `${marker}\0`)
      return 'timed-out'
    })
    expect(carries(7, marker)).toBe(true)
  })

  it.skipIf(process.platform !== 'linux')('do not wait where it is empty for good', async () => {
    const child = spawn('/bin/cat', { env: {}, stdio: ['pipe', 'pipe', 'ignore'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    child.stdin.write('here')
    await once(child.stdout, 'data')
    const { pid } = child as { pid: number }
    const block = vi.spyOn(Atomics, 'wait')
    expect([carries(pid, marker), block.mock.calls]).toEqual([false, []])
  })
})

describe('isStopped', () => {
  it('tells a stopped process from one that goes on', async () => {
    const { group, inner } = await startGroup(leaderAndMember)
    const id = { ...thisProcess(), pid: inner, start_time: startTimeOf(inner) ?? '' }
    expect(isStopped(id)).toBe(false)
    process.kill(-group.pgid, 'SIGSTOP')
    await until(() => isStopped(id))
    expect(isStopped({ ...id, start_time: '1' })).toBe(false)
    process.kill(-group.pgid, 'SIGCONT')
    await until(() => !isStopped(id))
  })
})

describe('vitalsOfGroup', () => {
  it('sees a group by its leader, whatever its environment', async () => {
    const { group } = await startGroup(leaderAndMember, {})
    expect(vitalsOfGroup(group, marker).verdict).toBe('alive')
  })

  it('sees members that outlive their leader by what they carry', async () => {
    const started = await startGroup(leaderAndMember)
    await endLeader(started)
    expect(vitalsOfGroup(started.group, marker)).toMatchObject({
      verdict: 'alive',
      why: expect.stringContaining(String(started.inner)),
    })
    process.kill(started.inner, 'SIGKILL')
    await until(() => vitalsOfGroup(started.group, marker).verdict === 'dead')
  })

  it('takes a group without its leader that does not carry the mark for a stranger', async () => {
    const started = await startGroup(leaderAndMember, { STINT_SPEC_MARK: 'other' })
    await endLeader(started)
    expect(existsSync(`/proc/${started.inner}`)).toBe(true)
    expect(vitalsOfGroup(started.group, marker).verdict).toBe('dead')
    const longer = await startGroup(leaderAndMember, { STINT_SPEC_MARK: 'one more' })
    await endLeader(longer)
    expect(vitalsOfGroup(longer.group, marker).verdict).toBe('dead')
  })

  it('sees a process that is in another group, as a tool that has the terminal', async () => {
    const child = spawn('cat', { stdio: 'pipe' })
    const pgid = child.pid as number
    const group = { ...thisMachine(), pgid, start_time: startTimeOf(pgid) ?? '' }
    expect(vitalsOfGroup(group, marker).verdict).toBe('alive')
    expect(vitalsOfGroup({ ...group, start_time: '1' }, marker).verdict).toBe('dead')
    expect(signalGroup(group, marker, 'SIGKILL')).toBe(false)
    const exited = once(child, 'exit')
    child.stdin.end()
    await exited
    expect(vitalsOfGroup(group, marker).verdict).toBe('dead')
  })

  it('does not know whose they are where environments are not shown', async () => {
    const started = await startGroup(leaderAndMember)
    const on = process.platform
    onTestFinished(() => void Object.defineProperty(process, 'platform', { value: on }))
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    const group = { ...started.group, start_time: startTimeOf(started.group.pgid) ?? '' }
    expect(vitalsOfGroup(group, marker).verdict).toBe('alive')
    await endLeader(started)
    expect(vitalsOfGroup(group, marker).verdict).toBe('unknown')
    process.kill(started.inner, 'SIGKILL')
    await until(() => vitalsOfGroup(group, marker).verdict === 'dead')
  })

  it('does not take what has no start time on record for another one', async () => {
    const { group } = await startGroup(leaderAndMember)
    expect(vitalsOfGroup({ ...group, start_time: '' }, marker).verdict).toBe('unknown')
    expect(vitalsOf({ ...thisProcess(), start_time: '' }).verdict).toBe('unknown')
    const gone = { ...group, pgid: 2 ** 22 + 1, start_time: '' }
    expect(vitalsOfGroup(gone, marker).verdict).toBe('dead')
    expect(vitalsOf({ ...gone, pid: gone.pgid }).verdict).toBe('dead')
    for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 40]) {
      expect(vitalsOf({ ...thisProcess(), pid, start_time: '1' }).verdict).toBe('dead')
    }
  })

  it.skipIf(process.platform !== 'linux')(
    'takes nobody for dead who is there and not shown',
    async () => {
      const { group } = await startGroup(leaderAndMember)
      const open = fs.openSync.bind(fs)
      vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
        if (path !== `/proc/${group.pgid}/stat`) return open(path, ...rest)
        throw Object.assign(new Error('ENOENT: no such file or directory'), { code: 'ENOENT' })
      })
      try {
        expect(vitalsOf({ ...group, pid: group.pgid }).verdict).toBe('unknown')
        expect(vitalsOfGroup(group, marker).verdict).toBe('unknown')
        expect(signalGroup(group, marker, 'SIGKILL')).toBe(false)
        // Nor whom another user has.
        vi.spyOn(process, 'kill').mockImplementation(() => {
          throw Object.assign(new Error('EPERM: kill'), { code: 'EPERM' })
        })
        expect(vitalsOf({ ...group, pid: group.pgid }).verdict).toBe('unknown')
        expect(vitalsOfGroup(group, marker).verdict).toBe('unknown')
        expect(isForeign(group)).toBe(true)
      } finally {
        vi.restoreAllMocks()
      }
      expect(isForeign(group)).toBe(false)
      expect(isForeign({ ...group, pgid: 999_999_999 })).toBe(false)
    },
  )

  it.skipIf(process.platform !== 'linux')(
    'takes a group whose leader is a zombie for as alive as its other members',
    async () => {
      const script = "setsid sh -c 'sleep 1000 & echo $!; exec sleep 1000' & exec cat"
      const { group: outer, inner } = await startGroup(script, {})
      await until(() => readFileSync(`/proc/${outer.pgid}/comm`, 'utf8') === 'cat\n')
      const pgid = findRow(inner)?.pgid as number
      expect(pgid).not.toBe(outer.pgid)
      const group = { ...outer, pgid, start_time: startTimeOf(pgid) ?? '' }
      process.kill(pgid, 'SIGKILL')
      await until(() => findRow(pgid)?.state === 'Z')
      expect(vitalsOfGroup(group, marker)).toMatchObject({
        ...{ verdict: 'alive', why: expect.stringContaining(`process ${inner} `) },
      })
      process.kill(inner, 'SIGKILL')
      await until(() => vitalsOfGroup(group, marker).verdict === 'dead')
    },
  )

  it('takes a group whose number was given out again for dead', async () => {
    const { group } = await startGroup(leaderAndMember)
    expect(vitalsOfGroup({ ...group, start_time: '1' }, marker).verdict).toBe('dead')
  })

  it.skipIf(process.platform !== 'linux')(
    'takes nobody for dead whom a shortage of files keeps from being looked at',
    async () => {
      const started = await startGroup(leaderAndMember)
      await endLeader(started)
      const open = fs.openSync.bind(fs)
      const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
        if (!String(path).endsWith('/environ')) return open(path, ...rest)
        throw Object.assign(new Error('ENFILE: file table overflow, open'), { code: 'ENFILE' })
      })
      try {
        expect(() => vitalsOfGroup(started.group, marker)).toThrow('ENFILE')
      } finally {
        spy.mockRestore()
      }
      expect(vitalsOfGroup(started.group, marker).verdict).toBe('alive')
    },
  )

  it.each([0, 1, -1, Number.NaN])('takes the group %d for nobody', (pgid) => {
    const group = { ...thisMachine(), pgid, start_time: '' }
    expect(vitalsOfGroup(group, marker).verdict).toBe('dead')
    expect(signalGroup(group, marker, 'SIGTERM')).toBe(false)
  })

  it('is not disturbed by a process that ends while it is looked at', async () => {
    // A parent that reaps its child at once, as init does.
    const { group, inner } = await startGroup('sleep 1000 & echo $!; wait; exec cat')
    const open = fs.openSync.bind(fs)
    let looked = false
    const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
      const fd = open(path, ...rest)
      if (path === `/proc/${inner}/stat`) {
        looked = true
        process.kill(inner, 'SIGKILL')
        const deadline = performance.now() + 10_000
        while (existsSync(`/proc/${inner}`) && performance.now() < deadline);
      }
      return fd
    })
    try {
      expect(startTimeOf(inner)).toBeUndefined()
      expect(looked).toBe(true)
    } finally {
      spy.mockRestore()
    }
    expect(vitalsOfGroup(group, marker).verdict).toBe('alive')
  })
})

describe('signalGroup', () => {
  it('ends every member of the very group, its leader gone or not', async () => {
    const whole = await startGroup(leaderAndMember)
    const exited = once(whole.child, 'exit')
    expect(signalGroup(whole.group, marker, 'SIGKILL')).toBe(true)
    await exited
    await until(() => vitalsOfGroup(whole.group, marker).verdict === 'dead')

    const rest = await startGroup(leaderAndMember)
    await endLeader(rest)
    expect(signalGroup(rest.group, marker, 'SIGKILL')).toBe(true)
    await until(() => vitalsOfGroup(rest.group, marker).verdict === 'dead')
    expect(signalGroup(rest.group, marker, 'SIGKILL')).toBe(false)
  })

  it.each([
    ['whose start time is another', { start_time: '1' }],
    ['of another boot', { boot_id: 'other' }],
    ['of another container', { pid_ns: 'pid:[1]' }],
  ])('never reaches a group %s', async (_, other) => {
    const { child, group, inner } = await startGroup(leaderAndMember)
    const kill = vi.spyOn(process, 'kill')
    try {
      expect(signalGroup({ ...group, ...other }, marker, 'SIGKILL')).toBe(false)
      expect(kill.mock.calls.filter(([, signal]) => signal !== 0)).toEqual([])
    } finally {
      kill.mockRestore()
    }
    expect([child.exitCode, child.signalCode, existsSync(`/proc/${inner}`)]).toEqual([
      null,
      null,
      true,
    ])
  })

  it('never reaches strangers in a group whose leader is gone', async () => {
    const started = await startGroup(leaderAndMember, {})
    await endLeader(started)
    expect(signalGroup(started.group, marker, 'SIGKILL')).toBe(false)
    expect(existsSync(`/proc/${started.inner}`)).toBe(true)
  })
})

describe('signalProcess', () => {
  it('reaches the very process, and never the first one or a group', async () => {
    const { child, group } = await startGroup(leaderAndMember)
    const kill = process.kill.bind(process)
    const sent: unknown[] = []
    const spy = vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
      if (signal === 0) return kill(pid, 0)
      sent.push([pid, signal])
      return true
    })
    const pid = group.pgid
    try {
      expect(signalProcess({ ...group, pid }, 'SIGTERM')).toBe(true)
      expect(signalProcess({ ...group, pid, start_time: '1' }, 'SIGTERM')).toBe(false)
      for (const pid of [1, 0, -1, -group.pgid, Number.NaN]) {
        const start_time = startTimeOf(pid) ?? group.start_time
        expect(signalProcess({ ...group, pid, start_time }, 'SIGTERM'), String(pid)).toBe(false)
      }
    } finally {
      spy.mockRestore()
    }
    expect(sent).toEqual([[pid, 'SIGTERM']])
    expect(child.exitCode).toBeNull()
  })
})
