/** A simulated endpoint runner: takes jobs and executes them side by side, with agents that it looks up by name. */
import { createRandom, type Random } from '../../kernel/id-source.js'
import type { LocalRunnerJob } from '../../kernel/types.js'
import type { AgentHandler } from './agent.js'
import { JobRun } from './job-execution.js'
import type { PairedRunner } from './pair-runner.js'
import type { PollTimes, SavedExecution, SavedJobs } from './saved-runners.js'
import { toHandler, type RegisteredScript } from './agent-script.js'
import { startSimulation, type RunningSimulation, type LiveRunner, type SimulationParts } from './simulated-runner.js'

export interface EndpointRunnerParts extends SimulationParts {
  /** Looked up for each job, so that agents can be added and replaced while the runner lives. */
  findAgent: (name: string) => RegisteredScript | undefined
  random: Random
}

/** @param work what it presents, and where it stood in an earlier life */
export function startEndpointRunner(
  runner: PairedRunner,
  parts: EndpointRunnerParts,
  work: SavedJobs,
  rhythm?: PollTimes,
): LiveRunner {
  const running = new Map<string, JobRun>()
  const counts = new Map(Object.entries(work.counts))
  const { projectName } = work
  const execute = async (execution: SavedExecution, life: RunningSimulation): Promise<void> => {
    const { id, agent_name: name } = execution.job
    const run = new JobRun(execution, handlerOf(name, execution, parts), { ...parts, ...life, projectName })
    running.set(id, run)
    await run.go()
    running.delete(id)
  }
  const take = (job: LocalRunnerJob, life: RunningSimulation): void => {
    const count = (counts.get(job.agent_name) ?? 0) + 1
    counts.set(job.agent_name, count)
    const { clock, newId } = parts
    void execute({ job, count, traceId: newId(), startedAt: clock.now(), sleeps: [], spans: [], lines: 0 }, life)
  }
  return startSimulation(
    runner,
    parts,
    {
      ...(work.supervised === true
        ? SUPERVISED
        : { capabilities: [], cancel: (jobId) => running.get(jobId)?.cancel() }),
      polling: {
        operation: 'nextJob',
        take(body, life) {
          if (isJob(body) && life.isNew(body.id)) take(body, life)
          return isJob(body)
        },
      },
      resume(life) {
        for (const job of work.jobs) {
          // Version 0.1 kept no spans.
          void execute({ ...job, sleeps: [...job.sleeps], spans: [...(job.spans ?? [])] }, life)
        }
      },
      save() {
        const jobs = [...running.values()].map((run) => run.execution)
        return { ...work, counts: Object.fromEntries(counts), jobs }
      },
    },
    rhythm,
  )
}

/** What both processes declare; a job that runs is not aborted by its cancellation, even where that is heard of. */
const SUPERVISED = { supervisor: ['jobs'], capabilities: ['jobs', 'bridge'] }

/** Dice that were thrown in an earlier life fall the same once more. */
function handlerOf(
  name: string,
  execution: SavedExecution,
  { findAgent, random }: EndpointRunnerParts,
): AgentHandler | undefined {
  const agent = findAgent(name)?.agent
  if (typeof agent !== 'object') return agent
  if (execution.dice !== undefined) {
    const dice = createRandom(0)
    dice.load(execution.dice)
    return toHandler(agent, dice)
  }
  return (context) => {
    execution.dice = random.save()
    return toHandler(agent, random)(context)
  }
}

function isJob(body: unknown): body is LocalRunnerJob {
  return typeof body === 'object' && body !== null && 'agent_name' in body && 'id' in body
}
