import assert from 'node:assert/strict'
import { AgentPage } from './clients/agent-page.js'
import { createApi } from './clients/api.js'
import { JobPage } from './clients/job-page.js'
import { LogView } from './clients/log-view.js'
import { PairingPage } from './clients/pairing-page.js'
import { RunButton } from './clients/run-button.js'
import { RunnerClient } from './clients/runner-client.js'

/** Tests by the bugs that they find. Each passes in the natural order, mended or not. */
export const stories = {
  'a stale pairing code is shown after a new one':
    (mended) =>
    async ({ mock, run, settled }) => {
      const project = await mock.given.project({ name: 'demo' })
      const page = new PairingPage(createApi(mock.fetch), { projectId: project.id, mended })
      await run('the user asks for a code', () => void page.newCode())
      await run('the user asks for another', () => void page.newCode())
      await settled()
      assert.equal(page.code, mock.snapshot().world.sessions.at(-1).id)
    },

  'a spinner never ends when no agent is there':
    (mended) =>
    async ({ mock, run, settled, sleep }) => {
      const project = await mock.given.project({ name: 'demo' })
      const page = new AgentPage(createApi(mock.fetch), { projectId: project.id, mended })
      await run('the user opens the page', () => void page.open())
      await sleep({ seconds: 15 })
      await settled()
      return page.view
    },

  'log lines are doubled by overlapping polls':
    (mended) =>
    async ({ mock, run, settled, sleep }) => {
      const runner = await mock.given.connectedRunner()
      const job = await mock.given.job({ runner, status: 'running', logs: [{ stream: 'stdout', text: 'one' }] })
      const view = new LogView(createApi(mock.fetch), { jobId: job.id, mended })
      await run('the user opens the log', () => view.open())
      await sleep({ seconds: 3.5 })
      view.close()
      await settled()
      assert.deepEqual(view.lines, ['one'])
    },

  'a double click creates two jobs':
    (mended) =>
    async ({ mock, run, settled }) => {
      const runner = await mock.given.connectedRunner({ agents: ['echo'] })
      const button = new RunButton(createApi(mock.fetch), { projectId: runner.projectId, mended })
      await run('the user clicks', () => void button.click())
      await run('the user clicks again', () => void button.click())
      await settled()
      assert.equal(mock.journal.entries({ operation: 'createJob' }).length, 1)
    },

  'a late "running" overwrites "cancelled"':
    (mended) =>
    async ({ mock, run, settled, sleep }) => {
      const runner = await mock.given.connectedRunner()
      const job = await mock.given.job({ runner, status: 'running' })
      const page = new JobPage(createApi(mock.fetch), { jobId: job.id, mended })
      await run('the user opens the job', () => page.open())
      await sleep({ seconds: 2 })
      await run('the user cancels it', () => void page.cancel())
      await settled()
      assert.equal(page.status, 'cancelled')
    },

  'the answer to a heartbeat resurrects a disconnected runner':
    (mended) =>
    async ({ mock, run, settled, sleep }) => {
      const runner = await mock.given.connectedRunner()
      const client = new RunnerClient(createApi(mock.fetch), { runnerId: runner.id, mended })
      await run('the runner starts', () => client.start())
      await sleep({ seconds: 12 })
      await run('the runner leaves', () => void client.disconnect())
      await settled()
      assert.equal(client.state, 'disconnected')
    },
}
