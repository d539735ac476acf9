// A small web app that develops against the mock: lists runners, runs their agents and shows what becomes of the jobs.
// Options of `startRunnerMock` come in the query, `?options={...}`, so that each test can have its own; with `&once` it
// looks at the jobs only once.
import {
  startRunnerMock,
  type StartedRunnerMock,
  type StartRunnerMockOptions,
} from '../../../src/mocks/adapters/browser.js'
import { createJob, findProject, listJobs, listRunners } from './api.js'

declare global {
  /** For tests: what the page has started. */
  var started: Promise<StartedRunnerMock>
  /** For tests: how the page has started it. */
  var startAgain: () => Promise<StartedRunnerMock>
}

const query = new URLSearchParams(location.search)
const options = JSON.parse(query.get('options') ?? '{}') as StartRunnerMockOptions
globalThis.startAgain = () => startRunnerMock({ scenario: 'demo', quiet: true, ...options })
globalThis.started = globalThis.startAgain()
await globalThis.started

// From here on it is an app that knows of no mock.
const project = await findProject()
const [runners, agents, jobs] = [list('runners'), list('agents'), list('jobs')]

async function refresh(): Promise<void> {
  const all = await listRunners(project)
  runners.replaceChildren(...all.map(({ name, status }) => item(`${name}: ${status}`)))
  const [runner] = all
  for (const { name } of runner?.agents ?? []) {
    if (document.getElementById(name) === null) agents.append(runButton(name))
  }
  const newest = runner === undefined ? [] : await listJobs(runner.id)
  const lines = newest.map((job) => `${job.agent_name}: ${job.status} ${JSON.stringify(job.result ?? job.error)}`)
  jobs.replaceChildren(...lines.map(item))
}

function runButton(agent: string): HTMLElement {
  const button = Object.assign(document.createElement('button'), { id: agent, textContent: `run ${agent}` })
  button.addEventListener('click', () => void createJob(project, agent, { message: 'hello', steps: 2 }).then(refresh))
  return button
}

function list(id: string): HTMLElement {
  const found = Object.assign(document.createElement('ul'), { id })
  document.body.append(found)
  return found
}

function item(text: string): HTMLElement {
  return Object.assign(document.createElement('li'), { textContent: text })
}

/** Looks again and again, as the web app does. */
async function keepFresh(): Promise<void> {
  await refresh()
  if (!query.has('once')) setTimeout(() => void keepFresh(), 100)
}

await keepFresh()
