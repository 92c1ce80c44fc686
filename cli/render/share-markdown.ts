/** Blocks as Markdown. What was said keeps its form; markup that does something is shown instead. */

import type { Block, Page } from './share.ts'

export const markdownPage: Page = { head: () => '', block, foot: '' }

function block(one: Block): string {
  switch (one.kind) {
    case 'title':
      return `# ${inline(one.text)}\n\n`
    case 'turn':
      return `## ${inline(one.text)}\n\n`
    case 'note':
      return `_${inline(one.text)}_\n\n`
    case 'facts': {
      const rows = one.rows.map(([name, value]) => `| ${inline(name)} | ${inline(value)} |\n`)
      return `| | |\n| --- | --- |\n${rows.join('')}\n`
    }
    case 'prompt':
      return `${prose(one.text)
        .split('\n')
        .map((line) => `> ${line}`)
        .join('\n')}\n\n`
    case 'said':
      return `${prose(one.text)}\n\n`
    case 'output':
      return `${fenced(one.text)}\n`
    case 'details':
      return `<details><summary>${asHtml(one.summary)}</summary>\n\n${fenced(one.text)}\n</details>\n\n`
  }
}

/** Behind a fence that is longer than any within it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text.endsWith('\n') ? text : `${text}\n`}${fence}\n`
}

/** In a line of HTML nothing is Markdown. */
function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function inline(text: string): string {
  return asHtml(text.replace(/[\\`*_[\]|#~]/g, '\\$&'))
}

/**
 * What somebody wrote as Markdown: code between fences stays, and elsewhere no tag is one, nothing is
 * loaded from anywhere, no link runs anything and no heading gets among ours.
 *
 * Only between fences at the start of a line, which every reader takes for such, is text left as it is.
 * Whether an indented one belongs to a list or to the page is not ours to tell: it is closed just as it
 * was opened, before anything stands further to the left, so that no later one can close it instead.
 */
function prose(text: string): string {
  let fence: { readonly indent: string; readonly run: string } | undefined
  const lines = text.split('\n').flatMap((typed) => {
    // Behind the mark of a quotation a tab is narrower.
    const line = typed.replace(/^\s*(?=```|~~~)/, (margin) => margin.replaceAll('\t', '    '))
    const { indent = '', run = '' } = fence ?? {}
    const close = () => {
      fence = undefined
      return indent + run
    }
    const [, before = '', mark = ''] = /^( *)(`+|~+)[ \t]*$/.exec(line) ?? []
    const isEnd = mark !== '' && mark[0] === run[0] && mark.length >= run.length
    if (isEnd && (indent !== '' || before.length <= 3)) return [close()]
    const isLeft = fence !== undefined && !/^[ \t]*$/.test(line) && !line.startsWith(indent)
    const ended = isLeft ? [close()] : []
    if (fence !== undefined) return [indent === '' ? line : inert(line)]
    const [, margin = '', ticks, tildes] = /^( {0,3})(?:(`{3,})[^`]*$|(~{3,}))/.exec(line) ?? []
    const opened = ticks ?? tildes
    if (opened !== undefined) fence = { indent: margin, run: opened }
    return [...ended, inert(line).replace(/^( {0,3})(#|=+\s*$|-+\s*$)/, '$1\\$2')]
  })
  return [...lines, ...(fence === undefined ? [] : [fence.indent + fence.run])].join('\n')
}

/**
 * A line in which nothing is a tag or an image, and no link has a scheme but those of pages and mail, be
 * it spelled with entities or on the next line.
 */
function inert(line: string): string {
  return line
    .replaceAll('<', '&lt;')
    .replaceAll('![', '!\\[')
    .replace(/\]([(:])(?=\s*(?:$|(?!\s|(?:https?|mailto):)\S*[:&]))/gi, ']\\$1')
}
