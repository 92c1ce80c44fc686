/** Making sessions of the conversations that a tool has stored by itself. */

import { isTable } from '../base/decode.ts'
import type { SessionId } from '../base/id.ts'
import { headOf, oneLine } from '../base/text.ts'
import { Failure, isFailure, quietly } from '../errors.ts'
import { projectsDir, sessionDir, storeName } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { findEntries } from '../session/turn.ts'
import { redactorOf } from '../store/access.ts'
import { createSession } from '../store/create.ts'
import { listIds } from '../store/list.ts'
import { waitForMaintenance } from '../store/maintenance.ts'
import { findProjectPath, type Store, siblingStore } from '../store/store.ts'
import { claudeFormat } from './claude-code.ts'
import { codexFormat } from './codex.ts'
import type { Format } from './format.ts'
import { geminiFormat } from './gemini-cli.ts'
import { type Conversation, entriesOf, headOfPrompt, peek } from './session.ts'
import { Source } from './source.ts'

const formats: Readonly<Record<string, Format>> = {
  codex: codexFormat,
  'gemini-cli': geminiFormat,
  'claude-code': claudeFormat,
}

/** The tools whose conversations can be imported. */
export const importedTools: readonly string[] = Object.keys(formats)

export interface ImportOptions {
  readonly tool: string
  readonly home: string
  /** Only files that were written to since, in ms since 1970. */
  readonly since?: number
  /** Says what would be made, and makes nothing. */
  readonly dryRun: boolean
  readonly byReference: boolean
  /** Conversations of every project, each into the store of its own. */
  readonly allProjects: boolean
  readonly transcriptCap: number
  /** Called while a file is read, with how much of it was. */
  readonly onProgress?: (bytes: number) => void
}

/** What became of one file. What is not known is null. */
export interface ImportRow {
  /**
   * `imported`, or would be; `known`: a session of the store has it; `grown`: so does one that was
   * imported, and the file says more by now; `elsewhere`: it is another project's; `skipped`: there is
   * nothing to make a session of; `failed`: it could not be read, or its session not be written.
   */
  readonly act: 'imported' | 'known' | 'grown' | 'elsewhere' | 'skipped' | 'failed'
  readonly tool: string
  readonly file: string
  readonly provider_session_id: string | null
  /** The one that was made, or that has it. */
  readonly session_id: SessionId | null
  readonly created_at: string | null
  /** The first one, redacted and cut. */
  readonly prompt: string | null
  readonly bytes: number | null
  readonly project_path: string | null
  readonly why: string | null
}

/**
 * Imports the conversations of a tool, one session each, and tells of each file. What cannot be read
 * is told of, and the rest goes on. Throws what keeps every session from being made.
 */
export async function* importConversations(
  store: Store,
  options: ImportOptions,
): AsyncGenerator<ImportRow> {
  const format = formats[options.tool]
  if (format === undefined) {
    throw new Failure('TOOL_UNKNOWN', { tool: options.tool, known: importedTools })
  }
  const importer = new Importer(store, format, options)
  const { tool, home } = options
  let troubles: Failure<'CONVERSATION_UNREADABLE'>[] = []
  const told = () => {
    const rows = troubles.map(({ data: { file, problem: why } }) =>
      rowOf(tool, file, { act: 'failed', why }),
    )
    troubles = []
    return rows
  }
  const onTrouble = (trouble: (typeof troubles)[number]) => troubles.push(trouble)
  for (const file of format.list({ env: store.env, home, onTrouble })) {
    yield* told()
    const row = await importer.take(file)
    if (row !== undefined) yield row
  }
  yield* told()
}

class Importer {
  readonly #store: Store
  readonly #format: Format
  readonly #options: ImportOptions
  readonly #stores = new Map<string, Store>()
  readonly #known = new Map<string, Known>()
  readonly #projects = new Map<string, string | undefined>()

  constructor(store: Store, format: Format, options: ImportOptions) {
    this.#store = store
    this.#format = format
    this.#options = options
    this.#stores.set(store.projectPath, store)
  }

  async take(file: string): Promise<ImportRow | undefined> {
    const { tool } = this.#options
    try {
      using source = new Source(file, this.#options.onProgress)
      if (source.modifiedAt < (this.#options.since ?? 0)) return undefined
      const conversation = peek(this.#format, source, {
        now: this.#store.now(),
        projectPath: this.#store.projectPath,
      })
      return typeof conversation === 'string'
        ? rowOf(tool, file, { act: 'skipped', why: conversation, bytes: source.size })
        : await this.#import(conversation, source)
    } catch (error) {
      if (isFailure(error, 'CONVERSATION_UNREADABLE')) {
        return rowOf(tool, file, { act: 'failed', why: error.data.problem })
      }
      // What is wrong with one project's store is no other's trouble.
      for (const code of ['STORE_BUSY', 'STATE_INVALID', 'FORMAT_NEWER'] as const) {
        if (isFailure(error, code)) {
          return rowOf(tool, file, { act: 'failed', why: error.message })
        }
      }
      throw error
    }
  }

  async #import(conversation: Conversation, source: Source): Promise<ImportRow> {
    const { tool, file, id, cwd } = conversation
    const { allProjects, dryRun, byReference, transcriptCap } = this.#options
    const project = this.#projectOf(cwd)
    const facts = {
      provider_session_id: id,
      created_at: new Date(conversation.at).toISOString(),
      bytes: conversation.bytes,
      project_path: project ?? cwd,
    }
    if (!allProjects && project !== this.#store.projectPath) {
      return project === undefined
        ? rowOf(tool, file, { ...facts, act: 'skipped', why: 'its directory is gone' })
        : rowOf(tool, file, { ...facts, act: 'elsewhere' })
    }
    const store = this.#storeOf(project ?? cwd)
    const prompt = headOfPrompt(conversation.prompt, redactorOf(store))
    const known = this.#knownIn(store)
    const owner = known.find(id)
    if (owner !== undefined) return this.#knownRow(store, conversation, owner, { ...facts, prompt })
    if (dryRun) return rowOf(tool, file, { ...facts, act: 'imported', prompt })

    const { at, about, bytes } = conversation
    const format = this.#format
    const spec = { format, source, conversation, now: store.now(), transcriptCap, byReference }
    const newborn = await createSession(store, {
      tool,
      description: prompt,
      cwd,
      ...(about.branch === undefined ? {} : { branch: headOf(oneLine(about.branch), 256) }),
      ...(/^[0-9a-f]{40,64}$/.test(about.head ?? '') ? { head: about.head as string } : {}),
      past: {
        at,
        source: {
          ...{ tool, provider_session_id: id, file, bytes },
          modified_at: new Date(source.modifiedAt).toISOString(),
          ...(byReference ? { by_reference: true } : {}),
        },
        entries: (session) => entriesOf(session, spec),
        admit: async () => {
          const held = await waitForMaintenance(store)
          known.refresh()
          if (known.find(id) === undefined) return held
          await held[Symbol.asyncDispose]()
          return undefined
        },
      },
    })
    if (newborn === undefined) {
      const owner = known.find(id)
      return rowOf(tool, file, { ...facts, act: 'known', prompt, session_id: owner ?? null })
    }
    await newborn[Symbol.asyncDispose]()
    known.add(id, newborn.session.id)
    return rowOf(tool, file, { ...facts, act: 'imported', prompt, session_id: newborn.session.id })
  }

  #knownRow(
    store: Store,
    { tool, file, bytes }: Conversation,
    owner: SessionId,
    facts: Partial<ImportRow>,
  ): ImportRow {
    const told = { ...facts, session_id: owner }
    const before = importedBytes(sessionDir(store.dir, owner), file)
    return before !== undefined && bytes > before
      ? rowOf(tool, file, { ...told, act: 'grown', why: `it had ${before} bytes when imported` })
      : rowOf(tool, file, { ...told, act: 'known' })
  }

  /** The project of a conversation's directory; undefined when that is gone. */
  #projectOf(cwd: string): string | undefined {
    if (this.#projects.has(cwd)) return this.#projects.get(cwd)
    const env = { ...this.#store.env, GIT_DIR: undefined }
    // A name too long, a directory that is not to be searched: none to go back to.
    const project = quietly(() =>
      disk.findRealPath(cwd) === undefined ? undefined : findProjectPath(cwd, env),
    )
    this.#projects.set(cwd, project)
    return project
  }

  #storeOf(projectPath: string): Store {
    const base = this.#store
    const dir = `${projectsDir(base.root)}/${storeName(projectPath)}`
    const store = this.#stores.get(projectPath) ?? { ...siblingStore(base, dir), projectPath }
    this.#stores.set(projectPath, store)
    return store
  }

  #knownIn(store: Store): Known {
    const known = this.#known.get(store.dir) ?? new Known(store, this.#options.tool)
    this.#known.set(store.dir, known)
    return known
  }
}

/** Which session of a store has which of the provider's. */
class Known {
  readonly #store: Store
  readonly #tool: string
  readonly #owners = new Map<string, SessionId>()
  /** Sessions that will not come to have another id by themselves. */
  readonly #settled = new Set<SessionId>()

  constructor(store: Store, tool: string) {
    this.#store = store
    this.#tool = tool
    this.refresh()
  }

  find(id: string): SessionId | undefined {
    return this.#owners.get(id)
  }

  add(id: string, owner: SessionId): void {
    this.#owners.set(id, owner)
    this.#settled.add(owner)
  }

  /** Looks at what came since. What is in the trash may come back, so it counts. */
  refresh(): void {
    for (const place of ['sessions', 'trash'] as const) {
      for (const id of listIds(this.#store, place)) {
        if (this.#settled.has(id)) continue
        const { state } = readSnapshot(id, sessionDir(this.#store.dir, id, place))
        if (state === undefined) continue
        for (const one of idsOf(state, this.#tool)) this.#owners.set(one, id)
        if (!hasOpenTurn(state) && state.turn !== undefined) this.#settled.add(id)
      }
    }
  }
}

function idsOf(state: State, tool: string): readonly string[] {
  const { provider_session_id: id, provider_session_history: history = [] } =
    state.tools[tool] ?? {}
  return id === undefined ? history : [...history, id]
}

/** How long the file was when a session was made of it; undefined once stint itself went on with it. */
function importedBytes(dir: string, file: string): number | undefined {
  let first: Readonly<Record<string, unknown>> | undefined
  for (const { type, data } of findEntries(dir)) {
    if (type === 'turn_started' && data.imported !== true) return undefined
    first = data
  }
  const source = isTable(first?.source) ? first.source : {}
  return source.file === file && typeof source.bytes === 'number' ? source.bytes : undefined
}

function rowOf(
  tool: string,
  file: string,
  known: Partial<ImportRow> & Pick<ImportRow, 'act'>,
): ImportRow {
  return {
    tool,
    file,
    ...{ provider_session_id: null, session_id: null, created_at: null, prompt: null },
    ...{ bytes: null, project_path: null, why: null },
    ...known,
  }
}
