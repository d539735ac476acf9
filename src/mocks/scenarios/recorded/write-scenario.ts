// Writes a last state as a scenario: what there is, in the order in which it came, with the texts that it shall have.
// Runners and their work are write-runners.ts's subject.
import { constants } from '../../../lifecycle/table.js'
import type { RecordedCaller } from '../../../kernel/recording/recorded-call.js'
import { isObject, objectsAt, textAt } from '../../../kernel/json-value.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import { DEFAULT_PROJECT } from '../../base/settings.js'
import { DEFAULT_WORKSPACE } from '../../base/identity.js'
import { seedKeys } from '../../world/collection.js'
import type { ScriptedSpan } from '../../agents/agent-script.js'
import type {
  Scenario,
  ScenarioOwner,
  ScenarioProject,
  ScenarioSession,
  ScenarioBlueprint,
  ScenarioTrace,
} from '../scenario.js'
import type { LastState } from './last-state.js'
import { momentAt, type Fields } from './answered-call.js'
import type { Texts } from './replace-texts.js'
import { promptsOf } from './write-prompts.js'
import { runnersOf } from './write-runners.js'
import { ownId, spanOf, type Writing } from './writing.js'
import { envsOf } from './follow-entries.js'

/** Writes it; the notes say what is not as it was. */
export function writeScenario(
  state: LastState,
  end: number,
  texts: Texts,
): { scenario: Scenario; notes: readonly string[] } {
  const notes = new Map<string, number>()
  const ownerOf = toOwners(state, texts)
  const projects = createProjects(state, texts, ownerOf)
  const writing: Writing = {
    ...{ state, end, texts, ownerOf, projectOf: projects.refer },
    note: (what) => void notes.set(what, (notes.get(what) ?? 0) + 1),
  }
  for (const [id, { owner }] of state.projects) projects.refer(owner, id)
  const { runners, agents } = runnersOf(writing)
  const saved = { blueprints: blueprintsOf(writing), prompts: promptsOf(writing) }
  const parts = { runners, sessions: sessionsOf(writing), traces: tracesOf(writing), ...saved }
  const lists = Object.entries({ projects: projects.all(), ...parts }).filter(([, list]) => list.length > 0)
  return {
    scenario: { ...(Object.keys(agents).length === 0 ? {} : { agents }), ...Object.fromEntries(lists) },
    notes: [...notes].map(([what, count]) => `${what}: ${count}`),
  }
}

/** Who called most is nobody's key in the default workspace, so that pages show his at once. Keys are in no scenario. */
function toOwners({ callers }: LastState, texts: Texts): (owner: RecordedCaller) => ScenarioOwner {
  const [main] = [...callers.values()].toSorted((a, b) => b.calls - a.calls)
  const others = [...new Set([...callers.values()].map(({ owner }) => owner.user))].filter(
    (user) => user !== main?.owner.user,
  )
  return ({ workspace, user }) => {
    const isElsewhere = main !== undefined && workspace !== main.owner.workspace
    const named = workspace === DEFAULT_WORKSPACE ? 'other-workspace' : texts.name('workspace', workspace)
    const number = others.indexOf(user)
    return {
      ...(isElsewhere ? { workspace: named } : {}),
      ...(number === -1 ? {} : { api_key: `user-${number + 2}` }),
    }
  }
}

interface Projects {
  refer: Writing['projectOf']
  all(): readonly ScenarioProject[]
}

/** Projects by id, or by name where that is all that is known; each name once in its workspace. */
function createProjects(state: LastState, texts: Texts, ownerOf: (owner: RecordedCaller) => ScenarioOwner): Projects {
  const projects = new Map<string, ScenarioProject>()
  const taken = new Set<string>()
  const freeName = (workspace: string, wanted: string): string => {
    const isTaken = (name: string): boolean => taken.has(`${workspace}\n${name.trim().toLowerCase()}`)
    let name = wanted
    for (let number = 2; isTaken(name); number++) name = `${wanted} ${number}`
    taken.add(`${workspace}\n${name.trim().toLowerCase()}`)
    return name
  }
  const byName = (name: string): string | undefined =>
    [...state.projects].find(([, { fields }]) => textAt(fields, 'name') === name)?.[0]
  return {
    refer(owner, givenId, givenName = '') {
      const id = givenId === '' && givenName !== '' ? (byName(givenName) ?? '') : givenId
      const known = textAt(state.projects.get(id)?.fields, 'name') || givenName
      // Of a mock, the default project is known by its id as well.
      const isDefault = known === DEFAULT_PROJECT || id === seedKeys(owner.workspace)()
      if (isDefault || (id === '' && known === '')) return {}
      // A project belongs to a workspace, not to its author.
      const { workspace } = ownerOf(owner)
      const key = `${workspace ?? ''}\n${id || known}`
      const found = projects.get(key)
      if (found !== undefined) return { project: found.name }
      const wanted = known.trim() === '' ? `Project ${projects.size + 1}` : texts.name('project', known)
      const name = freeName(workspace ?? '', wanted)
      projects.set(key, { name, ...omitUndefined({ id: ownId(id), workspace }) })
      return { project: name }
    },
    all: () => [...projects.values()],
  }
}

function sessionsOf({ state, end, ownerOf, projectOf }: Writing): readonly ScenarioSession[] {
  const open = [...state.sessions.values()].filter(({ isActivated, expiresAt }) => !isActivated && expiresAt > end)
  return open.map(({ owner, projectId, type, expiresAt }) => {
    const left = Math.max(constants.session_ttl_seconds_min, Math.ceil((expiresAt - end) / 1000))
    const ttl_seconds = Math.min(left, constants.session_ttl_seconds_max)
    return { type, ...projectOf(owner, projectId), ttl_seconds, ...ownerOf(owner) }
  })
}

function tracesOf(writing: Writing): readonly ScenarioTrace[] {
  const { state, end, texts, ownerOf, projectOf, note } = writing
  const spans = new Map<string, Fields[]>()
  for (const { fields } of state.spans.values()) {
    const trace = textAt(fields, 'trace_id').toLowerCase()
    const known = spans.get(trace)
    if (known === undefined) spans.set(trace, [fields])
    else known.push(fields)
  }
  const lost = [...spans.keys()].filter((id) => !state.traces.has(id))
  for (const _ of lost) note('traces left out, of which only spans are known')
  return [...state.traces].map(([id, { owner, fields }]) => {
    const begin = momentAt(fields, 'start_time') ?? end
    const over = momentAt(fields, 'end_time')
    if (over === undefined) note('traces that were not over, and end when the recording does')
    const own = (spans.get(id) ?? []).toSorted(
      (a, b) => (momentAt(a, 'start_time') ?? 0) - (momentAt(b, 'start_time') ?? 0),
    )
    const tags: unknown = fields['tags']
    const hasTags = Array.isArray(tags) && tags.length > 0
    const labels = hasTags ? tags.map(String).filter((tag) => tag.trim() !== '') : undefined
    const thread = textAt(fields, 'thread_id')
    return {
      ...{ name: textAt(fields, 'name').trim() === '' ? 'trace' : texts.name('name', textAt(fields, 'name')) },
      ...projectOf(owner, textAt(fields, 'project_id'), textAt(fields, 'project_name')),
      // A trace belongs to a workspace, not to its sender.
      ...omitUndefined({ workspace: ownerOf(owner).workspace, id: ownId(id) }),
      ...spanOf('ago_ms', begin, end),
      ...{ for_ms: spanOf('for_ms', begin, over ?? end).for_ms ?? 0 },
      ...(thread.trim() === '' ? {} : { thread_id: texts.name('thread', thread) }),
      ...payload(fields, ['input', 'output', 'metadata'], texts),
      ...omitUndefined({ tags: labels?.map(texts.text) }),
      ...failure(fields, texts),
      ...(own.length === 0 ? {} : { spans: nest(own, begin, texts) }),
    }
  })
}

/** JSON of the caller's. */
function payload<Name extends string>(
  fields: Fields,
  names: readonly Name[],
  texts: Texts,
): { [Each in Name]?: unknown } {
  const found: { [Each in Name]?: unknown } = {}
  for (const name of names)
    if (fields[name] !== undefined && fields[name] !== null) found[name] = texts.json(fields[name])
  return found
}

function failure({ error_info: info }: Fields, texts: Texts): { error?: string } {
  const [type, message] = [textAt(info, 'exception_type'), textAt(info, 'message')]
  const text = message.startsWith(type) ? message : `${type}: ${message}`
  return text.trim() === '' || text === ': ' ? {} : { error: texts.text(text) }
}

/** Each span behind the one around it, which is named; those of one name stand last, so that no other is taken for it. */
function nest(spans: readonly Fields[], begin: number, texts: Texts): ScriptedSpan[] {
  const known = new Set(spans.map((span) => textAt(span, 'id')))
  const below = (parent: string, around: string | undefined): ScriptedSpan[] => {
    const inner = spans.filter((span) => {
      const own = textAt(span, 'parent_span_id').toLowerCase()
      return (known.has(own) ? own : '') === parent
    })
    const named = inner.map((span) => ({ span, written: toSpan(span, begin, around, texts) }))
    const last = named.filter(({ written }) => written.name === around)
    return [...named.filter(({ written }) => written.name !== around), ...last].flatMap(({ span, written }) => [
      written,
      ...below(textAt(span, 'id'), written.name),
    ])
  }
  return below('', undefined)
}

const TYPES = ['general', 'tool', 'llm', 'guardrail'] as const

function toSpan(span: Fields, begin: number, inside: string | undefined, texts: Texts): ScriptedSpan {
  const { usage, total_estimated_cost: cost } = span
  const name = textAt(span, 'name')
  const [from, to] = [momentAt(span, 'start_time') ?? begin, momentAt(span, 'end_time')]
  const [model, provider] = [textAt(span, 'model'), textAt(span, 'provider')]
  const counts = isObject(usage) ? Object.entries(usage).filter(([, count]) => Number.isSafeInteger(count)) : []
  return {
    name: name.trim() === '' ? 'span' : texts.name('name', name),
    ...omitUndefined({ type: TYPES.find((type) => type === span['type']), inside }),
    ...spanOf('after_ms', begin, from),
    ...(to === undefined ? {} : { for_ms: spanOf('for_ms', from, to).for_ms ?? 0 }),
    ...payload(span, ['input', 'output'], texts),
    ...(model === '' ? {} : { model: texts.text(model) }),
    ...(provider === '' ? {} : { provider: texts.text(provider) }),
    ...(counts.length === 0 ? {} : { usage: Object.fromEntries(counts.map(([key, count]) => [key, Number(count)])) }),
    ...(typeof cost === 'number' && cost >= 0 ? { cost } : {}),
    ...failure(span, texts),
  }
}

const VALUE_TYPES = ['string', 'integer', 'float', 'boolean', 'prompt', 'prompt_commit'] as const

function toValue(fields: Fields, texts: Texts): ScenarioBlueprint['values'][number][] {
  const type = VALUE_TYPES.find((each) => each === fields['type'])
  const key = textAt(fields, 'key')
  if (type === undefined || key.trim() === '') return []
  const { value, description } = fields
  const own = (text: string): string => (NUMERIC.includes(type) ? text : texts.text(text))
  return [
    {
      ...{ key: texts.key(key), type },
      ...(typeof value === 'string' ? { value: own(value) } : {}),
      ...(typeof description === 'string' ? { description: texts.text(description) } : {}),
    },
  ]
}

const NUMERIC: readonly string[] = ['integer', 'float', 'boolean']

function blueprintsOf({ state, texts, ownerOf, projectOf, note }: Writing): readonly ScenarioBlueprint[] {
  return [...state.blueprints.values()].flatMap(({ owner, fields }) => {
    const values = objectsAt(fields, 'values').flatMap((value) => toValue(value, texts))
    if (fields['type'] !== 'blueprint' || values.length === 0) {
      note('masks of configurations left out')
      return []
    }
    const description = textAt(fields, 'description')
    const envs = envsOf(fields).map((name) => texts.name('environment', String(name)))
    return {
      ...projectOf(owner, textAt(fields, 'project_id'), textAt(fields, 'project_name')),
      ...omitUndefined({ workspace: ownerOf(owner).workspace }),
      ...(description === '' ? {} : { description: texts.text(description) }),
      values,
      ...(envs.length === 0 ? {} : { envs }),
    }
  })
}
