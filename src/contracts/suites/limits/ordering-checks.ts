// Checks of the order in which work is handed out and resources are listed, and of pages: runners and jobs count them from 0,
// projects from 1.
import { checksOn } from '../core/checks-on.js'
import { takes } from '../../check/check.js'
import { expectThat } from '../../target/expectation.js'
import { needsCommands, needsJobs } from '../../check/check-steps.js'
import { newProject, pendingJob } from '../../check/scenes.js'
import { objectsAt, textAt } from '../../../kernel/json-value.js'
import { constants } from '../../../lifecycle/table.js'

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

  at('listJobs', needsJobs(7))
  it`paging/jobs-pages: Pages of jobs count from 0 and together hold every job once, in order.
    pair, createJob x7, listJobs page=0 size=3, listJobs page=1 size=3, listJobs page=2 size=3`
  at('listJobs', needsJobs(5))
  it`paging/jobs-total: The total of a page of jobs counts all of them, on every page.
    pair, createJob x5${[0, 1, 2, 9].map((page) => `, listJobs page=${page} size=2`).join('')}`
  at('listJobs')
  it`paging/jobs-past-the-end: A page of jobs past the end is empty.
    pair, createJob x4, listJobs page=2 size=2, listJobs page=1 size=4, listJobs page=1, listJobs page=1000 size=1`
  it`paging/jobs-page-number [should]: A page tells its number.
    pair, createJob x3, listJobs page=0 size=2, listJobs page=1 size=2`
  it`paging/jobs-default-page: Without a page the first one comes.
    pair, createJob x3, listJobs size=2`
  it`paging/jobs-large-size: A size beyond the number of jobs gives all of them.
    pair, createJob x4, listJobs size=100`
  it`paging/jobs-of-project: A list of jobs for their project holds them all, for another project none; so do the totals.
    ${pendingJob}
    listJobs project_id=$project_id: 200 content.*.id=[$jobId] total=1
    listJobs project_id=?: 200 content=[] total=0`
  it`paging/jobs-of-runner: A list of jobs holds one runner's jobs and nobody else's.
    pair, elsewhere 2: pair, createJob x2, 2: createJob, listJobs, 2: listJobs`
  it`paging/jobs-all-statuses: A list of jobs holds those that wait, run and have ended, and counts them all.
    pair, createJob x3, nextJob x2, reportJobResult 1 status=failed, listJobs`
  it`paging/runners-pages [listRunners]: Pages of runners count from 0; each runner is on one of them, and the total counts both.
    pair, 2: pair-connect, listRunners page=0 size=1, listRunners page=1 size=1, listRunners page=2 size=1`
  it`paging/runners-default [listRunners]: Without page and size a list of runners holds both runners of a project.
    pair, 2: pair-connect, listRunners`
  it`paging/runners-total-of-matches [listRunners]: The total of a filtered list of runners counts the matches alone.
    pair, listRunners status=disconnected`
  it`paging/projects-from-one [findProjects should]: Pages of projects count from 1, and together hold every match once.
    ${newProject}
    findProjects page=1 size=1: 200 content.*.id=[$id] total=1
    findProjects page=2 size=1: 200 content=[]`
  at('listJobs', needsJobs(constants.page_size + 2))
  it`paging/jobs-default-size: Without a size a page of jobs holds ${constants.page_size}.
    pair${', createJob'.repeat(constants.page_size + 2)}, listJobs, listJobs page=1`
})
