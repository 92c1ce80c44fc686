/** What Claude's messages are made of, in its stream and in the files that it keeps. */

import { isTable } from '../base/decode.ts'
import type { Tokens, ToolEvent } from './event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  idIn,
  known,
  partsText,
  rawEvent,
  shownIn,
  sumOf,
  textIn,
} from './fields.ts'

/** The blocks of a line's message; a bare text is one of them. */
export function blocksOf(line: Fields): readonly Fields[] {
  const { content } = fieldsIn(line, 'message')
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) return isTable(content) ? [content] : []
  return content.flatMap((one) =>
    typeof one === 'string' ? [{ type: 'text', text: one }] : isTable(one) ? [one] : [],
  )
}

/** A block of the assistant's. */
export function assistantEvent(block: Fields): ToolEvent {
  const { type, text, thinking } = block
  if (type === 'text' && typeof text === 'string') return { type: 'message', text }
  if (type === 'thinking' && typeof thinking === 'string')
    return { type: 'thought', text: thinking }
  switch (type) {
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return {
        type: 'tool_call',
        id: idIn(block, 'id') ?? '',
        name: textIn(block, 'name') ?? '?',
        input: block.input,
      }
    default:
      // What ran at the provider's has its result there, too.
      return 'tool_use_id' in block ? resultOf(block) : rawEvent(block)
  }
}

/** A block of the user's, in whose name tools answer. */
export function userEvent(block: Fields): ToolEvent {
  const { type, text } = block
  if (type === 'text' && typeof text === 'string') return { type: 'message', role: 'user', text }
  return type === 'tool_result' ? resultOf(block) : rawEvent(block)
}

function resultOf(block: Fields): ToolEvent {
  const hasFailed = block.is_error === true || textIn(fieldsIn(block, 'content'), 'error_code')
  return {
    type: 'tool_result',
    id: idIn(block, 'tool_use_id') ?? '',
    status: hasFailed ? 'failed' : 'ok',
    ...known<{ output?: string }>({ output: outputOf(block) }),
  }
}

function outputOf(block: Fields): string | undefined {
  const { type, content } = block
  const hasParts = type === 'tool_result' || type === 'mcp_tool_result'
  if (!hasParts || !Array.isArray(content)) return shownIn(block, 'content')
  return partsText(content)
}

/** What a `usage` counts: its own number for the input leaves out what the cache took in or gave. */
export function tokensOf(usage: Fields): Tokens {
  const read = amountIn(usage, 'cache_read_input_tokens')
  return known<Tokens>({
    input_tokens: sumOf(
      amountIn(usage, 'input_tokens'),
      read,
      amountIn(usage, 'cache_creation_input_tokens'),
    ),
    cached_input_tokens: read,
    output_tokens: amountIn(usage, 'output_tokens'),
  })
}
