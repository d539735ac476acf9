// Checks of pages: runners and jobs count them from 0, projects from 1.
import { constants } from '../../../lifecycle/table.js'
import { checksOn } from '../core/checks-on.js'
import { expectEqual, expectFields } from '../../target/expectation.js'
import { idsOf, needsJobs } from '../../check/check-steps.js'

export const pagingChecks = checksOn('listJobs', needsJobs(7), (it, at) => {
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
  it('paging/jobs-of-project: A list of jobs for their project holds them all, for another project none; so do the totals.', async (context, runner, jobId) => {
    const { content, total } = await runner.listJobs({ project_id: runner.project.id })
    expectEqual('ids and total in its project', [idsOf(content), total], [[jobId], 1])
    const other = await runner.listJobs({ project_id: context.random.uuid() })
    expectFields('another project', other, { content: [], total: 0 })
  })
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
  it('paging/projects-from-one [findProjects should]: Pages of projects count from 1, and together hold every match once.', async (context) => {
    const { id, name } = await context.newProject()
    const first = await context.expectCall(200, 'findProjects', { query: { name, page: 1, size: 1 } })
    expectEqual('the first page and total', [idsOf(first.content), first.total], [[id], 1])
    const second = await context.expectCall(200, 'findProjects', { query: { name, page: 2, size: 1 } })
    expectEqual('the second page', second.content, [])
  })
  at('listJobs', needsJobs(constants.page_size + 2))
  it`paging/jobs-default-size: Without a size a page of jobs holds ${constants.page_size}.
    pair${', createJob'.repeat(constants.page_size + 2)}, listJobs, listJobs page=1`
})
