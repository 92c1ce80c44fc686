import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { rules } from '../../lib/redact/rules.ts'
import { alnum, base64url, hex, jwt, tokens } from './samples.ts'

const lower16 = alnum(16).toLowerCase()

describe('tokens of providers', () => {
  it('has a sample of every rule that is a token by itself', () => {
    const sampled = rules.filter((rule) =>
      tokens.some(([id, anchor]) => id === rule.id && rule.anchors.includes(anchor)),
    )
    const others = rules.filter((rule) => !sampled.includes(rule))
    // A name before these is enough, and these have tests of their own.
    const named = ['secret-token', 'circle-key', 'airtable-token']
    expect(
      others.filter(
        (rule) => !rule.keepsAnchor && !rule.before && !rule.anywhere && !named.includes(rule.id),
      ),
    ).toEqual([])
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
        const { value, counts } = createRedactor().text(before + token + after)
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

  const id = `${hex(8)}-b41d-4e7a-9c35-${hex(12)}`
  const webhooks: readonly (readonly [rule: string, address: string, secret: string])[] = [
    ['slack-webhook', 'hooks.slack.com/services/', `T0${alnum(9)}/B0${alnum(9)}/${alnum(24)}`],
    ['slack-webhook', 'hooks.slack.com/triggers/', `T0${alnum(9)}/123456789012/${hex(32)}`],
    ['slack-webhook', 'hooks.slack-gov.com/services/', `T0${alnum(9)}/B0${alnum(9)}/${alnum(24)}`],
    ['discord-webhook', 'discord.com/api/webhooks/', `123456789012345678/${alnum(68)}`],
    ['discord-webhook', 'discordapp.com/api/webhooks/', `123456789012345678/${alnum(68)}`],
    ['discord-webhook', 'canary.discord.com/api/v9/webhooks/', `12345678901234567/${alnum(68)}`],
    ['discord-webhook', 'discord.com/api/v10/webhooks/', `123456789012345678/${alnum(68)}`],
    [
      ...(['teams-webhook', 'x.webhook.office.com/webhookb2/'] as const),
      `${id}@${id}/IncomingWebhook/${hex(32)}/${id}`,
    ],
    [
      ...(['teams-webhook', 'outlook.office.com/webhook/'] as const),
      `${id}@${id}/IncomingWebhook/${hex(32)}/${id}`,
    ],
    ['lark-webhook', 'open.feishu.cn/open-apis/bot/v2/hook/', id],
    ['lark-webhook', 'open.larksuite.com/open-apis/bot/v2/hook/', id],
    ['make-webhook', 'hook.eu1.make.com/', alnum(32).toLowerCase()],
    ['make-webhook', 'hook.us1.make.com/', alnum(32).toLowerCase()],
    ['ifttt-webhook', 'maker.ifttt.com/trigger/', `door/with/key/${alnum(22)}`],
  ]
  for (const [rule, address, secret] of webhooks) {
    it(`keeps the address of a webhook and takes its secret part: ${address}`, () => {
      expect(createRedactor().text(`POST https://${address}${secret} 204`).value).toBe(
        `POST https://${address}[REDACTED:${rule}] 204`,
      )
      const near = `POST https://${address}your-webhook 404`
      expect(createRedactor().text(near).value).toBe(near)
    })
  }

  it('has a test of every address', () => {
    const tested = new Set(webhooks.map(([rule]) => rule))
    expect(
      rules.filter((rule) => rule.keepsAnchor && !rule.anywhere && !tested.has(rule.id)),
    ).toEqual([])
  })

  const led: readonly (readonly [rule: string, token: string])[] = [
    ['telegram-bot-token', `123456789${':'}AA${alnum(33)}`],
    ['terraform-token', `${alnum(14)}${'.atlas'}v1.${alnum(67)}`],
    ['firebase-server-key', `AAAA${alnum(7)}${':APA'}91b${alnum(134)}`],
    ['stripe-key', `pi${'_'}${alnum(24)}${'_sec'}ret_${alnum(25)}`],
    ['der-key', `MIIEv${'QIBADANBgk'}qhkiG9w0BAQEFAAS${alnum(1200)}`],
    ['der-key', `MIIEp${'AIBAAK'}CAQEA${alnum(1200)}`],
    ['rapidapi-key', `${hex(10)}m${'sh'}${hex(15)}p1${hex(6)}jsn${hex(12)}`],
  ]
  for (const [rule, token] of led) {
    it(`takes what stands before the anchor of ${rule} along with it`, () => {
      expect(createRedactor().text(`x ${token} y`).value).toBe(`x [REDACTED:${rule}] y`)
      expect(createRedactor().text(`x 99${token} y`).counts).toBeUndefined()
      expect(createRedactor().text(`x ${token.slice(1)} y`).counts?.[rule]).toBe(
        rule === 'telegram-bot-token' ? 1 : undefined,
      )
    })
  }

  it('finds what is known by its middle or its end', () => {
    const key = alnum(90).slice(3)
    for (const [rule, token] of [
      ['azure-client-secret', `aB~8Q${'~'}${alnum(10)}.${alnum(12)}~${alnum(10)}`],
      ['azure-storage-key', `${key.slice(0, 76)}+AS${'t'}${alnum(6)}==`],
      ['azure-storage-key', `${key.slice(0, 76)}ACD${'b'}${alnum(6)}==`],
      ['azure-shared-key', `${key.slice(0, 33)}+AE${'h'}${alnum(6)}=`],
      ['azure-function-key', `${key.slice(0, 44)}AzF${'u'}${alnum(6)}==`],
      ['azure-search-key', `${key.slice(0, 42)}AzS${'e'}${alnum(6)}`],
      ['azure-registry-key', `${key.slice(0, 42)}+AC${'R'}${alnum(6)}`],
      ['azure-key', `${key.slice(0, 52)}JQQJ${'99'}${alnum(26)}`],
      ['newrelic-key', `${hex(36)}NRA${'L'}`],
      ['mailchimp-key', `${hex(32)}-u${'s'}12`],
      ['maxmind-key', `${alnum(6)}_${alnum(29)}_mm${'k'}`],
      ['deepl-key', `${id}:f${'x'}`],
      ['openshift-token', `sha256${'~'}${alnum(43)}`],
      ['salesforce-token', `00D${alnum(15)}!A${'Q'}${alnum(90)}`],
      ['braintree-token', `access_token$produc${'tion$'}${lower16}$${hex(32)}`],
      ['amazon-login-token', `Atza${'|'}${alnum(120)}`],
      ['endor-token', `endr${'+'}${alnum(16)}`],
      ['linkedin-secret', `WPL_AP1${'.'}${alnum(16)}`],
      ['airtable-token', `pa${'t'}${alnum(14)}.${hex(64)}`],
      ['google-refresh-token', `1${'/'}1234567890123456:${hex(32)}`],
    ] as const) {
      expect(createRedactor().text(`x ${token} y`).value).toBe(`x [REDACTED:${rule}] y`)
      expect(createRedactor().text(`v="${token}";`).value).toBe(`v="[REDACTED:${rule}]";`)
    }
    const hook = `https://hooks.zapier.com/hooks/catch/1234567/${'ab3cd4e'}`
    expect(createRedactor().text(hook).value).toBe(
      'https://hooks.zapier.com/hooks/catch/[REDACTED:zapier-webhook]',
    )
    const sas = `https://h/x?sv=2022-11-02&sig=${alnum(43)}%3D&se=1`
    expect(createRedactor().text(sas).value).toBe(
      'https://h/x?sv=2022-11-02&sig=[REDACTED:azure-sas]&se=1',
    )
  })

  it('finds what is named a secret too by its rule', () => {
    const circle = `LIVE_API${'_KEY:'}${hex(32)}:${hex(32)}`
    expect(createRedactor().text(`use ${circle} now`).value).toBe('use [REDACTED:circle-key] now')
    const token = `secret${'-token:'}mercury_production_${alnum(30)}`
    expect(createRedactor().text(`use ${token} now`).value).toBe('use [REDACTED:secret-token] now')
    const slack = `xoxe${'.xoxp'}-1-${alnum(160)}`
    expect(createRedactor().text(`use ${slack} now`).value).toBe('use [REDACTED:slack-token] now')
  })

  it('leaves what is made to be public', () => {
    const publishable = [
      `pk${'_live_'}${alnum(24)}`,
      `ph${'c_'}${alnum(43)}`,
      `sb_publish${'able_'}${alnum(31)}`,
      `p${'k.eyJ'}1Ijoi${alnum(60)}.${alnum(22)}`,
      `pk${'-lf-'}${id}`,
      `FLW${'PUBK-'}${hex(32)}-X`,
      `sq0${'idp-'}${alnum(22)}`,
    ]
    for (const key of publishable) expect(createRedactor().text(key).value).toBe(key)
  })

  it('leaves base64 that begins like a token of Square', () => {
    const image = `EAAA${'AAQABgAIAAoADAAOABAAEgAUABYAGAAaABwAHgAgACIAJAAmACgAKgAs'}`
    expect(createRedactor().text(image)).toEqual({ value: image, counts: undefined })
  })

  it('looks into the header of what could be a JWT', () => {
    const other = [base64url('{"not":"a token","x":1}'), alnum(20), alnum(20)].join('.')
    expect(createRedactor().text(other).value).toBe(other)
    expect(createRedactor().text(`${jwt}.`).value).toBe('[REDACTED:jwt].')
  })

  it('finds a token in the middle of a long run of others', () => {
    const token = `ghp${'_'}${alnum(36)}`
    const text = `${hex(300)} ${'a-b_'.repeat(50)} ${token} ${'z'.repeat(500)} ${token}`
    expect(createRedactor().text(text).counts).toEqual({ 'github-token': 2 })
  })

  it('finds a long value after the word Bearer', () => {
    const text = `sent Bearer ${hex(40)} to the server`
    expect(createRedactor().text(text).value).toBe(
      'sent Bearer [REDACTED:authorization] to the server',
    )
  })
})
