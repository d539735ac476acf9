// The checks as tests of a project, with each vitest that the package supports, against a server of that project.
import { readFileSync } from 'node:fs'
import { expect, inject, it, onTestFinished } from 'vitest'
import { Project } from '../package/project.js'
import { withNode, type NodeLine } from './nodes.js'

const packed = inject('packed')

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
