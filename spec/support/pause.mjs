/**
 * A preload: stops the whole program at a call of node:fs, until a file appears.
 *
 * PAUSE holds JSON: `call`, the function; `path`, how the path it is called with ends, or `in`, what
 * that contains; `reached`, the file that says that the program stands there; `until`, the file that
 * lets it go on; `after`, whether it stands behind the call and not before it; `writing`, whether only
 * an open for writing counts, as who takes a lock does and who probes one does not. It happens once.
 * Children are not paused.
 */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const plan = JSON.parse(process.env.PAUSE ?? 'null')
delete process.env.PAUSE

if (plan !== null) {
  const real = fs[plan.call]
  const { existsSync, writeFileSync } = fs
  const cell = new Int32Array(new SharedArrayBuffer(4))
  let done = false
  const stand = () => {
    writeFileSync(plan.reached, '\n')
    for (let tries = 0; tries < 6_000 && !existsSync(plan.until); tries++) {
      Atomics.wait(cell, 0, 0, 10)
    }
  }
  fs[plan.call] = (...args) => {
    const path = String(args[0])
    const fits = plan.path === undefined ? path.includes(plan.in) : path.endsWith(plan.path)
    const isRead = plan.writing && (args[1] & 3) === fs.constants.O_RDONLY
    if (done || !fits || isRead) return real(...args)
    done = true
    if (!plan.after) stand()
    const result = real(...args)
    if (plan.after) stand()
    return result
  }
  syncBuiltinESMExports()
}
