import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { ago, bytes, usage } from '../../cli/render/amount.ts'
import { entryPrinter } from '../../cli/render/entry.ts'
import { questionText } from '../../cli/render/question.ts'
import { rowColumns, shownLength } from '../../cli/render/session.ts'
import { shareText } from '../../cli/render/share.ts'
import { highlightPrefix, styleOf } from '../../cli/render/style.ts'
import { type Column, table } from '../../cli/render/table.ts'
import { treeLines } from '../../cli/render/tree.ts'
import { callText, TurnView } from '../../cli/render/turn.ts'
import { visible, visibleLine } from '../../cli/render/visible.ts'
import { countCharacters, cutToWidth, measureFor } from '../../cli/render/width.ts'

const columns: Column[] = [
  { head: 'ID' },
  { head: 'SIZE', align: 'right' },
  { head: 'DESCRIPTION', shrink: true },
]

describe('table', () => {
  it('aligns columns and ends no line in spaces', async () => {
    const rows = [
      ['01JH', '5', 'first'],
      ['01JK', '1234', ''],
    ]
    expect(await table(columns, rows, { width: undefined })).toBe(
      'ID    SIZE  DESCRIPTION\n01JH     5  first\n01JK  1234\n',
    )
  })

  it('keeps the indent of a cell and takes other spaces around it away', async () => {
    const cells = [{ text: ' 01JH ', indent: '   └─ ' }, '', ' x']
    expect(await table(columns, [cells], { width: undefined, heads: false })).toBe(
      '   └─ 01JH    x\n',
    )
  })

  it('keeps later columns in place after an empty cell', async () => {
    const got = await table(
      columns,
      [
        ['', '', 'x'],
        ['a', '1', 'y'],
      ],
      { width: undefined },
    )
    expect(got.split('\n').slice(1, 3)).toEqual(['          x', 'a      1  y'])
  })

  it('cuts nothing where there is no terminal', async () => {
    const long = 'x'.repeat(500)
    expect(await table(columns, [['a', '1', long]], { width: undefined })).toContain(long)
  })

  it('cuts only what may shrink, the widest first, to the width of the terminal', async () => {
    const wide: Column[] = [...columns, { head: 'NOTE', shrink: true, min: 4 }]
    const rows = [['a'.repeat(26), '1', '日本語'.repeat(20), 'n'.repeat(30)]]
    for (const width of [60, 80, 120]) {
      const lines = (await table(wide, rows, { width })).trimEnd().split('\n')
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width)
      expect(lines[1]).toContain('a'.repeat(26))
      expect(lines[1]).toContain('…')
    }
  })

  it('leaves columns out from the right, but those that stay, where cutting is not enough', async () => {
    const narrow: Column[] = [
      { head: 'SESSION' },
      { head: 'SIZE', align: 'right' },
      { head: 'STATUS', keep: true },
      { head: 'USED' },
      { head: 'NAME', shrink: true, min: 4, keep: true },
      { head: 'DESCRIPTION', shrink: true, min: 12 },
    ]
    const rows = [['01JH4QWERT', '12 KiB', 'running', '3m ago', 'a-name', 'what it is about']]
    const at = async (width: number) => (await table(narrow, rows, { width })).split('\n')[1]
    const known = '01JH4QWERT'
    expect(await at(80)).toBe(`${known}  12 KiB  running  3m ago  a-name  what it is about`)
    expect(await at(55)).toBe(`${known}  12 KiB  running  3m ago  a-n…  what it is…`)
    expect(await at(45)).toBe(`${known}  12 KiB  running  3m ago  a-name`)
    expect(await at(40)).toBe(`${known}  12 KiB  running  a-name`)
    expect(await at(30)).toBe(`${known}  running  a-name`)
    expect(await at(20)).toBe(`${known}  running`)
    expect(await at(15)).toBe(`${known}  ru…`)
  })

  it('leaves out first what is empty in every row, where cutting is not enough', async () => {
    const narrow: Column[] = [
      { head: 'SESSION' },
      { head: 'STATUS', keep: true },
      { head: 'NAME', shrink: true, min: 4, keep: true },
      { head: 'DESCRIPTION', shrink: true, min: 12 },
    ]
    const rows = [['01JH4QWERT', 'running', '', 'what it is about']]
    const at = async (width: number) => await table(narrow, rows, { width })
    expect(await at(80)).toContain('NAME  DESCRIPTION')
    expect(await at(34)).toBe(
      'SESSION     STATUS   DESCRIPTION\n01JH4QWERT  running  what it is a…\n',
    )
  })

  it('tells sessions apart on a narrow terminal by what they are about', async () => {
    const cells = ['idle', 'success', '3m ago', 'claude-code', '', 'Fix the login test']
    const rows = [['├─ 01JH4QWERT', '1.2k in, 340 out, $0.01', ...cells]]
    for (const width of [40, 60, 80]) {
      const drawn = await table([{ head: 'SESSION' }, { head: 'USAGE' }, ...rowColumns], rows, {
        width,
      })
      expect(drawn).toContain('Fix the lo')
    }
  })

  it('makes no line wider than the terminal, but for a first cell that is', async () => {
    const cell = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constant(''))
    const column = fc.record(
      {
        head: fc.string({ unit: fc.constantFrom('A', 'B'), maxLength: 12 }),
        align: fc.constantFrom('left' as const, 'right' as const),
        shrink: fc.boolean(),
        min: fc.integer({ min: 1, max: 20 }),
        keep: fc.boolean(),
      },
      { requiredKeys: ['head'] },
    )
    const drawn = fc.array(column, { minLength: 1, maxLength: 8 }).chain((columns) => {
      const row = fc.array(cell, { minLength: columns.length, maxLength: columns.length })
      return fc.record({
        columns: fc.constant(columns),
        rows: fc.array(row, { minLength: 1, maxLength: 5 }),
        width: fc.integer({ min: 20, max: 120 }),
      })
    })
    await fc.assert(
      fc.asyncProperty(drawn, async ({ columns, rows, width }) => {
        const lines = (await table(columns, rows, { width })).split('\n')
        expect(lines).toHaveLength(rows.length + 2)
        const firsts = [columns[0]?.head ?? '', ...rows.map(([first = '']) => visibleLine(first))]
        const widest = Math.max(width, ...firsts.map((text) => stringWidth(text)))
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(widest)
      }),
    )
  })

  it('paints a cell after it was cut', async () => {
    const paint = (text: string) => `<${text}>`
    const got = await table(columns, [['a', '1', { text: 'long description here', paint }]], {
      width: 22,
      heads: false,
    })
    expect(got).toBe('a  1  <long descriptio…>\n')
  })

  it('shows control characters of a cell and keeps it on its line', async () => {
    const got = await table(columns, [['a', '1', 'x\ny\tz\x1b[31m']], { width: undefined })
    expect(got.split('\n')[1]).toBe('a      1  x y z\\x1b[31m')
  })

  it('is empty without rows', async () => {
    expect(await table(columns, [], { width: 80 })).toBe('')
  })
})

describe('cutToWidth', () => {
  it('never gets wider than it may, nor splits a character', async () => {
    const measure = await measureFor(['日'])
    expect(measure).toBe(stringWidth)
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 20 }),
        (text, width) => {
          const cut = cutToWidth(text, width, measure)
          expect(measure(cut)).toBeLessThanOrEqual(width)
          expect(text.startsWith(cut.replace(/…$/, ''))).toBe(true)
        },
      ),
    )
  })

  it('loads no tables of widths for plain text', async () => {
    expect(await measureFor(['plain', ''])).toBe(countCharacters)
  })
})

describe('treeLines', () => {
  it('draws where every node hangs', () => {
    const children: Record<string, string[]> = { a: ['b', 'c'], b: ['d'], c: ['e'] }
    const lines = treeLines(['a', 'f'], (node) => children[node] ?? [])
    expect(lines.map(({ prefix, node }) => prefix + node)).toEqual([
      'a',
      '├─ b',
      '│  └─ d',
      '└─ c',
      '   └─ e',
      'f',
    ])
  })

  it('draws a chain of any depth', () => {
    const lines = treeLines([0], (node) => (node < 2_000 ? [node + 1] : []))
    expect(lines.length).toBe(2_001)
  })

  it('tells the depth of what is too far down to be drawn, in lines that get no longer', () => {
    const lines = treeLines([0], (node) => (node < 2_000 ? [node + 1] : []))
    const indent = ' '.repeat(64 * 3 - 3)
    expect(lines[64]?.prefix).toBe(`${indent}└─ `)
    expect(lines[65]?.prefix).toBe(`${indent}   65 └─ `)
    expect(lines[2_000]?.prefix).toBe(`${indent}   2000 └─ `)
  })
})

describe('visible', () => {
  it.each([
    ['a\x1b[2Jb', 'a\\x1b[2Jb'],
    ['safe\roverwritten', 'safe\\roverwritten'],
    ['line\r\nnext\n\tx', 'line\nnext\n\tx'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['\x9b31m\x7f\0', '\\x9b31m\\x7f\\x00'],
    ['a\u2028b\u200bc\ufeff', 'a\\u2028b\\u200bc\\ufeff'],
    ['hi\u{e0041}', 'hi\\u{e0041}'],
    ['👩‍💻 日本 é', '👩‍💻 日本 é'],
    [
      'pass\u00adword \u3164 a\u034f \u115f \ufff0',
      'pass\\xadword \\u3164 a\\u034f \\u115f \\ufff0',
    ],
    [
      'ad\u200dm\u200cin, имя\u200d, 名\u200d, 1\u200d',
      'ad\\u200dm\\u200cin, имя\\u200d, 名\\u200d, 1\\u200d',
    ],
    ['می\u200cخواهم ക്\u200d', 'می\u200cخواهم ക്\u200d'],
    ['❤️ 🏳️‍🌈 👩🏽‍🚀 ❤️‍🔥 1️⃣ ☎︎', '❤️ 🏳️‍🌈 👩🏽‍🚀 ❤️‍🔥 1️⃣ ☎︎'],
    ['a\ufe0f1\ufe0f❤\ufe0f\ufe0f👍\ufe01', 'a\\ufe0f1\\ufe0f❤\ufe0f\\ufe0f👍\\ufe01'],
    ['葛\u{e0100}\u{e0101} x\u{e0100}', '葛\u{e0100}\\u{e0101} x\\u{e0100}'],
    ['ᠠ\u180b\u180c \u180b', 'ᠠ\u180b\\u180c \\u180b'],
  ])('shows %j as %j', (raw, shown) => {
    expect(visible(raw)).toBe(shown)
  })

  it.each(['👩🏽‍🚀 ok', '❤️‍🔥', 'می\u200cخ', '葛\u{e0100}'])('takes %j in pieces', (text) => {
    const pieces = [...text]
    const shown = pieces.map((piece, at) => visible(piece, pieces[at - 1]))
    expect(shown.join('')).toBe(text)
    expect(visible('\n', 'a\r')).toBe('\n')
    expect(visible('b', 'a\x1b')).toBe('b')
  })

  it('shows each character but those that join or select', () => {
    const kept = /[\u180b-\u180d\u200c]|\u200d|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(text).replace(kept, '')).not.toMatch(/\p{Default_Ignorable_Code_Point}/u)
      }),
    )
  })

  it('leaves nothing that moves the cursor or turns the text around', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(visible(text)).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
        expect(visibleLine(text)).not.toMatch(/[\n\t]/)
      }),
    )
  })
})

describe('ago', () => {
  it.each([
    [0, 'now'],
    [400, 'now'],
    [59_000, '59s ago'],
    [190_000, '3m ago'],
    [4 * 86_400_000 + 3_600_000, '4d ago'],
    [-7_200_000, 'in 2h'],
  ])('%d ms later says %s', (passed, said) => {
    expect(ago(1_000_000_000, 1_000_000_000 + passed)).toBe(said)
  })
})

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [10 * 1024, '10 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [1.5 * 1024 ** 3, '1.5 GiB'],
  ])('%d is %s', (size, said) => {
    expect(bytes(size)).toBe(said)
  })
})

describe('shownLength', () => {
  it('takes the longest of any number of prefixes, where there is little room', () => {
    expect(shownLength(Array(300_000).fill(12), 80)).toBe(12)
    expect(shownLength([], 80)).toBe(10)
    expect(shownLength([12], 120)).toBe(26)
  })
})

describe('highlightPrefix', () => {
  it('lets the prefix stand out, and leaves the id whole without colours', () => {
    expect(highlightPrefix('01JH4Q', 4, styleOf(false))).toBe('01JH4Q')
    expect(highlightPrefix('01JH4Q', 4, styleOf(true))).toBe(
      '\x1b[1m\x1b[36m01JH\x1b[39m\x1b[22m\x1b[2m4Q\x1b[22m',
    )
  })
})

describe('usage', () => {
  it.each([
    [{ input_tokens: 1234, output_tokens: 340, cost_usd: 0.0123 }, '1.2k in, 340 out, $0.01'],
    [{ input_tokens: 999.6, output_tokens: 9_949 }, '1.0k in, 9.9k out'],
    [{ input_tokens: 9_950, output_tokens: 999_499 }, '10k in, 999k out'],
    [{ input_tokens: 999_500, output_tokens: 2_500_000_000 }, '1.0M in, 2.5G out'],
    [{ cost_usd: 0.004 }, '<$0.01'],
    [{ cost_usd: 0 }, '$0.00'],
    [{ reasoning_tokens: 5 }, ''],
    [{}, ''],
  ])('says %o in brief', (amounts, text) => {
    expect(usage(amounts)).toBe(text)
  })
})

describe('questionText', () => {
  const options = [{ optionId: 'a', name: 'Allow\u001b[8m', kind: 'allow_once' as const }]
  const toolCallId = 'c'

  it('says what the title leaves out, and the title once', () => {
    const rawInput = { command: 'rm -r build', cwd: '/tmp', of: { n: 1 } }
    const toolCall = { toolCallId, title: 'Clean up', kind: 'execute' as const, rawInput }
    expect(questionText({ toolCall, options })).toBe(
      [
        'the agent wants to execute: Clean up',
        '  | command: rm -r build',
        '  | cwd: /tmp',
        '  | of: {"n":1}',
        '  1  Allow\\x1b[8m',
      ].join('\n'),
    )
    const same = { ...toolCall, title: 'ls', rawInput: { command: 'ls' } }
    expect(questionText({ toolCall: same, options })).toBe(
      'the agent wants to execute: ls\n  1  Allow\\x1b[8m',
    )
  })

  it('counts the lines of a change, and names the places', () => {
    const toolCall = {
      toolCallId,
      kind: 'edit' as const,
      content: [{ type: 'diff' as const, path: '/a.ts', oldText: 'x\n', newText: 'y\nz\n' }],
      locations: [{ path: '/a.ts' }, { path: '/b.ts' }],
    }
    expect(questionText({ toolCall, options: [] })).toBe(
      'the agent wants to edit: something\n  | /a.ts: 1 lines become 2\n  | /b.ts',
    )
  })

  it('shows so much of a long one, says that there is more, and lets no control act', () => {
    const text = `${'x'.repeat(600)}\n${'\u001b[2Jy\n'.repeat(30)}`
    const content = [{ type: 'content' as const, content: { type: 'text' as const, text } }]
    const lines = questionText({ toolCall: { toolCallId, title: 't', content }, options }).split(
      '\n',
    )
    expect(lines[1]).toBe(`  | ${'x'.repeat(500)}…`)
    expect(lines[2]).toBe('  | \\x1b[2Jy')
    expect(lines.slice(-2)).toEqual(['  | … 11 more lines', '  1  Allow\\x1b[8m'])
  })
})

describe('a call on one line', () => {
  it.each([
    [['execute', { command: 'ls -l' }], 'execute: ls -l'],
    [['execute', { call_id: 'c1', command: ['/bin/bash', '-lc', 'ls -l'] }], 'execute: ls -l'],
    [['run', { argv: ['ls', '-l'] }], 'run: ls -l'],
    [['run', '/bin/bash -lc "echo \\"a\\\\n\\" \\$B"'], 'run: echo "a\\n" $B'],
    [['run', `bash -lc 'echo it'"'"'s'`], "run: echo it's"],
    [['execute', undefined, 'ls -l'], 'execute: ls -l'],
    [['edit', { callId: 'c1' }, 'a.txt'], 'edit: a.txt'],
    [['edit', undefined, 'edit'], 'edit'],
    [['ask', { task_id: 't1' }], 'ask: t1'],
  ] as const)('has its name and the most telling of it: %j', ([name, input, title], text) => {
    expect(callText(name, input, title)).toBe(text)
  })
})

describe('an entry', () => {
  const types = [
    ...['session', 'turn_started', 'turn_ended', 'message', 'thought', 'tool_call', 'tool_result'],
    ...['plan', 'usage', 'provider_session', 'error', 'output', 'mine'],
  ]
  const keys = [
    ...['event', 'set', 'why', 'tool', 'argv', 'prompt', 'outcome', 'exit_code', 'signal', 'usage'],
    ...['duration_ms', 'name', 'input', 'title', 'status', 'items', 'code', 'truncated', 'bytes'],
    ...['cost_usd', 'input_tokens', 'provider_session_id', 'role', 'stream'],
  ]
  // What no conversion makes a text of.
  const stubborn = { toString: 1, valueOf: 1 }
  const value = fc.oneof(
    fc.constantFrom<unknown>(null, stubborn, [stubborn], [null], {
      usage: stubborn,
      cost_usd: null,
    }),
    fc.jsonValue(),
  )
  const entry = fc.record({
    v: fc.constant(1),
    seq: fc.nat(),
    ts: fc.constant('2026-02-06T10:00:00.000Z'),
    turn: fc.nat(),
    type: fc.constantFrom(...types),
    text: fc.option(fc.string(), { nil: null }),
    data: fc.dictionary(fc.constantFrom(...keys), value),
  })

  it('of a plan has no step that is done by a word of the language', () => {
    const items = ['completed', 'in_progress', 'constructor', 'toString', 7].map((status) => ({
      ...{ status, text: 'step' },
    }))
    const line = { text: '', start: 0, end: 0 }
    const entry = { type: 'plan', text: null, data: { items } }
    expect(entryPrinter(styleOf(false))({ line, entry } as never)).toBe(
      '[x] step\n[~] step\n[ ] step\n[ ] step\n[ ] step\n',
    )
  })

  it.each<[object, string]>([
    [{ outcome: 'success' }, 'success'],
    [{ outcome: 'failure', exit_code: 3, duration_ms: 5_000 }, 'failure, exit 3, 5s'],
    [{ outcome: 'cancelled', exit_code: null, signal: 'SIGTERM' }, 'cancelled, SIGTERM'],
  ])('of the end of a turn says what is known of it: %j', (data, told) => {
    const line = { text: '', start: 0, end: 0 }
    const entry = { type: 'turn_ended', ts: '2026-02-06T10:00:00.000Z', turn: 2, text: null, data }
    expect(entryPrinter(styleOf(false))({ line, entry } as never)).toBe(
      `── 2026-02-06 10:00:00 turn 2 ended: ${told}\n`,
    )
  })

  it('that a person wrote is marked', () => {
    const line = { text: '', start: 0, end: 0 }
    const entry = { type: 'message', text: 'hi', data: { role: 'user' } }
    expect(entryPrinter(styleOf(false))({ line, entry } as never)).toBe('> hi\n')
  })

  it('that is none is shown as what it is', () => {
    const line = { text: 'garbage\x1b[2J', start: 0, end: 0 }
    expect(entryPrinter(styleOf(false))({ line, entry: undefined } as never)).toBe(
      `not an entry: ${visible(line.text)}\n`,
    )
  })

  it('is shown in a log and in a document, whatever stands in it', () => {
    const session = { id: 'x', tools: [], turn: 0, usage: null }
    const print = entryPrinter(styleOf(false))
    fc.assert(
      fc.property(entry, (entry) => {
        const line = { text: '', start: 0, end: 0 }
        expect(print({ line, entry } as never)).toMatch(/\n$/)
        for (const format of ['md', 'html', 'json'] as const) {
          const shared = { session, state: {}, entries: [entry] }
          expect([...shareText(shared as never, format)].join('')).toMatch(/\n$/)
        }
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('a document in Markdown', () => {
  const drawn = (text: string, role = 'assistant') => {
    const session = { id: 'x', description: 'x', tools: [], turn: 0, usage: null }
    const entries = [{ v: 1, seq: 1, turn: 1, type: 'message', text, data: { role } }]
    const whole = [...shareText({ session, state: {}, entries } as never, 'md')].join('')
    return whole.slice(whole.indexOf('| session | x |\n\n') + '| session | x |\n\n'.length)
  }

  // A fence within a list and one of the page look alike, and only one of them goes on at the margin.
  it.each([
    [' ```\n```\n<img>', ' ```\n ```\n&lt;img>'],
    [' ```\n<b>\n```js\n<img>', ' ```\n ```\n&lt;b>\n```js\n<img>\n```'],
    ['1. a\n   ```js\n   a < b\n   ```\n```js\na < b\n```', undefined],
    ['  ~~~\n   ~~~~\n~~~\n<img>\n~~~', '  ~~~\n  ~~~\n~~~\n<img>\n~~~'],
    ['  ```\n\n  a\nb <i>', '  ```\n\n  a\n  ```\nb &lt;i>'],
    ['```\n    ```\n<a>\n``` \n<b>', '```\n    ```\n<a>\n```\n&lt;b>'],
  ])('closes an indented fence as it was opened: %j', (text, shown) => {
    expect(drawn(text)).toBe(`${shown ?? text.replace('   a <', '   a &lt;')}\n\n`)
  })

  it('has the output of a turn in one piece, and says what was done to the session', () => {
    const session = { id: 'x', tools: [], turn: 1, usage: null }
    const output = (text: string) => ({ type: 'output', turn: 1, text, data: { stream: 'stdout' } })
    const start = { type: 'turn_started', turn: 1, ts: 'once', text: null, data: { tool: 'codex' } }
    const change = { type: 'session', turn: 1, ts: 'then', text: null, data: { event: 'renamed' } }
    const entries = [start, output('one'), output('two'), change, output('three')]
    const whole = [...shareText({ session, state: {}, entries } as never, 'md')].join('')
    expect(whole).toContain('Turn 1: codex, once\n\n```text\none\ntwo\n```')
    expect(whole.indexOf('renamed, then')).toBeGreaterThan(whole.indexOf('two'))
    expect(whole.indexOf('three')).toBeGreaterThan(whole.indexOf('renamed, then'))
  })

  it('takes a tab before a fence for as wide as it is at the margin', () => {
    expect(drawn('\t```\n<img>', 'user')).toBe('>     ```\n> &lt;img>\n\n')
    expect(drawn('```\n\t```\n<img>\n```', 'user')).toBe('> ```\n>     ```\n> <img>\n> ```\n\n')
  })

  it.each([
    ['[a](javascript:e())', '[a]\\(javascript:e())'],
    ['[a](JavaScript:e())', '[a]\\(JavaScript:e())'],
    ['[a](java&#115;cript&colon;e())', '[a]\\(java&#115;cript&colon;e())'],
    ['[a](\njavascript:e())', '[a]\\(\njavascript:e())'],
    ['[a]: data:text/html,x', '[a]\\: data:text/html,x'],
    ['[a]:\nvbscript:x', '[a]\\:\nvbscript:x'],
    ['[a](https://example.org) [b](mailto:a@b.c) [c](lib/a.ts#L4)', undefined],
    ['`arr[0]: number` of arr[0](b)', undefined],
  ])('has no link that does something else than lead to a page: %j', (text, shown) => {
    expect(drawn(text)).toBe(`${shown ?? text}\n\n`)
  })
})

describe('TurnView', () => {
  const still = {
    ...{ style: styleOf(false), isTerminal: false, isLive: false, isQuiet: false },
    ...{ canDraw: () => true, columns: () => 80, write: () => undefined },
  }

  it('says what has ended, of so many calls as it remembers', () => {
    let told = ''
    const view = new TurnView({
      ...still,
      talk: (text) => {
        told += text
      },
    })
    const begin = (id: string) => view.take({ type: 'tool_call', id, name: 'make', input: id })
    const end = (id: string) => {
      told = ''
      view.take({ type: 'tool_result', id, status: 'ok' })
      return told
    }
    for (let i = 0; i < 1_000; i++) begin(`c${i}`)
    begin('x'.repeat(1_000))
    expect([end('c0'), end('c999'), end('c900')]).toEqual([
      '✓ a tool\n',
      '✓ make: c999\n',
      '✓ make: c900\n',
    ])
    expect(end('x'.repeat(1_000))).toBe('✓ a tool\n')
  })

  it('names the calls of which nothing came', () => {
    let told = ''
    const view = new TurnView({
      ...still,
      talk: (text) => {
        told += text
      },
    })
    for (const id of ['a', 'b']) view.take({ type: 'tool_call', id, name: 'make', input: id })
    view.take({ type: 'tool_result', id: 'a', status: 'failed', exit_code: 2 })
    view.end()
    view.endBadly()
    expect(told).toBe('✗ make: a (exit 2)\n… make: b\n')
  })

  it('says only the last error when it is to be quiet, and that at the end', () => {
    let told = ''
    const view = new TurnView({
      ...{ ...still, isQuiet: true },
      talk: (text) => {
        told += text
      },
    })
    for (const id of ['a', 'b']) view.take({ type: 'tool_call', id, name: 'make', input: id })
    view.take({ type: 'tool_result', id: 'a', status: 'ok' })
    for (const text of ['reconnecting', 'no more quota']) view.take({ type: 'error', text })
    view.end()
    expect(told).toBe('')
    view.endBadly()
    expect(told).toBe('! no more quota\n')
  })

  it('shows at a terminal what would move the cursor, and hands it on elsewhere', () => {
    const told = (isTerminal: boolean) => {
      let said = ''
      const view = new TurnView({
        ...{ ...still, isTerminal, talk: () => undefined },
        write: (text) => {
          said += text
        },
      })
      view.take({ type: 'message', text: 'a\x1b[2J' })
      return said
    }
    expect(told(true)).toBe('a\\x1b[2J\n')
    expect(told(false)).toBe('a\x1b[2J\n')
  })

  it('says a character whole whose halves come in two pieces', () => {
    const said: Buffer[] = []
    const view = new TurnView({
      ...{ ...still, talk: () => undefined },
      write: (text) => said.push(Buffer.from(text)),
    })
    for (const text of ['a\ud83d', '', '\ude00b\ud83d', '\ud83d', '\ude00']) {
      view.take({ type: 'message', text, delta: true })
    }
    view.take({ type: 'message', text: '' })
    expect(Buffer.concat(said).toString()).toBe('a😀b\ufffd😀\n')
  })
})
