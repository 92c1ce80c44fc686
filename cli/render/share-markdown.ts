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
 * loaded from anywhere and no heading gets among ours. A fence is one only at the start of a line, where
 * every reader sees it as the same.
 */
function prose(text: string): string {
  let fence: string | undefined
  const lines = text.split('\n').map((line) => {
    if (fence !== undefined) {
      const [, end = ''] = /^ {0,3}(`+|~+)[ \t]*$/.exec(line) ?? []
      if (end[0] === fence[0] && end.length >= fence.length) fence = undefined
      return line
    }
    fence = /^(`{3,})[^`]*$|^(~{3,})/.exec(line)?.slice(1).find(Boolean)
    const safe = line.replaceAll('<', '&lt;').replaceAll('![', '!\\[')
    return safe.replace(/^( {0,3})(#|=+\s*$|-+\s*$)/, '$1\\$2')
  })
  return [...lines, ...(fence === undefined ? [] : [fence])].join('\n')
}
