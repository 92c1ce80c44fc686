/** Texts as a reader would see them: without colours, with escapes resolved. */

import type { Find } from './finds.ts'

/** A text, and where each of its characters stands in the text it was made from. */
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

function add(
  views: View[],
  text: string,
  sign: string,
  pattern: RegExp,
  read: (found: string) => number | undefined,
): void {
  if (!text.includes(sign)) return
  pattern.lastIndex = 0
  let found = pattern.exec(text)
  if (found === null) return
  const codes = new Uint16Array(text.length)
  const starts = new Int32Array(text.length)
  const ends = new Int32Array(text.length)
  let length = 0
  for (let at = 0; at < text.length; ) {
    if (at !== found?.index) {
      codes[length] = text.charCodeAt(at)
      starts[length] = at
      ends[length++] = ++at
      continue
    }
    const start = at
    at += found[0].length
    const code = read(found[0])
    if (code !== undefined) {
      codes[length] = code
      starts[length] = start
      ends[length++] = at
    }
    found = pattern.exec(text)
  }
  const bytes = Buffer.from(codes.buffer, 0, 2 * length)
  views.push({ text: bytes.toString('utf16le'), starts, ends })
}
