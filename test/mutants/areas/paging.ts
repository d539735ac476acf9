// Mistakes in pages: numbers, sizes, totals, filters.
import { defineMutant, type Mutant, type Spoil, defineShould } from '../mutant.js'
import type { Call } from '../call.js'
import { itemsOf, membersOf, type Members } from '../reply.js'
import { editBody, editRequest } from '../spoils.js'

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
  defineMutant('paging/jobs-begin-one-late', 'The first page of jobs is the second.', {
    touches: ['listJobs'],
    spoil: asksFor((page) => ({ page: (page ?? 0) + 1 })),
  }),
  defineMutant('paging/total-of-the-page', 'The total counts the entries of the page.', {
    touches: ['listJobs'],
    spoil: editPage((page) => ({ ...page, total: itemsOf(page['content']).length })),
  }),
  defineMutant('paging/default-size-of-ten', 'Without a size a page holds ten.', {
    touches: ['listJobs'],
    spoil: asksFor((_, size) => ({ size: size ?? 10 })),
  }),
  defineMutant('paging/default-size-unlimited', 'Without a size everything comes on one page.', {
    touches: ['listJobs'],
    spoil: asksFor((_, size) => ({ size: size ?? 1000 })),
  }),
  defineMutant('paging/size-at-most-three', 'No page holds more than three entries.', {
    touches: ['listJobs'],
    spoil: asksFor((_, size) => ({ size: Math.min(size ?? 25, 3) })),
  }),
  defineMutant('paging/large-size-refused', 'A size beyond 50 is taken for the default.', {
    touches: ['listJobs'],
    spoil: asksFor((_, size) => ({ size: size !== undefined && size > 50 ? 1 : (size ?? 25) })),
  }),
  defineMutant('paging/runners-total-of-the-page', 'The total of runners counts those of the page.', {
    touches: ['listRunners'],
    spoil: editPage((page) => ({ ...page, total: itemsOf(page['content']).length })),
  }),
  defineShould('paging/projects-from-zero', 'Pages of projects count from 0.', {
    touches: ['findProjects'],
    spoil: asksFor((page) => (page === undefined ? {} : { page: page + 1 })),
  }),
]
