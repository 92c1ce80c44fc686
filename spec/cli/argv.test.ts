import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseArgs, refuseTogether } from '../../cli/argv.ts'
import {
  count,
  duration,
  flag,
  list,
  type Option,
  optionsOf,
  text,
  texts,
  type Verb,
  when,
} from '../../cli/command.ts'
import { verbs } from '../../cli/verbs.ts'
import { Failure } from '../../lib/index.ts'

const now = Date.UTC(2026, 1, 6)

const sample: Verb = {
  name: 'sample',
  usage: '[A] [B]',
  positionals: { min: 0, max: 2 },
  options: [
    { name: 'text', short: 't', value: 'T' },
    { name: 'many', value: 'T', repeat: true },
    { name: 'count', value: 'N', kind: 'count', min: 1 },
    { name: 'wait', short: 'w', value: 'D', kind: 'duration', optionalValue: true },
    { name: 'since', value: 'T', kind: 'when' },
    { name: 'words', value: 'A,…', kind: 'list', repeat: true },
    { name: 'some', value: 'A,…', kind: 'list', choices: ['a', 'b'] },
    { name: 'pick', value: 'P', kind: 'choice', choices: ['one', 'two'] },
    { name: 'no-hup' },
    { name: 'follow', short: 'f' },
  ],
  reach: 'all',
}
const through: Verb = { ...sample, passthrough: true, positionals: { min: 0, max: 1 } }

const parse = (...words: string[]) => parseArgs(sample, words, now)
const refusal = (words: string[], verb: Verb = sample) => {
  try {
    parseArgs(verb, words, now)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error(`accepted ${words.join(' ')}`)
}

describe('parseArgs', () => {
  it.each(['01E5', '01', '', '-', '1e3', ' x ', 'true'])('keeps the text %j as typed', (word) => {
    expect(text(parse('--text', word), 'text')).toBe(word)
    expect(text(parse(`--text=${word}`), 'text')).toBe(word)
    expect(parse(word).positionals).toEqual([word])
  })

  it('takes options before, between and after positionals', () => {
    const got = parse('a', '--text', 'x', 'b', '-f')
    expect(got.positionals).toEqual(['a', 'b'])
    expect(text(got, 'text')).toBe('x')
    expect(flag(got, 'follow')).toBe(true)
  })

  it('lets the last value win unless the option repeats', () => {
    const got = parse('--text', 'a', '--text=b', '--many=c', '--many', 'd')
    expect(texts(got, 'text')).toEqual(['b'])
    expect(texts(got, 'many')).toEqual(['c', 'd'])
  })

  it('reads counts, durations, dates, lists and choices', () => {
    const got = parse(
      ...['--count', '20', '--wait=1h30m', '--since', '7d', '--words=a,b', '--words', 'c'],
      ...['--some=a,b', '--pick', 'two'],
    )
    expect(count(got, 'count')).toBe(20)
    expect(duration(got, 'wait')).toBe(5_400_000)
    expect(when(got, 'since')).toBe(now - 7 * 86_400_000)
    expect(list(got, 'words')).toEqual(['a', 'b', 'c'])
    expect(list(got, 'some')).toEqual(['a', 'b'])
    expect(text(got, 'pick')).toBe('two')
  })

  it('leaves undefined what was not given', () => {
    const got = parse()
    expect([text(got, 'text'), count(got, 'count'), list(got, 'words')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(flag(got, 'wait')).toBe(false)
  })

  it('takes an optional value only after an equals sign', () => {
    const bare = parse('--wait', '30m')
    expect([flag(bare, 'wait'), duration(bare, 'wait')]).toEqual([true, undefined])
    expect(bare.positionals).toEqual(['30m'])
    expect(duration(parse('--wait=30m'), 'wait')).toBe(1_800_000)
  })

  it('bundles one-letter switches, the last of which may take the next word', () => {
    const got = parse('-fwqt', 'hello')
    expect([flag(got, 'follow'), flag(got, 'wait'), flag(got, 'quiet')]).toEqual([true, true, true])
    expect(text(got, 'text')).toBe('hello')
  })

  it('knows a negative switch only where it is declared', () => {
    expect(flag(parse('--no-hup'), 'no-hup')).toBe(true)
    expect(refusal(['--no-follow']).code).toBe('UNKNOWN_OPTION')
  })

  it('hands everything after -- to the command of a verb that runs a tool', () => {
    const got = parseArgs(through, ['p', '--', 'cmd', '--text', '--', '-x'], now)
    expect(got.positionals).toEqual(['p'])
    expect(got.command).toEqual(['cmd', '--text', '--', '-x'])
    expect(parseArgs(through, ['p'], now).command).toBeUndefined()
  })

  it('takes everything after -- as positionals elsewhere', () => {
    expect(parse('--', '--text', '-f').positionals).toEqual(['--text', '-f'])
  })

  it('takes a prompt that starts like a list or a rule for text', () => {
    expect(parse('- one\n- two', '---\ntitle: x=y').positionals).toEqual([
      '- one\n- two',
      '---\ntitle: x=y',
    ])
  })

  it('takes a value that starts with a dash unless it is one of its options', () => {
    expect(text(parse('--text', '-5'), 'text')).toBe('-5')
    expect(refusal(['--text', '--follow']).message).toContain('--text needs a value')
    expect(refusal(['--text', '-f']).hint).toContain('usage: stint sample')
    expect(refusal(['--text', '--', 'x']).code).toBe('USAGE')
    expect(refusal(['--text']).message).toBe('--text needs a value: T')
  })

  it.each([
    [['--count', 'x'], '--count takes a whole number from 1, not "x"'],
    [['--count', '0'], '--count takes a whole number from 1, not "0"'],
    [['--count', '-1'], '--count takes a whole number from 1, not "-1"'],
    [['--count='], '--count takes a whole number from 1, not ""'],
    [['--wait=5'], '--wait takes a duration such as 45s, 30m, 12h, 7d or 2w, not "5"'],
    [['--some', 'a,c'], '--some takes one or more of a,b, not "a,c"'],
    [['--words', 'a,,b'], '--words takes one or more words separated by commas, not "a,,b"'],
    [['--pick', 'three'], '--pick takes one or two, not "three"'],
    [['--follow=yes'], '--follow takes no value'],
    [['-f=yes'], '-f takes no value'],
    [['-w=5m'], '-w takes no value; write --wait=…'],
    [['-thello'], '-t takes its value as a word of its own: -t T'],
    [['-t=hello'], '-t takes its value as a word of its own: -t T'],
    [['a\0b'], 'an argument contains a NUL byte'],
    [['a', 'b', 'c'], '`stint sample` has no use for "c"'],
  ])('refuses %j with a sentence', (words, message) => {
    const failure = refusal(words)
    expect([failure.code, failure.message]).toEqual(['USAGE', message])
  })

  it('names the option that was probably meant', () => {
    expect(refusal(['--txet=secret'])).toMatchObject({
      code: 'UNKNOWN_OPTION',
      data: { option: '--txet', verb: 'sample', nearest: '--text' },
    })
    expect(refusal(['--foll']).data).toMatchObject({ nearest: '--follow' })
    expect(refusal(['--xylophone']).data).not.toHaveProperty('nearest')
    expect(refusal(['-fx']).data).toEqual({ option: '-x', verb: 'sample' })
  })

  it('names what is missing', () => {
    expect(refusal([], verbs.rename).message).toBe('`stint rename` needs REF, such as @last')
    expect(refusal([], verbs.delete).message).toBe('`stint delete` needs REF, such as @last')
    expect(refusal([], verbs.trash).message).toBe('`stint trash` needs list, restore or empty')
    expect(refusal(['--project', ''], verbs.list).message).toBe('--project takes DIR, not ""')
    expect(refusal(['--store='], verbs.list).message).toBe('--store takes DIR, not ""')
    expect(refusal(['--'], through).message).toBe('there is no command after --')
  })

  it('says where a command goes', () => {
    const remedy = 'put -- before the command'
    expect(refusal(['fix', 'the', 'bug'], verbs.run).message).toBe(
      '`stint run` has no use for "the"; put a prompt in quotes, and -- before a command',
    )
    expect(refusal(['ls', '-la'], verbs.run).message).toContain(remedy)
    expect(refusal(['@last', 'make', '--jobs=4'], verbs.resume).message).toContain(remedy)
    expect(refusal(['-la', 'ls'], verbs.run).code).toBe('UNKNOWN_OPTION')
    expect(refusal(['fix it', '--toool', 'codex'], verbs.run).code).toBe('UNKNOWN_OPTION')
  })

  it('refuses an action that the verb does not have', () => {
    expect(refusal(['emtpy'], verbs.trash).message).toBe(
      '`stint trash` takes list, restore or empty, not "emtpy"; did you mean empty?',
    )
  })

  it('does not count positionals when help was asked for', () => {
    expect(flag(parseArgs(verbs.show as Verb, ['-qh'], now), 'help')).toBe(true)
  })

  it('throws nothing but Failures, whatever the words', () => {
    const tables = Object.values(verbs)
    const names = tables.flatMap((verb) => optionsOf(verb).map((option) => `--${option.name}`))
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('--', '-', '-f', '-fq', '---', '--=', '-=', '--wait=', '\0'),
      fc.constantFrom(...names),
      fc.tuple(fc.constantFrom(...names), fc.string()).map(([name, value]) => `${name}=${value}`),
      fc.string().map((tail) => `-${tail}`),
    )
    fc.assert(
      fc.property(fc.constantFrom(...tables), fc.array(word, { maxLength: 8 }), (verb, words) => {
        try {
          parseArgs(verb, words, now)
        } catch (error) {
          if (!(error instanceof Failure) || error.status !== 2) throw error
          expect(error.message.length).toBeGreaterThan(5)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('gives back what was written in any order', () => {
    const valued = (option: Option) =>
      (option.kind ?? 'text') === 'text' ? fc.string() : fc.constantFrom(...samplesOf(option))
    interface Given {
      readonly option: Option
      readonly words: readonly string[]
      readonly value?: string
    }
    const given = fc.constantFrom(...sample.options).chain((option): fc.Arbitrary<Given> => {
      const long = `--${option.name}`
      if (option.value === undefined) return fc.constant({ option, words: [long] })
      return fc.tuple(valued(option), fc.boolean()).map(([value, joined]) => ({
        option,
        value,
        words:
          joined || option.optionalValue || value.startsWith('-')
            ? [`${long}=${value}`]
            : [long, value],
      }))
    })
    const plain = fc.string().filter((word) => !word.startsWith('-') && !word.includes('\0'))
    fc.assert(
      fc.property(
        fc.array(given, { maxLength: 6 }),
        fc.array(plain, { maxLength: 2 }),
        fc.nat(6),
        (options, positionals, at) => {
          fc.pre(options.every(({ words }) => !words.join('').includes('\0')))
          const lines = options.map(({ words }) => words)
          lines.splice(Math.min(at, lines.length), 0, ...positionals.map((word) => [word]))
          const got = parseArgs(sample, lines.flat(), now)
          expect(got.positionals).toEqual(positionals)
          for (const { option } of options) {
            const last = options.findLast((one) => one.option === option)
            if ((option.kind ?? 'text') === 'text' && option.value !== undefined) {
              expect(texts(got, option.name).at(-1)).toBe(last?.value)
            } else {
              expect(flag(got, option.name)).toBe(true)
            }
          }
        },
      ),
    )
  })
})

function samplesOf(option: Option): string[] {
  switch (option.kind) {
    case 'count':
      return ['1', '007', '999']
    case 'duration':
      return ['45s', '1h30m']
    case 'when':
      return ['7d', '2026-02-06']
    case 'list':
      return option.choices === undefined ? ['x', 'x,y'] : ['a', 'a,b']
    default:
      return [...(option.choices ?? ['x'])]
  }
}

describe('the getters', () => {
  it('refuse, as a mistake of the program, an option of another kind or none at all', () => {
    const got = parse('--count=3')
    expect(() => text(got, 'count')).toThrow('has no text')
    expect(() => flag(got, 'bogus')).toThrow('declares no --bogus')
  })
})

describe('refuseTogether', () => {
  it('refuses options that exclude each other', () => {
    const got = parseArgs(verbs.run as Verb, ['--last', '--fork=x', '--', 'a'], now)
    expect(() => refuseTogether(got, 'session', 'last', 'fork')).toThrow(
      '--last and --fork exclude each other',
    )
    expect(() => refuseTogether(got, 'session', 'last')).not.toThrow()
  })
})
