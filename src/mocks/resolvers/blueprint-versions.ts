/**
 * The agent configuration of a project as it is kept: versions and masks side by side, each a full snapshot of its values,
 * and each with the environments that point to it. A project has a configuration when it has a version.
 */
import type { KeptContext } from '../engine/collection-code.js'
import { refused, type Entry, type Refused } from '../world/collection.js'
import { oncePerList } from '../computed/shown-fields.js'
import { present } from '../base/words.js'

export interface BlueprintValue {
  readonly key: string
  readonly value?: string | undefined
  readonly type: string
  readonly description?: string | undefined
}

/** What is to be stored. */
export interface NewBlueprint {
  readonly id?: string | undefined
  readonly type: 'blueprint' | 'mask'
  readonly description?: unknown
  readonly values: readonly BlueprintValue[]
}

/** The versions of a project, newest first; none where it has no configuration. */
export function versionsOf(project: string, context: KeptContext): readonly Entry[] {
  return onlyVersions(entriesOf(project, context))
}

const onlyVersions = oncePerList((entries) =>
  entries.filter(({ type }) => type === 'blueprint').toSorted((a, b) => numberOf(b) - numberOf(a)),
)

/** Ids may come from clients, so that they tell no order. */
function numberOf({ name }: Entry): number {
  return Number(String(name).slice(1))
}

/** Everything that a project has, masks included. */
function entriesOf(project: string, { world, caller }: KeptContext): readonly Entry[] {
  return world.collections.blueprints.list(caller, { project_id: project }).entries
}

export function maskOf(project: unknown, id: string, { world, caller }: KeptContext): Entry | Refused<'noMask', 'key'> {
  const found = world.collections.blueprints.find(caller, id)
  return found?.['type'] === 'mask' && found['project_id'] === project ? found : refused('noMask', { key: id })
}

/** Stores a version under the next name, or a mask, which has none. */
export function store(project: string, draft: NewBlueprint, context: KeptContext): Entry {
  const { blueprints } = context.world.collections
  const { id, type, description, values } = draft
  const name = type === 'mask' ? '' : `v${versionsOf(project, context).length + 1}`
  const written = { project_id: project, name, type, description, envs: [], values: values.map(pick) }
  return blueprints.add(context.caller, id?.toLowerCase() ?? blueprints.newKey(), present(written))
}

/** What is known of a value. */
function pick({ key, value, type, description }: BlueprintValue): Entry {
  return present({ key, value, type, description })
}

/** The values of a version or mask. */
export function valuesOf({ values }: Entry): readonly BlueprintValue[] {
  return Array.isArray(values) ? values.filter(isValue) : []
}

function isValue(value: unknown): value is BlueprintValue {
  return typeof value === 'object' && value !== null && 'key' in value && 'type' in value
}

/** Values with those of a mask in the place of the ones with their keys, or behind all. */
export function layOver(values: readonly BlueprintValue[], mask: Entry): BlueprintValue[] {
  const laid = new Map(values.map((value) => [value.key, value]))
  for (const value of valuesOf(mask)) laid.set(value.key, value)
  return [...laid.values()]
}

/** The environments that point to a version. */
export function environmentsOf({ envs }: Entry): readonly string[] {
  return Array.isArray(envs) ? envs.map(String) : []
}

/** Where an environment points. */
export function targetOf(project: string, environment: string, context: KeptContext): Entry | undefined {
  return entriesOf(project, context).find((entry) => environmentsOf(entry).includes(environment))
}

/** Points an environment to one version only; to none where none is given. */
export function point(project: string, environment: string, to: string | undefined, context: KeptContext): void {
  const { blueprints } = context.world.collections
  const from = targetOf(project, environment, context)
  if (from?.['id'] === to) return
  if (from !== undefined) {
    const envs = environmentsOf(from).filter((name) => name !== environment)
    blueprints.put(context.caller, { ...from, envs })
  }
  const target = to === undefined ? undefined : blueprints.find(context.caller, to)
  if (target !== undefined) {
    blueprints.put(context.caller, { ...target, envs: [...environmentsOf(target), environment] })
  }
}
