import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { rules } from '../../lib/redact/rules.ts'
import { alnum, base64url, hex, jwt, tokens } from './samples.ts'

const redactor = createRedactor()

describe('tokens of providers', () => {
  it('has a sample of every rule that is a token by itself', () => {
    const elsewhere = ['telegram-bot-token', 'slack-webhook', 'discord-webhook', 'terraform-token']
    const sampled = new Set([...tokens.map(([rule]) => rule), ...elsewhere])
    expect(rules.filter((rule) => !sampled.has(rule.id))).toEqual([])
  })

  it('has no anchor twice', () => {
    const anchors = rules.flatMap((rule) => rule.anchors)
    expect(anchors.length).toBe(new Set(anchors).size)
  })

  for (const [rule, anchor, body] of tokens) {
    const token = anchor + body
    it(`finds ${rule} after ${anchor.slice(0, 3)}, wherever it stands`, () => {
      for (const [before, after] of [
        ['', ''],
        ['the key is ', ' and more'],
        ['"', '",'],
        ['\n', '\n'],
        ['export X=', ''],
        ['{\\"k\\":\\"', '\\"}'],
        ['line\\n', ' x'],
        ['\u001b[32m', '\u001b[0m'],
        ['(', ')'],
        ['see ', '. Then'],
      ]) {
        const { value, counts } = redactor.text(before + token + after)
        expect(value).toBe(`${before}[REDACTED:${rule}]${after}`)
        expect(counts).toEqual({ [rule]: 1 })
      }
    })

    it(`leaves what only begins like ${rule} after ${anchor.slice(0, 3)}`, () => {
      for (const near of [
        anchor,
        anchor + body.slice(0, 7),
        `word${token}`,
        `${anchor}${'x'.repeat(body.length)}`,
        `${anchor}your-token-here`,
      ]) {
        expect(createRedactor().text(near)).toEqual({ value: near, counts: undefined })
      }
    })
  }

  it('keeps the address of a webhook and takes its secret part', () => {
    const slack = `https://hooks.slack.com/services/T0${alnum(9)}/B0${alnum(9)}/${alnum(24)}`
    expect(redactor.text(slack).value).toBe(
      'https://hooks.slack.com/services/[REDACTED:slack-webhook]',
    )
    const discord = `POST https://discord.com/api/webhooks/123456789012345678/${alnum(68)} 204`
    expect(redactor.text(discord).value).toBe(
      'POST https://discord.com/api/webhooks/[REDACTED:discord-webhook] 204',
    )
  })

  it('takes what stands before an anchor along with it', () => {
    expect(redactor.text(`x 123456789${':'}AA${alnum(33)} y`).value).toBe(
      'x [REDACTED:telegram-bot-token] y',
    )
    expect(redactor.text(`x ${alnum(14)}${'.atlas'}v1.${alnum(67)} y`).value).toBe(
      'x [REDACTED:terraform-token] y',
    )
  })

  it('looks into the header of what could be a JWT', () => {
    const other = [base64url('{"not":"a token","x":1}'), alnum(20), alnum(20)].join('.')
    expect(redactor.text(other).value).toBe(other)
    expect(redactor.text(`${jwt}.`).value).toBe('[REDACTED:jwt].')
  })

  it('finds a token in the middle of a long run of others', () => {
    const token = `ghp${'_'}${alnum(36)}`
    const text = `${hex(300)} ${'a-b_'.repeat(50)} ${token} ${'z'.repeat(500)} ${token}`
    expect(redactor.text(text).counts).toEqual({ 'github-token': 2 })
  })

  it('finds a long value after the word Bearer', () => {
    const text = `sent Bearer ${hex(40)} to the server`
    expect(redactor.text(text).value).toBe('sent Bearer [REDACTED:authorization] to the server')
  })
})
