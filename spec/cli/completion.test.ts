import { describe, expect, it, test } from 'vitest'
import { findWanted } from '../../cli/completion/wanted.ts'
import { verbs } from '../../cli/verbs.ts'
import { deleteSession, type Store } from '../../lib/index.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import { callInside } from '../support/inside.ts'
import { makeStore } from '../support/place.ts'

describe('findWanted', () => {
  const cases: readonly (readonly [line: string, wanted: object])[] = [
    ['', { kinds: ['VERB'], start: '' }],
    ['li', { kinds: ['VERB'], start: 'li' }],
    ['help li', { kinds: ['VERB'] }],
    ['help list x', { kinds: [] }],
    ['nonsense x', { kinds: [], options: [] }],
    ['constructor x', { kinds: [], options: [] }],
    ['show ', { kinds: ['REF'], options: [], before: [] }],
    ['show a ', { kinds: [] }],
    ['rename a ', { kinds: ['NAME'] }],
    ['du a b ', { kinds: ['REF'], before: ['a', 'b'] }],
    ['trash ', { kinds: ['list', 'restore', 'empty'] }],
    ['trash list ', { kinds: [] }],
    ['trash restore ', { kinds: ['REF'], verb: 'trash' }],
    ['trash empty a ', { kinds: ['REF'] }],
    ['project move ', { kinds: ['OLD'] }],
    ['project move a ', { kinds: ['NEW'] }],
    ['config ', { kinds: ['KEY'] }],
    ['doctor ', { kinds: ['REF', 'CHECK'] }],
    ['import ', { kinds: ['codex', 'gemini-cli', 'claude-code', 'FILE'] }],
    ['redact ', { kinds: ['REF', 'FILE', 'DIR'] }],
    ['run ', { kinds: [] }],
    ['resume ', { kinds: ['REF'] }],
    ['resume a ', { kinds: [] }],
    ['clean ', { kinds: [] }],
    ['completion ', { kinds: ['bash', 'zsh', 'fish', 'words'] }],
    ['run --tool ', { kinds: ['TOOL'], lead: '' }],
    ['run --tool=c', { kinds: ['TOOL'], lead: '--tool=', start: 'c' }],
    ['run -d ', { kinds: ['TEXT'] }],
    ['run -d x --fork ', { kinds: ['REF'] }],
    ['run -id ', { kinds: ['TEXT'] }],
    ['run --wait ', { kinds: [] }],
    ['run --wait=1', { kinds: ['DUR'], lead: '--wait=', start: '1' }],
    ['list --status running,cr', { lead: 'running,', start: 'cr' }],
    ['list --status=running,', { lead: '--status=running,', start: '' }],
    ['list --nonsense=x', { kinds: [], options: [] }],
    ['show --store ', { kinds: ['DIR'] }],
    ['show --store a --all-projects x', { place: ['--store=a', '--all-projects'] }],
    ['show --store=a --color always x', { place: ['--store=a'], kinds: ['REF'], start: 'x' }],
    ['show -- -x', { kinds: ['REF'], options: [], start: '-x' }],
    ['run --name x -- ', { command: 5 }],
    ['run -- git -- x', { command: 3 }],
    ['resume a -- git ch', { command: 4 }],
  ]
  test.each(cases)('%j', (line, wanted) => {
    expect(findWanted(line.split(' '), verbs)).toMatchObject(wanted)
  })

  it('has the options that were not given, where an option is begun or no word is known', () => {
    const names = (line: string) => {
      const wanted = findWanted(line.split(' '), verbs)
      return 'command' in wanted ? [] : wanted.options.map(({ name }) => name)
    }
    const everywhere = ['project', 'store', 'all-projects', 'json', 'quiet', 'color', 'help']
    expect(names('pin -')).toEqual(everywhere)
    expect(names('pin --json -q x --')).not.toContain('json')
    expect(names('pin --json -q x --')).not.toContain('quiet')
    expect(names('list --tool a --tree --')).toContain('tool')
    expect(names('list ')).toContain('tree')
    expect(names('show ')).toEqual([])
    expect(names('show x')).toEqual([])
  })
})

describe('completion words', () => {
  async function complete(store: Store, words: readonly string[], more: readonly string[] = []) {
    const answer = await callInside(store, ['completion', 'words', ...more, '--', ...words])
    expect(answer).toMatchObject({ status: 0, stderr: '' })
    return answer.stdout.split('\n').slice(0, -1)
  }
  const first = '01JH4QWERT0000000000000001'
  const second = '01JH4QWERT0000000000000002'
  const third = '01JH5QWERT0000000000000003'
  const fourth = '01JH5QWERT0000000000000004'

  function withSessions() {
    const store = makeStore()
    const told = [started(1, 1, 'codex'), ended(1, 2)]
    const description = 'refactor\tthe\u001b[31m login'
    writeSession(store, { id: first, name: 'Auth', description, told })
    writeSession(store, { id: second, name: 'docs' })
    writeSession(store, { id: third, name: 'docs' })
    writeSession(store, { id: fourth })
    return store
  }

  it('are sessions by their names, or by their ids where two have one name or an id is typed', async () => {
    const store = withSessions()
    const words = async (line: string) =>
      (await complete(store, line.split(' '))).slice(1).map((it) => it.split('\t')[0])
    expect(await words('show ')).toEqual([fourth, third, second, 'Auth'])
    expect(await words('show au')).toEqual(['Auth'])
    expect(await words('show do')).toEqual(['docs', 'docs'])
    expect(await words('show 01jh4')).toEqual([second, first])
    expect(await words('delete Auth ')).toEqual([fourth, third, second])
    expect(await words('show x')).toEqual([])
    expect(await words('show O')).toEqual([])
    expect(await words('show @')).toEqual(['@last', '@self', '@parent', '@root'])
    expect(await words('trash restore ')).toEqual([])
    await deleteSession(store, first as never, 'test')
    expect(await words('trash restore ')).toEqual(['Auth'])
    expect(await words('show au')).toEqual([])
    expect(await words(`show --store ${store.dir} do`)).toEqual(['docs', 'docs'])
    expect(await words('show --project /nowhere do')).toEqual([])
    expect(await words('show --all-projects --project /nowhere do')).toEqual(['docs', 'docs'])
    expect(await words('show --store ~/nowhere do')).toEqual([])
  })

  it('say what a session is about in one safe line', async () => {
    const [way, word] = await complete(withSessions(), ['show', 'au'])
    expect(way).toBe('words')
    expect(word).toMatch(/^Auth\tsuccess, codex, refactor the\\x1b\[31m login$/)
  })

  it('are values, tools, checks and settings', async () => {
    const store = withSessions()
    const words = async (line: string) => (await complete(store, line.split(' '))).slice(1)
    expect(await words('list --status=idle,cr')).toEqual(['--status=idle,crashed\t'])
    expect(await words('run --tool co')).toEqual(['codex\t'])
    expect((await words('config kill')).join()).toMatch(/^kill_grace\t\w/)
    expect((await words('doctor transcript.gap')).join()).toMatch(/^transcript\.gap\t\w/)
    expect((await words('pin --pro')).join()).toMatch(/^--project\t\w/)
  })

  it('leave files, directories and commands to the shell', async () => {
    const store = withSessions()
    expect(await complete(store, ['export', 'Auth', '--to', ''])).toEqual(['files'])
    expect(await complete(store, ['run', '--cwd', ''])).toEqual(['dirs'])
    expect(await complete(store, ['project', 'move', ''])).toEqual(['dirs'])
    expect(await complete(store, ['run', '--', 'git', ''])).toEqual(['command 3'])
  })

  it('are one JSON document with --json', async () => {
    const [text = ''] = await complete(withSessions(), ['list', '--tr'], ['--json'])
    expect(JSON.parse(text)).toEqual({
      way: 'words',
      words: [{ word: '--tree', meaning: verbs.list?.options[0]?.help }],
    })
  })
})
