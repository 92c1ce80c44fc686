/** Every file and directory name on disk; nothing else joins names. */

import type { Env } from './base/env.ts'
import { isSessionId, type SessionId } from './base/id.ts'
import { sha256 } from './base/sha256.ts'

/** The root for this environment: STINT_HOME, XDG_STATE_HOME/stint or ~/.local/state/stint. */
export function rootDir(env: Env, home: string): string {
  if (env.STINT_HOME) return env.STINT_HOME
  // A relative value is to be ignored, says the specification.
  const xdg = env.XDG_STATE_HOME
  return xdg?.startsWith('/') ? `${xdg}/stint` : defaultRootDir(home)
}

/** The root that is used when nothing names another. */
export function defaultRootDir(home: string): string {
  return `${home}/.local/state/stint`
}

export function configFile(env: Env, home: string): string {
  const xdg = env.XDG_CONFIG_HOME
  return `${xdg?.startsWith('/') ? xdg : `${home}/.config`}/stint/config.toml`
}

/** Where the private files of turns are while they run: this user's, on this machine. */
export function runtimeDirs(
  env: Env,
  uid: number,
): { readonly own: string | undefined; readonly shared: string } {
  const { XDG_RUNTIME_DIR: xdg, TMPDIR: tmp } = env
  return {
    own: xdg?.startsWith('/') ? xdg : undefined,
    shared: `${tmp?.startsWith('/') ? tmp.replace(/(?<=.)\/$/, '') : '/tmp'}/stint-${uid}`,
  }
}

/** A turn's private file, named by who made it and for which session; one with the prompt says so. */
export const privateFile = {
  format: (dir: string, { session, pid, namespace, start }: PrivateFileName): string =>
    `${dir}/${session}.${pid}.${namespace}.${start}`,
  prompt: (file: string): string => `${file}.prompt`,
  parse: (name: string): PrivateFileName | undefined => {
    const [, session = '', pid, namespace = '', start = ''] =
      /^([^.]{26})\.(\d{1,10})\.(\d{1,20})\.([0-9a-f]{12})(?:\.prompt)?$/.exec(name) ?? []
    return isSessionId(session) ? { session, pid: Number(pid), namespace, start } : undefined
  },
} as const

export interface PrivateFileName {
  readonly session: SessionId
  readonly pid: number
  readonly namespace: string
  readonly start: string
}

export function projectsDir(root: string): string {
  return `${root}/projects`
}

/** The directory name of the store of the project at this real path. */
export function storeName(projectPath: string): string {
  const base = projectPath.slice(projectPath.lastIndexOf('/') + 1)
  return `${base.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 64) || '_'}-${sha256(projectPath).slice(0, 12)}`
}

/** The project's name in a store's directory name. */
export function storeProjectName(name: string): string {
  return name.slice(0, -13)
}

export const root = {
  /** What retention removed in stores that are gone themselves. */
  removals: (dir: string): string => `${dir}/gc.log.jsonl`,
  /** Where a store is renamed to before it is removed: no store has such a name. */
  goneStore: (storeDir: string): string => storeDir.replace(/[^/]*$/, '.gone-$&.removed'),
  isGoneStore: (name: string): boolean => /^\.gone-.*\.removed$/.test(name),
} as const

export const store = {
  project: (dir: string): string => `${dir}/project.toml`,
  last: (dir: string): string => `${dir}/last`,
  /** There once a session was given a name that could be the start of an id. */
  namesLikeIds: (dir: string): string => `${dir}/names-like-ids`,
  sessions: (dir: string): string => `${dir}/sessions`,
  staging: (dir: string): string => `${dir}/staging`,
  ephemeral: (dir: string): string => `${dir}/ephemeral`,
  trash: (dir: string): string => `${dir}/trash`,
  /** A trashed session on its way out: its removal has begun. */
  gone: (dir: string, id: SessionId): string => `${dir}/trash/.gone-${id}`,
  /** What retention removed. */
  removals: (dir: string): string => `${dir}/gc.log.jsonl`,
  locks: (dir: string): string => `${dir}/locks`,
  stagingLock: (dir: string): string => `${dir}/locks/staging.lock`,
  maintenanceLock: (dir: string): string => `${dir}/locks/maintenance.lock`,
  maintenanceLease: (dir: string): string => `${dir}/locks/maintenance`,
  /** What a repair took away of a session, or of the store itself. */
  quarantine: (dir: string, id: SessionId | null): string =>
    id === null ? `${dir}/quarantine` : `${dir}/quarantine/${id}`,
} as const

/** The name in the quarantine of a file that was taken away then, in ms since 1970. */
export function quarantineName(fileName: string, at: number): string {
  return `${new Date(at).toISOString().replace(/[-:]/g, '')}-${fileName}`
}

/** Where a process tries what the root's file system does. */
export function probeDir(root: string, pid: number): string {
  return `${root}/.probe-${pid}`
}

export function isProbe(fileName: string): boolean {
  return /^\.probe-\d+$/.test(fileName)
}

/** The places where a session's directory can stand. */
export type Place = 'sessions' | 'ephemeral' | 'trash' | 'staging'

export function sessionDir(storeDir: string, id: SessionId, place: Place = 'sessions'): string {
  return `${storeDir}/${place}/${id}`
}

/** The directory of another session in the same store. */
export function besideDir(dir: string, id: SessionId): string {
  return sessionDir(dir.replace(/(?:\/[^/]+){2}$/, ''), id)
}

export const session = {
  /** What is replaced by other files, under journal.lock. */
  replaced: ['state.toml', 'transcript.jsonl'],
  state: (dir: string): string => `${dir}/state.toml`,
  transcript: (dir: string): string => `${dir}/transcript.jsonl`,
  /** There while a sync of the transcript has failed. */
  unsynced: (dir: string): string => `${dir}/transcript.jsonl.unsynced`,
  locks: (dir: string): string => `${dir}/locks`,
  sessionLock: (dir: string): string => `${dir}/locks/session.lock`,
  journalLock: (dir: string): string => `${dir}/locks/journal.lock`,
  toolLock: (dir: string, tool: string): string => `${dir}/locks/${tool}.lock`,
  lease: (dir: string): string => `${dir}/locks/lease`,
  output: (dir: string): string => `${dir}/output`,
  turnOutput: (dir: string, turn: number): string =>
    `${dir}/output/turn-${String(turn).padStart(4, '0')}`,
  result: (dir: string, turn: number): string => `${session.turnOutput(dir, turn)}/result.toml`,
} as const

/** What an archive is made of, and what it is called. */
export const archive = {
  /** The first member; the names of all others begin with a session's id. */
  manifest: 'manifest.json',
  member: (id: SessionId, path: string): string => `${id}/${path}`,
  /** Of a session's archive in a directory of them; with `seq`, of one more of the same session. */
  file: (dir: string, id: SessionId, seq?: number): string =>
    `${dir}/${id}${seq === undefined ? '' : `.${seq}`}.tar.gz`,
  isFile: (name: string): boolean =>
    /^([^.]{26})(?:\.\d+)?\.tar\.gz$/.test(name) && isSessionId(name.slice(0, 26)),
} as const

/** A file that is being written, until it gets the name that it is meant to have. */
export const unfinished = {
  format: (file: string, unique: string): string => {
    const slash = file.lastIndexOf('/') + 1
    return `${file.slice(0, slash)}.${file.slice(slash)}.${unique}.part`
  },
  /** The name of the file that it is to be, or undefined for a name that `format` does not give. */
  nameOf: (name: string): string | undefined => {
    const [, fileName, unique = ''] = /^\.(.+)\.([^.]{26})\.part$/s.exec(name) ?? []
    return isSessionId(unique) ? fileName : undefined
  },
} as const

/** What a lease at a path is made of. */
export const leaseFiles = {
  /** The one file in it. */
  owner: (token: string): string => `owner.${token}`,
  isOwner: (name: string): boolean => name.startsWith('owner.'),
  /** Where it is made ready. */
  draft: (path: string, token: string): string => `${path}.${token}`,
  isDraft: (path: string, lease: string): boolean =>
    path.startsWith(`${lease}.`) && /^[0-9a-f-]{36}$/.test(path.slice(lease.length + 1)),
} as const

/**
 * The session that a path looks to be a file of, with its store's directory: one that stint itself
 * writes. What a tool left under output/ is none.
 */
export function ownFile(
  path: string,
): { readonly store: string; readonly id: SessionId } | undefined {
  const [, dir, id = '', rest = ''] =
    /^(.*)\/(?:sessions|trash|ephemeral|staging)\/([^/]{26})\/(.*)$/.exec(path) ?? []
  if (dir === undefined || !isSessionId(id)) return undefined
  const isTools = rest.startsWith('output/') && !/^output\/turn-\d{4,9}\/result\.toml/.test(rest)
  return isTools ? undefined : { store: dir, id }
}

/** The tool of a lock file's name, or undefined: the session's and the journal's are no tool's. */
export function lockedTool(fileName: string): string | undefined {
  const tool = /^([a-z0-9][a-z0-9_-]{0,63})\.lock$/.exec(fileName)?.[1]
  return tool === 'session' || tool === 'journal' ? undefined : tool
}

/** Whether a file beside `target` is what an interrupted replacement of it left. */
export function isLeftover(fileName: string, target: string): boolean {
  return fileName.startsWith(`${target}.`) && /^\d+$/.test(fileName.slice(target.length + 1))
}
