/** What the tokens of providers look like, from the formats their documentation publishes. */

/** The characters of a token's body, after its anchor. */
export type Charset = 'alnum' | 'word' | 'dash' | 'dotted' | 'hex' | 'upper' | 'base64' | 'jwt'

/**
 * One kind of token: an anchor, then the longest run of `charset`, `min` to `max` characters.
 *
 * Every token holds SHORTEST_RUN letters, digits, `_` or `-` in a row: the search looks nowhere else.
 */
export interface Rule {
  readonly id: string
  readonly anchors: readonly string[]
  readonly charset: Charset
  readonly min: number
  readonly max: number
  /** `strict` keeps short anchors out of base64: no `+ / = _ -` on either side either. */
  readonly boundary?: 'strict'
  /** The anchor is an address that is no secret itself. */
  readonly keepsAnchor?: true
  /** What stands before the anchor and belongs to the token. */
  readonly before?: RegExp
  readonly check?: (body: string) => boolean
  /** `low`: too short a sign to look for what it found anywhere else. */
  readonly confidence?: 'low'
}

/** The shortest unbroken run that any token holds: that of an AWS access key id. */
export const SHORTEST_RUN = 20

/** Every rule with an anchor of its own; no anchor stands in two rules. */
export const rules: readonly Rule[] = [
  {
    id: 'github-token',
    anchors: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    charset: 'word',
    min: 36,
    max: 255,
  },
  { id: 'github-pat', anchors: ['github_pat_'], charset: 'word', min: 40, max: 255 },
  {
    id: 'gitlab-token',
    anchors: [
      ...['glpat-', 'gldt-', 'glrt-', 'glrtr-', 'glcbt-', 'glptt-', 'glft-', 'glimt-'],
      ...['glagent-', 'glsoat-', 'gloas-', 'glffct-', 'GR1348941'],
    ],
    charset: 'dotted',
    min: 20,
    max: 300,
  },
  {
    id: 'aws-access-key-id',
    anchors: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    charset: 'upper',
    min: 16,
    max: 16,
  },
  { id: 'google-api-key', anchors: ['AIza'], charset: 'dash', min: 35, max: 35 },
  { id: 'google-oauth-token', anchors: ['ya29.'], charset: 'dotted', min: 20, max: 2048 },
  {
    id: 'google-refresh-token',
    anchors: ['1//0'],
    charset: 'dash',
    min: 40,
    max: 200,
    boundary: 'strict',
  },
  { id: 'google-client-secret', anchors: ['GOCSPX-'], charset: 'dash', min: 28, max: 28 },
  {
    id: 'slack-token',
    anchors: [
      ...['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxo-', 'xoxc-', 'xoxd-', 'xoxe-'],
      ...['xoxe.xoxp-', 'xoxe.xoxb-', 'xapp-', 'xwfp-'],
    ],
    charset: 'dash',
    min: 20,
    max: 400,
    check: mixed,
  },
  {
    id: 'stripe-key',
    anchors: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'],
    charset: 'alnum',
    min: 16,
    max: 250,
  },
  {
    id: 'openai-key',
    anchors: ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-None-'],
    charset: 'dash',
    min: 32,
    max: 250,
  },
  { id: 'anthropic-key', anchors: ['sk-ant-'], charset: 'dash', min: 24, max: 250 },
  { id: 'openrouter-key', anchors: ['sk-or-v1-'], charset: 'hex', min: 64, max: 64 },
  { id: 'langfuse-key', anchors: ['sk-lf-'], charset: 'dash', min: 36, max: 36, check: mixed },
  { id: 'sk-key', anchors: ['sk-'], charset: 'alnum', min: 32, max: 64, check: mixed },
  { id: 'huggingface-token', anchors: ['hf_', 'api_org_'], charset: 'alnum', min: 34, max: 40 },
  { id: 'npm-token', anchors: ['npm_'], charset: 'alnum', min: 36, max: 36 },
  { id: 'pypi-token', anchors: ['pypi-AgE'], charset: 'dash', min: 50, max: 1000 },
  { id: 'rubygems-key', anchors: ['rubygems_'], charset: 'hex', min: 48, max: 48 },
  { id: 'sendgrid-key', anchors: ['SG.'], charset: 'dotted', min: 60, max: 70 },
  {
    id: 'twilio-key',
    anchors: ['SK'],
    charset: 'hex',
    min: 32,
    max: 32,
    boundary: 'strict',
  },
  { id: 'mailgun-key', anchors: ['key-'], charset: 'hex', min: 32, max: 32, boundary: 'strict' },
  {
    id: 'digitalocean-token',
    anchors: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    charset: 'hex',
    min: 64,
    max: 64,
  },
  {
    id: 'shopify-token',
    anchors: ['shpat_', 'shpca_', 'shppa_', 'shpss_', 'shpua_'],
    charset: 'alnum',
    min: 32,
    max: 40,
  },
  { id: 'square-token', anchors: ['sq0atp-', 'sq0csp-'], charset: 'dash', min: 22, max: 44 },
  {
    id: 'square-token',
    anchors: ['EAAA'],
    charset: 'dash',
    min: 60,
    max: 60,
    boundary: 'strict',
    check: mixed,
  },
  {
    id: 'telegram-bot-token',
    anchors: [':AA'],
    charset: 'dash',
    min: 33,
    max: 33,
    before: /(?<![0-9])[0-9]{8,10}$/,
  },
  {
    id: 'slack-webhook',
    anchors: ['hooks.slack.com/services/', 'hooks.slack.com/workflows/'],
    charset: 'base64',
    min: 36,
    max: 120,
    keepsAnchor: true,
  },
  {
    id: 'discord-webhook',
    anchors: ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
    charset: 'base64',
    min: 60,
    max: 120,
    keepsAnchor: true,
  },
  { id: 'linear-key', anchors: ['lin_api_', 'lin_oauth_'], charset: 'alnum', min: 32, max: 64 },
  { id: 'notion-token', anchors: ['ntn_'], charset: 'alnum', min: 40, max: 50 },
  {
    id: 'notion-token',
    anchors: ['secret_'],
    charset: 'alnum',
    min: 43,
    max: 43,
    confidence: 'low',
  },
  { id: 'vault-token', anchors: ['hvs.', 'hvb.', 'hvr.'], charset: 'dash', min: 24, max: 400 },
  { id: 'databricks-token', anchors: ['dapi'], charset: 'dash', min: 32, max: 34, check: hexish },
  { id: 'groq-key', anchors: ['gsk_'], charset: 'alnum', min: 48, max: 60 },
  { id: 'xai-key', anchors: ['xai-'], charset: 'alnum', min: 64, max: 100 },
  { id: 'perplexity-key', anchors: ['pplx-'], charset: 'alnum', min: 40, max: 64 },
  { id: 'replicate-token', anchors: ['r8_'], charset: 'alnum', min: 36, max: 40 },
  { id: 'nvidia-key', anchors: ['nvapi-'], charset: 'dash', min: 50, max: 90 },
  { id: 'pinecone-key', anchors: ['pcsk_'], charset: 'word', min: 40, max: 90 },
  {
    id: 'langsmith-key',
    anchors: ['lsv2_pt_', 'lsv2_sk_'],
    charset: 'word',
    min: 32,
    max: 50,
    check: mixed,
  },
  { id: 'tavily-key', anchors: ['tvly-'], charset: 'dash', min: 28, max: 64, check: mixed },
  {
    id: 'sentry-token',
    anchors: ['sntrys_', 'sntryu_'],
    charset: 'base64',
    min: 40,
    max: 400,
  },
  {
    id: 'newrelic-key',
    anchors: ['NRAK-', 'NRII-', 'NRJS-', 'NRRA-', 'NRIQ-'],
    charset: 'dash',
    min: 19,
    max: 42,
    check: mixed,
  },
  { id: 'grafana-token', anchors: ['glsa_'], charset: 'word', min: 38, max: 48 },
  { id: 'grafana-token', anchors: ['glc_'], charset: 'base64', min: 32, max: 400 },
  {
    id: 'doppler-token',
    anchors: ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    charset: 'dotted',
    min: 40,
    max: 80,
  },
  { id: 'postman-key', anchors: ['PMAK-'], charset: 'dash', min: 59, max: 59, check: hexish },
  {
    id: 'docker-token',
    anchors: ['dckr_pat_', 'dckr_oat_'],
    charset: 'dash',
    min: 24,
    max: 64,
  },
  {
    id: 'terraform-token',
    anchors: ['.atlasv1.'],
    charset: 'dash',
    min: 60,
    max: 72,
    before: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}$/,
  },
  {
    id: 'vercel-token',
    anchors: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'],
    charset: 'alnum',
    min: 24,
    max: 80,
    check: mixed,
  },
  { id: 'netlify-token', anchors: ['nfp_'], charset: 'alnum', min: 36, max: 60 },
  { id: 'supabase-token', anchors: ['sbp_'], charset: 'hex', min: 40, max: 40 },
  { id: 'supabase-token', anchors: ['sb_secret_'], charset: 'dash', min: 20, max: 60 },
  {
    id: 'planetscale-token',
    anchors: ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'],
    charset: 'dotted',
    min: 32,
    max: 64,
  },
  { id: 'atlassian-token', anchors: ['ATATT3', 'ATCTT3'], charset: 'base64', min: 60, max: 300 },
  {
    id: 'bitbucket-password',
    anchors: ['ATBB'],
    charset: 'alnum',
    min: 32,
    max: 32,
    boundary: 'strict',
  },
  { id: 'heroku-key', anchors: ['HRKU-'], charset: 'dash', min: 36, max: 64, check: mixed },
  { id: 'fly-token', anchors: ['fm2_', 'fm1r_', 'fm1a_'], charset: 'base64', min: 80, max: 4096 },
  { id: 'fly-token', anchors: ['fo1_'], charset: 'dash', min: 43, max: 43 },
  { id: 'figma-token', anchors: ['figd_', 'figo_'], charset: 'dash', min: 36, max: 60 },
  { id: 'circleci-token', anchors: ['CCIPAT_', 'CCIPRJ_'], charset: 'word', min: 40, max: 100 },
  { id: 'pulumi-token', anchors: ['pul-'], charset: 'hex', min: 40, max: 40 },
  { id: 'sonar-token', anchors: ['sqp_', 'squ_', 'sqa_'], charset: 'hex', min: 40, max: 40 },
  { id: 'tailscale-key', anchors: ['tskey-'], charset: 'dash', min: 20, max: 80, check: mixed },
  { id: 'age-secret-key', anchors: ['AGE-SECRET-KEY-1'], charset: 'upper', min: 58, max: 58 },
  { id: 'jwt', anchors: ['eyJ'], charset: 'jwt', min: 24, max: 16_384, check: jwtTail },
]

/** Runs of each charset from `lastIndex`; none of them holds a line feed. */
export const charsets: Readonly<Record<Charset, RegExp>> = {
  alnum: /[A-Za-z0-9]*/y,
  word: /[A-Za-z0-9_]*/y,
  dash: /[A-Za-z0-9_-]*/y,
  dotted: /[A-Za-z0-9_.-]*/y,
  hex: /[a-f0-9]*/y,
  upper: /[A-Z0-9]*/y,
  base64: /[A-Za-z0-9_+/=-]*/y,
  jwt: /[A-Za-z0-9_.=-]*/y,
}

/** Letters and digits: words and numbers alone are names of things. */
function mixed(body: string): boolean {
  return /[0-9]/.test(body) && /[A-Za-z]/.test(body)
}

function hexish(body: string): boolean {
  return /^[0-9a-f-]*$/.test(body) && mixed(body)
}

/** What follows `eyJ` is the rest of a JOSE header, and there is a payload. */
function jwtTail(body: string): boolean {
  const dot = body.indexOf('.')
  if (dot < 8 || dot > 4096 || dot + 4 > body.length) return false
  const header = Buffer.from(`eyJ${body.slice(0, dot)}`, 'base64url').toString('latin1')
  return header.includes('"alg"')
}
