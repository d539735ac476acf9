// Checks of the order in which work is handed out and resources are listed.
import { checksOn } from '../core/checks-on.js'
import { takes } from '../../check/check.js'
import { expectThat } from '../../target/expectation.js'
import { needsCommands, needsJobs } from '../../check/check-steps.js'
import { objectsAt, textAt } from '../../../kernel/json-value.js'

const commandOf = (type: string) => ({ type, args: { path: 'a', content: 'b', command: 'c' } })

export const orderingChecks = checksOn('nextJob job pending -> running', needsJobs(8), (it, at) => {
  it`ordering/jobs-oldest-first: Jobs are handed out in the order of their creation.
    pair, createJob x8, nextJob x8`
  at('nextJob job pending -> running')
  it`ordering/jobs-across-agents: The order of jobs does not depend on their agents.
    pair, registerAgents ${{ zeta: {}, alpha: {} }}, createJob ${{ agent_name: 'zeta' }},
    createJob ${{ agent_name: 'alpha' }}, createJob ${{ agent_name: 'zeta' }}, createJob ${{ agent_name: 'alpha' }},
    nextJob x4`
  it`ordering/jobs-between-hand-outs: A job that is created between two hand-outs goes to the end of the queue.
    pair, createJob x3, nextJob, createJob x2, nextJob x4`
  at('listJobs', needsJobs(6))
  it`ordering/jobs-listed-newest-first: A list of jobs begins with the newest.
    pair, createJob x6, listJobs`
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
  it`ordering/list-ignores-status [listJobs]: A list of jobs goes by creation, whatever became of them since.
    pair, createJob x4, nextJob x2, reportJobResult 1, cancelJob 4, listJobs`
  it`ordering/runners-latest-first: A list of runners begins with the one activated last.
    pair, 2: pair-connect, listRunners, 3: pair, listRunners`
  it`ordering/runners-by-activation: Neither heartbeats nor the time of their sessions change the order of runners.
    pair-connect, 2: pair, heartbeat, listRunners`
  at('createJob Times should', takes(2))
  it('ordering/job-ids-rise: Ids of later jobs sort behind those of earlier ones.', async (context, runner, first) => {
    // Ids made in one millisecond may sort either way.
    await context.time.pass(2)
    const second = await runner.createJob()
    expectThat(first < second, `an id behind ${first}`, second)
  })
  at('nextBridgeCommands bridgeCommand pending', needsCommands(5))
  it`ordering/commands-oldest-first: Bridge commands are handed out in the order of their submission, within a batch and across batches.
    pair-connect, createBridgeCommand ${commandOf('Exec')}, createBridgeCommand,
    createBridgeCommand ${commandOf('WriteFile')}, createBridgeCommand ${commandOf('ListFiles')}, createBridgeCommand,
    nextBridgeCommands most=2, nextBridgeCommands most=10`
})
