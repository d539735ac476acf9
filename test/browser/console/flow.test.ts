// What the console is for, in one sitting: pair, run a job, let time pass, break something, start over.
import { describe, expect, it } from 'vitest'
import { openConsole } from './open-console.js'

describe('the console', () => {
  it('pairs, runs a job, moves time, injects a fault and resets', async () => {
    const { mock, page } = await openConsole({ mock: { scenario: 'demo' } })
    const runners = page.getByRole('listbox', { name: 'Runners' })

    await page.getByRole('button', { name: 'Pair' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('my-laptop')
    await dialog.getByLabel('Type').selectOption('connect')
    await dialog.getByLabel('Send its heartbeats from this page').uncheck()
    expect(await dialog.getByRole('region', { name: 'curl command' }).textContent()).toContain('/pairing/sessions')
    await dialog.getByRole('button', { name: 'Pair', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: 'my-laptop' }).waitFor()
    expect(await runners.getByRole('option').count()).toBe(2)

    await runners.getByRole('option', { name: /demo-laptop/ }).click()
    await page.getByRole('button', { name: 'New job' }).click()
    await dialog.getByLabel('Agent').selectOption('echo')
    await dialog.getByRole('button', { name: 'Create job' }).click()
    // The form insists on what the agent needs.
    await dialog.locator('input:invalid:focus').waitFor()
    await dialog.getByLabel('message').fill('good evening')
    await dialog.getByRole('button', { name: 'Create job' }).click()
    const job = page.getByRole('region', { name: 'Job', exact: true })
    await job.getByText('completed').first().waitFor()
    expect(await job.getByRole('region', { name: 'result' }).textContent()).toContain('good evening')
    await job.getByRole('img', { name: /createJob to pending.*nextJob to running.*completed/ }).waitFor()
    const steps = job.getByRole('list', { name: 'Steps' }).getByRole('listitem')
    expect(await steps.locator('.on').allTextContents()).toEqual(['createJob', 'nextJob', 'reportJobResult'])
    await job.getByRole('tab', { name: 'Logs' }).click()
    await job.getByText('echoing the inputs').waitFor()
    await job.getByRole('tab', { name: 'Exchanges' }).click()
    await job.getByRole('link', { name: /createJob/ }).waitFor()

    await page.getByRole('button', { name: 'Advance 15 s' }).click()
    await runners.getByRole('option', { name: /my-laptop.*disconnected/ }).waitFor()
    await page.getByRole('button', { name: 'Copy curl command' }).last().waitFor()

    await page.getByRole('link', { name: 'Controls' }).click()
    await page.getByRole('button', { name: 'New fault' }).click()
    await dialog.getByLabel('Operation').selectOption('getRunner')
    await dialog.getByLabel('Times').fill('1')
    await dialog.getByRole('button', { name: 'Inject' }).click()
    await page.getByRole('link', { name: '1 fault' }).waitFor()
    const [demo] = mock.inspect((world) => [...world.runners.values()])
    await mock.handle({ method: 'GET', url: `/v1/private/local-runners/${demo?.id}` })
    await page.getByRole('link', { name: 'Requests' }).click()
    await page.getByRole('option', { name: /503.*fault.*getRunner/ }).click()
    await page.getByRole('region', { name: 'Exchange' }).getByText('fault-1').first().waitFor()

    await page.getByRole('link', { name: 'Controls' }).click()
    await page.getByRole('button', { name: 'Reset' }).click()
    await page.getByRole('link', { name: 'World' }).click()
    await runners.getByRole('option', { name: /my-laptop/ }).waitFor({ state: 'detached' })
    // The scenario is played anew.
    await runners.getByRole('option', { name: /demo-laptop/ }).waitFor()
    expect(await runners.getByRole('option').count()).toBe(1)

    await page.getByRole('link', { name: 'Controls' }).click()
    await page.getByLabel('Scenario').selectOption('empty')
    await page.getByRole('button', { name: 'Switch' }).click()
    await page.getByRole('button', { name: 'Reset' }).waitFor()
    await page.getByRole('link', { name: 'World' }).click()
    await page.getByText('No runner is paired.').waitFor()
  })

  it('plays the runner: takes a job, cancels one, reports the other, disconnects', async () => {
    const { page, mock } = await openConsole()
    await page.getByRole('button', { name: 'Pair' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Pair', exact: true }).click()
    const detail = page.getByRole('region', { name: 'Job', exact: true })
    for (const end of ['cancelled', 'completed']) {
      await page.getByRole('button', { name: 'New job' }).click()
      // Its agents may be presented after the dialog has opened.
      await expect.poll(() => dialog.getByLabel('Agent').inputValue()).not.toBe('')
      await dialog.getByRole('button', { name: 'Create job' }).click()
      await detail.getByText('pending').first().waitFor()
      await page.getByRole('button', { name: 'As the runner' }).click()
      await page.getByRole('menuitem', { name: 'Take the next job' }).click()
      await detail.getByText('running').first().waitFor()
      if (end === 'cancelled') {
        await detail.getByRole('button', { name: 'Cancel job' }).click()
      } else {
        await detail.getByRole('button', { name: 'Report result' }).click()
        await dialog.getByLabel('Result').fill('{"answer": "by hand"}')
        await dialog.getByRole('button', { name: 'Report', exact: true }).click()
        await detail.getByText('by hand').waitFor()
      }
      await detail.getByText(end).first().waitFor()
    }
    await page.getByRole('button', { name: 'As the runner' }).click()
    await page.getByRole('menuitem', { name: 'Disconnect' }).click()
    await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click()
    await page.getByRole('heading', { name: 'Runner is gone' }).waitFor()
    expect(mock.inspect((world) => world.runners.count)).toBe(0)
  })

  it('sends a command, takes it and answers by hand', async () => {
    const { page } = await openConsole()
    await page.getByRole('button', { name: 'Pair' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Type').selectOption('connect')
    await dialog.getByRole('button', { name: 'Pair', exact: true }).click()
    await page.getByRole('button', { name: 'New command' }).click()
    await dialog.getByLabel('Type').selectOption('ListFiles')
    await dialog.getByRole('button', { name: 'Send command' }).click()
    const detail = page.getByRole('region', { name: 'Command', exact: true })
    await detail.getByText('pending').first().waitFor()
    await page.getByRole('button', { name: 'As the runner' }).click()
    await page.getByRole('menuitem', { name: 'Take the next commands' }).click()
    await detail.getByText('picked up').first().waitFor()
    await detail.getByRole('button', { name: 'Report result' }).click()
    await dialog.getByLabel('Status').selectOption('failed')
    await dialog.getByRole('button', { name: 'Report', exact: true }).click()
    await detail.getByText('file_not_found').waitFor()
  })

  it('steers what belongs to somebody else, in their name', async () => {
    const as = { workspace: 'team', apiKey: 'key-ada' }
    const auth = { 'key-ada': { user: 'ada', workspaces: ['team'] } }
    const { page } = await openConsole({
      mock: { auth },
      prepare: async (mock) => {
        const runner = await mock.given.connectedRunner({ name: 'adas', agents: ['echo'], as })
        await mock.given.job({ runner, status: 'running' })
      },
    })
    await page.getByRole('option', { name: /echo/ }).click()
    await page.getByRole('button', { name: 'Cancel job' }).click()
    await page.getByRole('region', { name: 'Job', exact: true }).getByText('cancelled').first().waitFor()
  })

  it('takes snapshots, changes settings and returns', async () => {
    const { page, mock, visitor } = await openConsole({
      hash: '#/controls',
      prepare: async (made) => void (await made.given.connectedRunner({ name: 'kept' })),
    })
    await page.getByRole('button', { name: 'Take a snapshot' }).click()
    await page.getByText('snapshot 1', { exact: true }).waitFor()
    visitor.expectProblem(/422.*settings/)
    await page.getByLabel('heartbeat ttl').fill('-5')
    await page.getByRole('button', { name: 'Save the change' }).click()
    await page.getByRole('alert').waitFor()
    expect(mock.settings.heartbeat_ttl_seconds).toBe(15)
    await page.getByLabel('heartbeat ttl').fill('5')
    await page.getByRole('button', { name: 'Save the change' }).click()
    await page.getByRole('button', { name: 'Defaults' }).waitFor()
    expect(mock.settings.heartbeat_ttl_seconds).toBe(5)
    await page.getByRole('button', { name: 'Reset' }).click()
    await page.getByRole('link', { name: 'World' }).click()
    await page.getByText('No runner is paired.').waitFor()
    await page.getByRole('link', { name: 'Controls' }).click()
    await page.getByRole('button', { name: 'Load snapshot 1', exact: true }).click()
    await page.getByRole('link', { name: 'World' }).click()
    await page.getByRole('option', { name: /kept/ }).waitFor()
  })

  it('shows how long a session waits yet, and activates it in the place of its link', async () => {
    const { mock, page } = await openConsole()
    const { runnerId } = await mock.given.session({ type: 'connect', ttlSeconds: 600 })
    const waiting = page.getByRole('region', { name: 'Waiting for activation' })
    await waiting.getByText(/^10 min left$/).waitFor()
    const link = await waiting.getByRole('link', { name: 'Pairing link' }).getAttribute('href')
    expect(link).toContain('/opik/pair/v1?')
    await mock.given.session()
    await waiting.getByRole('listitem').nth(1).waitFor()
    await waiting.getByRole('button', { name: /connect/ }).click()
    await page.getByRole('heading', { name: /^runner-/ }).waitFor()
    expect(mock.snapshot().world.runners.map(({ id }) => id)).toEqual([runnerId])
    await mock.clock.advance({ minutes: 6 })
    await waiting.waitFor({ state: 'detached' })
  })

  it('lets a runner lapse, crash, come back and be evicted', async () => {
    const { page, mock } = await openConsole({ mock: { scenario: 'demo', now: '2026-07-01T12:00:00Z', frozen: true } })
    await page.getByRole('option', { name: /demo-laptop/ }).click()
    const head = page.getByRole('region', { name: 'Runner', exact: true })
    const choose = async (what: string): Promise<void> => {
      await page.getByRole('button', { name: 'Life' }).click()
      await page.getByRole('menuitem', { name: what }).click()
    }
    await choose('Let it lapse')
    await head.getByText('disconnected').waitFor()
    await mock.clock.advance({ seconds: 6 })
    await head.getByText('connected', { exact: true }).waitFor()
    await choose('Crash')
    await expect.poll(() => mock.agents.alive()).toEqual([])
    await mock.clock.advance({ seconds: 16 })
    await head.getByText('disconnected').waitFor()
    await choose('Come back')
    await head.getByText('connected', { exact: true }).waitFor()
    expect(mock.agents.alive()).toHaveLength(1)
    await choose('Evict')
    await page.getByRole('dialog').getByRole('button', { name: 'Evict', exact: true }).click()
    await page.getByRole('heading', { name: 'Runner is gone' }).waitFor()
  })

  it('narrows every list to a project', async () => {
    const { page } = await openConsole({
      prepare: async (mock) => {
        const shop = await mock.given.project({ name: 'Checkout' })
        for (const [name, more] of Object.entries({ one: {}, two: { projectId: shop.id } })) {
          const runner = await mock.given.connectedRunner({ name, agents: [`agent-${name}`], ...more })
          await mock.given.job({ runner, agent: `agent-${name}` })
        }
      },
    })
    const jobs = page.getByRole('listbox', { name: 'Jobs' }).getByRole('option')
    await jobs.filter({ hasText: 'Default Project' }).waitFor()
    expect(await jobs.count()).toBe(2)
    await page.getByLabel('Project').first().selectOption('Checkout')
    await jobs.filter({ hasText: 'Default Project' }).waitFor({ state: 'detached' })
    expect(await jobs.allTextContents()).toEqual([expect.stringContaining('agent-two')])
    await page.getByRole('option', { name: /one/ }).waitFor({ state: 'detached' })
  })
})
