/** Passwords in command lines and in the files of programs that have a form of their own. */

import type { Find } from './finds.ts'
import { beside, type Form } from './forms.ts'
import { findInserted } from './inserts.ts'
import { execAt } from './match.ts'
import { findKind, secretTail } from './names.ts'
import { findNested } from './nested.ts'
import { isPasswordWord, isPlaceholder } from './placeholder.ts'
import { readerOf, valueAt } from './reader.ts'
import { type Signs, signsIn } from './signs.ts'
import { isTelling } from './telling.ts'
import { isLikePassword, type Manner } from './values.ts'

/** What is kept instead of a password, and can be tried against lists of them. */
const hashes =
  /\$(?:(?<=\b(?:pbkdf2[_:]sha[0-9]{1,3}[$:][0-9]{3,9}|scrypt:[0-9:]{3,24}|SCRAM-SHA-[0-9]{1,3})\$)[\w./+:=$-]{30,300}|2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{53}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|[156y]\$(?:[\w=,]{1,24}\$)?[./A-Za-z0-9]{1,32}\$[./A-Za-z0-9]{22,86}|[89]\$[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}|argon2(?:id|i|d)\$[\w=,$]{4,48}\$[A-Za-z0-9+/]{8,90}\$[A-Za-z0-9+/]{16,90})/g

/** Finds what command lines and files of settings give away; `signs` are those of the text. */
export function findByForm(text: string, signs: Signs, finds: Find[]): void {
  findFlags(text, finds)
  findForms(text, signs.forms, finds)
  findNamed(text, signs.settings, finds)
  findBeside(text, signs.names, finds)
  findInserted(text, finds, signs.inserts)
  findNested(text, signs.parents, finds)
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
      const found = hit.slice(1).find((group) => group !== undefined) ?? ''
      // It is the last that was read; to be told where takes a second search.
      const start = hit.index + hit[0].lastIndexOf(found)
      const content = found.replace(/[.,;!?)]{1,3}$/, '')
      const end = start + content.length
      if (content.length < 3 || /^[0-9]{1,5}(?::[0-9]{1,5})?$/.test(content)) continue
      if (isPlaceholder(content) || isPasswordWord(content)) continue
      finds.push({ start, end, rule: 'password' })
    }
  }
}

const flagAt = /--(?<![\w-]--)(?=[a-z])[\w-]{1,40}(?=[ \t])[ \t]{1,4}(?=[^\s-])/iy
const inSentence =
  /\b(?:an?|the|and|or|via|with|new|add(?:ed)?|renamed|use|using|of|both|to|now|-\w,)\s{1,2}["'`]?$/i
const secretFlag = new RegExp(`(?:${secretTail}|-key)$`, 'i')

/** `--token value`, and `curl -u user:password`. */
export function findFlags(text: string, finds: Find[]): void {
  if (text.includes('curl') && text.includes('u')) findUsers(text, finds)
  let next = 0
  for (let at = text.indexOf('--'); at >= 0; at = text.indexOf('--', next)) {
    const flag = execAt(flagAt, text, at)?.[0]
    next = at + (flag?.length ?? 2)
    if (flag === undefined) {
      // In the middle of a row of dashes no flag begins.
      while (text.charCodeAt(next) === 45) next++
      continue
    }
    const name = flag.trim()
    // The second test takes long to be made, and few commands need it.
    if (!isTelling(name) || !secretFlag.test(name)) continue
    // A sentence about flags, where words follow.
    if (
      inSentence.test(text.slice(Math.max(0, at - 24), at)) &&
      /[a-z]{3,20}(?![\w!-])/y.test(text.slice(next, next + 24))
    )
      continue
    findValue(text, name.slice(2), next, finds)
  }
}

/** Names and values that other marks connect. */
export function findNamed(text: string, settings: Iterable<Form>, finds: Find[]): void {
  for (const { pattern, manner, name: own } of settings) {
    for (const { index, 0: all, 1: name } of text.matchAll(pattern)) {
      findValue(text, own ?? name ?? '', index + all.length, finds, manner)
    }
  }
}

/** Values in the cell or word behind a name that ends at one of these places. */
function findBeside(text: string, nameEnds: readonly number[], finds: Find[]): void {
  for (const at of nameEnds) {
    const [all = '', name] = execAt(beside, text, at) ?? []
    if (name === undefined) continue
    const start = at + all.length
    const known = finds.length
    findValue(text, name, start, finds, 'sentence')
    if (finds.length > known || !/[|\t\u2502\u2503\u2551]| {2}/.test(text.slice(at, start)))
      continue
    // In a cell of its own it need not be as random.
    const cell =
      findKind(name) === 'password' ? valueAt(readerOf(text), start, 'password', 'cell') : undefined
    if (cell !== undefined && isLikePassword(text.slice(cell.start, cell.end))) finds.push(cell)
  }
}

function findValue(
  text: string,
  name: string,
  start: number,
  finds: Find[],
  manner: Manner = 'shell',
): void {
  const kind = findKind(name)
  if (kind !== 'password' && kind !== 'secret') return
  const find = valueAt(readerOf(text), start, kind, manner)
  if (find !== undefined && !spells(text.slice(find.start, find.end), name)) finds.push(find)
}

/** Whether a constant's value is its name again, or the end of it, with other marks between the words. */
function spells(value: string, name: string): boolean {
  const letters = (of: string) => of.replace(/[^A-Za-z0-9]/g, '').toLowerCase()
  const spelt = letters(value)
  return 2 * spelt.length >= value.length && letters(name).endsWith(spelt)
}

const users =
  /-(?:(?<=\s-)[a-zA-Z#]{0,6}u|-(?:proxy-)?user)(?=[ =]?["'\\]{0,6}[^"'\n:]{0,256}:)(?<=\bcurl\b(?:[^\n]|\\\n){0,300}?(?:[ \t]|\\\n)-{1,2}[a-zA-Z#-]{1,10})[ =]?(?:'\\{1,4}'(?='))?(?:"([^"\n]{1,256})"|'([^'\n]{1,256})'|([^\s"'`]{1,256}))/g

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
    if (isPlaceholder(secret) || isPasswordWord(secret)) continue
    if (isKey && !/^(?=.*[0-9])[\w-]{16,}$/.test(secret)) continue
    finds.push(
      isKey
        ? { start, end: end - 1, rule: 'password' }
        : { start: start + colon + 1, end, rule: 'password' },
    )
  }
}
