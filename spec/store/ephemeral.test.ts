import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tryLock } from '../../lib/os/lock-file.ts'
import { sweepEphemeral } from '../../lib/store/ephemeral.ts'
import { makeStore } from '../support/place.ts'
import { started, type Told, writeSession } from './sessions.ts'

const [type, facts, options] = started(1, Date.UTC(2026, 0, 2))
const dead: Told = [type, facts, options]
/** Its process is one of another container, so nobody here can say. */
const unsure: Told = [
  type,
  { ...facts, process: { ...(facts as { process: object }).process, pid_ns: 'pid:[1]' } },
  options,
]

describe('sweepEphemeral', () => {
  it.each<[string, string, Told, string | undefined, boolean]>([
    ['removes', 'that is dead', dead, undefined, false],
    ['keeps', 'whose process may live', unsure, undefined, true],
    ['keeps', 'whose tool holds its lock', dead, 'command', true],
    ['keeps', 'that somebody holds', dead, 'session', true],
  ])('%s a session %s', async (_act, _which, told, lock, isKept) => {
    const store = makeStore()
    const { dir } = writeSession(store, { place: 'ephemeral', told: [told] })
    const held = lock === undefined ? undefined : tryLock(`${dir}/locks/${lock}.lock`, {})
    expect(await sweepEphemeral(store)).toBe(undefined)
    held?.release()
    expect(existsSync(dir)).toBe(isKept)
  })
})
