/** Environments of a workspace by their names, which traces, spans and versions of prompts carry; those that are new are made. */
import type { KeptContext } from '../engine/collection-code.js'
import type { Entry } from '../world/collection.js'

export const MAX_ENVIRONMENTS = 100

/** Those that a workspace begins with where something else is there from the start. */
export const FIRST_ENVIRONMENTS: readonly { name: string; color: string; position: number }[] = [
  { name: 'development', color: '#945FCF', position: 0 },
  { name: 'staging', color: '#12A4B4', position: 1 },
  { name: 'production', color: '#19A979', position: 2 },
]

/** The environment of a name, in any case. */
export function environmentNamed(name: string, { world, caller }: KeptContext): Entry | undefined {
  return world.collections.environments.findBy(caller, 'name', name)
}

/** Makes sure that there is an environment of a name; false where there is no room for another one. */
export function ensureEnvironment(name: string, context: KeptContext): boolean {
  if (environmentNamed(name, context) !== undefined) return true
  const { environments } = context.world.collections
  if (environments.list(context.caller).total >= MAX_ENVIRONMENTS) return false
  environments.add(context.caller, environments.newKey(), { name, color: colorOf(name) })
  return true
}

/** The color of an environment that was given none. */
export function colorOf(name: string): string {
  let hash = 0
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return COLORS[hash % COLORS.length] ?? ''
}

const COLORS = ['#945FCF', '#12A4B4', '#19A979', '#E8743B', '#6C8893', '#BF399E', '#2F6497', '#EE6868']
