/** How files, code and sentences tell passwords, by words of their own. */

import { type Form, form } from './form.ts'

/** Words of two letters, with the mark behind them: less than three are not looked for. */
const chinese = ['密码', '密碼', '口令'].flatMap((word) =>
  [...':：=＝ '].map((mark) => word + mark),
)

/** Files and sentences: `login x password y`, `IDENTIFIED BY 'y'`. */
export const phrases: readonly Form[] = [
  form(
    'login ',
    '\\blogin[ \\t]+(?!(?:and|or|with|by|via|using)\\b)\\S{1,128}\\s{1,32}password[ \\t]+',
  ),
  form(
    'dentified|IDENTIFIED',
    '\\b(?:IDENTIFIED|[Ii]dentified(?=[ \\t]+(?:[Ww]ith[ \\t]+\\S{1,64}[ \\t]+)?by[ \\t]+["\']?[^\\s"\']{0,64}[0-9]))[ \\t]+(?:(?:with|WITH)[ \\t]+\\S{1,64}[ \\t]+)?(?:by|BY)[ \\t]+(?=["\']|\\S{0,64}[0-9])',
  ),
  form('PASSWORD ', `\\bPASSWORD[ \\t]+(?=')`),
  // It leads with the word: what may stand before it would be tried at every word of a text.
  form('assword ', `[Pp]assword[ \\t](?<=\\b\\w{0,24}[Pp]assword[ \\t])(?=["'][^"' \\t]*[0-9])`),
  form(
    'requirepass|masterauth|rootpw',
    '(?:requirepass|masterauth|rootpw)(?:[ \\t]+|["\']\\n[0-9]\\) )',
  ),
  form(
    ':5432:|:5433:|:6432:|:*:',
    '(?<!\\S)[\\w.*-]{1,255}:(?:5432|5433|6432|\\*):[\\w*-]{1,63}:[\\w*.-]{1,63}:',
    '(?=\\s|$)',
  ),
  form('@tcp(|@unix(', '(?<![\\w.])[\\w.-]{1,64}:', '(?=@(?:tcp|unix)\\()'),
  form('jdbc:oracle', '\\bjdbc:oracle:\\w{1,8}:[\\w.-]{1,64}/', '(?=@)'),
  form(
    'word is|phrase is|pass is|pw is|ecret is|oken is|key is|Key is',
    '\\b(?:[Pp]ass(?:word|phrase)?|[Pp]w|[Ss]ecret|[Tt]oken|[Kk]ey) is(?: generated for [^\\s:]{1,64})?[ :]{1,3}(?=\\S{0,64}[0-9])(?=\\S{0,64}[A-Za-z])(?=\\S{8})(?![a-z]+(?:[-0-9.,]+[a-z]*\\b|(?:[-_.][a-z]+)*[-_.]?v?[0-9]{1,4}(?![\\w-])))',
  ),
  form('BasicAuth(', `BasicAuth\\([ \\t]{0,8}["'][^"'\\n]{1,64}["'],[ \\t]{0,8}(?=["'])`),
  form('SecretStr(', `\\bSecretStr\\((?=["'])`),
  form('auth=(|auth = (', `\\bauth ?= ?\\([ \\t]{0,8}["'][^"'\\n]{1,64}["'],[ \\t]{0,8}(?=["'])`),
  form('{SSHA|{SHA|{CRYPT}', '\\{(?:S?SHA[0-9]{0,3}|CRYPT)\\}'),
  form('PWD={|pwd={|assword={', '(?<=;[ \\t]?)(?:PWD|pwd|[Pp]assword)=\\{', '(?=\\})'),
  form('PSK "|PSK \'', `\\bPSK[ \\t]+(?=["'])`),
  form('ey Content', '\\bKey Content[ \\t]+:[ \\t]'),
  form('ew value: ', '\\bNew value: (?=\\S{8})(?<=\\b[Pp]assword\\b[^]{0,200}?)'),
  form('PASSWORD ', '\\bPASSWORD \\w{1,32} = (?=\\S{8})'),
  form(
    'PASSWORD FOR |password for ',
    `\\b(?:PASSWORD FOR|[Ss]et password for)[ \\t][^=\\n]{1,128}=[ \\t]{0,4}(?:(?:PASSWORD|password)\\()?(?=')`,
  ),
  form('r-pass>', '<auth-user-pass>\\s{1,8}\\S{1,64}\\s{1,8}'),
  form(
    'password 7 |password 0 |sakmp key ',
    '\\b(?:password [07]|isakmp key(?: 0| 6)?)[ \\t]+(?=\\S{6})',
  ),
  form('BUNDLE_', '\\bBUNDLE_\\w{2,100}:[ \\t]*["\']?[\\w.@-]{1,64}:(?!//)'),
  form('npmAuthIdent', '\\bnpmAuthIdent["\']?:[ \\t]*["\']?(?:[^"\':\\s]{1,64}:)?'),
  form('smtp', '^\\[?smtp[\\w.-]{1,100}\\]?(?::[0-9]{2,5})?[ \\t]+[\\w.@+-]{1,64}:(?!//)'),
  form(
    'redentials: |ogin: ',
    '\\b(?:[Cc]redentials|[Ll]ogin): [\\w.@-]{1,64} ?/ ?(?=\\S{0,64}[0-9])(?=\\S{8})',
  ),
  {
    words: ['pp password', 'pp Password', 'pp-specific password'],
    pattern:
      /\b[Aa]pp(?:-specific)? [Pp]assword[^\n]{0,40}?[ :\n"'`](?!(?:[a-z]{4} ){0,3}(?:this|that|with|from|will|must|have|your|when|then|than|what|each|some|only|also|into|over|used|here)\b)((?:[a-z]{4}[ -]){3}[a-z]{4})(?![\w-])/g,
  },
  // Passwords under their names in other languages.
  form(
    `${chinese.join('|')}|パスワード|비밀번호|ароль|asswort|ennwort|achtwoord|senord|assord|gangskode|alasana|asło|aslo|heslo|Heslo|elsz|parol|Parol|ifre|de passe|de_passe|otdepasse|mdp|MDP|trase|TRASE|senha|Senha|SENHA`,
    '(?:密[码碼]|口令|パスワード|비밀번호|[Пп]ароль|[Pp]asswort|[Pp]assord|[Kk]ennwort|[Ww]achtwoord|[Ll][öo]senord|[Aa]dgangskode|[Ss]alasana|[Hh]as[łl]o|(?<![a-z])(?:[Hh]eslo|[Jj]elsz[óo]|[Pp]arol[aă]|[ŞşSs]ifre|[Mm]ot[ _]?de[ _]?passe|[Mm]dp|MDP|[Ss]enha|SENHA)|[Cc]ontrase[ñn]a|CONTRASE[ÑN]A)(?:[_-]?[0-9])?["\'`*]{0,3}[ \\t]{0,3}[:：=＝][ \\t*]{0,4}(?=["\'`]?[!-~]{0,64}[0-9])(?=["\'`]?[!-~]{0,64}[A-Za-z])(?=["\'`]?[!-~]{6})',
  ),
  // The row of its own interface, and those of its peers.
  {
    words: ['\toff'],
    pattern: /(?<![\w+/])([A-Za-z0-9+/]{43}=)\t(?=[A-Za-z0-9+/]{43}=\t[0-9]{1,5}\t)/g,
  },
  {
    words: ['\toff', 'red-keys'],
    pattern:
      /(?<![\w+/])[A-Za-z0-9+/]{43}=\t([A-Za-z0-9+/]{43}=)(?=\t[^\t\n]{4,60}\t[\d.:a-f/,()none]{4,200}\t|\n|$)/g,
  },
  {
    words: ['tid='],
    pattern: /\b(tid=[0-9a-f]{16,64};exp=[0-9]{8,12}(?:;[\w-]{1,32}=[\w.:*+/-]{0,200}){1,30})/g,
  },
  { words: ['te Keys'], pattern: /\([0-9]{1,2}\) (0x[0-9a-f]{64})\b/g },
  // Protocols, as they are typed and logged.
  form(
    'LOGIN ',
    '(?:^|\\n)(?:[CS]: ?|> ?)?[A-Za-z]{0,4}[0-9]{1,6} LOGIN (?:"[^"\\n]{1,128}"|\\S{1,128}) ',
  ),
  form(
    'PASS ',
    '(?:^|\\n)(?:[CS]: ?|[>-]{1,3} ?)?PASS (?=\\S{0,64}[0-9])(?=\\S{6,64}[ \\t]*\\r?(?:\\n|$))(?!\\S*[/.]\\w)',
  ),
  form('AUTH PLAIN |AUTHENTICATE PLAIN ', '\\b(?:AUTH|AUTHENTICATE) PLAIN (?=[A-Za-z0-9+/]{8})'),
  form(
    'AUTH ',
    '(?:^|\\n)(?:redis> ?|[\\w.:]{1,64}> ?)?AUTH (?:default )?(?=[\\w!#%^&*-]{0,64}[0-9])(?=[\\w!#%^&*-]{8,128}[ \\t]*\\r?(?:\\n|$))',
  ),
  form(
    'IDENTIFY |identify ',
    '\\b[Nn]ick[Ss]erv:?[ \\t]+(?:IDENTIFY|identify)[ \\t]+(?:\\w{1,32}[ \\t]+(?=[^\\s"]))?',
  ),
  form(' EAP "| XAUTH "| EAP \'| XAUTH \'', '[ \\t]:[ \\t]+(?:EAP|XAUTH)[ \\t]+(?=["\'])'),
  form(
    ' pptpd "| pptpd \'| l2tpd "| * "',
    '(?:^|\\n)["\']?[\\w.@-]{1,64}["\']?[ \\t]+(?:\\*|pptpd|l2tpd)[ \\t]+(?="[^"\\n]{4,64}"[ \\t]+(?:\\*|[0-9.]{7,15}))',
  ),
  form(
    'psksecret|password ENC ',
    '\\bset[ \\t]+(?:psksecret|(?:\\w{0,24}-?)?password)[ \\t]+(?:ENC[ \\t]+)?(?=\\S{0,100}[0-9])(?=\\S{6})',
  ),
  form('assword-value ', '\\bplain-text-password-value[ \\t]+'),
  form('SQLConnectInfo', '\\bSQLConnectInfo[ \\t]+\\S{1,128}[ \\t]+\\S{1,64}[ \\t]+'),
  form('native_password', '\\bmysql_native_password[\'`"]? AS (?=[\'"]\\*[0-9A-F]{40})'),
  form('addauth digest', '\\baddauth[ \\t]+digest[ \\t]+\\w{1,64}:'),
  form(' on >', '\\b(?:user|SETUSER)[ \\t]+\\w{1,64}[ \\t]+on[ \\t]+>'),
  form(
    'sonar.login|SONAR_LOGIN',
    '\\b(?:sonar\\.login|SONAR_LOGIN)["\']?[=: ]{1,3}(?=["\']?[0-9a-f]{40})',
  ),
  form(
    'reset to |changed to |set to ',
    '\\b[Pp]assword (?:has been|was|is now) (?:re)?(?:set|changed) to[: ]{1,2}(?=\\S{0,64}[0-9])(?=\\S{8})',
  ),
  form(
    ' as the password| as password| as your password',
    '\\b[Uu]se[: ]{1,2}(?=\\S{0,64}[0-9])(?=[!-~]{8,64} as (?:the |your )?password)',
  ),
  form(
    ' password | pass | pw | pass: | pw: ',
    'p(?:assword|(?:ass|w):?) (?=\\S{0,64}[0-9])(?=\\S{0,64}[A-Za-z])(?=[^\\s()[\\]{}]{6,128}(?:\\s|$))(?<=\\b(?:user|login|username)[ :=]{1,3}\\S{1,64}(?: and|,)? (?:password|pass|pw):? )',
  ),
  form(
    'code is ',
    '\\b(?:[Rr]ecovery|[Bb]ackup|[Vv]erification|[Ss]ecurity|[Ll]ogin|2FA|OTP) code is[: ]{1,2}(?=["\'`]?[A-Za-z0-9-]{0,16}[0-9])(?=["\'`]?[A-Za-z0-9-]{6})',
  ),
  form('PIN is |pin is ', '\\b(?:PIN|(?:[Mm]y|[Yy]our|card) pin) is[: ]{1,2}(?=[0-9]{4,12}\\b)'),
  form('your Google ', '(?<![\\w-])(?=G-[0-9]{6} is your Google )'),
  {
    words: ['grub.pbkdf2'],
    pattern: /\bgrub\.pbkdf2\.sha512\.[0-9]{1,8}\.([0-9A-F]{32,256}\.[0-9A-F]{32,256})/g,
  },
  // The bytes of a key.
  {
    words: ['ecretKey', 'rivateKey', 'ecret_key', 'rivate_key', 'SECRET_KEY', 'PRIVATE_KEY'],
    pattern:
      /(?:[Ss]ecret_?[Kk]ey|[Pp]rivate_?[Kk]ey|(?:SECRET|PRIVATE)_KEY)["']?[^[\]\n]{0,48}\[\s{0,16}((?:(?:[0-9]{1,3}|0x[0-9A-Fa-f]{2}),\s{0,16}){15,127}(?:[0-9]{1,3}|0x[0-9A-Fa-f]{2}))/g,
  },
  // What is passed by its place among others.
  form(
    'rk.Credential(|kCredential(|uthentication(|sic_auth(|tials.basic(|th.basic(|xtAuthProvider(|sicAuthCredentials(|rk.Credential::new(|kCredential]::new(',
    '(?:\\bNetworkCredential|\\bPasswordAuthentication|\\.basic_auth|\\bCredentials\\.basic|\\bauth\\.basic|\\bPlainTextAuthProvider|\\bBasicAuthCredentials)(?:\\]?::new)?\\([ \\t]{0,8}["\'][^"\'\\n]{1,64}["\'],[ \\t]{0,8}(?:Some\\()?(?=["\'])',
  ),
  form(
    'lient("AC|lient(\'AC',
    '\\bClient\\(["\']AC[0-9a-f]{32}["\'],[ \\t]{0,4}(?=["\'][0-9a-f]{32}["\'])',
  ),
  form(
    'mysql_real_connect',
    '\\bmysql_real_connect\\([^,"\\n]{1,32},(?:[ \\t]{0,4}"[^"\\n]{1,200}",){2}[ \\t]{0,4}(?=")',
  ),
  form(
    'CURLOPT_USERPWD',
    'CURLOPT_USERPWD,[ \\t]{0,4}["\'](?=[^"\'\\n]{1,200}["\'])[\\w.@-]{1,64}:',
  ),
  form(
    'SecretKeySpec(|SignedString(|createCipheriv(|cookieParser(|pgp_sym_encrypt(|Fernet(|hmac.new(',
    `(?:\\bSecretKeySpec\\(|\\.SignedString\\((?:\\[\\]byte\\()?|\\bcreateCipheriv\\([ \\t]{0,4}["'][^"'\\n]{1,32}["'],[ \\t]{0,4}|\\bcookieParser\\(|\\bpgp_sym_encrypt\\([^,\\n]{1,64},[ \\t]{0,4}|\\bFernet\\(b?|\\bhmac\\.new\\(b?)(?=["'][^"'\\n]{0,64}[0-9])(?=["'][^"'\\n]{8})`,
  ),
  form('unwrap_or(', '(?:TOKEN|SECRET|PASSWORD|PASSWD|_KEY)"\\)\\.unwrap_or\\([ \\t]{0,4}(?=")'),
  form(
    'PASSWORD}|SECRET}|TOKEN}|password}',
    '(?:^|\\n)\\$\\{\\w{0,32}(?:PASSWORD|SECRET|TOKEN|password)\\}(?: {2,16}|\\t)=?(?=\\S{8})(?=\\S{0,64}[0-9])',
  ),
  // As browsers and curl tell of them, and keep them.
  form(
    'ookie = |ookie="|ookie=\'|ookie |ookies ',
    `\\b(?:document\\.cookie ?= ?["'\`]|[Cc]ookies? (?:header )?)[\\w.-]{1,64}=(?=["']?[^"'\\s;]{0,64}[0-9])(?=["']?[^"'\\s;]{16})`,
  ),
  form(
    '.cookie(|ookies.set(|etCookie(|jar.set(|Cookie(',
    `(?:\\.cookie|ookies\\.set|[sS]etCookie|jar\\.set|\\bCookie)\\((?:name=)?["'][\\w.-]{1,64}["'],[ \\t]{0,4}(?:value=)?(?=["'][^"'\\n]{0,64}[0-9])(?=["'][^"'\\n]{16})`,
  ),
  {
    words: ['\tTRUE\t', '\tFALSE\t'],
    pattern:
      /(?:^|\n)[^\s/]{3,256}\t(?:TRUE|FALSE)\t\/[^\t\n]{0,256}\t(?:TRUE|FALSE)\t[0-9]{1,16}\t[^\t\n]{1,128}\t(\S{6,4096})/g,
  },
  {
    words: ['domain:', 'domain":', "domain':"],
    pattern:
      /\bvalue["']?: ?["']((?=[^"'\n]*[0-9])[^"'\s]{16,4096})["'], ?["']?domain["']?: ?["'](?=[\w.-])/g,
  },
  form(
    'mysqli|MySQLdb.connect(|pymysql.connect(|w PDO(',
    `\\b(?:mysqli(?:_connect)?|(?:MySQLdb|pymysql)\\.connect|new PDO)\\((?:[ \\t]{0,4}["'][^"'\\n]{1,200}["'],){2}[ \\t]{0,4}(?=["'])`,
  ),
  form(
    'login(|.auth(|WiFi.begin(|twilio(|algoliasearch(|eHmac(',
    `(?:\\.(?:login|auth)|\\bWiFi\\.begin|\\btwilio|\\balgoliasearch|\\bcreateHmac)\\([ \\t]{0,4}["'][^"'\\n]{1,64}["'],[ \\t]{0,4}(?=["'][^"'\\n]{0,64}[0-9])(?=["'][^"'\\n]{8})`,
  ),
  form(
    'jwt.sign(|jwt.verify(|jwt.encode(',
    `\\bjwt\\.(?:sign|verify|encode)\\([^,"'\\n]{1,80},[ \\t]{0,4}(?=["'][^"'\\n]{0,64}[0-9])(?=["'][^"'\\n]{8})`,
  ),
  form(
    'assword"|assword\'',
    `[Pp]assword["'](?:[\\])]{1,3}\\.(?:fill|type|send_keys|sendKeys)\\(|\\]["'],|(?<=\\.(?:fill|type|setValue)\\(["'][#.][\\w-]{0,24}[Pp]assword["']),)[ \\t]{0,4}(?=["'][^"'\\n]{0,64}[0-9])`,
  ),
  // The key that is told with its id, in rows and calls.
  {
    words: ['AKIA', 'ASIA'],
    pattern:
      /\bA[KS]IA[A-Z0-9]{16}\b[^\w/+-][\s\S]{0,80}?(?<![\w/+=-])([A-Za-z0-9/+]{40})(?![\w/+=-])/g,
  },
  form(
    'getConnection',
    `\\bgetConnection\\([^\\n;]{1,200}?,[ \\t]{0,8}"[^"\\n]{0,64}",[ \\t]{0,8}(?=")`,
  ),
]
