/** Whether an id that a server hands out is a new one. */
import { demand } from './mismatch.js'
import type { World } from './model-world.js'

/** Whether the world has nothing under an id. */
export function isNew(world: World, id: string): boolean {
  const isRunner = world.runners.has(id) || [...world.sessions.values()].some(({ runnerId }) => runnerId === id)
  return id !== '' && !isRunner && !world.sessions.has(id) && !world.jobs.has(id) && !world.commands.has(id)
}

/** The id of something that was created, which must be new. */
export function demandNew(world: World, id: string | undefined, what: string): string {
  demand(id !== undefined && isNew(world, id), `a new id of the ${what}`, id)
  return id
}
