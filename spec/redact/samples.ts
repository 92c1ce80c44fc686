/** Texts shaped like secrets, put together here so that none stands in a file. */

const letters = 'aB3dE5fG7hJ9kLmN2pQ4rS6tU8vWxYz1'

/** `length` letters and digits. */
export function alnum(length: number): string {
  return letters.repeat(Math.ceil(length / letters.length)).slice(0, length)
}

export function hex(length: number): string {
  return '3fa94c07be12d586'.repeat(Math.ceil(length / 16)).slice(0, length)
}

function upper(length: number): string {
  return 'QZ3M7KXP2WTB5NRHD4FG6LCA'.repeat(3).slice(0, length)
}

export function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

export const jwt: string = [
  base64url(JSON.stringify({ alg: 'HS256', typ: 'JWT' })),
  base64url(JSON.stringify({ sub: '1234567890', name: 'A' })),
  alnum(43),
].join('.')

/** One token per provider: rule, anchor, body. What counts as the secret is anchor and body. */
export const tokens: readonly (readonly [rule: string, anchor: string, body: string])[] = [
  ['github-token', 'ghp' + '_', alnum(36)],
  ['github-token', 'ghs' + '_', alnum(36)],
  ['github-pat', 'github' + '_pat_', `${alnum(22)}_${alnum(59)}`],
  ['gitlab-token', 'glpat' + '-', alnum(20)],
  ['gitlab-token', 'glpat' + '-', `${alnum(27)}.01.${alnum(9)}`],
  ['aws-access-key-id', 'AK' + 'IA', upper(16)],
  ['aws-access-key-id', 'AS' + 'IA', upper(16)],
  ['google-api-key', 'AI' + 'za', alnum(35)],
  ['google-oauth-token', 'ya' + '29.', alnum(60)],
  ['google-refresh-token', '1/' + '/0', alnum(60)],
  ['google-client-secret', 'GOC' + 'SPX-', alnum(28)],
  ['slack-token', 'xox' + 'b-', `123456789012-1234567890123-${alnum(24)}`],
  ['slack-token', 'xa' + 'pp-', `1-A0123456789-1234567890123-${hex(64)}`],
  ['stripe-key', 'sk' + '_live_', alnum(24)],
  ['stripe-key', 'wh' + 'sec_', alnum(32)],
  ['openai-key', 'sk' + '-proj-', `${alnum(60)}_${alnum(60)}`],
  ['anthropic-key', 'sk' + '-ant-', `api03-${alnum(80)}-${alnum(12)}`],
  ['openrouter-key', 'sk' + '-or-v1-', hex(64)],
  ['langfuse-key', 'sk' + '-lf-', `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`],
  ['sk-key', 'sk' + '-', alnum(48)],
  ['huggingface-token', 'hf' + '_', alnum(34)],
  ['npm-token', 'npm' + '_', alnum(36)],
  ['pypi-token', 'pypi' + '-AgE', alnum(90)],
  ['rubygems-key', 'ruby' + 'gems_', hex(48)],
  ['sendgrid-key', 'S' + 'G.', `${alnum(22)}.${alnum(43)}`],
  ['twilio-key', 'S' + 'K', hex(32)],
  ['mailgun-key', 'key' + '-', hex(32)],
  ['digitalocean-token', 'dop' + '_v1_', hex(64)],
  ['shopify-token', 'shp' + 'at_', hex(32)],
  ['square-token', 'sq0' + 'atp-', alnum(22)],
  ['square-token', 'EA' + 'AA', alnum(60)],
  ['linear-key', 'lin' + '_api_', alnum(40)],
  ['notion-token', 'nt' + 'n_', alnum(46)],
  ['notion-token', 'sec' + 'ret_', alnum(43)],
  ['vault-token', 'hv' + 's.', alnum(90)],
  ['databricks-token', 'da' + 'pi', hex(32)],
  ['groq-key', 'gs' + 'k_', alnum(52)],
  ['xai-key', 'xa' + 'i-', alnum(80)],
  ['perplexity-key', 'pp' + 'lx-', alnum(48)],
  ['replicate-token', 'r8' + '_', alnum(37)],
  ['nvidia-key', 'nv' + 'api-', alnum(64)],
  ['pinecone-key', 'pc' + 'sk_', `${alnum(6)}_${alnum(62)}`],
  ['langsmith-key', 'ls' + 'v2_pt_', `${hex(32)}_${hex(10)}`],
  ['tavily-key', 'tv' + 'ly-', alnum(32)],
  ['sentry-token', 'snt' + 'rys_', alnum(120)],
  ['newrelic-key', 'NR' + 'AK-', upper(27)],
  ['grafana-token', 'gl' + 'sa_', `${alnum(32)}_${hex(8)}`],
  ['grafana-token', 'gl' + 'c_', alnum(100)],
  ['doppler-token', 'dp' + '.pt.', alnum(43)],
  ['postman-key', 'PM' + 'AK-', `${hex(24)}-${hex(34)}`],
  ['docker-token', 'dckr' + '_pat_', alnum(27)],
  ['vercel-token', 'vc' + 'p_', alnum(56)],
  ['netlify-token', 'nf' + 'p_', alnum(40)],
  ['supabase-token', 'sb' + 'p_', hex(40)],
  ['supabase-token', 'sb' + '_secret_', alnum(31)],
  ['planetscale-token', 'pscale' + '_tkn_', alnum(43)],
  ['atlassian-token', 'ATA' + 'TT3', `xFfGF0${alnum(160)}`],
  ['bitbucket-password', 'AT' + 'BB', alnum(32)],
  ['heroku-key', 'HR' + 'KU-', `AA${alnum(58)}`],
  ['fly-token', 'fm' + '2_', alnum(300)],
  ['fly-token', 'fo' + '1_', alnum(43)],
  ['figma-token', 'fi' + 'gd_', alnum(40)],
  ['circleci-token', 'CCI' + 'PAT_', `${alnum(22)}_${hex(40)}`],
  ['pulumi-token', 'pu' + 'l-', hex(40)],
  ['sonar-token', 'sq' + 'p_', hex(40)],
  ['tailscale-key', 'ts' + 'key-', `auth-${alnum(12)}-${alnum(32)}`],
  ['age-secret-key', 'AGE-SECRET' + '-KEY-1', upper(58)],
  ['jwt', 'ey' + 'J', jwt.slice(3)],
]

export function pem(kind: string, lines: number): string {
  const body = Array.from({ length: lines }, (_, i) => alnum(64 + i).slice(i))
  return [`-----BEGIN ${kind}-----`, ...body, `-----END ${kind}-----`].join('\n')
}
