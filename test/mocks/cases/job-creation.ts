// Cases of createJob: what a job holds at birth, and the order in which a request is judged.
import { describe, expect, it } from 'vitest'
import { createJob, pair, readJob, takeJob } from '../given.js'
import { NOBODY, START, type Stage } from '../harness.js'

export function jobCreationCases({ open }: Stage): void {
  describe('createJob', () => {
    it('makes a pending job that carries everything that was asked for', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const given = {
        inputs: { text: 'hi', n: [1, null] },
        mask_id: NOBODY,
        prompt_masks: { [NOBODY]: runner.id },
        blueprint_name: '  blue print ',
        metadata: { dataset_id: NOBODY, dataset_item_id: runner.id },
      }
      const jobId = await createJob(api, runner, given)
      const wanted = {
        ...given,
        id: jobId,
        runner_id: runner.id,
        project_id: runner.projectId,
        agent_name: 'echo',
        status: 'pending',
        blueprint_name: 'blue print',
        timeout: 1800,
        created_at: START,
      }
      expect(await readJob(api, jobId)).toEqual(wanted)
      expect(await takeJob(api, runner)).toEqual({ ...wanted, status: 'running', started_at: START })
    })

    it.each([[0], [''], [false], [null], [[]], [{}], ['text'], [{ a: { b: null } }]])(
      'keeps the inputs %j as they are',
      async (inputs) => {
        const { api } = await open()
        const runner = await pair(api)
        expect((await readJob(api, await createJob(api, runner, { inputs }))).inputs).toEqual(inputs)
      },
    )

    it('leaves out masks without an entry', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const job = await readJob(api, await createJob(api, runner, { prompt_masks: {} }))
      expect(job).not.toHaveProperty('prompt_masks')
    })

    it.each([
      [7, 7],
      [0, 60],
      [-1, 60],
      [undefined, 60],
    ])('gives a job of an agent with timeout %s the timeout %i', async (timeout, wanted) => {
      const { api } = await open({ settings: { job_timeout_seconds: 60 } })
      const runner = await pair(api)
      await api.expect(204, 'registerAgents', { path: { runnerId: runner.id }, json: { echo: { timeout } } })
      expect((await readJob(api, await createJob(api, runner))).timeout).toBe(wanted)
    })

    it.each([
      [{ agent_name: '' }, 422],
      [{ agent_name: ' ' }, 422],
      [{ agent_name: undefined }, 422],
      [{ agent_name: 1 }, 400],
      [{ project_id: undefined }, 422],
      [{ project_id: 'x' }, 400],
      [{ project_id: 1 }, 400],
      [{ mask_id: 'x' }, 400],
      [{ blueprint_name: '' }, 422],
      [{ blueprint_name: ' \n' }, 422],
      [{ blueprint_name: [] }, 400],
      [{ prompt_masks: [] }, 400],
      [{ prompt_masks: { [NOBODY]: 'x' } }, 400],
      [{ prompt_masks: { x: NOBODY } }, 400],
      [{ metadata: { dataset_id: 'x' } }, 400],
      [{ metadata: 'x' }, 400],
      [{ metadata: {} }, 201],
    ])('answers %j with %i', async (change, status) => {
      const { api } = await open()
      const { projectId: project_id } = await pair(api)
      expect(await api.status('createJob', { json: { agent_name: 'echo', project_id, ...change } })).toBe(status)
    })

    it('judges body, runner, heartbeat, agent and queue in this order', async () => {
      const { api, clock } = await open({ settings: { max_pending_jobs_per_runner: 0 } })
      const judge = (project_id: string, agent_name: string): Promise<number> =>
        api.status('createJob', { body: { agent_name, project_id } })
      expect(await judge(NOBODY, ' ')).toBe(422)
      expect(await judge(NOBODY, 'unknown')).toBe(404)
      const { projectId, id } = await pair(api)
      await clock.advance({ seconds: 15 })
      expect(await judge(projectId, 'unknown')).toBe(409)
      await api.expect(200, 'heartbeat', { path: { runnerId: id } })
      expect(await judge(projectId, 'unknown')).toBe(400)
      expect(await judge(projectId, 'echo')).toBe(429)
    })

    it('takes max_pending_jobs_per_runner pending jobs, not counting the ones that were taken', async () => {
      const { api } = await open({ settings: { max_pending_jobs_per_runner: 2 } })
      const runner = await pair(api)
      const body = { agent_name: 'echo', project_id: runner.projectId }
      const first = await createJob(api, runner)
      await createJob(api, runner)
      expect(await api.status('createJob', { body })).toBe(429)
      await takeJob(api, runner)
      expect(await api.status('createJob', { body })).toBe(201)
      expect(await api.status('createJob', { body })).toBe(429)
      const { body: jobs } = await api.expect(200, 'listJobs', { path: { runnerId: runner.id } })
      expect(jobs.total).toBe(3)
      expect(jobs.content.at(-1)?.id).toBe(first)
    })

    it('uses endpoint runners only', async () => {
      const { api } = await open()
      const { projectId } = await pair(api, { type: 'connect', agents: ['echo'] })
      expect(await api.status('createJob', { body: { agent_name: 'echo', project_id: projectId } })).toBe(404)
    })

    it('refuses while the runner is silent, and takes up again when it is back', async () => {
      const { api, clock } = await open()
      const runner = await pair(api)
      const body = { agent_name: 'echo', project_id: runner.projectId }
      await clock.advance({ hours: 2 })
      expect(await api.status('createJob', { body })).toBe(409)
      await api.expect(200, 'heartbeat', { path: { runnerId: runner.id } })
      expect(await api.status('createJob', { body })).toBe(201)
    })
  })
}
