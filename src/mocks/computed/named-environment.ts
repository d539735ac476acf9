/** Environments of a workspace by their names, which traces, spans and versions of prompts carry; those that are new are made. */
import { hashText } from '../../kernel/id-source.js'
import { createIdentity, LOCAL_USER } from '../base/identity.js'
import type { KeptContext } from '../engine/collection-code.js'
import { seedKeys, type Entry } from '../world/collection.js'
import type { World } from '../world/world.js'

export const MAX_ENVIRONMENTS = 100

const NAME = /^[\w-]{1,150}$/

/** An environment as a scenario has it. */
export interface SeededEnvironment {
  readonly name: string
  readonly description?: string
  readonly color?: string
  readonly position?: number
}

/** Those that a workspace begins with where something else is there from the start. */
export const FIRST_ENVIRONMENTS: readonly SeededEnvironment[] = [
  { name: 'development', color: '#945FCF', position: 0 },
  { name: 'staging', color: '#12A4B4', position: 1 },
  { name: 'production', color: '#19A979', position: 2 },
]

/** The environment of a name, in any case. */
export function environmentNamed(name: string, { world, caller }: KeptContext): Entry | undefined {
  return world.collections.environments.findBy(caller, 'name', name)
}

/** Makes sure that there is an environment of a name; false where there is no room for another one, or it is no such name. */
export function ensureEnvironment(name: string, context: KeptContext): boolean {
  if (environmentNamed(name, context) !== undefined) return true
  if (!NAME.test(name)) return false
  const { environments } = context.world.collections
  if (environments.list(context.caller).total >= MAX_ENVIRONMENTS) return false
  environments.add(context.caller, environments.newKey(), { name, color: colorOf(name) })
  return true
}

/** Lets a workspace have environments, under ids that are the same in every mock; names that are there already stay. */
export function seedEnvironments(workspace: string, environments: readonly SeededEnvironment[], world: World): void {
  const caller = createIdentity(workspace, LOCAL_USER)
  const collection = world.collections.environments
  const keys = seedKeys(`${workspace} environments`)
  for (const { name, color = colorOf(name), ...rest } of environments) {
    const isThere = collection.findBy(caller, 'name', name) !== undefined
    if (!isThere) collection.add(caller, keys(), { name, color, ...rest })
  }
}

/** The color of an environment that was given none. */
export function colorOf(name: string): string {
  return COLORS[hashText(name) % COLORS.length] ?? ''
}

const COLORS = ['#945FCF', '#12A4B4', '#19A979', '#E8743B', '#6C8893', '#BF399E', '#2F6497', '#EE6868']
