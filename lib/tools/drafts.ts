/** What a tool has begun to say: it is told only if the tool never says it whole. */

import { cutText } from '../base/text.ts'
import type { TextEvent, ToolEvent } from './event.ts'

export type Draft = TextEvent | (ToolEvent & { readonly type: 'tool_result' })

/** How many are remembered: more than any tool has open at once. */
const most = 64

/** Of a text, in UTF-16 units: more than an entry keeps, so that redaction sees past the cut. */
const longest: number = 272 * 1024

/** The drafts of one stream, by keys of which none begins another. */
export class Drafts {
  readonly #drafts = new Map<string, Draft>()

  /** What there is of it so far. */
  keep(key: string, draft: Draft): void {
    const cut =
      draft.type === 'tool_result'
        ? { ...draft, output: cutText(draft.output ?? '', longest) }
        : { ...draft, text: cutText(draft.text, longest) }
    this.#drafts.set(key, cut)
    for (const oldest of this.#drafts.keys()) {
      if (this.#drafts.size <= most) break
      this.#drafts.delete(oldest)
    }
  }

  /** Adds a piece of a text. */
  add(key: string, piece: TextEvent): void {
    const before = this.#drafts.get(key)
    const text = before?.type === piece.type ? before.text + piece.text : piece.text
    this.keep(key, { ...piece, text })
  }

  /** Forgets those whose keys begin so, or the oldest of them. */
  drop(prefix: string, which: 'all' | 'oldest' = 'all'): void {
    for (const key of this.#drafts.keys()) {
      if (!key.startsWith(prefix)) continue
      this.#drafts.delete(key)
      if (which === 'oldest') return
    }
  }

  /** Those that were never said whole, and never will be. */
  take(): readonly ToolEvent[] {
    const left = [...this.#drafts.values()]
    this.#drafts.clear()
    return left
  }
}

/** The output of a call that was cut off. */
export function cutResult(id: string, output: string): Draft {
  return { type: 'tool_result', id, status: 'failed', output, data: { partial: true } }
}
