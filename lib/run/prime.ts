/** A conversation retold to a provider that never had it. */

import { headOf } from '../base/text.ts'
import type { Entry } from '../journal/entry.ts'
import { findEntries } from '../session/turn.ts'

/** In characters: what is told of one message, and of all. */
const longestMessage = 4_000
const longest = 24_000

/**
 * A prompt that begins with what was said last in a session, as its transcript has it: redacted.
 * Undefined when nothing was said.
 */
export function primedPrompt(dir: string, prompt: string): string | undefined {
  const told: string[] = []
  let left = longest
  for (const entry of findEntries(dir)) {
    const said = saidIn(entry)
    if (said === undefined) continue
    const text = headOf(said.text.trim(), Math.min(longestMessage, left))
    left -= text.length
    told.unshift(`[${said.by}]\n${text}`)
    if (left < 200) break
  }
  if (told.length === 0) return undefined
  return [
    'What follows between the lines was said earlier, in a conversation that is not at hand any more.',
    '---',
    ...told,
    '---',
    prompt,
  ].join('\n\n')
}

function saidIn({ type, text, data }: Entry): { by: string; text: string } | undefined {
  if (type === 'turn_started' && typeof data.prompt === 'string') {
    return { by: 'user', text: data.prompt }
  }
  if (type !== 'message' || text === null || text.trim() === '') return undefined
  // The prompt stands in the turn's start already.
  return data.role === 'user' ? undefined : { by: 'assistant', text }
}
