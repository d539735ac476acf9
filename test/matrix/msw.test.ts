// The cases over MSW, with each version of MSW that the package supports and a Node that it runs on.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it, onTestFinished } from 'vitest'
import { root } from '../package/pack.js'
import { Project } from '../package/project.js'
import { nodeOf, type NodeLine } from './nodes.js'

const packed = inject('packed')

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
  expect(numPassedTests).toBeGreaterThan(30)
})

function versionIn(project: Project): string {
  const file = project.at('node_modules/msw/package.json')
  if (!existsSync(file)) return 'none'
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
