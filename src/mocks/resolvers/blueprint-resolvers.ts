/**
 * What answers the operations on agent configurations: versions, masks laid over them, environments, history. Of a
 * project versions and masks are kept side by side, each a full snapshot of its values, and each with the environments
 * that point to it; it has a configuration when it has a version.
 */
import { objectsAt, textsOf } from '../../kernel/json-value.js'
import type { KeptContext, KeptResolvers, KeptSuccess } from '../engine/collection-code.js'
import { refuseFor, type Entry } from '../world/collection.js'
import { makeProject, findNamedProject, requireProject, type ProjectName } from '../computed/named-project.js'
import { oncePerList } from '../computed/shown-fields.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { isSameName } from '../base/comparable-text.js'

/** The environment that points to the first version. */
const FIRST_ENVIRONMENT = 'prod'

const MAX_ENVIRONMENT_NAME = 50

export const blueprintResolvers = {
  createAgentConfig({ body }, context) {
    const { blueprint, project_name: name = '' } = body
    refuseWrite(body, blueprint)
    if (blueprint.type === 'mask') refuseFor('maskFirst')
    const known = findNamedProject(body, context)
    if (known !== undefined && versionsOf(known, context).length > 0) refuseFor('configured', { project: known })
    refuseTakenId(blueprint, context)
    const project = known ?? makeProject(name, context)
    const { id, type, description, values } = store(project, blueprint, context)
    point(project, FIRST_ENVIRONMENT, String(id), context)
    return { created: String(id), body: { id, type, description, values } }
  },

  updateAgentConfig({ body }, context) {
    const { blueprint } = body
    refuseWrite(body, blueprint)
    const { project_id: project } = requireProject(body, context)
    latestOf(project, context)
    refuseTakenId(blueprint, context)
    return made(store(project, blueprint, context))
  },

  createOrUpdateEnvs({ body }, context) {
    const project = body.project_id.toLowerCase()
    const name = twiceIn(body.envs.map((env) => env.env_name))
    if (name !== undefined) refuseFor('namedTwice', { name })
    latestOf(project, context)
    const wrong = body.envs.find(({ blueprint_id: id }) => !mayBeTarget(project, id, context))
    if (wrong !== undefined) refuseFor('noBlueprint', { key: wrong.blueprint_id })
    for (const { env_name, blueprint_id } of body.envs) point(project, env_name, blueprint_id.toLowerCase(), context)
    return {}
  },

  getBlueprintByEnv({ path: { project_id: project, env_name: name }, query }, context) {
    latestOf(project, context)
    const target = targetOf(project, name, context)
    return target?.['type'] === 'blueprint'
      ? show(target, query, context)
      : refuseFor('noEnvironment', { project, name })
  },

  setEnvByBlueprintName({ path, body }, context) {
    if (path.env_name.length > MAX_ENVIRONMENT_NAME) refuseFor('longEnvironment')
    const version = findVersion(path.project_id, body.blueprint_name, context)
    point(path.project_id, path.env_name, String(version['id']), context)
    return {}
  },

  deleteEnv({ path }, context) {
    point(path.project_id, path.env_name, undefined, context)
    return {}
  },

  getBlueprintHistory({ path: { project_id: project }, query: { page, size } }, context) {
    const versions = newestFirst(entriesOf(project, context))
    if (versions.length === 0) refuseFor('unconfigured', { project })
    const content = versions.slice((page - 1) * size, page * size).map(({ envs, ...version }) => {
      return textsOf(envs).length === 0 ? version : { ...version, envs }
    })
    return { body: { page, size, total: versions.length, content } }
  },

  getLatestBlueprint({ path: { project_id: project }, query }, context) {
    return show(latestOf(project, context), query, context)
  },

  getBlueprintByName({ path, query }, context) {
    return show(findVersion(path.project_id, path.name, context), query, context)
  },

  createBlueprintFromMask({ path: { project_id: project, mask_id: id } }, context) {
    const latest = latestOf(project, context)
    const mask = maskOf(project, id, context)
    const values = layOver(latest, mask)
    return made(store(project, { type: 'blueprint', description: mask['description'], values }, context))
  },

  removeConfigKeys({ body }, context) {
    const project = requireProject(body, context)
    const [latest = {}] = versionsOf(project.project_id, context)
    const isRemoved = ({ key }: BlueprintValue): boolean => body.keys.includes(key)
    const before = valuesOf(latest)
    const removed = before.filter(isRemoved)
    if (removed.length === 0) return {}
    const values = before.filter((value) => !isRemoved(value))
    const description = `Without ${removed.map(({ key }) => key).join(', ')}.`
    return made(store(project.project_id, { type: 'blueprint', description, values }, context))
  },

  getBlueprintById({ path: { blueprint_id: key }, query }, context) {
    const found = context.world.collections.blueprints.find(context.caller, key)
    return found?.['type'] === 'blueprint' ? show(found, query, context) : refuseFor('noBlueprint', { key })
  },

  getDeltaById({ path: { blueprint_id: key } }, { world, caller }) {
    const found = world.collections.blueprints.find(caller, key) ?? refuseFor('noBlueprint', { key })
    const { envs: _envs, ...body } = found
    return { body }
  },
} satisfies Partial<KeptResolvers>

function made({ id }: Entry): KeptSuccess {
  return { created: String(id) }
}

/** What a schema cannot say of a write. */
function refuseWrite({ project_id, project_name }: ProjectName, { values }: NewBlueprint): void {
  if (project_id === undefined && project_name === undefined) refuseFor('unnamedProject')
  const key = twiceIn(values.map((value) => value.key))
  if (key !== undefined) refuseFor('twice', { key })
}

function twiceIn(names: readonly string[]): string | undefined {
  return names.find((name, place) => names.indexOf(name) !== place)
}

function refuseTakenId({ id: key }: NewBlueprint, { world, caller }: KeptContext): void {
  if (key !== undefined && world.collections.blueprints.find(caller, key) !== undefined) refuseFor('idTaken', { key })
}

/** The version as it is read, the values of a mask laid over it where one is asked for. */
function show(version: Entry, { mask_id: id }: { readonly mask_id?: string }, context: KeptContext): KeptSuccess {
  if (id === undefined) return { body: version }
  return { body: { ...version, values: layOver(version, maskOf(version['project_id'], id, context)) } }
}

function findVersion(project: string, name: string, context: KeptContext): Entry {
  latestOf(project, context)
  return (
    versionsOf(project, context).find((version) => isSameName(version['name'], name)) ??
    refuseFor('noVersion', { project, name })
  )
}

function mayBeTarget(project: string, id: string, { world, caller }: KeptContext): boolean {
  const found = world.collections.blueprints.find(caller, id)
  const isOfType = found?.['type'] === 'blueprint' || world.hasQuirk('mask-as-environment')
  return found?.['project_id'] === project && isOfType
}

interface BlueprintValue {
  readonly key: string
  readonly value?: unknown
  readonly type?: unknown
  readonly description?: unknown
}

/** What is to be stored. */
interface NewBlueprint {
  readonly id?: string | undefined
  readonly type: 'blueprint' | 'mask'
  readonly description?: unknown
  readonly values: readonly BlueprintValue[]
}

/** The versions of a project, that with the greatest id first: it counts as the latest. None where there is no configuration. */
function versionsOf(project: string, context: KeptContext): readonly Entry[] {
  return onlyVersions(entriesOf(project, context))
}

/** The latest version of a project that has a configuration. */
function latestOf(project: string, context: KeptContext): Entry {
  return versionsOf(project, context)[0] ?? refuseFor('unconfigured', { project })
}

const onlyVersions = oncePerList((entries) => entries.filter(({ type }) => type === 'blueprint'))

/** Ids may come from clients, so that they do not tell when a version was made. */
const newestFirst = oncePerList((entries) => onlyVersions(entries).toSorted((a, b) => numberOf(b) - numberOf(a)))

function numberOf({ name }: Entry): number {
  return Number(String(name).slice(1))
}

/** Everything that a project has, masks included. */
function entriesOf(project: string, { world, caller }: KeptContext): readonly Entry[] {
  return world.collections.blueprints.list(caller, { project_id: project }).entries
}

function maskOf(project: unknown, id: string, { world, caller }: KeptContext): Entry {
  const found = world.collections.blueprints.find(caller, id)
  return found?.['type'] === 'mask' && found['project_id'] === project ? found : refuseFor('noMask', { key: id })
}

/** Stores a version under the next name, or a mask, which has none. */
function store(project: string, draft: NewBlueprint, context: KeptContext): Entry {
  const { blueprints } = context.world.collections
  const { id, type, description } = draft
  const name = type === 'mask' ? '' : `v${versionsOf(project, context).length + 1}`
  // What is not known of a value is left out.
  const values = draft.values.map(({ key, value, type: of, description: about }) =>
    omitUndefined({ key, value, type: of, description: about }),
  )
  const written = { project_id: project, name, type, description, envs: [], values }
  return blueprints.add(context.caller, id?.toLowerCase() ?? blueprints.newKey(), omitUndefined(written))
}

function valuesOf(version: Entry): readonly BlueprintValue[] {
  return objectsAt(version, 'values').map((value) => ({ ...value, key: String(value['key']) }))
}

/** The values of a version with those of a mask in the place of the ones with their keys, or behind all. */
function layOver(version: Entry, mask: Entry): BlueprintValue[] {
  return [...new Map([...valuesOf(version), ...valuesOf(mask)].map((value) => [value.key, value])).values()]
}

/** Where an environment points. */
function targetOf(project: string, environment: string, context: KeptContext): Entry | undefined {
  return entriesOf(project, context).find(({ envs }) => textsOf(envs).some((name) => isSameName(name, environment)))
}

/** Points an environment to one version only; to none where none is given. */
function point(project: string, environment: string, to: string | undefined, { world, caller }: KeptContext): void {
  const { blueprints } = world.collections
  const from = targetOf(project, environment, { world, caller })
  if (from?.['id'] === to) return
  if (from !== undefined) {
    const envs = textsOf(from['envs']).filter((name) => !isSameName(name, environment))
    blueprints.put(caller, { ...from, envs })
  }
  const target = to === undefined ? undefined : blueprints.find(caller, to)
  if (target !== undefined) blueprints.put(caller, { ...target, envs: [...textsOf(target['envs']), environment] })
}
