/** Names at the end of a text whose values stand in the next one. */

import { findFlags, findNamed } from './commands.ts'
import { findByContext } from './context.ts'
import type { Find } from './finds.ts'
import { broken, printing } from './forms.ts'
import { endOfLead, leads } from './leads.ts'
import { findMeaning } from './names.ts'
import { findNested } from './nested.ts'
import { signsIn } from './signs.ts'

/** What may stand between a heading and what is below it. */
const fence = /^(?:-{3,80}|={3,80}|```\w{0,12})\r?$/
const slots = /^[ \t]*"slotSetting": /
const openings = broken.map(({ line }) => new RegExp(`${line}$`, 'm'))
const prints = new RegExp(printing.map((word) => word.replace(/[$.(|]/g, '\\$&')).join('|'))

/**
 * The end of a text whose last name has its value in the next line, which is still to come; `before`
 * is what the text before ended with.
 */
export function openEnd(text: string, before: string | undefined): string | undefined {
  const start = text.lastIndexOf('\n') + 1
  const led = endOfLead(text, start) > start ? text.slice(-2000).replace(leads, '') : undefined
  const opened = led === undefined ? undefined : endOf(led, before)
  return opened ?? endOf(text, before)
}

function endOf(text: string, before: string | undefined): string | undefined {
  const start = text.lastIndexOf('\n') + 1
  const line = text.slice(Math.max(start, text.length - 200))
  const mayBeIn =
    before !== undefined || text.endsWith(']') || text.includes(']\n') || text.includes(']\r')
  const inSection = mayBeIn ? openBlock(text, start, before, section, isSetting) : undefined
  if (inSection !== undefined) return inSection
  const isBlank = line.trim() === ''
  const isFence = '-=`'.includes(line[0] ?? ' ') && fence.test(line)
  if (isBlank || isFence || slots.test(line)) {
    const above = text.slice(Math.max(0, start - 200), Math.max(0, start - 1))
    const name = start === 0 ? before : endOf(above, undefined)
    if (name === undefined || ((isBlank || isFence) && !/[\w:*.!] ?\r?\n$/.test(name)))
      return undefined
    // One of them may stand between a name and its value.
    return name.includes('"slotSetting"') ? undefined : `${name}${line}\n`
  }
  const last = lastOf(line)
  const mayList = '[{(=:'.includes(last) || before !== undefined || (start > 0 && isListed(line))
  const list = mayList ? openBlock(text, start, before, head, isListed) : undefined
  if (list !== undefined) return list
  const isLikely =
    line.includes('ame') ||
    line.includes('ey"') ||
    line.includes('key: ') ||
    line.includes('"Type"') ||
    (line.length < 80 && 'yYdDenNtT*:'.includes(last) && isHeading(line)) ||
    ('.!'.includes(last) && /oken|[Kk]ey|ecret|assword|assphrase/.test(line)) ||
    isPrinting(line)
  // A block of YAML ends with one of these, or with a mark behind it.
  if (!isLikely && !'\\|:>+-'.includes(last)) return undefined
  // What is curl's goes over many lines.
  const command = last === '\\' ? `${before ?? ''}${text.slice(-400)}\n`.slice(-400) : ''
  if (command.includes('curl')) return command
  // None of them is shorter, and together they take milliseconds to be made.
  if (line.length < 5) return undefined
  const end = `${line}\n`
  return openings.some((opening) => opening.test(end)) ? end : undefined
}

/** A name of many, or of one whose value is on the next line. */
const head =
  /(?::=|=>|[:=])(?<=([\w.-]{2,64})["'`\])]{0,3}(?: ?: ?[\w<>[\]]{1,24})?[ \t]{0,8}(?::=|=>|[:=]))[ \t]{0,8}(?:\[\]string ?|(?:List|Set|Arrays)\.(?:of|asList))?[[{(]?[ \t]*\r?$/
const listed =
  /^[ \t]{0,64}(?:(?:[0-9]{1,2}[.)]|[*-]) {1,4})?(?:"[^"]{4,512}"|'[^']{4,512}'|(?=\S*[0-9])[^\s"',:{}]{4,512}),?[ \t]*\r?$/

/** With a name of its own, which says what becomes of it. */
const member = /^[ \t]{1,64}["']?[\w.-]{2,40}["']?[ \t]{0,4}[:=][ \t]*[^\s{[]/
/** The head of a section of settings, and what stands below it. */
const section = /^[ \t]{0,16}\[([\w.-]{2,64})\]\r?$/
const setting = /^[ \t]{0,16}(?:["']?[\w.-]{2,40}["']?[ \t]{0,16}[:=]|[#;]|\r?$)/

function isListed(line: string): boolean {
  return listed.test(line) || member.test(line)
}

function isSetting(line: string): boolean {
  return setting.test(line)
}

/** The line with a name of many that a list or section began with which the text ends in. */
function openBlock(
  text: string,
  start: number,
  before: string | undefined,
  first: RegExp,
  isPart: (line: string) => boolean,
): string | undefined {
  let end = text.length
  let from = start
  let below: string | undefined
  for (let lines = 0; lines < 32; lines++) {
    const line = text.slice(Math.max(from, end - 600), end)
    if (line === '' && below === '') return undefined
    below = line
    const name = first.exec(line.slice(-200))?.[1]
    if (name !== undefined) return findMeaning(name).ofItems ? `${line.slice(-200)}\n` : undefined
    if (!isPart(line)) return undefined
    if (from === 0)
      return before !== undefined && first.test(before.slice(0, -1)) ? before : undefined
    end = from - 1
    from = text.lastIndexOf('\n', end - 1) + 1
  }
  return undefined
}

const headingEnd = /^(?:sword|.oken|ecret|..key|hrase)$/i

/** Whether it ends with a name; only that is looked at, since most lines are asked about. */
function isHeading(line: string): boolean {
  let end = line.length
  while (end > 0 && ' \t\r*:'.includes(line[end - 1] as string)) end--
  return headingEnd.test(line.slice(Math.max(0, end - 5), end))
}

function isPrinting(line: string): boolean {
  return /[$#%>\u276f] /.test(line) && prints.test(line)
}

/** The last character that is no blank; a blank when there is none. */
function lastOf(line: string): string {
  let end = line.length
  while (end > 1 && line.charCodeAt(end - 1) <= 32) end--
  return line.charAt(end - 1) || ' '
}

/** Finds the value of a name that the text before ended with. */
export function findOpened(text: string, before: string, finds: Find[]): void {
  const found: Find[] = []
  const whole = before + text.slice(0, 4096)
  findNamed(whole, broken, found)
  findFlags(whole, found)
  findNested(whole, signsIn(whole).parents, found)
  findByContext(whole, found)
  for (const find of found) {
    const start = find.start - before.length
    if (start >= 0) finds.push({ ...find, start, end: find.end - before.length })
  }
}
