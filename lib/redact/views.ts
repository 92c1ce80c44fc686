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
const unicode = /\\{1,4}u00[2-7][0-9A-Fa-f]/g

/** The other views of a text that are worth a search; most texts have none. */
export function viewsOf(text: string): View[] {
  const views: View[] = []
  add(views, text, ESC, ansi, () => '')
  add(views, text, '%', percent, (found) =>
    String.fromCharCode(Number.parseInt(found.slice(1), 16)),
  )
  add(views, text, '\\u00', unicode, (found) =>
    String.fromCharCode(Number.parseInt(found.slice(-2), 16)),
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
  read: (found: string) => string,
): void {
  if (!text.includes(sign)) return
  const found = [...text.matchAll(pattern)]
  if (found.length === 0) return
  const starts = new Int32Array(text.length)
  const ends = new Int32Array(text.length)
  let value = ''
  let done = 0
  let length = 0
  const keep = (end: number) => {
    value += text.slice(done, end)
    for (let at = done; at < end; at++, length++) {
      starts[length] = at
      ends[length] = at + 1
    }
  }
  for (const { index, 0: whole } of found) {
    keep(index)
    done = index + whole.length
    const letter = read(whole)
    if (letter === '') continue
    value += letter
    starts[length] = index
    ends[length++] = done
  }
  keep(text.length)
  views.push({ text: value, starts, ends })
}
