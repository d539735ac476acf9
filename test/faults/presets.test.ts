// Each preset on a living world: it strikes, nothing breaks for good, and all is well once it is cleared.
import { expect, it } from 'vitest'
import { presetNames } from '../../src/mocks/engine/faults/faults.js'
import { stageOver, type World } from '../mocks/harness.js'

/** A client that takes what comes, as a stubborn frontend does; gives what it was answered. */
async function createJobs({ mock, send }: World, projectId: string, count: number): Promise<(number | 'broken')[]> {
  const answers: (number | 'broken')[] = []
  for (let number = 0; number < count; number++) {
    const body = { agent_name: 'echo', project_id: projectId, inputs: { number } }
    void send('POST', '/v1/private/local-runners/jobs', { body }).then(
      ({ status }) => answers.push(status),
      () => answers.push('broken'),
    )
    await mock.clock.advance({ seconds: 1 })
  }
  return answers
}

it.each(presetNames)('%s strikes a living world, and leaves it well', async (name) => {
  const stage = await stageOver('fetch').open({ scenario: 'demo' })
  const { mock, send } = stage
  await mock.ready
  const projectId = mock.snapshot().world.runners[0]?.projectId ?? ''
  const strikes: string[] = []
  mock.on('fault', ({ effect }) => strikes.push(effect))
  mock.faults.preset(name)
  const answers = await createJobs(stage, projectId, 90)
  // The one runner of this world can be evicted once, and waits for ever when its poll is not answered.
  expect(strikes.length).toBeGreaterThan(['eviction-storm', 'waf'].includes(name) ? 0 : 3)
  expect(answers.length).toBeGreaterThan(60)
  expect(answers.filter((answer) => ![201, 404, 409, 429, 501, 502, 503, 'broken'].includes(answer))).toEqual([])
  mock.faults.clear()
  expect((await send('GET', '/is-alive/ping')).status).toBe(200)
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  expect((await mock.given.job({ runner, status: 'completed' })).status).toBe('completed')
  expect(mock.faults.list()).toEqual([])
})
