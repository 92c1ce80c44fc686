/** What may stand next on a command line that is still being typed. */

import { type ExplainedOption, type ExplainedVerb, optionsOf } from '../command.ts'

export interface Wanted {
  /** The verb that the line has. */
  readonly verb: string | undefined
  /**
   * What it may be, as usage lines call it: `REF`, `FILE`, `VERB`, or a word in small letters that is
   * meant as it is.
   */
  readonly kinds: readonly string[]
  /** The options that may stand here. */
  readonly options: readonly ExplainedOption[]
  /** What the unfinished word has before the part that is wanted, such as `--status=running,`. */
  readonly lead: string
  /** That part, as far as it was typed. */
  readonly start: string
  /** The positionals before it. */
  readonly before: readonly string[]
  /** The options before it that say where sessions are looked for, as they were typed. */
  readonly place: readonly string[]
}

/** Behind `--`: the word of another program's command, whose name is word `command` of the line. */
export interface WantedCommand {
  readonly command: number
}

type Verbs = Readonly<Record<string, ExplainedVerb>>

/**
 * Reads the words behind `stint`, of which the last is unfinished. Whatever is wrong with those before it
 * is passed over.
 */
export function findWanted(words: readonly string[], verbs: Verbs): Wanted | WantedCommand {
  const typed = words.at(-1) ?? ''
  const [name, ...earlier] = words.slice(0, -1)
  const nothing = {
    verb: name,
    kinds: [],
    options: [],
    lead: '',
    start: typed,
    before: [],
    place: [],
  }
  if (name === undefined || (name === 'help' && earlier.length === 0)) {
    return { ...nothing, kinds: ['VERB'] }
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (verb === undefined) return nothing

  const options = optionsOf(verb)
  const before: string[] = []
  const place: string[] = []
  const given = new Set<string>()
  let open: ExplainedOption | undefined
  let isOver = false
  for (const [at, word] of earlier.entries()) {
    if (open !== undefined) {
      if (isPlace(open)) place.push(`--${open.name}=${word}`)
      open = undefined
    } else if (word === '--' && !isOver) {
      if (verb.passthrough) return { command: at + 3 }
      isOver = true
    } else if (word.startsWith('-') && !isOver) {
      const [option, value] = findOption(options, word)
      if (option === undefined) continue
      given.add(option.name)
      if (isPlace(option) && (value !== undefined || option.value === undefined)) place.push(word)
      const isDone = value !== undefined || option.value === undefined || option.optionalValue
      if (!isDone) open = option
    } else before.push(word)
  }

  const rest = { before, place }
  if (open !== undefined) return { ...nothing, ...rest, ...wantedOf(open, typed, '') }
  if (!isOver && typed.startsWith('-')) {
    const [option, value] = findOption(options, typed)
    if (value !== undefined) {
      const lead = typed.slice(0, typed.length - value.length)
      return { ...nothing, ...rest, ...(option && wantedOf(option, value, lead)) }
    }
  }
  const kinds = kindsAt(verb, before)
  // Where no word is known that could come, the options are what there is.
  const wantsOptions = !isOver && (typed.startsWith('-') || (typed === '' && kinds.length === 0))
  return {
    ...nothing,
    ...rest,
    kinds: typed.startsWith('-') && !isOver ? [] : kinds,
    options: wantsOptions ? options.filter((one) => one.repeat || !given.has(one.name)) : [],
  }
}

function isPlace({ name }: ExplainedOption): boolean {
  return name === 'project' || name === 'store' || name === 'all-projects'
}

/** The option of a word, by its long name or by the last of its letters, and the value in the word. */
function findOption(
  options: readonly ExplainedOption[],
  word: string,
): [option: ExplainedOption | undefined, value: string | undefined] {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word : word.slice(0, equals)
  return [
    options.find((one) =>
      name.startsWith('--') ? one.name === name.slice(2) : one.short === name.at(-1),
    ),
    equals < 0 ? undefined : word.slice(equals + 1),
  ]
}

/** What an option's value may be; of a list the last word is wanted. */
function wantedOf(
  { kind, value = '', choices }: ExplainedOption,
  typed: string,
  lead: string,
): Pick<Wanted, 'kinds' | 'lead' | 'start'> {
  const at = kind === 'list' ? typed.lastIndexOf(',') + 1 : 0
  return {
    kinds: choices ?? [value.replace(',…', '')],
    lead: lead + typed.slice(0, at),
    start: typed.slice(at),
  }
}

/** What the next positional may be, by the verb's usage line. */
function kindsAt({ usage, actions, positionals }: ExplainedVerb, before: readonly string[]) {
  if (before.length >= positionals.max) return []
  const [action] = before
  if (actions !== undefined && action === undefined) return actions
  const way = usage
    .split(' | ')
    .find((one) => actions === undefined || one.startsWith(`${action} `))
  // What stands in parentheses is a prompt, or a command behind `--`.
  const names = way?.replace(/\(.*/, '').trim().split(' ') ?? []
  const last = names.at(-1)
  const name = names[before.length] ?? (last?.includes('…') ? last : '')
  return name
    .replace(/[[\]…]/g, '')
    .split('|')
    .filter((one) => one !== '')
}
