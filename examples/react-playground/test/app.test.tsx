import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { Param } from 'opik-runner-kit'
import { beforeEach, describe, expect, it } from 'vitest'
import { App } from '../src/app'
import { mock } from './backend'

const params: Param[] = [
  { name: 'city', type: 'string', presence: 'required' },
  { name: 'days', type: 'integer', presence: 'optional' },
  { name: 'tags', type: 'list', presence: 'optional' },
]

/** A runner that lives inside the mock, with one agent that takes three virtual seconds. */
async function startRunner() {
  mock.agents.register(
    'weather',
    {
      result: { text: 'Rain in {{inputs.city}}' },
      logs: [{ text: 'asking' }, { text: 'slow today', stream: 'stderr', after_ms: 1000 }],
      latency_ms: 3000,
    },
    { description: 'Tells the weather.', params },
  )
  const runner = await mock.given.connectedRunner({ name: 'laptop' })
  return mock.agents.start(runner, { agents: ['weather'] })
}

async function runWeather(user: ReturnType<typeof userEvent.setup>) {
  await user.type(await screen.findByLabelText(/city/), 'Oslo')
  await user.click(screen.getByRole('button', { name: 'Run weather' }))
}

describe('the connection badge', () => {
  it('follows the runner as it comes, falls silent and returns', async () => {
    render(<App />)
    expect(await screen.findByText('No runner')).toBeVisible()

    const runner = await mock.given.connectedRunner({ name: 'laptop' })
    expect(await screen.findByText('laptop connected')).toBeVisible()

    await mock.clock.advance({ seconds: 16 }) // no heartbeat for longer than its 15 seconds
    expect(await screen.findByText('laptop disconnected')).toBeVisible()

    await mock.agents.start(runner)
    expect(await screen.findByText('laptop connected')).toBeVisible()
  })

  it('disconnects the runner', async () => {
    await startRunner()
    render(<App />)
    await userEvent.click(await screen.findByRole('button', { name: 'Disconnect' }))
    expect(await screen.findByText('No runner')).toBeVisible()
  })

  it('says so when the server cannot be reached, and recovers', async () => {
    mock.faults.inject({ operation: 'retrieveProject', drop: 'before' })
    render(<App />)
    expect(await screen.findByText('Server unreachable')).toBeVisible()
    mock.faults.clear()
    expect(await screen.findByText('No runner')).toBeVisible()
  })
})

describe('the agent form', () => {
  beforeEach(async () => {
    await startRunner()
    render(<App />)
  })

  it('asks for what the agent takes', async () => {
    const form = within(await screen.findByRole('form', { name: 'Inputs of weather' }))
    expect(screen.getByText('Tells the weather.')).toBeVisible()
    expect(form.getByLabelText('city required')).toBeRequired()
    expect(form.getByLabelText('days optional')).not.toBeRequired()
    expect(form.getByLabelText('days optional')).toHaveAccessibleDescription('integer')
  })

  it('creates no job while a required input is missing or another is malformed', async () => {
    const user = userEvent.setup()
    const city = await screen.findByLabelText(/city/)
    await user.click(screen.getByRole('button', { name: 'Run weather' }))
    await user.type(city, 'Oslo')
    await user.type(screen.getByLabelText(/tags/), 'not JSON')
    await user.click(screen.getByRole('button', { name: 'Run weather' }))
    mock.journal.expect('createJob').not.toHaveBeenCalled()
  })

  it('sends each input in its type and leaves out the empty ones', async () => {
    const user = userEvent.setup()
    await user.type(await screen.findByLabelText(/days/), '3')
    await runWeather(user)
    expect(await screen.findByText('running')).toBeVisible()
    const [call] = mock.journal.entries({ operation: 'createJob' })
    expect(call?.request.body).toMatchObject({ agent_name: 'weather', inputs: { city: 'Oslo', days: 3 } })
  })

  it('explains a full queue', async () => {
    mock.faults.inject({ operation: 'createJob', status: 429, times: 1 })
    await runWeather(userEvent.setup())
    expect(await screen.findByRole('alert')).toHaveTextContent('too many jobs')
  })
})

describe('a run', () => {
  it('shows logs as they are written, then the result', async () => {
    await startRunner()
    render(<App />)
    await runWeather(userEvent.setup())
    expect(await screen.findByText('asking')).toBeVisible()

    await mock.clock.advance({ seconds: 1 })
    expect(await screen.findByText('slow today')).toBeVisible()
    expect(screen.queryByText('Result')).toBeNull()

    await mock.clock.advance({ seconds: 2 })
    expect(await screen.findByText(/Rain in Oslo/)).toBeVisible()
    expect(screen.getByText('completed')).toBeVisible()
  })

  it('shows why it failed', async () => {
    mock.agents.register('weather', { error: 'ValueError: no such city' }, { params })
    await mock.agents.start(await mock.given.connectedRunner(), { agents: ['weather'] })
    render(<App />)
    await runWeather(userEvent.setup())
    expect(await screen.findByRole('alert')).toHaveTextContent('ValueError: no such city')
  })

  it('can be cancelled', async () => {
    await startRunner()
    render(<App />)
    const user = userEvent.setup()
    await runWeather(user)
    await user.click(await screen.findByRole('button', { name: 'Cancel' }))
    expect(await screen.findByText('cancelled')).toBeVisible()
  })

  it('says so when the runner leaves and takes its jobs along', async () => {
    const started = await startRunner()
    render(<App />)
    await runWeather(userEvent.setup())
    await screen.findByText('asking')
    await started.disconnect()
    expect(await screen.findByText(/runner is gone/)).toBeVisible()
  })
})
