/** What Claude's messages are made of, in its stream and in the files that it keeps. */

import { isTable } from '../base/decode.ts'
import type { ToolEvent } from './event.ts'
import { type Fields, fieldsIn, idIn, known, rawEvent, textIn } from './fields.ts'

/** The blocks of a line's message; a bare text is one of them. */
export function blocksOf(line: Fields): readonly Fields[] {
  const { content } = fieldsIn(line, 'message')
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return Array.isArray(content) ? content.filter(isTable) : []
}

/** A block of the assistant's. */
export function assistantEvent(block: Fields): ToolEvent {
  switch (block.type) {
    case 'text':
      return { type: 'message', text: textIn(block, 'text') ?? '' }
    case 'thinking':
      return { type: 'thought', text: textIn(block, 'thinking') ?? '' }
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
      return rawEvent(block)
  }
}

/** A block of the user's, in whose name tools answer. */
export function userEvent(block: Fields): ToolEvent {
  if (block.type === 'text') {
    return { type: 'message', role: 'user', text: textIn(block, 'text') ?? '' }
  }
  if (block.type !== 'tool_result') return rawEvent(block)
  return {
    type: 'tool_result',
    id: idIn(block, 'tool_use_id') ?? '',
    status: block.is_error === true ? 'failed' : 'ok',
    ...known<{ output?: string }>({ output: outputOf(block.content) }),
  }
}

/** An event with what its line says of it; a raw one says all of that itself. */
export function withData(event: ToolEvent, data: Fields | undefined): ToolEvent {
  return data === undefined || event.type === 'raw' ? event : ({ ...event, data } as ToolEvent)
}

function outputOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return undefined
  return content
    .map((block) => (isTable(block) ? (textIn(block, 'text') ?? `[${String(block.type)}]`) : ''))
    .join('\n')
}
