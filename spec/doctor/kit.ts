/** A doctor's visit: a store, what is found in it, what is mended. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Diagnosis,
  type ExamineOptions,
  examine,
  type Repair,
  repair,
  type Store,
} from '../../lib/index.ts'

export function visit(store: Store, options: Partial<ExamineOptions> = {}): Diagnosis {
  return examine([store], { home: store.root, ...options })
}

/** The ids of what is found, sorted, each once. */
export function idsOf(store: Store, options: Partial<ExamineOptions> = {}): string[] {
  return [...new Set(visit(store, options).findings.map(({ id }) => id))].sort()
}

/** Mends all that is found. */
export async function mend(store: Store, options: Partial<ExamineOptions> = {}): Promise<Repair[]> {
  const repairs: Repair[] = []
  for await (const one of repair(store, visit(store, options).findings)) repairs.push(one)
  return repairs
}

/** Every file below a directory, with its bytes, but for lock files; directories as undefined. */
export function filesUnder(dir: string): Map<string, string | undefined> {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.endsWith('.lock'))
    .sort()
  return new Map(
    names.map((name) => {
      const path = join(dir, name)
      return [name, statSync(path).isFile() ? readFileSync(path, 'latin1') : undefined]
    }),
  )
}
