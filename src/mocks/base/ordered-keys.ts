/** Keys in their order, which for version 7 ids is the order of time: kept sorted, so that no list has to sort. */

/** A set of keys that knows their order. */
export class OrderedKeys {
  private readonly keys: string[] = []

  get size(): number {
    return this.keys.length
  }

  add(key: string): void {
    const last = this.keys.at(-1)
    // Nearly always something new is the newest.
    if (last === undefined || last < key) this.keys.push(key)
    else {
      const place = this.placeOf(key)
      if (this.keys[place] !== key) this.keys.splice(place, 0, key)
    }
  }

  delete(key: string): void {
    const place = this.placeOf(key)
    if (this.keys[place] === key) this.keys.splice(place, 1)
  }

  /** From the newest on, a part of them: `count` after the first `skipped`. */
  newest(skipped = 0, count = this.keys.length): string[] {
    const end = Math.max(this.keys.length - skipped, 0)
    return this.keys.slice(Math.max(end - count, 0), end).reverse()
  }

  /** Where a key is or belongs. */
  private placeOf(key: string): number {
    return placeIn(this.keys, (each) => each < key)
  }
}

/** Where something is or belongs in a list in order: behind all those that precede it. */
export function placeIn<Item>(ordered: readonly Item[], precedes: (each: Item) => boolean): number {
  let [low, high] = [0, ordered.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const each = ordered[middle]
    if (each !== undefined && precedes(each)) low = middle + 1
    else high = middle
  }
  return low
}
