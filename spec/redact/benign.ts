/** Texts of every day that hold no secret: lines of files, and what a seed makes of forms. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** One text, and what it is a case of. */
export interface Benign {
  readonly kind: string
  readonly text: string
}

/** The same texts for the same seed and the same files. */
export function benignTexts(seed: number): Benign[] {
  const random = randomOf(seed)
  const texts = fileTexts(random)
  for (const [kind, make] of Object.entries(forms)) {
    for (let i = 0; i < 60; i++) texts.push({ kind, text: make(random, i) })
  }
  for (const [kind, lines] of Object.entries(phrases)) {
    for (const text of lines) texts.push({ kind, text })
    texts.push({ kind, text: lines.join('\n') })
  }
  return texts
}

interface Random {
  /** From 0 to below `limit`. */
  readonly int: (limit: number) => number
  readonly pick: <T>(all: readonly T[]) => T
  readonly bytes: (length: number) => Buffer
}

/** Mulberry32. */
function randomOf(seed: number): Random {
  let state = seed
  const int = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }
  return {
    int,
    pick: <T>(all: readonly T[]) => all[int(all.length)] as T,
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(256))),
  }
}

const root = join(import.meta.dirname, '../..')
/** Their own subject is secrets. */
const except = /(?:^|\/)(?:redact|node_modules|dist|README\.md)(?:\/|$)/

/** Of this repository, and of packages that it names itself. */
const places: readonly (readonly [place: string, names: RegExp, lines: number])[] = [
  ['package-lock.json', /./, 1500],
  ['bench/package-lock.json', /./, 300],
  ['LICENSE', /./, 30],
  ['CHANGELOG.md', /./, 100],
  ['tsconfig.json', /./, 50],
  ['lib', /\.ts$/, 25],
  ['cli', /\.(?:ts|mjs)$/, 25],
  ['bench', /\.(?:mjs|md)$/, 25],
  ['docs', /\.md$/, 80],
  ['spec', /\.(?:ts|mjs)$/, 15],
  ['fixtures/agents', /./, 15],
  ['node_modules/fast-check', /\.(?:js|cjs|ts|cts|md)$|LICENSE/, 250],
  ['node_modules/cac', /\.(?:js|ts|md)$|LICENSE/, 100],
  ['node_modules/koffi', /\.(?:js|cjs|ts|md|txt|json)$|LICENSE/, 60],
  ['node_modules/proper-lockfile', /\.(?:js|md)$|LICENSE/, 60],
  ['node_modules/write-file-atomic', /\.(?:js|md|json)$|LICENSE/, 60],
  ['node_modules/ulid', /\.(?:js|cjs|ts|md|map)$|LICENSE/, 40],
  ['node_modules/@iarna/toml', /\.(?:js|md|json)$|LICENSE/, 40],
  ['node_modules/string-width', /\.(?:js|ts|md|json)$|license/, 40],
  ['node_modules/esbuild', /\.(?:js|ts|md|json)$|LICENSE/, 200],
  ['node_modules/publint', /\.(?:js|ts|md|json)$|LICENSE/, 40],
  ['node_modules/knip/dist/plugins', /\.js$/, 3],
  ['node_modules/knip/README.md', /./, 60],
  ['node_modules/typescript/lib/lib.es5.d.ts', /./, 300],
  ['node_modules/typescript/lib/lib.es2015.core.d.ts', /./, 100],
  ['node_modules/typescript/package.json', /./, 100],
  ['node_modules/@types/node/buffer.d.ts', /./, 150],
  ['node_modules/@types/node/stream.d.ts', /./, 150],
  ['node_modules/vitest/README.md', /./, 60],
]

const mostOfLine = 0x10000

function fileTexts(random: Random): Benign[] {
  const texts: Benign[] = []
  for (const [place, names, lines] of places) {
    for (const file of filesUnder(place, names)) {
      const whole = readFileSync(join(root, file), 'utf8')
      const kind = `line of ${file}`
      const all = whole.split('\n').filter((line) => line.trim() !== '' && line.length < mostOfLine)
      // A file of many lines is sampled, each part of it alike.
      const step = Math.max(1, all.length / lines)
      for (let at = 0; at < all.length; at += step) {
        const index = Math.floor(at) + (step > 1 ? random.int(Math.floor(step)) : 0)
        texts.push({ kind, text: all[Math.min(index, all.length - 1)] as string })
      }
      if (whole.length < 0x40000) texts.push({ kind: `all of ${file}`, text: whole })
    }
  }
  return texts
}

function filesUnder(place: string, names: RegExp): string[] {
  const path = join(root, place)
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [place]
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !except.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inner = `${place}/${entry.name}`
      if (entry.isDirectory()) return filesUnder(inner, names)
      return entry.isFile() && names.test(entry.name) ? [inner] : []
    })
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const words = (
  'session store token parser request handler buffer stream worker index cache queue lock journal ' +
  'event reader writer client server config option value field index node tree path file line'
).split(' ')

function hexOf({ bytes }: Random, length: number): string {
  return bytes(length / 2).toString('hex')
}

function base64Of({ bytes }: Random, length: number): string {
  return bytes(length).toString('base64')
}

function uuid(random: Random): string {
  const all = hexOf(random, 32)
  return [all.slice(0, 8), all.slice(8, 12), `4${all.slice(13, 16)}`, `a${all.slice(17, 20)}`]
    .concat(all.slice(20))
    .join('-')
}

function ulid({ int }: Random): string {
  return `01J${Array.from({ length: 23 }, () => crockford[int(32)]).join('')}`
}

function camel({ int, pick }: Random): string {
  const parts = Array.from({ length: 2 + int(3) }, () => pick(words))
  return parts.map((one, i) => (i === 0 ? one : one[0]?.toUpperCase() + one.slice(1))).join('')
}

function snake({ int, pick }: Random): string {
  return Array.from({ length: 2 + int(3) }, () => pick(words)).join('_')
}

function time({ int }: Random): string {
  return new Date(1_700_000_000_000 + int(1 << 30) * 50).toISOString()
}

function path({ int, pick }: Random): string {
  return `/${Array.from({ length: 2 + int(4) }, () => pick(words)).join('/')}.${pick(['ts', 'py', 'go', 'rs'])}`
}

const pngHead = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82])

function png(random: Random): string {
  return Buffer.concat([pngHead, random.bytes(40 + random.int(2000))]).toString('base64')
}

/** Each takes what is random, and how often it was asked. */
const forms: Readonly<Record<string, (random: Random, i: number) => string>> = {
  'go.sum': (random, i) =>
    `${random.pick(['github.com/a/token', 'modernc.org/token', 'golang.org/x/crypto', 'cloud.google.com/go/secretmanager', 'github.com/zalando/go-keyring'])} v1.${i}.0${random.pick(['', '/go.mod'])} h1:${base64Of(random, 32)}`,
  'npm integrity': (random) => `      "integrity": "sha512-${base64Of(random, 64)}",`,
  'yarn integrity': (random) => `  integrity sha512-${base64Of(random, 64)}`,
  'pnpm lock': (random, i) =>
    `  /${random.pick(words)}@${i}.0.1:\n    resolution: {integrity: sha512-${base64Of(random, 64)}}\n    engines: {node: '>=18'}`,
  'tarball address': (random, i) =>
    `      "resolved": "https://registry.npmjs.org/@${random.pick(words)}/js-tokens/-/js-tokens-${i}.0.0.tgz",`,
  'png in base64': (random) => png(random),
  'png as data address': (random) => `![shot](data:image/png;base64,${png(random)})`,
  'png in mail lines': (random) => png(random).replace(/.{76}/g, '$&\n'),
  'woff in css': (random) =>
    `@font-face{font-family:x;src:url(data:font/woff2;base64,d09GMgABAAAA${base64Of(random, 300)})}`,
  'random bytes in base64': (random) => base64Of(random, 30 + random.int(3000)),
  'random bytes in base64url': (random) => random.bytes(20 + random.int(60)).toString('base64url'),
  uuid: (random) => uuid(random),
  'uuids in JSON': (random) =>
    `{"sessionId":"${uuid(random)}","parentUuid":"${uuid(random)}","requestId":"req_${ulid(random)}"}`,
  'message ids': (random) =>
    `{"id":"msg_01${ulid(random).slice(3)}","tool_use_id":"toolu_01${ulid(random).slice(3)}","call_id":"call_${hexOf(random, 24)}"}`,
  ulid: (random) => `session ${ulid(random)} ended`,
  'git sha': (random) => `commit ${hexOf(random, 40)}`,
  'git log': (random, i) =>
    `${hexOf(random, 8).slice(0, 7)} fix ${random.pick(words)} token (#${i})`,
  'git index line': (random) => `index ${hexOf(random, 8)}..${hexOf(random, 8)} 100644`,
  'git ls-tree': (random) => `100644 blob ${hexOf(random, 40)}\t${path(random)}`,
  'docker digest': (random) => `FROM node:20-slim@sha256:${hexOf(random, 64)} AS build`,
  'docker layers': (random) =>
    `${hexOf(random, 12)}: Pull complete\nDigest: sha256:${hexOf(random, 64)}`,
  'docker build': (random, i) =>
    `#${i} [internal] load build context\n#${i} sha256:${hexOf(random, 64)} 3.42MB / 3.42MB 0.${i}s done`,
  sha256sum: (random) => `${hexOf(random, 64)}  ${path(random)}`,
  'pip hash': (random, i) =>
    `${random.pick(words)}==${i}.1.0 \\\n    --hash=sha256:${hexOf(random, 64)} \\\n    --hash=sha256:${hexOf(random, 64)}`,
  'cargo lock': (random, i) =>
    `[[package]]\nname = "${random.pick(words)}"\nversion = "0.${i}.1"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "${hexOf(random, 64)}"`,
  'poetry lock': (random) =>
    `    {file = "keyring-24.3.0-py3-none-any.whl", hash = "sha256:${hexOf(random, 64)}"},`,
  'etag and cache key': (random) =>
    `{"etag":"W/\\"${hexOf(random, 32)}\\"","cacheKey":"${hexOf(random, 32)}","hash":"${hexOf(random, 64)}"}`,
  css: (random, i) =>
    `.${random.pick(words)}-${i}{color:#${hexOf(random, 6)};background:url(/img/${hexOf(random, 20)}.svg);margin:0 ${i}px}`,
  'chunk names': (random) =>
    `dist/assets/index-${hexOf(random, 8)}.js   142.${random.int(99)} kB │ gzip: 45.1 kB`,
  'log line': (random, i) =>
    `${time(random)} INFO  [${snake(random)}] request ${uuid(random)} took ${i}.2ms status=200 path=${path(random)}`,
  'log line of a service': (random, i) =>
    `level=info ts=${time(random)} caller=auth.go:${i} msg="token refreshed" user_id=${i} attempt=1 key=${snake(random)}`,
  'json log': (random, i) =>
    `{"level":30,"time":17000000${i},"pid":${i},"hostname":"ci-${hexOf(random, 8)}","reqId":"${uuid(random)}","msg":"auth token expired, refreshing"}`,
  'access log': (random, i) =>
    `10.0.0.${i} - - [21/Nov/2026:02:10:${10 + (i % 50)} +0000] "GET /api/token/refresh?page=${i} HTTP/1.1" 401 ${random.int(5000)} "-" "curl/8.5.0"`,
  'stack trace': (random, i) =>
    `Error: invalid token\n    at ${camel(random)} (${path(random)}:${i}:12)\n    at async ${camel(random)}.${camel(random)} (node:internal/process/task_queues:95:5)`,
  'python traceback': (random, i) =>
    `Traceback (most recent call last):\n  File "${path(random)}", line ${i}, in ${snake(random)}\n    raise ValueError("bad password for user")\nKeyError: 'api_key'`,
  'java trace': (random, i) =>
    `\tat com.example.security.token.${camel(random)}.validate(TokenValidator.java:${i}) ~[app.jar:1.0]`,
  'go panic': (random) =>
    `goroutine 1 [running]:\nmain.${camel(random)}(0x${hexOf(random, 12)}, 0x5)\n\t${path(random)}:42 +0x1d5`,
  'hex dump': (random, i) =>
    `${(i * 16).toString(16).padStart(8, '0')}  ${hexOf(random, 32).replace(/../g, '$& ')} |................|`,
  'xxd dump': (random, i) =>
    `${(i * 16).toString(16).padStart(8, '0')}: ${hexOf(random, 32).replace(/.{4}/g, '$& ')} ................`,
  'ssh public key': (random) =>
    `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${base64Of(random, 32).slice(0, 43)} me@laptop`,
  'ssh public rsa key': (random) =>
    `ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ${base64Of(random, 255)} deploy@ci`,
  'ssh fingerprint': (random) => `2048 SHA256:${base64Of(random, 32).slice(0, 43)} me@laptop (RSA)`,
  'known host': (random) =>
    `|1|${base64Of(random, 20)}|${base64Of(random, 20)} ssh-rsa AAAAB3NzaC1yc2E${base64Of(random, 200)}`,
  certificate: (random) =>
    `-----BEGIN CERTIFICATE-----\nMII${base64Of(random, 450).replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----`,
  'public key': (random) =>
    `-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQ${base64Of(random, 240).replace(/.{64}/g, '$&\n')}\n-----END PUBLIC KEY-----`,
  'pgp signature': (random) =>
    `-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCAAdFiEE${base64Of(random, 210).replace(/.{64}/g, '$&\n')}\n=aB3d\n-----END PGP SIGNATURE-----`,
  'source map': (random, i) =>
    `{"version":3,"sources":["../src/token.ts"],"names":["token","${camel(random)}"],"mappings":"AAAA,SAAS${'gBAAgB,'.repeat(3 + i)}CAAC"}`,
  'source map in base64': (random) =>
    `//# source${'Mapping'}URL=data:application/json;charset=utf-8;base64,${Buffer.from(
      `{"version":3,"sources":["${path(random)}"],"names":["token"],"mappings":"AAAA"}`,
    ).toString('base64')}`,
  identifiers: (random) => `${camel(random)}.${camel(random)}.${camel(random)}(${snake(random)})`,
  'long dotted names': (random) =>
    `com.example.${random.pick(words)}.${camel(random)}.${camel(random)}$${camel(random)}`,
  'screaming names': (random) =>
    `${snake(random).toUpperCase()}_TOKEN = "${snake(random)}"`.replaceAll('_TOKEN = ', '_NAME = '),
  'minified code': (random, i) =>
    `var a=${i},b=function(e,t){return e&&t.token?t.token:null},c="${random.pick(words)}";for(var n in b)c+=b[n];!function(e){e.exports={t:a,n:"${hexOf(random, 8)}"}}(c);`,
  'diff hunk': (random, i) =>
    `@@ -${i},7 +${i},9 @@ function ${camel(random)}() {\n-  const token = readToken()\n+  const token = await readToken(signal)\n+  if (token === undefined) return\n   return ${camel(random)}(token)`,
  'cron line': (random, i) =>
    `${i} 3 * * 1-5 root /usr/local/bin/${snake(random)} --rotate >/dev/null 2>&1`,
  'windows path': (random) =>
    `C:\\Users\\me\\AppData\\Local\\${camel(random)}\\token\\${camel(random)}.exe -File "D:\\work\\${snake(random)}.ps1"`,
  address: (random, i) =>
    `https://${random.pick(words)}.example.org:8443/api/v${i}/tokens/${uuid(random)}?page=${i}&sort=key#token`,
  'signed-off mail': (random) => `Signed-off-by: A. N. Other <${snake(random)}@mail.example.org>`,
  'mail address': (random, i) =>
    `mailto:${snake(random)}+${i}@example.org, git@github.com:${random.pick(words)}/${random.pick(words)}.git`,
  sql: (random, i) =>
    `SELECT id, token, password_hash FROM ${snake(random)} WHERE token IS NOT NULL AND id = ${i};`,
  'sql table': (random) =>
    `CREATE TABLE ${snake(random)} (\n  id uuid PRIMARY KEY,\n  password varchar(255) NOT NULL,\n  api_key text,\n  token text DEFAULT NULL\n);`,
  'usage counts': (random, i) =>
    `{"usage":{"input_tokens":${random.int(9999)},"output_tokens":${i},"cache_read_input_tokens":${random.int(99999)}},"max_tokens":4096,"token":${i}}`,
  'opaque model state': (random) =>
    `{"type":"thinking","thinking":"Let me see the token.","signature":"${base64Of(random, 300)}"}`,
  'encrypted reasoning': (random) =>
    `{"type":"reasoning","summary":[],"encrypted_content":"gAAAAAB${random.bytes(400).toString('base64url')}"}`,
  'image block': (random) =>
    `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"${png(random)}"}}`,
  'directory listing': (random, i) =>
    `-rw-r--r-- 1 me me ${random.int(99999)} Nov 21 02:${10 + (i % 50)} ${snake(random)}-token-${i}.test.ts`,
  'test output': (random, i) =>
    ` ✓ spec/${random.pick(words)}/token.test.ts (${i} tests) ${random.int(900)}ms`,
  'grep output': (random, i) =>
    `lib/${random.pick(words)}/password.ts:${i}:  const password = await askPassword(${camel(random)})`,
  'ps output': (random, i) =>
    `me       ${1000 + i}  0.0  0.1  12345  6789 pts/0    Ss   02:10   0:00 /usr/bin/ssh-agent -s ${random.pick(words)}`,
  'env without secrets': (random) =>
    `PWD=${path(random)}\nOLDPWD=/home/user\nSHELL=/bin/bash\nLANG=en_US.UTF-8\nSSH_AUTH_SOCK=/tmp/ssh-x/agent.${random.int(999)}\nGPG_TTY=/dev/pts/0`,
  coloured: (random) =>
    `\u001b[32m✓\u001b[39m ${snake(random)} \u001b[2m${path(random)}\u001b[22m \u001b[1m\u001b[31mtoken\u001b[0m`,
  'kubernetes objects': (random, i) =>
    `${snake(random).replaceAll('_', '-')}-${hexOf(random, 10)}-x${i}k2p   1/1     Running   0          ${i}d`,
}

const brace = '{'
const dollar = '$'

/** Texts that name secrets and hold none. */
const phrases: Readonly<Record<string, readonly string[]>> = {
  prose: [
    'the token is invalid',
    'Your token has expired, please log in again.',
    'password must be at least 8 characters',
    'Passwords do not match.',
    'Enter the password: ',
    'Forgot your password? Reset it here.',
    'error: password authentication failed for user "postgres"',
    'Permission denied (publickey,password).',
    'remote: Invalid username or password.',
    'fatal: Authentication failed for the repository',
    'Set the API key in the settings, then restart.',
    'The secret: there is none.',
    'A token is a word or a part of a word; 1,000 tokens are about 750 words.',
    'Bearer tokens are sent in the Authorization header.',
    'Use basic auth or a bearer token for authentication.',
    'The cookie is set for one hour.',
    'Unexpected token < in JSON at position 0',
    'SyntaxError: Unexpected token \'}\', "{"a":1}}" is not valid JSON',
    'unexpected token: expected identifier, found keyword',
    'error: missing required argument --token',
    'Tip: pass --password-stdin to read it from stdin',
    'authorization: denied; authentication: required',
    'Secret scanning found nothing.',
    'credentials: none were found in the environment',
    'The private key stays on your machine.',
    'key: value',
    'The password of the day is different every day.',
    'Authorization is checked for every request: see the guide.',
    'Das Passwort ist zu kurz. Kennwort: mindestens 8 Zeichen',
    'le mot de passe est incorrect',
  ],
  yaml: [
    `on: [push]\npermissions:\n  contents: read\n  id-token: write\n  packages: write`,
    `        env:\n          GITHUB_TOKEN: ${dollar}${brace}{ secrets.GITHUB_TOKEN }}\n          NPM_TOKEN: ${dollar}${brace}{ secrets.NPM_TOKEN }}`,
    `        with:\n          token: ${dollar}${brace}{ secrets.RELEASE_TOKEN }}\n          fetch-depth: 0`,
    'secrets: inherit',
    'secrets:\n  db_password:\n    file: ./db_password.txt',
    'secrets:\n  db_password:\n    external: true',
    'envFrom:\n  - secretRef:\n      name: app-secrets',
    'valueFrom:\n  secretKeyRef:\n    name: db-credentials\n    key: password',
    'imagePullSecrets:\n  - name: regcred',
    'serviceAccountName: token-reader\nautomountServiceAccountToken: false',
    `password: ${dollar}${brace}DB_PASSWORD}`,
    `password: ${dollar}${brace}DB_PASSWORD:-}`,
    `password: "{{ vault_db_password }}"`,
    'password_file: /run/secrets/db_password',
    'api_key_env: OPENAI_API_KEY',
    'token: null',
    'password: ~',
    'auth: true',
    'token_ttl: 3600s',
    'auth_type: oauth2',
    `key: cache-${dollar}${brace}{ runner.os }}-${dollar}${brace}{ hashFiles("**/package-lock.json") }}`,
    'tokens: 128000',
  ],
  'config defaults': [
    '{"password": null, "token": "", "api_key": "<your key>"}',
    '{"token":1532,"password":false,"secret":null,"auth":{},"credentials":[]}',
    'password: null',
    'token: ""',
    "password = ''",
    'api_key: <your key>',
    'api_key=YOUR_API_KEY',
    'OPENAI_API_KEY=your-key-here',
    'SECRET_KEY=changeme',
    'TOKEN=xxxxxxxxxxxxxxxxxxxx',
    'password=********',
    'DB_PASSWORD=',
    'DB_PASSWORD=$DB_PASSWORD',
    `DB_PASSWORD=${dollar}${brace}DB_PASSWORD}`,
    'export GITHUB_TOKEN=$(gh auth token)',
    'export API_KEY=`cat /run/secrets/key`',
    'PASSWORD="$(pass show db)"',
    'token: 3',
    'max_tokens: 4096',
    'max_token=8192',
    'num_tokens=512',
    'password: [REDACTED:password]',
    'api_key: "..."',
    'token = "<token>"',
    '--password=$PASSWORD --token $TOKEN',
    'Authorization: Bearer <token>',
    'Authorization: Bearer $TOKEN',
    `curl -H "Authorization: Bearer ${dollar}${brace}TOKEN}" https://api.example.org`,
    `curl -u "$USER:$PASS" https://api.example.org`,
    'mysql -u root -p shop',
    'sshpass -e ssh host',
    'redis-cli -h cache PING',
  ],
  code: [
    'self.password = password',
    'this.token = token;',
    'self._token = token or os.environ.get("TOKEN")',
    'const token = await getToken()',
    'const token = await this.tokens.next();',
    'let secret = crypto.randomBytes(32)',
    'password = getpass.getpass("Password: ")',
    'password: z.string().min(8),',
    'token: Optional[str] = None',
    'def login(self, username: str, password: str) -> Token:',
    'fn verify(token: &str, secret: &[u8]) -> Result<Claims>',
    'func Verify(ctx context.Context, token string, key []byte) error {',
    'if (password !== confirmPassword) throw new Error("mismatch")',
    'if token == "" { return ErrNoToken }',
    'return { token, secret, password }',
    `headers.Authorization = \`Bearer ${dollar}${brace}token}\``,
    `headers: { Authorization: "Bearer " + token },`,
    `headers={"Authorization": f"Bearer ${brace}token}"},`,
    `req.Header.Set("Authorization", "Bearer "+token)`,
    'const auth = req.headers.authorization?.split(" ")[1]',
    'apiKey: process.env.OPENAI_API_KEY,',
    'api_key=os.environ["ANTHROPIC_API_KEY"]',
    'api_key = os.getenv("API_KEY", "")',
    'client = OpenAI(api_key=settings.openai_api_key)',
    'secret_key = config["secret_key"]',
    'const { password, ...rest } = user',
    'type Props = { token: string; password?: string; secret: Uint8Array }',
    'interface Auth { readonly token: Token | undefined }',
    'password: { type: String, required: true, select: false },',
    '<input type="password" name="password" autocomplete="current-password">',
    '<label for="password">Password</label>',
    '<Field name="token" label={t("settings.token")} />',
    '.password { color: red }',
    '#[serde(skip_serializing)] pub password: String,',
    '@Column({ name: "password_hash" }) passwordHash!: string',
    'assert token.kind == TokenKind.IDENT',
    'tokens = tokenizer.encode(text)[:max_tokens]',
    'token_type: Literal["bearer"] = "bearer"',
    '{"token_type":"bearer","expires_in":3600}',
    'case TokenType.OPEN_PAREN: return token.next;',
    'while ((token = lexer.next()) !== undefined) tokens.push(token)',
    'const key = keys[i], value = map.get(key)',
    'Object.keys(o).forEach(key => { o[key] = null })',
    'logger.info("token refreshed for %s", user.id)',
    'process.stdout.write("password: ")',
    '$this->password = password_hash($password, PASSWORD_DEFAULT);',
    "'password' => ['required', 'string', 'min:8'],",
    'password = params.require(:user).permit(:password)',
    'cancellationToken: CancellationToken = default',
    'private readonly ITokenService _tokenService;',
    'nextPageToken = response.nextPageToken',
    'expect(screen.getByLabelText("Password")).toBeVisible()',
  ],
  terraform: [
    'variable "db_password" {\n  type      = string\n  sensitive = true\n}',
    'password = var.db_password',
    'token    = var.github_token',
    'secret_key = data.aws_secretsmanager_secret_version.db.secret_string',
    `password = "${dollar}${brace}var.db_password}"`,
    'password = random_password.db.result',
    'kms_key_id = aws_kms_key.main.arn',
  ],
  dockerfile: [
    'FROM node:20-slim AS build\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci',
    'ARG NPM_TOKEN\nENV NODE_ENV=production',
    'RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci',
    'ENV DB_PASSWORD_FILE=/run/secrets/db_password',
    'USER 1000:1000\nENTRYPOINT ["node", "dist/main.js"]',
  ],
  translations: [
    '{"password":"Passwort","forgotPassword":"Passwort vergessen?","token":"Zeichen"}',
    '{"password":"Mot de passe","confirm_password":"Confirmez le mot de passe"}',
    '{"password":"Contraseña","new_password":"Nueva contraseña"}',
    '{"contraseña":"obligatoria","passwort":"Passwort vergessen?","senha":"inválida"}',
    'Contraseña: incorrecta',
    'Passwort: mindestens 8 Zeichen',
    'пароль: 8-16 символов',
    '密码：请输入密码',
    'Password: 8-16 characters',
    '{"login":{"password":"Enter your password","password_hint":"At least 8 characters"}}',
    '{"password.required":"The password is required.","token.expired":"The token has expired."}',
    '"password": "Password",',
    '"apiKey": "API key",',
  ],
  addresses: [
    'https://example.org:8080/a@b',
    'http://localhost:3000/@scope/pkg@1.2.3',
    'ssh://git@github.com/owner/repo.git',
    'git+https://github.com/owner/repo.git#semver:^1.0.0',
    'postgres://localhost:5432/app?sslmode=disable',
    'postgres://app@db.internal:5432/app',
    'redis://cache:6379/0',
    'mongodb+srv://cluster0.example.org/test?retryWrites=true',
    'https://example.org/oauth/authorize?response_type=code&client_id=web&scope=openid%20email',
    'https://example.org/?utm_source=token&key=name&page=2',
    'https://user@example.org/path',
    'file:///home/user/.config/token/key.txt',
    'vscode://file/home/me/a.ts:12:5',
    'http://[::1]:3000/',
    'https://fonts.googleapis.com/css2?family=Inter:wght@400;700&display=swap',
    'https://www.npmjs.com/package/@types/node/v/20.19.43',
  ],
  'lists of names': [
    '["password","token","secret","api_key"]',
    "secret_keys = ['password', 'token', 'apiKey', 'authorization', 'cookie']",
    'password, token, secret, key',
    '| token | string | the token |',
    '| `password` | `--password` | prompt |',
    '- password\n- token\n- secret',
    '{"name":"token","in":"header","required":true,"schema":{"type":"string"}}',
    '{"type":"object","properties":{"password":{"type":"string"},"token":{"type":"string","description":"the token"}},"required":["password"]}',
    '["curl","-s","-H","Accept: application/json","https://example.org"]',
    '["docker","run","-u","1000:1000","-p","8080:80","image"]',
    '["ssh","-p","2222","host"]',
    'docker run -p 8080:80 -e TOKEN -u 1000:1000 image',
    'tar -xzf a.tgz -C /tmp; grep -rn "token" --include=*.ts lib | head -20',
    'ssh -p 2222 -o PasswordAuthentication=no host',
    'mkdir -p build/token && cp -a src build',
  ],
}
