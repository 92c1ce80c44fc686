import { describe, expect, it } from 'vitest'
import { parseArgs } from '../../cli/argv.ts'
import { optionsOf, usageLine } from '../../cli/command.ts'
import { helpText } from '../../cli/help.ts'
import { verbs } from '../../cli/verbs.ts'

const all = Object.entries(verbs)

describe('verbs', () => {
  it('are the words of the contract', () => {
    expect(Object.keys(verbs).sort()).toEqual(
      [
        ...['run', 'resume', 'list', 'show', 'result', 'logs', 'artifacts', 'log', 'is-alive'],
        ...[
          'wait',
          'kill',
          'rename',
          'pin',
          'unpin',
          'delete',
          'trash',
          'config',
          'redact',
          'import',
          'export',
        ],
        ...['ps', 'reap', 'tools', 'compress'],
        ...['checkpoint', 'checkpoints', 'doctor'],
        ...['gc', 'clean', 'du', 'project', 'completion'],
      ].sort(),
    )
  })

  it.each(all)('%s declares each option once, and says what it does', (name, verb) => {
    expect(verb.name).toBe(name)
    const options = optionsOf(verb)
    const names = options.map((option) => option.name)
    const shorts = options.flatMap((option) => option.short ?? [])
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(shorts).size).toBe(shorts.length)
    for (const option of options) {
      expect(option.name).toMatch(/^[a-z][a-z-]+$/)
      expect(option.short ?? 'a').toMatch(/^[a-z]$/)
      expect(option.help.length).toBeGreaterThan(5)
      if (option.kind === 'choice') expect(option.choices?.length).toBeGreaterThan(0)
      // A filter that is given twice is never half forgotten.
      if (option.kind === 'list') expect(option.repeat).toBe(true)
      // A letter says nothing of what is wanted, save that it is a number.
      expect(option.value ?? 'N').toMatch(/^(N|[A-Za-z]{3,}(,…)?)$/)
      if (option.value === undefined) expect(option.kind ?? option.optionalValue).toBeUndefined()
    }
    expect(verb.summary).toMatch(/^[a-z]/)
    expect(verb.details.length).toBeGreaterThan(10)
    const statuses = verb.exits.map(([status]) => Number.parseInt(status, 10))
    expect(statuses[0]).toBe(0)
    expect(statuses).toEqual(statuses.toSorted((a, b) => a - b))
    expect(verb.examples.length).toBeGreaterThan(0)
  })

  it('hand the terminal on only where a tool can have it', () => {
    const takers = all.filter(([, verb]) =>
      optionsOf(verb).some(({ name }) => name === 'interactive'),
    )
    expect(takers.map(([name]) => name).sort()).toEqual(['resume', 'run'])
  })

  it.each(all)('%s parses its own examples', (name, verb) => {
    for (const example of verb.examples) {
      for (const [, line] of example.matchAll(/stint ((?:"[^"]*"|[^"|&>])+)/g)) {
        const [first, ...words] = [...(line ?? '').matchAll(/"([^"]*)"|(\S+)/g)].map(
          (match) => match[1] ?? match[2] ?? '',
        )
        const called = verbs[first ?? '']
        expect(called, example).toBeDefined()
        if (called !== undefined) parseArgs(called, words, 0)
      }
    }
    expect(verb.examples.join('\n')).toContain(`stint ${name}`)
  })
})

describe('helpText', () => {
  it('groups the verbs and leaves none out', () => {
    const text = helpText(undefined, false)
    const width = Math.max(...all.map(([name]) => name.length))
    for (const [name, verb] of all) {
      expect(text.replace(/\n {4,}/g, ' ')).toContain(`  ${name.padEnd(width)}  ${verb.summary}`)
    }
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(text.match(/^(Run|Look|Change|Clean up):$/gm)).toHaveLength(4)
  })

  it.each(all)('shows usage, options, statuses and examples of %s in 80 columns', (name, verb) => {
    const text = helpText(name, false)
    expect(text).toContain(`$ ${usageLine(verb)}\n`)
    for (const option of optionsOf(verb)) expect(text).toContain(`--${option.name}`)
    for (const [status] of verb.exits) expect(text).toMatch(new RegExp(`^  ${status}  `, 'm'))
    for (const example of verb.examples) expect(text).toContain(`$ ${example}`)
    expect(text).not.toMatch(/default: true|undefined/)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('gives the console back', () => {
    const { info } = console
    helpText('run', true)
    expect(console.info).toBe(info)
  })
})
