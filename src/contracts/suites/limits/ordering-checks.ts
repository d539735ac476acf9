// Checks of the order in which work is handed out and resources are listed.
import { playStory } from '../core/story-steps.js'
import { checksOn, takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectThat } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import { needsCommands, needsJobs, idsOf, many } from '../../check/check-steps.js'
import { objectsAt, textAt } from '../../../kernel/json-value.js'

function createJobs(runner: RunnerHandle, count: number): Promise<string[]> {
  return many(count, 1, (at) => runner.createJob({ inputs: { at } }))
}

async function takeJobs(runner: RunnerHandle, count: number): Promise<string[]> {
  return idsOf(await many(count, 1, () => runner.takeJob()))
}

async function expectRunners(context: Context, project_id: string, ...runners: readonly RunnerHandle[]): Promise<void> {
  const { content } = await context.expectCall(200, 'listRunners', { query: { project_id } })
  expectEqual('the order of the list', idsOf(content), idsOf(runners))
}

export const orderingChecks = checksOn('nextJob job pending -> running', needsJobs(8), (it, at) => {
  it('ordering/jobs-oldest-first: Jobs are handed out in the order of their creation.', (context) =>
    playStory(context, `pair${', createJob'.repeat(8)}${', nextJob'.repeat(8)}`))
  at('nextJob job pending -> running')
  it('ordering/jobs-across-agents: The order of jobs does not depend on their agents.', async (context) => {
    const runner = await context.pair({ agents: ['zeta', 'alpha'] })
    const ids: string[] = []
    for (const agent_name of ['zeta', 'alpha', 'zeta', 'alpha']) ids.push(await runner.createJob({ agent_name }))
    expectEqual('the order of the jobs', await takeJobs(runner, 4), ids)
  })
  it('ordering/jobs-between-hand-outs: A job that is created between two hand-outs goes to the end of the queue.', (context) =>
    playStory(
      context,
      'pair, createJob, createJob, createJob, nextJob, createJob, createJob, nextJob, nextJob, nextJob, nextJob',
    ))
  at('listJobs', needsJobs(6))
  it('ordering/jobs-listed-newest-first: A list of jobs begins with the newest.', async (_, runner) => {
    const ids = await createJobs(runner, 6)
    expectEqual('the order of the list', idsOf((await runner.listJobs()).content), ids.toReversed())
  })
  at('listJobs Times should', needsJobs(24))
  it('ordering/jobs-of-one-moment: Jobs with the same time of creation are listed by their ids, the newest first.', async (context, runner) => {
    await Promise.all(Array.from({ length: 24 }, () => runner.createJob()))
    const { text } = await context.call('listJobs', { path: { runnerId: runner.id } })
    // With all digits of their times.
    const shown = objectsAt(JSON.parse(text), 'content').map((job) => [textAt(job, 'created_at'), textAt(job, 'id')])
    for (const [at, [time, id = '']] of shown.entries()) {
      const [laterTime, later = ''] = shown[at + 1] ?? []
      if (laterTime === time)
        expectThat(later < id, `an id before ${id} behind it, for a job of the same moment`, later)
    }
  })
  at('listRunners')
  it('ordering/list-ignores-status [listJobs]: A list of jobs goes by creation, whatever became of them since.', async (_, runner) => {
    const ids = await createJobs(runner, 4)
    await takeJobs(runner, 2)
    await runner.reportJob(ids[0] ?? '', { status: 'completed', result: 1 })
    await runner.cancelJob(ids[3] ?? '')
    const { content } = await runner.listJobs()
    expectEqual('the order of the list', idsOf(content), ids.toReversed())
    const statuses = content.map(({ status }) => status)
    expectEqual('the statuses', statuses, ['cancelled', 'pending', 'running', 'completed'])
  })
  it('ordering/runners-latest-first: A list of runners begins with the one activated last.', async (context) => {
    const project = await context.newProject()
    const endpoint = await context.pair({ project, type: 'endpoint' })
    const connect = await context.pair({ project, type: 'connect' })
    await expectRunners(context, project.id, connect, endpoint)
    const again = await context.pair({ project, type: 'endpoint' })
    await expectRunners(context, project.id, again, connect)
  })
  it('ordering/runners-by-activation: Neither heartbeats nor the time of their sessions change the order of runners.', async (context) => {
    const project = await context.newProject()
    const connect = await context.pair({ project, type: 'connect' })
    const endpoint = await context.pair({ project, type: 'endpoint' })
    await connect.heartbeat()
    await expectRunners(context, project.id, endpoint, connect)
  })
  at('createJob Times should', takes(2))
  it('ordering/job-ids-rise: Ids of later jobs sort behind those of earlier ones.', async (context, runner, first) => {
    // Ids made in one millisecond may sort either way.
    await context.time.pass(2)
    const second = await runner.createJob()
    expectThat(first < second, `an id behind ${first}`, second)
  })
  at('nextBridgeCommands bridgeCommand pending', needsCommands(5))
  it('ordering/commands-oldest-first: Bridge commands are handed out in the order of their submission, within a batch and across batches.', async (_, runner) => {
    const ids: string[] = []
    for (const type of ['Exec', 'ReadFile', 'WriteFile', 'ListFiles', 'ReadFile'] as const) {
      ids.push(await runner.submit({ type, args: { path: 'a', content: 'b', command: 'c' } }))
    }
    const handed = [...(await runner.nextCommands(2)), ...(await runner.nextCommands(10))]
    expectEqual('the order of the commands', idsOf(handed), ids)
  })
})
