/** Passwords in command lines and in the files of programs that have a form of their own. */

import { readerOf, valueAt } from './context.ts'
import type { Find } from './finds.ts'
import { Literals } from './literals.ts'
import { findKind, secretTail } from './names.ts'
import { isPlaceholder } from './placeholder.ts'
import { isTelling } from './telling.ts'

/** One form: words of which every text of it holds one, and what stands before the value. */
interface Form {
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

/** What is kept instead of a password, and can be tried against lists of them. */
const hashes =
  /\$(?:2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{53}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|[156y]\$(?:[\w=,]{1,24}\$)?[./A-Za-z0-9]{1,32}\$[./A-Za-z0-9]{22,86}|argon2(?:id|i|d)\$[\w=,$]{4,48}\$[A-Za-z0-9+/]{8,90}\$[A-Za-z0-9+/]{16,90})/g

/** One search tells for most texts that none of it is in them. */
const marks = new Literals(4)
const formsOf = new Map<string, Form[]>()
for (const each of [...commands, ...phrases]) {
  for (const word of each.words) {
    marks.add(word)
    formsOf.set(word, [...(formsOf.get(word) ?? []), each])
  }
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
for (const word of settings) marks.add(word)

/** Finds what command lines and files of settings give away. */
export function findByForm(text: string, finds: Find[]): void {
  findFlags(text, finds)
  const seen = formsIn(text)
  if (seen !== undefined) {
    findForms(text, seen.forms, finds)
    if (seen.settings) findNamed(text, finds)
  }
  if (!text.includes('$')) return
  for (const { index, 0: hash } of text.matchAll(hashes)) {
    finds.push({ start: index, end: index + hash.length, rule: 'password-hash' })
  }
}

/** Finds what the flags of commands say is secret. */
export function findArguments(text: string, finds: Find[]): void {
  findFlags(text, finds)
  const seen = formsIn(text)
  if (seen !== undefined) findForms(text, seen.forms, finds)
}

/** The forms whose words are in a text. */
function formsIn(text: string): { forms: Set<Form>; settings: boolean } | undefined {
  let seen: { forms: Set<Form>; settings: boolean } | undefined
  marks.forEach(text, (word) => {
    seen ??= { forms: new Set(), settings: false }
    const forms = formsOf.get(word)
    if (forms === undefined) seen.settings = true
    else for (const each of forms) seen.forms.add(each)
  })
  return seen
}

function findForms(text: string, forms: Iterable<Form>, finds: Find[]): void {
  for (const { pattern } of forms) {
    for (const hit of text.matchAll(pattern)) {
      const [start, whole] = hit.indices?.slice(1).find((span) => span !== undefined) ?? [0, 0]
      const content = text.slice(start, whole).replace(/[.,;!?)]{1,3}$/, '')
      const end = start + content.length
      if (content.length < 3 || /^[0-9]{1,5}(?::[0-9]{1,5})?$/.test(content)) continue
      if (!isPlaceholder(content)) finds.push({ start, end, rule: 'password' })
    }
  }
}

const flags = /--(?<![\w-]--)(?=[a-z])[\w-]{1,40}(?=[ \t])[ \t]{1,4}(?=[^\s-])/gi
const secretFlag = new RegExp(`(?:${secretTail}|-key)$`, 'i')

/** `--token value`, and `curl -u user:password`. */
function findFlags(text: string, finds: Find[]): void {
  if (text.includes('-u') && text.includes('curl')) findUsers(text, finds)
  if (!text.includes('--')) return
  for (const { index, 0: flag } of text.matchAll(flags)) {
    const name = flag.trim()
    // The second test takes long to be made, and few commands need it.
    if (!isTelling(name) || !secretFlag.test(name)) continue
    findValue(text, name.slice(2), index + flag.length, finds)
  }
}

const named: readonly RegExp[] = [
  // fish, csh, Windows, npm, yarn, git and aws set things without an operator.
  /\b(?:set -[gUxe]{1,3}|setenv|setx|(?:config|configure) (?:--global |-g )?set)[ \t]+[^\s=]{0,100}?([\w.-]{2,64})[ \t]+(?=[^\s-])/g,
  // {"name": "NAME", "value": "..."} in the middle of a text.
  /\\{0,3}"(?:name|key|header)\\{0,3}" ?: ?\\{0,3}"([\w.-]{2,64})\\{0,3}" ?, ?\\{0,3}"value\\{0,3}" ?: ?(?=\\{0,3}")/g,
  // <add key="NAME" value="...">
  /\b(?:key|name|Name)=["']([\w.:-]{2,64})["']\s{1,8}value=(?=["'])/g,
  // Environments of containers: - name: NAME, and value: on the next line.
  /\bname:[ \t]{1,4}["']?([\w.-]{2,64})["']?[ \t]*\n[ \t]*value:[ \t]{1,4}/g,
]

/** Names and values that other marks connect. */
function findNamed(text: string, finds: Find[]): void {
  for (const pattern of named) {
    for (const { index, 0: all, 1: name } of text.matchAll(pattern)) {
      findValue(text, name ?? '', index + all.length, finds)
    }
  }
}

function findValue(text: string, name: string, start: number, finds: Find[]): void {
  const kind = findKind(name)
  if (kind !== 'password' && kind !== 'secret') return
  const find = valueAt(readerOf(text), start, kind, 'shell')
  if (find !== undefined) finds.push(find)
}

const users =
  /-(?:u|-(?:proxy-)?user)(?<=\bcurl\b[^\n]{0,300}?\s-{1,2}[a-z-]{1,10})[ =]?(?:"([^"\n]{1,256})"|'([^'\n]{1,256})'|([^\s"']{1,256}))/g

/** `curl -u user:password`, and `curl -u key:`. */
function findUsers(text: string, finds: Find[]): void {
  for (const { index, 0: all, 1: double, 2: single, 3: plain } of text.matchAll(users)) {
    const content = double ?? single ?? plain ?? ''
    const end = index + all.length - (plain === undefined ? 1 : 0)
    const start = end - content.length
    const colon = content.indexOf(':')
    if (colon < 0) continue
    const isKey = colon === content.length - 1
    const secret = isKey ? content.slice(0, -1) : content.slice(colon + 1)
    if (isPlaceholder(secret) || (isKey && !/^(?=.*[0-9])[\w-]{16,}$/.test(secret))) continue
    finds.push(
      isKey
        ? { start, end: end - 1, rule: 'password' }
        : { start: start + colon + 1, end, rule: 'password' },
    )
  }
}

const lastName = /(?:^|\n)[ \t]*(?:- )?[ \t]*name:[ \t]{1,4}["']?([\w.-]{2,64})["']?[ \t]*$/

/** The name that a text ends with, whose value comes in the next line. */
export function openName(text: string): string | undefined {
  const end = text.slice(-120)
  return end.includes('name:') ? lastName.exec(end)?.[1] : undefined
}

/** Finds the value of a name that the line before ended with. */
export function findOpened(text: string, name: string, finds: Find[]): void {
  const start = /^[ \t]*value:[ \t]{1,4}/.exec(text)?.[0].length
  if (start !== undefined) findValue(text, name, start, finds)
}
