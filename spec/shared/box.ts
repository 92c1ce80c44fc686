/** Boxes: namespaces in which a test mounts what it likes, and which take all of it down with them. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { until } from '../support/cli.ts'

/** Namespaces with mounts, host name and process numbers of their own. */
export interface Box {
  /** Its first process, as the outside numbers it. */
  readonly first: number
  /** The words before a command that is to run in it. */
  readonly enter: readonly string[]
  /** Ends all that is in it, at once. */
  readonly stop: () => Promise<void>
}

/** Why there can be no box here with these programs, and files with whole paths, or undefined. */
export function findObstacle(programs: readonly string[]): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  if (!existsSync('/dev/fuse')) return 'needs /dev/fuse'
  for (const name of [...programs, 'unshare', 'nsenter']) {
    const isThere = name.startsWith('/')
      ? existsSync(name)
      : spawnSync('sh', ['-c', 'command -v "$0"', name]).status === 0
    if (!isThere) return `needs ${name}`
  }
  return spawnSync('unshare', [...namespaces, 'true']).status === 0 ? undefined : 'needs namespaces'
}

const namespaces = ['--mount', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child']

/** Runs a script in namespaces of their own, which then stand until the test has finished. */
export async function startBox(name: string, script: string): Promise<Box> {
  // Without its standard input the box goes down: so it does when the test is killed.
  const init = spawn('unshare', [...namespaces, 'sh', '-ec', `${script}\necho up\nexec cat`], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: '/',
  })
  let said = ''
  init.stdout.on('data', (chunk) => {
    said += chunk
  })
  init.stderr.on('data', (chunk) => {
    said += chunk
  })
  let over = false
  init.once('close', () => {
    over = true
  })
  const stop = () => shutDown(init, () => over)
  onTestFinished(stop)
  await until(`${name} is up`, () => {
    if (over) throw new Error(`${name}: ${said}`)
    return said.includes('up\n')
  })
  const first = childOf(init.pid as number) as number
  const enter = ['nsenter', '--target', `${first}`, '--mount', '--uts', '--pid', '--']
  return { first, enter, stop }
}

/** A port of the loopback that nobody listens on. */
export async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function shutDown(init: ChildProcess, isOver: () => boolean): Promise<void> {
  if (isOver()) return
  // With its first process the kernel ends all others of the machine, and with them its mounts.
  const first = childOf(init.pid as number)
  if (first !== undefined) process.kill(first, 'SIGKILL')
  else init.kill('SIGKILL')
  await until('the machine is down', isOver)
}

function childOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children === '' ? undefined : Number.parseInt(children, 10)
}
