/** Traces with their spans, and configurations, of a last state as a scenario has them. */
import { isObject } from '../../../kernel/form.js'
import { present } from '../../base/words.js'
import type { ScriptedSpan } from '../../agents/agent-script.js'
import type { ScenarioBlueprint, ScenarioTrace } from '../scenario.js'
import { envsOf } from './follow-entries.js'
import { listAt, momentAt, textAt, type Fields } from './answered-call.js'
import type { Texts } from './replace-texts.js'
import { ownId, spanOf, type Writing } from './writing.js'

export function tracesOf(writing: Writing): readonly ScenarioTrace[] {
  const { state, end, texts, ownerOf, projectOf, note } = writing
  const spans = new Map<string, Fields[]>()
  for (const { fields } of state.spans.values()) {
    const trace = textAt(fields, 'trace_id').toLowerCase()
    spans.set(trace, [...(spans.get(trace) ?? []), fields])
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
    const thread = textAt(fields, 'thread_id')
    return {
      ...{ name: textAt(fields, 'name').trim() === '' ? 'trace' : texts.name('name', textAt(fields, 'name')) },
      ...projectOf(owner, textAt(fields, 'project_id'), textAt(fields, 'project_name')),
      // A trace belongs to a workspace, whoever sent it.
      ...present({ workspace: ownerOf(owner).workspace, id: ownId(id) }),
      ...spanOf('ago_ms', begin, end),
      ...{ for_ms: spanOf('for_ms', begin, over ?? end).for_ms ?? 0 },
      ...(thread.trim() === '' ? {} : { thread_id: texts.name('thread', thread) }),
      ...payload(fields, ['input', 'output', 'metadata'], texts),
      ...(Array.isArray(tags) && tags.length > 0
        ? {
            tags: tags
              .map(String)
              .filter((tag) => tag.trim() !== '')
              .map(texts.text),
          }
        : {}),
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
    ...present({ type: TYPES.find((type) => type === span['type']), inside }),
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

export function blueprintsOf({ state, texts, ownerOf, projectOf, note }: Writing): readonly ScenarioBlueprint[] {
  return [...state.blueprints.values()].flatMap(({ owner, fields }) => {
    const values = listAt(fields, 'values').flatMap((value) => toValue(value, texts))
    if (fields['type'] !== 'blueprint' || values.length === 0) {
      note('masks of configurations left out')
      return []
    }
    const description = textAt(fields, 'description')
    const envs = envsOf(fields).map((name) => texts.name('environment', String(name)))
    return {
      ...projectOf(owner, textAt(fields, 'project_id'), textAt(fields, 'project_name')),
      ...present({ workspace: ownerOf(owner).workspace }),
      ...(description === '' ? {} : { description: texts.text(description) }),
      values,
      ...(envs.length === 0 ? {} : { envs }),
    }
  })
}
