/** What stint wrote of a session beside its journal, as it stands there. */

import { Failure } from '../errors.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'

/** The results that stint wrote into output/; what a tool put there is its own. */
export function listResults(dir: string): string[] {
  return disk
    .listNames(files.output(dir))
    .map((name) => /^turn-(\d{4,9})$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map((number) => files.result(dir, Number(number)))
}

/** What stint wrote of a session beside its journal, and what of it could not be opened. */
export interface Document {
  readonly path: string
  /** Undefined when it cannot be read. */
  readonly text: string | undefined
}

/** The results of a session; of an output/ that cannot be listed, that. */
export function readResults(dir: string): Document[] {
  try {
    return listResults(dir).flatMap((path) => findDocument(path) ?? [])
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [{ path: files.output(dir), text: undefined }]
  }
}

/** A document, or undefined when it is not there. Never throws for what is at its path. */
export function findDocument(path: string): Document | undefined {
  try {
    const kind = disk.findFacts(path)?.kind
    if (kind === undefined) return undefined
    return { path, text: kind === 'file' ? disk.findText(path) : undefined }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { path, text: undefined }
  }
}
