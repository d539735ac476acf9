/** What calls tell of projects, traces, spans, configurations and prompts: what was sent last of each counts, or was shown. */
import { keptOperations, type KeptOperation } from '../../../generated/collection-operations.js'
import { operations } from '../../../kernel/all-operations.js'
import {
  isObject,
  listOf,
  memberOf,
  objectOf,
  objectsAt,
  objectsOf,
  textAt,
  textsOf,
  type JsonObject,
} from '../../../kernel/json-value.js'
import type { OperationId } from '../../../kernel/operation.js'
import { entryKinds, type EntryKind, type Follow, type LastState, type AnsweredCall } from './last-state.js'

export const kept: Readonly<Partial<Record<OperationId, KeptOperation>>> = keptOperations

/** Operations of which neither the table of collections nor their form tells what they do. */
const coded: Readonly<Partial<Record<OperationId, Follow>>> = {
  createAgentConfig: saveBlueprint,
  updateAgentConfig: saveBlueprint,
  createOrUpdateEnvs: pointEnvironments,
  // Shows a part of a version as if it were one.
  getDeltaById: () => undefined,
  createPrompt,
  updatePrompt: ({ prompts }, call) =>
    learn(prompts, call, call.path['id'], { description: undefined, ...objectOf(call.body) }),
  setPromptVersionEnvironment: deploy,
}

export const followEntries: Follow = (state, call) => {
  const { operation, answer, body, path, madeId } = call
  const kind = entryKinds.find((each) => each === kept[operation]?.collection)
  if (kind === undefined) return
  const way = coded[operation] ?? wayOf(call, kind)
  if (typeof way === 'function') way(state, call)
  if (way === 'list') for (const shown of objectsAt(answer, 'content')) show(state, call, kind, shown)
  if (way === 'read') for (const shown of [answer, ...objectsOf(answer)]) show(state, call, kind, shown)
  if (way === 'create') learn(state[kind], call, madeId, { ...objectOf(body) })
  if (way === 'createMany') for (const each of objectsAt(body, kind)) learn(state[kind], call, '', each)
  if (way === 'patch')
    for (const id of textsOf(memberOf(body, 'ids') ?? [path['id']]))
      learn(state[kind], call, id, objectOf(memberOf(body, 'update') ?? body))
  if (way === 'delete') forget(state, kind, [path['id']])
  if (way === 'deleteMany') forget(state, kind, listOf(memberOf(body, 'ids')))
}

/** What a call does: by the table of collections, which of some operations only says that code does it, or by its form. */
function wayOf({ operation, body, status, madeId, query }: AnsweredCall, kind: EntryKind) {
  const role = kept[operation]?.role
  if (role !== 'code') return role
  const { method } = operations[operation]
  if (method === 'PATCH') return 'patch'
  if (method === 'DELETE') return 'delete'
  if (madeId !== '' && kind !== 'blueprints') return 'create'
  if (Array.isArray(memberOf(body, kind))) return 'createMany'
  if (status === 204) return 'deleteMany'
  // A version under a mask is not as it was saved.
  return query.has('mask_id') ? undefined : 'read'
}

/** Puts what is told of an entry beside what is known of it. An id of its own goes before the one that it was given. */
function learn(entries: LastState[EntryKind], { owner }: AnsweredCall, given = '', told: JsonObject): void {
  const id = (textAt(told, 'id') || given).toLowerCase()
  if (id !== '') entries.set(id, { owner, fields: { ...entries.get(id)?.fields, ...told, id } })
}

/** What an answer shows. Of traces and spans it may be shortened, so that what was sent says more. */
function show(state: LastState, call: AnsweredCall, kind: EntryKind, shown: unknown): void {
  if (!isObject(shown)) return
  const id = textAt(shown, 'id')
  const isShort = kind === 'traces' || kind === 'spans'
  const { latest_version, requested_version, ...fields } = shown
  if (!isShort || !state[kind].has(id)) learn(state[kind], call, id, fields)
  for (const version of objectsOf([latest_version, requested_version]))
    learn(state.promptVersions, call, '', { ...version, prompt_id: id })
  const name = textAt(call.body, 'name')
  if (kind !== 'promptVersions' || name === '') return
  // The request for a version tells of its prompt.
  const { project_id, project_name } = objectOf(call.body)
  const promptId = textAt(shown, 'prompt_id')
  const known = state.prompts.get(promptId)?.fields
  const told = { project_id, project_name, name, template_structure: shown['template_structure'] }
  learn(state.prompts, call, promptId, { ...told, ...known })
}

function forget(state: LastState, kind: EntryKind, ids: readonly unknown[]): void {
  for (const id of ids.map((each) => String(each).toLowerCase())) {
    state[kind].delete(id)
    for (const [key, { fields }] of state.promptVersions)
      if (fields['prompt_id'] === id) state.promptVersions.delete(key)
  }
}

function saveBlueprint({ blueprints }: LastState, call: AnsweredCall): void {
  const { body, madeId } = call
  const draft = memberOf(body, 'blueprint')
  const { project_id, project_name } = objectOf(body)
  if (isObject(draft)) learn(blueprints, call, madeId, { ...draft, project_id, project_name })
}

function createPrompt(state: LastState, call: AnsweredCall): void {
  const { body, madeId } = call
  const { template, metadata, change_description, type, ...prompt } = objectOf(body)
  learn(state.prompts, call, madeId, prompt)
  if (typeof template !== 'string') return
  // Its id is told by a later answer, if any: until then it goes by that of its prompt.
  learn(state.promptVersions, call, madeId, { template, metadata, change_description, type, prompt_id: madeId })
}

/** An environment points to one version of its project. */
function pointEnvironments({ blueprints }: LastState, { body }: AnsweredCall): void {
  for (const { env_name, blueprint_id } of objectsAt(body, 'envs'))
    moveNames(blueprints, String(blueprint_id).toLowerCase(), 'envs', 'project_id', [env_name])
}

/** An environment goes to one version of its prompt. */
function deploy({ promptVersions }: LastState, call: AnsweredCall): void {
  const id = call.path['versionId'] ?? ''
  const environments = listOf(memberOf(call.body, 'environments'))
  moveNames(promptVersions, id, 'environments', 'prompt_id', environments)
  learn(promptVersions, call, id, { environments })
}

function moveNames(
  entries: LastState[EntryKind],
  id: string,
  list: string,
  family: string,
  names: readonly unknown[],
): void {
  const target = entries.get(id)?.fields
  if (target === undefined) return
  for (const [key, { owner, fields }] of entries) {
    if (fields[family] !== target[family]) continue
    const others = listOf(fields[list]).filter((name) => !names.includes(name))
    entries.set(key, { owner, fields: { ...fields, [list]: key === id ? [...others, ...names] : others } })
  }
}
