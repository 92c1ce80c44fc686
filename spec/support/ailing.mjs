/**
 * A preload: calls of node:fs that fail from when a file is there, as Node says it.
 *
 * AILING has it as JSON:
 *
 * - `when`: the file that has to be there
 * - `errno`: the number, as 122 for a quota that is used up
 * - `calls`: the names of the calls, `fdatasync` and the like for those that are answered later; every
 *   one that could fail so unless it is given
 * - `text`: what the path has in it, also that of a descriptor
 * - `at`: only the one of this number fails, counted from 1
 * - `log`: a file that gets a line for each call that counts
 * - `looks`: a file that gets a line for each call before that has to do with a session's lock
 */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { getSystemErrorMap } from 'node:util'

const { accessSync, appendFileSync, readlinkSync } = fs
const { when, errno, text = '', calls = usual(), at, log, looks } = JSON.parse(process.env.AILING)
delete process.env.AILING

function usual() {
  const names =
    'open close read write readdir opendir stat lstat fstat mkdir rename unlink fdatasync'
  return `${names} fsync access chmod realpath`.split(' ').map((name) => `${name}Sync`)
}

function isThere() {
  try {
    accessSync(when)
    return true
  } catch {
    return false
  }
}

function pathOf(what) {
  if (typeof what !== 'number') return String(what)
  try {
    return readlinkSync(`/proc/self/fd/${what}`)
  } catch {
    return ''
  }
}

let count = 0
let isInside = false

/** What the call is to throw; undefined when it is to do its work. */
function ailment(call, what) {
  if (isInside) return undefined
  isInside = true
  try {
    if (!isThere()) {
      const isLook = looks !== undefined && pathOf(what).endsWith('session.lock')
      if (isLook) appendFileSync(looks, `${call}\n`)
      return undefined
    }
    const path = pathOf(what)
    if (!path.includes(text)) return undefined
    count++
    if (log !== undefined) appendFileSync(log, `${count} ${call} ${path}\n`)
    if (at !== undefined && count !== at) return undefined
    return systemError(call, typeof what === 'string' ? what : undefined)
  } finally {
    isInside = false
  }
}

function systemError(call, path) {
  const isLate = !call.endsWith('Sync')
  const nameless = isLate
    ? Array(2).fill(`Unknown system error -${errno}`)
    : ['UNKNOWN', 'unknown error']
  const [code, words] = getSystemErrorMap().get(-errno) ?? nameless
  const syscall = call.replace(/Sync$/, '')
  const where = path === undefined ? '' : ` '${path}'`
  const error = new Error(`${code}: ${words}, ${syscall}${where}`)
  return Object.assign(error, { code, errno: -errno, syscall, ...(path && { path }) })
}

for (const call of calls) {
  const isNative = call === 'realpathSync'
  const real = isNative ? fs.realpathSync.native : fs[call]
  const ailing = (...args) => {
    const error = ailment(call, args[0])
    if (error === undefined) return real(...args)
    // The kernel gives the number back whatever it says.
    if (call === 'closeSync') real(...args)
    if (call.endsWith('Sync')) throw error
    setImmediate(args.at(-1), error)
  }
  if (isNative) fs.realpathSync.native = ailing
  else fs[call] = ailing
}
syncBuiltinESMExports()
