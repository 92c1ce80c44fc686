/** Texts as a reader would see them: without colours, with escapes resolved. */

import type { Find } from './finds.ts'

/** A stretch of a text, and where each of its characters stands in it. */
export interface View {
  readonly text: string
  readonly starts: Int32Array
  readonly ends: Int32Array
}

const ESC = '\u001b'
// Colours and cursor moves, titles and links, and the escapes of two characters.
const ansi = new RegExp(
  `${ESC}(?:\\[[0-?]{0,64}[ -/]{0,8}[@-~]|[\\]P_^X][^\\u0007${ESC}]{0,4096}(?:\\u0007|${ESC}\\\\)|[ -/]{0,4}[0-Z\\\\^-~])`,
  'g',
)
const percent = /%[2-7][0-9A-Fa-f]/g
// Of JSON and of source, colours among them.
const escapes = /\\{1,4}(?:u00[2-7][0-9A-Fa-f]|(?:u001[bB]|x1[bB]|033|e)\[[0-9;]{0,24}m)/g

/** The other views of a text that are worth a search; most texts have none. */
export function viewsOf(text: string): View[] {
  const views: View[] = []
  add(views, text, ESC, ansi, () => undefined)
  add(views, text, '%', percent, (found) => Number.parseInt(found.slice(1), 16))
  add(views, text, '\\', escapes, (found) =>
    found.endsWith('m') ? undefined : Number.parseInt(found.slice(-2), 16),
  )
  return views
}

/** The text without terminal escapes; itself when there are none. */
export function withoutAnsi(text: string): string {
  return text.includes(ESC) ? text.replace(ansi, '') : text
}

/** Where a find of the view stands in the text. */
export function findBehind(view: View, find: Find): Find {
  const start = view.starts[find.start] as number
  const end = view.ends[find.end - 1] as number
  return { ...find, start, end }
}

/** How much of the text around what reads otherwise is part of its view. */
const margin = 2048

/** Adds a view for each stretch of the text in which something reads otherwise. */
function add(
  views: View[],
  text: string,
  sign: string,
  pattern: RegExp,
  read: (found: string) => number | undefined,
): void {
  if (!text.includes(sign)) return
  let done = 0
  let open: RegExpExecArray[] = []
  const close = () => {
    const [first, last] = [open[0], open.at(-1)]
    if (first === undefined || last === undefined) return
    const from = beginOf(text, Math.max(done, first.index - margin))
    done = Math.min(text.length, last.index + last[0].length + margin)
    views.push(viewOf(text, from, done, open, read))
    open = []
  }
  for (const found of text.matchAll(pattern) as Iterable<RegExpExecArray>) {
    const before = open.at(-1)
    if (before !== undefined && found.index - before.index > 2 * margin) close()
    open.push(found)
  }
  close()
}

/** Not in the middle of a word, which would look like the beginning of one. */
function beginOf(text: string, at: number): number {
  let start = at
  while (start > 0 && at - start < margin && /[\w-]/.test(text[start - 1] as string)) start--
  return start
}

function viewOf(
  text: string,
  from: number,
  to: number,
  founds: readonly RegExpExecArray[],
  read: (found: string) => number | undefined,
): View {
  const codes = new Uint16Array(to - from)
  const starts = new Int32Array(to - from)
  const ends = new Int32Array(to - from)
  let length = 0
  let next = 0
  for (let at = from; at < to; ) {
    const found = founds[next]
    if (at !== found?.index) {
      codes[length] = text.charCodeAt(at)
      starts[length] = at
      ends[length++] = ++at
      continue
    }
    const start = at
    next++
    at += found[0].length
    const code = read(found[0])
    if (code === undefined) continue
    codes[length] = code
    starts[length] = start
    ends[length++] = at
  }
  return { text: Buffer.from(codes.buffer, 0, 2 * length).toString('utf16le'), starts, ends }
}
