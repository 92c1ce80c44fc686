import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errnoOf, findHead, findShape, findSize, findTail } from '../../lib/os/disk.ts'
import { makeDir } from '../support/place.ts'

/** Everything that can stand at a path, under a name of its kind. */
function makePaths() {
  const dir = makeDir()
  const paths = {
    file: `${dir}/file`,
    large: `${dir}/large`,
    empty: `${dir}/ümlaut-🔑`,
    link: `${dir}/link`,
    directory: `${dir}/directory`,
    pipe: `${dir}/pipe`,
    missing: `${dir}/missing`,
    below: `${dir}/file/below`,
    'too long': `${dir}/${'x'.repeat(5000)}`,
    'with a NUL': `${dir}/file\0`,
  }
  fs.writeFileSync(paths.file, 'grüße\n')
  fs.writeFileSync(paths.large, 'x'.repeat(100_000))
  fs.writeFileSync(paths.empty, '')
  fs.symlinkSync(paths.file, paths.link)
  fs.mkdirSync(paths.directory)
  execFileSync('mkfifo', [paths.pipe])
  return paths
}

function outcome(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return errnoOf(error) ?? error
  }
}

const lookAt = (paths: Readonly<Record<string, string>>) =>
  Object.entries(paths).map(([what, path]) => [
    what,
    outcome(() => findHead(path)),
    outcome(() => findSize(path)),
    outcome(() => findShape(path)),
    outcome(() => findTail(path, 8)?.toString()),
    outcome(() => findTail(path, 50_000)?.length),
  ])

describe('a look at thousands of files', () => {
  it('says of each what it says of a few', () => {
    const paths = makePaths()
    const first = lookAt(paths)
    const { size } = fs.statSync(paths.directory)
    const link = { kind: 'link', size: paths.file.length }
    for (const [what, ...seen] of [
      ['file', 'grüße\n', 8, { kind: 'file', size: 8 }, 'grüße\n', 0],
      ['large', 'x'.repeat(16 * 1024), 100_000, { kind: 'file', size: 100_000 }, 'xxxxxxxx', 4096],
      ['link', 'ELOOP', 8, link, 'ELOOP', 'ELOOP'],
      ['directory', 'EISDIR', size, { kind: 'directory', size }, 'EISDIR', 'EISDIR'],
      ['pipe', '', 0, { kind: 'other', size: 0 }, '', 'ESPIPE'],
      ['missing', undefined, undefined, undefined, undefined, undefined],
      ['too long', ...new Array(5).fill('ENAMETOOLONG')],
    ]) {
      expect(first.find(([name]) => name === what)).toMatchObject([what, ...seen])
    }
    for (let n = 0; n < 200; n++) expect(lookAt(paths)).toEqual(first)
  })

  it('leaves nothing open', () => {
    const paths = makePaths()
    for (let n = 0; n < 200; n++) lookAt(paths)
    const before = fs.readdirSync('/dev/fd').length
    for (let n = 0; n < 50; n++) lookAt(paths)
    expect(fs.readdirSync('/dev/fd').length).toBe(before)
  })
})
