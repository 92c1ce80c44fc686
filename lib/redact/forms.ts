/** The forms in which programs are told passwords: command lines, files of settings, sentences. */

import type { Manner } from './values.ts'

/** One form: words of which every text of it holds one, and what stands before the value. */
export interface Form {
  readonly words: readonly string[]
  readonly pattern: RegExp
  /** Of a setting: how the value stands there; `shell` unless said. */
  readonly manner?: Manner
  /** What its value is called; what stands in the text unless said. */
  readonly name?: string
}

/** What may stand between a program and its flag: the program again would begin another search. */
const upTo = (program: string) => `(?:(?!${program})[^\\n|;&]){0,120}?`
const inQuotes = `(?:'\\\\{1,4}'(?=')|'"'"(?='))?`
const value = `${inQuotes}(?:"([^"\\n]{1,256})"|'([^'\\n]{1,256})'|([^\\s"'\`|;&<>$({-][^\\s"'\`|;&<>]{0,256}))`

function form(words: string, before: string, after = ''): Form {
  return { words: words.split('|'), pattern: new RegExp(before + value + after, 'g') }
}

/** Short flags mean other things elsewhere, so each is known by its program. */
const commands: readonly Form[] = [
  form('sshpass', '\\bsshpass[ \\t]+-p[ \\t]?'),
  form('mysql|mariadb', `\\b(?:mysql\\w{0,8}|mariadb)\\b${upTo('mysql|mariadb')}[ \\t]["']?-p`),
  form('mongo', `\\bmongo\\w{0,8}\\b${upTo('mongo')}[ \\t]-p[ \\t]?`),
  form('redis-cli', `\\bredis-cli\\b${upTo('redis-cli')}[ \\t](?:-a|AUTH)[ \\t]+`),
  form(
    'login',
    `\\blogin\\b(?<=\\b(?:docker|podman|helm|az|oc|skopeo|crane|buildah|nerdctl|oras)\\b[^\\n|;&]{0,80})${upTo('login')}[ \\t]-p[ \\t]?`,
  ),
  form(
    '--password-stdin',
    '\\becho[ \\t]+(?:-n[ \\t]+)?',
    '(?=[ \\t]*\\|[^\\n|]{0,120}--password-stdin)',
  ),
  form(
    'echo |printf ',
    '\\b(?:echo|printf)[ \\t]+(?:-n[ \\t]+)?',
    '(?=[ \\t]*\\|[^\\n|]{0,80}\\b(?:secrets? (?:put|set|create|versions add)|env add|auth login|sudo[ \\t]+(?:-\\w+[ \\t]+){0,4}-S|passwd[ \\t]+--stdin|kinit|cryptsetup)\\b)',
  ),
  form(
    '<<<',
    '\\b(?:sudo[ \\t]+-S|kinit|auth[ \\t]login|(?:secret|env)[ \\t](?:set|put|add|create))\\b[^\\n|;&]{0,80}?<<<[ \\t]*',
  ),
  form('wpa_pass', '\\bwpa_passphrase[ \\t]+(?:"[^"\\n]{1,32}"|[^\\s"-]{1,32})[ \\t]+(?=\\S{8})'),
  form('send ', 'assword[^\\n{]{0,20}[{\\n][ \\t]{0,8}send[ \\t]+(?:--[ \\t]+)?'),
  form('net use', `\\bnet[ \\t]+use\\b${upTo('net')}/user:\\S{1,64}[ \\t]+`),
  form('freerdp', `freerdp\\w{0,8}\\b${upTo('freerdp')}[ \\t]/p:`),
  form('lftp', `\\blftp\\b${upTo('lftp')}[ \\t]-u[ \\t]+[^\\s,]{1,64},`),
  form(
    'snmp',
    `\\bsnmp(?:walk|get|set|bulkwalk)\\b${upTo('snmp')}[ \\t]-c[ \\t]+(?!(?:public|private)\\b)`,
  ),
  form(':::', '(?<=:[0-9]{1,10}:)(?=[0-9a-f]{32}:[0-9a-f]{32}:::)'),
  form('chpasswd', `\\becho[ \\t]+["']?[\\w.-]{1,64}:`, `["']?(?=[ \\t]*\\|[^\\n|]{0,40}chpasswd)`),
  form('openssl', `\\bopenssl\\b${upTo('openssl')}[ \\t]-(?:pass(?:in|out)?[ \\t]+pass:|k[ \\t]+)`),
  form('zip ', `\\b(?:zip|unzip)\\b${upTo('zip')}[ \\t]-P[ \\t]?`),
  form('7z |7za |rar ', `\\b(?:7za?|rar|unrar)\\b${upTo('7z|rar')}[ \\t]-(?:h?p)`),
  form('storepass|keypass', `[ \\t]-(?:dest|src)?(?:store|key)pass(?:word)?[ \\t]+`),
  form('ldap', `\\bldap\\w{3,8}\\b${upTo('ldap')}[ \\t]-w[ \\t]?`),
  form('htpasswd', `\\bhtpasswd[ \\t]+-\\w*(?:n\\w*b|b\\w*n)\\w*[ \\t]+\\S+[ \\t]+`),
  form('htpasswd', `\\bhtpasswd[ \\t]+-(?!\\w*n)\\w*b\\w*[ \\t]+\\S+[ \\t]+\\S+[ \\t]+`),
  form('sqlcmd|bcp |osql', `\\b(?:sqlcmd|bcp|osql)\\b${upTo('sqlcmd|bcp|osql')}[ \\t]-P[ \\t]?`),
  form(
    'smbclient|smbmap|rpcclient',
    `\\b(?:smbclient|smbmap|rpcclient)\\b${upTo('smbclient|smbmap|rpcclient')}[ \\t]-U[ \\t]?["']?[\\w.\\\\/-]{1,64}%`,
  ),
  form('twine', `\\btwine\\b${upTo('twine')}[ \\t]-p[ \\t]?`),
  form('cargo', '\\bcargo[ \\t]+login[ \\t]+'),
  form('setApiKey', '\\bsetApiKey[ \\t]+'),
  form('::add-mask::', '::add-mask::'),
  form('nuget', `\\bnuget[ \\t]+push\\b${upTo('nuget')}[ \\t]-k[ \\t]+`),
  form('poetry', '\\bpoetry[ \\t]+config[ \\t]+pypi-token\\.\\S{1,64}[ \\t]+'),
  form('http-basic', '\\bhttp-basic\\.\\S{1,120}[ \\t]+\\S{1,64}[ \\t]+'),
  form('bundle', `\\bbundle[ \\t]+config\\b${upTo('bundle')}[ \\t][\\w.-]{1,64}:`),
  form(
    'secret set',
    `\\bgh[ \\t]+secret[ \\t]+set\\b${upTo('secret')}[ \\t](?:-b[ \\t]?|--body[ =])`,
  ),
  form('doctl', `\\bdoctl\\b${upTo('doctl')}[ \\t]-t[ \\t]+`),
  form('ssh-keygen', `\\bssh-keygen\\b${upTo('ssh-keygen')}[ \\t]-[NP][ \\t]+`),
  form('rabbitmqctl', '\\brabbitmqctl[ \\t]+(?:add_user|change_password)[ \\t]+\\S{1,64}[ \\t]+'),
  form('cqlsh', `\\bcqlsh\\b${upTo('cqlsh')}[ \\t]-p[ \\t]*`),
  form('mosquitto_', `\\bmosquitto_\\w{3,4}\\b${upTo('mosquitto_')}[ \\t]-P[ \\t]+`),
  form('nmcli', `\\bnmcli\\b${upTo('nmcli')}[ \\t]password[ \\t]+`),
  form('http -a|https -a', '\\bhttps?[ \\t]+-a[ \\t]+[^\\s:]{1,64}:'),
  form(
    'put-parameter',
    `\\bput-parameter\\b(?=[^\\n]{0,300}\\bSecureString\\b)[^\\n]{0,200}?[ \\t]--value[ =]`,
  ),
  form('--from-literal', `--from-literal[ =]["']?[\\w.-]{1,128}=(?<=\\bsecret [^\\n]{0,400}?)`),
  // As Go and PowerShell have long flags.
  form(
    ' -token | -password | -Password | -ApiKey | -apikey | -secret ',
    '[ \\t]-(?:token|[Pp]assword|ApiKey|apikey|secret)[ \\t]+(?=["\']?[^\\s-]\\S{0,64}[0-9])',
  ),
  form(
    'composer',
    `\\bcomposer[ \\t]+config\\b${upTo('composer')}\\b(?:[\\w-]{1,24}oauth|[\\w-]{1,24}token|bearer)\\.\\S{1,120}[ \\t]+`,
  ),
  form('authtoken', '\\b(?:add-)?authtoken[ \\t:]+'),
  form('snmp-server', '\\bsnmp-server[ \\t]+community[ \\t]+'),
  form('SecureString', '\\bConvertTo-SecureString[ \\t]+(?:-String[ \\t]+)?'),
  form('unseal', '\\boperator[ \\t]+unseal[ \\t]+(?=[^\\s-])'),
  form('ate-key|red-key', '\\bp(?:rivate|reshared)-key[ \\t]+<\\(echo[ \\t]+'),
  form('--session', `\\bbw\\b${upTo('bw')}[ \\t]--session[ =]`),
  form(
    'altool|rytool',
    `\\b(?:altool|notarytool)\\b${upTo('altool|notarytool')}[ \\t]-p[ \\t]+(?!@)`,
  ),
  form('sqlplus', '\\bsqlplus[ \\t]+(?:-\\w+[ \\t]+){0,3}[\\w$#]{1,64}/', '(?=@)'),
  form('lias set', '\\bmc[ \\t]+alias[ \\t]+set(?:[ \\t]+\\S{1,200}){3}[ \\t]+'),
  form('influx', `\\binflux\\b${upTo('influx')}[ \\t]-t[ \\t]+`),
  form(
    '--user ',
    '[ \\t]--user[ \\t]["\']?[\\w.@-]{1,64}:(?=[^\\s/:]*[A-Za-z])(?=[^\\s/]{0,60}[0-9])',
  ),
  form(
    'echo |printf ',
    '\\b(?:echo|printf)[ \\t]+(?:-n[ \\t]+)?(?=["\']?\\S{0,80}[0-9])',
    '["\']?(?=[ \\t]*>{1,2}[ \\t]*[\\w./~-]{0,100}(?:pass(?:word|wd|phrase)?|secret|token|credential|privatekey)s?(?:\\.\\w{1,8})?(?:\\s|$))',
  ),
  form('> AUTH ', '> AUTH[ \\t]+(?:\\w{1,64}[ \\t]+(?=\\S))?'),
  form('::set-o', '::set-output name=[\\w-]{0,40}(?:token|secret|password|key)::'),
  form('cypher-shell', `\\bcypher-shell\\b${upTo('cypher-shell')}[ \\t]-p[ \\t]+`),
  form(
    'psexec|PsExec|evil-winrm|nxc |crackmapexec|rdesktop|certutil',
    `\\b(?:[Pp]s[Ee]xec|evil-winrm|nxc|crackmapexec|rdesktop|certutil)\\b${upTo('psexec|evil-winrm|nxc|rdesktop|certutil')}[ \\t]-p[ \\t]+(?=\\S{0,64}[0-9!#%^&*])`,
  ),
  form(
    'plink|pscp|psftp',
    `\\b(?:plink|pscp|psftp|putty)\\b${upTo('plink|pscp|psftp')}[ \\t]-pw[ \\t]+`,
  ),
  form('ipmitool', `\\bipmitool\\b${upTo('ipmitool')}[ \\t]-P[ \\t]+`),
  form('snmp', `\\bsnmp(?:walk|get|set|bulkwalk)\\b${upTo('snmp')}[ \\t]-A[ \\t]+`),
  form('snmp', `\\bsnmp(?:walk|get|set|bulkwalk)\\b${upTo('snmp')}[ \\t]-X[ \\t]+`),
  form('schtasks', `\\bschtasks\\b${upTo('schtasks')}[ \\t]/rp[ \\t]+`),
  form('signtool', `\\bsigntool\\b${upTo('signtool')}[ \\t]/p[ \\t]+`),
  form(
    'net use|net user',
    '\\bnet[ \\t]+(?:use[ \\t]+(?:\\w:|\\*)?[ \\t]*\\\\\\\\\\S{1,128}|user[ \\t]+[\\w.-]{1,64})[ \\t]+(?!/)(?=\\S{0,64}[0-9])(?=\\S{8})',
  ),
  form('vault login', '\\bvault[ \\t]+login[ \\t]+(?=[\\w.-]{16})(?=\\S{0,64}[0-9])'),
  form('bw unlock', '\\bbw[ \\t]+unlock[ \\t]+(?=[^\\s-])(?=\\S{0,64}[0-9])'),
  form(
    'rclone',
    '\\brclone[ \\t]+(?:obscure|config[ \\t]+create\\b[^\\n|;&]{0,120}?[ \\t](?:pass|\\w{0,24}(?:secret|_key|token|password)\\w{0,24}))[ \\t]+(?=\\S{0,64}[0-9])',
  ),
  form(
    'az sql|az postgres|az mysql',
    `\\baz[ \\t]+(?:sql|postgres|mysql)\\b${upTo('az ')}[ \\t]-p[ \\t]+`,
  ),
  form('bw login', '\\bbw[ \\t]+login[ \\t]+\\S{1,64}@\\S{1,64}[ \\t]+(?=[^\\s-])'),
  form('encrypt_string', '\\bansible-vault[ \\t]+encrypt_string[ \\t]+(?=["\']?[^\\s-])'),
  form(
    'snyk auth|service install',
    '\\b(?:snyk[ \\t]+auth|cloudflared[ \\t]+service[ \\t]+install)[ \\t]+(?=\\S{16})(?=\\S{0,64}[0-9])',
  ),
  form('sensitive(', '\\bsensitive\\((?="[^"]{4})'),
  form('ncftp', `\\bncftp\\w{0,5}\\b${upTo('ncftp')}[ \\t]-p[ \\t]+`),
  form(
    'eric-password|rnet-password',
    `\\bsecurity[ \\t]+add-\\w{1,16}-password\\b${upTo('security')}[ \\t]-w[ \\t]+`,
  ),
  form('keyvault', `\\bkeyvault[ \\t]+secret[ \\t]+set\\b${upTo('keyvault')}[ \\t]--value[ =]`),
  form(
    'user-secrets set',
    '\\buser-secrets[ \\t]+set[ \\t]+["\']?[\\w:.-]{0,100}(?:[Pp]assword|[Ss]ecret|[Kk]ey|[Tt]oken)["\']?[ \\t]+',
  ),
  form(
    '--passphrase-fd',
    '\\b(?:echo|printf)[ \\t]+(?:-\\w+[ \\t]+)?',
    '(?=[ \\t]*\\|[^\\n|]{0,80}--passphrase-fd)',
  ),
  form('kubeadm', `\\bkubeadm\\b${upTo('kubeadm')}[ \\t](?=[a-z0-9]{6}\\.[a-z0-9]{16}\\b)`),
]

/** Files and sentences: `login x password y`, `IDENTIFIED BY 'y'`. */
const phrases: readonly Form[] = [
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
  form(
    '密码:|密码：|密码=|密码＝|口令:|口令：|口令=|口令＝|パスワード|비밀번호|ароль|asswort|ennwort|mot de passe|Mot de passe|trase|senha|Senha|wachtwoord|achtwoord',
    '(?:密码|口令|パスワード|비밀번호|[Пп]ароль|[Pp]asswort|[Kk]ennwort|[Mm]ot de passe|[Cc]ontrase[ñn]a|\\b[Ss]enha|[Ww]achtwoord)["\'`*]{0,3}[ \\t]{0,3}[:：=＝][ \\t*]{0,4}(?=["\'`]?[!-~]{0,64}[0-9])(?=["\'`]?[!-~]{0,64}[A-Za-z])(?=["\'`]?[!-~]{6})',
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
    '\\b(?:password|(?:pass|pw):?) (?<=\\b(?:user|login|username)[ :=]{1,3}\\S{1,64}(?: and|,)? (?:password|pass|pw):? )(?=\\S{0,64}[0-9])(?=\\S{0,64}[A-Za-z])(?=[^\\s()[\\]{}]{6,128}(?:\\s|$))',
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
  {
    words: ['curl'],
    pattern: new RegExp(
      `\\bcurl\\b${upTo('curl')}[ \\t](?:-b|--cookie)[ =]?(?:["'](?:[\\w.-]{1,64}=([^"'\\s;]{12,4096})["'\\s]|([\\w.-]{1,64}=[^"'\\n]{12,4096})["'])|[\\w.-]{1,64}=([^"'\\s;]{12,4096}))`,
      'g',
    ),
  },
  form('curl', `\\bcurl\\b${upTo('curl')}[ \\t](?:-x|--proxy|-U)[ =]?["']?[\\w.-]{1,64}:`, '(?=@)'),
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

const named = '["\']?([\\w.-]{2,64})["\']?'

/** What gives a name a value by other marks than `=` and `:`; the name is the one group. */
function setting(words: string | readonly string[], before: string): Form {
  return {
    words: typeof words === 'string' ? words.split('|') : words,
    pattern: new RegExp(before, 'gm'),
  }
}

/** The same, with the value in another line than the name. */
function splitSetting(
  words: string | readonly string[],
  line: string,
  next: string,
): Form & { readonly line: string } {
  return { ...setting(words, line + next), line }
}

/** How a name ends that is a line of its own: not with a colon, which is another form. */
const headingEnds = 'key Key KEY sword SWORD hrase oken OKEN ecret ECRET'
  .split(' ')
  .flatMap((end) => [`${end}\n`, `${end}\r`, `${end}*`, `${end}:*`])

/** Of which every command holds one that prints a secret. */
export const printing: readonly string[] =
  'th token|h:token|t-access|t-ident|te token|s-token|-field=|tenv |ho $|ho "$|genkey|genpsk|ate-key|ssl rand|pwgen|bw get |unlock|bw login|pass show|d op:|eric-password|rnet-password|ret-tool|secret-value|oud secrets|secret show| -raw|al-password|64 -d|64 -D|64 --d|master.key|tekey|te_key|lAdminP|.vault_pass|ets.token_'.split(
    '|',
  )

/** Settings whose name ends a `line`, also when the next one is still to come. */
export const broken: readonly (Form & { readonly line: string })[] = [
  // Environments of containers, plans of terraform, and what else has a name and a value.
  splitSetting(
    'value:|value"|Value"|value = ',
    `^[ \\t{+~-]{0,64}(?:["']?(?:[Nn]ame|[Kk]ey)["']?[ \\t]{0,16}[:=]|"Type":)[ \\t]{1,4}${named},?[ \\t]{0,8}\\n(?:[ \\t]{0,64}"slotSetting": \\w{4,5},\\n)?`,
    `[ \\t+~-]{0,64}["']?[Vv]alue["']?[ \\t]{0,16}[:=][ \\t]{1,4}`,
  ),
  // A block of YAML, when it is one word. It leads with the colon and reads the name backwards.
  splitSetting(
    [': |', ': >'],
    `:[ \\t]{1,4}[|>][+-]?[ \\t]{0,8}\\n(?<=${named}:[^\\n]{1,16}\\n)`,
    '[ \\t]{1,64}(?=[^\\s:]{8,512}[ \\t]{0,64}(?:\\n|$))',
  ),
  splitSetting(
    '<string>|<value>',
    '<(?:key|name|string)>([\\w.-]{2,64})</\\w{3,6}>[ \\t]{0,8}\\r?\\n',
    '[ \\t]{0,64}<(?:string|value)>(?=[^\\s<])',
  ),
  // "NAME": {
  //   "value": "..."
  splitSetting(
    'value":|default":',
    '\\{[ \\t]{0,8}\\r?\\n(?<=["\']([\\w-]{2,64})["\']:[ \\t]{0,4}\\{[ \\t]{0,8}\\r?\\n)',
    '[ \\t]{0,64}"(?:value|default)":[ \\t]{0,4}(?=")',
  ),
  // <password>
  //   value
  splitSetting(
    'assword>|asswd>|oken>|ecret>|hrase>|Key>|_key>',
    '<(\\w{3,64})>[ \\t]{0,8}\\r?\\n',
    '[ \\t]{0,64}(?=[^\\s<]{4,512}[ \\t]{0,8}\\r?\\n[ \\t]{0,64}</|[^\\s<]{4,512}[ \\t]*$)',
  ),
  // ["name"]=> string(8) "value"
  splitSetting(
    '"]=>',
    '\\["([\\w.-]{2,64})"\\]=>[ \\t]{0,8}\\r?\\n',
    '[ \\t]{0,64}string\\([0-9]{1,4}\\) (?=")',
  ),
  // A command over many lines.
  splitSetting(' \\\n', `--${named}[ \\t]{1,4}\\\\\\n`, '[ \\t]{0,64}(?=[^\\s-])'),
  // What a program prints when it is asked for a secret, or for a new one.
  {
    ...splitSetting(
      printing,
      `[$#%>\\u276f][ \\t](?:[^\\n]{0,40}?[\\s|;/("'])?(?:wg[ \\t]+(?:gen(?:key|psk)|show[ \\t]+\\S{1,32}[ \\t]+private-key)|openssl[ \\t]+rand|pwgen|bw[ \\t]+(?:get[ \\t]+password|unlock|login)|pass[ \\t]+show|op[ \\t]+read|security[ \\t]+find-\\w{1,16}-password|secret-tool[ \\t]+lookup|aws[^\\n]{1,24}get-secret-value|gcloud[ \\t]+secrets|az[^\\n]{1,24}secret[ \\t]+show|terraform[ \\t]+output[ \\t]+-raw[ \\t]+\\S*(?:password|secret|token|key)|argocd[^\\n]{1,24}initial-password|kubectl[^\\n]{1,200}base64[ \\t]+(?:-d|-D|--decode)|gh[ \\t]+auth[ \\t]+token|(?:flyctl|fly)[ \\t]+auth[ \\t]+token|heroku[ \\t]+auth:token|gcloud[ \\t]+auth[^\\n]{1,24}print-\\w{1,8}-token|kubectl[^\\n]{1,48}create[ \\t]+token|az[ \\t]+account[ \\t]+get-access-token|vault[ \\t]+(?:kv[ \\t]+get|read)[^\\n]{1,64}-field=|(?:printenv[ \\t]+|echo[ \\t]+"?\\$\\{?)\\w{0,40}(?:PASSWORD|TOKEN|SECRET|API_?KEY|ACCESS_KEY)|cat[ \\t]+\\S*(?:master\\.key|private_?key|initialAdminPassword|\\.vault_pass)|python3?[^\\n]{1,40}secrets\\.token_)\\b[^\\n]{0,80}\\n`,
      '(?![.~]|/\\w+/\\w+[/.])(?=[^\\s:{}<>]{12,200}[ \\t]*\\r?(?:\\n|$))(?=\\S{0,64}[0-9])',
    ),
    name: 'password',
    manner: 'cell',
  },
  // A name that is a line of its own, as headings are.
  {
    ...splitSetting(
      headingEnds,
      `\\n(?<=(?:[Kk]ey|KEY|sword|SWORD|hrase|oken|OKEN|ecret|ECRET)\\*{0,2}:?\\*{0,2}[ \\t]?\\r?\\n)(?<=^[ \\t]{0,16}(?:#{1,6} |[*-] )?\\*{0,2}((?:[\\w.-]{2,32} ){0,3}[\\w.-]{2,64})\\*{0,2}:?\\*{0,2}[ \\t]?\\r?\\n)`,
      '(?:[ \\t]{0,64}\\r?\\n|(?:-{3,80}|={3,80}|```\\w{0,12})\\r?\\n)?[ \\t]{0,64}(?=[`"]?[^\\s:`"]{8,512}[`"]?[ \\t]*\\r?(?:\\n|$))',
    ),
    manner: 'sentence',
  },
  // Copy this token, it will not be shown again:
  {
    ...splitSetting(
      ['gain', 'once', 'now', 'ated', 'elow', 'safe', 'fely', 'time'].flatMap((end) =>
        ['.\n', ':\n', '!\n', '.\r', ':\r', '!\r'].map((mark) => end + mark),
      ),
      `[:.!]\\r?\\n(?<=^(?=[^\\n]{0,200}\\b(?:[Cc]opy|[Ss]ave|[Ss]tore|[Cc]reated|[Gg]enerated|[Ss]hown|[Dd]isplayed|[Ss]ee)\\b)[^\\n]{0,160}?\\b([Tt]oken|[Kk]ey|[Ss]ecret|[Pp]ass(?:word|phrase))\\b[^\\n]{1,120}[:.!]\\r?\\n)`,
      '(?:[ \\t]{0,64}\\r?\\n|```\\w{0,12}\\n)?[ \\t]{0,64}(?=[`"]?[^\\s:`"]{16,512}[`"]?[ \\t]*\\r?(?:\\n|$))',
    ),
    name: 'token',
    manner: 'sentence',
  },
  // What a program asks for, and is told.
  {
    ...splitSetting(
      [
        ...'rd RD se SE en EN et ET ey EY'.split(' ').flatMap((end) => [`${end}:\n`, `${end}:\r`]),
        ': \n',
        'rd for ',
        'se for ',
      ],
      `:[ \\t]{0,4}\\r?\\n(?<=\\b((?:(?:[Aa][Pp][Ii]|[Aa]ccess|[Ss]ecret|[Aa]uth) )?[\\w.-]{2,64})["'\`]?(?: for [^\\n]{1,60})?:[ \\t]{0,4}\\r?\\n)`,
      '(?:[ \\t]{0,64}\\r?\\n|```\\w{0,12}\\n)?[ \\t]{0,64}(?=[^\\s:]{4,512}[ \\t]{0,64}\\r?(?:\\n|$))',
    ),
    manner: 'cell',
  },
]

const settings: readonly Form[] = [
  ...broken,
  // fish, csh, Windows, npm, yarn, git and aws set things without an operator.
  setting(
    'set -|setenv|setx |fig set|ure set|-g set|bal set',
    '\\b(?:set -[gUxe]{1,3}|setenv|setx|(?:config|configure) (?:--global |-g )?set)[ \\t]+[^\\s=]{0,100}?([\\w.-]{2,64})[ \\t]+(?=[^\\s-])',
  ),
  // {"name": "NAME", "value": "..."} in the middle of a text, and as code and YAML have it.
  setting(
    'value"|value\\|value\'|alue:|alue=|alue =|val":',
    `\\b[Vv]al(?:ue)?\\\\{0,3}["']?[ \\t]?[:=][ \\t]?(?<=(?<![\\w-])(?:[Nn]ame|[Kk]ey|header|[Vv]ariable)\\\\{0,3}["']?[ \\t]?[:=][ \\t]?\\\\{0,3}["']?([\\w.-]{2,64})\\\\{0,3}["']?(?: ?, ?| )\\\\{0,3}["']?[Vv]al(?:ue)?\\\\{0,3}["']?[ \\t]?[:=][ \\t]?)`,
  ),
  // <add key="NAME" value="...">
  setting(
    ' value=| Value=|ent="|ent=\'',
    `\\b(?:[Kk]ey|[Nn]ame|type(?==.password))=["']([\\w.:-]{2,64})["'](?:\\s{1,8}\\w{1,16}=["'][^"'<>\\n]{0,64}["']){0,3}\\s{1,8}(?:[Vv]alue|content)=(?=["'])`,
  ),
  // The same the other way round, and in JSON.
  setting(
    'value="|value=\'|content="|content=\'',
    `\\b(?:value|content)=(?=["'][^"'<>\\n]{4,512}["'](?:\\s{1,8}(?!key|name)\\w{1,16}=["'][^"'<>\\n]{0,64}["']){0,3}\\s{1,8}(?:key|name)=["']([\\w.:-]{2,64})["'])`,
  ),
  setting(
    '"value"',
    '"value" ?: ?(?="[^"\\n]{4,512}",\\s{0,64}"(?:name|key)" ?: ?"([\\w.-]{2,64})")',
  ),
  // NAME    REG_SZ    value
  setting(
    ' REG_SZ|\tREG_SZ',
    '\\bREG_SZ[ \\t]{1,16}(?=\\S)(?<=(?<![\\w.-])([\\w.-]{2,64})[ \\t]{1,16}REG_SZ[ \\t]{1,16})',
  ),
  // <wsse:Password Type="...">value</wsse:Password>
  setting(
    'assword |Pass |oken |ecret |PASSWORD ',
    '<(?:\\w{1,32}:)?(\\w{2,32})[ \\t][^<>\\n]{1,200}>(?=[^\\s<]{4,512}</)',
  ),
  // NAME ?= value of a Makefile
  setting(' ?= ', '^[ \\t]{0,8}(?:export )?(\\w{2,64}) \\?= (?=[^\\s$])'),
  // A field of a form as it is sent.
  setting(
    'orm-data; name="',
    '\\bform-data; name="([\\w.-]{2,64})"\\r?\\n(?:Content-[^\\n]{1,100}\\n)?\\r?\\n(?=[^\\s]{4,512}[ \\t]{0,8}\\r?$)',
  ),
  // variable "name" { default = "value" }
  setting(
    'ariable "',
    '\\bvariable[ \\t]+"([\\w-]{2,64})"[ \\t]*\\{[^{}]{0,300}?\\bdefault[ \\t]*=[ \\t]*(?=")',
  ),
  // ["name"]=> string(8) "value"
  setting('"]=> ', '\\["([\\w.-]{2,64})"\\]=> {1,16}string\\([0-9]{1,4}\\) (?=")'),
  setting(
    'gField',
    `\\bbuildConfigField[ (]["']String["'],[ \\t]*["']([\\w.-]{2,64})["'],[ \\t]*["'](?=\\\\")`,
  ),
  // ENV NAME value, as Dockerfiles had it before they had an operator.
  setting('ENV ', `\\bENV[ \\t]{1,8}(\\w{2,64})[ \\t]{1,8}(?=["']?[^\\s=]{0,80}[0-9])`),
  // set :name, 'value' and -define(NAME, "value")
  setting('set :', '\\bset :(\\w{2,64}), ?(?=["\'])'),
  setting('-define(', '-define\\((\\w{2,64}), ?(?=")'),
  setting('#define ', '#define[ \\t]{1,16}(\\w{2,64})[ \\t]{1,64}(?=")'),
  // var NAME string = "value", Dim NAME As String = "value", DECLARE @NAME varchar(50) = 'value'
  setting(
    'tring =|archar(|ARCHAR(|ROGMEM =',
    '(?:\\b[Ss]tring|\\b(?:nvarchar|NVARCHAR|varchar|VARCHAR)\\(\\w{1,4}\\)|\\bPROGMEM) = ?N?(?=["\'`])(?<=\\b(\\w{2,64})(?:\\[\\])?(?: As| AS)? (?:[Ss]tring|PROGMEM|[nN]?(?:varchar|VARCHAR)\\(\\w{1,4}\\)) = ?N?)',
  ),
  // expect(NAME).toBe('value'), and assertions of other languages.
  {
    ...setting(
      '.toBe(|.toEqual(|.toStrictEqual(|.equal(|.eql(|.isEqualTo(',
      '\\.(?:toBe|toEqual|toStrictEqual|equal|eql|isEqualTo)\\((?=["\'`])(?<=\\b([\\w.-]{2,64})["\'\\]]{0,3}(?:\\(\\))?\\)?(?:\\.(?:to|should))?\\.\\w{2,16}\\()',
    ),
    manner: 'sentence',
  },
  // {"kty": ..., "d": "..."}
  {
    ...setting('"d": "|"d":"', '"d": ?(?="[\\w-]{43,700}")'),
    name: 'private_key',
    manner: 'sentence',
  },
  // <td>NAME</td><td>value</td>, <dt>NAME</dt><dd>value</dd>
  {
    ...setting(
      '</td>|</dt>|</label>',
      '<(?:t[dh]|dt|label)>([\\w .-]{2,64}):?</(?:t[dh]|dt|label)>\\s{0,16}<(?:td|dd|code)>(?:<code>)?(?=[^\\s<]{4,256}<)',
    ),
    manner: 'cell',
  },
  // ParameterKey=NAME,ParameterValue=value
  setting('ParameterValue=', '\\bParameterKey=([\\w-]{2,64}),ParameterValue=(?=\\S)'),
  // git config --global section.NAME value
  setting('config --global ', '\\bconfig --global (?:[\\w-]{1,64}\\.){1,4}(\\w{2,64}) (?=\\S)'),
  // curl_easy_setopt(curl, CURLOPT_PASSWORD, "value")
  setting(
    'PASSWORD,|PASSWD,|_KEY,|_TOKEN,',
    '\\b(\\w{2,48}(?:PASSWORD|PASSWD|_KEY|_TOKEN)),[ \\t]{0,4}(?=["\'][^"\']{4,256}["\'][ \\t]{0,4}\\))',
  ),
  // [sudo] password for user: value
  {
    ...setting(
      ['word for ', 'phrase for '],
      '([Pp]ass(?:word|phrase)) for [^\\n:]{1,60}:[ \\t]{1,4}',
    ),
    manner: 'cell',
  },
  // My password is value, change the root password to value, log in with the password value
  {
    ...setting(
      'word is |hrase is |word to |hrase to |th password |th the password |ng password |ng the password ',
      '(?:\\b(?:[Mm]y|[Yy]our|[Hh]is|[Hh]er|[Oo]ur|[Nn]ew|root|admin|user|[Ww]i-?[Ff]i|[Tt]he) (?=pass\\S{4,6} (?:is|to)\\b)|\\b(?:[Ww]ith|[Uu]sing) (?:the )?(?=password ))(pass(?:word|phrase)) (?:(?:is|to)[ :]{1,2})?(?!\\(?(?:sha|md|base|utf|aes|rsa|ecdsa|ed|argon|bcrypt|scrypt|pbkdf|oauth|http|blake|hs|rs|ntlm|crypt)-?v?[0-9]|[0-9]+-[a-z])(?=["\'`]?[!-~]{0,64}[0-9])(?=["\'`]?[!-~]{6,64}(?:\\s|$))',
    ),
    manner: 'cell',
  },
  // Use value as the token
  {
    ...setting(
      ' as the | as my | as your | as api | as API | as an ',
      '\\b[Uu]se[: ]{1,2}(?=["\'`]?[!-~]{8,512} as (?:the |my |your |an )?(?:password|passphrase|secret|(?:(?:api|API|access|auth|bearer) )?token|(?:(?:api|API|access|secret) )?key)\\b)',
    ),
    name: 'api_key',
    manner: 'sentence',
  },
  // Use the key value, here is my key: value; what may be the fingerprint of one is none
  {
    ...setting(
      'the key |this key |my key |our key |the key: |this key: |my key: |our key: ',
      '\\b(?:[Uu]se (?:the|this|my|our) key:? (?!["\'`]?[0-9A-F]{16,64}\\b)|(?:[Tt]he|[Tt]his|[Mm]y|[Yy]?our) key: (?=["\'`]?\\w{0,64}[G-Zg-z]))',
    ),
    name: 'api_key',
    manner: 'sentence',
  },
  // The password for NAME is value
  {
    ...setting(
      'word for |hrase for |oken for | key for ',
      '\\b([Pp]assword|[Pp]assphrase|[Tt]oken|(?:API|api) key) for (?:[\\w."\'`-]{1,32} ){1,4}is[ :]{1,3}(?=["\'`]?[!-~]{8})',
    ),
    manner: 'sentence',
  },
  // A line of .netrc.
  {
    ...setting(
      ['password '],
      'password[ \\t]{1,8}(?<=^[ \\t]{0,16}(password)[ \\t]{1,8})(?=\\S{5,256}[ \\t]*$)(?=[!-~]*[0-9][!-~]*[A-Za-z])',
    ),
    manner: 'cell',
  },
  // <key>NAME</key> <string>value</string>
  setting('</key>', '<key>([\\w.-]{2,64})</key>\\s{0,16}<string>(?=[^\\s<])'),
  setting('</name>', '<name>([\\w.-]{2,64})</name>\\s{0,16}<value>(?=[^\\s<])'),
  // <setting name="NAME"> <value>value</value>
  setting(
    '<value>',
    '<value>(?=[^\\s<])(?<=\\bname="([\\w.-]{2,64})"[^<>\\n]{0,64}>\\s{1,64}<value>)',
  ),
  // NAME = "old" -> "new"
  setting('" -> "', '" -> (?=")(?<=\\b([\\w.-]{2,64})["\']?[ \\t]{0,64}= "[^"\\n]{0,512}" -> )'),
]

function byWord(forms: readonly Form[]): ReadonlyMap<string, readonly Form[]> {
  const found = new Map<string, Form[]>()
  for (const each of forms) {
    for (const word of each.words) found.set(word, [...(found.get(word) ?? []), each])
  }
  return found
}

/** By each word of theirs: the forms, */
export const formsOf: ReadonlyMap<string, readonly Form[]> = byWord([...commands, ...phrases])
/** and the settings. */
export const settingsOf: ReadonlyMap<string, readonly Form[]> = byWord(settings)

/** How the names end that have their value in the next cell or word: a key alone is none. */
const ends = [
  ...[
    'i key',
    'i Key',
    'I key',
    'I Key',
    's key',
    's Key',
    't key',
    't Key',
    'iKey',
    'ikey',
    'sKey',
    'tKey',
  ],
  ...['_key', '_KEY', '-key', '-Key', 'oken', 'OKEN', 'ecret', 'ECRET', 'sword', 'SWORD', 'asswd'],
  ...['hrase', 'HRASE', 'ntial', 'ntials'],
]

/** The same with what stands behind them there: a name ends before the last character. */
export const besideEnds: readonly string[] = ends.flatMap((end) =>
  [' ', '\t', '|', '`', '*'].map((mark) => end + mark),
)

/** What may stand between a name and its value in two cells, columns, or words of a sentence. */
export const beside: RegExp = new RegExp(
  '(?<=(?<![\\w.-])((?:[a-z]{2,12} )?[\\w.-]{2,64}))["\'`*]{0,2}' +
    '(?:[ \\t]{0,40}[|\\u2502\\u2503\\u2551\\u203a\\u00bb][ \\t]{1,40}|[ \\t]{1,4}(?:->|[-\u2013\u2014\u2192])[ \\t]{1,4}|\\t{1,4}| {1,40}(?:(?:is|was|of|to|value|provided|given|used|received|found|created|generated)[: ] ?){0,2})' +
    '[*(<[]{0,2}(?=["\'`]?[^\\s|"\'`-][^\\s|"\'`]{7})',
  'iy',
)
