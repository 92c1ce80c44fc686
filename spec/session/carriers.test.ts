import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ulid } from 'ulid'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SessionId } from '../../lib/index.ts'
import { formatOuter, listCarriersWithin } from '../../lib/session/carriers.ts'

async function startIn(env: Record<string, string>): Promise<number> {
  const child = spawn('/bin/sh', ['-c', 'echo ready; read -r _'], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid as number
}

describe('listCarriersWithin', () => {
  it('finds what turns up to this one started, near and far, and nothing of a later one', async () => {
    const [id, inner] = [ulid() as SessionId, ulid() as SessionId]
    const own = (turn: string) => ({ STINT_SESSION_ID: id, STINT_TURN: turn })
    const around = (turn: number) => ({
      ...{ STINT_SESSION_ID: inner, STINT_TURN: '9' },
      STINT_OUTER_TURNS: formatOuter(formatOuter(undefined, id, turn), ulid() as SessionId, 9),
    })
    const wanted = [
      await startIn({ STINT_SESSION_ID: id }),
      await startIn(own('1')),
      await startIn(own('2')),
      await startIn(around(2)),
    ]
    await startIn(own('3'))
    await startIn(around(3))
    await startIn({ STINT_SESSION_ID: inner, STINT_PARENT_SESSION: id })
    const found = listCarriersWithin(id, 2).map(({ pid }) => pid)
    expect(found.sort()).toEqual(wanted.sort())
  })
})

describe('formatOuter', () => {
  it('puts the nearest turn last', () => {
    const [a, b] = [ulid() as SessionId, ulid() as SessionId]
    expect(formatOuter(undefined, a, 1)).toBe(`${a}:1`)
    expect(formatOuter(`${a}:1`, b, 2)).toBe(`${a}:1 ${b}:2`)
  })
})
