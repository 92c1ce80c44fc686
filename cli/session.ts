/** What the words of a command line point at: a store, and sessions in it. */

import path from 'node:path'
import {
  Failure,
  isInside,
  isMade,
  isThere,
  listDescendants,
  listStores,
  openStore,
  type Resolved,
  readConfig,
  requireUtf8,
  resolveRef,
  type SessionId,
  type Settings,
  type Store,
  shellWord,
} from '../lib/index.ts'
import { flag, given, type Invocation, text, texts } from './command.ts'
import type { Context } from './context.ts'

/** The store that --store, --project or the current directory names. */
export function storeOf(invocation: Invocation, context: Context): Store {
  return openNamed(text(invocation, 'store'), invocation, context)
}

/**
 * That store; every one that --store names; or with --all-projects every store there is. Of several,
 * one that cannot be opened is said and left out.
 */
export function storesOf(invocation: Invocation, context: Context): Store[] {
  if (flag(invocation, 'all-projects')) return listStores(storeOf(invocation, context))
  const named = texts(invocation, 'store')
  if (named.length < 2) {
    const store = storeOf(invocation, context)
    const missing = findMissing(store, invocation)
    if (missing !== undefined) context.out.warn(missing)
    return [store]
  }
  return [...new Set(named)].flatMap((dir) => {
    try {
      const store = openNamed(dir, invocation, context)
      if (isMade(store)) return [store]
      context.out.warn(absent(store))
      return []
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      context.out.warn(error.message)
      return []
    }
  })
}

/** A store appears with its first session, but what was named and is not there was likely mistyped. */
function findMissing(store: Store, invocation: Invocation): string | undefined {
  if (text(invocation, 'store') !== undefined) return isMade(store) ? undefined : absent(store)
  const dir = findMistyped(store, invocation)
  return dir === undefined ? undefined : `there is no directory ${dir}`
}

/** The project that --project names, where neither its directory nor a session of it is there. */
export function findMistyped(store: Store, invocation: Invocation): string | undefined {
  const isNamed = text(invocation, 'project') !== undefined && !invocation.values.has('store')
  if (!isNamed || isMade(store) || isThere(store.projectPath)) return undefined
  return store.projectPath
}

/** Of several stores, one that cannot be read is said, and hides no other; of one it is the failure. */
export function warnOfSeveral(
  stores: readonly Store[],
  { out }: Context,
): ((failure: Failure) => void) | undefined {
  return stores.length > 1 ? ({ message }) => out.warn(message) : undefined
}

function absent({ dir }: Store): string {
  return `there is no store at ${dir}`
}

function openNamed(store: string | undefined, invocation: Invocation, context: Context): Store {
  return openStore({
    env: context.env,
    home: homeOf(context),
    get cwd() {
      return context.cwd
    },
    now: context.now,
    ...given({ project: text(invocation, 'project'), store }),
  })
}

/** The session that a REF names. */
export function resolve(invocation: Invocation, context: Context, ref: string): Resolved {
  const allProjects = flag(invocation, 'all-projects')
  return resolveRef(storeOf(invocation, context), ref, { allProjects })
}

/** The session that the first positional names. */
export function resolveFirst(invocation: Invocation, context: Context): Resolved {
  return resolve(invocation, context, invocation.positionals[0] ?? '')
}

/** A session and all there that descend from it, parents first. */
export function withDescendants(
  { store, id }: Resolved,
  place: 'sessions' | 'trash' = 'sessions',
): Resolved[] {
  return [id, ...listDescendants(store, id, place)].map((id) => ({ store, id }))
}

/** The settings; what is wrong with their file and could be passed over is said. */
export function settingsOf(context: Context): Settings {
  const { settings, warnings } = readConfig(context.env, homeOf(context))
  for (const warning of warnings) context.out.warn(warning)
  return settings
}

/** The user's home directory; `/`, as of a container's unnamed user, where the system knows of none. */
export function homeOf({ env }: Pick<Context, 'env'>): string {
  if (env.HOME?.startsWith('/')) return env.HOME
  try {
    return process.getBuiltinModule('node:os').userInfo().homedir
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error
    return '/'
  }
}

/** An absolute path. Throws IO_FAILED for one whose bytes are no UTF-8: it would be made into another. */
export function pathOf(context: Pick<Context, 'cwd'>, typed: string): string {
  return requireUtf8(path.isAbsolute(typed) ? typed : path.resolve(context.cwd, typed))
}

/** The words that point another command of this directory at the same project or store. */
export function placeOf(invocation: Invocation): string[] {
  const words = ['project', 'store'].flatMap((name) => {
    const value = text(invocation, name)
    return value === undefined ? [] : [`--${name}`, shellWord(value)]
  })
  return flag(invocation, 'all-projects') ? [...words, '--all-projects'] : words
}

/** What waits in the foreground of a turn for this very turn waits for itself. */
export function warnInside(store: Store, id: SessionId, context: Context): void {
  if (isInside(store, id)) {
    context.out.warn(`this runs inside of session ${id}, whose turn may be waiting for it to end`)
  }
}
