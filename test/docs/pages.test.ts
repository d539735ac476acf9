// The pages on worlds, time, users, faults, the journal, reports and the admin API: every file can be used, and every call is
// answered. documents.test.ts runs their programs.
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readAuth, readFaults, readScenario } from '../../src/cli/files/serve-files.js'
import { parseWaivers } from '../../src/contracts/check/report-model.js'
import { presets as presetNotes } from '../../src/generated/kit-preset-notes.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openSite } from '../admin/site.js'
import { openMock } from '../faults/stages.js'
import { startProgram } from '../sdk/program.js'
import { readPage, snippetsOf } from './blocks.js'
import { temporaryFolder } from '../temporary-folder.js'

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
