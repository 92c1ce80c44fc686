/** A tool's turn as a person follows it: what it says on stdout, what it does on stderr. */

import { formatDuration, type RunReport, type ToolEvent } from '../../lib/index.ts'
import { usage as used } from './amount.ts'
import { outcomePaint } from './session.ts'
import type { Style } from './style.ts'
import { visible, visibleLine } from './visible.ts'
import { atMost, cutToWidth } from './width.ts'

export interface TurnViewSpec {
  /** Writes to stdout. */
  readonly write: (text: string) => void
  /** Writes to stderr. */
  readonly talk: (text: string) => void
  /** Whether all that is said there is why a turn did not end well. */
  readonly isQuiet: boolean
  readonly style: Style
  /** Whether stdout is a terminal, where control characters must not act. */
  readonly isTerminal: boolean
  /** Whether stderr is one: what goes on is shown there while nothing is said. */
  readonly isLive: boolean
  /** Whether a line that is shown for a while may be drawn on stderr now. */
  readonly canDraw: () => boolean
  /** How wide stderr is. */
  readonly columns: () => number
}

/** How often what goes on is shown anew, in ms. */
const beat = 200
const wheel = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** Of how many calls that are open it is known what they are. */
const mostCalls = 256
/** Of ids that are longer nothing is remembered. */
const longestId = 256

/** Shows one turn. */
export class TurnView {
  readonly #spec: TurnViewSpec
  readonly #calls = new Map<string, string>()
  readonly #startedAt = performance.now()
  #lastAt = performance.now()
  #used = ''
  #turns = 0
  /** The last error that the tool told of, in words. */
  #error: string | undefined
  /** The last piece of what is being said. */
  #said = ''
  /** The first half of a character whose second half comes with the next piece. */
  #half = ''
  /** Whether stdout stands at the start of a line. */
  #isAtStart = true
  /** Whether stderr does. */
  #isClear = true
  #isShown = false
  #isPaused = false
  #timer: NodeJS.Timeout | undefined

  constructor(spec: TurnViewSpec) {
    this.#spec = spec
    if (spec.isLive) this.#timer = setInterval(() => this.#show(), beat).unref()
  }

  take(event: ToolEvent): void {
    this.#lastAt = performance.now()
    switch (event.type) {
      case 'message':
        // What a tool's own helper says is the tool's business.
        if (event.role === 'user' || event.data !== undefined) return
        this.#clear()
        this.#saySo(event.text, event.delta !== true)
        break
      case 'tool_call':
        this.#begin(event.id, callText(event.name, event.input, event.data?.title))
        break
      case 'tool_result': {
        const call = this.#calls.get(event.id) ?? 'a tool'
        this.#calls.delete(event.id)
        if (this.#spec.isQuiet) break
        const exit = event.exit_code ? ` (exit ${event.exit_code})` : ''
        const { style } = this.#spec
        const sign = event.status === 'ok' ? style.green('✓') : style.red('✗')
        this.#say(`${sign} ${style.dim(call + exit)}`)
        break
      }
      case 'error':
        this.#error = `${this.#spec.style.yellow('!')} ${visibleLine(event.text)}`
        if (!this.#spec.isQuiet) this.#say(this.#error)
        break
      case 'usage':
        this.#used = used(event.tokens) || this.#used
    }
  }

  /** Makes room for a person who is asked something; nothing moves there until the disposal. */
  pause(): Disposable {
    this.yield()
    this.#isPaused = true
    return {
      [Symbol.dispose]: () => {
        this.#isPaused = false
      },
    }
  }

  /** Makes room for whole lines of somebody else on stderr. */
  yield(): void {
    this.#clear()
    if (this.#spec.isTerminal && this.#spec.isLive) this.#endLine()
  }

  /** Makes room for what the tool itself writes to stderr. */
  yieldTo(chunk: Uint8Array): void {
    if (this.#isClear) this.yield()
    this.#isClear = chunk.at(-1) === 10
  }

  /** Stops showing what goes on. */
  end(): void {
    clearInterval(this.#timer)
    this.#clear()
  }

  /** For a turn that did not end well: names the calls of which nothing came, or says the last error. */
  endBadly(): void {
    const { style, isQuiet } = this.#spec
    if (!isQuiet) {
      for (const call of this.#calls.values()) this.#say(`${style.yellow('…')} ${style.dim(call)}`)
    } else if (this.#error !== undefined) this.#say(this.#error)
  }

  #begin(id: string, call: string): void {
    if (id.length <= longestId) this.#calls.set(id, call)
    for (const oldest of this.#calls.keys()) {
      if (this.#calls.size <= mostCalls) break
      this.#calls.delete(oldest)
    }
  }

  #say(line: string): void {
    this.#clear()
    this.#endLine()
    this.#spec.talk(`${this.#isClear ? '' : '\n'}${line}\n`)
    this.#isClear = true
  }

  /** In one write, which ends the line when nothing more comes. */
  #saySo(piece: string, isWhole: boolean): void {
    const there = this.#half + piece
    this.#half = isWhole ? '' : (/[\ud800-\udbff]$/.exec(there)?.[0] ?? '')
    const said = there.slice(0, there.length - this.#half.length)
    const text = this.#spec.isTerminal ? visible(said, this.#said) : said
    this.#said = isWhole ? '' : said || this.#said
    const isOpen = text === '' ? !this.#isAtStart : !text.endsWith('\n')
    this.#write(isWhole && isOpen ? `${text}\n` : text)
  }

  #write(text: string): void {
    if (text === '') return
    this.#isAtStart = text.endsWith('\n')
    this.#spec.write(text)
  }

  #endLine(): void {
    if (!this.#isAtStart) this.#write('\n')
  }

  #show(): void {
    // In the middle of what is being said there is no room for it.
    if (this.#isPaused || !this.#isAtStart || !this.#isClear) return
    if (!this.#spec.canDraw()) return
    const now = performance.now()
    const idle = now - this.#lastAt
    const [call] = this.#calls.values()
    const parts = [
      formatDuration(now - this.#startedAt),
      call,
      this.#used,
      idle >= 5_000 ? `silent for ${formatDuration(idle)}` : undefined,
    ].filter(Boolean)
    const sign = wheel[this.#turns++ % wheel.length]
    // Within the last column too some terminals wrap.
    const line = cutToWidth(`${sign} ${parts.join(' · ')}`, this.#spec.columns() - 1, atMost)
    this.#spec.talk(`\r\u001b[K${this.#spec.style.dim(line)}`)
    this.#isShown = true
  }

  #clear(): void {
    if (this.#isShown) this.#spec.talk('\r\u001b[K')
    this.#isShown = false
  }
}

/**
 * The last line of a turn: how it went, and what can be done next; `place` has the words that say where
 * the session is found, unless it is there no more.
 */
export function endText(
  { result, next }: RunReport,
  style: Style,
  place: readonly string[] | undefined,
): string {
  const { outcome, duration_ms, usage, session_id, exit_code, signal } = result
  const exit = signal ?? (exit_code ? `exit ${exit_code}` : undefined)
  const facts = [`in ${formatDuration(duration_ms)}`, exit, usage && used(usage)]
  const went = `${outcomePaint(outcome, style)(outcome)} ${facts.filter(Boolean).join(', ')}`
  if (place === undefined) return went
  const isResume = next === 'goes_on' || next === 'begins'
  // A fork is made where its source is.
  if (!isResume && place.includes('--all-projects')) return went
  const verb = isResume ? ['stint resume', ...place] : ['stint run', ...place, '--fork']
  const again = [...verb, session_id.slice(0, 10)].join(' ')
  const isAgain = next === 'begins' && outcome !== 'success'
  return [went, `${isAgain ? 'try again' : 'go on'}: ${again} "…"`].join(style.dim(' · '))
}

/** A call on one line: its name, and the most telling of its arguments. */
export function callText(name: string, input: unknown, title?: unknown): string {
  const said = typeof title === 'string' && title !== name ? title : undefined
  const first = textWithin(input, 3) ?? said ?? textWithin(input, 3, true)
  const words = [visibleLine(name), first === undefined ? '' : visibleLine(unwrapped(first))]
  const text = words.filter(Boolean).join(': ')
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}

/** The first text in a value, at most so deep in it; an id, which tells a person nothing, only if asked for. */
function textWithin(value: unknown, depth: number, withIds = false): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value !== 'object' || value === null || depth === 0) return undefined
  if (isWords(value)) return /^-l?c$/.test(value.at(-2) ?? '') ? value.at(-1) : value.join(' ')
  for (const [key, one] of Object.entries(value)) {
    if (!withIds && /(?:^|_)id$|Id$/.test(key)) continue
    const text = textWithin(one, depth - 1, withIds)
    if (text !== undefined) return text
  }
  return undefined
}

function isWords(value: object): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')
}

/** What a shell is given to do tells more than that there is a shell. */
function unwrapped(command: string): string {
  const [, mark, quoted = ''] =
    /^(?:\/bin\/)?(?:ba|z)?sh -l?c (["'])([\s\S]*)\1$/.exec(command) ?? []
  if (mark === undefined) return command
  return mark === '"' ? quoted.replace(/\\(["$\\`])/g, '$1') : quoted.replaceAll(`'"'"'`, "'")
}
