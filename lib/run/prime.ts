/** A conversation retold to a provider that never had it. */

import { isSessionId } from '../base/id.ts'
import { headOf } from '../base/text.ts'
import type { Entry } from '../journal/entry.ts'
import { besideDir } from '../layout.ts'
import { isOfOne } from '../session/liveness.ts'
import { findEntries } from '../session/turn.ts'
import type { Remark } from '../tools/adapter.ts'

/** In characters: what is told of one message, and of all. */
const longestMessage = 4_000
const longest = 24_000

/** The same for a tool that takes it for its own history, and cuts that down itself. */
const longestPast = 256 * 1024

/** What was said last in a session, oldest first, as its transcript has it: redacted. */
export function lastSaid(dir: string): readonly Remark[] {
  return findSaid(dir, longestPast, longestPast)
}

/**
 * A prompt that begins with what was said last in a session, as its transcript has it: redacted.
 * Undefined when nothing was said.
 */
export function primedPrompt(dir: string, prompt: string): string | undefined {
  const told = findSaid(dir, longestMessage, longest).map(({ by, text }) => `[${by}]\n${text}`)
  if (told.length === 0) return undefined
  return [
    'What follows between the lines was said earlier, in a conversation that is not at hand any more.',
    '---',
    ...told,
    '---',
    prompt,
  ].join('\n\n')
}

/** What a person hears of it. */
export function primedNotice(tool: string, session: string): string {
  return `${tool} starts a new conversation, told of the last turns of ${session}`
}

function findSaid(dir: string, longestOne: number, longestAll: number): Remark[] {
  const found: Remark[] = []
  let left = longestAll
  for (const entry of findPast(dir)) {
    const said = saidIn(entry)
    if (said === undefined) continue
    const text = headOf(said.text.trim(), Math.min(longestOne, left))
    left -= text.length
    found.push({ by: said.by, text })
    if (left < 200) break
  }
  return found.reverse()
}

/** The entries of a session, the newest first, and then what its source had when it was forked from it. */
function* findPast(dir: string): Generator<Entry> {
  const seen = new Set<string>()
  for (let at: string | undefined = dir, newest = Number.POSITIVE_INFINITY; at !== undefined; ) {
    seen.add(at)
    let first: Entry | undefined
    try {
      for (const entry of findEntries(at)) {
        first = entry
        if (entry.seq <= newest) yield entry
      }
    } catch (error) {
      // Without a source that is damaged less is told, but the session goes on.
      if (at === dir || !isOfOne(error)) throw error
      return
    }
    const { event, fork_of: source, seq } = first?.data ?? {}
    if (event !== 'forked' || typeof source !== 'string' || !isSessionId(source)) return
    newest = typeof seq === 'number' ? seq : Number.POSITIVE_INFINITY
    at = besideDir(dir, source)
    if (seen.has(at)) return
  }
}

/** What helpers of the assistant said was said to it. */
const helpers = ['helper', 'parent_tool_use_id', 'is_sidechain']

function saidIn({ type, text, data }: Entry): Remark | undefined {
  if (type === 'turn_started' && typeof data.prompt === 'string') {
    return { by: 'user', text: data.prompt }
  }
  if (type !== 'message' || text === null || text.trim() === '') return undefined
  // The prompt stands in the turn's start already.
  const isAside = data.role === 'user' || helpers.some((key) => key in data)
  return isAside ? undefined : { by: 'assistant', text }
}
