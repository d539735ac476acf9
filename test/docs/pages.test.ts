// The pages on worlds, time, users, faults, the journal, reports and the admin API: every file can be used, and every call is
// answered. documents.test.ts runs their programs.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { readAuth, readFaults, readScenario } from '../../src/cli/files/serve-files.js'
import { parseWaivers } from '../../src/contracts/check/check.js'
import { presets as presetNotes } from '../../src/generated/kit-preset-notes.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { serve } from '../../src/mocks/adapters/node.js'
import { readRecording } from '../../src/kernel/recording/recording.js'
import manifest from '../../package.json' with { type: 'json' }
import { openSite } from '../admin/site.js'
import { openMock } from '../faults/stages.js'
import { startProgram } from '../sdk/program.js'
import { temporaryFolder } from '../temporary-folder.js'
import { readPage, snippetsOf, root } from './blocks.js'
import { linksOf } from './links.js'

const pages = [
  'builders.md',
  'scenarios.md',
  'snapshots.md',
  'parallel-worlds.md',
  'time.md',
  'identity.md',
  'journal.md',
  'admin.md',
  'faults.md',
]
const folder = temporaryFolder()
const { write } = folder

describe.each(pages)('docs/%s', (name) => {
  const calls = snippetsOf(name, 'sh').flatMap(([, text]) => text.trim().split('\n'))

  it('has calls of the admin API that work', async () => {
    const site = await openSite({ scenario: 'demo' }, { worlds: { create: () => createRunnerMock() } })
    await fetch(`${site.url}/is-alive/ping`, { headers: { 'x-mock-world': 'test-1' } })
    for (const line of calls.filter((each) => each.includes('__admin') && !each.includes('/events'))) {
      const plain = line.replace(/'(http[^']*)'/, '$1')
      const [, method = 'GET', path = '', , body] = /(?:-X (\w+) )?\S*__admin(\S*)( -d '(.*)')?$/.exec(plain) ?? []
      const { status } = await site.call(method, path, body)
      expect([line, status < 300]).toEqual([line, true])
    }
  })
})

describe('docs/scenarios.md', () => {
  it.each(snippetsOf('scenarios.md', 'yaml'))('has a scenario %i that can be played', async (_, text) => {
    const { scenario } = await readScenario(write('team.yaml', text))
    const mock = createRunnerMock({ scenario, frozen: true })
    await mock.ready
    expect(mock.scenario).toBe('team')
    await mock.clock.advance({ minutes: 1 })
    const states = mock.snapshot().world.jobs.map(({ wire }) => wire.status)
    expect(states).toContain('cancelled')
    await mock.close()
  })

  it('shows the message that a flaw gets', async () => {
    const page = readPage('scenarios.md')
    const [[, yaml] = [0, '']] = snippetsOf('scenarios.md', 'yaml')
    const broken = yaml.replace('status: completed, inputs', 'status: done, inputs')
    const error: unknown = await readScenario(write('team.yaml', broken)).catch((caught: unknown) => caught)
    const message = error instanceof Error ? error.message.replace(`${folder.at()}/`, '') : ''
    expect(page).toContain(`opik-runner-kit: ${message}\n`)
  })
})

it('docs/snapshots.md has a command that serves', async () => {
  const [[, yaml] = [0, '']] = snippetsOf('scenarios.md', 'yaml')
  const scenario = write('team.yaml', yaml)
  const [line = ''] = snippetsOf('snapshots.md', 'sh').flatMap(
    ([, text]) => /^npx opik-runner-kit .*$/m.exec(text) ?? [],
  )
  const [, , ...args] = line
    .replace('team.yaml', scenario)
    .replace('team.state.json', folder.at('team.state.json'))
    .split(' ')
  const program = startProgram('dist/cli/main.js', [...args, '--port', '0'])
  await program.printed(/listening on/)
  expect(await program.stop()).toBe(0)
  expect(existsSync(folder.at('team.state.json'))).toBe(true)
})

describe('files on a page', () => {
  /** What reads them, by page; answers what must not be empty. */
  const readers: Readonly<Record<string, (text: string) => object | Promise<object>>> = {
    'identity.md': (text) => readAuth(write('keys.yaml', text)),
    'faults.md': async (text) => openMock({ faults: await readFaults(write('faults.yaml', text)) }).faults.list(),
    'report.md': (text) => parseWaivers(parse(text)),
  }
  const files = Object.entries(readers).flatMap(([page, read]) =>
    snippetsOf(page, 'yaml').map(([at, text]) => ({ page, at, text, read })),
  )

  it.each(files)('can be used: $page, $at', async ({ text, read }) => {
    expect(Object.keys(await read(text))).not.toEqual([])
  })

  it('are on each of these pages', () => expect(new Set(files.map(({ page }) => page)).size).toBe(3))
})

it('docs/faults.md tells of every preset', () => {
  const lines = readPage('faults.md').split('\n')
  for (const [name, { title, reproduces }] of Object.entries(presetNotes)) {
    const row = lines.find((line) => line.startsWith(`| \`${name}\``))
    expect(row).toContain(title)
    expect(row).toContain(reproduces)
  }
})

const text = readFileSync('examples/runners.http', 'utf8')

it('examples/runners.http works from its first request to its last', async () => {
  const mock = createRunnerMock({ scenario: 'demo' })
  const server = await serve(mock, { port: 0 })
  onTestFinished(() => server.close())
  const variables = new Map([...text.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
  variables.set('host', new URL(server.url).origin)
  const fill = (part: string): string =>
    part.replaceAll(/\{\{([\w.]+)\}\}/g, (_, name: string) => {
      expect(variables.keys(), name).toContain(name)
      return fill(variables.get(name) ?? '')
    })
  const answers: string[] = []
  for (const request of text.split(/^### .*$/m).slice(1)) {
    const [, name] = /^# @name (\w+)$/m.exec(request) ?? []
    const [head = '', body] = fill(request.replaceAll(/^#.*\n/gm, '').trim()).split('\n\n')
    const [line = '', ...headers] = head.split('\n')
    const [method = '', target = ''] = line.split(' ')
    const sent = headers.map((each): [string, string] => [each.split(': ')[0] ?? '', each.split(': ')[1] ?? ''])
    const answer = await fetch(target, { method, headers: sent, ...(body !== undefined && { body }) })
    expect([line, answer.ok]).toEqual([line, true])
    if (name !== undefined) variables.set(`${name}.response.headers.Location`, answer.headers.get('location') ?? '')
    answers.push(await answer.text())
  }
  const [runners = '', , , job = '', logs = '', har = ''] = answers
  expect(JSON.parse(runners)).toMatchObject({ content: [{ name: 'demo-laptop', status: 'connected' }] })
  expect(JSON.parse(job)).toMatchObject({ agent_name: 'slow-report', status: 'completed' })
  expect(JSON.parse(logs)).not.toEqual([])
  expect((await readRecording(har)).exchanges.length).toBeGreaterThan(3)
})

const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ page: subpath === '.' ? 'main' : subpath.slice(2), file: target.default }],
)

describe.each(entries)('docs/api/$page.md', ({ page, file }) => {
  const text = readFileSync(`${root}docs/api/${page}.md`, 'utf8')

  it('has every export that runs', async () => {
    // What belongs to pages and test runners cannot be loaded here; their sources say what they export.
    const source = readFileSync(root + file.replace('./dist/', 'src/').replace('.js', '.ts'), 'utf8')
    const declared = [...source.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map(([, name]) => name)
    const loaded = /msw|browser|vitest|jest/.test(page) ? [] : Object.keys((await import(root + file)) as object)
    const told = [...text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
    expect(told).toEqual(expect.arrayContaining([...declared, ...loaded]))
    expect(told).not.toEqual([])
  })

  it('says of each what it is, and how it is declared', () => {
    for (const section of text.split(/^### /m).slice(1)) {
      expect(section).toMatch(
        /^(\w+)\n\n(?!```)\S[^]*\n```typescript\n(async )?(function|const|class|interface|type) \1\b/,
      )
    }
  })

  it('is linked from the index', () => {
    expect(linksOf('docs/api/README.md').map(({ target }) => target)).toContain(`${page}.md`)
  })
})
