/** A secret in everything that stint is given, and then none of them anywhere it writes. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { alnum, hex, pem } from '../redact/samples.ts'
import { makePlace, sessionOf } from '../support/cli.ts'
import { makeStage } from '../support/stage.ts'

/** Files under a directory that hold any of the texts, and names that do. */
function leaksIn(root: string, needles: Readonly<Record<string, string>>): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(root, name)
    // What a tool puts into output/ is its own, the names of its files too.
    const own = name.includes('/output/')
    const text = statSync(path).isFile() ? readFileSync(path, 'utf8') : ''
    return Object.entries(needles)
      .filter(([, needle]) => text.includes(needle) || (!own && name.includes(needle)))
      .map(([what]) => `${what} in ${name}`)
  })
}

test('no secret reaches the disk, whatever way it came', async () => {
  const token = (n: number) => `ghp${'_'}${n}${alnum(35)}`
  const shapeless = ['qk7', 'vTz3', 'pLw9', 'xRb5'].join('')
  const key = pem('RSA PRIVATE KEY', 6)
  const needles: Record<string, string> = {
    argv: token(1),
    flag: ['hunt', 'er2', '-zebra'].join(''),
    environment: shapeless,
    'environment in base64': Buffer.from(`a ${shapeless} b`).toString('base64').slice(4, 20),
    named: ['42', '42', '17', '17'].join(''),
    stdin: token(2),
    stdout: token(3),
    stderr: token(4),
    'key on stdout': key.split('\n')[2] ?? '',
    description: token(5),
    'new description': token(6),
    branch: token(7),
    directory: token(8),
    'name of an artifact': token(9),
    'JSON on stdout': hex(40),
    'user rule': `acme${'_'}${alnum(24)}`,
    name: `ghp${'_'}g${alnum(35)}`,
    prompt: `ghp${'_'}a${alnum(35)}`,
    'prompt in a file': `ghp${'_'}b${alnum(35)}`,
    'id of the provider': `ghp${'_'}c${alnum(35)}`,
    'arguments in the config': `ghp${'_'}d${alnum(35)}`,
    'message of an agent': `ghp${'_'}e${alnum(35)}`,
    'command of an agent': `ghp${'_'}f${alnum(35)}`,
    'output of a command of an agent': hex(48),
  }
  const place = makeStage(['codex'])
  const config = join(place.dir, 'config')
  const rule = 'id = "acme-key"\nprefix = "acme_"\nmin = 24\nmax = 24\n'
  const args = `[tools.codex]\nargs = ["-c", "key=${needles['arguments in the config']}"]\n`
  place.configure(`[redaction]\nenv = ["DOOR"]\n[[redaction.rules]]\n${rule}${args}`)
  execFileSync('git', ['init', '-q', '-b', `fix/${needles.branch}`], { cwd: place.cwd })
  const cwd = join(place.cwd, `part-${needles.directory}`)
  mkdirSync(cwd)
  const env = { XDG_CONFIG_HOME: config, SERVICE_API_TOKEN: shapeless, DOOR: needles.named }
  const lists = join(place.dir, 'needles')
  writeFileSync(lists, Object.values(needles).join('\n'))
  const seen = join(place.dir, 'seen')
  const script = `
    cat
    echo "out ${needles.stdout}"
    echo "err ${needles.stderr}" >&2
    printf '%s\\n' "$KEY"
    echo "bare $SERVICE_API_TOKEN"
    printf 'a %s b' "$SERVICE_API_TOKEN" | base64
    echo "door $DOOR and ${needles['user rule']}"
    echo '{"env":[{"name":"API_KEY","value":"${needles['JSON on stdout']}"}]}'
    touch "$STINT_OUTPUT_DIR/${needles['name of an artifact']}.txt"
    sleep 0.3
    grep -rlFf "${lists}" "${place.home}" > "${seen}"
    true
  `
  const ran = await place.stint(
    [
      ...['run', '--description', `about ${needles.description}`, '--'],
      ...['sh', '-c', script, 'sh', needles.argv ?? '', '--password', needles.flag ?? ''],
    ],
    { cwd, env: { ...env, KEY: key }, input: `in ${needles.stdin}\n` },
  )
  expect(ran.status).toBe(0)
  // The terminal gets what the tool said.
  expect(ran.stdout).toContain(`out ${needles.stdout}\n`)
  const renamed = [
    'rename',
    '@last',
    'canary',
    '--description',
    `now ${needles['new description']}`,
  ]
  expect(await place.stint(renamed, { cwd, env })).toMatchObject({ status: 0 })
  const called = await place.stint(['rename', '@last', needles.name ?? ''], { cwd, env })
  expect(called.status).toBe(0)

  const item = (id: string, more: object) => ({ type: 'item.completed', item: { id, ...more } })
  const events = [
    { type: 'thread.started', thread_id: needles['id of the provider'] },
    item('1', { type: 'agent_message', text: `it is ${needles['message of an agent']}` }),
    item('2', {
      type: 'command_execution',
      command: `push ${needles['command of an agent']}`,
      aggregated_output: `pushed ${needles['command of an agent']}`,
      exit_code: 0,
    }),
    item('3', {
      type: 'command_execution',
      command: "/bin/bash -lc 'cd api && openssl rand -hex 24'",
      aggregated_output: `${needles['output of a command of an agent']}\n`,
      exit_code: 0,
    }),
    { type: 'turn.completed', usage: {} },
  ]
  const stream = place.write(events.map((one) => `${JSON.stringify(one)}\n`).join(''))
  const played = { ...env, ...place.play('codex/01-plain', stream) }
  const prompted = await place.stint(['run', '--tool', 'codex', `use ${needles.prompt}`], {
    cwd,
    env: played,
  })
  expect(prompted.status).toBe(0)
  expect(prompted.stdout).toContain(`it is ${needles['message of an agent']}`)
  const promptFile = join(place.dir, 'prompt')
  writeFileSync(promptFile, `use ${needles['prompt in a file']}`)
  for (const file of [promptFile, '-']) {
    const read = await place.stint(['run', '--tool', 'codex', '--prompt-file', file], {
      cwd,
      env: played,
      input: readFileSync(promptFile),
    })
    expect(read.status).toBe(0)
  }
  // The agent itself is told all of it.
  const told = JSON.stringify(place.calls())
  expect(told).toContain(needles.prompt)
  expect(told).toContain(needles['prompt in a file'])
  expect(told).toContain(needles['arguments in the config'])

  expect(leaksIn(place.home, needles)).toEqual([])
  expect(readFileSync(seen, 'utf8')).toBe('')
  const shown = await place.stint(['logs', sessionOf(ran.stderr) ?? ''], { cwd, env })
  expect(shown.stdout).toContain('out [REDACTED:github-token]')
  expect(shown.stdout).toContain('bare [REDACTED:known-value]')
  expect(shown.stdout).toContain('[REDACTED:private-key]')
  expect(shown.stdout).toContain('door [REDACTED:known-value] and [REDACTED:acme-key]')
})

test('redaction that is off is said with every run, and a project cannot switch it off', async () => {
  const place = makePlace()
  const config = join(place.dir, 'config')
  mkdirSync(join(config, 'stint'), { recursive: true })
  const file = join(config, 'stint/config.toml')
  const token = `ghp${'_'}${alnum(36)}`
  const env = { XDG_CONFIG_HOME: config }
  writeFileSync(file, '[redaction]\nenabled = false\n')
  const off = await place.stint(['run', '--', 'echo', token], { env })
  expect(off.stderr).toContain(`redaction is off (${file})`)
  expect((await place.stint(['logs', '@last'], { env })).stdout).toContain(token)
  expect((await place.stint(['redact', '--check', '@last'], { env })).status).toBe(1)

  writeFileSync(file, '')
  writeFileSync(join(place.cwd, 'config.toml'), '[redaction]\nenabled = false\n')
  const on = await place.stint(['run', '--', 'echo', token], {
    env: { ...env, STINT_REDACTION: 'off', STINT_REDACTION_ENABLED: 'false' },
  })
  expect(on.stderr).not.toContain('redaction is off')
  expect((await place.stint(['logs', '@last'], { env })).stdout).not.toContain(token)
})

test.each([
  ['[redaction]\nenable = false\n', 'has no enable'],
  ['redaction = 1\n', 'no table'],
  ['[redaction]\nenabled = "no"\n', 'redaction.enabled is true or false'],
  ['[[redaction.rules]]\nid = "x"\nprefix = "ab"\nmin = 20\n', 'prefix is needed'],
  ['[[redaction.rules]]\nid = "x"\nprefix = "abc_"\nmin = 2\n', 'too short'],
  ['[[redaction.rules]]\nid = "jwt"\nprefix = "abc_"\nmin = 20\n', 'built in'],
  ['[[redaction.rules]]\nid = "x"\nprefix = "abc_"\nmin = 20\nregex = ".*"\n', 'it has no regex'],
])('a rule that cannot be is an error at the start: %j', async (text, problem) => {
  const place = makePlace()
  const config = join(place.dir, 'config')
  mkdirSync(join(config, 'stint'), { recursive: true })
  writeFileSync(join(config, 'stint/config.toml'), text)
  const ran = await place.stint(['run', '--', 'true'], { env: { XDG_CONFIG_HOME: config } })
  expect(ran.stderr).toContain('error[CONFIG_INVALID]')
  expect(ran.stderr).toContain(problem)
  expect(ran.status).toBe(2)
})
