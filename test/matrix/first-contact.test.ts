// What a user has installed: docs/test-runners.md as a reader follows it, an empty folder, the archive beside the newest of
// each test runner, and the files of a section, pasted; the checks with each vitest, and the cases over MSW with each MSW.
import { readFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it, onTestFinished } from 'vitest'
import { freePort } from '../../scripts/programs.mjs'
import { root, snippetsIn } from '../docs/blocks.js'
import { Project } from '../package/project.js'
import { withNode, type NodeLine, nodeOf } from './nodes.js'

const PAGE = 'docs/test-runners.md'
const packed = inject('packed')
const [first] = snippetsIn('README.md')

/** What stands between a heading and the next one. */
function sectionOf(heading: string): { commands: string[]; files: { name: string; code: string }[] } {
  const lines = readFileSync(root + PAGE, 'utf8').split('\n')
  const begin = lines.indexOf(`## ${heading}`) + 1
  const end = lines.findIndex((line, at) => at >= begin && line.startsWith('## '))
  const snippets = snippetsIn(PAGE).filter(({ line }) => line > begin && line <= end)
  return {
    commands: snippets.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.trim().split('\n')),
    files: snippets.flatMap(({ code }) => {
      const [, name] = /^\/\/ (\S+)\n/.exec(code) ?? []
      return name === undefined ? [] : [{ name, code }]
    }),
  }
}

/** The entry that asks where it is, which CommonJS cannot say. */
const SERVED = `test('a mock is served', async () => {
  const mock = require('opik-runner-kit').createRunnerMock()
  const server = await require('opik-runner-kit/node').serve(mock, { port: 0 })
  expect((await fetch(server.url + '/v1/private/projects')).status).toBe(200)
  await server.close()
}, 120_000)`

/** How the README's first test gets in: as it stands, without its import of vitest, or not at all. */
type OfReadme = 'whole' | 'without vitest' | 'none'

it.each<[string, NodeLine, OfReadme]>([
  ['vitest', '24', 'whole'],
  ['Jest with ES modules', '20.19', 'without vitest'],
  ['Jest with CommonJS', '24', 'none'],
  ['Jest with jsdom', '20.19', 'none'],
  ['node:test', '20.19', 'none'],
  ['node:test', '24', 'none'],
  ['Playwright', '24', 'none'],
])('%s on Node %s', async (heading, line, ofReadme) => {
  const { commands, files } = sectionOf(heading)
  const [install = '', run = '', ...more] = commands
  expect([install.split(' ').slice(0, 4).join(' '), more]).toEqual(['npm install --save-dev opik-runner-kit', []])
  const project = new Project([packed.file, ...install.split(' ').slice(4)])
  onTestFinished(() => project.remove())
  const port = String(await freePort())
  for (const { name, code } of files) {
    project.write(
      name,
      code.replaceAll('127.0.0.1:5173', `127.0.0.1:${port}`).replace('kit serve', `$& --port ${port}`),
    )
  }
  if (heading === 'Jest with CommonJS') project.write('served.test.cjs', SERVED)
  const test = first?.code ?? ''
  if (ofReadme === 'whole') project.write('readme.test.ts', test)
  if (ofReadme === 'without vitest') project.write('readme.test.js', test.replace(/^import .* from 'vitest'\n/m, ''))
  const { status, stdout, stderr } = project.run('sh', ['-c', run], { ...withNode(line), CI: '1' })
  expect(status, stdout + stderr).toBe(0)
  // Each runner counts, in its own words; one that finds no test would pass as well.
  expect(stdout + stderr).toMatch(/\b[1-9]\d* passed|pass [1-9]/)
})

type Results = Record<'numPassedTests' | 'numFailedTests', number>

const CONTRACT = `
import { createRunnerMock } from 'opik-runner-kit'
import { serve } from 'opik-runner-kit/node'
import { describeContract } from 'opik-runner-kit/vitest'
import { afterAll, beforeAll } from 'vitest'

let server
beforeAll(async () => { server = await serve(createRunnerMock(), { port: 0 }) })
afterAll(() => server.close())
describeContract(() => ({ url: server.url }), { areas: ['projects', 'system'] })
`

it.each<[string, NodeLine]>([
  ['3', '20.19'],
  ['4', '24'],
  ['5', '24'],
])('vitest %s runs checks on Node %s', (version, line) => {
  const project = new Project([packed.file, `vitest@${version}`])
  onTestFinished(() => project.remove())
  project.write('contract.test.js', CONTRACT)
  // vitest 5 writes its report to a file, whether it is told which one or not.
  const report = ['--reporter=json', '--outputFile.json=results.json']
  const { status, stdout, stderr } = project.run('npx', ['vitest', 'run', ...report], withNode(line))
  expect(status, stdout + stderr).toBe(0)
  const results = JSON.parse(readFileSync(project.at('results.json'), 'utf8')) as Results
  const { numPassedTests, numFailedTests } = results
  expect(numFailedTests).toBe(0)
  expect(numPassedTests).toBeGreaterThan(5)
})

it.each<[string, NodeLine]>([
  ['2.11.0', '20.19'],
  ['2', '22'],
  ['3', '24'],
])('MSW %s passes all cases on Node %s', (version, line) => {
  const project = new Project([packed.file, `msw@${version}`])
  onTestFinished(() => project.remove())
  expect(versionIn(project).startsWith(version)).toBe(true)
  const results = join(root, '.cache/test-results', `matrix-msw-${version}.json`)
  rmSync(results, { force: true })
  const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'test/matrix/cases.config.ts']
  const run = project.run(nodeOf(line), [...args, ...report], { KIT_PROJECT: project.folder }, root)
  expect(run.status, run.stdout + run.stderr).toBe(0)
  const { numPassedTests } = JSON.parse(readFileSync(results, 'utf8')) as { numPassedTests: number }
  expect(numPassedTests).toBeGreaterThan(15)
})

function versionIn(project: Project): string {
  const file = project.at('node_modules/msw/package.json')
  if (!existsSync(file)) return 'none'
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
