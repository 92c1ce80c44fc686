/**
 * Machines that share a directory, on one Linux box: each is a set of namespaces with a host name, a
 * boot and an id of its own, and a FUSE mount of the directory that knows nothing of the other's locks.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { onTestFinished } from 'vitest'
import {
  type How,
  makePlace,
  type Place,
  processState,
  program,
  type Ran,
  type Running,
  until,
} from '../support/cli.ts'

/** What serves the directory to a machine. */
export type Server = 'bindfs' | 'sshfs'

/** A box whose processes see their own mount of what is shared. */
export interface Machine {
  readonly host: string
  /** Starts the program there, on the shared store. */
  readonly start: (args: readonly string[], how?: How) => Running
  readonly startOther: (command: readonly string[], how?: How) => Running
  readonly stint: (args: readonly string[], how?: How) => Promise<Ran>
  /** Stops every process of the machine where it stands, its mount included. */
  readonly suspend: () => Promise<void>
  readonly wake: () => void
  /** The processes of the machine, as the box numbers them, whose command line has the text. */
  readonly pids: (text: string) => number[]
}

/** Two machines on an empty store. */
export interface Pair {
  readonly a: Machine
  readonly b: Machine
  /** What they share, as the box itself sees it. */
  readonly dir: string
  readonly store: () => string
  readonly session: (id: string) => string
  readonly lease: (id: string) => string
}

/** Why there can be no machines here, or undefined. */
export function findObstacle(server: Server): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  if (!existsSync('/dev/fuse')) return 'needs /dev/fuse'
  const wanted = { bindfs: ['bindfs'], sshfs: ['sshfs', sftpServer] }[server]
  for (const name of [...wanted, 'unshare', 'nsenter']) {
    if (spawnSync('sh', ['-c', 'command -v "$0"', name]).status !== 0) return `needs ${name}`
  }
  const tried = spawnSync('unshare', [
    '--mount',
    '--uts',
    '--pid',
    '--fork',
    '--mount-proc',
    'true',
  ])
  return tried.status === 0 ? undefined : 'needs namespaces'
}

const sftpServer = '/usr/lib/openssh/sftp-server'

/** Two machines that go away, with all that runs on them, when the test has finished. */
export async function makePair(server: Server): Promise<Pair> {
  // Its environment is what every process of the test is known by.
  const place = makePlace()
  const dir = `${place.dir}/shared`
  mkdirSync(`${dir}/project`, { recursive: true })
  const mount = `${place.dir}/mount`
  mkdirSync(mount)
  const store = () => {
    const [name] = readdirSync(`${dir}/home/projects`)
    return `${dir}/home/projects/${name}`
  }
  const session = (id: string) => `${store()}/sessions/${id}`
  return {
    a: await boot(place, 'alpha', { server, dir, mount }),
    b: await boot(place, 'beta', { server, dir, mount }),
    dir,
    store,
    session,
    lease: (id) => `${session(id)}/locks/lease`,
  }
}

async function boot(
  place: Place,
  host: string,
  { server, dir, mount }: { server: Server; dir: string; mount: string },
): Promise<Machine> {
  const own = `${place.dir}/${host}`
  mkdirSync(own)
  writeFileSync(`${own}/boot_id`, `${crypto.randomUUID()}\n`)
  writeFileSync(`${own}/machine-id`, `${crypto.randomUUID().replaceAll('-', '')}\n`)
  // The same protocol without a network: what ssh would connect to is started at once.
  writeFileSync(`${own}/ssh`, `#!/bin/sh\nexec ${sftpServer}\n`)
  chmodSync(`${own}/ssh`, 0o755)
  const mounts = {
    bindfs: `bindfs ${dir} ${mount}`,
    sshfs: `sshfs -o ssh_command=${own}/ssh box:${dir} ${mount}`,
  }
  const script = `
    set -e
    hostname ${host}
    mount --bind ${own}/boot_id /proc/sys/kernel/random/boot_id
    test ! -e /etc/machine-id || mount --bind ${own}/machine-id /etc/machine-id
    ${mounts[server]}
    echo up
    exec cat`
  // Without its standard input the machine goes down: so it does when the test is killed.
  const init = spawn(
    'unshare',
    ['--mount', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', script],
    { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' },
  )
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
  onTestFinished(() => shutDown(init, () => over))
  await until(`machine ${host} is up`, () => {
    if (over) throw new Error(`machine ${host}: ${said}`)
    return said.includes('up\n')
  })
  const first = childOf(init.pid as number)
  const namespace = readlinkSync(`/proc/${first}/ns/pid`)
  const pids = (text: string) => listPids(namespace, text)
  const enter = ['nsenter', '--target', `${first}`, '--mount', '--uts', '--pid', '--']
  const within = ['sh', '-c', 'cd "$0" && exec "$@"', `${mount}/project`]
  const entered: Running[] = []
  const startOther: Machine['startOther'] = (command, how = {}) => {
    const running = place.startOther([...enter, ...within, ...command], {
      ...how,
      env: { STINT_HOME: `${mount}/home`, ...how.env },
    })
    entered.push(running)
    return running
  }
  const start: Machine['start'] = (args, how = {}) => {
    const loaders = (how.preload ?? []).flatMap((file) => ['--import', file])
    return startOther([process.execPath, ...loaders, program, ...args], how)
  }
  return {
    host,
    start,
    startOther,
    stint: (args, how) => start(args, how).ended,
    suspend: async () => {
      await until(`machine ${host} stands still`, () => {
        // D: it waits for the mount, which stands still.
        const going = pids('').filter((pid) => !/^[TDZ]/.test(processState(pid) ?? 'Z'))
        for (const pid of going) signal(pid, 'SIGSTOP')
        return going.length === 0
      })
    },
    wake: () => {
      for (const pid of pids('')) signal(pid, 'SIGCONT')
      // What entered the machine from outside stops with what it waits for.
      for (const running of entered) running.kill('SIGCONT')
    },
    pids,
  }
}

async function shutDown(init: ChildProcess, isOver: () => boolean): Promise<void> {
  if (isOver()) return
  // With its first process the kernel ends all others of the machine, and with them its mounts.
  const first = childOf(init.pid as number)
  if (first !== undefined) process.kill(first, 'SIGKILL')
  else init.kill('SIGKILL')
  await until('the machine is down', isOver)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // It ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function childOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children === '' ? undefined : Number.parseInt(children, 10)
}

function listPids(namespace: string, text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          readlinkSync(`/proc/${pid}/ns/pid`) === namespace &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
        )
      } catch {
        // It ended by itself.
        return false
      }
    })
    .map(Number)
}
