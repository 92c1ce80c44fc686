import {
  builtInTools,
  checks,
  listStarting,
  listStores,
  readConfig,
  type SessionRow,
} from '../../lib/index.ts'
import { misused, parseArgs } from '../argv.ts'
import { flag, type Handler, type Verb } from '../command.ts'
import { scripts } from '../completion/scripts.ts'
import { findWanted, type Wanted } from '../completion/wanted.ts'
import type { Context } from '../context.ts'
import { visibleLine } from '../render/visible.ts'
import { homeOf, storeOf } from '../session.ts'
import { verbs } from '../verbs.ts'

/** A word that may stand at the cursor, and what it means. */
type Word = readonly [word: string, meaning: string]

/** More sessions than anybody reads through, of each store. */
const mostSessions = 50

/** Prints a shell's script, or answers it. */
export const handler: Handler = async ({ verb, positionals, command }, context) => {
  const [shell = ''] = positionals
  const script = scripts[shell]
  if (script !== undefined) {
    if (command !== undefined) throw misused(verb, `\`completion ${shell}\` takes no words`)
    context.out.data(script)
    return 0
  }
  if (command === undefined) throw misused(verb, '`stint completion words` needs -- and the words')
  const wanted = findWanted(command, verbs)
  const isCommand = 'command' in wanted
  const way = isCommand ? `command ${wanted.command}` : wayOf(wanted)
  const words = isCommand ? [] : listWords(wanted, verb, context)
  if (context.json) {
    context.out.json({ way, words: words.map(([word, meaning]) => ({ word, meaning })) })
  } else {
    const lines = words.map(([word, meaning]) => `${word}\t${visibleLine(meaning)}`)
    context.out.data(`${[way, ...lines].join('\n')}\n`)
  }
  return 0
}

/** What the shell itself adds. */
function wayOf({ kinds }: Wanted): 'files' | 'dirs' | 'words' {
  if (kinds.includes('FILE')) return 'files'
  return kinds.some((kind) => ['DIR', 'OLD', 'NEW'].includes(kind)) ? 'dirs' : 'words'
}

function listWords(wanted: Wanted, verb: Verb, context: Context): Word[] {
  const { kinds, options, lead, start, before } = wanted
  const config = () => readConfig(context.env, homeOf(context))
  const known: Readonly<Record<string, () => readonly Word[]>> = {
    VERB: () => Object.values(verbs).map(({ name, summary }) => [name, summary]),
    REF: () => (start.startsWith('@') ? marks : sessionWords(wanted, verb, context)),
    TOOL: () =>
      [...new Set([...builtInTools, ...Object.keys(config().tools)])].map((name) => [name, '']),
    KEY: () => config().rows.map(({ key, help }) => [key, help]),
    // There are so many that sessions, which may stand here as well, would be lost among them.
    CHECK: () =>
      start === '' ? [] : Object.entries(checks).map(([id, { meaning }]) => [id, meaning]),
  }
  const words = kinds.flatMap((kind): readonly Word[] =>
    /^[a-z]/.test(kind) ? [[kind, '']] : (known[kind]?.() ?? []),
  )
  const fits = ([word]: Word) =>
    word.toLowerCase().startsWith(start.toLowerCase()) && !before.includes(word)
  return [
    ...words.filter(fits).map(([word, meaning]): Word => [lead + word, meaning]),
    ...options.map(({ name, help }): Word => [`--${name}`, help]).filter(fits),
  ]
}

const marks: readonly Word[] = [
  ['@last', 'the session that ran last'],
  ['@self', 'the session of this turn'],
  ['@parent', 'its parent'],
  ['@root', 'the topmost of its ancestors'],
]

/** Sessions by their ids where those are being typed, otherwise by their names where those will do. */
function sessionWords(wanted: Wanted, verb: Verb, context: Context): Word[] {
  const { start } = wanted
  // A word that is still typed has the shell's sign for the home directory.
  const place = wanted.place.map((word) => word.replace(/(?<==)~(?=\/|$)/, homeOf(context)))
  const asked = parseArgs(verb, ['words', ...place], context.now())
  const store = storeOf(asked, context)
  const rows = (flag(asked, 'all-projects') ? listStores(store) : [store]).flatMap((one) =>
    listStarting(one, start, {
      place: wanted.verb === 'trash' ? 'trash' : 'sessions',
      limit: mostSessions,
    }),
  )
  const names = rows.map(({ name }) => name)
  return rows.map((row) => {
    const isAlone = names.indexOf(row.name) === names.lastIndexOf(row.name)
    const byName = start === '' ? isAlone : !row.id.startsWith(start.toUpperCase())
    return [(byName ? row.name : null) ?? row.id, meaningOf(row)]
  })
}

function meaningOf({ status, outcome, tool, description }: SessionRow): string {
  const how = status === 'idle' ? outcome : status
  return [how, tool, description].filter((part) => part !== null).join(', ')
}
