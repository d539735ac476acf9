/** Traces with their spans, versions of configurations and prompts of a last state, as a scenario has them. */
import { listOf, objectOf, objectsAt, textAt } from '../../../kernel/json-value.js'
import type { ScriptedSpan } from '../../agents/agent-script.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import { FIRST_ENVIRONMENTS } from '../../computed/named-environment.js'
import type { GivenPromptVersion } from '../../given/given-prompt.js'
import type { ScenarioBlueprint, ScenarioPrompt, ScenarioTrace } from '../scenario.js'
import { momentAt, type Fields } from './answered-call.js'
import type { Texts } from './replace-texts.js'
import { headOf, jsonOf, ownId, someOf, spanOf, tagsOf, type Writing } from './writing.js'

export function tracesOf(writing: Writing): readonly ScenarioTrace[] {
  const { state, end, texts, note } = writing
  const spans = new Map<string, Fields[]>()
  for (const { fields } of state.spans.values()) {
    const trace = textAt(fields, 'trace_id').toLowerCase()
    spans.set(trace, spans.get(trace) ?? [])
    spans.get(trace)?.push(fields)
  }
  for (const id of spans.keys()) if (!state.traces.has(id)) note('traces left out, of which only spans are known')
  return [...state.traces].map(([id, entry]) => {
    const { fields } = entry
    const begin = momentAt(fields, 'start_time') ?? end
    const over = momentAt(fields, 'end_time')
    if (over === undefined) note('traces that were not over, and end when the recording does')
    const inOrder = (spans.get(id) ?? []).toSorted(
      (a, b) => (momentAt(a, 'start_time') ?? 0) - (momentAt(b, 'start_time') ?? 0),
    )
    return {
      ...{ name: nameOf(fields, 'trace', texts), for_ms: spanOf(begin, over ?? end) ?? 0 },
      ...headOf(writing, entry),
      ...omitUndefined({
        ago_ms: spanOf(begin, end),
        thread_id: named('thread', textAt(fields, 'thread_id'), texts),
        ...payload(fields, texts),
        metadata: jsonOf(fields['metadata'], texts),
        tags: tagsOf(fields['tags'], texts.text),
        spans: someOf(nest(inOrder, begin, texts)),
      }),
    }
  })
}

/** What replaces a name of its kind; undefined for a blank one. */
function named(kind: string, name: string, texts: Texts): string | undefined {
  return name.trim() === '' ? undefined : texts.name(kind, name)
}

function nameOf(fields: Fields, otherwise: string, texts: Texts): string {
  return named('name', textAt(fields, 'name'), texts) ?? otherwise
}

function payload({ input, output, error_info: info }: Fields, texts: Texts) {
  const [type, message] = [textAt(info, 'exception_type'), textAt(info, 'message')]
  const error = message.startsWith(type) ? message : `${type}: ${message}`
  return {
    ...{ input: jsonOf(input, texts), output: jsonOf(output, texts) },
    error: error.trim() === '' || error === ': ' ? undefined : texts.text(error),
  }
}

/** Each span behind the one around it, which is named; those of one name stand last, so that no other is taken for it. */
function nest(spans: readonly Fields[], begin: number, texts: Texts): ScriptedSpan[] {
  const known = new Set(spans.map((span) => textAt(span, 'id')))
  const below = (parent: string, around: string | undefined): ScriptedSpan[] => {
    const inner = spans.filter((span) => {
      const own = textAt(span, 'parent_span_id').toLowerCase()
      return (known.has(own) ? own : '') === parent
    })
    const written = inner.map((span) => ({ span, written: toSpan(span, begin, around, texts) }))
    const isLast = (each: { written: ScriptedSpan }): number => Number(each.written.name === around)
    return written
      .toSorted((a, b) => isLast(a) - isLast(b))
      .flatMap(({ span, written: own }) => [own, ...below(textAt(span, 'id'), own.name)])
  }
  return below('', undefined)
}

const TYPES = ['general', 'tool', 'llm', 'guardrail'] as const

function toSpan(span: Fields, begin: number, inside: string | undefined, texts: Texts): ScriptedSpan {
  const { usage, total_estimated_cost: cost } = span
  const [from, to] = [momentAt(span, 'start_time') ?? begin, momentAt(span, 'end_time')]
  const counts = Object.entries(objectOf(usage)).filter(([, count]) => Number.isSafeInteger(count))
  return {
    name: nameOf(span, 'span', texts),
    ...omitUndefined({
      ...{ type: TYPES.find((type) => type === span['type']), inside },
      after_ms: spanOf(begin, from),
      for_ms: to === undefined ? undefined : (spanOf(from, to) ?? 0),
      ...payload(span, texts),
      ...{ model: texts.textAt(span, 'model'), provider: texts.textAt(span, 'provider') },
      usage: counts.length === 0 ? undefined : Object.fromEntries(counts.map(([key, count]) => [key, Number(count)])),
      cost: typeof cost === 'number' && cost >= 0 ? cost : undefined,
    }),
  }
}

export function blueprintsOf(writing: Writing): readonly ScenarioBlueprint[] {
  const { state, texts, note } = writing
  return [...state.blueprints.values()].flatMap((entry) => {
    const { fields } = entry
    const values = objectsAt(fields, 'values').flatMap((value) => toValue(value, texts))
    if (fields['type'] !== 'blueprint' || values.length === 0) {
      note('masks of configurations left out')
      return []
    }
    const { id: _, ...head } = headOf(writing, entry)
    const envs = someOf(listOf(fields['envs']).map((name) => texts.name('environment', String(name))))
    return { ...head, ...omitUndefined({ description: texts.textAt(fields, 'description'), envs }), values }
  })
}

const VALUE_TYPES = ['string', 'integer', 'float', 'boolean', 'prompt', 'prompt_commit'] as const
const NUMERIC: readonly string[] = ['integer', 'float', 'boolean']

function toValue(fields: Fields, texts: Texts): ScenarioBlueprint['values'][number][] {
  const type = VALUE_TYPES.find((each) => each === fields['type'])
  const key = textAt(fields, 'key')
  if (type === undefined || key.trim() === '') return []
  const own = (value: unknown, isKept = false): string | undefined =>
    typeof value !== 'string' ? undefined : isKept ? value : texts.text(value)
  const value = own(fields['value'], NUMERIC.includes(type))
  return [{ key: texts.key(key), type, ...omitUndefined({ value, description: own(fields['description']) }) }]
}

const MAX_DESCRIPTION = 255

export function promptsOf(writing: Writing): readonly ScenarioPrompt[] {
  const { state, texts, note } = writing
  const taken = new Set<string>()
  return [...state.prompts].flatMap(([id, entry]) => {
    const { fields } = entry
    const name = named('prompt', textAt(fields, 'name'), texts)
    const head = headOf(writing, entry)
    const place = `${head.workspace ?? ''}\n${name?.toLowerCase()}`
    if (name === undefined || taken.has(place)) {
      note('prompts without a name of their own left out')
      return []
    }
    taken.add(place)
    return {
      ...{ ...head, name, versions: versionsOf(id, writing) },
      ...omitUndefined({
        tags: tagsOf(fields['tags'], (tag) => texts.name('tag', tag)),
        description: texts.textAt(fields, 'description')?.slice(0, MAX_DESCRIPTION),
        template_structure: fields['template_structure'] === 'chat' ? ('chat' as const) : undefined,
      }),
    }
  })
}

function versionsOf(promptId: string, { state, texts }: Writing): GivenPromptVersion[] {
  const known = [...state.promptVersions]
    .filter(([, { fields }]) => fields['prompt_id'] === promptId && textAt(fields, 'template').trim() !== '')
    .map(([id, { fields }]) => ({ id, fields, template: textAt(fields, 'template') }))
  // The one that goes by the id of its prompt is not needed any more where another shows its template.
  const isShown = (template: string): boolean =>
    known.some((version) => version.id !== promptId && version.template === template)
  return known
    .filter(({ id, template }) => id !== promptId || !isShown(template))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, fields }) => toVersion(id === promptId ? undefined : ownId(id), fields, texts))
}

const LANGUAGES = ['jinja2', 'python'] as const

function toVersion(id: string | undefined, fields: Fields, texts: Texts): GivenPromptVersion {
  const environments = listOf(fields['environments']).map((name) => environmentOf(String(name), texts))
  return {
    template: texts.text(textAt(fields, 'template')),
    ...omitUndefined({
      ...{ id, tags: tagsOf(fields['tags'], (tag) => texts.name('tag', tag)) },
      type: LANGUAGES.find((each) => each === fields['type']),
      version_type: fields['version_type'] === 'mask' ? ('mask' as const) : undefined,
      metadata: jsonOf(fields['metadata'], texts),
      change_description: texts.textAt(fields, 'change_description'),
      environments: someOf(environments),
    }),
  }
}

/** The usual ones keep their names. */
function environmentOf(name: string, texts: Texts): string {
  if (FIRST_ENVIRONMENTS.some((each) => each.name === name)) return name
  return texts.name('deployment', name).replaceAll(/[^\w-]/g, '_')
}
