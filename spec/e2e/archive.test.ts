/** Sessions into an archive and back, and as documents. */

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openStore } from '../../lib/index.ts'
import { alnum } from '../redact/samples.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import {
  agent,
  entriesOf,
  expectRefusal,
  expectWhole,
  makePlace,
  type Place,
  type Row,
  snapshot,
  touch,
  until,
  withoutLocks,
} from '../support/cli.ts'

describe('export and import', () => {
  test('take a tree of sessions to another project, where it can be gone on with', async () => {
    const [from, to] = [makePlace(), makePlace()]
    const parent = await from.make(['--name', 'outer', '--', 'echo', 'kept'])
    const child = await from.make(['--parent', parent, '--', 'true'])
    await from.make()
    const file = `${from.dir}/outer.tar.gz`
    const before = withoutLocks(snapshot(from.home))
    const report = await from.json(['export', 'outer', '--tree', '--to', file])
    expect(report.sessions.map(({ id }: Row) => id)).toEqual([parent, child])
    expect(report.bytes).toBe(readFileSync(file).length)
    expect(withoutLocks(snapshot(from.home))).toEqual(before)

    const planned = await to.stint(['import', file, '--dry-run'])
    expect(planned.stdout).toMatch(/^SESSION +ENTRIES +SIZE +PROJECT +NAME +DESCRIPTION\n.* outer /)
    expect(existsSync(to.home)).toBe(false)
    const rows = await to.json<Row[]>(['import', file])
    expect(rows.map(({ act, code }) => [act, code])).toEqual([
      ['imported', null],
      ['imported', null],
    ])
    const [tree] = await to.json<Row[]>(['list', '--tree'])
    expect(tree).toMatchObject({ id: parent, status: 'idle', children: [{ id: child }] })
    expect(tree?.project_path).toBe(to.cwd)
    expect((await to.stint(['resume', 'outer', '--cwd', to.cwd, '--', 'true'])).status).toBe(0)
    expectWhole(entriesOf(to.session(parent)))
    expect(await to.stint(['import', file])).toMatchObject({ status: 0, stdout: '' })
    expectWhole(entriesOf(to.session(parent)))
  })

  test('leave nothing behind when they are interrupted', async () => {
    const [from, to] = [makePlace(), makePlace()]
    const id = await from.make()
    writeFileSync(`${from.session(id)}/output/noise`, randomBytes(24 * 1024 * 1024))
    const file = `${from.dir}/noise.tar.gz`
    const leftover = () => readdirSync(from.dir).find((name) => name.startsWith('.noise.tar.gz.'))
    const exporting = from.start(['export', id, '--to', file])
    await until('some of it is written', leftover)
    exporting.kill('SIGINT')
    expect((await exporting.ended).status).toBe(130)
    expect(leftover()).toBeUndefined()
    expect(existsSync(file)).toBe(false)

    expect((await from.stint(['export', id, '--to', file])).status).toBe(0)
    await to.make()
    const half = readFileSync(file).subarray(0, 8 * 1024 * 1024)
    const importing = to.start(['import', '-'], { stdio: ['pipe', 'pipe', 'pipe'] })
    importing.child.stdin?.write(half)
    const staged = () => readdirSync(`${to.store()}/staging`)
    await until('some of it is unpacked', () => staged().length > 0)
    importing.kill('SIGINT')
    expect((await importing.ended).status).toBe(130)
    expect(staged()).toEqual([])
  })

  test('go through a pipe', async () => {
    const [from, to] = [makePlace(), makePlace()]
    const id = await from.make()
    const { out, stderr } = await from.stint(['export', id, '--to', '-'])
    expect(stderr).toMatch(/^1 session, .* exported$/m)
    expect(await to.stint(['import', '-'], { input: out })).toMatchObject({ status: 0 })
    expect(await to.json(['show', id])).toMatchObject({ id, outcome: 'success' })
    const half = await to.stint(['import', '-'], { input: out.subarray(0, out.length / 2) })
    expectRefusal(half, { status: 6, code: 'ARCHIVE_INVALID' })
    const waiting = to.start(['import', '-'], { stdio: ['pipe', 'pipe', 'pipe'] })
    waiting.child.stdin?.write(gzipSync(Buffer.alloc(2000)))
    expect((await waiting.ended).status).toBe(6)
  })

  test('say in one line what is left out, whatever its name', async () => {
    const place = makePlace()
    const write = 'echo > "$STINT_OUTPUT_DIR/$(printf "a\\nerror: b")"'
    const id = await place.make(['--', 'sh', '-c', write])
    const { stderr } = await place.stint(['export', id, '--to', `${place.dir}/a.tar.gz`])
    expect(stderr).toMatch(/^warning: .*\/a error: b was left out: .*\n1 session, .*\n$/)
  })

  test('take a session that runs as far as it is', async () => {
    const [from, to] = [makePlace(), makePlace()]
    const gate = `${from.dir}/gate`
    const run = from.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    const file = `${from.dir}/a.tar.gz`
    const { stderr } = await from.stint(['export', id, '--to', file])
    expect(stderr).toContain('1 in the middle of a turn')
    touch(gate)
    expect((await run.ended).status).toBe(0)
    expect((await to.stint(['import', file])).status).toBe(0)
    expect(await to.json(['show', id])).toMatchObject({ status: 'idle', outcome: 'unknown' })
    const [was, is] = [entriesOf(from.session(id)), entriesOf(to.session(id))]
    expect(is.slice(0, -2)).toEqual(was.slice(0, is.length - 2))
  })

  test('refuse what they cannot be meant to do, and change nothing', async () => {
    const place = makePlace()
    const id = await place.make(['--name', 'a', '--', 'true'])
    const file = `${place.cwd}/a.tar.gz`
    writeFileSync(file, 'mine')
    expectRefusal(await place.stint(['export', 'a', '--to', file]), {
      status: 1,
      code: 'FILE_EXISTS',
    })
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expectRefusal(await place.stint(['import', 'a.tar.gz']), {
      status: 6,
      code: 'ARCHIVE_INVALID',
    })
    for (const args of [
      ['export', 'a'],
      ['export', 'a', id, '--format', 'md'],
      ['export', 'a', '--tree', '--format', 'md'],
      ['export', 'a', '--format', 'md', '--max-size', '1M'],
      ['import', 'codx'],
      ['import', './a.tar.gz', '--since', '1d'],
      ['import', './a.tar.gz', '--max-size', 'much'],
      ['import', 'codex', '--max-size', '1G'],
    ]) {
      expectRefusal(await place.stint(args), { status: 2, code: 'USAGE' })
    }
    expect(await place.stint(['export', 'a', '--to', '-', '--json'])).toMatchObject({
      ...{ status: 2, stdout: '' },
    })
    const none = await place.stint(['import', './none.tar.gz'])
    expectRefusal(none, { status: 7, code: 'IO_FAILED', hint: false })
    expect((await place.stint(['export', 'a', '--to', file, '--force'])).status).toBe(0)
    expectRefusal(await place.stint(['import', file, '--max-size', '10']), {
      status: 1,
      code: 'ARCHIVE_TOO_LARGE',
    })
    expect((await place.stint(['delete', 'a'])).status).toBe(0)
    const ran = await place.stint(['import', file])
    expect(ran).toMatchObject({ status: 1, stdout: '' })
    expect(ran.stderr).toContain(`stint trash restore ${id}`)
    expect(readdirSync(place.cwd)).toEqual(['a.tar.gz'])
  })
})

const at = Date.UTC(2026, 0, 2)
const token = `ghp${'_'}${alnum(36)}`
const attack = '</pre></div><script>alert(1)</script><img src=x onerror=alert(1)>'

/** A session in which everything is said that could do something to who reads it. */
function writeNasty(place: Place): string {
  const store = openStore({ env: place.env, home: place.dir, cwd: place.cwd })
  const turn = { turn: 1, at }
  const [type, data, options] = started(1, at, 'codex')
  return writeSession(store, {
    name: 'nasty',
    description: `Look at ${attack}`,
    told: [
      [type, { ...data, prompt: `do <b>this</b>\n\`\`\`\n${attack}` }, options],
      ['message', {}, { ...turn, text: `# Done\n\n${attack}\n\x1b[2J\u202e![x](http://x/y)` }],
      ['message', {}, { ...turn, text: '- a\n   ```\n<script>1</script>\n```sh\na < b\n```' }],
      ['tool_call', { id: '1', name: attack, input: { cmd: attack } }, turn],
      [
        'tool_result',
        { id: '1', status: 'ok', exit_code: 0 },
        { ...turn, text: `\`\`\`\`\n${attack}` },
      ],
      ['output', { stream: 'stdout' }, { ...turn, text: `${attack} \x1b]0;title\x07` }],
      ['message', {}, { ...turn, text: `the key is ${token}` }],
      [attack, { what: attack }, { ...turn }],
      ended(1, at, attack),
    ],
  }).id
}

describe('export --format', () => {
  test('html: a page in which every text is a text', async () => {
    const place = makePlace()
    writeNasty(place)
    const { status, stdout: html } = await place.stint(['export', 'nasty', '--format', 'html'])
    expect(status).toBe(0)
    const tags = new Set([...html.matchAll(/<\/?([a-z!][a-z0-9]*)/gi)].map(([, tag]) => tag))
    const ours = ['!doctype', 'html', 'meta', 'title', 'style', 'h1', 'h2', 'table', 'tr', 'th']
    const others = ['td', 'p', 'blockquote', 'div', 'details', 'summary', 'pre']
    expect([...ours, ...others]).toEqual(expect.arrayContaining([...tags]))
    expect(html).not.toContain(token)
    expect(html).toContain('[REDACTED:')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).toContain("default-src 'none'")
  })

  test('md: what was said keeps its form, and has no tag of its own', async () => {
    const place = makePlace()
    writeNasty(place)
    const file = `${place.dir}/nasty.md`
    expect((await place.stint(['export', 'nasty', '--format', 'md', '--to', file])).status).toBe(0)
    const text = readFileSync(file, 'utf8')
    expect(text).not.toContain(token)
    expect(text).not.toContain('![x]')
    expect(text).toContain('```sh\na < b\n```')
    expect(text).toContain('\\# Done')
    // Outside of what is fenced, at the start of a line, only our own tags are left.
    let fence = ''
    for (const line of text.split('\n')) {
      const mark = /^(?:> )?(`{3,})/.exec(line)?.[1] ?? ''
      if (fence === '' && mark !== '') fence = mark
      else if (fence !== '') {
        if (mark.length >= fence.length && /^(?:> )?`+$/.test(line)) fence = ''
      } else {
        expect(line.replace(/<\/?(?:details|summary)>/g, '')).not.toContain('<')
      }
    }
    expect(fence).toBe('')
    const again = await place.stint(['export', 'nasty', '--format', 'md', '--to', file])
    expectRefusal(again, { status: 1, code: 'FILE_EXISTS' })
    const said = `1 session, ${(Buffer.byteLength(text) / 1024).toFixed(1)} KiB, exported to ${file}\n`
    const words = ['export', 'nasty', '--format', 'md', '--to', file, '--force']
    expect(await place.stint(words)).toMatchObject({ stdout: '', stderr: said })
    expect(await place.json(words)).toEqual({ file, bytes: Buffer.byteLength(text) })
    const mixed = await place.stint(['export', 'nasty', '--format', 'md', '--json'])
    expect([mixed.status, mixed.stdout]).toEqual([2, ''])
  })

  test('json: one document of the session, its state and its entries', async () => {
    const place = makePlace()
    const id = writeNasty(place)
    const { stdout } = await place.stint(['export', 'nasty', '--format', 'json'])
    expect(stdout).not.toContain(token)
    const { session, state, entries } = JSON.parse(stdout)
    expect(session).toMatchObject({ id, name: 'nasty', turn: 1 })
    expect(state).toMatchObject({ meta_session_id: id, journal: { seq: 9 } })
    expectWhole(entries)
    expect(entries).toHaveLength(10)
  })
})
