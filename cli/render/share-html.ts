/** Blocks as one HTML page that needs nothing else: no script, nothing loaded, every text escaped. */

import type { Block, Page } from './share.ts'

const style = `:root{color-scheme:light dark;--edge:#8885;--soft:#8881}
body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem;border-top:1px solid var(--edge);padding-top:1rem;font-size:1.2rem}
th{text-align:left;font-weight:600;padding-right:1.5rem;vertical-align:top}
td{overflow-wrap:anywhere}
pre,.said,blockquote{white-space:pre-wrap;overflow-wrap:anywhere}
pre{font:13px/1.45 ui-monospace,monospace;background:var(--soft);padding:.75rem;border-radius:6px}
blockquote{margin:1rem 0;padding:.5rem 1rem;border-left:4px solid #48f}
details{margin:.5rem 0}
summary{cursor:pointer;font:13px/1.45 ui-monospace,monospace;opacity:.8}
.note{opacity:.7;font-style:italic}`

export const htmlPage: Page = {
  head: (title) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}</style>
`,
  block: (one) => `${block(one)}\n`,
  foot: '</html>\n',
}

function block(one: Block): string {
  switch (one.kind) {
    case 'title':
      return `<h1>${escaped(one.text)}</h1>`
    case 'turn':
      return `<h2>${escaped(one.text)}</h2>`
    case 'note':
      return `<p class="note">${escaped(one.text)}</p>`
    case 'facts': {
      const rows = one.rows.map(
        ([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
      )
      return `<table>\n${rows.join('\n')}\n</table>`
    }
    case 'prompt':
      return `<blockquote>${escaped(one.text)}</blockquote>`
    case 'said':
      return `<div class="said">${escaped(one.text)}</div>`
    case 'output':
      return `<pre>\n${escaped(one.text)}</pre>`
    case 'details':
      return `<details><summary>${escaped(one.summary)}</summary><pre>\n${escaped(one.text)}</pre></details>`
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string)
}
