/** The words of the command line to an invocation; text stays exactly as it was typed. */

import { Failure, parseDuration, parseSize, parseWhen } from '../lib/index.ts'
import {
  type Invocation,
  type Option,
  optionsOf,
  usageLine,
  type Value,
  type Verb,
} from './command.ts'
import { nearestOf } from './nearest.ts'

/**
 * Parses what follows the verb; `now` is what dates given as "ago" count from.
 *
 * Options stand before or after positionals, `--name value` or `--name=value`; one-letter switches
 * can be bundled; `--` ends the options. A word such as `- item` or `--- text`, whose name part has
 * white space in it, is no option but text. Throws USAGE and UNKNOWN_OPTION.
 */
export function parseArgs(verb: Verb, words: readonly string[], now: number): Invocation {
  const options = optionsOf(verb)
  const values = new Map<string, Value[]>()
  const positionals: string[] = []
  let command: readonly string[] | undefined

  const give = (option: Option, value: Value) => {
    const earlier = option.repeat ? (values.get(option.name) ?? []) : []
    values.set(option.name, [...earlier, value])
  }
  const nul = words.findIndex((word) => word.includes('\0'))
  if (nul >= 0) throw misused(verb, 'an argument contains a NUL byte')

  let at = 0
  const take = (option: Option, shown: string): Value => {
    const value = words[at]
    if (value === undefined || value === '--' || isDeclared(options, value)) {
      const hint = value === undefined ? '' : `; if it is ${quote(value)}, write --${option.name}=…`
      throw misused(verb, `${shown} needs a value: ${wanted(option)}${hint}`)
    }
    at += 1
    return readValue(verb, option, value, now)
  }

  while (at < words.length) {
    const word = words[at] as string
    at += 1
    if (word === '--') {
      const rest = words.slice(at)
      if (verb.passthrough) command = rest
      else positionals.push(...rest)
      break
    }
    if (!isOptionWord(word)) {
      positionals.push(word)
      continue
    }
    const equals = word.indexOf('=')
    const typed = equals < 0 ? word : word.slice(0, equals)
    const attached = equals < 0 ? undefined : word.slice(equals + 1)
    if (typed.startsWith('--')) {
      const option = options.find((one) => one.name === typed.slice(2))
      if (option === undefined) throw unknown(verb, options, typed, positionals)
      if (option.value === undefined) {
        if (attached !== undefined) throw misused(verb, `${typed} takes no value`)
        give(option, true)
      } else if (attached !== undefined) {
        give(option, readValue(verb, option, attached, now))
      } else {
        give(option, option.optionalValue ? true : take(option, typed))
      }
      continue
    }
    const letters = [...typed.slice(1)]
    for (const [index, letter] of letters.entries()) {
      const option = options.find((one) => one.short === letter)
      if (option === undefined) throw unknown(verb, options, `-${letter}`, positionals)
      const isLast = index === letters.length - 1
      if (option.value === undefined || option.optionalValue) {
        if (isLast && attached !== undefined) {
          const remedy = option.optionalValue ? `; write --${option.name}=…` : ''
          throw misused(verb, `-${letter} takes no value${remedy}`)
        }
        give(option, true)
      } else if (isLast && attached === undefined) {
        give(option, take(option, `-${letter}`))
      } else {
        throw misused(
          verb,
          `-${letter} takes its value as a word of its own: -${letter} ${option.value}`,
        )
      }
    }
  }

  const invocation: Invocation = { verb, options, positionals, command, values }
  if (!values.has('help')) checkPositionals(invocation)
  return invocation
}

/** Throws USAGE when more than one of these options was given. */
export function refuseTogether(invocation: Invocation, ...names: readonly string[]): void {
  const given = names.filter((name) => invocation.values.has(name))
  if (given.length < 2) return
  const shown = given.map((name) => `--${name}`)
  throw misused(
    invocation.verb,
    `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)} exclude each other`,
  )
}

/** A USAGE failure that ends with the verb's usage line. */
export function misused(verb: Verb, problem: string): Failure<'USAGE'> {
  return new Failure('USAGE', { problem, usage: usageLine(verb) })
}

function checkPositionals({ verb, positionals, command }: Invocation): void {
  const { min, max } = verb.positionals
  const extra = positionals[max]
  if (extra !== undefined) {
    const remedy =
      verb.passthrough && verb.runs ? '; put a prompt in quotes, and -- before a command' : ''
    throw misused(verb, `\`stint ${verb.name}\` has no use for ${quote(extra)}${remedy}`)
  }
  if (positionals.length < min) {
    const names = verb.usage.split(' ').filter((name) => !/^[[(]?--/.test(name))
    const name =
      positionals.length === 0 && verb.actions !== undefined
        ? orList(verb.actions)
        : (names[positionals.length] ?? 'an argument').replace(/[[\]…]/g, '')
    const such = name === 'REF' ? ', such as @last' : ''
    throw misused(verb, `\`stint ${verb.name}\` needs ${name}${such}`)
  }
  const action = positionals[0]
  if (verb.actions !== undefined && action !== undefined && !verb.actions.includes(action)) {
    const nearest = nearestOf(action, verb.actions)
    const remedy = nearest === undefined ? '' : `; did you mean ${nearest}?`
    throw misused(
      verb,
      `\`stint ${verb.name}\` takes ${orList(verb.actions)}, not ${quote(action)}${remedy}`,
    )
  }
  if (command !== undefined && command.length === 0) {
    throw misused(verb, 'there is no command after --')
  }
}

function readValue(verb: Verb, option: Option, value: string, now: number): Value {
  const parsed = parseValue(option, value, now)
  if (parsed !== undefined) return parsed
  throw misused(verb, `--${option.name} takes ${wanted(option)}, not ${quote(value)}`)
}

function parseValue(option: Option, value: string, now: number): Value | undefined {
  const allowed = (word: string) => option.choices === undefined || option.choices.includes(word)
  switch (option.kind ?? 'text') {
    case 'text':
      // An empty path would be the current directory.
      return value === '' && /^(?:DIR|FILE)$/.test(option.value ?? '') ? undefined : value
    case 'choice':
      return allowed(value) ? value : undefined
    case 'count': {
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
      return number >= (option.min ?? 0) ? number : undefined
    }
    case 'duration':
      return parseDuration(value)
    case 'size':
      return parseSize(value)
    case 'when':
      return parseWhen(value, now)
    case 'list': {
      const items = value.split(',')
      return items.every((item) => item !== '' && allowed(item)) ? items : undefined
    }
  }
}

function wanted(option: Option): string {
  switch (option.kind ?? 'text') {
    case 'text':
      return option.value ?? 'text'
    case 'choice':
      return orList(option.choices ?? [])
    case 'count':
      return `a whole number${option.min === undefined ? '' : ` from ${option.min}`}`
    case 'duration':
      return 'a duration such as 45s, 30m, 12h, 7d or 2w'
    case 'size':
      return 'a size such as 512MiB, 2GB or 64k'
    case 'when':
      return 'a date such as 2026-02-06 or 2026-02-06T10:00Z, or a duration ago such as 12h or 7d'
    case 'list':
      return option.choices === undefined
        ? 'one or more words separated by commas'
        : `one or more of ${option.choices.join(',')}`
  }
}

function isOptionWord(word: string): boolean {
  return /^-[^\s=]+(?:=|$)/.test(word) || /^--=/.test(word)
}

function isDeclared(options: readonly Option[], word: string): boolean {
  if (!isOptionWord(word)) return false
  const typed = word.split('=', 1)[0] as string
  if (typed.startsWith('--')) return options.some((one) => one.name === typed.slice(2))
  return [...typed.slice(1)].every((letter) => options.some((one) => one.short === letter))
}

function unknown(
  verb: Verb,
  options: readonly Option[],
  typed: string,
  before: readonly string[],
): Failure<'UNKNOWN_OPTION'> | Failure<'USAGE'> {
  const names = options.map((option) => option.name)
  const near = typed.startsWith('--') ? nearestOf(typed.slice(2), names) : undefined
  if (near !== undefined) {
    return new Failure('UNKNOWN_OPTION', { option: typed, verb: verb.name, nearest: `--${near}` })
  }
  // Behind the last word that the verb takes it is likely the command's.
  if (verb.passthrough && verb.runs && before.length === verb.positionals.max) {
    const problem = `\`stint ${verb.name}\` has no option ${quote(typed)}; put -- before the command`
    return misused(verb, problem)
  }
  return new Failure('UNKNOWN_OPTION', { option: typed, verb: verb.name })
}

function orList(words: readonly string[]): string {
  return words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`
}

/** A word as messages show it: not all of a long one. */
export function quote(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 39)}…` : value)
}
