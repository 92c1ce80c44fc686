/** Claude Code: `projects/<directory>/<uuid>.jsonl`, a line for each block of a message. */

import { assistantEvent, blocksOf, tokensOf, userEvent } from '../tools/claude-blocks.ts'
import { type Fields, fieldsIn, known, textIn, usageEvents, withData } from '../tools/fields.ts'
import { type About, type Format, instantOf, isProviderId, type Said, unread } from './format.ts'
import { namesIn, realDir, type Source } from './source.ts'

export const claudeFormat: Format = {
  tool: 'claude-code',
  *list({ env, home, onTrouble }) {
    const root = realDir(`${env.CLAUDE_CONFIG_DIR || `${home}/.claude`}/projects`)
    for (const project of namesIn(root, /^[^.]/, 'directory', onTrouble)) {
      const dir = `${root}/${project}`
      for (const name of namesIn(dir, /\.jsonl$/, 'file', onTrouble)) {
        // Others are what subagents said, and belong to a conversation.
        if (isProviderId(name.slice(0, -6))) yield `${dir}/${name}`
      }
    }
  },
  *read(source: Source) {
    // A copy of a conversation has the lines of its source, ids and all: the file's name counts.
    const id = source.path.slice(source.path.lastIndexOf('/') + 1, -6)
    yield { kind: 'about', facts: { id } }
    const lines = new Lines(id)
    for (const record of source.records()) {
      if (record.kind === 'fields') yield* lines.take(record.fields)
      else yield unread(record)
    }
    yield* lines.end()
  },
}

class Lines {
  readonly #id: string
  /** A line that is there twice was written twice. */
  readonly #seen = new Set<string>()
  readonly #counted = new Set<string>()
  /** The newest message: each of its lines has what it used up to there. */
  #message: { id: string; at: number | undefined; usage: Fields } | undefined

  constructor(id: string) {
    this.#id = id
  }

  /** What is left when nothing more comes. */
  end(): Iterable<Said> {
    return this.#use()
  }

  *take(line: Fields): Generator<Said> {
    const at = instantOf(line.timestamp)
    const cwd = textIn(line, 'cwd')
    if (cwd !== undefined || at !== undefined) {
      const branch = textIn(line, 'gitBranch') || undefined
      yield { kind: 'about', facts: known<About>({ cwd, at, branch }) }
    }
    const id = textIn(line, 'uuid')
    if (id !== undefined) {
      if (this.#seen.has(id)) return
      this.#seen.add(id)
    }
    switch (line.type) {
      case 'user':
        yield* this.#user(line, at)
        return
      case 'assistant':
        yield* this.#assistant(line, at)
        return
      case 'system':
        if (line.subtype === 'compact_boundary') {
          const data = fieldsIn(line, 'compactMetadata')
          yield { kind: 'event', at, event: { type: 'compacted', data } }
        } else yield { kind: 'left_out', what: `system ${textIn(line, 'subtype') ?? ''}`.trim() }
        return
      default:
        // All the rest is bookkeeping of its own: titles, snapshots of files, queues.
        yield { kind: 'left_out', what: textIn(line, 'type') ?? 'line without a type' }
    }
  }

  *#user(line: Fields, at: number | undefined): Generator<Said> {
    const blocks = blocksOf(line)
    const text = blocks
      .filter(({ type }) => type === 'text')
      .map((block) => textIn(block, 'text') ?? '')
      .join('\n')
    const isPrompt =
      line.isMeta !== true &&
      line.isSidechain !== true &&
      line.isCompactSummary !== true &&
      blocks.every(({ type }) => type !== 'tool_result') &&
      !/^\s*<(?:local-command-|bash-std|command-(?!name|message))/.test(text)
    if (isPrompt && /^\[Request interrupted by user/.test(text)) {
      yield* this.#use()
      yield { kind: 'end', at, outcome: 'interrupted' }
      return
    }
    if (isPrompt && text !== '') {
      yield* this.#use()
      yield { kind: 'prompt', at, text }
      return
    }
    if (line.isMeta === true || line.isCompactSummary === true) {
      yield { kind: 'left_out', what: 'text of the program' }
      return
    }
    for (const block of blocks)
      yield { kind: 'event', at, event: withData(userEvent(block), sideOf(line)) }
  }

  *#assistant(line: Fields, at: number | undefined): Generator<Said> {
    const message = fieldsIn(line, 'message')
    const id = textIn(message, 'id') ?? ''
    if (this.#message !== undefined && this.#message.id !== id) yield* this.#use()
    // What a copied line used was used in the conversation that it was copied from.
    const isCopy = 'forkedFrom' in line || (textIn(line, 'sessionId') ?? this.#id) !== this.#id
    this.#message = { id, at, usage: isCopy ? {} : fieldsIn(message, 'usage') }
    for (const block of blocksOf(line)) {
      if (block.type === 'redacted_thinking') continue
      yield { kind: 'event', at, event: withData(assistantEvent(block), sideOf(line)) }
    }
    if (line.isApiErrorMessage === true) yield { kind: 'end', at, outcome: 'failure' }
    else if (message.stop_reason === 'end_turn' && line.isSidechain !== true) {
      yield { kind: 'end', at, outcome: 'success' }
    }
  }

  /** What the message used that was not counted yet. */
  *#use(): Generator<Said> {
    const message = this.#message
    this.#message = undefined
    if (message === undefined || this.#counted.has(message.id)) return
    this.#counted.add(message.id)
    const { usage, at } = message
    for (const event of usageEvents('step', tokensOf(usage), usage)) {
      yield { kind: 'event', at, event }
    }
  }
}

/** What a subagent says in the same file. */
function sideOf(line: Fields): Fields | undefined {
  return line.isSidechain === true ? { is_sidechain: true } : undefined
}
