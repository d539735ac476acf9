/** What calls tell of projects, traces, spans and configurations: what was sent last of each counts, or was shown. */
import { isObject, listOf, memberOf, objectsAt, textAt } from '../../../kernel/json-value.js'
import type { OperationId } from '../../../kernel/operation.js'
import type { Follow, LastEntry } from './last-state.js'
import type { AnsweredCall, Fields } from './answered-call.js'

type Kind = 'projects' | 'traces' | 'spans' | 'blueprints'
type Find = (call: AnsweredCall) => readonly unknown[]

/** What an answer shows. Of traces and spans it may be shortened, so that what was sent says more. */
function shows(kind: Kind, find: Find = ({ answer }) => [answer]): Follow {
  const isWhole = kind === 'projects' || kind === 'blueprints'
  return (state, call) => {
    for (const each of find(call)) if (isWhole || !state[kind].has(textAt(each, 'id'))) keep(state[kind], call, each)
  }
}

const inPage: Find = ({ answer }) => objectsAt(answer, 'content')

/** What a request makes under an id of its own, or under that of the answer, from nothing or on top of what is known. */
function writes(kind: Kind, find: Find): Follow {
  return (state, call) => {
    for (const each of find(call)) if (isObject(each)) keep(state[kind], call, { id: call.madeId, ...each })
  }
}

/** What a request changes of what is known. */
function changes(kind: Kind): Follow {
  return ({ [kind]: entries }, call) => {
    const id = call.path['id'] ?? ''
    if (isObject(call.body)) keep(entries, call, { ...entries.get(id)?.fields, ...call.body, id })
  }
}

function keep(entries: Map<string, LastEntry>, { owner }: AnsweredCall, fields: unknown): void {
  const id = textAt(fields, 'id').toLowerCase()
  if (isObject(fields) && id !== '') entries.set(id, { owner, fields: { ...fields, id } })
}

function remove(kind: Kind, idsOf: (call: AnsweredCall) => readonly unknown[]): Follow {
  return (state, call) => {
    for (const id of idsOf(call)) state[kind].delete(String(id).toLowerCase())
  }
}

const idInPath: Find = ({ path }) => [path['id']]
const idsInBody: Find = ({ body }) => listOf(memberOf(body, 'ids'))

const saveBlueprint: Follow = ({ blueprints }, call) => {
  const { body, madeId } = call
  const draft = memberOf(body, 'blueprint')
  if (!isObject(body) || !isObject(draft)) return
  const { project_id, project_name } = body
  keep(blueprints, call, { ...draft, project_id, project_name, id: madeId })
}

/** An environment points to one version of its project. */
const pointEnvironments: Follow = ({ blueprints }, { body }) => {
  for (const { env_name: name, blueprint_id } of objectsAt(body, 'envs')) {
    const target = blueprints.get(String(blueprint_id).toLowerCase())
    if (target === undefined) continue
    for (const [id, { owner, fields }] of blueprints) {
      const envs = envsOf(fields).filter((each) => each !== name)
      const isSameProject = fields['project_id'] === target.fields['project_id']
      if (fields === target.fields) blueprints.set(id, { owner, fields: { ...fields, envs: [...envs, name] } })
      else if (isSameProject) blueprints.set(id, { owner, fields: { ...fields, envs } })
    }
  }
}

export function envsOf({ envs }: Fields): readonly unknown[] {
  return Array.isArray(envs) ? envs : []
}

/** By operation, for calls that have succeeded. */
export const entryFollowers: Readonly<Partial<Record<OperationId, Follow>>> = {
  createProject: writes('projects', ({ body }) => [body]),
  updateProject: changes('projects'),
  retrieveProject: shows('projects'),
  getProjectById: shows('projects'),
  findProjects: shows('projects', inPage),
  deleteProjectById: remove('projects', idInPath),
  deleteProjectsBatch: remove('projects', idsInBody),
  createTraces: writes('traces', ({ body }) => objectsAt(body, 'traces')),
  createTrace: writes('traces', ({ body }) => [body]),
  updateTrace: changes('traces'),
  getTraceById: shows('traces'),
  getTracesByProject: shows('traces', inPage),
  deleteTraceById: remove('traces', idInPath),
  deleteTraces: remove('traces', idsInBody),
  createSpans: writes('spans', ({ body }) => objectsAt(body, 'spans')),
  createSpan: writes('spans', ({ body }) => [body]),
  updateSpan: changes('spans'),
  getSpanById: shows('spans'),
  getSpansByProject: shows('spans', inPage),
  createAgentConfig: saveBlueprint,
  updateAgentConfig: saveBlueprint,
  createOrUpdateEnvs: pointEnvironments,
  getLatestBlueprint: shows('blueprints'),
  getBlueprintById: shows('blueprints'),
}
