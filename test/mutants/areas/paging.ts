// Mistakes in pages: numbers, sizes, totals, filters.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import type { Call } from '../call.js'
import { isSuccess, itemsOf, membersIn, membersOf, textIn, withBody, type Members } from '../reply.js'
import { editBody, editRequest } from '../spoils.js'
import { isSameCaller } from '../stage.js'

const numberIn = ({ query }: Call, name: string): number | undefined =>
  query.has(name) ? Number(query.get(name)) : undefined

/** Asks for other pages, where the query is sound. */
function asksFor(
  change: (page: number | undefined, size: number | undefined) => { page?: number; size?: number },
): Spoil {
  return editRequest((call) => {
    const [page, size] = [numberIn(call, 'page'), numberIn(call, 'size')]
    if ((page ?? 0) < 0 || (size ?? 1) < 1) return undefined
    const changed = change(page, size)
    return { query: Object.fromEntries(Object.entries(changed).map(([name, value]) => [name, String(value)])) }
  })
}

function editPage(edit: (page: Members, call: Call) => Members): Spoil {
  return editBody((page, call) => edit(membersOf(page), call))
}

export const pagingMutants: readonly Mutant[] = [
  defineMutant({
    id: 'paging/jobs-from-one',
    mistake: 'Pages of jobs count from 1; page 0 is page 1.',
    touches: ['listJobs'],
    spoil: asksFor((page) => ({ page: Math.max((page ?? 1) - 1, 0) })),
  }),
  defineMutant({
    id: 'paging/jobs-begin-one-late',
    mistake: 'The first page of jobs is the second.',
    touches: ['listJobs'],
    spoil: asksFor((page) => ({ page: (page ?? 0) + 1 })),
  }),
  defineMutant({
    id: 'paging/page-is-offset',
    mistake: 'The page is read as the number of entries to skip.',
    touches: ['listJobs'],
    spoil: () => async (call) => {
      const [page, size] = [numberIn(call, 'page') ?? 0, numberIn(call, 'size') ?? 25]
      if (page < 0 || size < 1) return call.proceed()
      const reply = await call.proceed({ query: { page: '0', size: '1000' } })
      const all = membersIn(reply)
      const content = itemsOf(all['content']).slice(page, page + size)
      return isSuccess(reply) ? withBody(reply, { ...all, page, size: content.length, content }) : reply
    },
  }),
  defineMutant({
    id: 'paging/total-of-the-page',
    mistake: 'The total counts the entries of the page.',
    touches: ['listJobs'],
    spoil: editPage((page) => ({ ...page, total: itemsOf(page['content']).length })),
  }),
  defineMutant({
    id: 'paging/total-of-pages',
    mistake: 'The total counts the pages.',
    touches: ['listJobs'],
    spoil: editPage((page, call) => ({
      ...page,
      total: Math.ceil(Number(page['total']) / (numberIn(call, 'size') ?? 25)),
    })),
  }),
  defineMutant({
    id: 'paging/total-of-what-follows',
    mistake: 'The total counts the entries from the page on.',
    touches: ['listJobs'],
    spoil: editPage((page, call) => ({
      ...page,
      total: Math.max(Number(page['total']) - (numberIn(call, 'page') ?? 0) * (numberIn(call, 'size') ?? 25), 0),
    })),
  }),
  defineMutant({
    id: 'paging/default-size-of-ten',
    mistake: 'Without a size a page holds ten.',
    touches: ['listJobs'],
    spoil: asksFor((_, size) => ({ size: size ?? 10 })),
  }),
  defineMutant({
    id: 'paging/default-size-unlimited',
    mistake: 'Without a size everything comes on one page.',
    touches: ['listJobs'],
    spoil: asksFor((_, size) => ({ size: size ?? 1000 })),
  }),
  defineMutant({
    id: 'paging/default-page-is-last',
    mistake: 'Without a page the last one comes.',
    touches: ['listJobs'],
    spoil: () => async (call) => {
      const { body } = await call.ask('listJobs', { path: call.path })
      const size = numberIn(call, 'size') ?? 25
      const last = Math.max(Math.ceil(Number(membersOf(body)['total'] ?? 0) / Math.max(size, 1)) - 1, 0)
      return call.proceed(call.query.has('page') ? {} : { query: { page: String(last) } })
    },
  }),
  defineMutant({
    id: 'paging/size-one-too-many',
    mistake: 'A page holds one entry more than its size.',
    touches: ['listJobs'],
    spoil: () => async (call) => {
      const [page, size] = [numberIn(call, 'page') ?? 0, numberIn(call, 'size') ?? 25]
      if (page < 0 || size < 1) return call.proceed()
      const reply = await call.proceed({ query: { page: '0', size: '1000' } })
      const all = membersIn(reply)
      const content = itemsOf(all['content']).slice(page * size, page * size + size + 1)
      return isSuccess(reply) ? withBody(reply, { ...all, page, size: content.length, content }) : reply
    },
  }),
  defineMutant({
    id: 'paging/past-the-end-is-last',
    mistake: 'A page past the end is the last one.',
    touches: ['listJobs'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const page = membersIn(reply)
      const isPast = isSuccess(reply) && itemsOf(page['content']).length === 0 && Number(page['total']) > 0
      if (!isPast) return reply
      const size = numberIn(call, 'size') ?? 25
      const last = Math.ceil(Number(page['total']) / size) - 1
      const { body } = await call.ask('listJobs', {
        path: call.path,
        query: { page: String(last), size: String(size) },
      })
      return withBody(reply, body)
    },
  }),
  defineMutant({
    id: 'paging/size-at-most-three',
    mistake: 'No page holds more than three entries.',
    touches: ['listJobs'],
    spoil: asksFor((_, size) => ({ size: Math.min(size ?? 25, 3) })),
  }),
  defineMutant({
    id: 'paging/large-size-refused',
    mistake: 'A size beyond 50 is taken for the default.',
    touches: ['listJobs'],
    spoil: asksFor((_, size) => ({ size: size !== undefined && size > 50 ? 1 : (size ?? 25) })),
  }),
  defineMutant({
    id: 'paging/number-always-zero',
    mistake: 'Every page says that it is page 0.',
    severity: 'should',
    touches: ['listJobs'],
    spoil: editPage((page) => ({ ...page, page: 0 })),
  }),
  defineMutant({
    id: 'paging/project-filter-ignored',
    mistake: 'The project filter of listJobs is ignored.',
    touches: ['listJobs'],
    spoil: editRequest(() => ({ query: { project_id: undefined } })),
  }),
  defineMutant({
    id: 'paging/project-filter-after-count',
    mistake: 'The total of listJobs counts jobs that the project filter leaves out.',
    touches: ['listJobs'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const { body } = await call.ask('listJobs', { path: call.path })
      return isSuccess(reply) ? withBody(reply, { ...membersIn(reply), total: membersOf(body)['total'] }) : reply
    },
  }),
  defineMutant({
    id: 'paging/ended-jobs-not-listed',
    mistake: 'A list of jobs holds those that have not ended.',
    touches: ['listJobs'],
    spoil: editPage((page) => {
      const content = itemsOf(page['content']).filter((job) => ['pending', 'running'].includes(textIn(job, 'status')))
      return { ...page, content, total: content.length, size: content.length }
    }),
  }),
  defineMutant({
    id: 'paging/running-jobs-not-listed',
    mistake: 'A list of jobs leaves those out that run.',
    touches: ['listJobs'],
    spoil: editPage((page) => {
      const content = itemsOf(page['content']).filter((job) => textIn(job, 'status') !== 'running')
      return { ...page, content, total: content.length, size: content.length }
    }),
  }),
  defineMutant({
    id: 'paging/jobs-of-the-user',
    mistake: "A list of a runner's jobs holds those of all runners of the user.",
    touches: ['listJobs'],
    oneByOne: true,
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const own = stage.present().filter(({ owner }) => isSameCaller(owner, call.caller))
      const pages = await Promise.all(own.map(({ id }) => call.ask('listJobs', { path: { runnerId: id } })))
      const content = pages.flatMap(({ body }) => itemsOf(membersOf(body)['content']))
      return isSuccess(reply) && content.length > 0
        ? withBody(reply, { ...membersIn(reply), content, total: content.length })
        : reply
    },
  }),
  defineMutant({
    id: 'paging/runners-from-one',
    mistake: 'Pages of runners count from 1; page 0 is page 1.',
    touches: ['listRunners'],
    spoil: asksFor((page) => ({ page: Math.max((page ?? 1) - 1, 0) })),
  }),
  defineMutant({
    id: 'paging/runners-default-size-of-one',
    mistake: 'Without a size a list of runners holds one.',
    touches: ['listRunners'],
    spoil: asksFor((_, size) => ({ size: size ?? 1 })),
  }),
  defineMutant({
    id: 'paging/runners-total-of-the-page',
    mistake: 'The total of runners counts those of the page.',
    touches: ['listRunners'],
    spoil: editPage((page) => ({ ...page, total: itemsOf(page['content']).length })),
  }),
  defineMutant({
    id: 'paging/runners-total-unfiltered',
    mistake: 'The total of a filtered list of runners counts all of them.',
    touches: ['listRunners'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const query = { project_id: call.query.get('project_id') ?? '' }
      const { body } = await call.ask('listRunners', { query })
      return isSuccess(reply) ? withBody(reply, { ...membersIn(reply), total: membersOf(body)['total'] }) : reply
    },
  }),
  defineMutant({
    id: 'paging/projects-from-zero',
    mistake: 'Pages of projects count from 0.',
    severity: 'should',
    touches: ['findProjects'],
    spoil: asksFor((page) => (page === undefined ? {} : { page: page + 1 })),
  }),
]
