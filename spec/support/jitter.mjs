/** A preload: a pause of up to JITTER milliseconds before and after each call that a lease is made of. */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const longest = Number(process.env.JITTER ?? 0)
const cell = new Int32Array(new SharedArrayBuffer(4))
const pause = () => Atomics.wait(cell, 0, 0, Math.random() * longest)

for (const call of ['readdirSync', 'mkdirSync', 'renameSync', 'utimesSync', 'writeSync']) {
  const real = fs[call]
  fs[call] = (...args) => {
    pause()
    try {
      return real(...args)
    } finally {
      pause()
    }
  }
}
syncBuiltinESMExports()
