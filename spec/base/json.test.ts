import { describe, expect, it } from 'vitest'
import { formatJson } from '../../lib/base/json.ts'

describe('formatJson', () => {
  const nest = (depth: number): unknown => {
    let value: unknown = { list: [1, undefined, new Date(0)], left: undefined, 'a"b': null }
    for (let i = 0; i < depth; i++) value = i % 2 === 0 ? { x: i, value } : [value, {}, []]
    return value
  }

  it('writes what nests too deep for JSON.stringify', () => {
    const text = formatJson(nest(100_000), 2)
    expect(text.length).toBeGreaterThan(100_000)
    expect(formatJson(JSON.parse(text))).toBe(text)
  })

  it('writes that as anything else', () => {
    const deep = nest(20_000)
    expect(formatJson(deep)).toContain(JSON.stringify(nest(1)).slice(0, -1))
    expect(formatJson(nest(3), 2)).toBe(JSON.stringify(nest(3), null, 2))
  })
})
