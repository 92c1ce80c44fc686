/** A session as a document for others: Markdown, JSON, or a page that loads and runs nothing. */

import { commandLine, type Entry, formatJson, type SharedSession } from '../../lib/index.ts'
import { usage } from './amount.ts'
import { endFacts, textOf } from './entry.ts'
import { htmlPage } from './share-html.ts'
import { markdownPage } from './share-markdown.ts'
import { callText } from './turn.ts'
import { visible, visibleLine } from './visible.ts'

export type ShareFormat = 'md' | 'json' | 'html'

/** A part of a document; its texts have no control characters but line feeds and tabs. */
export type Block =
  | {
      readonly kind: 'title' | 'turn' | 'note' | 'prompt' | 'said' | 'output'
      readonly text: string
    }
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [string, string])[] }
  | { readonly kind: 'details'; readonly summary: string; readonly text: string }

/** How blocks become a page. */
export interface Page {
  readonly head: (title: string) => string
  readonly block: (block: Block) => string
  readonly foot: string
}

/** How much output is put into one block, in characters: memory does not grow with a transcript. */
const batch = 256 * 1024

/** The document, in pieces. */
export function* shareText(shared: SharedSession, format: ShareFormat): Generator<string> {
  if (format === 'json') {
    yield* jsonOf(shared)
    return
  }
  const page = format === 'md' ? markdownPage : htmlPage
  yield page.head(titleOf(shared))
  for (const block of blocksOf(shared)) yield page.block(block)
  yield page.foot
}

function* jsonOf({ session, state, entries }: SharedSession): Generator<string> {
  yield `{"session":${formatJson(session)},\n"state":${formatJson(state)},\n"entries":[`
  let separator = '\n'
  for (const entry of entries) {
    yield separator + formatJson(entry)
    separator = ',\n'
  }
  yield '\n]}\n'
}

function titleOf({ session }: SharedSession): string {
  return visibleLine(session.description ?? session.name ?? `Session ${session.id}`)
}

function* blocksOf(shared: SharedSession): Generator<Block> {
  yield { kind: 'title', text: titleOf(shared) }
  yield { kind: 'facts', rows: factsOf(shared) }
  let output = ''
  for (const entry of shared.entries) {
    if (entry.type === 'output' && output.length < batch) {
      output += `${visible(entry.text ?? '')}\n`
      continue
    }
    if (output !== '') yield { kind: 'output', text: output }
    output = entry.type === 'output' ? `${visible(entry.text ?? '')}\n` : ''
    if (output === '') yield* blocksOfEntry(entry)
  }
  if (output !== '') yield { kind: 'output', text: output }
}

function factsOf({ session, state }: SharedSession): (readonly [string, string])[] {
  const rows: [string, string | null | undefined][] = [
    ['session', session.id],
    ['name', session.name],
    ['status', session.status],
    ['tools', session.tools.join(', ')],
    ['turns', session.turn === 0 ? null : String(session.turn)],
    ['outcome', session.outcome],
    ['created', session.created_at],
    ['used', session.last_accessed],
    ['parent', session.parent_session_id],
    ['fork of', session.fork_of_session_id],
    ['project', session.project_path],
    ['directory', session.cwd],
    ['branch', session.branch],
    ['commit', state.git?.head_at_creation],
    ['usage', session.usage === null ? null : usage(session.usage)],
  ]
  return rows.flatMap(([name, value]) => (value ? [[name, visibleLine(value)] as const] : []))
}

function* blocksOfEntry({ type, turn, ts, text, data }: Entry): Generator<Block> {
  switch (type) {
    case 'turn_started': {
      yield { kind: 'turn', text: visibleLine(`Turn ${turn}: ${textOf(data.tool)}, ${ts}`) }
      const argv = Array.isArray(data.argv) ? commandLine(data.argv.map(textOf)) : ''
      if (typeof data.prompt === 'string') yield { kind: 'prompt', text: visible(data.prompt) }
      else if (argv !== '') yield { kind: 'output', text: `$ ${visibleLine(argv)}\n` }
      return
    }
    case 'turn_ended':
      yield { kind: 'note', text: endOf(turn, data) }
      return
    case 'message':
      yield { kind: data.role === 'user' ? 'prompt' : 'said', text: visible(text ?? '') }
      return
    case 'thought':
      yield { kind: 'details', summary: 'thought', text: visible(text ?? '') }
      return
    case 'tool_call':
      yield {
        kind: 'details',
        summary: callText(textOf(data.name), data.input, data.title),
        text: visible(formatJson(data.input ?? null, 2)),
      }
      return
    case 'tool_result': {
      const exit = typeof data.exit_code === 'number' ? `, exit ${data.exit_code}` : ''
      const summary = visibleLine(`result: ${textOf(data.status ?? 'unknown')}${exit}`)
      yield { kind: 'details', summary, text: visible(text ?? '') }
      return
    }
    case 'error':
      yield { kind: 'note', text: `error: ${visibleLine(text ?? textOf(data.code ?? ''))}` }
      return
    case 'session':
      yield { kind: 'note', text: visibleLine(`${textOf(data.event)}, ${ts}`) }
      return
    case 'usage':
    case 'provider_session':
      return
    default: {
      const body = text ?? formatJson(data, 2)
      yield { kind: 'details', summary: visibleLine(type), text: visible(body) }
    }
  }
}

function endOf(turn: number, data: Entry['data']): string {
  const outcome = textOf(data.outcome ?? 'unknown')
  const used = typeof data.usage === 'object' && data.usage !== null ? usage(data.usage) : ''
  const facts = [...endFacts(data), used].filter(Boolean)
  return visibleLine([`turn ${turn} ended: ${outcome}`, ...facts].join(', '))
}
