import { describe, expect, test } from 'vitest'
import { Recent, remembered } from '../../lib/base/recent.ts'

describe('Recent', () => {
  test('remembers the newest, and forgets what is older than twice as many', () => {
    const recent = new Recent()
    const ids = Array.from({ length: 5 * remembered + 1 }, (_, i) => `id${i}`)
    for (const id of ids) {
      recent.add(id)
      expect(recent.size <= 2 * remembered).toBe(true)
    }
    expect(ids.slice(-remembered).every((id) => recent.has(id))).toBe(true)
    expect(ids.slice(0, -2 * remembered).some((id) => recent.has(id))).toBe(false)
  })

  test('counts each once, and gives it up whenever it came', () => {
    const recent = new Recent()
    recent.add('first')
    for (let i = 0; i < remembered; i++) recent.add(`id${i}`)
    recent.add('first')
    expect(recent.size).toBe(remembered + 1)
    recent.delete('first')
    recent.delete('id7')
    expect([recent.has('first'), recent.has('id7'), recent.size]).toEqual([
      false,
      false,
      remembered - 1,
    ])
    recent.clear()
    expect([recent.has('id8'), recent.size]).toEqual([false, 0])
  })

  test('tells long ids apart', () => {
    const recent = new Recent()
    const long = 'x'.repeat(1_000_000)
    recent.add(`${long}a`)
    expect([recent.has(`${long}a`), recent.has(`${long}b`)]).toEqual([true, false])
    recent.delete(`${long}a`)
    expect(recent.size).toBe(0)
  })
})
