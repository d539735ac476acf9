// Checks of pages: runners and jobs count them from 0, projects from 1.
import { constants } from '../../../lifecycle/table.js'
import type { Context } from '../../check/context.js'
import { checksOn } from '../../check/check.js'
import { expectEqual, expectFields } from '../../target/expectation.js'
import { idsOf, many, needsJobs } from '../../check/check-steps.js'

async function runnerWithJobs(context: Context, count: number) {
  const runner = await context.pair({ agents: ['echo'] })
  const ids = await many(count, 1, () => runner.createJob())
  const list = async (query: { page?: number; size?: number; project_id?: string } = {}) => {
    const { content, total, page } = await runner.listJobs(query)
    return { ids: idsOf(content), total, page }
  }
  return { runner, newestFirst: ids.toReversed(), list }
}

/** A project with a runner of each type, the latest first. */
async function projectWithRunners(context: Context) {
  const project = await context.newProject()
  const endpoint = await context.pair({ project, type: 'endpoint' })
  const connect = await context.pair({ project, type: 'connect' })
  return { project_id: project.id, ids: [connect.id, endpoint.id] }
}

export const pagingChecks = checksOn('listJobs', needsJobs(7), (it, at) => {
  it('paging/jobs-pages: Pages of jobs count from 0 and together hold every job once, in order.', async (context) => {
    const { list, newestFirst } = await runnerWithJobs(context, 7)
    const pages = await many(3, 1, async (page) => (await list({ page, size: 3 })).ids)
    expectEqual(
      'sizes of the pages',
      pages.map(({ length }) => length),
      [3, 3, 1],
    )
    expectEqual('the jobs of all pages', pages.flat(), newestFirst)
  })
  at('listJobs', needsJobs(5))
  it('paging/jobs-total: The total of a page of jobs counts all of them, on every page.', async (context) => {
    const { list } = await runnerWithJobs(context, 5)
    for (const page of [0, 1, 2, 9]) expectEqual(`total on page ${page}`, (await list({ page, size: 2 })).total, 5)
  })
  at('listJobs')
  it('paging/jobs-past-the-end: A page of jobs past the end is empty.', async (context) => {
    const { list } = await runnerWithJobs(context, 4)
    const queries = [
      { page: 2, size: 2 },
      { page: 1, size: 4 },
      { page: 1, size: constants.page_size },
      { page: 1000, size: 1 },
    ]
    for (const query of queries) expectEqual(`page ${query.page} of ${query.size}`, (await list(query)).ids, [])
  })
  it('paging/jobs-page-number [should]: A page tells its number.', async (context) => {
    const { list } = await runnerWithJobs(context, 3)
    for (const page of [0, 1]) expectEqual('page', (await list({ page, size: 2 })).page, page)
  })
  it('paging/jobs-default-page: Without a page the first one comes.', async (context) => {
    const { list, newestFirst } = await runnerWithJobs(context, 3)
    expectEqual('the jobs', (await list({ size: 2 })).ids, newestFirst.slice(0, 2))
  })
  it('paging/jobs-large-size: A size beyond the number of jobs gives all of them.', async (context) => {
    const { list, newestFirst } = await runnerWithJobs(context, 4)
    expectEqual('the jobs', (await list({ size: 100 })).ids, newestFirst)
  })
  it('paging/jobs-of-project: A list of jobs for their project holds them all, for another project none; so do the totals.', async (context) => {
    const { runner, list, newestFirst } = await runnerWithJobs(context, 2)
    expectFields('its project', await list({ project_id: runner.project.id }), { ids: newestFirst, total: 2 })
    expectFields('another project', await list({ project_id: context.random.uuid() }), { ids: [], total: 0 })
  })
  it("paging/jobs-of-runner: A list of jobs holds one runner's jobs and nobody else's.", async (context) => {
    const { list, newestFirst } = await runnerWithJobs(context, 2)
    const other = await context.pair({ agents: ['echo'], project: await context.newProject() })
    const theirs = await other.createJob()
    expectEqual('jobs of the first runner', (await list()).ids, newestFirst)
    const { content, total } = await other.listJobs()
    expectEqual('jobs and total of the second runner', [idsOf(content), total], [[theirs], 1])
  })
  it('paging/jobs-all-statuses: A list of jobs holds those that wait, run and have ended, and counts them all.', async (context) => {
    const { runner, list, newestFirst } = await runnerWithJobs(context, 3)
    const [, running = '', ended = ''] = newestFirst
    await runner.takeJob()
    await runner.takeJob()
    await runner.reportJob(ended, { status: 'failed', error: 'It broke.' })
    expectFields('the runner', await list(), { ids: newestFirst, total: 3 })
    expectEqual('status of the running job', (await runner.readJob(running)).status, 'running')
  })
  it('paging/runners-pages [listRunners]: Pages of runners count from 0; each runner is on one of them, and the total counts both.', async (context) => {
    const { project_id, ids } = await projectWithRunners(context)
    for (const page of [0, 1, 2]) {
      const answer = await context.expectCall(200, 'listRunners', { query: { project_id, page, size: 1 } })
      expectEqual(`page ${page} and total`, [idsOf(answer.content), answer.total], [ids.slice(page, page + 1), 2])
    }
  })
  it('paging/runners-default [listRunners]: Without page and size a list of runners holds both runners of a project.', async (context) => {
    const { project_id } = await projectWithRunners(context)
    const { content, total } = await context.expectCall(200, 'listRunners', { query: { project_id } })
    expectEqual('entries and total', [content.length, total], [2, 2])
  })
  it('paging/runners-total-of-matches [listRunners]: The total of a filtered list of runners counts the matches alone.', async (context, runner) => {
    const query = { project_id: runner.project.id, status: 'disconnected' as const }
    const { content, total } = await context.expectCall(200, 'listRunners', { query })
    expectEqual('entries and total', [content.length, total], [0, 0])
  })
  it('paging/projects-from-one [findProjects should]: Pages of projects count from 1, and together hold every match once.', async (context) => {
    const { id, name } = await context.newProject()
    const first = await context.expectCall(200, 'findProjects', { query: { name, page: 1, size: 1 } })
    expectEqual('the first page and total', [idsOf(first.content), first.total], [[id], 1])
    const second = await context.expectCall(200, 'findProjects', { query: { name, page: 2, size: 1 } })
    expectEqual('the second page', second.content, [])
  })
  at('listJobs', needsJobs(constants.page_size + 2))
  it(`paging/jobs-default-size: Without a size a page of jobs holds ${constants.page_size}.`, async (context) => {
    const { list, newestFirst } = await runnerWithJobs(context, constants.page_size + 2)
    expectEqual('the first page', (await list()).ids, newestFirst.slice(0, constants.page_size))
    expectEqual('the second page', (await list({ page: 1 })).ids, newestFirst.slice(constants.page_size))
  })
})
