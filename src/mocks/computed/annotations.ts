/** What is said of traces, spans and threads, as it is shown with them: scores with what each author gave, and comments. */
import { groupBy } from '../../kernel/group-by.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { microsecondsOf } from '../collections/field-values.js'
import type { KeptContext } from '../engine/collection-code.js'
import type { Entry } from '../world/collection.js'
import { extended } from '../world/item-store.js'
import { averageOf } from './figures.js'
import { oncePerEntry, oncePerList } from './shown-fields.js'

/** What scores and comments are of. */
export type EntityType = 'trace' | 'span' | 'thread'

/** A thread is known by its project and its name: it has no entry of its own. */
export function threadKey(project: string, thread: string): string {
  return `${project} ${thread}`
}

/** A trace, span or thread with what was said of it, and a trace with what was said of its spans. */
export function withAnnotations(shown: Entry, type: EntityType, context: KeptContext): Entry {
  const { world, caller } = context
  const { scores, comments } = world.collections
  const { scored, commented } = subjectsIn(context)
  if (scored.size + commented.size === 0) return shown
  const id = type === 'thread' ? threadKey(String(shown['project_id']), String(shown['id'])) : String(shown['id'])
  let annotated = shown
  if (scored.has(id)) {
    const project = String(shown['project_id'])
    const own = scoresByProject(scores.list(caller, { entity_id: id }).entries).get(project)
    if (own !== undefined) annotated = withScores(annotated, own)
    const ofSpans =
      type === 'trace' ? spanScoresByProject(scores.list(caller, { trace_id: id }).entries).get(project) : undefined
    if (ofSpans !== undefined) annotated = withSpanScores(annotated, ofSpans)
  }
  if (!commented.has(id)) return annotated
  return withComments(annotated, showComments(comments.list(caller, { entity_id: id }).entries))
}

export function isAnythingScored(context: KeptContext): boolean {
  return subjectsIn(context).scored.size > 0
}

interface Subjects {
  readonly scored: ReadonlySet<string>
  readonly commented: ReadonlySet<string>
}

/** What is scored or commented on: most entries are not, which is quicker to see here, once for a request, than in an index. */
function subjectsIn(context: KeptContext): Subjects {
  const known = subjects.get(context)
  if (known !== undefined) return known
  const { scores, comments } = context.world.collections
  const [scored, commented] = [scores, comments].map((each) => subjectsOf(each.list(context.caller).entries))
  const found = { scored: scored ?? NOTHING, commented: commented ?? NOTHING }
  subjects.set(context, found)
  return found
}

const NOTHING: ReadonlySet<string> = new Set()
const subjects = new WeakMap<KeptContext, Subjects>()

const subjectsOf = oncePerList(
  (said) => new Set(said.flatMap(({ entity_id: id, trace_id: trace }) => [String(id), String(trace)])),
)

const withScores = oncePerEntry((entry, feedback_scores: readonly Entry[]) => extended(entry, { feedback_scores }))
const withSpanScores = oncePerEntry((entry, span_feedback_scores: readonly Entry[]) =>
  extended(entry, { span_feedback_scores }),
)
const withComments = oncePerEntry((entry, comments: readonly Entry[]) => extended(entry, { comments }))

/** A comment without what it is of. */
export function viewComment({ entity_type: _type, entity_id: _id, ...comment }: Entry): Entry {
  return comment
}

const showComments = oncePerList((comments) => comments.map(viewComment).toReversed())

const scoresByProject = oncePerList((scores) => showByProject(scores, false))
const spanScoresByProject = oncePerList((scores) => showByProject(scores, true))

/** Scores by project, as they are shown: those that changed last come first. */
function showByProject(scores: readonly Entry[], areOfSpans: boolean): Map<string, readonly Entry[]> {
  const changeOf = ({ last_updated_at: at }: Entry): number => microsecondsOf(at)
  const latest = scores.toSorted((a, b) => changeOf(b) - changeOf(a))
  const projects = groupBy(latest, ({ project_id: project }) => String(project))
  return new Map(
    Array.from(projects, ([project, own]) => {
      const named = groupBy(own, ({ name }) => String(name))
      return [project, Array.from(named.values(), (those) => showScore(those, areOfSpans))] as const
    }),
  )
}

/** The scores of one name as one: their average, with what each author gave. */
function showScore(scores: readonly Entry[], areOfSpans: boolean): Entry {
  const [latest = {}] = scores
  const first = scores.at(-1)
  const { name, source, source_queue_id, last_updated_at, last_updated_by } = latest
  return omitUndefined({
    name,
    category_name: joined(scores, 'category_name'),
    value: averageOf(scores.map(({ value }) => Number(value))),
    reason: joined(scores, 'reason'),
    source,
    source_queue_id,
    created_at: first?.['created_at'],
    created_by: first?.['created_by'],
    last_updated_at,
    last_updated_by,
    value_by_author: Object.fromEntries(scores.map((score) => showAuthor(score, areOfSpans))),
  })
}

function showAuthor(score: Entry, isOfSpan: boolean): [key: string, given: Entry] {
  const { value, reason, category_name, source, source_queue_id, last_updated_at, last_updated_by: author } = score
  const given = { value, reason, category_name, source, source_queue_id, last_updated_at, author }
  if (!isOfSpan) return [String(author), omitUndefined(given)]
  const { span_type, entity_id: span_id } = score
  return [`${String(author)}_${String(span_id)}`, omitUndefined({ ...given, span_type, span_id })]
}

function joined(scores: readonly Entry[], field: string): string | undefined {
  const texts = scores.flatMap(({ [field]: text }) => (typeof text === 'string' && text !== '' ? [text] : []))
  return texts.length === 0 ? undefined : texts.join(', ')
}
