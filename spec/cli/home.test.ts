import os from 'node:os'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { homeOf } from '../../cli/session.ts'

describe('homeOf', () => {
  it('takes HOME, unless it would be below whatever directory one is in', () => {
    expect(homeOf({ env: { HOME: '/home/ann' } })).toBe('/home/ann')
    for (const HOME of [undefined, '', 'home']) {
      expect(homeOf({ env: { HOME } })).toBe(os.userInfo().homedir)
    }
  })

  it('is the root for a user whom the system does not know', () => {
    const unknown = Object.assign(new Error('no such user'), { code: 'ERR_SYSTEM_ERROR' })
    const spy = vi.spyOn(os, 'userInfo').mockImplementation(() => {
      throw unknown
    })
    onTestFinished(() => spy.mockRestore())
    expect(homeOf({ env: {} })).toBe('/')
  })
})
