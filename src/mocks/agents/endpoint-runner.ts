/** A simulated endpoint runner: takes jobs and executes them side by side, with agents that it looks up by name. */
import type { LocalRunnerJob } from '../../types.js'
import type { Random } from '../../id-source.js'
import type { AgentHandler } from './agent.js'
import { executeJob } from './job-execution.js'
import type { PairedRunner } from './pair.js'
import { toHandler, type RegisteredScript } from './script.js'
import {
  startSimulation,
  type Life,
  type PollResult,
  type SimulatedRunner,
  type SimulationParts,
} from './simulated-runner.js'

/** What an endpoint runner needs besides. */
export interface EndpointRunnerParts extends SimulationParts {
  /** Where its traces go. */
  projectName: string
  /** Looked up for each job, so that agents can be added and replaced while the runner lives. */
  findAgent: (name: string) => RegisteredScript | undefined
  /** The dice of scripts. */
  random: Random
  /** Begin with the jobs that it has taken already. */
  resume: boolean
}

/** Starts a simulated runner that has been paired. */
export function startEndpointRunner(runner: PairedRunner, parts: EndpointRunnerParts): SimulatedRunner {
  const running = new Map<string, { cancelling: AbortController; ending: AbortController }>()
  const counts = new Map<string, number>()
  const execute = async (job: LocalRunnerJob, life: Life): Promise<void> => {
    const count = (counts.get(job.agent_name) ?? 0) + 1
    counts.set(job.agent_name, count)
    const cancelling = new AbortController()
    const ending = new AbortController()
    running.set(job.id, { cancelling, ending })
    const signals = { cancelled: cancelling.signal, stopped: ending.signal }
    await executeJob(job, handlerOf(job.agent_name, parts), { ...parts, ...life, ...signals, count })
    running.delete(job.id)
    cancelling.abort()
  }
  // One listener for all jobs: there may be many at a time.
  const endJobs = (): void => {
    for (const { cancelling, ending } of running.values()) {
      ending.abort()
      cancelling.abort()
    }
  }
  const path = { runnerId: runner.id }
  let { resume } = parts
  return startSimulation(runner, parts, {
    capabilities: [],
    end: endJobs,
    cancel: (jobId) => running.get(jobId)?.cancelling.abort(),
    async poll(life): Promise<PollResult> {
      if (resume) for (const job of await takenJobs(life, runner.id)) void execute(job, life)
      resume = false
      const { status, body } = await life.call('nextJob', { path, signal: life.stopped })
      if (status === 404) return 'gone'
      if (status !== 200 || life.stopped.aborted) return 'trouble'
      if (!isJob(body)) return 'nothing'
      void execute(body, life)
      return 'work'
    },
  })
}

function handlerOf(name: string, { findAgent, random }: EndpointRunnerParts): AgentHandler | undefined {
  const agent = findAgent(name)?.agent
  return typeof agent === 'object' ? toHandler(agent, random) : agent
}

/** The jobs that the runner has been handed and has not finished, the oldest first. */
async function takenJobs({ call }: Life, runnerId: string): Promise<LocalRunnerJob[]> {
  const jobs: LocalRunnerJob[] = []
  for (let page = 0; ; page++) {
    const { body } = await call('listJobs', { path: { runnerId }, query: { page, size: PAGE_SIZE } })
    const content = contentOf(body)
    jobs.unshift(...content.filter(({ status }) => status === 'running').toReversed())
    if (content.length < PAGE_SIZE) return jobs
  }
}

const PAGE_SIZE = 100

function contentOf(page: unknown): LocalRunnerJob[] {
  const content: unknown = typeof page === 'object' && page !== null ? Reflect.get(page, 'content') : undefined
  return Array.isArray(content) ? content.filter(isJob) : []
}

function isJob(body: unknown): body is LocalRunnerJob {
  return typeof body === 'object' && body !== null && 'agent_name' in body && 'id' in body
}
