/** What the tokens of providers look like, from the formats their documentation publishes. */

import {
  apiKey,
  base36,
  base58,
  bitwarden,
  blob,
  type Check,
  databricks,
  discord,
  harness,
  hexish,
  jose,
  likely,
  mixed,
  onePad,
  rapid,
  resend,
  sas,
  scrambled,
  shape,
  skDash,
  skWord,
  slashed,
  testing,
  tunnel,
  twoPads,
  unrepeated,
  uuid,
} from './checks.ts'

/** The characters of a token's body, after its anchor. */
export type Charset =
  | 'alnum'
  | 'word'
  | 'dash'
  | 'dotted'
  | 'hex'
  | 'upper'
  | 'base64'
  | 'jwt'
  | 'wide'
  | 'tilde'
  | 'punct'

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
  /** `low`: the anchor is short, and what is found is not worth looking for elsewhere. */
  readonly confidence: 'high' | 'low'
  /** `strict` keeps short anchors out of base64: no `+ / = _ -` on either side either. */
  readonly boundary?: 'strict'
  /** The anchor is an address that is no secret itself. */
  readonly keepsAnchor?: true
  /** What stands before the anchor and belongs to the token. */
  readonly before?: RegExp
  /** Its tokens need not hold a long run: the anchors are sought by themselves. */
  readonly anywhere?: true
  readonly check?: Check
}

/** The shortest unbroken run that any token holds, or what is left of one at the end of a line. */
export const SHORTEST_RUN = 16

/** Every rule with an anchor of its own; no anchor stands in two rules, and the longest one counts. */
export const rules: readonly Rule[] = [
  // Clouds and hosting
  rule('aws-access-key-id', 'AKIA ASIA ABIA ACCA', 'upper', 16, 17),
  rule('aws-session-token', 'IQoJb3JpZ2lu FwoGZXIvYXdz FQoGZXIvYXdz', 'base64', 80, 4096),
  rule('aws-bedrock-key', 'bedrock-api-key-', 'base64', 60, 4096),
  weak('aws-bedrock-key', 'ABSK', 'base64', 90, 300, mixed),
  rule('aws-mws-token', 'amzn.mws.', 'dash', 36, 36, mixed),
  rule('amazon-oauth-secret', 'amzn1.oa2-cs.v1.', 'alnum', 60, 68),
  weak('aws-appsync-key', 'da2-', 'alnum', 26, 26, mixed),
  rule('google-api-key', 'AIza', 'dash', 33, 39),
  rule('google-api-key', 'AQ.Ab', 'dash', 40, 120, mixed),
  rule('google-oauth-token', 'ya29.', 'dotted', 20, 2048),
  { ...rule('google-refresh-token', '1//0', 'dash', 40, 200), boundary: 'strict' },
  weak('google-hmac-id', 'GOOG1E', 'upper', 55, 55, mixed),
  weak('google-auth-code', '4/0A', 'dash', 60, 120, mixed),
  rule('google-client-secret', 'GOCSPX-', 'dash', 24, 40),
  before('firebase-server-key', ':APA91b', 'dash', 100, 200, /(?<![\w-])AAAA[\w-]{7}$/),
  rule('digitalocean-token', 'dop_v1_ doo_v1_ dor_v1_', 'alnum', 40, 68, mixed),
  weak('digitalocean-spaces-key', 'DO00 DO801', 'upper', 16, 16, mixed),
  weak('alibaba-access-key-id', 'LTAI', 'alnum', 16, 24, mixed),
  weak('tencent-secret-id', 'AKID', 'alnum', 28, 40, mixed),
  weak('scaleway-access-key', 'SCW', 'upper', 17, 17, mixed),
  weak('exoscale-key', 'EXO', 'alnum', 24, 26, mixed),
  weak('yandex-key', 'AQVN', 'dash', 35, 38, mixed),
  weak('yandex-key', 'YC', 'dash', 38, 38, scrambled),
  weak('yandex-token', 'y0_', 'dash', 37, 120, mixed),
  rule('yandex-token', 't1.', 'jwt', 90, 400, shape(/^[\w-]{10,300}={0,2}\.[\w-]{86}={0,2}$/)),
  rule('cloudflare-token', 'cfut_ cfat_ cfk_', 'dash', 40, 64, mixed),
  rule('cloudflare-origin-key', 'v1.0-', 'dash', 150, 200, mixed),
  rule('turnstile-secret', '0x4AAAAA', 'dash', 24, 36, mixed),
  rule('heroku-key', 'HRKU-', 'dash', 36, 64, mixed),
  rule('fly-token', 'fm2_ fm1r_ fm1a_', 'base64', 40, 4096),
  rule('fly-token', 'fo1_', 'dash', 40, 48),
  weak('render-key', 'rnd_', 'alnum', 24, 44, mixed),
  rule('vercel-token', 'vcp_ vci_ vca_ vcr_ vck_', 'alnum', 24, 80, mixed),
  rule('vercel-token', 'vercel_blob_rw_', 'word', 30, 80),
  rule('netlify-token', 'nfp_ nfc_ nfo_ nfu_ nfb_', 'alnum', 36, 60, mixed),
  rule('scalingo-token', 'tk-us-', 'dash', 46, 50, mixed),
  rule('upcloud-token', 'ucat_', 'alnum', 24, 40, mixed),
  weak('porkbun-key', 'pk1_ sk1_', 'hex', 64, 64),
  rule('dnsimple-token', 'dnsimple_a_ dnsimple_u_', 'alnum', 28, 48),
  weak('akamai-token', 'akab-', 'dash', 33, 33, mixed),
  rule('arcgis-key', 'AAPK AAPT', 'dotted', 60, 800, scrambled),
  rule('deno-token', 'ddp_ ddo_ ddw_', 'alnum', 34, 44, mixed),
  rule('pulumi-token', 'pul-', 'alnum', 40, 48, mixed),
  rule('infracost-key', 'ico-', 'alnum', 32, 32, mixed),
  before('terraform-token', '.atlasv1.', 'dash', 60, 72, /(?<![A-Za-z0-9])[A-Za-z0-9]{14}$/),
  rule('swarm-token', 'SWMTKN-1-', 'dash', 60, 90),
  rule('k3s-token', 'K10', 'wide', 70, 200, shape(/^[0-9a-f]{64}::./)),

  // Code hosting
  rule('github-token', 'ghp_ gho_ ghu_ ghr_', 'word', 30, 255, mixed),
  rule('github-token', 'ghs_', 'dotted', 30, 2048, mixed),
  weak('github-token', 'v1.', 'hex', 40, 40, hexish),
  rule('github-pat', 'github_pat_', 'word', 36, 255, mixed),
  rule('gitlab-token', 'glpat- gldt- glrt- glrtr- glcbt- glptt- glft-', 'dotted', 16, 300, likely),
  rule('gitlab-token', 'glimt- glagent- glsoat- gloas- glffct- glwt-', 'dotted', 16, 300, likely),
  rule('gitlab-token', 'GR1348941', 'dash', 20, 60),
  rule('atlassian-token', 'ATATT3 ATCTT3', 'base64', 60, 300),
  weak('bitbucket-password', 'ATBB', 'alnum', 32, 32),
  rule('bitbucket-token', 'BBDC-', 'base64', 40, 60, mixed),
  weak('trello-token', 'ATTA', 'alnum', 60, 80, mixed),
  rule('gitea-secret', 'gto_', 'alnum', 48, 60, mixed),
  rule('sourcegraph-token', 'sgp_', 'word', 40, 80, mixed),
  rule('sourcegraph-token', 'slk_', 'hex', 64, 64),
  rule('sourcegraph-token', 'sgamp_user_', 'word', 40, 140),

  // Builds, deployment and code quality
  rule('circleci-token', 'CCIPAT_ CCIPRJ_', 'word', 40, 100),
  rule('buildkite-token', 'bkua_ bkct_ bkaj_', 'alnum', 36, 80, mixed),
  rule('octopus-key', 'API-', 'upper', 25, 40, mixed),
  rule('harness-token', 'pat. sat.', 'dotted', 56, 90, harness),
  rule('snyk-token', 'snyk_uat. snyk_sat.', 'dotted', 40, 400, mixed),
  rule('sonar-token', 'sqp_ squ_ sqa_', 'alnum', 40, 44, mixed),
  rule('prefect-key', 'pnu_ pnb_', 'alnum', 32, 48, mixed),
  rule('trigger-key', 'tr_dev_ tr_prod_ tr_stg_ tr_pat_', 'alnum', 20, 48, mixed),
  rule('inngest-key', 'signkey-prod- signkey-test- signkey-branch-', 'alnum', 32, 128),
  rule('depot-token', 'depot_org_ depot_project_ depot_user_', 'alnum', 32, 100, mixed),
  weak('jenkins-token', '11', 'hex', 32, 32, hexish),
  weak('conduit-token', 'cli-', 'alnum', 28, 28, mixed),
  rule('veracode-key', 'vera01ei- vera01es-', 'dash', 32, 200),
  rule('stackhawk-key', 'hawk.', 'dotted', 35, 60, shape(/^[\w-]{20}\.[\w-]{20}$/)),
  rule('dependency-track-key', 'odt_', 'word', 32, 60, mixed),
  rule('launchdarkly-key', 'sdk-', 'dash', 36, 36, uuid),
  weak('launchdarkly-key', 'api-', 'dash', 28, 36, apiKey),
  rule('statsig-key', 'secret- console-', 'alnum', 40, 60, mixed),
  rule('configcat-key', 'configcat-sdk-1/', 'base64', 40, 50),
  rule('devcycle-key', 'dvc_server_', 'word', 30, 80, mixed),
  weak('flagsmith-key', 'ser.', 'alnum', 22, 22, scrambled),
  rule('browserbase-key', 'bb_live_', 'dash', 20, 60, mixed),
  rule('apify-token', 'apify_api_', 'alnum', 30, 60),

  // Language models
  rule('openai-key', 'sk-proj- sk-svcacct- sk-admin- sk-None-', 'dash', 20, 250, mixed),
  weak('openai-session', 'sess-', 'alnum', 36, 48, mixed),
  rule('anthropic-key', 'sk-ant-', 'dash', 20, 300),
  rule('openrouter-key', 'sk-or-v1-', 'alnum', 32, 80, mixed),
  rule('langfuse-key', 'sk-lf-', 'dash', 36, 36, mixed),
  rule('sk-key', 'sk-', 'dash', 20, 250, skDash),
  weak('sk-key', 'sk_', 'dash', 24, 200, skWord),
  rule('huggingface-token', 'hf_ api_org_', 'alnum', 30, 44),
  rule('groq-key', 'gsk_', 'alnum', 40, 64, mixed),
  rule('xai-key', 'xai-', 'alnum', 40, 120, mixed),
  rule('perplexity-key', 'pplx-', 'alnum', 32, 64, mixed),
  rule('replicate-token', 'r8_', 'alnum', 32, 44, mixed),
  rule('nvidia-key', 'nvapi-', 'dash', 40, 100, mixed),
  rule('pinecone-key', 'pcsk_', 'word', 40, 90),
  rule('langsmith-key', 'lsv2_pt_ lsv2_sk_', 'word', 32, 60, mixed),
  rule('langsmith-key', 'ls__', 'alnum', 32, 40, mixed),
  rule('tavily-key', 'tvly-', 'dash', 20, 70, mixed),
  weak('fireworks-key', 'fw_', 'alnum', 20, 44, mixed),
  rule('together-key', 'tgp_v1_', 'dash', 36, 64, mixed),
  rule('cerebras-key', 'csk-', 'alnum', 40, 64, mixed),
  weak('voyage-key', 'pa-', 'dash', 43, 43, scrambled),
  rule('jina-key', 'jina_', 'dash', 50, 80, mixed),
  weak('firecrawl-key', 'fc-', 'alnum', 32, 32, base36),
  rule('daytona-key', 'dtn_', 'hex', 64, 64),
  weak('brave-key', 'BSA', 'dash', 26, 30, scrambled),
  rule('devin-key', 'apk_user_', 'dash', 40, 120, mixed),
  weak('factory-key', 'fk-', 'dash', 40, 80, scrambled),
  rule('helicone-key', 'sk-helicone-', 'dash', 24, 60, mixed),
  rule('e2b-key', 'e2b_', 'alnum', 36, 48, mixed),
  weak('modal-token', 'as-', 'alnum', 20, 24, scrambled),
  weak('modal-token', 'ak-', 'alnum', 20, 24, scrambled),
  weak('composio-key', 'ak_', 'alnum', 20, 64, scrambled),
  rule('runpod-key', 'rpa_', 'alnum', 36, 56, mixed),
  rule('wandb-key', 'wandb_v1_', 'word', 40, 120),
  rule('llamaindex-key', 'llx-', 'alnum', 40, 64, mixed),
  rule('kaggle-token', 'KGAT_', 'alnum', 28, 64, mixed),
  weak('cursor-key', 'key_', 'hex', 28, 64, shape(/^(?:.{28}|.{64})$/)),
  rule('cursor-key', 'crsr_', 'alnum', 48, 80, mixed),
  weak('mem0-key', 'm0-', 'alnum', 36, 48, mixed),
  rule('context7-key', 'ctx7sk-', 'dash', 30, 60, mixed),
  weak('chroma-key', 'ck-', 'alnum', 40, 50, mixed),
  weak('nomic-key', 'nk-', 'dash', 40, 50, scrambled),
  rule('mixedbread-key', 'mxb_', 'dash', 24, 64, mixed),
  rule('anyscale-key', 'esecret_', 'alnum', 20, 64, mixed),
  rule('friendli-token', 'flp_', 'alnum', 36, 64, mixed),
  weak('promptlayer-key', 'pl_', 'hex', 32, 32, hexish),
  rule('baidu-key', 'bce-v3/ALTAK-', 'base64', 50, 80, shape(/^[A-Za-z0-9]{16,32}\/[0-9a-f]{40}$/)),
  rule('humanloop-key', 'hl_sk_', 'alnum', 32, 64, mixed),
  rule('openpipe-key', 'opk_', 'alnum', 36, 64, mixed),
  rule('vectara-key', 'zwt_ zqt_ zut_', 'dash', 34, 44, mixed),
  weak('roboflow-key', 'rf_', 'alnum', 20, 40, scrambled),
  rule('neptune-token', 'eyJhcGlfYWRkcmVzcyI6', 'base64', 80, 400),

  // Chat and mail
  rule('slack-token', 'xoxb- xoxp- xoxa- xoxr- xoxs- xoxo- xoxc- xoxe-', 'dash', 16, 400, mixed),
  rule('slack-token', 'xoxe.xoxp- xoxe.xoxb- xapp- xwfp-', 'dash', 16, 400, mixed),
  rule('slack-token', 'xoxd-', 'wide', 16, 600, mixed),
  address(
    'slack-webhook',
    'hooks.slack.com/services/ hooks.slack.com/workflows/',
    'base64',
    30,
    120,
  ),
  address('slack-webhook', 'hooks.slack.com/triggers/', 'base64', 30, 120),
  address('slack-webhook', 'hooks.slack-gov.com/services/', 'base64', 30, 120),
  address('discord-webhook', 'discord.com/api/webhooks/', 'base64', 60, 140),
  address('discord-webhook', 'discordapp.com/api/webhooks/', 'base64', 60, 140),
  address('discord-webhook', 'discord.com/api/v9/webhooks/', 'base64', 60, 140),
  address('discord-webhook', 'discord.com/api/v10/webhooks/', 'base64', 60, 140),
  // They begin with a user id in base64: two characters that a digit and the next become.
  weak('discord-token', 'MD MT Mj Mz ND NT Nj Nz OD OT', 'dotted', 50, 80, discord),
  weak('discord-token', 'mfa.', 'dash', 80, 100, mixed),
  before('telegram-bot-token', ':AA', 'dash', 32, 35, /(?<![0-9])[0-9]{8,10}$/, mixed),
  address('teams-webhook', 'webhook.office.com/webhookb2/', 'wide', 70, 300),
  address('teams-webhook', 'outlook.office.com/webhook/', 'wide', 70, 300),
  address('lark-webhook', 'open.feishu.cn/open-apis/bot/v2/hook/', 'dash', 30, 40),
  address('lark-webhook', 'open.larksuite.com/open-apis/bot/v2/hook/', 'dash', 30, 40),
  address('make-webhook', 'hook.eu1.make.com/ hook.eu2.make.com/', 'alnum', 28, 40),
  address('make-webhook', 'hook.us1.make.com/ hook.us2.make.com/', 'alnum', 28, 40),
  address('ifttt-webhook', 'maker.ifttt.com/trigger/', 'wide', 24, 160, shape(/\/key\/[\w-]{20}/)),
  rule('matrix-token', 'syt_', 'dash', 30, 200, mixed),
  rule('sendgrid-key', 'SG.', 'dotted', 50, 90, shape(/^[\w-]{15,30}\.[\w-]{30,60}$/)),
  weak('twilio-key', 'SK', 'alnum', 32, 32, base36),
  weak('mailgun-key', 'key-', 'alnum', 32, 32, base36),
  weak('mandrill-key', 'md-', 'dash', 22, 22, scrambled),
  rule('brevo-key', 'xkeysib- xsmtpsib-', 'dash', 60, 100, mixed),
  rule('mailersend-key', 'mlsn.', 'alnum', 48, 70),
  weak('resend-key', 're_', 'word', 24, 44, resend),
  rule('onesignal-key', 'os_v2_app_ os_v2_org_', 'alnum', 60, 140),
  rule('pubnub-secret', 'sec-c-', 'base64', 36, 64, mixed),
  weak('intercom-token', 'dG9rO', 'base64', 50, 90, mixed),
  weak('telnyx-key', 'KEY', 'word', 50, 64, shape(/^[0-9A-F]{32}_\w{20,24}$/)),

  // Payments and shipping
  rule(
    'stripe-key',
    'sk_live_ sk_test_ rk_live_ rk_test_ ek_live_ ek_test_',
    'dash',
    12,
    250,
    likely,
  ),
  rule('stripe-key', 'whsec_', 'base64', 16, 250),
  before(
    'stripe-key',
    '_secret_',
    'alnum',
    25,
    32,
    /(?<![A-Za-z0-9])(?:pi|seti)_[A-Za-z0-9]{20,32}$/,
    mixed,
  ),
  weak('paypal-token', 'A21AA', 'dash', 80, 110, scrambled),
  rule('klarna-key', 'klarna_live_api_ klarna_test_api_', 'base64', 40, 250, mixed),
  rule('square-token', 'sq0atp- sq0csp-', 'dash', 22, 50),
  weak('square-token', 'EAAA', 'dash', 60, 60, unrepeated),
  weak('facebook-token', 'EAA', 'alnum', 80, 400, scrambled),
  weak('instagram-token', 'IGQV IGQW IGAA THAA', 'dash', 80, 400, mixed),
  rule('adyen-key', 'AQE', 'base64', 80, 400, shape(/^[a-z]hm[a-z]/)),
  rule('razorpay-key', 'rzp_live_ rzp_test_', 'alnum', 14, 24),
  rule('plaid-token', 'access-sandbox- access-development- access-production-', 'dash', 36, 36),
  rule('flutterwave-key', 'FLWSECK- FLWSECK_TEST-', 'dash', 12, 60),
  weak('live-key', 'live_', 'dash', 25, 40, blob),
  weak('live-key', 'test_', 'alnum', 30, 35, testing),
  weak('live-key', 'sandbox_', 'dash', 40, 40, scrambled),
  rule('shippo-token', 'shippo_live_ shippo_test_', 'alnum', 36, 44),
  weak('easypost-key', 'EZAK EZTK', 'alnum', 50, 58, mixed),
  rule('duffel-token', 'duffel_live_ duffel_test_', 'dash', 40, 48),
  rule('paddle-key', 'pdl_live_apikey_ pdl_sdbx_apikey_', 'word', 40, 80),
  rule('paddle-key', 'pdl_ntfset_', 'word', 40, 80),
  rule('polar-token', 'polar_oat_ polar_pat_ polar_whs_', 'alnum', 28, 64),
  rule('secret-token', 'secret-token:', 'dotted', 20, 200, mixed),
  rule('brex-token', 'bxt_', 'alnum', 32, 64, mixed),
  rule('circle-key', 'LIVE_API_KEY: TEST_API_KEY:', 'wide', 60, 80, shape(/^\w{32}:\w{32}$/)),
  rule('xendit-key', 'xnd_production_ xnd_development_', 'alnum', 32, 90),
  rule('midtrans-key', 'Mid-server-', 'dash', 20, 40, mixed),
  rule('mercadopago-token', 'APP_USR-', 'dash', 50, 100, mixed),
  rule('cashfree-key', 'cfsk_ma_prod_ cfsk_ma_test_', 'word', 32, 60),
  rule('omise-key', 'skey_ skey_test_', 'alnum', 18, 30, mixed),
  weak('woocommerce-key', 'ck_ cs_', 'hex', 40, 40, hexish),

  // Package registries
  rule('npm-token', 'npm_', 'alnum', 30, 44, mixed),
  rule('pypi-token', 'pypi-AgE', 'dash', 40, 1000),
  rule('rubygems-key', 'rubygems_', 'alnum', 40, 64, mixed),
  weak('crates-token', 'cio', 'alnum', 32, 32, scrambled),
  weak('nuget-key', 'oy2', 'alnum', 43, 43, mixed),
  rule('packagist-token', 'packagist_', 'word', 40, 100, mixed),
  rule('clojars-token', 'CLOJARS_', 'alnum', 50, 70),
  rule('docker-token', 'dckr_pat_ dckr_oat_', 'dash', 20, 64),
  rule('artifactory-key', 'AKCp', 'alnum', 60, 80, mixed),
  rule('artifactory-token', 'cmVmdGtu', 'alnum', 50, 64),
  rule('open-vsx-token', 'ovsxat_', 'dash', 36, 36, uuid),
  rule('jsr-token', 'jsrp_ jsrd_', 'alnum', 32, 64, mixed),
  rule('socket-token', 'sktsec_', 'word', 30, 100),

  // Databases and storage
  rule('databricks-token', 'dapi dose dkea', 'dash', 32, 40, databricks),
  rule('neon-key', 'napi_', 'alnum', 40, 90, mixed),
  rule('planetscale-token', 'pscale_tkn_ pscale_pw_ pscale_oauth_', 'dotted', 32, 64),
  rule('supabase-token', 'sbp_ sbp_oauth_ sbp_v0_', 'alnum', 40, 44, mixed),
  rule('supabase-token', 'sb_secret_', 'dash', 20, 60),
  rule('aiven-password', 'AVNS_', 'dash', 16, 32, mixed),
  weak('confluent-secret', 'cflt', 'base64', 58, 64, mixed),
  rule('mongodb-atlas-secret', 'mdb_sa_sk_', 'dash', 36, 48),
  rule('cockroach-key', 'CCDB1_', 'word', 40, 90),
  weak('clickhouse-secret', '4b1d', 'alnum', 38, 38, scrambled),
  rule('elastic-key', 'essu_', 'base64', 40, 200, mixed),
  rule('astra-token', 'AstraCS:', 'wide', 89, 89, shape(/^[A-Za-z0-9]{24}:[0-9a-f]{64}$/)),
  rule('xata-key', 'xau_', 'alnum', 30, 64, mixed),
  weak('fauna-key', 'fnAE fnAF fnAD', 'dash', 34, 40, mixed),
  rule('tinybird-token', 'p.eyJ', 'jwt', 60, 300, shape(/^[\w-]{30,200}\.[\w-]{30,60}$/)),
  rule('dbt-token', 'dbtc_ dbtu_', 'dash', 30, 64, mixed),
  rule('hex-token', 'hxtp_ hxtw_', 'alnum', 40, 200),
  rule('materialize-password', 'mzp_', 'alnum', 60, 68),
  weak('backblaze-key', 'K00', 'base64', 28, 28, scrambled),
  rule('appwrite-key', 'standard_', 'hex', 200, 260),
  weak('metabase-key', 'mb_', 'base64', 40, 48, scrambled),

  // Monitoring
  rule('sentry-token', 'sntrys_ sntryu_ sntrya_ sntryi_', 'base64', 40, 600),
  rule('newrelic-key', 'NRAK- NRII- NRJS- NRRA- NRIQ- NRSP- NRBR-', 'dash', 19, 44, mixed),
  rule('grafana-token', 'glsa_', 'word', 32, 60, mixed),
  rule('grafana-token', 'glc_', 'base64', 40, 600),
  rule('grafana-key', 'eyJrIjoi', 'base64', 50, 300),
  rule(
    'honeycomb-key',
    'hc',
    'wide',
    52,
    70,
    shape(/^[a-z][ilm]k_[0-9a-z]{26}:?[0-9a-z]{22,34}$/i),
  ),
  rule('axiom-token', 'xaat- xapt-', 'dash', 36, 36),
  rule(
    'dynatrace-token',
    'dt0',
    'dotted',
    60,
    110,
    shape(/^[a-z]\d\d\.[A-Z0-9]{8,24}\.\w{50,70}$/),
  ),
  rule('posthog-key', 'phx_ phs_ pha_', 'alnum', 36, 64, mixed),
  rule('logfire-token', 'pylf_v1_ pylf_v2_', 'word', 36, 80, mixed),
  rule('coralogix-key', 'cxtp_ cxup_ cxth_', 'alnum', 30, 30, mixed),
  weak('healthchecks-key', 'hcw_ hcr_', 'alnum', 28, 28, mixed),
  weak('checkly-key', 'cu_', 'hex', 32, 32, hexish),

  // Identity, networks and secret stores
  weak('okta-token', '00', 'dash', 40, 40, scrambled),
  rule('stytch-secret', 'secret-live- secret-test-', 'base64', 30, 64),
  rule('ory-token', 'ory_pat_ ory_at_ ory_rt_ ory_st_ ory_ac_', 'dotted', 32, 160),
  rule('unkey-key', 'unkey_', 'alnum', 22, 48, mixed),
  rule('permit-key', 'permit_key_', 'alnum', 60, 110),
  rule('vault-token', 'hvs. hvb. hvr.', 'dash', 20, 600, mixed),
  weak('vault-token', 's. b.', 'alnum', 24, 24, scrambled),
  rule(
    'doppler-token',
    'dp.pt. dp.st. dp.ct. dp.sa. dp.said. dp.scim. dp.audit.',
    'dotted',
    36,
    100,
  ),
  rule(
    'infisical-token',
    'st.',
    'dotted',
    70,
    160,
    shape(/^[0-9a-f]{24}(?:\.[0-9a-z]{24,64}){2}$/),
  ),
  rule('onepassword-token', 'ops_eyJ', 'base64', 80, 4096),
  rule('onepassword-key', 'A3-', 'dash', 35, 40, shape(/^[A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){4,6}$/)),
  rule('bitwarden-token', '0.', 'wide', 80, 110, bitwarden),
  rule('tailscale-key', 'tskey-', 'dash', 20, 90, mixed),
  rule('netbird-token', 'nbp_', 'alnum', 32, 48, mixed),
  rule('defined-key', 'dnkey-', 'dash', 50, 100, mixed),
  rule('censys-token', 'censys_', 'word', 30, 64, mixed),
  rule('konnect-token', 'kpat_ spat_', 'alnum', 36, 64, mixed),
  rule('zuplo-key', 'zpka_', 'word', 36, 56, mixed),
  rule('portainer-token', 'ptr_', 'base64', 40, 48, scrambled),
  // Private keys as they are within their PEM: by the numbers of what they are, and of how long.
  rule(
    'der-key',
    'MIGHAgEAMBMGByqGSM49AgEG MC4CAQAwBQYDK2VwBCIE MHcCAQEEI',
    'base64',
    40,
    300,
    scrambled,
  ),
  before(
    'der-key',
    'IBADANBgkqhkiG9w0BAQEFAAS IBAAKCAQEA IBAAKCAgEA IBAAKBgQ',
    'base64',
    60,
    8192,
    /(?<![A-Za-z0-9+/])MII[A-Za-z0-9+/]{3}$/,
    scrambled,
  ),
  rule('age-secret-key', 'AGE-SECRET-KEY-1 AGE-SECRET-KEY-PQ-1', 'upper', 50, 110),
  rule('minisign-key', 'RWRTY0Iy', 'base64', 120, 240),
  weak('minisign-key', 'RWRCS', 'base64', 130, 145, scrambled),
  rule('nostr-key', 'nsec1', 'alnum', 58, 58, mixed),
  rule('sui-key', 'suiprivkey1', 'alnum', 59, 59, mixed),
  weak('wallet-key', 'xprv yprv zprv tprv', 'alnum', 100, 115, scrambled),
  weak('wallet-key', '5H 5J 5K', 'alnum', 49, 49, base58),
  weak('wallet-key', 'Kw Kx Ky Kz L1 L2 L3 L4 L5', 'alnum', 50, 50, base58),
  weak('nats-seed', 'SUA SAA SOA SNA SCA SXA', 'upper', 55, 55, shape(/^[A-Z2-7]*$/)),
  rule('paseto', 'v1.local. v2.local. v3.local. v4.local.', 'dash', 60, 4096, mixed),
  rule('paseto', 'v2.public. v4.public. v3.public.', 'dash', 90, 4096, mixed),
  rule('paserk', 'k2.local. k4.local. k2.secret. k4.secret.', 'dash', 43, 90, mixed),
  rule('jwt', 'eyJ', 'jwt', 24, 16_384, (body) => jose(`eyJ${body}`)),
  rule('cloudflare-tunnel-token', 'eyJhIjoi', 'base64', 100, 400, tunnel),
  rule('jwt', 'eyAi', 'jwt', 24, 16_384, (body) => jose(`eyAi${body}`)),
  rule('jwt', 'ewog', 'jwt', 24, 16_384, (body) => jose(`ewog${body}`)),

  // Tokens that are known by something in their middle or at their end, or have no long run
  sought(
    'azure-client-secret',
    '0Q~ 1Q~ 2Q~ 3Q~ 4Q~ 5Q~ 6Q~ 7Q~ 8Q~ 9Q~',
    'tilde',
    30,
    40,
    /(?<![\w.~-])[\w.~-]{3}$/,
  ),
  sought('azure-storage-key', '+ASt +ABa +AMC', 'base64', 8, 8, signed(76), twoPads),
  sought('azure-storage-key', 'ACDb APIM', 'base64', 8, 8, signed(76), twoPads),
  sought('azure-shared-key', '+AEh +ASb +ARm', 'base64', 7, 7, signed(33), onePad),
  sought('azure-shared-key', 'AIoT AzCa', 'base64', 7, 7, signed(33), onePad),
  sought('azure-function-key', 'AzFu', 'base64', 8, 8, /(?<![\w+/-])[\w+/-]{44}$/, twoPads),
  sought('azure-search-key', 'AzSe', 'alnum', 6, 6, signed(42)),
  sought('azure-registry-key', '+ACR', 'alnum', 6, 6, signed(42)),
  sought('azure-key', 'JQQJ99', 'alnum', 26, 26, signed(52)),
  {
    ...sought('azure-sas', 'sig=', 'wide', 43, 64, /(?<=[?&;]|%26|u0026)$/, sas),
    keepsAnchor: true,
  },
  { ...sought('url-signature', 'X-Amz-Signature=', 'hex', 64, 64), keepsAnchor: true },
  { ...sought('url-signature', 'X-Goog-Signature=', 'hex', 128, 1024), keepsAnchor: true },
  sought('newrelic-key', 'NRAL', 'alnum', 0, 0, signed(36)),
  sought('mailchimp-key', '-us', 'alnum', 1, 2, /(?<![A-Za-z0-9])[0-9a-f]{32}$/, shape(/^[0-9]*$/)),
  sought('maxmind-key', '_mmk', 'alnum', 0, 0, /(?<![A-Za-z0-9])[A-Za-z0-9]{6}_[A-Za-z0-9]{29}$/),
  sought(
    'deepl-key',
    ':fx',
    'alnum',
    0,
    0,
    /(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  ),
  sought('openshift-token', 'sha256~', 'dash', 43, 43),
  sought('salesforce-token', '!AQ', 'dotted', 80, 130, /(?<![A-Za-z0-9])00D[A-Za-z0-9]{12,15}$/),
  sought('braintree-token', 'access_token$production$ access_token$sandbox$', 'punct', 40, 60),
  sought('amazon-login-token', 'Atza| Atzr|', 'base64', 60, 2000, undefined, mixed),
  sought('endor-token', 'endr+', 'alnum', 16, 16),
  sought('linkedin-secret', 'WPL_AP1. WPL_AP0.', 'wide', 16, 40, undefined, mixed),
  sought('django-secret-key', 'django-insecure-', 'punct', 40, 60),
  {
    ...sought('zapier-webhook', 'hooks.zapier.com/hooks/catch/', 'base64', 10, 40),
    keepsAnchor: true,
  },
  rule('airtable-token', 'pat', 'dotted', 76, 84, shape(/^[A-Za-z0-9]{14}\.[0-9a-f]{64}$/)),

  // Software as a service
  rule('adafruit-key', 'aio_', 'alnum', 26, 32, mixed),
  rule('checkout-key', 'sk_sbox_', 'wide', 24, 40),
  rule('nylas-key', 'nyk_v0_', 'alnum', 40, 80),
  rule('postman-key', 'PMAT-', 'upper', 26, 26, mixed),
  rule('rancher-token', 'token-', 'wide', 60, 60, shape(/^[a-z0-9]{5}:[a-z0-9]{54}$/)),
  rule('twitch-token', 'oauth:', 'alnum', 30, 30, base36),
  rule('shopify-token', 'shpat_ shpca_ shppa_ shpss_ shpua_ shptka_', 'alnum', 32, 40),
  rule('linear-key', 'lin_api_ lin_oauth_ lin_wh_', 'alnum', 32, 64),
  rule('notion-token', 'ntn_', 'alnum', 40, 50, mixed),
  rule('notion-token', 'secret_', 'alnum', 43, 43, mixed),
  rule('figma-token', 'figd_ figo_ figu_ figuh_ figoh_', 'dash', 36, 60, mixed),
  rule('postman-key', 'PMAK-', 'dash', 50, 64, mixed),
  rule('contentful-token', 'CFPAT-', 'dash', 40, 48),
  weak('sanity-token', 'sk', 'alnum', 80, 250, scrambled),
  rule('builder-key', 'bpk-', 'alnum', 32, 32, mixed),
  rule('mapbox-token', 'sk.eyJ tk.eyJ', 'jwt', 50, 300, shape(/^[\w-]{20,200}\.[\w-]{20,40}$/)),
  rule('hubspot-token', 'pat-na1- pat-na2- pat-na3- pat-eu1- pat-ap1-', 'dash', 36, 36, mixed),
  rule('salesforce-token', '5Aep861', 'dotted', 60, 120),
  rule('zoho-token', '1000.', 'dotted', 65, 65, shape(/^[0-9a-f]{32}\.[0-9a-f]{32}$/)),
  rule('dropbox-token', 'sl.', 'dotted', 100, 2000, scrambled),
  rule('typeform-token', 'tfp_', 'dotted', 40, 64, mixed),
  rule('readme-key', 'rdme_', 'alnum', 60, 80, mixed),
  rule('frameio-token', 'fio-u-', 'dash', 60, 68, mixed),
  rule('intra42-secret', 's-s4t2ud- s-s4t2af- u-s4t2ud- u-s4t2af-', 'hex', 60, 68),
  weak('beamer-key', 'b_', 'base64', 44, 44, scrambled),
  weak(
    'pk-key',
    'pk_',
    'word',
    33,
    48,
    shape(/^(?:[0-9]{5,12}_[A-Z0-9]{32}|[0-9a-f]{34}|prod_[A-Z0-9]{28})$/),
  ),
  weak('google-refresh-token', '1/ 2/', 'wide', 40, 80, slashed),
  rule('branch-secret', 'secret_live_ secret_test_', 'alnum', 20, 50, mixed),
  rule('adobe-secret', 'p8e- s8e-', 'dash', 32, 32, mixed),
  rule('canva-secret', 'cnvca', 'dash', 40, 60, scrambled),
  rule('pinterest-token', 'pina_', 'alnum', 60, 120, mixed),
  rule('gitbook-token', 'gb_api_', 'alnum', 36, 50, mixed),
  weak('foursquare-key', 'fsq3', 'base64', 42, 48, scrambled),
  rule('twitter-token', 'A'.repeat(21), 'wide', 70, 130, shape(/^A?[B-Za-z0-9][\w%+/=-]*$/)),
  weak('linkedin-token', 'AQU AQV AQW AQX', 'dash', 150, 600, scrambled),
  rule('riot-key', 'RGAPI-', 'dash', 36, 36, mixed),
  rule('wakatime-key', 'waka_', 'dash', 36, 36, uuid),
  rule('n8n-key', 'n8n_api_', 'alnum', 40, 100),
  rule('calcom-key', 'cal_live_', 'alnum', 28, 40, mixed),
  weak('calcom-key', 'cal_', 'hex', 32, 32, hexish),
  rule('retool-token', 'retool_', 'dash', 26, 60, scrambled),
  weak('ntfy-token', 'tk_', 'alnum', 29, 29, mixed),
  weak('pushbullet-token', 'o.', 'alnum', 32, 32, scrambled),
  before('rapidapi-key', 'msh', 'alnum', 35, 42, /(?<![A-Za-z0-9])[0-9a-z]{10}$/, rapid),
  weak('convertkit-key', 'kit_', 'alnum', 32, 48, mixed),
  weak('imagekit-key', 'private_', 'base64', 27, 30, scrambled),
  rule('laravel-key', 'base64:', 'base64', 44, 44, shape(/^[A-Za-z0-9+/]{43}=$/)),
]

/** Whether its anchors are sought everywhere: its tokens need hold no long run beside them. */
export function isSought(rule: Rule): boolean {
  return rule.anywhere === true || rule.before !== undefined
}

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
  tilde: /[A-Za-z0-9_.~-]*/y,
  punct: /[A-Za-z0-9!#$%&()*+=@^_-]*/y,
  wide: /[A-Za-z0-9_.:~@%+/=-]*/y,
}

type More = Partial<Pick<Rule, 'boundary' | 'keepsAnchor' | 'before' | 'confidence' | 'anywhere'>>

/** A rule; its anchors stand in one string, with spaces between them. */
function rule(
  id: string,
  anchors: string,
  charset: Charset,
  min: number,
  max: number,
  check?: Check,
  more?: More,
): Rule {
  const rest = check === undefined ? more : { ...more, check }
  return { id, anchors: anchors.split(' '), charset, min, max, confidence: 'high', ...rest }
}

/** A rule with a short anchor, or one that other things begin with too. */
function weak(
  id: string,
  anchors: string,
  charset: Charset,
  min: number,
  max: number,
  check?: Check,
): Rule {
  return rule(id, anchors, charset, min, max, check, { boundary: 'strict', confidence: 'low' })
}

/** A rule for the secret part of an address. */
function address(
  id: string,
  anchors: string,
  charset: Charset,
  min: number,
  max: number,
  check?: Check,
): Rule {
  return rule(id, anchors, charset, min, max, check, { keepsAnchor: true })
}

/** A rule for a token with something before its anchor. */
function before(
  id: string,
  anchors: string,
  charset: Charset,
  min: number,
  max: number,
  lead: RegExp,
  check?: Check,
): Rule {
  return rule(id, anchors, charset, min, max, check, { before: lead })
}

/** A rule for a token that holds no long run, or only one that is not next to its anchor. */
function sought(
  id: string,
  anchors: string,
  charset: Charset,
  min: number,
  max: number,
  lead?: RegExp,
  check?: Check,
): Rule {
  const more = { anywhere: true } as const
  return rule(id, anchors, charset, min, max, check, lead ? { ...more, before: lead } : more)
}

/** What stands before the signature of an Azure key. */
function signed(length: number): RegExp {
  return new RegExp(`(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{${length}}$`)
}
