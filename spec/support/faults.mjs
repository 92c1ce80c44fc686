/**
 * A disk that dies on command, as a preload: `node --require …/faults.mjs program`.
 *
 * It counts the calls of node:fs that change files beneath one directory, and makes one of them (or
 * each from there on) kill the process, tear its write or fail. The variable STINT_FAULTS says which,
 * as JSON:
 *
 * - `root`: only calls on paths beneath it and on descriptors opened beneath it count
 * - `log`: file to which every call is appended, as JSON lines (power-cut.ts reads them)
 * - `at`: the number of the call to strike, from 1
 * - `do`: `kill` before it takes effect, `torn` for half of a write and then kill, or an errno name
 * - `onward`: every later call fails as well; a full disk (ENOSPC, EDQUOT) refuses only what grows,
 *   a read-only one (EROFS) also opens for writing
 * - `partial`: the write that is struck takes half its bytes and says so; later ones fail
 * - `from`: counting begins with the first call whose path beneath the root contains this text
 *
 * Asynchronous changes are made synchronously when they are asked for and only answered later, so
 * that their order, and with it each number, is the same in every run.
 *
 * Only this process and thread are struck: the variable is gone from the environment of children.
 */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { getSystemErrorMap } from 'node:util'

const { O_ACCMODE, O_RDONLY, O_WRONLY, O_RDWR } = { O_ACCMODE: 3, ...fs.constants }
const { O_APPEND, O_CREAT, O_EXCL, O_SYNC, O_TRUNC, COPYFILE_EXCL } = fs.constants

/** The functions as they were: reading `fs.promises` and the stream classes costs, so not those. */
const real = Object.fromEntries(
  Object.entries(Object.getOwnPropertyDescriptors(fs))
    .filter(([, { value }]) => typeof value === 'function')
    .map(([name, { value }]) => [name, value]),
)

let plan
let roots
let log
let count = 0
let isCounting = true

/** Descriptors opened beneath the root: where, and whether they write at the end only. */
const opened = new Map()

// ── the gate every change passes ─────────────────────────────────────────────────────────────────

/**
 * Runs an operation, or does what the plan says instead.
 *
 * An operation has a `call`, a `syscall`, a `path` and perhaps `to` and `fd`; `shown`, the paths as
 * the caller wrote them; `changes`, whether it would; `grows`, whether a full disk refuses it; `run`;
 * `half` when it is a write; and `facts`, what a replay needs, asked for after it took effect.
 */
function perform(op) {
  if (!op.changes) {
    if (isRefused(op)) throw systemError('EROFS', op)
    const result = op.run()
    if (op.isNoted) note(null, op, result)
    return result
  }
  if (!isCounting) isCounting = [op.path, op.to].some((where) => where?.includes(plan.from))
  const n = isCounting ? ++count : null
  const fault = faultAt(n, op)
  if (fault === 'kill') die()
  if (fault === 'torn' || fault === 'short') {
    const written = op.half()
    note(n, op, written)
    if (fault === 'torn') die()
    return written
  }
  try {
    if (fault !== undefined) throw systemError(fault, op)
    const before = log === undefined ? undefined : op.before?.()
    const result = op.run()
    note(n, op, result, before)
    return result
  } catch (error) {
    if (log !== undefined) append({ n, ...placeOf(op), error: error.code })
    throw error
  }
}

/** A read-only file system does not even open for writing. */
function isRefused(op) {
  return op.writable && plan.do === 'EROFS' && plan.onward && count + 1 >= plan.at
}

function faultAt(n, op) {
  if (n === null || plan.at === undefined || n < plan.at) return undefined
  if (n > plan.at && !plan.onward) return undefined
  const isDivisible = op.half !== undefined && op.length > 1
  if (plan.do === 'torn') return isDivisible ? 'torn' : 'kill'
  if (plan.partial && n === plan.at && isDivisible) return 'short'
  const isFull = plan.do === 'ENOSPC' || plan.do === 'EDQUOT'
  return plan.onward && isFull && !op.grows ? undefined : plan.do
}

function die() {
  process.kill(process.pid, 'SIGKILL')
  // The first process of a container survives that.
  process.abort()
}

function systemError(code, { syscall, shown = [] }) {
  const errno = -os.constants.errno[code]
  const [, text] = getSystemErrorMap().get(errno)
  const where = shown.map((name) => ` '${name}'`).join(' ->')
  const error = new Error(`${code}: ${text}, ${syscall}${where}`)
  Object.assign(error, { errno, code, syscall })
  if (shown[0] !== undefined) error.path = shown[0]
  if (shown[1] !== undefined) error.dest = shown[1]
  return error
}

function note(n, op, result, before) {
  if (log !== undefined) append({ n, ...placeOf(op), ...before, ...op.facts?.(result) })
}

/** `grows` is left out where it is false. */
function placeOf({ call, path: where, to, fd, grows }) {
  return { call, path: where, to, fd, grows: grows || undefined }
}

function append(record) {
  const line = Buffer.from(`${JSON.stringify(record)}\n`)
  if (real.writeSync(log, line) !== line.length) throw new Error('the log of calls is torn')
}

// ── paths and descriptors ────────────────────────────────────────────────────────────────────────

/** A path as the log has it, relative to the root; undefined when it is not beneath it. */
function within(name) {
  const absolute = absoluteOf(name)
  if (absolute === undefined) return undefined
  for (const root of roots) {
    if (absolute === root) return '.'
    if (absolute.startsWith(`${root}/`)) return absolute.slice(root.length + 1)
  }
  return undefined
}

/** Undefined for what is no path: the real call will complain. */
function absoluteOf(name) {
  if (typeof name === 'string') return path.resolve(name)
  if (ArrayBuffer.isView(name)) return path.resolve(Buffer.from(name).toString())
  if (name instanceof URL && name.protocol === 'file:') return path.resolve(fileURLToPath(name))
  return undefined
}

function isThere(name) {
  return statsOf(real.lstatSync, name) !== undefined
}

function hasParent(name) {
  return isThere(path.dirname(absoluteOf(name)))
}

function statsOf(stat, name) {
  try {
    return stat(name, { throwIfNoEntry: false })
  } catch {
    // A parent that is no directory or cannot be searched: the real call will say so.
    return undefined
  }
}

/** By a descriptor: for a path, readFileSync would come back through our own openSync. */
function contentOf(name) {
  const fd = real.openSync(name, 'r')
  try {
    return real.readFileSync(fd)
  } finally {
    real.closeSync(fd)
  }
}

function modeOf(stats) {
  return stats === undefined ? undefined : stats.mode & 0o7777
}

/** Remembers a descriptor; pipes and sockets beneath the root are no files that could be lost. */
function track(fd, where, flags) {
  const stats = real.fstatSync(fd)
  if (stats.isFile() || stats.isDirectory()) {
    opened.set(fd, { path: where, isAppending: (flags & O_APPEND) !== 0 })
  } else {
    opened.delete(fd)
  }
}

function forget(fd) {
  const file = opened.get(fd)
  if (file === undefined) return
  opened.delete(fd)
  if (log !== undefined) append({ n: null, call: 'close', path: file.path, fd })
}

/** Where the next write of a descriptor lands. The kernel knows, also after reads. */
function offsetOf(fd, position) {
  if (opened.get(fd).isAppending) return real.fstatSync(fd).size
  if (position !== null) return position
  try {
    return Number(/^pos:\s*(\d+)/m.exec(real.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))[1])
  } catch {
    // No /proc: the sum of what was written, which is right as long as nobody reads in between.
    return opened.get(fd).written ?? 0
  }
}

function flagsOf(flags) {
  if (typeof flags === 'number') return flags
  const text = flags ?? 'r'
  const access = text.includes('+') ? O_RDWR : text.includes('r') ? O_RDONLY : O_WRONLY
  let number = access
  if (text.includes('w')) number |= O_CREAT | O_TRUNC
  if (text.includes('a')) number |= O_CREAT | O_APPEND
  if (text.includes('x')) number |= O_EXCL
  if (text.includes('s')) number |= O_SYNC
  return number
}

function bytesOf(data, encoding) {
  if (typeof data === 'string') return Buffer.from(data, encoding ?? 'utf8')
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

// ── the operations ───────────────────────────────────────────────────────────────────────────────

/** Calls on one path: what they are called in errors, when they change something, what they leave. */
const onePath = {
  mkdir: {
    syscall: 'mkdir',
    grows: true,
    changes: (name, options) => !isThere(name) && (options?.recursive === true || hasParent(name)),
    facts: (name) => ({ mode: modeOf(statsOf(real.statSync, name)) }),
  },
  mkdtemp: {
    syscall: 'mkdtemp',
    grows: true,
    changes: () => true,
    suffix: 'XXXXXX',
    facts: (_prefix, made) => ({ path: within(made), mode: modeOf(statsOf(real.statSync, made)) }),
  },
  rmdir: { syscall: 'rmdir', changes: isThere },
  unlink: { syscall: 'unlink', changes: isThere },
  chmod: {
    syscall: 'chmod',
    changes: isThere,
    facts: (name) => ({ mode: modeOf(statsOf(real.statSync, name)) }),
  },
  chown: { syscall: 'chown', changes: isThere },
  lchown: { syscall: 'lchown', changes: isThere },
  utimes: { syscall: 'utime', changes: isThere },
  lutimes: { syscall: 'lutime', changes: isThere },
}

const twoPaths = {
  rename: { syscall: 'rename', changes: isThere },
  link: { syscall: 'link', grows: true, changes: (from, to) => isThere(from) && !isThere(to) },
  copyFile: {
    syscall: 'copyfile',
    grows: true,
    changes: (from, to, mode = 0) =>
      isThere(from) && !((mode & COPYFILE_EXCL) !== 0 && isThere(to)),
    facts: (_from, to) => ({
      data: contentOf(to).toString('base64'),
      mode: modeOf(statsOf(real.statSync, to)),
    }),
  },
}

const descriptors = {
  fsync: { syscall: 'fsync' },
  fdatasync: { syscall: 'fdatasync' },
  ftruncate: {
    syscall: 'ftruncate',
    grows: (fd, size = 0) => size > real.fstatSync(fd).size,
    facts: (_fd, size = 0) => ({ size: Math.max(0, size) }),
  },
  fchmod: { syscall: 'fchmod', facts: (fd) => ({ mode: modeOf(real.fstatSync(fd)) }) },
  fchown: { syscall: 'fchown' },
  futimes: { syscall: 'futime' },
}

/** Each maker returns the operation for a synchronous call's arguments, or undefined: not beneath. */
const makers = {
  symlink: (target, name) => {
    const where = within(name)
    if (where === undefined) return undefined
    return {
      ...{ call: 'symlink', syscall: 'symlink', path: where, to: String(target), grows: true },
      ...{ shown: [String(target), String(name)], changes: !isThere(name) },
      run: () => real.symlinkSync(target, name),
    }
  },

  open: (name, flags, mode) => {
    const where = within(name)
    if (where === undefined) return undefined
    const number = flagsOf(flags)
    const isPresent = statsOf(real.statSync, name) !== undefined
    const creates = (number & O_CREAT) !== 0 && !isPresent && hasParent(name)
    const isExclusive = (number & O_CREAT) !== 0 && (number & O_EXCL) !== 0
    return {
      ...{ call: 'open', syscall: 'open', path: where, shown: [String(name)], isNoted: true },
      changes: creates || ((number & O_TRUNC) !== 0 && isPresent && !isExclusive),
      grows: creates,
      writable: (number & O_ACCMODE) !== O_RDONLY,
      run: () => {
        const fd = real.openSync(name, flags, mode)
        track(fd, where, number)
        return fd
      },
      facts: (fd) => ({ fd, flags: number, mode: modeOf(real.fstatSync(fd)) }),
    }
  },

  write: (fd, data, offset, length, position) => {
    if (!opened.has(fd)) return undefined
    if (typeof data === 'string') {
      const at = typeof offset === 'number' ? offset : null
      const run = () => real.writeSync(fd, data, offset, length)
      return writing(fd, bytesOf(data, length), at, run)
    }
    if (!ArrayBuffer.isView(data)) return undefined
    // As in node: null for the offset means that nothing else was said either.
    const range = typeof offset === 'object' ? (offset ?? {}) : { offset, length, position }
    const start = range.offset ?? 0
    const size = typeof range.length === 'number' ? range.length : data.byteLength - start
    const at = range.position === undefined || range.position === null ? null : +`${range.position}`
    const run = () => real.writeSync(fd, data, range.offset, range.length, range.position)
    return writing(fd, bytesOf(data).subarray(start, start + size), at, run)
  },

  writev: (fd, buffers, position) => {
    if (!opened.has(fd) || !Array.isArray(buffers)) return undefined
    const at = typeof position === 'number' ? position : null
    const run = () => real.writevSync(fd, buffers, position)
    return writing(fd, Buffer.concat(buffers.map((buffer) => bytesOf(buffer))), at, run, 'writev')
  },
}

function writing(fd, bytes, position, run, call = 'write') {
  const file = opened.get(fd)
  let offset
  const before = () => {
    if (log !== undefined) offset = offsetOf(fd, position)
  }
  return {
    ...{ call, syscall: 'write', path: file.path, fd, grows: true, length: bytes.length, before },
    changes: bytes.length > 0,
    run,
    half: () => {
      before()
      return real.writeSync(fd, bytes, 0, Math.floor(bytes.length / 2), position)
    },
    facts: (written) => {
      if (position === null) file.written = offset + written
      return { offset, data: bytes.subarray(0, written).toString('base64') }
    },
  }
}

for (const [call, row] of Object.entries(onePath)) {
  const sync = real[`${call}Sync`]
  makers[call] = (name, ...rest) => {
    const where = within(name)
    if (where === undefined) return undefined
    return {
      ...{ call, syscall: row.syscall, path: where, grows: row.grows },
      shown: [`${name}${row.suffix ?? ''}`],
      changes: row.changes(name, ...rest),
      run: () => sync(name, ...rest),
      facts: row.facts && ((result) => row.facts(name, result)),
    }
  }
}

for (const [call, row] of Object.entries(twoPaths)) {
  const sync = real[`${call}Sync`]
  makers[call] = (from, to, ...rest) => {
    const [source, target] = [within(from), within(to)]
    const isOurs = target !== undefined || (call !== 'copyFile' && source !== undefined)
    if (!isOurs) return undefined
    return {
      ...{ call, syscall: row.syscall, grows: row.grows, shown: [String(from), String(to)] },
      path: source ?? absoluteOf(from),
      to: target ?? absoluteOf(to),
      changes: row.changes(from, to, ...rest),
      run: () => sync(from, to, ...rest),
      facts: row.facts && (() => row.facts(from, to)),
    }
  }
}

for (const [call, row] of Object.entries(descriptors)) {
  const sync = real[`${call}Sync`]
  makers[call] = (fd, ...rest) => {
    const file = opened.get(fd)
    if (file === undefined) return undefined
    return {
      ...{ call, syscall: row.syscall, path: file.path, fd, changes: true },
      grows: row.grows?.(fd, ...rest) ?? false,
      run: () => sync(fd, ...rest),
      facts: row.facts && (() => row.facts(fd, ...rest)),
    }
  }
}

// ── calls made of other calls ────────────────────────────────────────────────────────────────────

/** writeFile and appendFile by their parts; node takes a short cut that passes no other function. */
function writeWhole(file, data, options, defaultFlag) {
  const { encoding, mode, flag, flush } = optionsOf(options)
  const bytes = bytesOf(data, encoding)
  const fd = typeof file === 'number' ? file : fs.openSync(file, flag ?? defaultFlag, mode ?? 0o666)
  try {
    writeAll(fd, bytes)
    if (flush) fs.fsyncSync(fd)
  } finally {
    if (typeof file !== 'number') fs.closeSync(fd)
  }
}

function writeAll(fd, bytes) {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done)
  }
}

function optionsOf(options) {
  return typeof options === 'string' ? { encoding: options } : (options ?? {})
}

function isWritable(file, data, options) {
  const isOurs = typeof file === 'number' ? opened.has(file) : within(file) !== undefined
  const isData = typeof data === 'string' || ArrayBuffer.isView(data)
  return isOurs && isData && !optionsOf(options).signal?.aborted
}

function truncateWhole(name, size) {
  const fd = fs.openSync(name, 'r+')
  try {
    fs.ftruncateSync(fd, size ?? 0)
  } finally {
    fs.closeSync(fd)
  }
}

/** In the order of the names, so that the calls have the same numbers in every run. */
function removeTree(name) {
  const stats = statsOf(real.lstatSync, name)
  if (stats === undefined) return
  if (!stats.isDirectory()) return fs.unlinkSync(name)
  for (const entry of real.readdirSync(name).sort()) removeTree(path.join(name, entry))
  fs.rmdirSync(name)
}

/** For each: whether it is ours, and how it is done. The rest goes to the real function. */
const composed = {
  writeFile: {
    isOurs: isWritable,
    act: (file, data, options) => writeWhole(file, data, options, 'w'),
  },
  appendFile: {
    isOurs: isWritable,
    act: (file, data, options) => writeWhole(file, data, options, 'a'),
  },
  truncate: { isOurs: (name) => within(name) !== undefined, act: truncateWhole },
  rm: {
    // What is missing, or a directory without `recursive`, changes nothing: node has the words.
    isOurs: (name, options) => {
      const stats = within(name) === undefined ? undefined : statsOf(real.lstatSync, name)
      return stats !== undefined && (options?.recursive === true || !stats.isDirectory())
    },
    act: (name) => removeTree(absoluteOf(name)),
  },
  // No call of their own is counted, so they must not happen unseen.
  cp: {
    isOurs: (_from, to) => within(to) !== undefined,
    act: () => {
      throw new Error('faults.mjs does not count fs.cp: copy by other calls')
    },
  },
}

// ── taking the place of the functions ────────────────────────────────────────────────────────────

function install() {
  const realPromises = { ...fs.promises }

  for (const [call, make] of Object.entries(makers)) {
    const act = (...args) => {
      const op = make(...args)
      return op === undefined ? real[`${call}Sync`](...args) : perform(op)
    }
    put(fs, `${call}Sync`, act)
    if (call === 'open') continue
    const isOurs = (...args) => make(...args) !== undefined
    put(fs, call, calledBack(real[call], isOurs, act))
    if (call in realPromises) put(fs.promises, call, promised(realPromises[call], isOurs, act))
  }

  for (const [call, { isOurs, act }] of Object.entries(composed)) {
    const sync = (...args) => (isOurs(...args) ? act(...args) : real[`${call}Sync`](...args))
    put(fs, `${call}Sync`, sync)
    put(fs, call, calledBack(real[call], isOurs, act))
    put(fs.promises, call, promised(realPromises[call], isOurs, act))
  }

  const rmdirSync = fs.rmdirSync
  fs.rmdirSync = (name, options) =>
    options?.recursive ? fs.rmSync(name, options) : rmdirSync(name, options)

  const openSync = fs.openSync
  fs.openSync = (...args) => {
    const fd = openSync(...args)
    if (within(args[0]) === undefined) opened.delete(fd)
    return fd
  }
  put(fs, 'open', (...args) => {
    const done = args.pop()
    const op = typeof done === 'function' ? makers.open(...args) : undefined
    if (op === undefined) return real.open(...args, done)
    if (op.changes || isRefused(op)) return answer(() => perform(op), done)
    real.open(...args, (error, fd) => {
      if (error) return done(error)
      track(fd, op.path, flagsOf(args[1]))
      note(null, op, fd)
      done(null, fd)
    })
  })

  fs.closeSync = (fd) => {
    forget(fd)
    real.closeSync(fd)
  }
  put(fs, 'close', (fd, ...rest) => {
    forget(fd)
    real.close(fd, ...rest)
  })

  fs.promises.open = (name, flags, mode) => openHandle(realPromises, name, flags, mode)
  for (const call of ['writeFile', 'appendFile']) {
    const whole = fs.promises[call]
    fs.promises[call] = (file, data, options) => {
      if (typeof file?.fd === 'number') return file[call](data, options)
      if (!isIterable(data) || within(file) === undefined) return whole(file, data, options)
      return writePieces(file, data, options, call === 'writeFile' ? 'w' : 'a')
    }
  }

  syncBuiltinESMExports()
}

/** With what hangs on the real function: util.promisify finds its names of results there. */
function put(target, name, replacement) {
  for (const symbol of Object.getOwnPropertySymbols(target[name])) {
    const property = Object.getOwnPropertyDescriptor(target[name], symbol)
    Object.defineProperty(replacement, symbol, property)
  }
  target[name] = replacement
}

function calledBack(original, isOurs, act) {
  return (...args) => {
    const done = args.at(-1)
    const rest = args.slice(0, -1)
    if (typeof done !== 'function' || !isOurs(...rest)) return original(...args)
    // write and writev also hand back what they were given.
    const given = original === real.write || original === real.writev ? [args[1]] : []
    answer(() => act(...rest), done, given)
  }
}

function answer(act, done, given = []) {
  try {
    const result = act()
    setImmediate(done, null, ...(result === undefined ? [] : [result]), ...given)
  } catch (error) {
    setImmediate(done, error, ...(given.length === 0 ? [] : [0, ...given]))
  }
}

function promised(original, isOurs, act) {
  return (...args) => (isOurs(...args) ? soon(() => act(...args)) : original(...args))
}

function soon(act) {
  return new Promise((resolve, reject) => {
    answer(act, (error, result) => (error === null ? resolve(result) : reject(error)))
  })
}

function isIterable(data) {
  return data?.[Symbol.asyncIterator] !== undefined || Array.isArray(data)
}

async function writePieces(file, pieces, options, defaultFlag) {
  const { encoding, mode, flag, flush } = optionsOf(options)
  const handle = await fs.promises.open(file, flag ?? defaultFlag, mode)
  try {
    for await (const piece of pieces) await handle.writeFile(piece, encoding)
    if (flush) await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * A FileHandle can only come from the real open. What that would create or truncate is done before,
 * synchronously and counted, and the handle is then opened on what is there.
 */
async function openHandle(realPromises, name, flags, mode) {
  const op = makers.open(name, flags, mode)
  if (op === undefined) return realPromises.open(name, flags, mode)
  if (op.changes || isRefused(op)) {
    fs.closeSync(perform(op))
    return openHandle(realPromises, name, flagsOf(flags) & ~(O_CREAT | O_EXCL | O_TRUNC))
  }
  const handle = await realPromises.open(name, flags, mode)
  track(handle.fd, op.path, flagsOf(flags))
  note(null, op, handle.fd)
  return opened.has(handle.fd) ? counted(handle) : handle
}

/** The handle with its own methods for what changes the file; streams made of it use them too. */
function counted(handle) {
  const { fd } = handle
  const close = handle.close.bind(handle)
  const writeFile = handle.writeFile.bind(handle)
  return Object.assign(handle, {
    write: async (buffer, ...rest) => ({
      bytesWritten: await soon(() => fs.writeSync(fd, buffer, ...rest)),
      buffer,
    }),
    writev: async (buffers, position) => ({
      bytesWritten: await soon(() => fs.writevSync(fd, buffers, position)),
      buffers,
    }),
    writeFile: async (data, options) => {
      if (isWritable(fd, data, options)) {
        return soon(() => writeAll(fd, bytesOf(data, optionsOf(options).encoding)))
      }
      if (!isIterable(data)) return writeFile(data, options)
      for await (const piece of data) await handle.writeFile(piece, options)
    },
    appendFile: (data, options) => handle.writeFile(data, options),
    truncate: (size) => soon(() => fs.ftruncateSync(fd, size ?? 0)),
    chmod: (mode) => soon(() => fs.fchmodSync(fd, mode)),
    chown: (uid, gid) => soon(() => fs.fchownSync(fd, uid, gid)),
    utimes: (atime, mtime) => soon(() => fs.futimesSync(fd, atime, mtime)),
    sync: () => soon(() => fs.fsyncSync(fd)),
    datasync: () => soon(() => fs.fdatasyncSync(fd)),
    close: () => {
      if (handle.fd !== -1) forget(fd)
      return close()
    },
  })
}

// ── the start ────────────────────────────────────────────────────────────────────────────────────

function decodePlan(text) {
  const read = JSON.parse(text)
  if (typeof read.root !== 'string') throw new Error('STINT_FAULTS: root is missing')
  if (read.at !== undefined && !(Number.isInteger(read.at) && read.at > 0)) {
    throw new Error('STINT_FAULTS: at counts from 1')
  }
  const isKnown = read.do === 'kill' || read.do === 'torn' || read.do in os.constants.errno
  if (read.at !== undefined && !isKnown) throw new Error(`STINT_FAULTS: cannot do ${read.do}`)
  return { ...read, onward: read.onward === true || read.partial === true }
}

function realRoot(root) {
  try {
    return real.realpathSync(root)
  } catch {
    // It may be made only later, by the program.
    return root
  }
}

if (process.env.STINT_FAULTS !== undefined) {
  plan = decodePlan(process.env.STINT_FAULTS)
  delete process.env.STINT_FAULTS
  const root = path.resolve(plan.root)
  roots = new Set([root, realRoot(root)])
  isCounting = plan.from === undefined
  if (plan.log !== undefined) log = real.openSync(plan.log, 'a')
  install()
}
