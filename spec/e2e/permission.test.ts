/** Asking a person at the terminal what an agent may do. */

import { describe, expect, test } from 'vitest'
import {
  agent,
  entriesOf,
  makePlace,
  type Place,
  processState,
  type Row,
  sessionOf,
  until,
} from '../support/cli.ts'
import { makeStage } from '../support/stage.ts'
import { startAtTerminal, startFromShell } from '../support/terminal.ts'

const command = `${process.execPath} ${agent('acp-agent.mjs')} tool`
const asking = ['run', '--permission', 'ask', '--color=never', `--acp=${command}`]

const question = [
  'the agent wants to execute: ls',
  '  1  Always',
  '  2  Once',
  '  3  No',
  '1 to 3, or nothing for no: ',
].join('\r\n')

/** An agent at a terminal, that has asked. */
async function startAsking(place: Place) {
  const run = startAtTerminal(place, [...asking, 'do it'])
  await run.says(question)
  const type = (text: string) => run.child.stdin?.write(text)
  const id = sessionOf(stillOf(run.stdout()).replaceAll('\r', '')) as string
  return { run, id, type }
}

/** A screen without the line that moves while nothing is said. */
function stillOf(screen: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it begins by clearing its line
  return screen.replace(/(?:\r\u001b\[K[^\r\n]*)*\r\u001b\[K/g, '')
}

/** What the agent was answered, and what became of its call. */
function answerIn(place: Place, id: string) {
  const entries = entriesOf(place.session(id))
  return {
    answer: entries.find(({ type }) => type === 'raw')?.data.outcome,
    result: entries.find(({ type }) => type === 'tool_result')?.data.status,
  }
}

const once = { outcome: 'selected', optionId: 'once' }
const no = { outcome: 'selected', optionId: 'no' }

describe.skipIf(process.platform !== 'linux')('run --permission ask at a terminal', () => {
  test.each([
    ['2', once, 'ok', '\u2713'],
    ['3', no, 'declined', '\u2717'],
    ['', no, 'declined', '\u2717'],
  ])('given %j lets the agent hear it, and the transcript', async (typed, answer, result, sign) => {
    const place = makePlace()
    const { run, id, type } = await startAsking(place)
    type(`${typed}\n`)
    const { status, stdout } = await run.ended
    expect(status).toBe(0)
    // What stands on the screen, the answer as the terminal echoes it, and nothing between.
    expect(stillOf(stdout)).toContain(`${question}${typed}\r\n${sign} execute: ls\r\nsuccess in `)
    expect(answerIn(place, id)).toEqual({ answer, result })
    expect(await place.json<Row>(['result', id])).toMatchObject({ outcome: 'success' })
  })

  test('asks again after an answer that is none', async () => {
    const place = makePlace()
    const { run, id, type } = await startAsking(place)
    for (const typed of ['4', 'yes', '0']) {
      type(`${typed}\n`)
      await run.says(`${typed}\r\nthat is none of them; 1 to 3, or nothing for no: `)
    }
    type('2\n')
    expect((await run.ended).status).toBe(0)
    expect(answerIn(place, id)).toEqual({ answer: once, result: 'ok' })
  })

  test('takes the end of the input for no', async () => {
    const place = makePlace()
    const { run, id, type } = await startAsking(place)
    type('\u0004')
    expect((await run.ended).status).toBe(0)
    expect(answerIn(place, id)).toEqual({ answer: no, result: 'declined' })
  })

  test('lets Ctrl-C end the turn, and takes the question back', async () => {
    const place = makePlace()
    const { run, id, type } = await startAsking(place)
    type('\u0003')
    expect((await run.ended).status).toBe(130)
    expect(answerIn(place, id).answer).toEqual({ outcome: 'cancelled' })
    expect(await place.json<Row>(['result', id])).toMatchObject({ outcome: 'interrupted' })
  })

  test('asks once more when it goes on after Ctrl-Z', async () => {
    const place = makePlace()
    const run = startFromShell(place, [...asking, 'do it'])
    await run.says(question)
    const { id, liveness } = await place.json<Row>(['show', '@last'])
    const type = (text: string) => run.child.stdin?.write(text)
    type('\u001a')
    await until('it stands', () => processState(liveness.holder.pid) === 'T')
    const before = run.stdout().length
    type('fg\n')
    await until('it asks again', () => run.stdout().slice(before).includes(question))
    type('2\n')
    await run.says('success in ')
    type('exit\n')
    await run.ended
    expect(answerIn(place, id)).toEqual({ answer: once, result: 'ok' })
  })

  test('is not idle while it waits for the person, whoever of the agent asks', async () => {
    const place = makePlace()
    const helper = `--acp=${process.execPath} ${agent('acp-agent.mjs')} helper`
    const args = [
      'run',
      '--permission',
      'ask',
      '--color=never',
      '--idle-timeout=1s',
      helper,
      'do it',
    ]
    const run = startAtTerminal(place, args)
    await run.says(question)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    run.child.stdin?.write('2\n')
    expect((await run.ended).status).toBe(0)
  })

  test('takes nothing for an answer that was typed before there was a question', async () => {
    const place = makePlace()
    const run = startAtTerminal(place, [...asking, 'do it'])
    run.child.stdin?.write('1\n')
    await run.says(question)
    run.child.stdin?.write('\n')
    await run.ended
    const id = sessionOf(stillOf(run.stdout()).replaceAll('\r', '')) as string
    expect(answerIn(place, id)).toEqual({ answer: no, result: 'declined' })
  })
})

test('run --permission ask without a terminal denies, and says so', async () => {
  const place = makePlace()
  const ran = await place.stint([...asking, 'do it'], { input: '1\n' })
  expect(ran.status).toBe(0)
  expect(ran.stderr).toContain(
    'warning: there is no terminal to ask at: what the agent asks for is denied\n',
  )
  expect(answerIn(place, sessionOf(ran.stderr) as string)).toEqual({
    answer: no,
    result: 'declined',
  })
})

test('permission = "ask" in the config warns of no terminal only where an agent may ask', async () => {
  const stage = makeStage(['codex'])
  stage.configure('permission = "ask"\n')
  const env = stage.play('codex/01-plain')
  const silent = await stage.stint(['run', '--tool', 'codex', 'do it'], { env })
  expect(silent.status).toBe(0)
  expect(silent.stderr).not.toContain('no terminal to ask at')
  const asked = await stage.stint(['run', `--acp=${command}`, 'do it'], { env })
  expect(asked.stderr).toContain('no terminal to ask at')
})
