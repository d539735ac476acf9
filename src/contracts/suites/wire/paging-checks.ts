// Checks of pages: runners and jobs count them from 0, projects from 1.
import { constants } from '../../../lifecycle/table.js'
import type { Context } from '../../check/context.js'
import { checksOn } from '../../check/check.js'
import { expectEqual, expectThat, expectFields } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import { needsJobs, idsOf, many } from '../../check/check-steps.js'

async function runnerWithJobs(context: Context, count: number) {
  const runner = await context.pair({ agents: ['echo'] })
  const ids = await many(count, 1, () => runner.createJob())
  return { runner, newestFirst: ids.toReversed() }
}

interface PageQuery {
  page?: number
  size?: number
  project_id?: string
}

async function listJobs(context: Context, runner: RunnerHandle, query: PageQuery) {
  const page = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id }, query })
  return { ids: idsOf(page.content), total: page.total, page: page.page }
}

export const pagingChecks = checksOn('listJobs', needsJobs(7), (it, at) => {
  it('paging/jobs-pages: Pages of jobs count from 0 and together hold every job once, in order.', async (context) => {
    const { runner, newestFirst } = await runnerWithJobs(context, 7)
    const pages: string[][] = []
    for (const page of [0, 1, 2]) pages.push((await listJobs(context, runner, { page, size: 3 })).ids)
    const sizes = pages.map(({ length }) => length)
    expectEqual('sizes of the pages', sizes, [3, 3, 1])
    expectEqual('the jobs of all pages', pages.flat(), newestFirst)
  })
  at('listJobs', needsJobs(5))
  it('paging/jobs-total: The total of a page of jobs counts all of them, on every page.', async (context) => {
    const { runner } = await runnerWithJobs(context, 5)
    for (const page of [0, 1, 2, 9]) {
      expectEqual(`total on page ${page}`, (await listJobs(context, runner, { page, size: 2 })).total, 5)
    }
  })
  at('listJobs')
  it('paging/jobs-past-the-end: A page of jobs past the end is empty.', async (context) => {
    const { runner } = await runnerWithJobs(context, 4)
    for (const [page, size] of [
      [2, 2],
      [1, 4],
      [1, constants.page_size],
      [1000, 1],
    ] as const) {
      expectEqual(`page ${page} of size ${size}`, (await listJobs(context, runner, { page, size })).ids, [])
    }
  })
  it('paging/jobs-page-number [should]: A page tells its number.', async (context) => {
    const { runner } = await runnerWithJobs(context, 3)
    for (const page of [0, 1]) expectEqual('page', (await listJobs(context, runner, { page, size: 2 })).page, page)
  })
  it('paging/jobs-default-page: Without a page the first one comes.', async (context) => {
    const { runner, newestFirst } = await runnerWithJobs(context, 3)
    expectEqual('the jobs', (await listJobs(context, runner, { size: 2 })).ids, newestFirst.slice(0, 2))
  })
  it('paging/jobs-large-size: A size beyond the number of jobs gives all of them.', async (context) => {
    const { runner, newestFirst } = await runnerWithJobs(context, 4)
    expectEqual('the jobs', (await listJobs(context, runner, { size: 100 })).ids, newestFirst)
  })
  it('paging/jobs-of-project: A list of jobs for their project holds them all, for another project none; so do the totals.', async (context) => {
    const { runner, newestFirst } = await runnerWithJobs(context, 2)
    const own = await listJobs(context, runner, { project_id: runner.project.id })
    expectFields('its project', own, { ids: newestFirst, total: 2 })
    const other = await listJobs(context, runner, { project_id: context.random.uuid() })
    expectFields('another project', other, { ids: [], total: 0 })
  })
  it("paging/jobs-of-runner: A list of jobs holds one runner's jobs and nobody else's.", async (context) => {
    const { runner, newestFirst } = await runnerWithJobs(context, 2)
    const other = await context.pair({ agents: ['echo'], project: await context.newProject() })
    const theirs = await other.createJob()
    expectEqual('jobs of the first runner', (await listJobs(context, runner, {})).ids, newestFirst)
    expectFields('the second runner', await listJobs(context, other, {}), { ids: [theirs], total: 1 })
  })
  it('paging/jobs-all-statuses: A list of jobs holds those that wait, run and have ended, and counts them all.', async (context) => {
    const { runner, newestFirst } = await runnerWithJobs(context, 3)
    const [, running = '', ended = ''] = newestFirst
    await runner.takeJob()
    await runner.takeJob()
    await runner.reportJob(ended, { status: 'failed', error: 'It broke.' })
    expectFields('the runner', await listJobs(context, runner, {}), { ids: newestFirst, total: 3 })
    expectEqual('status of the running job', (await runner.readJob(running)).status, 'running')
  })
  it('paging/runners-pages [listRunners]: Pages of runners count from 0; each runner is on one of them, and the total counts both.', async (context) => {
    const project = await context.newProject()
    const endpoint = await context.pair({ project, type: 'endpoint' })
    const connect = await context.pair({ project, type: 'connect' })
    const wanted = [[connect.id], [endpoint.id], []]
    for (const [page, ids] of wanted.entries()) {
      const query = { project_id: project.id, page, size: 1 }
      const answer = await context.expectCall(200, 'listRunners', { query })
      expectEqual(`page ${page}`, idsOf(answer.content), ids)
      expectEqual(`total on page ${page}`, answer.total, 2)
    }
  })
  it('paging/runners-default [listRunners]: Without page and size a list of runners holds both runners of a project.', async (context) => {
    const project = await context.newProject()
    await context.pair({ project, type: 'endpoint' })
    await context.pair({ project, type: 'connect' })
    const { content, total } = await context.expectCall(200, 'listRunners', { query: { project_id: project.id } })
    expectEqual('entries and total', [content.length, total], [2, 2])
  })
  it('paging/runners-total-of-matches [listRunners]: The total of a filtered list of runners counts the matches alone.', async (context) => {
    const project = await context.newProject()
    await context.pair({ project })
    const query = { project_id: project.id, status: 'disconnected' as const }
    const { content, total } = await context.expectCall(200, 'listRunners', { query })
    expectEqual('entries and total', [content.length, total], [0, 0])
  })
  it('paging/projects-from-one [findProjects should]: Pages of projects count from 1, and together hold every match once.', async (context) => {
    const project = await context.newProject()
    const first = await context.expectCall(200, 'findProjects', { query: { name: project.name, page: 1, size: 1 } })
    expectEqual('the first page', idsOf(first.content), [project.id])
    const second = await context.expectCall(200, 'findProjects', { query: { name: project.name, page: 2, size: 1 } })
    expectEqual('the second page', second.content, [])
    expectThat(first.total === 1, 'a total of 1', first.total)
  })
  at('listJobs', needsJobs(constants.page_size + 2))
  it(`paging/jobs-default-size: Without a size a page of jobs holds ${constants.page_size}.`, async (context) => {
    const { runner, newestFirst } = await runnerWithJobs(context, constants.page_size + 2)
    expectEqual('the first page', (await listJobs(context, runner, {})).ids, newestFirst.slice(0, constants.page_size))
    const { ids } = await listJobs(context, runner, { page: 1 })
    expectEqual('the second page', ids, newestFirst.slice(constants.page_size))
  })
})
