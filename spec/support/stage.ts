/** A place whose PATH has agents: programs that print recordings, or what a test has them say. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { agent, makePlace, type Place, type Row } from './cli.ts'

/** What a shell runs to print what REPLAY_FILE names: see fixtures/agents/replay.mjs. */
export const player: string = `exec "${process.execPath}" "${agent('replay.mjs')}" "$@"`

export interface Stage extends Place {
  /** Puts a shell's script in the place of a program. */
  readonly install: (program: string, script: string) => void
  /** The surroundings in which the programs print this file, or the recording `TOOL/NAME`. */
  readonly play: (recording: string, more?: Readonly<Record<string, string>>) => Played
  /** Makes such a file. */
  readonly write: (text: string | Buffer) => { readonly REPLAY_FILE: string }
  /** How they were called: their arguments, their standard input, and variables of theirs. */
  readonly calls: () => Row[]
  readonly configure: (toml: string) => void
}

type Played = Record<string, string> & Record<'PATH' | 'REPLAY_FILE', string>

/** Makes a place in which these programs play recordings. */
export function makeStage(programs: Iterable<string>): Stage {
  const place = makePlace()
  const bin = join(place.dir, 'bin')
  const config = join(place.dir, 'config/stint')
  const argvFile = join(place.dir, 'argv')
  for (const dir of [bin, config]) mkdirSync(dir, { recursive: true })
  const install = (program: string, script: string) =>
    writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  for (const program of programs) install(program, player)
  return {
    ...place,
    install,
    play: (recording, more = {}) => ({
      PATH: `${bin}:${place.env.PATH}`,
      REPLAY_FILE: resolve('fixtures/streams', `${recording}.stdout`),
      REPLAY_ARGV: argvFile,
      ...more,
    }),
    write: (text) => {
      const file = join(place.dir, 'stream')
      writeFileSync(file, text)
      return { REPLAY_FILE: file }
    },
    calls: () =>
      readFileSync(argvFile, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    configure: (toml) => writeFileSync(join(config, 'config.toml'), toml),
  }
}
