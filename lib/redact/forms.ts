/** The forms in which programs are told passwords: command lines, files of settings, sentences. */

/** One form: words of which every text of it holds one, and what stands before the value. */
export interface Form {
  readonly words: readonly string[]
  readonly pattern: RegExp
}

/** What may stand between a program and its flag: the program again would begin another search. */
const upTo = (program: string) => `(?:(?!${program})[^\\n|;&]){0,120}?`
const value = `(?:"([^"\\n]{1,256})"|'([^'\\n]{1,256})'|([^\\s"'|;&<>$({-][^\\s"'|;&<>]{0,256}))`

function form(words: string, before: string, after = ''): Form {
  return { words: words.split('|'), pattern: new RegExp(before + value + after, 'dg') }
}

/** Short flags mean other things elsewhere, so each is known by its program. */
const commands: readonly Form[] = [
  form('sshpass', '\\bsshpass[ \\t]+-p[ \\t]?'),
  form('mysql|mariadb', `\\b(?:mysql\\w{0,8}|mariadb)\\b${upTo('mysql|mariadb')}[ \\t]-p`),
  form('mongo', `\\bmongo\\w{0,8}\\b${upTo('mongo')}[ \\t]-p[ \\t]?`),
  form('redis-cli', `\\bredis-cli\\b${upTo('redis-cli')}[ \\t](?:-a|AUTH)[ \\t]+`),
  form(
    'login',
    `\\blogin\\b(?<=\\b(?:docker|podman|helm|az|oc|skopeo|crane|buildah|nerdctl)\\b[^\\n|;&]{0,80})${upTo('login')}[ \\t]-p[ \\t]?`,
  ),
  form(
    '--password-stdin',
    '\\becho[ \\t]+(?:-n[ \\t]+)?',
    '(?=[ \\t]*\\|[^\\n|]{0,120}--password-stdin)',
  ),
  form('chpasswd', `\\becho[ \\t]+["']?[\\w.-]{1,64}:`, `["']?(?=[ \\t]*\\|[^\\n|]{0,40}chpasswd)`),
  form('openssl', `\\bopenssl\\b${upTo('openssl')}[ \\t]-(?:pass(?:in|out)?[ \\t]+pass:|k[ \\t]+)`),
  form('zip ', `\\b(?:zip|unzip)\\b${upTo('zip')}[ \\t]-P[ \\t]?`),
  form(' 7z | 7za |rar ', `\\b(?:7za?|rar|unrar)\\b${upTo('7z|rar')}[ \\t]-(?:h?p)`),
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
  form(
    'composer',
    `\\bcomposer[ \\t]+config\\b${upTo('composer')}\\b(?:[\\w-]{1,24}oauth|[\\w-]{1,24}token|bearer)\\.\\S{1,120}[ \\t]+`,
  ),
  form('authtoken', '\\b(?:add-)?authtoken[ \\t:]+'),
  form('snmp-server', '\\bsnmp-server[ \\t]+community[ \\t]+'),
  form('SecureString', '\\bConvertTo-SecureString[ \\t]+(?:-String[ \\t]+)?'),
  form('kubeadm', `\\bkubeadm\\b${upTo('kubeadm')}[ \\t](?=[a-z0-9]{6}\\.[a-z0-9]{16}\\b)`),
]

/** Files and sentences: `login x password y`, `IDENTIFIED BY 'y'`. */
const phrases: readonly Form[] = [
  form('login ', '\\blogin[ \\t]+\\S{1,128}[ \\t]{1,8}password[ \\t]+'),
  form(
    'dentified|IDENTIFIED',
    '\\b(?:identified|IDENTIFIED|Identified)[ \\t]+(?:by|BY)[ \\t]+(?=["\'])',
  ),
  form('PASSWORD ', `\\bPASSWORD[ \\t]+(?=')`),
  // It leads with the word: what may stand before it would be tried at every word of a text.
  form('assword ', `[Pp]assword[ \\t](?<=\\b\\w{0,24}[Pp]assword[ \\t])(?=["'][^"' \\t]*[0-9])`),
  form('requirepass|masterauth|rootpw', '(?:requirepass|masterauth|rootpw)[ \\t]+'),
  form(
    ':5432:|:5433:|:6432:',
    '(?<!\\S)[\\w.*-]{1,255}:(?:5432|5433|6432|\\*):[\\w*-]{1,63}:[\\w*.-]{1,63}:',
    '(?=\\s|$)',
  ),
  form('@tcp(|@unix(', '(?<![\\w.])[\\w.-]{1,64}:', '(?=@(?:tcp|unix)\\()'),
  form('jdbc:oracle', '\\bjdbc:oracle:\\w{1,8}:[\\w.-]{1,64}/', '(?=@)'),
  form(
    'word is |phrase is |ecret is |oken is |key is |Key is ',
    '\\b(?:[Pp]assword|[Pp]assphrase|[Ss]ecret|[Tt]oken|[Kk]ey) is[ :]{1,3}(?=\\S{0,64}[0-9])(?=\\S{0,64}[A-Za-z])(?=\\S{8})(?![a-z]+[-0-9.,]+[a-z]*\\b)',
  ),
  form('auth=(|auth = (', `\\bauth ?= ?\\([ \\t]{0,8}["'][^"'\\n]{1,64}["'],[ \\t]{0,8}(?=["'])`),
  form(
    'getConnection',
    `\\bgetConnection\\([^\\n;]{1,200}?,[ \\t]{0,8}"[^"\\n]{0,64}",[ \\t]{0,8}(?=")`,
  ),
]

const formsOf = new Map<string, Form[]>()
for (const each of [...commands, ...phrases]) {
  for (const word of each.words) formsOf.set(word, [...(formsOf.get(word) ?? []), each])
}

const settings = [
  'set -',
  'setenv',
  'setx ',
  'fig set',
  'ure set',
  '-g set',
  'bal set',
  ' value=',
  'value:',
  'value"',
  'value\\',
]

/** Every word without which no form and no setting is in a text. */
export const words: readonly string[] = [...formsOf.keys(), ...settings]

/** The forms that a word may be of; undefined for one that only sets things. */
export function formsWith(word: string): readonly Form[] | undefined {
  return formsOf.get(word)
}
