/** Maps of lists, by what their members have in common; and maps in which the oldest makes room. */

/** Adds to the list of a key, which is new for a new key. */
export function addTo<Key, Item>(groups: Map<Key, Item[]>, key: Key, item: Item): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [item])
  else group.push(item)
}

/** The items of each key, in their order; keys stand in the order of their first items. */
export function groupBy<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) addTo(groups, keyOf(item), item)
  return groups
}

/** Remembers at most so many: the oldest makes room, and is returned. */
export function keepNewest<Key, Value>(map: Map<Key, Value>, most: number): Value | undefined {
  const [oldest] = map
  if (map.size <= most || oldest === undefined) return undefined
  map.delete(oldest[0])
  return oldest[1]
}

/** What is remembered under a key, which is the newest from now on. */
export function renew<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make()
  map.delete(key)
  map.set(key, value)
  return value
}
