/** What the words of a command line point at: a store, and sessions in it. */

import {
  listStores,
  openStore,
  type Resolved,
  readConfig,
  resolveRef,
  type Settings,
  type Store,
} from '../lib/index.ts'
import { flag, type Invocation, text } from './command.ts'
import type { Context } from './context.ts'

/** The store that --store, --project or the current directory names. */
export function storeOf(invocation: Invocation, context: Context): Store {
  const project = text(invocation, 'project')
  const store = text(invocation, 'store')
  return openStore({
    env: context.env,
    home: homeOf(context),
    cwd: context.cwd,
    now: context.now,
    ...(project === undefined ? {} : { project }),
    ...(store === undefined ? {} : { store }),
  })
}

/** That store, or with --all-projects every store there is. */
export function storesOf(invocation: Invocation, context: Context): Store[] {
  const store = storeOf(invocation, context)
  return flag(invocation, 'all-projects') ? listStores(store) : [store]
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

/** The settings; what is wrong with their file and could be passed over is said. */
export function settingsOf(context: Context): Settings {
  const { settings, warnings } = readConfig(context.env, homeOf(context))
  for (const warning of warnings) context.out.warn(warning)
  return settings
}

/** The user's home directory. */
export function homeOf(context: Context): string {
  return context.env.HOME || process.getBuiltinModule('node:os').homedir()
}
