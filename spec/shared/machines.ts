/**
 * Machines that share a directory, on one Linux box: each is a set of namespaces with a host name, a
 * boot and an id of its own, and a FUSE mount of the directory that knows nothing of the other's locks.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
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

/** What serves the directory to a machine; sshfs has an SSH server of its own on the loopback. */
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
  const wanted = { bindfs: ['bindfs'], sshfs: ['sshfs', 'ssh', 'ssh-keygen', sshd] }[server]
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
  const mounting = {
    bindfs: () => `bindfs ${dir} ${mount}`,
    sshfs: async () => `sshfs ${await serve(place)}:${dir} ${mount}`,
  }
  const script = await mounting[server]()
  return {
    a: await boot(place, 'alpha', { script, mount }),
    b: await boot(place, 'beta', { script, mount }),
    dir,
    store,
    session,
    lease: (id) => `${session(id)}/locks/lease`,
  }
}

async function boot(
  place: Place,
  host: string,
  { script, mount }: { script: string; mount: string },
): Promise<Machine> {
  const own = `${place.dir}/${host}`
  mkdirSync(own)
  writeFileSync(`${own}/boot_id`, `${crypto.randomUUID()}\n`)
  writeFileSync(`${own}/machine-id`, `${crypto.randomUUID().replaceAll('-', '')}\n`)
  const init = await startBox(
    `machine ${host}`,
    `hostname ${host}
    mount --bind ${own}/boot_id /proc/sys/kernel/random/boot_id
    test ! -e /etc/machine-id || mount --bind ${own}/machine-id /etc/machine-id
    ${script}`,
  )
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

/** Runs a script in namespaces of their own, which then stand until the test has finished. */
async function startBox(name: string, script: string): Promise<ChildProcess> {
  // Without its standard input the box goes down: so it does when the test is killed.
  const init = spawn(
    'unshare',
    [
      ...['--mount', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child'],
      ...['sh', '-ec', `${script}\necho up\nexec cat`],
    ],
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
  await until(`${name} is up`, () => {
    if (over) throw new Error(`${name}: ${said}`)
    return said.includes('up\n')
  })
  return init
}

const sshd = '/usr/sbin/sshd'

/** Starts an SSH server of this test's own on the loopback; gives sshfs's words to reach it. */
async function serve({ dir: placed }: Place): Promise<string> {
  const dir = `${placed}/sshd`
  mkdirSync(dir)
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${dir}/${name}`])
  }
  const port = await findPort()
  const [kind, key] = readFileSync(`${dir}/host.pub`, 'utf8').split(' ')
  writeFileSync(`${dir}/known`, `[127.0.0.1]:${port} ${kind} ${key}\n`)
  const settings = {
    ListenAddress: `127.0.0.1:${port}`,
    HostKey: `${dir}/host`,
    AuthorizedKeysFile: `${dir}/user.pub`,
    // Whoever owns the directory for temporary files, and where they are.
    StrictModes: 'no',
    PermitRootLogin: 'prohibit-password',
    PidFile: `${dir}/pid`,
    PermitUserRC: 'no',
    UsePAM: 'no',
    Subsystem: 'sftp internal-sftp',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`)
  writeFileSync(`${dir}/config`, lines.join(''))
  writeFileSync(`${dir}/shadow`, 'root:*:::::::\n')
  // It wants a directory in /run that only a service has, and no account that is locked.
  await startBox(
    'sshd',
    `mount -t tmpfs tmpfs /run
    mkdir /run/sshd
    mount --bind ${dir}/shadow /etc/shadow
    ${sshd} -f ${dir}/config -E ${dir}/log`,
  )
  await until('sshd listens', () => existsSync(`${dir}/pid`))
  const options = {
    port,
    IdentityFile: `${dir}/user`,
    UserKnownHostsFile: `${dir}/known`,
    StrictHostKeyChecking: 'yes',
  }
  const words = Object.entries(options).map(([name, value]) => `-o ${name}=${value}`)
  return `-F /dev/null ${words.join(' ')} root@127.0.0.1`
}

async function findPort(): Promise<number> {
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
