/** What is not searched at all could not have been found. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../lib/redact/engine.ts'
import { isHarmless, isHarmlessJson, isTooLongToHide } from '../../lib/redact/harmless.ts'
import { createRedactor } from '../../lib/redact/redact.ts'
import { rules } from '../../lib/redact/rules.ts'
import { alnum, tokens } from './samples.ts'

const names = ['token', 'password', 'key', 'name', 'value', 'auth', 'event', 'set', 'pwd', 'psk']
const anchors = rules.flatMap((rule) => rule.anchors)
const part = fc.oneof(
  fc.constantFrom(...anchors, ...names, '.', '-', '_', ' '),
  fc.string({ minLength: 1, maxLength: 12 }),
)
const word = fc.array(part, { maxLength: 4 }).map((parts) => parts.join('').slice(0, 15))

describe('a harmless text', () => {
  it('holds nothing that a rule would find', () => {
    const engine = createEngine({})
    fc.assert(
      fc.property(word, (text) => {
        fc.pre(isHarmless(text))
        expect(engine.text(text).counts).toBeUndefined()
      }),
      { numRuns: 3000 },
    )
  })

  it('is no part of a known value that is too long to hide in it', () => {
    const value = alnum(16)
    expect(isTooLongToHide(value)).toBe(true)
    expect(isTooLongToHide(`${value}\n${alnum(8)}`)).toBe(false)
    const engine = createEngine({})
    engine.learn([value])
    const written = [value, ...[0, 1, 2].map((n) => Buffer.from('-'.repeat(n) + value))].flatMap(
      (one) =>
        typeof one === 'string' ? [one] : [one.toString('base64'), one.toString('base64url')],
    )
    for (const text of written) {
      for (let at = 0; at + 15 <= text.length; at++) {
        expect(engine.text(text.slice(at, at + 15)).counts).toBeUndefined()
      }
    }
  })

  it('is searched all the same when something short is known, or the user has rules', () => {
    const short = alnum(9)
    const redactor = createRedactor()
    redactor.learn([short])
    expect(redactor.text(short).value).toBe('[REDACTED:known-value]')
    const rule = { id: 'own', anchors: ['own-'], charset: 'alnum', min: 5, max: 9 } as const
    const own = createRedactor({ rules: [{ ...rule, confidence: 'high' }] })
    expect(own.text(`own-${alnum(7)}`).value).toBe('[REDACTED:own]')
  })

  it('is shorter than every token', () => {
    for (const [, anchor, body] of tokens) {
      expect(isHarmless(anchor + body)).toBe(false)
    }
  })
})

describe('a harmless JSON value', () => {
  it('holds nothing that a rule would find', () => {
    const engine = createEngine({})
    const json = fc.dictionary(word, fc.oneof(word, fc.dictionary(word, word), fc.integer()))
    fc.assert(
      fc.property(json, (value) => {
        fc.pre(isHarmlessJson(value))
        expect(engine.json(value).counts).toBeUndefined()
      }),
      { numRuns: 3000 },
    )
  })

  it('has no name that says something of its value', () => {
    const secret = alnum(12)
    for (const key of ['password', 'api_key', 'Cookie']) {
      expect(isHarmlessJson({ [key]: secret })).toBe(false)
    }
    expect(isHarmlessJson({ name: 'DB_PASSWORD', value: secret })).toBe(false)
    expect(isHarmlessJson(['--token', secret])).toBe(false)
    expect(isHarmlessJson({ event: 'renamed', set: { name: 'fix-login' } })).toBe(true)
  })
})
