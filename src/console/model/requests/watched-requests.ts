/** Reads something from the admin API, and reads it again whenever an event says that it has changed. */
import { signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { EventView } from '../admin-api.js'
import { takeTurns } from '../platform.js'
import { onEvents } from '../live.js'

/** What is watched: the latest value, and whether it has disappeared on the server since. */
export interface Watched<Value> {
  readonly value: Value | undefined
  readonly isGone: boolean
}

export interface WatchOptions<Value> {
  /** Reads it; undefined when it is missing. `previous`: what was read before, for reading only what is new. */
  readonly read: (previous: Value | undefined) => Promise<Value | undefined>
  /** Which events besides a reset of the world tell of a change. Default: none. */
  readonly isAbout?: (event: EventView) => boolean
  /** The resources that it is and is part of: their moves change it, and with the end of one it is gone. */
  readonly resources?: (value: Value | undefined) => readonly (string | undefined)[]
}

/** Watches something as long as the component is shown and `key` stays the same. */
export function useWatched<Value>(key: string, { read, isAbout, resources }: WatchOptions<Value>): Watched<Value> {
  const watched = useMemo(() => signal<Watched<Value>>({ value: undefined, isGone: false }), [key])
  useEffect(() => {
    let isStopped = false
    const update = takeTurns(async () => {
      const previous = watched.peek().value
      const value = isStopped ? undefined : await read(previous)
      if (!isStopped) watched.value = value === undefined ? { value: previous, isGone: true } : { value, isGone: false }
    })
    const stopHearing = onEvents((events) => {
      const { value } = watched.peek()
      const ids = resources?.(value) ?? []
      const moves = events.filter((event) => 'machine' in event).filter(({ resource }) => ids.includes(resource.id))
      if (value !== undefined && moves.some(({ to }) => to === 'none')) watched.value = { value, isGone: true }
      else if (moves.length > 0 || events.some((event) => event.type === 'reset' || isAbout?.(event) === true))
        void update()
    })
    void update()
    return () => {
      isStopped = true
      stopHearing()
    }
  }, [key])
  return watched.value
}
