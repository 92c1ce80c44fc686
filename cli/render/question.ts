/** What an agent asks before it acts, as the person sees it who is to judge it. */

import type { Question } from '../../lib/index.ts'
import { visible, visibleLine } from './visible.ts'

/** How much of what the agent is about to do is shown: lines, and characters of one. */
const mostLines = 20
const longestLine = 500

/** The question, all that is known of the call beside its title, and the choices by number. */
export function questionText({ toolCall, options }: Question): string {
  const { title, kind } = toolCall
  const act = kind && kind !== 'other' ? ` ${visibleLine(kind.replaceAll('_', ' '))}` : ''
  const details = detailsOf(toolCall).flatMap((text) => visible(text).trim().split('\n'))
  const more = details.length - mostLines
  return [
    `the agent wants to${act}: ${visibleLine(title ?? 'something')}`,
    ...details.slice(0, mostLines).map((line) => `  | ${cut(line)}`),
    ...(more > 0 ? [`  | … ${more} more lines`] : []),
    ...options.map(({ name }, i) => `  ${i + 1}  ${visibleLine(name)}`),
  ].join('\n')
}

/** A title is what the agent makes of the call; these are the call. */
function detailsOf({ title, rawInput, content, locations }: Question['toolCall']): string[] {
  const input =
    typeof rawInput === 'object' && rawInput !== null
      ? Object.entries(rawInput).map(([key, value]) => [`${key}: `, textOf(value)] as const)
      : [['', rawInput == null ? '' : textOf(rawInput)] as const]
  const shown = (content ?? []).map((part) => {
    if (part.type === 'diff') {
      const [before, after] = [countLines(part.oldText ?? ''), countLines(part.newText)]
      return ['', `${part.path}: ${before} lines become ${after}`] as const
    }
    const block = part.type === 'content' ? part.content : undefined
    return ['', block?.type === 'text' ? block.text : ''] as const
  })
  const told = [...input, ...shown].filter(([, text]) => text.trim() !== '' && text !== title)
  const said = [title ?? '', ...told.map(([, text]) => text)].join('\n')
  const places = (locations ?? []).map(({ path }) => path).filter((path) => !said.includes(path))
  return [...told.map((words) => words.join('')), ...places]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function countLines(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length
}

function cut(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line
}
