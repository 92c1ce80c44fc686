/** A terminal that is closed while a turn runs there. */

import { expect, test } from 'vitest'
import { agent, fileText, makePlace, program, touch } from '../support/cli.ts'

test.skipIf(process.platform !== 'linux')(
  'how the tool ended is how the command ends',
  async () => {
    const place = makePlace()
    const [gate, status] = [`${place.dir}/gate`, `${place.dir}/status`]
    const words = [process.execPath, program, 'run', '--no-hup', '--', agent('hold.sh'), gate, '4']
    const line = `trap '' HUP; ${words.map((word) => `'${word}'`).join(' ')}; echo $? > '${status}'`
    const terminal = place.startOther(['script', '-qec', line, '/dev/null'], { stdio: 'pipe' })
    await terminal.says('working as')
    terminal.kill('SIGKILL')
    await terminal.ended
    // A command that is over at once does not look whether its terminal is.
    await new Promise((resolve) => setTimeout(resolve, 200))
    touch(gate)
    expect(await fileText(status)).toBe('4\n')
    expect(await place.json(['list'])).toMatchObject([{ status: 'idle', outcome: 'failure' }])
  },
)
