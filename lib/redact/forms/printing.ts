/** Commands that print one secret, and nothing else. */

/** The end of a name of one. */
const name =
  '(?:[Pp]assw(?:or)?d|PASSW(?:OR)?D|_PASS|[Tt]oken|TOKEN|[Ss]ecret|SECRET|[Aa]pi_?[Kk]ey|API_?KEY|(?:[Aa]ccess|[Pp]rivate|[Mm]aster)_?[Kk]ey|(?:ACCESS|PRIVATE)_KEY)'
/** Of a variable. */
const variable = `\\w{0,40}${name}\\w{0,16}`
/** With what a text has to hold for any of them; a command alone is asked for behind a prompt. */
const prompted = (command: string) =>
  ['$', '#', '%', '>', '\u276f'].map((mark) => `${mark} ${command} `)

/** By the words of which every text with the command holds one: how it is written, a blank for any number. */
const commands: readonly (readonly [words: readonly string[], command: string])[] = [
  [['genkey', 'genpsk'], 'wg gen(?:key|psk)'],
  [['ate-key'], 'wg show \\S{1,32} private-key'],
  [['ssl rand'], 'openssl rand'],
  [['pwgen'], 'pwgen\\b'],
  [['bw get ', 'bw login', 'unlock'], 'bw (?:get password|unlock|login)\\b'],
  [['pass show'], '(?:go)?pass show'],
  [prompted('pass'), 'pass (?:-c )?[\\w.@-]{1,64}/\\S{1,128}'],
  [['op read', 'd op:'], 'op read'],
  [['--reveal', '--fields'], 'op item get[^\\n]{1,100}--(?:reveal|fields)'],
  [['eric-password', 'rnet-password'], 'security find-\\w{1,16}-password'],
  [['ret-tool'], 'secret-tool lookup'],
  [['keyring get'], 'keyring get'],
  [['lpass show'], 'lpass show[^\\n]{1,40}--password'],
  [['chamber read'], 'chamber read[^\\n]{0,24} -q'],
  [['secrets get'], '(?:doppler|infisical) secrets get'],
  [['secret-value'], 'aws[^\\n]{1,24}get-secret-value'],
  [['with-decryption'], 'aws[^\\n]{1,24}get-parameters?[^\\n]{1,100}--with-decryption'],
  [['login-password'], 'aws[^\\n]{1,24}get-login-password'],
  [['figure get'], `aws configure get \\S{0,40}${name}`],
  [['oud secrets'], 'gcloud secrets'],
  [['s-token', 'y-token'], 'gcloud auth[^\\n]{1,24}print-\\w{1,8}-token'],
  [['secret show'], 'az[^\\n]{1,24}secret show'],
  [['t-access'], 'az account get-access-token'],
  [[' -raw'], '(?:terraform|tofu) output -raw \\S*(?:password|secret|token|key)'],
  [['al-password'], 'argocd[^\\n]{1,24}initial-password'],
  [['64 -d', '64 -D', '64 --d'], 'kubectl[^\\n]{1,200}base64 (?:-d|-D|--decode)'],
  [['te token'], 'kubectl[^\\n]{1,48}create token'],
  [['th token'], '(?:gh|flyctl|fly) auth token'],
  [['h:token'], 'heroku auth:token'],
  [['-field='], 'vault (?:kv get|read)[^\\n]{1,64}-field='],
  [['tenv '], `printenv ${variable}`],
  [['ho $', 'ho "$', 'tf '], `(?:echo|printf[^\\n$]{1,12})["\\s]{1,2}\\$\\{?${variable}`],
  [['environ', 'getenv('], `os\\.(?:environ\\[|environ\\.get\\(|getenv\\()["']${variable}`],
  [['ess.env.'], `process\\.env\\.${variable}`],
  [['ets.token_'], 'python3?[^\\n]{1,40}secrets\\.token_'],
  [
    ['config get ', 'config --get '],
    `(?:npm|git|yarn) config (?:--\\w{1,8} )*(?:get )?\\S{0,80}${name}`,
  ],
  [
    [...prompted('jq'), '| jq ', ...prompted('yq'), '| yq '],
    `[jy]q (?:-\\w{1,12} )*["']?[\\w.[\\]"]{0,64}${name}`,
  ],
  [['| cut ', '|cut '], `grep[^\\n|]{1,24}${name}[^\\n]{0,80}\\|\\s?cut`],
  [
    prompted('cat'),
    `cat (?:/(?:var/)?run/secrets/\\S{1,100}|\\S*(?:initialAdminPassword|\\.vault_pass|${name})(?:\\.(?:txt|key|secret|pass))?(?![\\w./]))`,
  ],
]

/** Of which every command holds one that prints a secret. */
export const printing: readonly string[] = commands.flatMap(([words]) => words)

/** A line with such a command behind a prompt, as the source of a regular expression. */
export const printingLine: string = `[$#%>\\u276f][ \\t](?:[^\\n]{0,60}?[\\s|;/("'])?(?:${commands
  .map(([, command]) => command.replaceAll(' ', '[ \\t]+'))
  .join('|')})[^\\n]{0,80}\\n`
