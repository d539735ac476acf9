/** What answers the operations on prompts and their versions. A name is one prompt's in its workspace, whatever the project. */
import { foldText } from '../../kernel/fold-text.js'
import { isVersion7 } from '../../kernel/id-source.js'
import { carry, refuseTaken } from '../collections/write-entry.js'
import type { CollectionCode, KeptContext, KeptResolver, OneOperation, View } from '../engine/collection-code.js'
import { isRefused, refused, type Entry, type Refused } from '../world/collection.js'
import { makeProject, namedProject, type ProjectName } from '../computed/named-project.js'
import { oncePerList } from '../computed/shown-fields.js'
import { present } from '../base/words.js'
import { variablesOf } from './prompt-templates.js'

/** Read alone, it tells its newest version. */
const viewPrompt: View = (prompt, context, query) => {
  const { total, entries } = versionsOf(prompt, context)
  const [latest] = entries
  const newest = query === undefined && latest !== undefined ? { latest_version: summaryOf(latest, context) } : {}
  return { ...withoutNoTags(prompt), version_count: total, ...newest }
}

/** Read alone, it tells which names its template has. */
const viewVersion: View = (version, _, query) => {
  const { metadata = null, ...rest } = withoutNoTags(version)
  return query === undefined ? { ...rest, metadata, variables: variablesIn(version) } : { ...rest, metadata }
}

function variablesIn({ template, type }: Entry): string[] {
  return variablesOf(String(template), type)
}

/** A version as its prompt shows it. */
function summaryOf(version: Entry, { world }: KeptContext): Entry {
  const { prompt_id: _prompt, template_structure: _structure, ...shown } = withoutNoTags(version)
  const nothing = world.deviations.saysNullDescription === true ? { change_description: 'null' } : {}
  return { ...nothing, metadata: null, ...shown, variables: variablesIn(version) }
}

function withoutNoTags({ tags, ...entry }: Entry): Entry {
  return Array.isArray(tags) && tags.length > 0 ? { ...entry, tags } : entry
}

/** Greatest id first. */
function versionsOf({ id }: Entry, { world, caller }: KeptContext): { total: number; entries: readonly Entry[] } {
  return world.collections.promptVersions.list(caller, { prompt_id: String(id) })
}

function promptNamed(name: string, { world, caller }: KeptContext): Entry | undefined {
  return world.collections.prompts.findBy(caller, 'name', name)
}

const createPrompt: KeptResolver<'createPrompt'> = ({ body }, context) => {
  const { id, name, template, metadata, change_description, type } = body
  const { prompts } = context.world.collections
  const wrong = refuseId(id) ?? refuseTaken(prompts, context.caller, { name })
  if (wrong !== undefined) return wrong
  if (id !== undefined && prompts.find(context.caller, id) !== undefined) return refused('keyTaken', { key: id })
  const prompt = makePrompt(body, context)
  if (isRefused(prompt)) return prompt
  if (template !== undefined) addVersion(prompt, { template, metadata, change_description, type }, context)
  return { made: String(prompt['id']) }
}

/** What a prompt is made of, and its project. */
interface PromptDraft extends ProjectName {
  readonly id?: string | undefined
  readonly name: string
  readonly template_structure?: string | undefined
}

function makePrompt(draft: PromptDraft, context: KeptContext): Entry | Refused<'noProject', 'project'> {
  const { id, project_name: name, template_structure = 'text' } = draft
  const { prompts } = context.world.collections
  const known = namedProject(draft, context)
  if (isRefused(known)) return known
  const project_id = known ?? (name === undefined ? undefined : makeProject(name, context))
  const written = carry(prompts, { ...draft, project_id, template_structure })
  return prompts.add(context.caller, id?.toLowerCase() ?? prompts.newKey(), written)
}

/** What a version is made of. */
interface VersionDraft {
  readonly id?: string | undefined
  readonly commit?: string | undefined
  readonly type?: string | undefined
  readonly [field: string]: unknown
}

/** A prompt has changed when it has another version. */
function addVersion(prompt: Entry, draft: VersionDraft, context: KeptContext): Entry {
  const { prompts, promptVersions } = context.world.collections
  prompts.put(context.caller, { ...prompt, ...prompts.stamp('changed', context.caller) })
  const id = draft.id?.toLowerCase() ?? promptVersions.newKey()
  const { type = 'mustache', commit = id.slice(-8) } = draft
  const { id: prompt_id, template_structure } = prompt
  const version_number = `v${versionsOf(prompt, context).total + 1}`
  const written = { ...carry(promptVersions, draft), commit, version_number, type, prompt_id, template_structure }
  return promptVersions.add(context.caller, id, present(written))
}

const createPromptVersion: KeptResolver<'createPromptVersion'> = ({ body }, context) => {
  const { name, version, ...rest } = body
  const { id, commit } = version
  const { caller, world } = context
  const project = namedProject(rest, context)
  const wrong = refuseId(id) ?? (isRefused(project) ? project : undefined)
  if (wrong !== undefined) return wrong
  const isTaken = id !== undefined && world.collections.promptVersions.find(caller, id) !== undefined
  if (isTaken && world.deviations.replacesTakenIds !== true) return refused('keyTaken', { key: id })
  const prompt = promptNamed(name, context) ?? makePrompt({ ...rest, name }, context)
  if (isRefused(prompt)) return prompt
  if (commit !== undefined && versionsOf(prompt, context).entries.some((each) => isOfCommit(each, commit))) {
    return refused('commitTaken', { commit })
  }
  const added = addVersion(prompt, isTaken ? { ...version, id: undefined } : version, context)
  return { body: viewVersion(added, context, undefined) }
}

function isOfCommit(version: Entry, commit: string): boolean {
  return foldText(String(version['commit'])) === foldText(commit)
}

function refuseId(id: string | undefined): Refused<'wrongVersion', 'field' | 'value'> | undefined {
  return id === undefined || isVersion7(id) ? undefined : refused('wrongVersion', { field: 'id', value: id })
}

const retrievePromptVersion: KeptResolver<'retrievePromptVersion'> = ({ body }, context) => {
  const { name, commit, version_number } = body
  const prompt = promptNamed(name, context)
  const versions = prompt === undefined ? [] : versionsOf(prompt, context).entries
  const found = versions.find((version) => {
    if (version_number !== undefined) return version['version_number'] === version_number
    return commit === undefined || isOfCommit(version, commit)
  })
  return found === undefined ? refused('noPromptVersion', {}) : { body: viewVersion(found, context, undefined) }
}

function versionsWith(commit: string, { world, caller }: KeptContext): readonly Entry[] {
  return byCommit(world.collections.promptVersions.list(caller).entries).get(foldText(commit)) ?? []
}

const byCommit = oncePerList((versions) => {
  const found = new Map<string, Entry[]>()
  for (const version of versions) {
    const commit = foldText(String(version['commit']))
    found.set(commit, [...(found.get(commit) ?? []), version])
  }
  return found
})

const getPromptByCommit: KeptResolver<'getPromptByCommit'> = ({ path: { commit } }, context) => {
  if (!/^[\da-z]{8}$/i.test(commit)) return refused('noCommit', {})
  const [version, other] = versionsWith(commit, context)
  const prompt = version && context.world.collections.prompts.find(context.caller, String(version['prompt_id']))
  if (version === undefined || prompt === undefined) return refused('noPromptVersion', {})
  if (other !== undefined) return refused('manyVersions', {})
  return { body: { ...viewPrompt(prompt, context, {}), requested_version: summaryOf(version, context) } }
}

const getPromptsByCommits: KeptResolver<'getPromptsByCommits'> = ({ body: { commits } }, context) => {
  const { prompts } = context.world.collections
  const links = commits.map((commit) => {
    const [version] = versionsWith(commit, context)
    if (version === undefined) return { commit }
    const { id: prompt_version_id, prompt_id } = version
    const prompt_name = prompts.find(context.caller, String(prompt_id))?.['name']
    return { commit, prompt_version_id, prompt_id, prompt_name }
  })
  return { body: links }
}

/** Those of the project in the path, if there is one. */
const ofProject: OneOperation<never> = (_query, _context, { id }) => (id === undefined ? {} : { project_id: id })

/** A prompt that is not there has no versions. */
const ofPrompt: OneOperation<never> = (_query, _context, { id = '' }) => ({ prompt_id: id })

export const promptCode: CollectionCode<'prompts'> = {
  view: viewPrompt,
  narrow: ofProject,
  resolvers: { createPrompt, getPromptByCommit },
}

export const promptVersionCode: CollectionCode<'promptVersions'> = {
  view: viewVersion,
  narrow: ofPrompt,
  resolvers: { createPromptVersion, retrievePromptVersion, getPromptsByCommits },
}
