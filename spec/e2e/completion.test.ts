/** Completion as the shells themselves do it, each with its own editor of the line. */

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makePlace, program } from '../support/cli.ts'

/** A line up to the cursor, and what it is after a TAB. */
const lines: readonly (readonly [typed: string, completed: string])[] = [
  ['stint li', 'stint list '],
  ['stint help ren', 'stint help rename '],
  ['stint show log', 'stint show login '],
  ['stint show -q --json log', 'stint show -q --json login '],
  ['stint show @l', 'stint show @last '],
  ['stint list --sta', 'stint list --status '],
  ['stint list --status running,cr', 'stint list --status running,crashed '],
  ['stint list --color=al', 'stint list --color=always '],
  ['stint trash rest', 'stint trash restore '],
  ['stint export login --to fi', 'stint export login --to file '],
  ['stint run --cwd=di', 'stint run --cwd=dir/'],
  ['stint run -d "a $(touch evil) b" -- some', 'stint run -d "a $(touch evil) b" -- something '],
  ['stint run -- something fi', 'stint run -- something file '],
]

async function makeShell() {
  const place = makePlace()
  const bin = join(place.dir, 'bin')
  mkdirSync(bin)
  const make = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  make('stint', `exec '${process.execPath}' '${program}' "$@"`)
  make('something', 'true')
  await place.make(['--name', 'login', '--', 'true'])
  mkdirSync(join(place.cwd, 'dir'))
  writeFileSync(join(place.cwd, 'file'), '')
  const env = { PATH: `${bin}${delimiter}${place.env.PATH}`, TERM: 'dumb' }
  return { ...place, env: { ...place.env, ...env } }
}

function has(program: string): boolean {
  return spawnSync(program, ['-c', 'true']).status === 0
}

const start = {
  bash: 'source <(stint completion bash)',
  zsh: 'bindkey -e; autoload -U compinit; compinit -u -D; source <(stint completion zsh)',
}

describe.skipIf(process.platform !== 'linux')('the words of stint are completed', () => {
  test.for([
    ['bash', 'bash --norc --noprofile -i'],
    ['zsh', 'zsh -f -i'],
  ] as const)('by %s', async ([shell, command], { skip }) => {
    if (!has(shell)) skip()
    const place = await makeShell()
    const terminal = place.startOther(['script', '-qec', command, '/dev/null'], {
      env: place.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const type = (text: string) => terminal.child.stdin?.write(text)
    type(`${start[shell]}; echo re""ady\r`)
    await terminal.says('ready')
    for (const [typed, completed] of lines) {
      // The line goes on, as one does, and is shown, not run: quoted, with a sign before and after it.
      type(`${typed}\t_\u0001echo '<\u0005>'\r`)
      await terminal.says(`<${completed}_>`)
    }
    type('test -e evil || echo is""none; exit\r')
    await terminal.says('isnone')
    expect((await terminal.ended).status).toBe(0)
  })

  test('by fish', async ({ skip }) => {
    if (!has('fish')) skip()
    const place = await makeShell()
    const asked = lines.map(([typed]) => `complete --do-complete '${typed}'; echo .`)
    const script = `stint completion fish | source; ${asked.join('; ')}`
    const ran = await place.startOther(['fish', '-N', '-c', script], { env: place.env }).ended
    const answers = ran.stdout.split('.\n').map((answer) => answer.replace(/\t.*$/gm, '').trim())
    const words = lines.map(([, completed]) => completed.trim().split(' ').at(-1))
    expect(answers.slice(0, -1)).toEqual(words)
  })
})
