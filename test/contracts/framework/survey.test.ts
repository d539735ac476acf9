import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { startMockTarget } from './mock-target.js'
import { sendJson, startStub } from './stub-server.js'
import { codeOf, passing, trial } from './trial-checks.js'

describe('verify, before any check', () => {
  it('says soon that nothing answers', async () => {
    const { url } = await startStub(() => undefined)
    const silent = verify({ url }, { checks: [passing], firstAnswerSeconds: 0.2 })
    await expect(silent).rejects.toMatchObject({ code: 'target/unreachable' })
  })

  it('says that the credentials are refused', async () => {
    const keys = await startStub((_, response) => sendJson(response, 401, { code: 401, message: 'no' }))
    expect(await codeOf({ url: keys.url })).toBe('target/refused')
    const gate = await startStub((_, response) => void response.writeHead(401, { 'www-authenticate': 'Basic' }).end())
    expect(await codeOf({ url: gate.url })).toBe('target/refused')
  })

  it('works in a given project, one check at a time, where none can be created', async () => {
    const target = await startMockTarget()
    const project = await target.mock.given.project({ name: 'Shared' })
    target.mock.faults.inject({ operation: 'createProject', status: 403 })
    let running = 0
    let most = 0
    const slots = ['a', 'b', 'c'].map((name) =>
      trial(`trial/slot-${name}`, async (context) => {
        most = Math.max(most, ++running)
        const runner = await context.pair()
        if (runner.project.id !== project.id) throw new Error('another project')
        running--
      }),
    )
    const two = trial('trial/two', async (context) => {
      await context.newProject()
    })
    const without = await verify(target, { checks: slots })
    expect(without).toMatchObject({ exitCode: 1, target: { projects: 'none' }, totals: { failed: 1, notRun: 2 } })
    expect(without.missing).toMatchObject([{ operation: 'createProject', checks: 3, exchange: { status: 403 } }])
    running = 0
    most = 0
    const report = await verify({ ...target, project: 'Shared' }, { checks: [...slots, two] })
    expect(report.totals).toMatchObject({ passed: 3, notRun: 1 })
    expect(most).toBe(1)
    // A runner that has lapsed stands in the list of its user nonetheless.
    await target.mock.given.connectedRunner({ type: 'connect', projectId: project.id })
    await target.mock.clock.advance({ seconds: 20 })
    const model = await verify(
      { ...target, project: project.id },
      { only: ['model/runners', 'model/callers'], runs: 4 },
    )
    expect(model.results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'not-run'])
  })

  it('does not evict runners of a given project', async () => {
    const target = await startMockTarget()
    const { id } = await target.mock.given.project({ name: 'Busy' })
    await target.mock.given.connectedRunner({ type: 'endpoint', projectId: id })
    target.mock.faults.inject({ operation: 'createProject', status: 403 })
    await expect(verify({ ...target, project: 'Busy' }, { checks: [passing] })).rejects.toMatchObject({
      code: 'target/projects',
    })
  })
})
