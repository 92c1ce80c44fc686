/** Which names say that their value is a secret. */

import { detached } from '../base/text.ts'
import { type Role, roleOf } from './roles.ts'
import { isTelling } from './telling.ts'

/** What a name promises of its value. */
export type Kind =
  | 'password'
  | 'secret'
  | 'parameter'
  | 'code'
  | 'phrase'
  | 'authorization'
  | 'cookie'
  | 'set-cookie'

const suffix =
  '(?:[_.-]?base|_(?:prod|dev|test|staging|live|data|string|plain|hash|private|b64|base64|hex)|_?(?:value|text)|[ _-]?confirm(?:ation)?|[ _-]?[0-9]{1,2})?'
const password =
  '(?:pass[_-]?words?|passwds?|(?:^|(?:wpa|wifi|wlan|ipsec|ike|vpn|security)[_.-])psk|pre[_-]?shared[ _-]?key|pass[_-]?phrase|pass_?code|[_.-]pass|pwd|(?:bind|root|ldap|admin|vnc)[_-]?pw|' +
  '(?:db|ssh|user|root|admin|mysql|pg|smtp|mail|ftp|redis|my|ldap|imap|http|proxy|sql|mongo|store|key|remote|local|sudo|become|vault|sftp|auth|bind|rabbit|mqtt)pass)'
const key =
  '(?:api|access|secret|priv(?:ate)?|encryption|encrypt|crypto|fernet|ssl|tls|wallet|activation|service[ _-]?role|signing|signature|account|master|auth|shared|storage|' +
  'subscription|deploy|service|app|admin|license|webhook|hmac|jwt|ssh|client|server|user|bot|' +
  'consumer|integration|crypt|session|security|rest|write|live|test|prod|cookie|token|database|db|' +
  'sas|sdk|developer|dev|project|account|provider|org|team|partner|merchant|site|global|origin|ca|rsa|' +
  'enc|aes|des|personal|maps?|ingest|ingestion|insert|query|management|mgmt|read|reporting|functions?|record|unseal|recovery|application)[ _.-]?key'
const secret = `(?:token|secrets?|secret[ _-]?id|credentials?|creds?|(?<!o)auth|bearer|jwt|tf_token_[a-z0-9_-]{1,50}|(?:key|token|secret|password|auth|nonce|cookie|hash)[_-]?salt|pepper|[_.-]pat|^pat|^pass|secret[_-]?string|secure_?string|${key}s?|key[_-]?data)`

/** What a secret name ends with: a source for the end of a regular expression, in any case of letters. */
export const secretTail: string = `(?:${password}|${secret}|authorization|cookie)${suffix}`

const isPassword = new RegExp(`${password}${suffix}$`, 'i')
const isSecret = new RegExp(`${secret}${suffix}$`, 'i')
const isPhraseName =
  /(?:mnemonic|(?:seed|recovery|backup|secret|wallet)[ _-]?(?:phrase|words)|(?:^|[_-])seed)$/i
const harmless =
  /^(?:OLD)?PWD$|^pwd$|oldpwd$|(?:^|[_.-]|\b)(?:max|min|num|total|count|page|next|prev|stop|bos|eos|pad|unk|cls|sep|mask|cancell?ation|continuation|design|idempotency|sync|resume|cursor|syntax|client[_-]?request)[_.-]?token$|(?:Page|page|next|Next|starting|Starting|pagination|Pagination|cancellation|Cancellation|continuation|Continuation|max|Max|sync|Sync)Token$/

/** Whose keys have no shape of their own, so that the name is all there is to know them by. */
const vendors =
  /(?:^|[^a-z]|(?<=[a-z])(?=[A-Z]))(?:ably|abstractapi|ai21|alphavantage|anyscale|apilayer|appwrite|arbiscan|backblaze|bigml|blockfrost|braintree|brevo|browserstack|bscscan|cerebras|clarifai|codemagic|crowdin|currencyapi|deepinfra|doppler|dwolla|exchangerate|flightaware|foursquare|freshbooks|hasura|hcaptcha|helicone|imgbb|imgur|ipgeolocation|iterable|jina|jotform|kagi|langsmith|lokalise|maptiler|numverify|omdb|openexchangerates|pagespeed|pipedrive|plivo|polygonscan|positionstack|qdrant|recurly|roboflow|runpod|sambanova|saucelabs|scraperapi|scrapingbee|securitytrails|spoonacular|stability|stytch|tenor|tiingo|ticketmaster|tomtom|turso|twelvedata|typesense|upstash|urlscan|weatherstack|wolfram|abuseipdb|activecampaign|adafruit|adobe|ahrefs|airbrake|airtable|alchemy|algolia|alibaba|aliyun|amplitude|anthropic|apify|apollo|appcenter|asana|assemblyai|auth0|aws|axiom|azure|bamboo|baremetrics|bing|bitbucket|bitly|bittrex|blockchain|bugsnag|buildkite|bunny|calendly|canny|censys|chargebee|circleci|clearbit|clickhouse|clickup|cloudflare|cloudinary|cloudsmith|codacy|codecov|codeclimate|cohere|coinbase|coinmarketcap|confluent|consul|contentful|coveralls|datadog|databricks|dd|deepgram|deepl|deepseek|digitalocean|discord|docusign|dropbox|droneci|drone|dynatrace|elastic|elasticsearch|elevenlabs|etherscan|etsy|eventbrite|exa|facebook|fastly|figma|finnhub|firebase|firecrawl|fireworks|flickr|freshdesk|fullstory|geocodio|giphy|gitea|github|gitlab|gitter|google|gcp|gradle|grafana|groq|harvest|helpscout|heroku|here|hetzner|honeybadger|honeycomb|hubspot|huggingface|hunter|ifttt|infura|instagram|intercom|ipinfo|ipstack|jenkins|jira|jfrog|artifactory|keen|klaviyo|kraken|kucoin|launchdarkly|lastfm|linear|linkedin|linode|lob|logdna|loggly|logz|looker|mailchimp|mailgun|mailjet|mandrill|mapbox|mapquest|mattermost|maxmind|meilisearch|messagebird|mistral|mixpanel|monday|moralis|mux|nasa|neon|netlify|newrelic|new_relic|newsapi|ngrok|notion|npm|nuget|nvidia|nytimes|okta|omise|onesignal|openai|opencage|openrouter|openweather(?:map)?|optimizely|opsgenie|pagerduty|papertrail|paypal|pendo|perplexity|pexels|pinecone|pinata|pingdom|plaid|planetscale|polygon|postmark|postman|posthog|pubnub|pusher|pypi|quicknode|rapidapi|razorpay|recaptcha|replicate|resend|rollbar|rubygems|salesforce|scaleway|scalr|segment|semrush|sendgrid|sendbird|sendinblue|sentry|serpapi|serper|shodan|shopify|sidekiq|signalfx|slack|snyk|sonar(?:cloud|qube)?|sonarcloud|sourcegraph|spotify|square|squareup|statuspage|strava|stripe|sumologic|supabase|tavily|teamcity|telegram|tencent|thingspeak|tinypng|tmdb|together|travis(?:ci)?|trello|twilio|twitch|twitter|typeform|unsplash|uptimerobot|vercel|vimeo|virustotal|vonage|voyage|vultr|wandb|watson|weatherapi|webflow|wistia|woocommerce|workos|yandex|yelp|youtube|zapier|zendesk|zoho|zoom)(?:[^a-z].{0,40}|[A-Z].{0,40}|api)?key$/i

/** What a name says of its value. */
export interface Meaning {
  readonly kind: Kind | undefined
  /** The same for a parameter of an address, where short names are usual. */
  readonly ofParameter: Kind | undefined
  /** The same right before `=`: elsewhere names of keys and of sessions are those of columns and ids. */
  readonly beforeEquals: Kind | undefined
  /** What it says of each value of a list: names of lists are those of many. */
  readonly ofItems: Kind | undefined
  /** A name of a few letters says little, so its value has to look like a password. */
  readonly isShort: boolean
  /** Capitals only, as variables of an environment are written. */
  readonly isConstant: boolean
  /** What a member of a record is that is called so. */
  readonly role: Role | undefined
}

/** Names come often, and there are few. */
const meanings = new Map<string, Meaning>()
const mostNames = 1000
let last: { readonly name: string; readonly meaning: Meaning } | undefined

export function findMeaning(name: string): Meaning {
  if (name === last?.name) return last.meaning
  let meaning = meanings.get(name)
  if (meaning === undefined) {
    meaning = meaningOf(name)
    if (meanings.size >= mostNames) meanings.clear()
    if (name.length <= 64) meanings.set(detached(name), meaning)
  }
  last = { name, meaning }
  return meaning
}

/** The kind of secret that a name announces. */
export function findKind(name: string): Kind | undefined {
  return findMeaning(name).kind
}

function meaningOf(name: string): Meaning {
  const kind = kindOf(name.length > 64 ? name.slice(-64) : name)
  return {
    kind,
    ofParameter: kind ?? (inAddress.test(name) ? 'parameter' : undefined),
    beforeEquals: kind ?? kindBeforeEquals(name),
    ofItems: ofItems(name, kind),
    isShort: name.length < 16 && shortName.test(name),
    isConstant: /^[A-Z0-9_]+$/.test(name),
    role: roleOf(name) ?? (isTelling(name) && foreign.test(name) ? 'foreign' : undefined),
  }
}

/** Names of passwords in other languages. */
const foreign =
  /(?:contrase[ñn]a|senha|mot[_-]?de[_-]?passe|passwort|passord|kennwort|wachtwoord|l[öo]senord|salasana|has[łl]o|(?:^|_)heslo|jelsz[óo]|пароль|密[码碼]|口令|パスワード|비밀번호)[_-]?[0-9]?$/i

function ofItems(name: string, kind: Kind | undefined): Kind | undefined {
  const one = kind ?? (/[a-z]s$/i.test(name) ? kindOf(name.slice(-65, -1)) : undefined)
  if (one === 'code') return /codes?$/i.test(name) ? one : undefined
  return one === 'password' || one === 'secret' ? one : undefined
}

const isCode =
  /(?:(?:backup|recovery|rescue|scratch|emergency|one_?time|2fa|mfa|totp)[ _-]?codes?|[a-z0-9][ _-]pin|^PIN)$/i
const shortName = /^(?:pass|pwd?)$|(?<!bind|[Rr]oot|ldap|admin|vnc)(?:[_-]pw|(?<=[a-z])P[Ww])$/

function kindBeforeEquals(name: string): Kind | undefined {
  if (/(?:^|_)psk$/.test(name)) return 'password'
  const isSession =
    /^(?:[A-Z]{0,12}SESS(?:ION)?ID|_[a-z0-9_]{1,40}_session|connect\.sid|BW_SESSION|OP_SESSION\w{0,40})$/
  if (isSession.test(name)) return 'parameter'
  const isKey = /^[A-Z][A-Z0-9_]{1,60}_KEY$/.test(name)
  return isKey && !/CACHE|PUBLIC|GPG|PGP|PRIMARY|FOREIGN|SORT|INDEX|HASH|HKEY/.test(name)
    ? 'parameter'
    : undefined
}

function kindOf(name: string): Kind | undefined {
  if (!isTelling(name)) return undefined
  const lower = name.toLowerCase()
  if (/(?:^|-)authorization$/i.test(name)) return 'authorization'
  if (/^(?:set-)?cookie$/i.test(name)) return /^s/i.test(name) ? 'set-cookie' : 'cookie'
  if (/(?:pwd|token)$/.test(lower) && harmless.test(name)) return undefined
  if (isPassword.test(name) || /[a-z]Pass$/.test(name)) return 'password'
  if (isPhraseName.test(name)) return 'phrase'
  if (isCode.test(name)) return name === 'pin' ? undefined : 'code'
  if (/[a-z]Pin$/.test(name)) return 'code'
  // Patterns are named so, too.
  if (/[a-z]Pat$|^pat$/.test(name)) return 'parameter'
  return isSecret.test(name) || (lower.endsWith('key') && vendors.test(name)) ? 'secret' : undefined
}

const inAddress =
  /^(?:sig|signature|hmac|key|code|code_verifier|(?:client_)?assertion|samlre(?:sponse|quest)|sid|sessionid|session|hash|hapikey|appid|app_id|x-(?:amz|goog)-signature)$/i

/** Whether a value is called so in what stands under its name: `password: { current: ... }`. */
export const isNameOfValue: RegExp =
  /^(?:value|val|default|current|new|old|previous|next|plain_?text|clear_?text|(?:string|secure|raw)_?value|primary|secondary|prod(?:uction)?|staging|dev(?:elopment)?|live|sandbox)$/i

/** What is told beside secrets, and is none: whose they are, and what for. */
export const isNoSecret: RegExp =
  /(?:id|name|user|url|uri|host|email|scope|type|version|fingerprint|hash|at)s?$/i
