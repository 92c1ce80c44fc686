/** The commands that an agent runs: what one prints may be secret, and only the command says so. */

import { isTable } from '../base/decode.ts'
import { detached, oneLine } from '../base/text.ts'
import type { ToolEvent } from '../tools/event.ts'

/** More calls are not under way at a time. */
const most = 100
/** In characters, of a command and of an id: what is printed is said at a command's end. */
const longest = 300

export class Commands {
  readonly #open = new Map<string, string>()

  /** Of a result, the line that its text would stand behind in a terminal; undefined when none is known. */
  lineBefore(event: ToolEvent): string | undefined {
    if (event.type === 'tool_call') {
      const command = commandIn(event.input)
      if (command === undefined || event.id.length > longest) return undefined
      if (this.#open.size >= most) this.#open.delete(this.#open.keys().next().value ?? '')
      this.#open.set(event.id, `$ ${detached(command.slice(-longest))}`)
    } else if (event.type === 'tool_result') {
      const line = this.#open.get(event.id)
      this.#open.delete(event.id)
      return line
    }
    return undefined
  }
}

/** The last of the commands in a call's input. */
function commandIn(input: unknown): string | undefined {
  const command = isTable(input) ? (input.command ?? input.cmd) : input
  const words = Array.isArray(command) ? command : [command]
  if (!words.every((word) => typeof word === 'string')) return undefined
  const line = words
    .join(' ')
    .slice(-2 * longest)
    .trimEnd()
  return oneLine(line.split(/&&|[;\n]/).at(-1) ?? '')
}
