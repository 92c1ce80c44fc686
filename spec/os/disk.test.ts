import { execFileSync } from 'node:child_process'
import fs, {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import * as disk from '../../lib/os/disk.ts'
import { makeDir } from '../support/place.ts'

describe('findText', () => {
  it('reads files of any size up to the limit', () => {
    const path = `${makeDir()}/f`
    for (const size of [0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 300_000]) {
      writeFileSync(path, 'é'.repeat(size))
      expect(disk.findText(path)).toBe('é'.repeat(size))
    }
  })

  it('refuses a file that is too large, and does not say that the disk is full', () => {
    const path = `${makeDir()}/f`
    writeFileSync(path, Buffer.alloc(17 * 1024 * 1024))
    let thrown: unknown
    try {
      disk.findText(path)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toHaveProperty('code')
    expect(thrown).not.toHaveProperty('code', 'DISK_FULL')
  })

  it('refuses a file that is far too large', () => {
    const path = `${makeDir()}/f`
    writeFileSync(path, '')
    truncateSync(path, 17 * 1024 * 1024)
    expect(() => disk.findText(path)).toThrow(expect.objectContaining({ code: 'IO_FAILED' }))
  })

  it('follows no symbolic link', () => {
    const dir = makeDir()
    writeFileSync(`${dir}/f`, 'x')
    symlinkSync('f', `${dir}/link`)
    expect(() => disk.findText(`${dir}/link`)).toThrow(
      expect.objectContaining({
        code: 'IO_FAILED',
        data: expect.objectContaining({ errno: 'ELOOP' }),
      }),
    )
  })
})

describe('what is not there: findText, findSize, findFacts and findRealPath', () => {
  it.each(['absent', 'absent/below', 'file/below'])('find nothing at %s', (name) => {
    const dir = makeDir()
    writeFileSync(`${dir}/file`, '')
    const path = `${dir}/${name}`
    expect(disk.findText(path)).toBeUndefined()
    expect(disk.findSize(path)).toBeUndefined()
    expect(disk.findRealPath(path)).toBeUndefined()
    expect(disk.findRead(path)).toBeUndefined()
    expect(disk.findFacts(path)).toBeUndefined()
  })
})

describe('listNames, listDir and scanDir', () => {
  it.each(['absent', 'absent/below'])('find nothing at %s', (name) => {
    const path = `${makeDir()}/${name}`
    expect(disk.listNames(path)).toEqual([])
    expect(disk.listDir(path)).toEqual([])
    expect([...disk.scanDir(path)]).toEqual([])
  })

  it.each(['file', 'file/below'])('throw at %s: a file is no empty directory', (name) => {
    const dir = makeDir()
    writeFileSync(`${dir}/file`, '')
    const path = `${dir}/${name}`
    const failure = expect.objectContaining({ code: 'IO_FAILED' })
    for (const list of [disk.listNames, disk.listDir, (at: string) => [...disk.scanDir(at)]]) {
      expect(() => list(path)).toThrow(failure)
    }
  })
})

describe('findFacts', () => {
  // Most file systems on disks keep no such instants.
  it.runIf(existsSync('/dev/shm'))('gives instants that a Date holds', () => {
    const dir = mkdtempSync('/dev/shm/stint-')
    try {
      for (const at of [-9e12, 9e12]) {
        utimesSync(dir, at, at)
        expect(new Date(disk.findFacts(dir)?.modifiedAt ?? Number.NaN).getTime()).not.toBeNaN()
      }
    } finally {
      rmdirSync(dir)
    }
  })
})

describe('isSameFile', () => {
  it('knows a file under two names, and tells two files apart', () => {
    const dir = makeDir()
    for (const name of ['a', 'b']) writeFileSync(`${dir}/${name}`, 'x')
    linkSync(`${dir}/a`, `${dir}/c`)
    const facts = (name: string) => disk.findFacts(`${dir}/${name}`)
    expect(disk.isSameFile(facts('a'), facts('c'))).toBe(true)
    expect(disk.isSameFile(facts('a'), facts('b'))).toBe(false)
    expect(disk.isSameFile(facts('none'), facts('none'))).toBe(false)
  })
})

describe('makeDirs', () => {
  it.each([0o000, 0o077, 0o777])('makes parents of mode 0700 under umask %o', (umask) => {
    const dir = makeDir()
    const before = process.umask(umask)
    try {
      disk.makeDirs(`${dir}/a/b/c`)
    } finally {
      process.umask(before)
    }
    for (const path of ['a', 'a/b', 'a/b/c']) {
      expect(statSync(`${dir}/${path}`).mode & 0o7777).toBe(0o700)
    }
  })

  it('leaves what is there as it is', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/a`)
    chmodSync(`${dir}/a`, 0o755)
    disk.makeDirs(`${dir}/a`)
    expect(statSync(`${dir}/a`).mode & 0o7777).toBe(0o755)
    expect(disk.makeDir(`${dir}/a`)).toBe(false)
  })

  it('leaves none whose name could not be brought to the disk', () => {
    const dir = makeDir()
    const sync = vi.spyOn(fs, 'fsyncSync').mockImplementationOnce(() => {
      throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' })
    })
    try {
      expect(() => disk.makeDirs(`${dir}/a`)).toThrow('EIO')
      expect(existsSync(`${dir}/a`)).toBe(false)
      disk.makeDirs(`${dir}/a/b`)
      expect(sync).toHaveBeenCalledTimes(3)
    } finally {
      sync.mockRestore()
    }
  })

  it('throws a Failure below a file', () => {
    const dir = makeDir()
    writeFileSync(`${dir}/file`, '')
    expect(() => disk.makeDirs(`${dir}/file/a/b`)).toThrow(
      expect.objectContaining({ code: 'IO_FAILED' }),
    )
  })
})

describe('openWrite and findAppend', () => {
  it('give a file back whose mode cannot be set', () => {
    const dir = makeDir()
    const before = process.umask(0o777)
    const chmod = vi.spyOn(fs, 'fchmodSync').mockImplementation(() => {
      throw Object.assign(new Error('EIO: i/o error, fchmod'), { code: 'EIO' })
    })
    const close = vi.spyOn(fs, 'closeSync')
    try {
      expect(() => disk.createFile(`${dir}/f`)).toThrow('EIO')
      expect(close).toHaveBeenCalledOnce()
    } finally {
      process.umask(before)
      chmod.mockRestore()
      close.mockRestore()
    }
  })

  it.each([0o000, 0o077, 0o777])('make files of mode 0600 under umask %o', (umask) => {
    const dir = makeDir()
    const before = process.umask(umask)
    try {
      disk.closeFile(disk.openWrite(`${dir}/a`))
      disk.writeNewFile(`${dir}/c`, Buffer.from('x'))
    } finally {
      process.umask(before)
    }
    for (const name of ['a', 'c']) {
      expect(statSync(`${dir}/${name}`).mode & 0o7777).toBe(0o600)
    }
  })

  it('make nothing unless asked to, and follow no link', () => {
    const dir = makeDir()
    expect(disk.findAppend(`${dir}/a`)).toBeUndefined()
    symlinkSync(`${dir}/target`, `${dir}/link`)
    expect(() => disk.openWrite(`${dir}/link`)).toThrow()
    expect(() => disk.findAppend(`${dir}/link`)).toThrow()
    expect(existsSync(`${dir}/a`) || existsSync(`${dir}/target`)).toBe(false)
  })
})

describe('syncDir', () => {
  it.each(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EIO'])('throws no %s but EIO', (code) => {
    const sync = vi.spyOn(fs, 'fsyncSync').mockImplementationOnce(() => {
      throw Object.assign(new Error(), { code })
    })
    const act = () => disk.syncDir(makeDir())
    try {
      if (code === 'EIO') expect(act).toThrow(code)
      else act()
      expect(sync).toHaveBeenCalled()
    } finally {
      sync.mockRestore()
    }
  })
})

describe('removeTree', () => {
  it('follows no link out of the tree', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/keep`)
    writeFileSync(`${dir}/keep/f`, 'x')
    mkdirSync(`${dir}/tree/sub`, { recursive: true })
    symlinkSync(`${dir}/keep`, `${dir}/tree/sub/link`)
    disk.removeTree(`${dir}/tree`)
    expect(existsSync(`${dir}/tree`)).toBe(false)
    expect(readFileSync(`${dir}/keep/f`, 'utf8')).toBe('x')
  })

  // A file system of macOS refuses such names.
  it.runIf(process.platform === 'linux')('finds what has a name that is no UTF-8', () => {
    const dir = makeDir()
    const odd = Buffer.concat([Buffer.from(`${dir}/tree/odd-`), Buffer.from([0xff, 0xfe])])
    mkdirSync(`${dir}/tree`)
    mkdirSync(odd)
    const file = Buffer.concat([odd, Buffer.from('/caf\u00e9', 'latin1')])
    writeFileSync(file, Buffer.alloc(100_000))
    const [size] = execFileSync('du', ['-sB1', `${dir}/tree`], { encoding: 'utf8' }).split('\t')
    expect(disk.sizeOf(`${dir}/tree`)).toBe(Number(size))
    disk.removeTree(`${dir}/tree`)
    expect(existsSync(`${dir}/tree`)).toBe(false)
  })

  it.runIf(process.platform === 'linux')('opens what is closed, whatever its name', () => {
    const dir = makeDir()
    const odd = Buffer.concat([Buffer.from(`${dir}/tree/odd-`), Buffer.from([0xff, 0xfe])])
    mkdirSync(Buffer.concat([odd, Buffer.from('/sub')]), { recursive: true })
    chmodSync(odd, 0o500)
    const { rmdirSync } = fs
    // Root may do all.
    const rmdir = vi.spyOn(fs, 'rmdirSync').mockImplementation((path) => {
      const bytes = Buffer.from(path as string | Buffer)
      if ((statSync(bytes.subarray(0, bytes.lastIndexOf('/'))).mode & 0o200) === 0) {
        throw Object.assign(new Error(), { code: 'EACCES' })
      }
      rmdirSync(path)
    })
    try {
      disk.removeTree(`${dir}/tree`)
    } finally {
      rmdir.mockRestore()
    }
    expect(existsSync(`${dir}/tree`)).toBe(false)
  })
})

describe('tryRemoveTrees', () => {
  it('asks for one removal of each tree at a time, however much is in it', async () => {
    const dir = makeDir()
    const trees = ['a', 'b', 'c'].map((name) => `${dir}/${name}`)
    for (const tree of trees) {
      for (const inner of [tree, `${tree}/sub`]) {
        mkdirSync(inner)
        for (let file = 0; file < 200; file++) writeFileSync(`${inner}/${file}`, '')
      }
    }
    let most = 0
    const look = setInterval(() => {
      const asked = process.getActiveResourcesInfo().filter((name) => name.startsWith('FSReq'))
      most = Math.max(most, asked.length)
    }, 0)
    try {
      expect(await disk.tryRemoveTrees(trees)).toEqual([undefined, undefined, undefined])
    } finally {
      clearInterval(look)
    }
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(trees.length)
    expect(readdirSync(dir)).toEqual([])
  })

  it('follows no link, also in place of a tree, and says what it could not remove', async () => {
    const dir = makeDir()
    for (const name of ['keep', 'tree', 'held']) {
      mkdirSync(`${dir}/${name}`)
      writeFileSync(`${dir}/${name}/f`, 'x')
    }
    symlinkSync(`${dir}/keep`, `${dir}/tree/link`)
    symlinkSync(`${dir}/keep`, `${dir}/link`)
    const unlink = vi.spyOn(fs, 'unlinkSync').mockImplementationOnce(() => {
      throw Object.assign(new Error(), { code: 'EIO', errno: -5, syscall: 'unlink' })
    })
    const later = vi.spyOn(fs.promises, 'unlink').mockRejectedValueOnce(new Error())
    const names = ['held', 'tree', 'link', 'none']
    const failures = await disk.tryRemoveTrees(names.map((name) => `${dir}/${name}`))
    unlink.mockRestore()
    later.mockRestore()
    expect(failures.map((failure) => failure?.code)).toEqual([
      'IO_FAILED',
      ...[undefined, undefined, undefined],
    ])
    expect(readdirSync(dir)).toEqual(['held', 'keep'])
    expect(readdirSync(`${dir}/keep`)).toEqual(['f'])
  })
})
