/** The steps of one resource, as the server's kept events tell them, while they go on. */
import type { EventView } from '../../../kernel/admin-views.js'
import { readAdmin } from '../admin-api.js'
import { stepsOf, type Step } from './path-to-state.js'
import { isObject, memberOf } from '../body-shape.js'
import { useWatched } from '../requests/watched-requests.js'

/** The steps; empty when nobody listened when the resource was made, or it is too long ago. */
export function useSteps(machine: 'job' | 'bridgeCommand', id: string): readonly Step[] {
  const { value = [] } = useWatched<readonly Step[]>(`${machine} ${id}`, {
    read: async () => {
      const { body } = await readAdmin(`/history?type=${machine}.*&about=${id}`)
      const events: unknown = memberOf(body, 'events')
      return Array.isArray(events) ? stepsOf(events.filter(isEvent), id) : []
    },
    isAbout: (event) => 'machine' in event && event.resource.id === id,
  })
  return value
}

function isEvent(value: unknown): value is EventView {
  return isObject(value) && 'type' in value
}
