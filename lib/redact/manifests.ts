/** Secrets of Kubernetes: each of their values is secret, whatever its name. */

import type { Find } from './finds.ts'
import { endOfLead } from './leads.ts'
import { execAt } from './match.ts'
import { isPlaceholder } from './placeholder.ts'
import { isRandom } from './values.ts'

/** A manifest whose lines may go on in the next text. */
export interface Manifest {
  /** Where its keys begin in their lines. */
  readonly column: number
  /** Undefined until it has said what it is: `kubectl get` prints the values before that. */
  readonly isSecret: true | undefined
  readonly data: Data | undefined
}

/** The values of a manifest, of which at least the line before is one. */
interface Data {
  /** Where their keys begin; what stands deeper goes on with the value before. */
  readonly column: number | undefined
  /** Whether the key before is that of a value which is no secret. */
  readonly isPublic: boolean
}

/** With what the lines begin that open a manifest. */
export const manifestHeads: readonly string[] = ['apiVersion: v1', 'kind: Secret']

/**
 * Adds the values of Secrets in the lines of `text`, those of `open` first, and returns the manifest
 * that goes on. `heads` says where those of `manifestHeads` begin, in order. When a text `isWhole`, also
 * what is told to be a Secret after its values.
 */
export function findManifests(
  text: string,
  finds: Find[],
  open: Manifest | undefined,
  heads: readonly number[],
  isWhole: boolean,
): Manifest | undefined {
  let manifest = open
  /** Values of one that has not said yet what it is. */
  let untold: Find[] = []
  let start = 0
  for (let next = 0; start <= text.length; ) {
    if (manifest === undefined) {
      while (next < heads.length && (heads[next] as number) < start) next++
      const head = heads[next]
      if (head === undefined) return undefined
      start = text.lastIndexOf('\n', head) + 1
      untold = []
    }
    const feed = text.indexOf('\n', start)
    const end = feed < 0 ? text.length : feed
    const line = text.slice(start, end).trimEnd()
    const { after, value } = readLine(line, manifest)
    if (value !== undefined) {
      const content = line.slice(value.start, value.end)
      const find = { start: start + value.start, end: start + value.end, rule: 'secret' }
      if (manifest?.isSecret || isEncoded(content)) finds.push(find)
      else if (isWhole) untold.push(find)
    }
    if (after?.isSecret) for (const find of untold.splice(0)) finds.push(find)
    manifest = after
    start = end + 1
  }
  return manifest
}

interface Read {
  /** The manifest behind the line. */
  readonly after: Manifest | undefined
  /** Where the value stands that may be a secret. */
  readonly value?: { readonly start: number; readonly end: number } | undefined
}

// A number may stand before the mark of a diff.
const indentAt = /(?:\+|-(?! ))?([ \t]{0,40}(?:- {1,3})?)/y
const named = /(["']?)([\w./-]{1,253})\1:(?: +|$)/y

/** Reads a line that has no blanks at its end. */
function readLine(line: string, manifest: Manifest | undefined): Read {
  const from = endOfLead(line, 0)
  const [lead = '', indent = ''] = execAt(indentAt, line, from) ?? []
  const head = from + lead.length
  if (head === line.length) return { after: manifest }
  const [all = '', , key] = execAt(named, line, head) ?? []
  const start = head + all.length
  const column = indent.length
  const value = line.slice(start)
  const opens = (key === 'apiVersion' && value === 'v1') || (key === 'kind' && value === 'Secret')
  // What stands in another one is an item of a list.
  const isInside = manifest?.isSecret || manifest?.data !== undefined || !opens
  if (manifest !== undefined && column > manifest.column && isInside) {
    const { data } = manifest
    if (data === undefined) return { after: manifest }
    const isNext = key !== undefined && column <= (data.column ?? column)
    const isPublic = isNext ? harmless.test(key) : data.isPublic
    const after = { ...manifest, data: { column: isNext ? column : data.column, isPublic } }
    return isPublic ? { after } : { after, value: contentOf(line, isNext ? start : head) }
  }
  const isSame = manifest?.column === column && !indent.includes('-')
  const own = isSame ? manifest : undefined
  const told = { column, isSecret: own?.isSecret, data: undefined }
  if (opens) return { after: key === 'kind' ? { ...told, isSecret: true } : told }
  if (key === undefined || key === 'kind' || own === undefined) return { after: undefined }
  const isData = (key === 'data' || key === 'stringData') && value === ''
  return { after: isData ? { ...told, data: { column: undefined, isPublic: false } } : told }
}

/** The head of a block, which is no value. */
const blockHead = /^[|>][+-]?[0-9]?$/

/** The value from `start` on without its quotes; undefined when there is none. */
function contentOf(line: string, start: number): Read['value'] {
  const value = line.slice(start)
  const isQuoted = value.length > 1 && /^["']/.test(value) && value.at(-1) === value[0]
  const [from, end] = isQuoted ? [start + 1, line.length - 1] : [start, line.length]
  const isNothing = blockHead.test(value) || from === end || isPlaceholder(line.slice(from, end))
  return isNothing ? undefined : { start: from, end }
}

/** What everybody may see: certificates, and the name of a namespace. */
const harmless = /\.crt$|^namespace$/

/** Whether what a Secret has under a key is one. */
export function isValueOfSecret(key: string, value: string): boolean {
  return value !== '' && !harmless.test(key) && !isPlaceholder(value)
}

/** Whether it is base64 as a Secret has it and hardly anything else: of text, or random. */
function isEncoded(value: string): boolean {
  if (value.length < 8 || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(value))
    return false
  return /^[\t\r\n -~]+$/.test(Buffer.from(value, 'base64').toString('latin1')) || isRandom(value)
}
