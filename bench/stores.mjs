/**
 * Stores of many sessions, made fast.
 *
 * The library itself makes a few dozen sessions of different kinds in a store of their own; every
 * other session is one of them with its id, times, name and parent exchanged for others of the same
 * length, so that each file is what stint would have written, byte for byte.
 */

import fs from 'node:fs'

/** When the newest session was created; each other is a little over an hour and a half older. */
const newestAt = Date.UTC(2026, 5, 1, 12)
const apart = 97 * 60_000
const kinds = 100
/** Only so many of the newest have locks/ and output/; readers of a list look into neither. */
const furnished = 10_000

/** Above every pid that Linux gives out. */
const nobody = 4_194_304 + 4711

const samples = { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', name: 'job-777777', text: 'Sample work 777777' }
const sampleParent = '01ARZ3NDEKTSV4RRFFQ69G5FAW'
const branches = ['main', 'feat/auth', 'fix/login-loop', 'main', 'chore/deps']

/** Makes stores under `root`, all for the sessions of `project`, each in a home of its own. */
export async function openStoreYard(lib, root, project) {
  const homeOf = (name) => `${root}/home-${name}`
  const open = (home) => lib.openStore({ env: { STINT_HOME: home }, home: root, cwd: project })
  const molds = await makeMolds(lib, open(homeOf('molds')))
  const made = new Map()
  return {
    /** An empty store. */
    openFresh: (name) => ({ home: homeOf(name), ...open(homeOf(name)) }),
    /** The store of `count` sessions, made when it is first asked for: `{ home, store, ids }`. */
    storeOf(count) {
      if (!made.has(count)) {
        const home = homeOf(count)
        const store = open(home)
        fs.mkdirSync(home, { mode: 0o700 })
        fs.cpSync(molds.store.dir, store.dir, {
          recursive: true,
          filter: (path) => !path.startsWith(`${molds.store.dir}/sessions/`),
        })
        made.set(count, { home, store, ...fill(lib, store, molds.all, count) })
      }
      return made.get(count)
    },
  }
}

/** What the session of each kind is like. */
function kindOf(i) {
  return {
    tool: ['command', 'codex', 'claude-code', 'gemini-cli', 'command'][i % 5],
    branch: branches[i % branches.length],
    named: i % 4 === 0,
    child: i % 8 === 5,
    compacted: i % 10 === 8,
    turns: i % 25 === 6 ? 2 : 1,
    outputs: 4 + (i % 17),
    outcome: i % 10 === 3 ? 'failure' : 'success',
    /** Two in a hundred: the supervisor died, and one of the two was on a machine that rebooted. */
    crashed: i === 7 ? 'here' : i === 31 ? 'before a reboot' : undefined,
  }
}

async function makeMolds(lib, store) {
  const all = []
  for (let i = 0; i < kinds; i++) all.push(await makeMold(lib, store, kindOf(i)))
  return { store, all }
}

/** One session, made by the library, taken apart where others will differ from it. */
async function makeMold(lib, base, kind) {
  const clock = { at: newestAt }
  const times = []
  const tick = (ms) => {
    clock.at += ms
    times.push(clock.at - newestAt)
    return clock.at
  }
  tick(0)
  const store = { ...base, now: () => clock.at }
  const { session, lock } = await lib.createSession(
    store,
    {
      tool: kind.tool,
      description: samples.text,
      branch: kind.branch,
      head: '9fceb02d0ae598e95dc970b74767f19372d61af8',
      cwd: store.projectPath,
      ...(kind.named ? { name: samples.name } : {}),
      ...(kind.child ? { parent_session_id: sampleParent, depth: 1 } : {}),
    },
    { tool: kind.tool, turn: 1 },
  )
  const { id, dir } = session
  await session.refresh()
  for (let turn = 1; turn <= kind.turns; turn++) {
    lib.tryLock(lib.sessionFiles.toolLock(dir, kind.tool), { tool: kind.tool, turn }).release()
    fs.mkdirSync(lib.sessionFiles.turnOutput(dir, turn), { recursive: true, mode: 0o700 })
    await addTurn(lib, session, kind, turn, tick)
  }
  lib.projectResult(session, session.state)
  session[Symbol.dispose]()
  lock.release()
  leave(lib.sessionFiles.sessionLock(dir))
  // Another length would belong to another journal.bytes.
  if (!lib.isSessionId(id) || id.length !== samples.id.length) throw new Error('no ULID')
  const marks = new Map([
    [id, 'id'],
    [samples.name, 'name'],
    [samples.text, 'text'],
    [sampleParent, 'parent'],
    ...times.map((offset) => [new Date(newestAt + offset).toISOString(), offset]),
  ])
  const { directories, files } = readTree(dir)
  return {
    child: kind.child,
    directories,
    files: files.map(({ path, text }) => ({ path, parts: takeApart(text, marks) })),
  }
}

/** As a supervisor leaves its lock: the process that it names is gone. This one makes all of them, and lives. */
function leave(lock) {
  const facts = fs.readFileSync(lock, 'utf8')
  const left = facts.replace(`"pid":${process.pid},`, `"pid":${nobody},`)
  if (left === facts) throw new Error(`${lock} does not name this process`)
  fs.writeFileSync(lock, left)
}

async function addTurn(lib, session, kind, turn, tick) {
  const started = tick(40)
  const { boot_id, ...machine } = lib.thisMachine()
  const group = {
    pgid: nobody,
    start_time: '123456789',
    boot_id: kind.crashed === 'here' ? boot_id : '00000000-0000-4000-8000-000000000000',
    ...machine,
  }
  await session.append({
    type: 'turn_started',
    turn,
    text: kind.tool === 'command' ? null : 'look at the failing test and mend it',
    data: {
      tool: kind.tool,
      argv: [kind.tool, '--run'],
      cwd: session.state.project_path,
      process: group,
    },
    at: started,
  })
  const streamed = []
  const add = (type, text, data, ms) =>
    streamed.push(session.encode({ type, turn, text, data, at: tick(ms) }))
  const isAgent = kind.tool !== 'command'
  if (isAgent)
    add('provider_session', null, { provider_session_id: `thread_${kind.tool}_0001` }, 300)
  for (let i = 0; i < kind.outputs; i++) {
    if (!isAgent) add('output', `step ${i} of ${kind.outputs}: ok`, { stream: 'stdout' }, 700)
    else if (i % 3 === 1)
      add('tool_call', null, { name: 'shell', command: `npm test -- ${i}` }, 900)
    else add('message', `I looked at part ${i} and it does what it should.`, {}, 1_100)
  }
  if (isAgent)
    add('usage', null, { input_tokens: 1201, output_tokens: 340 + turn, cost_usd: 0.012 }, 5)
  if (kind.compacted) add('compacted', null, {}, 50)
  await session.appendStreamed(streamed)
  if (kind.crashed !== undefined) return session.publish()
  const ended = tick(120)
  await session.append((state) => [
    session.encode({
      type: 'turn_ended',
      turn,
      text: null,
      data: {
        session_id: session.id,
        turn,
        tool: kind.tool,
        outcome: kind.outcome,
        exit_code: kind.outcome === 'success' ? 0 : 1,
        signal: null,
        summary: 'done, all of it',
        started_at: new Date(started).toISOString(),
        completed_at: new Date(ended).toISOString(),
        duration_ms: ended - started,
        provider_session_id: state.tools[kind.tool]?.provider_session_id ?? null,
        usage: null,
        cost_usd: null,
        peak_memory_bytes: null,
        events_count: streamed.length + 2,
        artifacts: [],
      },
      at: ended,
    }),
  ])
}

function readTree(dir, under = '') {
  const directories = []
  const files = []
  for (const item of fs.readdirSync(`${dir}${under}`, { withFileTypes: true })) {
    const path = `${under}/${item.name}`
    if (item.isDirectory()) {
      const below = readTree(dir, path)
      directories.push(path, ...below.directories)
      files.push(...below.files)
    } else {
      files.push({ path, text: fs.readFileSync(`${dir}${path}`, 'utf8') })
    }
  }
  return { directories, files }
}

/** Literal texts, and between them what each session has of its own. */
function takeApart(text, marks) {
  const words = [...marks.keys()].map((word) => word.replace(/[.]/g, '\\.'))
  return text
    .split(new RegExp(`(${words.join('|')})`))
    .map((part) => (marks.has(part) ? { own: marks.get(part) } : part))
}

function fill(lib, store, molds, count) {
  const ids = Array.from({ length: count }, (_, i) => idOf(count - 1 - i, i))
  for (const [i, id] of ids.entries()) {
    const age = count - 1 - i
    const mold = molds[i % molds.length]
    const serial = String(i).padStart(6, '0')
    const own = {
      id,
      name: `job-${serial}`,
      text: `Sample work ${serial}`,
      parent: ids[i - 1] ?? sampleParent,
    }
    const at = newestAt - age * apart
    const dir = lib.sessionDir(store.dir, id)
    const bare = age >= furnished
    fs.mkdirSync(dir, { mode: 0o700 })
    if (!bare) for (const path of mold.directories) fs.mkdirSync(dir + path, { mode: 0o700 })
    for (const { path, parts } of mold.files) {
      if (bare && path.lastIndexOf('/') > 0) continue
      let text = ''
      for (const part of parts) {
        if (typeof part === 'string') text += part
        else text += own[part.own] ?? new Date(at + part.own).toISOString()
      }
      fs.writeFileSync(dir + path, text, { mode: 0o600 })
    }
    if (i < molds.length) check(lib, id, dir)
  }
  fs.writeFileSync(lib.storeFiles.last(store.dir), `${ids.at(-1)}\n`, { mode: 0o600 })
  return {
    ids,
    /** The newest session that ended its turn, and the newest that did not. */
    newest: (crashed) =>
      ids.findLast((_, i) => (kindOf(i % kinds).crashed !== undefined) === crashed),
    crashed: ids.filter((_, i) => kindOf(i % kinds).crashed !== undefined).length,
  }
}

/** A ULID for the session that is so much older than the newest. */
function idOf(age, serial) {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  let time = newestAt - age * apart
  let text = ''
  for (let i = 0; i < 10; i++) {
    text = alphabet[time % 32] + text
    time = Math.floor(time / 32)
  }
  let seed = serial + 1
  for (let i = 0; i < 16; i++) {
    seed ^= seed << 13
    seed ^= seed >>> 17
    seed ^= seed << 5
    text += alphabet[(seed >>> 0) % 32]
  }
  return text
}

/** What was copied reads without a warning, and the library would write the same bytes. */
function check(lib, id, dir) {
  const { state, failure, warnings } = lib.readSnapshot(id, dir)
  if (failure !== undefined || warnings.length > 0) throw failure ?? warnings[0]
  if (lib.formatState(state) !== fs.readFileSync(lib.sessionFiles.state(dir), 'utf8')) {
    throw new Error(`the copied state of ${id} is not what stint writes`)
  }
}
