import { afterEach, describe, expect, it, vi } from 'vitest'
import { Failure } from '../../lib/errors.ts'
import { patiently } from '../../lib/os/shortage.ts'

function thrower(errno: string): () => never {
  const cause = Object.assign(new Error(`${errno}: so it is`), { code: errno })
  return () => {
    throw new Failure('IO_FAILED', { path: '/here', errno, problem: 'so it is' }, { cause })
  }
}

afterEach(() => vi.restoreAllMocks())

describe('patiently', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOMEM'])('passes over %s for half a minute', (errno) => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000)
    const look = patiently()
    expect(look(thrower(errno))).toBeUndefined()
    now.mockReturnValue(31_000)
    expect(look(thrower(errno))).toBeUndefined()
    now.mockReturnValue(31_001)
    expect(() => look(thrower(errno))).toThrow(errno)
  })

  it('begins anew once something was seen', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0)
    const look = patiently()
    expect(look(thrower('ENFILE'))).toBeUndefined()
    expect(look(() => 'seen')).toBe('seen')
    now.mockReturnValue(60_000)
    expect(look(thrower('ENFILE'))).toBeUndefined()
  })

  it.each(['EIO', 'EACCES', 'EAGAIN'])('throws %s at once', (errno) => {
    expect(() => patiently()(thrower(errno))).toThrow(errno)
  })

  it('throws what is no failure of the system', () => {
    const act = () => {
      throw new TypeError('a bug')
    }
    expect(() => patiently()(act)).toThrow('a bug')
  })
})
