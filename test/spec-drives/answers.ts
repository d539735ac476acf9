// The tables decide every answer: with edits of YAML alone, the mock answers what a rule says now, in its words, `verify`
// demands it of any server, and the documents show it.
import { expect, it } from 'vitest'
import type { Document } from 'yaml'
import type { Report } from '../../src/contracts/check/report-model.js'
import { verify } from '../../src/contracts/run/verify.js'
import { machines } from '../../src/lifecycle/table.js'
import { operations } from '../../src/kernel/all-operations.js'
import type { EditedTree } from './edited-tree.js'

const WORDS = "Job {path.jobId} has ended as '{state}'."
const ENDED = ['completed', 'failed', 'cancelled']

/** Cancelling a job that has ended is a conflict. */
export function refuseLateCancellation(spec: Document): void {
  const { path, method } = operations.cancelJob
  spec.setIn(['paths', path, method.toLowerCase(), 'responses', '409'], { $ref: '#/components/responses/Conflict' })
  const place = machines.job.rules.findIndex(({ on, from }) => on === 'cancelJob' && from[0] === 'completed')
  const rule = ['x-lifecycle', 'machines', 'job', 'rules', place]
  spec.setIn([...rule, 'answer'], 409)
  spec.setIn([...rule, 'say'], WORDS)
}

/** What the tree does that was edited like that. */
export function testAnswers(tree: () => EditedTree): void {
  it('is what the mock answers, in the words of the rule, and nothing moves', () => {
    const answers = tree().run(`
      import { createRunnerMock } from 'opik-runner-kit'
      const mock = createRunnerMock()
      const answers = []
      for (const status of ${JSON.stringify([...ENDED, 'running'])}) {
        const { id } = await mock.given.job({ status })
        const url = '/v1/private/local-runners/jobs/' + id
        const cancelled = await mock.handle({ method: 'POST', url: url + '/cancel' })
        const read = JSON.parse((await mock.handle({ method: 'GET', url })).body)
        const { message } = cancelled.body === '' ? {} : JSON.parse(cancelled.body)
        answers.push([cancelled.status, message?.replace(id, 'ID'), read.status])
      }
      await mock.close()
      console.log(JSON.stringify(answers))`)
    expect(answers).toEqual([
      ...ENDED.map((status) => [409, `Job ID has ended as '${status}'.`, status]),
      [204, null, 'cancelled'],
    ])
  })

  it('is what verify demands of the edited mock, which fails by our rules', async () => {
    const { url } = await tree().serve()
    const ids = ENDED.map((status) => `lifecycle/job.${status}.cancelJob`)
    const chosen = ids.flatMap((id) => ['--check', id])
    const { results } = JSON.parse(tree().command('verify', url, ...chosen, '--reporter', 'json')) as Report
    expect(Object.fromEntries(results.map(({ id, verdict }) => [id, verdict.kind]))).toEqual(
      Object.fromEntries(ids.map((id) => [id, 'passed'])),
    )
    const ours = await verify({ url }, { only: ids })
    expect(ours.results.map(({ verdict }) => verdict.kind)).toEqual(['failed', 'failed', 'failed'])
  })

  it('is what the documents show', () => {
    const text = tree().read('docs/lifecycle.md')
    const row = text.split('\n').find((line) => line.startsWith('| `cancelJob` |'))
    expect(row).toMatch(/(\| 409 ){3}\|$/)
    expect(text).toContain(`| 409 | ${WORDS} | \`cancelJob\` |`)
  })
}
