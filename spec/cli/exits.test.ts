/** What `stint help VERB` says of exit statuses: no other comes of it, in good places and in bad ones. */

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ExplainedVerb } from '../../cli/command.ts'
import { verbs } from '../../cli/verbs.ts'
import type { Store } from '../../lib/index.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import { statusOf } from '../support/inside.ts'
import { makeDir, makeStore } from '../support/place.ts'

/** What comes behind the verb; REF stands for a session. */
const words: Readonly<Record<string, readonly string[]>> = {
  run: ['--', 'true'],
  resume: ['REF', '--', 'true'],
  compress: ['REF'],
  reap: ['--dry-run'],
  rename: ['REF', 'auth'],
  clean: ['--days', '1'],
  project: ['move', '/nowhere', '.'],
  trash: ['restore', 'REF'],
  redact: ['--check', 'REF'],
  import: ['archive.tar'],
  export: ['REF', '-o', 'out.tar'],
  completion: ['words', '--', 'show', ''],
}
const needsNone = ['list', 'tools', 'config', 'gc', 'ps', 'du', 'doctor', 'checkpoints']

/** What happens to a store, or to the session in it. */
const mishaps: Readonly<Record<string, (store: Store, dir: string) => void>> = {
  none: () => undefined,
  'no such session': (_, dir) => rmSync(dir, { recursive: true }),
  'a damaged session': (_, dir) => {
    for (const name of ['state.toml', 'transcript.jsonl']) writeFileSync(`${dir}/${name}`, '\0')
  },
  'a damaged state': (_, dir) => writeFileSync(`${dir}/state.toml`, 'x ='),
  'a newer state': (_, dir) => writeFileSync(`${dir}/state.toml`, 'format = 9\n'),
  'a damaged store': (store) => writeFileSync(`${store.dir}/project.toml`, 'x ='),
  'a newer store': (store) => writeFileSync(`${store.dir}/project.toml`, 'format = 9\n'),
  'a damaged configuration': (store) => {
    mkdirSync(`${store.env.XDG_CONFIG_HOME}/stint`, { recursive: true })
    writeFileSync(`${store.env.XDG_CONFIG_HOME}/stint/config.toml`, 'x =')
  },
  'a file for sessions': (store) => {
    rmSync(`${store.dir}/sessions`, { recursive: true })
    writeFileSync(`${store.dir}/sessions`, '')
  },
  'a directory for a configuration': (store) => {
    mkdirSync(`${store.env.XDG_CONFIG_HOME}/stint/config.toml`, { recursive: true })
  },
  'a directory for a state and a journal': (_, dir) => {
    for (const name of ['state.toml', 'transcript.jsonl']) {
      rmSync(`${dir}/${name}`)
      mkdirSync(`${dir}/${name}`)
    }
  },
  'a loop of links for sessions': (store) => {
    rmSync(`${store.dir}/sessions`, { recursive: true })
    symlinkSync('sessions', `${store.dir}/sessions`)
  },
}

function isDocumented({ exits }: ExplainedVerb, status: number): boolean {
  return exits.some(([said]) =>
    said.split(', ').some((part) => {
      const [from, to = from] = part.split('–').map(Number)
      return status >= (from as number) && status <= (to as number)
    }),
  )
}

describe.each(Object.entries(verbs))('%s exits as it says', (name, verb) => {
  it.each(Object.entries(mishaps))('with %s', async (_, happen) => {
    const env = { XDG_CONFIG_HOME: makeDir() }
    const store = makeStore({ now: Date.now, env })
    const at = Date.now() - 1_000_000
    const { id, dir } = writeSession(store, { told: [started(1, at), ended(1, at + 1)] })
    happen(store, dir)
    const own = words[name] ?? (needsNone.includes(name) ? [] : ['REF'])
    const status = await statusOf(store, [name, ...own.map((word) => word.replace('REF', id))])
    expect(isDocumented(verb, status), `exit status ${status}`).toBe(true)
  })
})
