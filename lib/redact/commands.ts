/** Passwords in command lines and in the files of programs that have a form of their own. */

import { readerOf, valueAt } from './context.ts'
import type { Find } from './finds.ts'
import type { Form } from './forms.ts'
import { findKind, secretTail } from './names.ts'
import { isPlaceholder } from './placeholder.ts'
import { type Signs, signsIn } from './signs.ts'
import { isTelling } from './telling.ts'

/** What is kept instead of a password, and can be tried against lists of them. */
const hashes =
  /\$(?:2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{53}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|[156y]\$(?:[\w=,]{1,24}\$)?[./A-Za-z0-9]{1,32}\$[./A-Za-z0-9]{22,86}|argon2(?:id|i|d)\$[\w=,$]{4,48}\$[A-Za-z0-9+/]{8,90}\$[A-Za-z0-9+/]{16,90})/g

/** Finds what command lines and files of settings give away; `signs` are those of the text. */
export function findByForm(text: string, signs: Signs, finds: Find[]): void {
  findFlags(text, finds)
  findForms(text, signs.forms, finds)
  if (signs.settings) findNamed(text, finds)
  if (!text.includes('$')) return
  for (const { index, 0: hash } of text.matchAll(hashes)) {
    finds.push({ start: index, end: index + hash.length, rule: 'password-hash' })
  }
}

/** Finds what the flags of commands say is secret. */
export function findArguments(text: string, finds: Find[]): void {
  findFlags(text, finds)
  findForms(text, signsIn(text).forms, finds)
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

const flagAt = /--(?<![\w-]--)(?=[a-z])[\w-]{1,40}(?=[ \t])[ \t]{1,4}(?=[^\s-])/iy
const secretFlag = new RegExp(`(?:${secretTail}|-key)$`, 'i')

/** `--token value`, and `curl -u user:password`. */
function findFlags(text: string, finds: Find[]): void {
  if (text.includes('-u') && text.includes('curl')) findUsers(text, finds)
  let next = 0
  for (let at = text.indexOf('--'); at >= 0; at = text.indexOf('--', next)) {
    flagAt.lastIndex = at
    const flag = flagAt.exec(text)?.[0]
    next = at + (flag?.length ?? 2)
    if (flag === undefined) {
      // In the middle of a row of dashes no flag begins.
      while (text.charCodeAt(next) === 45) next++
      continue
    }
    const name = flag.trim()
    // The second test takes long to be made, and few commands need it.
    if (!isTelling(name) || !secretFlag.test(name)) continue
    findValue(text, name.slice(2), next, finds)
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
