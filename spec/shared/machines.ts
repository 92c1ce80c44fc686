/**
 * Machines that share a directory, on one Linux box: each is a set of namespaces with a host name, a
 * boot and an id of its own, and a FUSE mount of the directory that knows nothing of the other's locks.
 */

import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import {
  type How,
  makePlace,
  type Place,
  program,
  type Ran,
  type Running,
  until,
} from '../support/cli.ts'
import { startBox } from './box.ts'
import { glusterPrograms, serveGluster } from './gluster.ts'
import { serve, sshPrograms } from './sshd.ts'

/** What serves the directory to a machine; all but bindfs by a server of its own on the loopback. */
export type Server = 'bindfs' | 'sshfs' | 'glusterfs'

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
  /** As if its power went. */
  readonly switchOff: () => Promise<void>
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

/** What it takes. */
export const programsOf: Readonly<Record<Server, readonly string[]>> = {
  bindfs: ['bindfs'],
  sshfs: sshPrograms,
  glusterfs: glusterPrograms,
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
    glusterfs: () => serveGluster(place, dir, mount),
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
  const { first, enter, stop } = await startBox(
    `machine ${host}`,
    `hostname ${host}
    mount --bind ${own}/boot_id /proc/sys/kernel/random/boot_id
    test ! -e /etc/machine-id || mount --bind ${own}/machine-id /etc/machine-id
    ${script}`,
  )
  const namespace = readlinkSync(`/proc/${first}/ns/pid`)
  const pids = (text: string) => listPids(namespace, text)
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
    const loaders = (how.preload ?? []).flatMap((file) => ['--require', file])
    return startOther([process.execPath, ...loaders, program, ...args], how)
  }
  return {
    host,
    start,
    startOther,
    stint: (args, how) => start(args, how).ended,
    suspend: async () => {
      const going = () => pids('').filter((pid) => !/^[TDZ]/.test(waits(pid)))
      try {
        await until(`machine ${host} stands still`, () => {
          // D: it waits for the mount, which stands still, and so does one that exits.
          const left = going()
          for (const pid of left) signal(pid, 'SIGSTOP')
          return left.length === 0
        })
      } catch (error) {
        const left = going().map((pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').slice(0, 80))
        throw new Error(`these go on: ${left.join('; ')}`, { cause: error })
      }
    },
    wake: () => {
      for (const pid of pids('')) signal(pid, 'SIGCONT')
      // What entered the machine from outside stops with what it waits for.
      for (const running of entered) running.kill('SIGCONT')
    },
    switchOff: stop,
    pids,
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // It ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The letter of what a process does; Z also for one that is on its way out (PF_EXITING). */
function waits(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state = 'Z', , , , , , flags] = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
    return (Number(flags) & 4) === 0 ? state : 'Z'
  } catch {
    return 'Z'
  }
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
