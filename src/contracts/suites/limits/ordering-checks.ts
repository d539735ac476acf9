// Checks of the order in which work is handed out and resources are listed.
import { checksOn, takes } from '../../check/check.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import { needsCommands, needsJobs, createdJob, idsOf, many } from '../../check/check-steps.js'
import { objectsAt } from '../../../kernel/json-value.js'

function createJobs(runner: RunnerHandle, count: number): Promise<string[]> {
  return many(count, 1, (at) => runner.createJob({ inputs: { at } }))
}

async function takeJobs(runner: RunnerHandle, count: number): Promise<string[]> {
  return idsOf(await many(count, 1, () => runner.takeJob()))
}

/** Ids and times of creation in a page, the times with all their digits. */
function momentsIn(text: string): { id: string; time: string }[] {
  return objectsAt(JSON.parse(text), 'content').map(({ id, created_at: time }) => ({
    id: String(id),
    time: String(time),
  }))
}

export const orderingChecks = checksOn('nextJob job pending -> running', needsJobs(8), (it, at) => {
  it('ordering/jobs-oldest-first: Jobs are handed out in the order of their creation.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const ids = await createJobs(runner, 8)
    expectEqual('the order of the jobs', await takeJobs(runner, 8), ids)
  })
  at('nextJob job pending -> running')
  it('ordering/jobs-across-agents: The order of jobs does not depend on their agents.', async (context) => {
    const runner = await context.pair({ agents: ['zeta', 'alpha'] })
    const ids: string[] = []
    for (const agent_name of ['zeta', 'alpha', 'zeta', 'alpha']) ids.push(await runner.createJob({ agent_name }))
    expectEqual('the order of the jobs', await takeJobs(runner, 4), ids)
  })
  it('ordering/jobs-between-hand-outs: A job that is created between two hand-outs goes to the end of the queue.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const early = await createJobs(runner, 3)
    const first = await takeJobs(runner, 1)
    const late = await createJobs(runner, 2)
    expectEqual('the order of the jobs', [...first, ...(await takeJobs(runner, 4))], [...early, ...late])
  })
  at('listJobs', needsJobs(6))
  it('ordering/jobs-listed-newest-first: A list of jobs begins with the newest.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const ids = await createJobs(runner, 6)
    const { content } = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id } })
    expectEqual('the order of the list', idsOf(content), ids.toReversed())
  })
  at('listJobs Times should', needsJobs(24))
  it('ordering/jobs-of-one-moment: Jobs with the same time of creation are listed by their ids, the newest first.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    await Promise.all(Array.from({ length: 24 }, () => runner.createJob()))
    const list = await context.call('listJobs', { path: { runnerId: runner.id } })
    expectStatus(list, 200)
    const shown = momentsIn(list.text)
    for (const [at, { id, time }] of shown.entries()) {
      const older = shown[at + 1]
      if (older?.time !== time) continue
      expectThat(older.id < id, `an id before ${id} behind it, for a job of the same moment`, older.id, list)
    }
  })
  at('listRunners')
  it('ordering/list-ignores-status [listJobs]: A list of jobs goes by creation, whatever became of them since.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const ids = await createJobs(runner, 4)
    await takeJobs(runner, 2)
    await runner.reportJob(ids[0] ?? '', { status: 'completed', result: 1 })
    await context.expectCall(204, 'cancelJob', { path: { jobId: ids[3] ?? '' } })
    const { content } = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id } })
    expectEqual(
      'ids and statuses of the list',
      content.map(({ id, status }) => [id, status]),
      [
        [ids[3], 'cancelled'],
        [ids[2], 'pending'],
        [ids[1], 'running'],
        [ids[0], 'completed'],
      ],
    )
  })
  it('ordering/runners-latest-first: A list of runners begins with the one activated last.', async (context) => {
    const project = await context.newProject()
    const endpoint = await context.pair({ project, type: 'endpoint' })
    const connect = await context.pair({ project, type: 'connect' })
    const listed = await context.expectCall(200, 'listRunners', { query: { project_id: project.id } })
    expectEqual('the order of the list', idsOf(listed.content), [connect.id, endpoint.id])
    const again = await context.pair({ project, type: 'endpoint' })
    const later = await context.expectCall(200, 'listRunners', { query: { project_id: project.id } })
    expectEqual('the order after another activation', idsOf(later.content), [again.id, connect.id])
  })
  it('ordering/runners-by-activation: Neither heartbeats nor the time of their sessions change the order of runners.', async (context) => {
    const project = await context.newProject()
    const connect = await context.pair({ project, type: 'connect' })
    const endpoint = await context.pair({ project, type: 'endpoint' })
    await connect.heartbeat()
    const { content } = await context.expectCall(200, 'listRunners', { query: { project_id: project.id } })
    expectEqual('the order of the list', idsOf(content), [endpoint.id, connect.id])
  })
  at('createJob Times should', takes(2))
  it('ordering/job-ids-rise: Ids of later jobs sort behind those of earlier ones.', async (context) => {
    const { runner, jobId: first } = await createdJob(context)
    // Ids made in one millisecond may sort either way.
    await context.time.pass(2)
    const second = await runner.createJob()
    expectThat(first < second, `an id behind ${first}`, second)
  })
  at('nextBridgeCommands bridgeCommand pending', needsCommands(5))
  it('ordering/commands-oldest-first: Bridge commands are handed out in the order of their submission, within a batch and across batches.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const ids: string[] = []
    for (const type of ['Exec', 'ReadFile', 'WriteFile', 'ListFiles', 'ReadFile'] as const) {
      ids.push(await runner.submit({ type, args: { path: 'a', content: 'b', command: 'c' } }))
    }
    const handed = [...(await runner.nextCommands(2)), ...(await runner.nextCommands(10))]
    expectEqual('the order of the commands', idsOf(handed), ids)
  })
})
