import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

interface Import {
  readonly file: string
  readonly from: string
}

const sources = ['lib', 'cli'].flatMap((dir) =>
  readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(dir, name)),
)
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
const imports: Import[] = sources.flatMap((file) =>
  [...textOf(file).matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'/gms)].map(
    ([, from, bare]) => ({ file, from: from ?? bare ?? '' }),
  ),
)

/** From the ground up: each may import what stands before it, and its own folder. */
const layers = [
  ['base'],
  ['failures'],
  ['errors', 'layout'],
  ['redact', 'os'],
  ['journal', 'file'],
  ['session'],
  ['store', 'tree'],
  ['tools', 'archive'],
  ['checkpoint'],
  ['retention'],
  ['run'],
  ['import'],
  ['doctor'],
  ['index'],
]

/** The folder of lib that a file is in, or in a folder of. */
function folderOf(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}

function layerOf(file: string): number {
  const name = relative('lib', file).split('/')[0]?.replace(/\.ts$/, '') ?? ''
  return layers.findIndex((layer) => layer.includes(name))
}

describe('imports', () => {
  test('are found at all', () => {
    expect(imports.length).toBeGreaterThan(200)
  })

  test('point down, or stay in their folder', () => {
    const wrong = imports
      .filter(({ file, from }) => file.startsWith('lib/') && from.startsWith('.'))
      .map(({ file, from }) => ({ file, to: join(dirname(file), from) }))
      .filter(({ file, to }) => {
        const sameFolder = folderOf(file) === folderOf(to) && dirname(file) !== 'lib'
        return !sameFolder && layerOf(to) >= layerOf(file)
      })
    expect(wrong).toEqual([])
  })

  test('know every folder of lib', () => {
    expect(sources.filter((file) => file.startsWith('lib/') && layerOf(file) < 0)).toEqual([])
  })

  test('reach files, processes and the packages that touch them in lib/os alone', () => {
    const guarded =
      /^(node:)?(fs|fs\/promises|child_process)$|^(koffi|tar(\/.*)?|write-file-atomic|proper-lockfile)$/
    const wrong = imports.filter(
      ({ file, from }) => guarded.test(from) && !file.startsWith('lib/os/'),
    )
    expect(wrong).toEqual([])
  })

  test('lead from cli to lib through its index alone', () => {
    const wrong = imports
      .filter(({ file, from }) => file.startsWith('cli/') && from.startsWith('.'))
      .filter(({ file, from }) => {
        const to = join(dirname(file), from)
        return to.startsWith('lib/') && to !== 'lib/index.ts'
      })
    expect(wrong).toEqual([])
  })
})

describe('lib', () => {
  test('takes environment, exit and console from nobody but its caller', () => {
    const wrong = sources
      .filter((file) => file.startsWith('lib/'))
      .filter((file) => /\bprocess\.(env|exit|exitCode|argv)\b|\bconsole\./.test(textOf(file)))
    expect(wrong).toEqual([])
  })
})
