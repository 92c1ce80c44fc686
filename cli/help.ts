/** Help and version, laid out by cac; loaded only when somebody asks. */

import { cac } from 'cac'
import { type ExplainedVerb, type Group, type Option, optionsOf, usageLine } from './command.ts'
import { styleOf } from './render/style.ts'
import { verbs } from './verbs.ts'
import { version } from './version.ts'

interface Section {
  title?: string
  body: string
}

const groups: readonly Group[] = ['Run', 'Look', 'Change', 'Clean up']
const lineWidth = 80
const titleWords = 'sessions of AI coding agents as plain directories'

const generalExamples = [
  'stint run -d "Auth refactor" -- codex exec "refactor the auth module"',
  'stint list --status running,crashed --since 7d',
  'stint logs -f @last',
]

/** The help of one verb, or of all of stint. */
export function helpText(name: string | undefined, color: boolean): string {
  const all = Object.values(verbs)
  const verb = all.find((one) => one.name === name)
  const cli = cac('stint')
  const { bold } = styleOf(color)
  cli.usage('<verb> [options]')
  cli.help((sections) => {
    const shaped = verb === undefined ? shapeAll(sections, all) : shapeOne(sections, verb)
    return shaped.map(({ title, body }) =>
      title === undefined ? { body } : { body: `${bold(`${title}:`)}\n${body}` },
    )
  })
  if (verb === undefined) {
    for (const one of all) cli.command(one.name, one.summary)
    for (const example of generalExamples) cli.example(`  $ ${example}`)
  } else {
    const command = cli.command(verb.name, verb.summary)
    command.usage(usageLine(verb).replace(/^stint /, ''))
    // cac adds the one for help.
    const options = optionsOf(verb).filter((option) => option.name !== 'help')
    for (const option of options) command.option(rawName(option), option.help)
    for (const example of verb.examples) command.example(`  $ ${example}`)
    cli.matchedCommand = command
  }
  return printedBy(() => cli.outputHelp())
}

/** `stint/1.2.3` with the platform. */
export function versionText(): string {
  return printedBy(() => cac('stint').version(version).outputVersion())
}

/** What cac prints; it knows only the console, which would start the whole machinery of streams. */
function printedBy(print: () => void): string {
  const { info } = console
  let text = ''
  console.info = (line: string) => {
    text += `${line}\n`
  }
  try {
    print()
  } finally {
    console.info = info
  }
  return text
}

function rawName(option: Option): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `
  if (option.value === undefined) return `${short}--${option.name}`
  if (option.optionalValue) return `${short}--${option.name}[=${option.value}]`
  return `${short}--${option.name} <${option.value}>`
}

function shapeAll(sections: readonly Section[], verbs: readonly ExplainedVerb[]): Section[] {
  const lines = bodyOf(sections, 'Commands').split('\n')
  const grouped = groups.map((group) => ({
    title: group,
    body: lines
      .filter((_, index) => verbs[index]?.group === group)
      .map((line) => led(line, /^ +\S+ +/))
      .join('\n'),
  }))
  return [
    { body: `stint ${version}: ${titleWords}` },
    { title: 'Usage', body: bodyOf(sections, 'Usage') },
    ...grouped,
    {
      title: 'Everywhere',
      body: [
        paragraph(
          "REF names a session: its id, 4 or more characters of the id's start or end, its name, or @last @self @parent @root.",
        ),
        paragraph(
          'Durations: 250ms 45s 30m 12h 7d 2w. Dates: ISO, in local time unless they name a zone, or a duration as "ago".',
        ),
        paragraph(
          'Exit status: 0 fine, 1 the answer is no or it failed, 2 usage, 3 no such session, 4 ambiguous, 5 busy, 6 damaged or newer data, 7 the environment failed, 9 liveness unknown, 130 interrupted.',
        ),
        paragraph(
          '`stint <verb> --help` and `stint help <verb>` tell more; `stint --version` the version.',
        ),
      ].join('\n'),
    },
    { title: 'Examples', body: bodyOf(sections, 'Examples') },
  ]
}

function shapeOne(sections: readonly Section[], verb: ExplainedVerb): Section[] {
  const options = bodyOf(sections, 'Options').split('\n').map(optionLine).join('\n')
  const room = Math.max(...verb.exits.map(([status]) => status.length))
  const exits = verb.exits.map(([status, meaning]) =>
    paragraph(meaning, `  ${status.padEnd(room)}  `),
  )
  return [
    { body: paragraph(`stint ${verb.name}: ${verb.summary}`, '') },
    { title: 'Usage', body: bodyOf(sections, 'Usage') },
    {
      body: verb.details
        .split('\n\n')
        .map((text) => paragraph(text, ''))
        .join('\n\n'),
    },
    { title: 'Options', body: options },
    { title: 'Exit status', body: exits.join('\n') },
    { title: 'Examples', body: bodyOf(sections, 'Examples') },
  ].filter((section) => section.body !== '')
}

function bodyOf(sections: readonly Section[], title: string): string {
  return sections.find((section) => section.title === title)?.body ?? ''
}

/** One option as cac lays it out, without the default that it makes up for `--no-…`. */
function optionLine(line: string): string {
  const plain = line
    .replace(/ \(default: true\)$/, '')
    .replace('Display this message', 'show this help')
    .trimEnd()
  return led(plain, /^ {2}(?:-\w, | {4})?-\S*(?: <[^>]+>)? +/)
}

/** A line that starts with something, and goes on beside that. */
function led(line: string, start: RegExp): string {
  const lead = start.exec(line)?.[0] ?? '  '
  return paragraph(line.slice(lead.length), lead)
}

/** Words in lines; the first starts with `lead`, the others are indented as far. */
function paragraph(text: string, lead = '  '): string {
  const indent = ' '.repeat(lead.length)
  const lines: string[] = []
  let line = lead
  let isEmpty = true
  for (const word of text.split(/\s+/)) {
    if (!isEmpty && line.length + 1 + word.length > lineWidth) {
      lines.push(line)
      line = indent
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line].join('\n')
}
