/** What answers the operations on prompts and their versions. A name is one prompt's in its workspace, whatever the project. */
import { comparableText, isSameName } from '../base/comparable-text.js'
import { groupBy } from '../../kernel/group-by.js'
import { listOf, textsOf } from '../../kernel/json-value.js'
import { pickSharedFields, refuseId, refuseTaken } from '../collections/write-entry.js'
import type { CollectionView, KeptContext, KeptResolvers, KeptSuccess, EntryView } from '../engine/collection-code.js'
import { refuseFor, type Entry } from '../world/collection.js'
import { ensureEnvironment, environmentNamed } from '../computed/named-environment.js'
import { makeProject, findNamedProject, type ProjectName } from '../computed/named-project.js'
import { oncePerList } from '../computed/shown-fields.js'
import { omitUndefined } from '../base/omit-undefined.js'

/** Read alone, it tells its newest version. */
const viewPrompt: EntryView = (prompt, context, query) => {
  const versions = versionsOf(prompt, context)
  const [latest] = versions
  const newest = query === undefined && latest !== undefined ? { latest_version: summaryOf(latest, context) } : {}
  return { ...withoutNoTags(prompt), version_count: versions.length, ...newest }
}

/** Read alone, it tells which names its template has. */
const viewVersion: EntryView = (version, _, query) => {
  const { metadata = null, ...rest } = withoutNoTags(version)
  const [environment] = textsOf(version['environments'])
  const shown = { ...rest, ...omitUndefined({ environment }), metadata }
  return query === undefined ? { ...shown, variables: variablesIn(version) } : shown
}

/** The names that a template asks for, each once. A section, a comment or a partial asks for none; jinja2 templates are not read. */
function variablesIn({ template, type }: Entry): string[] {
  if (type === 'jinja2') return []
  const names =
    type === 'python'
      ? Array.from(String(template).matchAll(PYTHON), ([, name = '']) => name)
      : Array.from(String(template).matchAll(MUSTACHE), ([, raw, tag = '']) => nameIn(raw ?? tag))
  return [...new Set(names.filter((name) => name !== ''))]
}

/** `{name}`; doubled braces stand for braces. */
const PYTHON = /(?<!\{)(?:\{\{)*\{([A-Za-z_]\w*)[^{}]*\}/g

/** `{{{raw}}}` and `{{tag}}`. */
const MUSTACHE = /\{\{\{([^{}]*)\}\}\}|\{\{([^{}]*)\}\}/g

function nameIn(tag: string): string {
  const text = tag.trim()
  if (/^[#^/!>=]/.test(text)) return ''
  return text.startsWith('&') ? text.slice(1).trim() : text
}

/** A version as its prompt shows it. */
function summaryOf(version: Entry, { world }: KeptContext): Entry {
  const { prompt_id: _prompt, template_structure: _structure, ...shown } = withoutNoTags(version)
  const nothing = world.hasQuirk('null-description-text') ? { change_description: 'null' } : {}
  return { ...nothing, metadata: null, ...shown, variables: variablesIn(version) }
}

function withoutNoTags({ tags, ...entry }: Entry): Entry {
  return listOf(tags).length > 0 ? { ...entry, tags } : entry
}

/** The versions of a prompt without its masks, that with the greatest id first: it counts as the latest. */
function versionsOf({ id }: { readonly id?: unknown }, { world, caller }: KeptContext): readonly Entry[] {
  return withoutMasks(world.collections.promptVersions.list(caller, { prompt_id: String(id) }).entries)
}

const withoutMasks = oncePerList((versions) => versions.filter((version) => !isMask(version)))

function isMask({ version_type: type }: Entry): boolean {
  return type === 'mask'
}

function promptNamed(name: string, { world, caller }: KeptContext): Entry | undefined {
  return world.collections.prompts.findBy(caller, 'name', name)
}

/** What a prompt is made of, and its project. */
interface PromptDraft extends ProjectName {
  readonly id?: string | undefined
  readonly name: string
  readonly template_structure?: string | undefined
}

function makePrompt(draft: PromptDraft, context: KeptContext): Entry {
  const { id, project_name: name, template_structure = 'text' } = draft
  const { prompts } = context.world.collections
  const known = findNamedProject(draft, context)
  const project_id = known ?? (name === undefined ? undefined : makeProject(name, context))
  const written = pickSharedFields(prompts, { ...draft, project_id, template_structure })
  return prompts.add(context.caller, id?.toLowerCase() ?? prompts.newKey(), written)
}

/** What a version is made of. */
interface VersionDraft {
  readonly id?: string | undefined
  readonly commit?: string | undefined
  readonly type?: string | undefined
  readonly version_type?: string | undefined
  readonly environments?: readonly string[] | undefined
  readonly [field: string]: unknown
}

/** Adds a version, with which its prompt has changed, or a mask. */
function addVersion(prompt: Entry, draft: VersionDraft, { world, caller }: KeptContext): Entry {
  const { prompts, promptVersions } = world.collections
  const id = draft.id?.toLowerCase() ?? promptVersions.newKey()
  const { type = 'mustache', commit = id.slice(-8), version_type = 'prompt_version', environments = [] } = draft
  const { id: prompt_id, template_structure } = prompt
  const written = {
    ...pickSharedFields(promptVersions, draft),
    ...{ commit, version_type, type, prompt_id, template_structure },
  }
  if (version_type === 'mask') return promptVersions.add(caller, id, omitUndefined(written))
  prompts.change(caller, prompt, {})
  const numbers = versionsOf(prompt, { world, caller }).map((each) => Number(String(each['version_number']).slice(1)))
  const version_number = `v${Math.max(0, ...numbers) + 1}`
  return promptVersions.add(caller, id, omitUndefined({ ...written, version_number, environments }))
}

function isDeployedTo({ environments }: Entry, environment: string): boolean {
  return textsOf(environments).some((name) => isSameName(name, environment))
}

/** Names without those that are there already, in whatever case. */
function distinct(names: readonly string[]): string[] {
  return [...new Map(names.toReversed().map((name) => [comparableText(name), name])).values()].toReversed()
}

/** A version as it is read alone. */
function readAlone(version: Entry | undefined, context: KeptContext): KeptSuccess {
  return { body: viewVersion(version ?? refuseFor('noPromptVersion'), context, undefined) }
}

/** A version or mask of one prompt. */
function versionOfPrompt(promptId: string, id: string = '', { world, caller }: KeptContext): Entry | undefined {
  const found = world.collections.promptVersions.find(caller, id)
  return found?.['prompt_id'] === promptId ? found : undefined
}

/** With all of their versions. */
function deletePrompts(ids: readonly string[], { world, caller }: KeptContext): void {
  for (const id of ids) world.collections.promptVersions.deleteWhere(caller, { prompt_id: id.toLowerCase() })
  world.collections.prompts.deleteAll(caller, ids)
}

function versionsWith(commit: string, { world, caller }: KeptContext): readonly Entry[] {
  return byCommit(world.collections.promptVersions.list(caller).entries).get(comparableText(commit)) ?? []
}

const byCommit = oncePerList((versions) =>
  groupBy(withoutMasks(versions), ({ commit }) => comparableText(String(commit))),
)

export const promptViews = {
  prompts: {
    view: viewPrompt,
    /** Those of the project in the path, if there is one. */
    narrow: (_query, _context, { id }) => (id === undefined ? {} : { project_id: id }),
  },
  promptVersions: {
    view: viewVersion,
    /** A prompt that is not there has no versions. */
    narrow: (_query, _context, { id = '' }) => ({ prompt_id: id, version_type: 'prompt_version' }),
  },
} satisfies Readonly<Record<string, CollectionView>>

export const promptResolvers = {
  createPrompt({ body }, context) {
    const { id, name, template, metadata, change_description, type } = body
    const { prompts } = context.world.collections
    refuseId(id)
    refuseTaken(prompts, context.caller, { name })
    if (id !== undefined && prompts.find(context.caller, id) !== undefined) refuseFor('keyTaken', { key: id })
    const prompt = makePrompt(body, context)
    if (template !== undefined) addVersion(prompt, { template, metadata, change_description, type }, context)
    return { created: String(prompt['id']) }
  },

  getPromptById({ path: { id }, query: { mask_id, environment } }, context) {
    if (mask_id !== undefined && environment !== undefined) refuseFor('twoVersions')
    if (environment !== undefined && !/^[\w-]{1,150}$/.test(environment)) refuseFor('badEnvironment')
    const prompt = context.world.collections.prompts.find(context.caller, id) ?? refuseFor('unknown', { key: id })
    const body = viewPrompt(prompt, context, undefined)
    if (mask_id === undefined && environment === undefined) return { body }
    const requested =
      environment === undefined
        ? versionOfPrompt(id, mask_id, context)
        : versionsOf(prompt, context).find((version) => isDeployedTo(version, environment))
    if (requested === undefined || isMask(requested) !== (environment === undefined)) refuseFor('noPromptVersion')
    return { body: { ...body, requested_version: summaryOf(requested, context) } }
  },

  getPromptByCommit({ path: { commit } }, context) {
    if (!/^[\da-z]{8}$/i.test(commit)) refuseFor('noCommit')
    const [version, other] = versionsWith(commit, context)
    const prompt = version && context.world.collections.prompts.find(context.caller, String(version['prompt_id']))
    if (version === undefined || prompt === undefined) refuseFor('noPromptVersion')
    if (other !== undefined) refuseFor('manyVersions')
    return { body: { ...viewPrompt(prompt, context, {}), requested_version: summaryOf(version, context) } }
  },

  updatePrompt({ path: { id }, body }, { world, caller }) {
    const { prompts } = world.collections
    const known = prompts.find(caller, id) ?? refuseFor('unknown', { key: id })
    const { name, description, tags = known['tags'] } = body
    refuseTaken(prompts, caller, { name }, id)
    prompts.put(caller, omitUndefined({ ...known, name, description, tags, ...prompts.stamp('changed', caller) }))
    return {}
  },

  deletePrompt({ path: { id } }, context) {
    if (context.world.collections.prompts.find(context.caller, id) === undefined) refuseFor('unknown', { key: id })
    deletePrompts([id], context)
    return {}
  },

  deletePromptsBatch({ body: { ids } }, context) {
    deletePrompts(ids, context)
    return {}
  },
} satisfies Partial<KeptResolvers>

export const promptVersionResolvers = {
  createPromptVersion({ body: { name, version, ...rest } }, context) {
    const { id, commit, version_type, environment } = version
    const { caller, world } = context
    refuseId(id)
    findNamedProject(rest, context)
    const isTaken = id !== undefined && world.collections.promptVersions.find(caller, id) !== undefined
    if (isTaken && !world.hasQuirk('taken-version-id-replaced')) refuseFor('keyTaken', { key: id })
    const environments = version.environments ?? (environment === undefined ? [] : [environment])
    if (version_type === 'mask' && environments.length > 0) refuseFor('maskDeployed')
    const known = promptNamed(name, context)
    const versions = known === undefined ? [] : versionsOf(known, context)
    if (commit !== undefined && versions.some((each) => isSameName(each['commit'], commit))) {
      refuseFor('commitTaken', { commit })
    }
    const deployed = environments.find((each) => versions.some((other) => isDeployedTo(other, each)))
    if (deployed !== undefined) refuseFor('deployed', { name: deployed })
    if (!environments.every((each) => ensureEnvironment(each, context))) refuseFor('tooMany')
    const prompt = known ?? makePrompt({ ...rest, name }, context)
    const draft = { ...version, environments: distinct(environments), ...(isTaken && { id: undefined }) }
    return { body: viewVersion(addVersion(prompt, draft, context), context, undefined) }
  },

  updatePromptVersions({ body: { ids, update, merge_tags: isMerging } }, { world, caller }) {
    const { promptVersions } = world.collections
    for (const id of update.tags === undefined ? [] : ids) {
      const version = promptVersions.find(caller, id)
      if (version === undefined) continue
      const tags = [...new Set([...(isMerging ? textsOf(version['tags']) : []), ...(update.tags ?? [])])]
      promptVersions.put(caller, { ...version, tags })
    }
    return {}
  },

  retrievePromptVersion({ body: { name, commit, version_number: number, environment } }, context) {
    const prompt = promptNamed(name, context)
    const found = (prompt === undefined ? [] : versionsOf(prompt, context)).find((version) => {
      if (environment !== undefined) return isDeployedTo(version, environment)
      if (number !== undefined) return version['version_number'] === number
      return commit === undefined || isSameName(version['commit'], commit)
    })
    return readAlone(found, context)
  },

  getPromptsByCommits({ body: { commits } }, context) {
    const { prompts } = context.world.collections
    const links = commits.map((commit) => {
      const [version] = versionsWith(commit, context)
      if (version === undefined) return { commit }
      const { id: prompt_version_id, prompt_id } = version
      const prompt_name = prompts.find(context.caller, String(prompt_id))?.['name']
      return { commit, prompt_version_id, prompt_id, prompt_name }
    })
    return { body: links }
  },

  getPromptVersionByNumber({ path: { promptId: id, versionNumber: number } }, context) {
    if (!/^v\d{1,9}$/.test(number)) refuseFor('badNumber')
    const versions = versionsOf({ id }, context)
    return readAlone(
      versions.find((version) => version['version_number'] === number),
      context,
    )
  },

  restorePromptVersion({ path: { promptId: key, versionId } }, context) {
    const prompt = context.world.collections.prompts.find(context.caller, key) ?? refuseFor('noPrompt', { key })
    const version = versionOfPrompt(key, versionId, context)
    if (version === undefined || isMask(version)) refuseFor('noPromptVersion')
    const { template, metadata, type, version_number } = version
    const change_description = `Restored from version ${String(version_number)}`
    return readAlone(
      addVersion(prompt, { template, metadata, type: String(type), change_description }, context),
      context,
    )
  },

  retrievePromptVersionsByIds({ body: { ids } }, context) {
    const found = ids.map((id) => context.world.collections.promptVersions.find(context.caller, id))
    return { body: found.flatMap((each) => (each === undefined ? [] : [viewVersion(each, context, undefined)])) }
  },

  setPromptVersionEnvironment({ path, body: { environments } }, context) {
    const { promptVersions } = context.world.collections
    const version = promptVersions.find(context.caller, path.versionId) ?? refuseFor('noPromptVersion')
    if (isMask(version)) refuseFor('maskDeployed')
    const unknown = environments.find((name) => environmentNamed(name, context) === undefined)
    if (unknown !== undefined) refuseFor('noEnvironmentNamed', { name: unknown })
    for (const other of versionsOf({ id: version['prompt_id'] }, context)) {
      const before = textsOf(other['environments'])
      const kept = before.filter((name) => !environments.some((each) => isSameName(name, each)))
      if (kept.length < before.length) promptVersions.put(context.caller, { ...other, environments: kept })
    }
    promptVersions.put(context.caller, { ...version, environments: distinct(environments) })
    return {}
  },
} satisfies Partial<KeptResolvers>
