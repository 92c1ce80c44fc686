import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cutText,
  hasControls,
  headOf,
  nearestWord,
  oneLine,
  shellWord,
  splitWords,
} from '../../lib/base/text.ts'

const text = fc.string({ unit: 'binary', maxLength: 60 })
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

describe('cutText', () => {
  it('gives a start of the text within the limit that splits no pair, and no shorter than needed', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 70 }), (whole, max) => {
        const cut = cutText(whole, max)
        expect(whole.startsWith(cut)).toBe(true)
        expect(cut.length).toBeLessThanOrEqual(max)
        expect(loneSurrogate.test(cut)).toBe(false)
        expect(cut.length).toBeGreaterThanOrEqual(Math.min(whole.length, max - 1))
      }),
    )
  })

  it('cuts before a pair that does not fit whole', () => {
    expect(cutText('ab😀', 3)).toBe('ab')
    expect(cutText('ab😀', 4)).toBe('ab😀')
  })
})

describe('headOf', () => {
  it('gives the text itself or its first characters and an ellipsis, never more than asked for', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 70 }), (whole, max) => {
        const points = [...whole]
        const expected = points.length <= max ? whole : `${points.slice(0, max - 1).join('')}…`
        expect(headOf(whole, max)).toBe(expected)
      }),
    )
  })
})

describe('oneLine', () => {
  it('leaves no control character, no line end and no double space', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const line = oneLine(whole)
        expect(hasControls(line)).toBe(false)
        expect(line).not.toMatch(/\s\s|^\s|\s$/)
      }),
    )
  })

  it('keeps everything else', () => {
    expect(oneLine(' a\r\n\tb\u0000\u001b[1mc\u0085\u2028d  é😀 ')).toBe('a b [1mc d é😀')
  })
})

describe('hasControls', () => {
  it.each(['\u0000', '\u001f', '\u007f', '\u0085', '\u009f', '\u2028', '\u2029', '\n'])(
    'sees %j',
    (control) => {
      expect(hasControls(`a${control}b`)).toBe(true)
    },
  )

  it('sees nothing in printable text', () => {
    expect(hasControls('a é 漢 😀 \u00a0')).toBe(false)
  })
})

describe('nearestWord', () => {
  it.each([
    ['depth_limt', 'depth_limit'],
    ['timeuot', 'timeout'],
    ['lst', 'list'],
    ['idle-timeout', 'idle_timeout'],
  ])('finds what %s was meant to be', (typed, meant) => {
    expect(nearestWord(typed, ['list', 'timeout', 'idle_timeout', 'depth_limit'])).toBe(meant)
  })

  it('finds nothing among words that are far away', () => {
    expect(nearestWord('frobnicate', ['list', 'show', 'resume'])).toBeUndefined()
    expect(nearestWord('list', [])).toBeUndefined()
  })

  it('never suggests a word that has no letter of what was typed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-m]{1,9}$/), (typed) => {
        expect(nearestWord(typed, ['ps', 'z', 'zz', 'zzz', 'ooo', 'up'])).toBeUndefined()
      }),
    )
  })

  it('takes the word itself before any other', () => {
    expect(nearestWord('run', ['ran', 'run', 'rum'])).toBe('run')
  })

  it('stays within a third of the word, or two edits', () => {
    const distance = (a: string, b: string): number => {
      if (a === '' || b === '') return a.length + b.length
      const rest = a[0] === b[0] ? 0 : 1
      return Math.min(
        distance(a.slice(1), b) + 1,
        distance(a, b.slice(1)) + 1,
        distance(a.slice(1), b.slice(1)) + rest,
      )
    }
    const word = fc.stringMatching(/^[abc]{1,5}$/)
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 4 }), (typed, words) => {
        const near = nearestWord(typed, words)
        if (near === undefined) return
        const edits = distance(typed, near)
        expect(edits).toBeLessThanOrEqual(2)
        for (const other of words) {
          const shares = distance(typed, other) < Math.max(typed.length, other.length)
          if (shares) expect(edits).toBeLessThanOrEqual(distance(typed, other))
        }
      }),
    )
  })
})

describe('shellWord', () => {
  const said = (shell: string, words: readonly string[]) =>
    execFileSync(shell, ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`], {
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    })
      .toString()
      .split('\0')
      .slice(0, -1)

  it('is one word of the shell that says the same', () => {
    const words = ['plain/-x', '', "it's", 'a b', '$HOME `id` \\ "q"', '~', '*', 'größe', '#x']
    expect(said('sh', words)).toEqual(words)
    expect(words.map(shellWord)[0]).toBe('plain/-x')
  })

  it('has no control character in it, whatever the word has', () => {
    const words = ['new\nline', "tab\tit's\\", '\x1b[31mred', '\u0085\u2028']
    expect(said('bash', words)).toEqual(words)
    for (const word of words) expect(hasControls(shellWord(word))).toBe(false)
    expect(shellWord('new\nline')).toBe("$'new\\nline'")
  })
})

describe('splitWords', () => {
  it.each([
    ['', []],
    [' a  b\tc ', ['a', 'b', 'c']],
    [`a 'b c' "d e" f\\ g`, ['a', 'b c', 'd e', 'f g']],
    [`a'b'"c"`, ['abc']],
    [`'' ""`, ['', '']],
    [`"\\"$x\\$" '\\'`, ['"$x$', '\\']],
  ])('reads %s as a shell would', (line, words) => {
    expect(splitWords(line)).toEqual(words)
  })

  it.each([`a 'b`, `a "b`, `a "b\\"`, `it's`, 'a\\', `'a' '`])(
    'takes %s for no command line',
    (line) => {
      expect(splitWords(line)).toBeUndefined()
    },
  )
})
