import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  ageOf,
  type Carrier,
  commandOf,
  isStillThere,
  listAncestors,
  listCarriers,
  openFilesOf,
  signalCarrier,
} from '../../lib/os/carriers.ts'
import { thisProcess } from '../../lib/os/process.ts'

/** Of this run only: other runs of the same tests are other people's processes. */
const mark = `one-${process.pid}-${Date.now()}`

async function startMarked(
  env: Record<string, string> = { STINT_SPEC_MARK: mark },
  words: readonly string[] = [],
): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', 'echo ready; read -r _', 'sh', ...words], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const gone = once(child, 'exit')
  // The next test is to find only its own.
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await gone
  })
  await once(child.stdout, 'data')
  return child
}

function listMarked(): Carrier[] {
  return listCarriers(['STINT_SPEC_MARK']).filter(
    ({ variables }) => variables.STINT_SPEC_MARK === mark,
  )
}

async function startOne(): Promise<Carrier> {
  const { pid } = await startMarked()
  return listMarked().find((carrier) => carrier.pid === pid) as Carrier
}

describe('listCarriers', () => {
  it('finds who has the variable in its environment, and nobody else', async () => {
    const marked = await startMarked()
    await startMarked({ OTHER: `STINT_SPEC_MARK=${mark}`, STINT_SPEC_MARK2: mark })
    await startMarked({}, [`STINT_SPEC_MARK=${mark}`])
    const found = listMarked()
    expect(found.map(({ pid }) => pid)).toEqual([marked.pid])
    expect(found[0]).toMatchObject({ ppid: process.pid, stopped: false })
    expect(found[0]?.age_ms).toBeLessThan(60_000)
  })

  it.each(['EACCES', 'ESRCH', 'ENOENT'])('passes over one that gives %s', async (errno) => {
    const [hidden, seen] = [await startMarked(), await startMarked()]
    const open = fs.openSync.bind(fs)
    const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
      if (path !== `/proc/${hidden.pid}/environ`) return open(path, ...rest)
      throw Object.assign(new Error(`${errno}: refused`), { code: errno })
    })
    try {
      expect(listMarked().map(({ pid }) => pid)).toEqual([seen.pid])
      expect(spy.mock.calls.some(([path]) => path === `/proc/${hidden.pid}/environ`)).toBe(true)
    } finally {
      spy.mockRestore()
    }
  })

  it('leaves out what belongs to another user', async () => {
    await startMarked()
    vi.spyOn(process, 'geteuid').mockReturnValue(4_242)
    expect(listMarked()).toEqual([])
    vi.restoreAllMocks()
    expect(listMarked()).toHaveLength(1)
  })
})

describe('signalCarrier', () => {
  it('ends the very process', async () => {
    const child = await startMarked()
    const [carrier] = listMarked() as [Carrier]
    const exited = once(child, 'exit')
    expect(signalCarrier(carrier, 'SIGTERM')).toBe(true)
    expect((await exited)[1]).toBe('SIGTERM')
    expect(isStillThere(carrier)).toBe(false)
    expect(signalCarrier(carrier, 'SIGTERM')).toBe(false)
  })

  it.each([
    ['that got the pid later', { start_time: '1' }],
    ['of another boot', { boot_id: 'other' }],
    ['of another container', { pid_ns: 'pid:[1]' }],
    ['that carries another session', { variables: { STINT_SPEC_MARK: 'other' } }],
    ['that carries nothing', { variables: { STINT_SPEC_MARK: mark, STINT_SPEC_MORE: '1' } }],
  ])('never reaches a process %s', async (_, other) => {
    const carrier = await startOne()
    const kill = vi.spyOn(process, 'kill')
    try {
      expect(signalCarrier({ ...carrier, ...other }, 'SIGKILL')).toBe(false)
      expect(kill).not.toHaveBeenCalled()
    } finally {
      kill.mockRestore()
    }
    expect(isStillThere(carrier)).toBe(true)
  })

  it('says so when the system refuses', async () => {
    const carrier = await startOne()
    const refusal = Object.assign(new Error('EPERM: refused'), { code: 'EPERM' })
    vi.spyOn(process, 'kill').mockImplementationOnce(() => {
      throw refusal
    })
    expect(signalCarrier(carrier, 'SIGKILL')).toBe(false)
    vi.restoreAllMocks()
  })
})

describe('what is told of a process', () => {
  it('is its command line, its open files and its ancestors', async () => {
    const child = await startMarked(undefined, ['two words', ''])
    const pid = child.pid as number
    expect(commandOf({ pid })).toContain('two words')
    expect(openFilesOf({ pid })).toContain('/dev/null')
    expect(listAncestors(pid)[0]).toBe(process.pid)
    expect(listAncestors(pid).slice(1)).toEqual(listAncestors())
    expect(commandOf({ pid: 2 ** 22 + 1 })).toEqual([])
    expect(openFilesOf({ pid: 2 ** 22 + 1 })).toEqual([])
  })

  it('is how long it has run', () => {
    const own = ageOf(thisProcess().start_time)
    expect(Math.abs(own - process.uptime() * 1000)).toBeLessThan(1_000)
    expect(ageOf('nonsense')).toBe(0)
  })

  it('says for how long it has run also where the start time is that of a calendar', () => {
    const on = process.platform
    onTestFinished(() => void Object.defineProperty(process, 'platform', { value: on }))
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    const age = ageOf('Sun Feb  1 10:00:00 2026')
    expect(Math.abs(age - (Date.now() - Date.UTC(2026, 1, 1, 10)))).toBeLessThan(1_000)
    expect(ageOf('Fri Jan  1 10:00:00 2100')).toBe(0)
    expect(ageOf('nonsense')).toBe(0)
  })
})
