/** What is read out of aider's chat history, and what is written into it. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aider, formatHistory } from '../../lib/tools/aider.ts'
import type { ToolEvent } from '../../lib/tools/event.ts'

function read(text: string): { events: ToolEvent[]; output: string[] } {
  const stream = aider.open()
  const output: string[] = []
  const events = text.split(/(?<=\n)/).flatMap((line) => {
    const found = stream.parse(line)
    if (found === undefined) output.push(line)
    return found ?? []
  })
  return { events, output }
}

/** Who said what, with the pieces of a block put together. */
function told({ events }: { events: readonly ToolEvent[] }) {
  const blocks: { by: string; text: string }[] = []
  for (const event of events) {
    if (event.type !== 'message') continue
    const by = event.role ?? 'assistant'
    const last = blocks.at(-1)
    if (last?.by === by) last.text += event.text
    else blocks.push({ by, text: event.text })
  }
  return blocks
}

describe('the chat history', () => {
  it('tells the lines of the user, of aider and of the assistant apart', () => {
    const seen = read(
      '\n# aider chat started at 2026-11-21 12:00:00\n\n> Aider v0.86.1  \n\n#### fix it  \n#### now  \n\n' +
        'Let me see.\n\nAll done.\n\n> Applied edit to door.py  \n' +
        '> Tokens: 1.2k sent, 345 received. Cost: $0.0012 message, $0.02 session.  \n',
    )
    expect(told(seen)).toEqual([
      { by: 'user', text: 'fix it\nnow' },
      { by: 'assistant', text: 'Let me see.\n\nAll done.' },
    ])
    expect(seen.output).toEqual(['> Aider v0.86.1  \n', '> Applied edit to door.py  \n'])
    expect(seen.events.filter(({ type }) => type === 'usage')).toMatchObject([
      { scope: 'step', tokens: { input_tokens: 1200, output_tokens: 345, cost_usd: 0.0012 } },
    ])
  })

  it('keeps the lines of an answer apart, whatever aider says between them', () => {
    const seen = read(
      '#### fix it\n\nOne.\n\n> Applied edit to a.py\n\nTwo.\n> Tokens: 1k sent, 2 received.\nThree.\n',
    )
    expect(told(seen)).toEqual([
      { by: 'user', text: 'fix it' },
      { by: 'assistant', text: 'One.\n\n\nTwo.\nThree.' },
    ])
  })

  it('reads back what was written of the past', () => {
    const line = fc.stringMatching(/^[a-z][a-z .]{0,20}[a-z]$/)
    const text = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n'))
    const pairs = fc.array(fc.tuple(text, text), { maxLength: 5 })
    fc.assert(
      fc.property(pairs, (said) => {
        const past = said.flatMap(([user, assistant]) => [
          { by: 'user', text: user } as const,
          { by: 'assistant', text: assistant } as const,
        ])
        expect(told(read(formatHistory(past)))).toEqual(past)
      }),
    )
  })

  it('takes any line for something, and never throws', () => {
    const stream = aider.open()
    const starts = fc.constantFrom('> ', '> Tokens: ', '#### ', '', '# aider chat started at ')
    fc.assert(
      fc.property(starts, fc.string(), (begin, rest) => {
        const events = stream.parse(begin + rest)
        expect(events === undefined || Array.isArray(events)).toBe(true)
        expect(stream.verdict()).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })
})
