import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { flag, type Handler } from '../../cli/command.ts'
import type { Context, Host } from '../../cli/context.ts'
import * as help from '../../cli/help.ts'
import { runProgram } from '../../cli/program.ts'
import { verbs } from '../../cli/verbs.ts'
import { Failure, OutputClosed } from '../../lib/index.ts'

const fine: Handler = async () => 0

async function call(argv: string[], handler: Handler = fine, over: Partial<Host> = {}) {
  const said: Record<1 | 2, string> = { 1: '', 2: '' }
  const loaded: string[] = []
  const signals = new Map<string, () => void>()
  const status = await runProgram(
    {
      argv,
      env: {},
      cwd: () => '/work',
      now: () => 0,
      write: (fd, data) => {
        said[fd] += String(data)
      },
      isTerminal: () => false,
      process: {
        stdin: new PassThrough(),
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        on: (name: string, handle: () => void) => signals.set(name, handle),
        off: (name: string) => signals.delete(name),
      },
      ...over,
    },
    {
      command: (name) => {
        loaded.push(name)
        return { handler }
      },
      help: () => {
        loaded.push('help')
        return help
      },
    },
  )
  return { status, out: said[1], err: said[2], loaded, signals }
}

describe('runProgram', () => {
  it('says on stderr how it is used when there is no verb', async () => {
    const got = await call([])
    expect([got.status, got.out]).toEqual([2, ''])
    expect(got.err).toContain('usage: stint <verb>')
    expect(got.err).toMatch(/^ {2}run .*\n(?: {2}.+\n)* .* doctor$/m)
    for (const line of got.err.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(got.loaded).toEqual([])
  })

  it.each([['--help'], ['-h'], ['help']])('prints the whole help for %s', async (word) => {
    const got = await call([word])
    expect([got.status, got.err]).toEqual([0, ''])
    expect(got.out).toContain('Clean up:')
    const told = [...got.out.matchAll(/^ {2}([a-z-]+)(?: .*)? {2}/gm)].map(([, verb]) => verb)
    expect(told.sort()).toEqual(Object.keys(verbs).sort())
  })

  it.each([
    [['help', 'show']],
    [['show', '--help']],
    [['show', '--bogus', '-h']],
    [['show', 'a', 'b', 'c', '--help']],
    [['show', '-qh']],
  ])('prints the help of the verb for %j', async (argv) => {
    const got = await call(argv)
    expect(got.status).toBe(0)
    expect(got.out).toContain('stint show [options] REF')
    expect(got.loaded).toEqual(['help'])
  })

  it('leaves --help after -- to the command', async () => {
    const got = await call(['run', '--', 'codex', '--help'])
    expect(got.loaded).toEqual(['run'])
  })

  it.each([
    ['resume', 'run'],
    ['unpin', 'pin'],
  ])('has %s carried out by the handler of %s', async (verb, handler) => {
    expect((await call([verb, 'x'])).loaded).toEqual([handler])
  })

  it.each([['--version'], ['-V']])('prints the version for %s', async (word) => {
    expect((await call([word])).out).toMatch(/^stint\/\S+ \S+ node-v\S+\n$/)
  })

  it('names the verb that was probably meant', async () => {
    const got = await call(['lsit'])
    expect([got.status, got.loaded]).toEqual([2, []])
    expect(got.err).toContain('error[UNKNOWN_VERB]: stint has no verb "lsit"')
    expect(got.err).toContain('did you mean `stint list`?')
    expect((await call(['help', 'lsit'])).status).toBe(2)
    expect((await call(['constructor'])).err).toContain('UNKNOWN_VERB')
  })

  it.each([
    ['ls', 'list'],
    ['rm', 'delete'],
    ['stop', 'kill'],
    ['restore', 'trash restore'],
    ['version', '--version'],
  ])('knows what other programs call it: %s', async (word, meant) => {
    expect((await call([word])).err).toContain(`did you mean \`stint ${meant}\`?`)
  })

  it('says that options stand after the verb', async () => {
    expect((await call(['-q', 'list'])).err).toContain('options stand after the verb')
    const { err } = await call(['--json', 'list'])
    expect(JSON.parse(err).error).toMatchObject({ code: 'USAGE', hint: expect.any(String) })
  })

  it('points its hints where the line was pointed, whether it parses or not', async () => {
    const lost: Handler = () => {
      throw new Failure('SESSION_UNKNOWN', { ref: 'x', store: '/s' })
    }
    const got = await call(['list', '--all-projects', '--project=/a b'], lost)
    expect(got.err).toContain("`stint list --project '/a b' --all-projects`")
  })

  it('takes no option of the command behind -- for its own when it fails', async () => {
    const lost: Handler = () => {
      throw new Failure('SESSION_UNKNOWN', { ref: 'x', store: '/s' })
    }
    const words = ['--json', '--project', '/a', '--color', 'always']
    const { err } = await call(['run', '--', 'x', ...words], lost)
    expect(err).toMatch(/^error\[SESSION_UNKNOWN\]: /)
    expect(err).not.toContain('--project')
  })

  it('loads no command for a line that does not parse', async () => {
    const got = await call(['list', '--bogus', '--json'])
    expect([got.status, got.loaded, got.out]).toEqual([2, [], ''])
    expect(JSON.parse(got.err).error.code).toBe('UNKNOWN_OPTION')
  })

  it('returns the status of the handler, and reports what it throws', async () => {
    expect((await call(['show', 'x'], async () => 9)).status).toBe(9)
    const thrown = async () => {
      throw new Failure('SESSION_UNKNOWN', { ref: 'x', store: '/s' })
    }
    expect(await call(['show', 'x'], thrown)).toMatchObject({ status: 3, out: '' })
    expect((await call(['run', '--', 'x'], thrown)).status).toBe(125)
  })

  it('ends quietly, as git does, when nobody reads its output', async () => {
    const write = () => {
      throw new OutputClosed('EPIPE')
    }
    const talk: Handler = async (_, context) => {
      context.out.data('x\n')
      return 0
    }
    expect((await call(['show', 'x'], talk, { write })).status).toBe(141)
    expect((await call(['bogus'], talk, { write })).status).toBe(2)
  })

  it.each([
    ['has left', () => new OutputClosed('EPIPE')],
    [
      'has a full disk',
      () => Object.assign(new Error(), { errno: -28, code: 'ENOSPC', syscall: 'write' }),
    ],
  ])('does what it was asked to although whoever is told %s', async (_, failure) => {
    const done: string[] = []
    const change: Handler = async (_, context) => {
      for (const one of ['a', 'b']) {
        context.out.talk(one)
        context.out.warn(one)
        done.push(one)
      }
      return 0
    }
    const write = () => {
      throw failure()
    }
    expect((await call(['delete', 'a', 'b'], change, { write })).status).toBe(0)
    expect(done).toEqual(['a', 'b'])
  })

  it('colours a failure when asked to, wherever the option stands', async () => {
    expect((await call(['list', '--bogus', '--color', 'always'])).err).toContain('\x1b[31m')
    expect((await call(['list', '--color=always', '--bogus'])).err).toContain('\x1b[31m')
    expect((await call(['list', '--bogus'])).err).not.toContain('\x1b')
  })
})

describe('the context', () => {
  const contextOf = async (argv: string[], over: Partial<Host> = {}) => {
    let seen: Context | undefined
    const got = await call(
      argv,
      async (invocation, context) => {
        seen = context
        expect(flag(invocation, 'help')).toBe(false)
        return 0
      },
      over,
    )
    if (seen === undefined) throw new Error(got.err)
    return { context: seen, ...got }
  }

  it('knows what was asked for', async () => {
    const { context } = await contextOf(['list', '--json', '-q', '--color=always'])
    expect([context.json, context.quiet, context.cwd]).toEqual([true, true, '/work'])
    expect({ ...context.color }).toEqual({ stdout: true, stderr: true })
    expect(context.columns).toBeUndefined()
    expect((await contextOf(['list'], { isTerminal: () => true })).context.columns).toBe(80)
  })

  it.each([
    [132, 132],
    [0, 80],
  ])('takes a terminal that says %d for %d columns wide', async (columns, expected) => {
    const stdout = Object.assign(new PassThrough(), { columns })
    const over = {
      isTerminal: () => true,
      process: { stdin: stdout, stdout, stderr: stdout, on: () => 0, off: () => 0 },
    }
    expect((await contextOf(['list'], over)).context.columns).toBe(expected)
  })

  it('says that the directory is gone only to who asks for it', async () => {
    const cwd = () => {
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
    }
    const { context } = await contextOf(['list'], { cwd, env: { PWD: '/gone' } })
    expect(() => context.cwd).toThrow('there is no directory /gone')
  })

  it('listens for signals only when asked, and once', async () => {
    const { context, signals } = await contextOf(['wait', 'x'])
    expect(signals.size).toBe(0)
    const { signal } = context
    expect(context.signal).toBe(signal)
    expect([...signals.keys()]).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP'])
    signals.get('SIGTERM')?.()
    expect(signal.reason).toMatchObject({ code: 'INTERRUPTED', data: { signal: 'SIGTERM' } })
    // Whoever listens behind it is not the last one.
    expect(signals.size).toBe(3)
    await Promise.resolve()
    expect(signals.size).toBe(0)
  })

  it('talks only when it may, warns always, and writes one JSON document', async () => {
    const speak: Handler = async (_, { out }) => {
      out.talk('hello\x1b')
      out.warn('careful')
      out.json({ a: [1] })
      return 0
    }
    const loud = await call(['list'], speak)
    expect([loud.out, loud.err]).toEqual(['{"a":[1]}\n', 'hello\\x1b\nwarning: careful\n'])
    expect((await call(['list', '-q'], speak)).err).toBe('warning: careful\n')
    const seen = await call(['list'], speak, { isTerminal: () => true })
    expect(seen.out).toBe('{\n  "a": [\n    1\n  ]\n}\n')
  })
})
