/** The program's files, replaced or removed by an update while a command of it lives. */

import { cpSync, existsSync, renameSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { agent, makePlace, type Place, preload, program, touch, until } from '../support/cli.ts'

/** A copy of the program in a place: how it is started, and how it goes away. */
function install({ dir, startOther }: Place) {
  const own = `${dir}/stint`
  const files: string[] = []
  cpSync(dirname(program), own, { recursive: true })
  symlinkSync(`${dirname(dirname(dirname(program)))}/node_modules`, `${dir}/node_modules`)
  return {
    start: (args: string[], env: Record<string, string> = {}) => {
      const file = `${dir}/prepared-${files.length}`
      files.push(file)
      const command = [process.execPath, '--require', preload('prepared'), `${own}/stint.cjs`]
      return startOther([...command, ...args], { env: { PREPARED: file, ...env } })
    },
    /** Once what each of them may say is at hand. */
    remove: async () => {
      await until('all of them live for long', () => files.every(existsSync))
      renameSync(own, `${own}.old`)
    },
  }
}

test('leaves each command that lives to end as it would have, and to say why', async () => {
  const place = makePlace()
  const gate = `${place.dir}/gate`
  const { start, remove } = install(place)
  const run = start(['run', '--', agent('hold.sh'), gate, '4'])
  await run.says('working as')
  const late = start(['wait', '@last', '--timeout', '1500ms'])
  const interrupted = start(['wait', '@last'])
  const followed = start(['logs', '@last', '--follow'])
  const waited = start(['wait', '@last'])
  await followed.says('working as')
  await remove()
  interrupted.kill('SIGINT')
  followed.kill('SIGTERM')
  expect(await interrupted.ended).toMatchObject({
    status: 130,
    stderr: 'error[INTERRUPTED]: interrupted by SIGINT\n',
  })
  expect(await followed.ended).toMatchObject({ status: 130, stderr: '' })
  const { status, stderr } = await late.ended
  expect(status).toBe(124)
  expect(stderr).toMatch(/^error\[WAIT_EXPIRED\]: /)
  touch(gate)
  expect((await run.ended).status).toBe(4)
  expect((await waited.ended).stderr).toMatch(/is idle: failure/)
})

test('leaves a turn that waits for another what it needs to talk with its agent', async () => {
  const place = makePlace()
  const gate = `${place.dir}/gate`
  const { start, remove } = install(place)
  const run = start(['run', '--', agent('hold.sh'), gate], { LOADED: '/stint.cjs' })
  await run.says('working as')
  const acp = `"${process.execPath}" "${agent('acp-agent.mjs')}" plain`
  const next = start(['resume', '@last', '--wait', '--acp', acp, 'hello'], {
    LOADED: '/vendor/acp-sdk.cjs',
  })
  await remove()
  touch(gate)
  expect((await run.ended).status).toBe(0)
  expect(await next.ended).toMatchObject({ status: 0, stdout: 'you said hello\n' })
})
