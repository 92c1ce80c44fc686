import { describe, expect, it } from 'vitest'
import { isColored } from '../../cli/color.ts'

const terminal = () => true
const pipe = () => false

describe('isColored', () => {
  it('follows the terminal when nothing else is said', () => {
    expect(isColored(undefined, {}, terminal)).toBe(true)
    expect(isColored(undefined, {}, pipe)).toBe(false)
  })

  it('obeys --color above all', () => {
    expect(isColored('always', { NO_COLOR: '1', TERM: 'dumb' }, pipe)).toBe(true)
    expect(isColored('never', { FORCE_COLOR: '1' }, terminal)).toBe(false)
  })

  it.each([
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ TERM: 'dumb' }, false],
    [{ FORCE_COLOR: '0' }, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('on a terminal with %j it is %s', (env, expected) => {
    expect(isColored(undefined, env, terminal)).toBe(expected)
  })

  it.each([
    [{ FORCE_COLOR: '' }, true],
    [{ FORCE_COLOR: '3', TERM: 'dumb' }, true],
    [{ FORCE_COLOR: 'false' }, false],
  ])('in a pipe with %j it is %s', (env, expected) => {
    expect(isColored(undefined, env, pipe)).toBe(expected)
  })

  it('prefers the flag to STINT_COLOR, and takes no other word', () => {
    expect(isColored('never', { STINT_COLOR: 'always' }, terminal)).toBe(false)
    expect(isColored(undefined, { STINT_COLOR: 'always' }, pipe)).toBe(true)
    expect(isColored('auto', { STINT_COLOR: 'always' }, pipe)).toBe(false)
    expect(isColored('blue', { STINT_COLOR: 'green' }, terminal)).toBe(true)
    expect(isColored('blue', { STINT_COLOR: 'green' }, pipe)).toBe(false)
  })

  it('does not look at the terminal when that decides nothing', () => {
    const never = () => {
      throw new Error('looked')
    }
    expect(isColored(undefined, { NO_COLOR: '1' }, never)).toBe(false)
    expect(isColored('always', {}, never)).toBe(true)
  })
})
