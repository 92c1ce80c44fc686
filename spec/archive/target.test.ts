import fs, {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { writeTarget } from '../../lib/index.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { writePlan } from '../../lib/retention/plan-file.ts'
import { nextId } from '../store/sessions.ts'
import { freshDir } from './archives.ts'

const text = Buffer.from('text')
const put = (write: (bytes: Uint8Array) => void) => {
  write(text)
  write(text)
}

describe('writeTarget', () => {
  test('writes a whole file, and sweeps what nobody is at of what was left for it', async () => {
    const dir = freshDir()
    const file = join(dir, 'a')
    const part = (name: string, id: string = nextId()) => join(dir, `.${name}.${id}.part`)
    const [left, held] = [part('a'), part('a')]
    const others = [part('b'), part('a', 'x'), held]
    for (const path of [left, ...others]) writeFileSync(path, 'left')
    using _lock = tryLock(held, undefined)
    expect(await writeTarget({ file, force: false }, put)).toBe(8)
    expect(readFileSync(file, 'utf8')).toBe('texttext')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(dir).map((name) => join(dir, name))).toEqual([file, ...others].sort())
    expect(await writeTarget({ file, force: true }, (write) => write(text))).toBe(4)
    expect(readFileSync(file, 'utf8')).toBe('text')
  })

  test('is kept from nothing by what stands in place of such a file, and is not for it', async () => {
    const dir = freshDir()
    const file = join(dir, 'a')
    const others = [nextId(), nextId()].map((id) => join(dir, `.a.${id}.part`)) as [string, string]
    symlinkSync('elsewhere', others[0])
    mkdirSync(others[1])
    expect(await writeTarget({ file, force: false }, put)).toBe(8)
    expect(readdirSync(dir).map((name) => join(dir, name))).toEqual([...others, file])
  })

  test('replaces nothing unless it is told to, also what came meanwhile', async () => {
    const file = join(freshDir(), 'a')
    const mine = () => writeFileSync(file, 'mine')
    const refused = { code: 'FILE_EXISTS', data: { file } }
    await expect(writeTarget({ file, force: false }, mine)).rejects.toMatchObject(refused)
    const never = () => expect.unreachable()
    await expect(writeTarget({ file, force: false }, never)).rejects.toMatchObject(refused)
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect(readdirSync(join(file, '..'))).toEqual(['a'])
  })

  test('leaves nothing where the directory is missing, or what makes it fails', async () => {
    const dir = freshDir()
    const to = (file: string) => ({ file: join(dir, file), force: false })
    await expect(writeTarget(to('none/a'), put)).rejects.toMatchObject({
      data: { path: join(dir, 'none'), errno: 'ENOENT' },
    })
    const failure = new Error('no more')
    const fail = () => Promise.reject(failure)
    await expect(writeTarget(to('a'), fail)).rejects.toBe(failure)
    expect(readdirSync(dir)).toEqual([])
  })

  test('makes its file anew when another one sweeps it before it is locked', async () => {
    const file = join(freshDir(), 'a')
    const { openSync } = fs
    const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
      const fd = openSync(path, ...rest)
      if (String(path).endsWith('.part')) {
        spy.mockRestore()
        unlinkSync(path)
      }
      return fd
    })
    try {
      expect(await writeTarget({ file, force: false }, put)).toBe(8)
    } finally {
      spy.mockRestore()
    }
    expect(readFileSync(file, 'utf8')).toBe('texttext')
  })

  test('takes the place of no device, socket or directory, and of no link to one', async () => {
    const dir = freshDir()
    const [socket, link, none] = ['socket', 'link', 'none'].map((name) => join(dir, name)) as [
      string,
      string,
      string,
    ]
    symlinkSync('socket', link)
    symlinkSync('gone', none)
    const server = createServer().listen(socket)
    try {
      await new Promise((resolve) => server.once('listening', resolve))
      const before = readdirSync(dir)
      for (const file of [socket, link, none, dir]) {
        const refused = { code: 'IO_FAILED', data: { path: file } }
        const writing = writeTarget({ file, force: true }, put)
        await expect(writing, file).rejects.toMatchObject(refused)
        const plan = { format: 1, made_at: '', stores: [] } as const
        const planning = () => writePlan(file, plan)
        expect(planning, file).toThrow(expect.objectContaining({ code: 'IO_FAILED' }))
      }
      expect(readdirSync(dir)).toEqual(before)
      expect(fs.lstatSync(socket).isSocket()).toBe(true)
      expect(fs.lstatSync(link).isSymbolicLink()).toBe(true)
    } finally {
      server.close()
    }
  })
})
