/** Traces with their spans, versions of configurations and prompts of a last state, with the members of a scenario. */
import { textAt } from '../../../kernel/json-value.js'
import { addTo } from '../../../kernel/group-by.js'
import { momentAt, type Fields } from './answered-call.js'
import { headOf, ownId, spanOf, type Writing } from './writing.js'

export function tracesOf(writing: Writing): readonly Fields[] {
  const { state, end, note } = writing
  const spans = new Map<string, Fields[]>()
  for (const { fields } of state.spans.values()) addTo(spans, textAt(fields, 'trace_id').toLowerCase(), fields)
  for (const id of spans.keys()) if (!state.traces.has(id)) note('traces left out, of which only spans are known')
  return [...state.traces].map(([id, entry]) => {
    const { fields } = entry
    const begin = momentAt(fields, 'start_time') ?? end
    const over = momentAt(fields, 'end_time')
    if (over === undefined) note('traces that were not over, and end when the recording does')
    return {
      ...said(fields),
      ...{ comments: undefined, ...headOf(writing, entry), ...named(fields, 'trace'), error: errorOf(fields) },
      ...{ ago_ms: spanOf(begin, end), for_ms: spanOf(begin, over ?? end) ?? 0 },
      spans: nest(spans.get(id) ?? [], begin),
    }
  })
}

/** null says nothing. */
function said(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

function named(fields: Fields, otherwise: string): { name: string } {
  const name = textAt(fields, 'name')
  return { name: name.trim() === '' ? otherwise : name }
}

function errorOf({ error_info: info }: Fields): string | undefined {
  const [type, message] = [textAt(info, 'exception_type'), textAt(info, 'message')]
  const error = message.startsWith(type) ? message : `${type}: ${message}`
  return error === ': ' ? undefined : error
}

/** Each span behind the one around it, which is named; those of one name stand last, so that no other is taken for it. */
function nest(spans: readonly Fields[], begin: number): Fields[] {
  const beginOf = (span: Fields): number => momentAt(span, 'start_time') ?? begin
  const inOrder = spans.toSorted((a, b) => beginOf(a) - beginOf(b))
  const known = new Set(spans.map((span) => textAt(span, 'id')))
  const below = (parent: string, around: string | undefined): Fields[] => {
    const inner = inOrder.filter((span) => {
      const own = textAt(span, 'parent_span_id').toLowerCase()
      return (known.has(own) ? own : '') === parent
    })
    const isLast = (span: Fields): number => Number(named(span, 'span').name === around)
    return inner
      .toSorted((a, b) => isLast(a) - isLast(b))
      .flatMap((span) => [toSpan(span, begin, around), ...below(textAt(span, 'id'), named(span, 'span').name)])
  }
  return below('', undefined)
}

function toSpan(span: Fields, begin: number, inside: string | undefined): Fields {
  const [from, to] = [momentAt(span, 'start_time') ?? begin, momentAt(span, 'end_time')]
  return {
    ...said(span),
    ...{ ...named(span, 'span'), inside, error: errorOf(span), cost: span['total_estimated_cost'] },
    ...{ after_ms: spanOf(begin, from), for_ms: to === undefined ? undefined : (spanOf(from, to) ?? 0) },
  }
}

export function blueprintsOf(writing: Writing): readonly Fields[] {
  return [...writing.state.blueprints.values()].flatMap((entry) => {
    if (entry.fields['type'] === 'blueprint') return [{ ...entry.fields, ...headOf(writing, entry) }]
    writing.note('masks of configurations left out')
    return []
  })
}

export function promptsOf(writing: Writing): readonly Fields[] {
  const { state, note } = writing
  const taken = new Set<string>()
  return [...state.prompts].flatMap(([id, entry]) => {
    const head = headOf(writing, entry)
    const place = `${head.workspace ?? ''}\n${textAt(entry.fields, 'name').toLowerCase()}`
    if (taken.has(place)) note('prompts without a name of their own left out')
    if (taken.has(place)) return []
    taken.add(place)
    return [{ ...said(entry.fields), ...head, versions: versionsOf(id, writing) }]
  })
}

function versionsOf(promptId: string, { state }: Writing): Fields[] {
  const known = [...state.promptVersions]
    .filter(([, { fields }]) => fields['prompt_id'] === promptId)
    .map(([id, { fields }]) => ({ id, fields, template: textAt(fields, 'template') }))
  // The one that goes by the id of its prompt is not needed any more where another shows its template.
  const isShown = (template: string): boolean =>
    known.some((version) => version.id !== promptId && version.template === template)
  return known
    .filter(({ id, template }) => id !== promptId || !isShown(template))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, fields }) => ({ ...said(fields), id: id === promptId ? undefined : ownId(id) }))
}
