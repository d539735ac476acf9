// docs/test-runners.md as a reader follows it: an empty folder, the archive beside the newest of each test runner, and
// the files of a section, pasted. Where a runner has its own `expect`, the first test of the README is among them.
import { readFileSync } from 'node:fs'
import { expect, inject, it, onTestFinished } from 'vitest'
import { freePort } from '../../scripts/programs.mjs'
import { root, snippetsIn } from '../docs/blocks.js'
import { Project } from '../package/project.js'
import { withNode, type NodeLine } from './nodes.js'

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
