/** The shape of a verb and its options, and how a handler reads what was given. */

import type { Context } from './context.ts'

/** What an option's value is: text as typed unless said otherwise. */
export type Kind = 'text' | 'count' | 'duration' | 'size' | 'when' | 'list' | 'choice'

export interface Option {
  /** The long form without its dashes; `no-hup` is simply a switch of that name. */
  readonly name: string
  /** One letter. */
  readonly short?: string
  /** What the value is called in help; an option without one is a switch. */
  readonly value?: string
  /** The value may be left out and is given only as `--name=value`. */
  readonly optionalValue?: true
  readonly kind?: Kind
  /** The words that a `choice` is one of, and that a `list` is made of where it has any. */
  readonly choices?: readonly string[]
  /** The least that a `count` may be; 0 unless said. */
  readonly min?: number
  /** Every value counts; otherwise the last one does. */
  readonly repeat?: true
}

/** A verb as the words of a command line are parsed by it. */
export interface Verb {
  readonly name: string
  /** The verb whose handler carries it out as well; its own unless said. */
  readonly handler?: string
  /** The positionals, as the usage line shows them: `REF [NAME]`. */
  readonly usage: string
  readonly positionals: { readonly min: number; readonly max: number }
  /** The words of which the first positional is one. */
  readonly actions?: readonly string[]
  /** It runs a tool, and its exit status is the tool's. */
  readonly runs?: true
  /** What stands behind `--` is a command to run. */
  readonly passthrough?: true
  /** Its own options; `optionsOf` adds those that it shares with others. */
  readonly options: readonly Option[]
  /**
   * Which sessions it can be pointed at: those of every project, also of several stores that are named,
   * those of one, or none.
   */
  readonly reach: 'many' | 'all' | 'one' | 'none'
}

export interface ExplainedOption extends Option {
  readonly help: string
}

export type Group = 'Run' | 'Look' | 'Change' | 'Clean up'

/** The same as help explains it; the build leaves these words out of what every command loads. */
export interface ExplainedVerb extends Verb {
  readonly group: Group
  readonly summary: string
  readonly options: readonly ExplainedOption[]
  /** Paragraphs, separated by empty lines. */
  readonly details: string
  /** What its exit statuses mean. */
  readonly exits: readonly (readonly [status: string, meaning: string])[]
  readonly examples: readonly string[]
}

export type Value = string | number | readonly string[] | true

/** What a person asked for: a verb and what was given with it. */
export interface Invocation {
  readonly verb: Verb
  /** Every option that the verb takes. */
  readonly options: readonly Option[]
  readonly positionals: readonly string[]
  /** The words after `--` of a verb that runs a tool; undefined without `--`. */
  readonly command: readonly string[] | undefined
  /** By option name; `true` stands for a switch, or for an optional value that was left out. */
  readonly values: ReadonlyMap<string, readonly Value[]>
}

/** What carries a verb out; resolves to the exit status. */
export type Handler = (invocation: Invocation, context: Context) => Promise<number>

const anywhere: readonly ExplainedOption[] = [
  { name: 'json', help: 'print one JSON document; failures become one JSON line' },
  { name: 'quiet', short: 'q', help: 'say nothing but data, warnings and errors' },
  {
    name: 'color',
    value: 'WHEN',
    kind: 'choice',
    choices: ['auto', 'always', 'never'],
    help: 'colour the output: auto, always or never',
  },
  { name: 'help', short: 'h', help: 'show this help' },
]

const project: ExplainedOption = {
  name: 'project',
  value: 'DIR',
  help: 'the project of DIR instead of the current directory',
}

const store: ExplainedOption = { name: 'store', value: 'DIR', help: 'the store at DIR itself' }

const stores: ExplainedOption = {
  ...store,
  repeat: true,
  help: 'the store at DIR itself; given more than once, all of them together',
}

const allProjects: ExplainedOption = {
  name: 'all-projects',
  help: 'look in the stores of all projects',
}

/** Every option that a verb takes: its own, then the shared ones. */
export function optionsOf(verb: ExplainedVerb): readonly ExplainedOption[]
export function optionsOf(verb: Verb): readonly Option[]
export function optionsOf(verb: Verb): readonly Option[] {
  const { reach } = verb
  const shared = reach === 'none' ? [] : [project, reach === 'many' ? stores : store]
  const wide = reach === 'all' || reach === 'many' ? [allProjects] : []
  return [...verb.options, ...shared, ...wide, ...anywhere]
}

/** `stint rename [options] REF [NAME]`. */
export function usageLine(verb: Verb): string {
  return ['stint', verb.name, '[options]', verb.usage].filter((part) => part !== '').join(' ')
}

/** Whether a switch was given, or an option with an optional value in either form. */
export function flag(invocation: Invocation, name: string): boolean {
  findOption(invocation, name)
  return invocation.values.has(name)
}

/** The text of an option (also of a choice), or undefined when it was not given or is bare. */
export function text(invocation: Invocation, name: string): string | undefined {
  return last(invocation, name, ['text', 'choice']) as string | undefined
}

/** Every text of an option that repeats. */
export function texts(invocation: Invocation, name: string): readonly string[] {
  expectKind(invocation, name, ['text', 'choice'])
  return (invocation.values.get(name) ?? []) as readonly string[]
}

/** The whole number of an option, or undefined. */
export function count(invocation: Invocation, name: string): number | undefined {
  return last(invocation, name, ['count']) as number | undefined
}

/** The milliseconds of an option, or undefined when it was not given or is bare. */
export function duration(invocation: Invocation, name: string): number | undefined {
  return last(invocation, name, ['duration']) as number | undefined
}

/** The bytes of an option, or undefined. */
export function size(invocation: Invocation, name: string): number | undefined {
  return last(invocation, name, ['size']) as number | undefined
}

/** The instant, in ms since 1970, of an option, or undefined. */
export function when(invocation: Invocation, name: string): number | undefined {
  return last(invocation, name, ['when']) as number | undefined
}

/** The words of a comma-separated option, over all its values if it repeats, or undefined. */
export function list(invocation: Invocation, name: string): readonly string[] | undefined {
  expectKind(invocation, name, ['list'])
  return (invocation.values.get(name) as readonly (readonly string[])[] | undefined)?.flat()
}

/** The same without what is undefined: what was not said. */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const said = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

function last(invocation: Invocation, name: string, kinds: readonly Kind[]): Value | undefined {
  expectKind(invocation, name, kinds)
  const value = invocation.values.get(name)?.at(-1)
  return value === true ? undefined : value
}

function expectKind(invocation: Invocation, name: string, kinds: readonly Kind[]): void {
  const option = findOption(invocation, name)
  if (option.value === undefined || !kinds.includes(option.kind ?? 'text')) {
    throw new Error(`--${name} of ${invocation.verb.name} has no ${kinds.join(' or ')}`)
  }
}

function findOption(invocation: Invocation, name: string): Option {
  const option = invocation.options.find((one) => one.name === name)
  if (option === undefined) throw new Error(`${invocation.verb.name} declares no --${name}`)
  return option
}
