/** Pages of a list, in the API's form. It cuts; what the list holds and in which order is the caller's matter. */

/** One page. */
export interface Page<Item> {
  page: number
  /** The size that was asked for, or the number of entries: the API's resources differ in this. */
  size: number
  total: number
  content: Item[]
}

/** Cuts one page, counted from 0, out of a list; it repeats the size that was asked for, as runner pages do. */
export function cutPage<Item>(items: readonly Item[], page: number, size: number): Page<Item> {
  return { page, size, total: items.length, content: items.slice(page * size, (page + 1) * size) }
}
