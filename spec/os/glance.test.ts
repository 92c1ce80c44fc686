import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errnoOf, findHead, findSize } from '../../lib/os/disk.ts'
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
  ])

describe('a look at thousands of files', () => {
  it('says of each what it says of a few', () => {
    const paths = makePaths()
    const first = lookAt(paths)
    expect(first).toContainEqual(['file', 'grüße\n', 8])
    expect(first).toContainEqual(['link', 'ELOOP', 8])
    expect(first).toContainEqual(['directory', 'EISDIR', fs.statSync(paths.directory).size])
    expect(first).toContainEqual(['pipe', '', 0])
    expect(first).toContainEqual(['missing', undefined, undefined])
    expect(first).toContainEqual(['too long', 'ENAMETOOLONG', 'ENAMETOOLONG'])
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
