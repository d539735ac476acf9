/** What calls tell of prompts, their versions and the environments of these. */
import { isObject, listOf, memberOf, objectsAt, textAt } from '../../../kernel/json-value.js'
import type { OperationId } from '../../../kernel/operation.js'
import type { AnsweredCall, Fields } from './answered-call.js'
import type { Follow, LastEntry, LastState } from './last-state.js'

/** Puts what is told of an entry beside what is known of it. */
function learn(entries: Map<string, LastEntry>, { owner }: AnsweredCall, id: string, fields: Fields): void {
  if (id !== '') entries.set(id, { owner, fields: { ...entries.get(id)?.fields, ...fields, id } })
}

/** A prompt as answers show it, with the versions in it. */
function learnPrompt({ prompts, promptVersions }: LastState, call: AnsweredCall, shown: unknown): void {
  if (!isObject(shown)) return
  const id = textAt(shown, 'id')
  const { latest_version: latest, requested_version: requested, ...fields } = shown
  learn(prompts, call, id, fields)
  for (const version of [latest, requested]) {
    if (isObject(version)) learn(promptVersions, call, textAt(version, 'id'), { ...version, prompt_id: id })
  }
}

/** A version, and of its prompt what the request tells. */
function learnVersion(state: LastState, call: AnsweredCall, shown: unknown): void {
  if (!isObject(shown)) return
  learn(state.promptVersions, call, textAt(shown, 'id'), shown)
  const name = textAt(call.body, 'name')
  const promptId = textAt(shown, 'prompt_id')
  if (name === '') return
  const { project_id, project_name } = isObject(call.body) ? call.body : {}
  const { template_structure } = shown
  const known = state.prompts.get(promptId)?.fields
  learn(state.prompts, call, promptId, { project_id, project_name, name, template_structure, ...known })
}

const createPrompt: Follow = (state, call) => {
  const { body, madeId } = call
  if (!isObject(body)) return
  const { template, metadata, change_description, type, ...prompt } = body
  learn(state.prompts, call, madeId, prompt)
  if (typeof template !== 'string') return
  // Its id is told by a later answer, if any: until then it goes by that of its prompt.
  learn(state.promptVersions, call, madeId, { template, metadata, change_description, type, prompt_id: madeId })
}

const showsPrompt: Follow = (state, call) => learnPrompt(state, call, call.answer)
const showsPrompts: Follow = (state, call) => {
  for (const prompt of objectsAt(call.answer, 'content')) learnPrompt(state, call, prompt)
}
const showsVersion: Follow = (state, call) => learnVersion(state, call, call.answer)
const showsVersions =
  (find: (answer: unknown) => readonly unknown[]): Follow =>
  (state, call) => {
    for (const version of find(call.answer)) learnVersion(state, call, version)
  }

const updatePrompt: Follow = ({ prompts }, call) => {
  const { body, path } = call
  if (isObject(body)) learn(prompts, call, path['id'] ?? '', { description: undefined, ...body })
}

function forget({ prompts, promptVersions }: LastState, ids: readonly unknown[]): void {
  for (const id of ids) {
    prompts.delete(String(id))
    for (const [key, { fields }] of promptVersions) if (fields['prompt_id'] === id) promptVersions.delete(key)
  }
}

/** An environment goes to one version of its prompt. */
const deploy: Follow = ({ promptVersions }, call) => {
  const id = call.path['versionId'] ?? ''
  const environments = listOf(memberOf(call.body, 'environments'))
  const promptId = promptVersions.get(id)?.fields['prompt_id']
  for (const [key, { owner, fields }] of promptVersions) {
    if (fields['prompt_id'] !== promptId || key === id) continue
    const kept = listOf(fields['environments']).filter((name) => !environments.includes(name))
    promptVersions.set(key, { owner, fields: { ...fields, environments: kept } })
  }
  learn(promptVersions, call, id, { environments })
}

/** By operation, for calls that have succeeded. */
export const promptFollowers: Readonly<Partial<Record<OperationId, Follow>>> = {
  createPrompt,
  createPromptVersion: showsVersion,
  restorePromptVersion: showsVersion,
  retrievePromptVersion: showsVersion,
  getPromptVersionById: showsVersion,
  getPromptVersionByNumber: showsVersion,
  getPromptVersions: showsVersions((answer) => objectsAt(answer, 'content')),
  retrievePromptVersionsByIds: showsVersions(listOf),
  getPromptById: showsPrompt,
  getPromptByCommit: showsPrompt,
  getPrompts: showsPrompts,
  getPromptsByProject: showsPrompts,
  updatePrompt,
  deletePrompt: (state, { path }) => forget(state, [path['id']]),
  deletePromptsBatch: (state, { body }) => forget(state, listOf(memberOf(body, 'ids'))),
  setPromptVersionEnvironment: deploy,
}
