/** Taking back what was handed out in vain. */

/** Puts things back into a queue to where they stood: ids grow with age, so their order is the queue's order. */
export function requeue<Item>(queue: Map<string, Item>, returned: readonly (readonly [string, Item])[]): void {
  const inOrder = [...returned, ...queue].sort(([a], [b]) => (a < b ? -1 : 1))
  queue.clear()
  for (const [id, item] of inOrder) queue.set(id, item)
}
