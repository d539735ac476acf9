/** How traces, spans and threads are scored and commented on. */
import { isVersion7 } from '../../kernel/id-source.js'
import { parseList } from '../collections/field-values.js'
import { pickSharedFields, patchEntry } from '../collections/write-entry.js'
import { threadKey, viewComment, type EntityType } from '../computed/annotations.js'
import { knownProject, namedProject, makeProject, projectOfList, type ProjectName } from '../computed/named-project.js'
import { roundCost } from '../computed/prices.js'
import type { CollectionCode, KeptContext, KeptResolver, KeptSuccess } from '../engine/collection-code.js'
import { isRefused, refused, type Entry, type Refused } from '../world/collection.js'
import { DEFAULT_PROJECT } from '../base/settings.js'
import { findThread } from './thread-states.js'

/** What a score or comment is of. */
interface Entity {
  readonly entity_type: EntityType
  readonly entity_id: string
  readonly project_id: string
  readonly trace_id?: string | undefined
  readonly span_type?: string | undefined
}

interface Given {
  readonly name: string
  readonly value: number
  readonly [field: string]: unknown
}

/** Keeps a score, and replaces the one of the same name and author. */
function giveScore(entity: Entity, given: Given, { world, caller }: KeptContext): void {
  const { scores } = world.collections
  const written = pickSharedFields(scores, { ...given, ...entity, value: roundCost(given.value) })
  const known = scores
    .list(caller, { entity_id: entity.entity_id })
    .entries.find((each) => isSame(each, entity, given.name) && each['created_by'] === caller.user)
  if (known === undefined) {
    scores.add(caller, scores.newKey(), written)
    return
  }
  const { score_id, created_at, created_by } = known
  scores.put(caller, { ...written, score_id, created_at, created_by, ...scores.stamp('changed', caller) })
}

function isSame(score: Entry, { project_id, entity_type }: Entity, name: string): boolean {
  return score['project_id'] === project_id && score['entity_type'] === entity_type && score['name'] === name
}

function deleteScores(
  entityId: string,
  names: readonly string[],
  author: string | undefined,
  { world, caller }: KeptContext,
): void {
  const { scores } = world.collections
  const gone = scores
    .list(caller, { entity_id: entityId })
    .entries.filter(({ name, created_by }) => names.includes(String(name)) && (author ?? created_by) === created_by)
  scores.deleteAll(
    caller,
    gone.map(({ score_id: key }) => String(key)),
  )
}

/** The trace or span with an id, as scores know it. */
function findEntity(type: 'trace' | 'span', id: string, { world, caller }: KeptContext): Entity | undefined {
  const { traces, spans } = world.collections
  const found = (type === 'trace' ? traces : spans).find(caller, id)
  return found === undefined ? undefined : entityOf(type, found)
}

function entityOf(entity_type: 'trace' | 'span', { id, project_id, trace_id, type }: Entry): Entity {
  const place = { entity_type, entity_id: String(id), project_id: String(project_id) }
  if (entity_type === 'trace') return place
  return { ...place, trace_id: String(trace_id), span_type: typeof type === 'string' ? type : undefined }
}

function addScore(type: 'trace' | 'span'): KeptResolver<'addTraceFeedbackScore'> {
  return ({ path, body }, context) => {
    const entity = findEntity(type, path.id, context)
    if (entity === undefined) return refused('unscorable', { key: `${type} ${path.id}` })
    giveScore(entity, { ...body }, context)
    return {}
  }
}

const deleteScore: KeptResolver<'deleteTraceFeedbackScore'> = ({ path, body }, context) => {
  deleteScores(path.id.toLowerCase(), [body.name], body.author, context)
  return {}
}

/** A score may come before what it is of. */
function scoreBatch(type: 'trace' | 'span'): KeptResolver<'scoreBatchOfTraces'> {
  return ({ body }, context) => {
    const wrong = body.scores.find(({ id }) => !isVersion7(id))
    if (wrong !== undefined) return refused('wrongVersion', { field: 'id', value: wrong.id })
    return giveAll(
      body.scores,
      ({ id }, project_id) => ({
        ...(findEntity(type, id, context) ?? { entity_type: type, entity_id: id.toLowerCase() }),
        project_id,
      }),
      context,
    )
  }
}

const scoreBatchOfThreads: KeptResolver<'scoreBatchOfThreads'> = ({ body }, context) =>
  giveAll(
    body.scores,
    ({ thread_id }, project_id) => {
      return { entity_type: 'thread', entity_id: threadKey(project_id, thread_id), project_id }
    },
    context,
  )

/** Gives scores, each in the project that it names; none of them where one names an unknown project by its id. */
function giveAll<Score extends Given & ProjectName>(
  scores: readonly Score[],
  entityIn: (score: Score, project: string) => Entity,
  context: KeptContext,
): Refused<'noProject', 'project'> | KeptSuccess {
  const unknown = scores.map((score) => namedProject(score, context)).find((named) => isRefused(named))
  if (unknown !== undefined) return unknown
  for (const score of scores) {
    const { project_id, project_name = DEFAULT_PROJECT } = score
    const project = namedProject({ project_id, project_name }, context) ?? makeProject(project_name, context)
    if (isRefused(project)) return project
    giveScore(entityIn(score, project), score, context)
  }
  return {}
}

const deleteThreadFeedbackScores: KeptResolver<'deleteThreadFeedbackScores'> = ({ body }, context) => {
  const { thread_id, names, author, ...named } = body
  const project = projectOfList(named, context)
  if (isRefused(project)) return project
  deleteScores(threadKey(project.project_id, thread_id), names, author, context)
  return {}
}

/** The names of scores, each once, in alphabetical order. */
function namesOf(scores: readonly Entry[]): KeptSuccess {
  const names = [...new Set(scores.map(({ name }) => String(name)))].toSorted()
  return { body: { scores: names.map((name) => ({ name })) } }
}

/** All scores, or those of a project. */
function scoresIn(type: EntityType, project: string | undefined, context: KeptContext) {
  const found = project === undefined ? {} : knownProject(project, context)
  if (isRefused(found)) return found
  const { entries } = context.world.collections.scores.list(context.caller, found)
  return entries.filter((score) => score['entity_type'] === type)
}

const findTraceScoreNames: KeptResolver<'findTraceScoreNames'> = ({ query }, context) => {
  const scores = scoresIn('trace', query.project_id, context)
  return isRefused(scores) ? scores : namesOf(scores)
}

const findThreadScoreNames: KeptResolver<'findThreadScoreNames'> = ({ query }, context) => {
  const scores = scoresIn('thread', query.project_id, context)
  return isRefused(scores) ? scores : namesOf(scores)
}

const findSpanScoreNames: KeptResolver<'findSpanScoreNames'> = ({ query }, context) => {
  if (query.project_id === undefined) return refused('unnamedProject', {})
  const scores = scoresIn('span', query.project_id, context)
  if (isRefused(scores)) return scores
  const { type } = query
  return namesOf(type === undefined ? scores : scores.filter((score) => score['span_type'] === type))
}

const findFeedbackScoreNamesByProjectIds: KeptResolver<'findFeedbackScoreNamesByProjectIds'> = (
  { query },
  { world, caller },
) => {
  const ids = query.project_ids === undefined ? [] : parseList(query.project_ids)
  if (ids === undefined || !ids.every((id) => typeof id === 'string')) return refused('badIds', {})
  return namesOf(ids.flatMap((id) => world.collections.scores.list(caller, { project_id: id.toLowerCase() }).entries))
}

export const scoreCode: CollectionCode<'scores'> = {
  view: (score) => score,
  narrow: undefined,
  resolvers: {
    addTraceFeedbackScore: addScore('trace'),
    deleteTraceFeedbackScore: deleteScore,
    scoreBatchOfTraces: scoreBatch('trace'),
    findTraceScoreNames,
    addSpanFeedbackScore: addScore('span'),
    deleteSpanFeedbackScore: deleteScore,
    scoreBatchOfSpans: scoreBatch('span'),
    findSpanScoreNames,
    scoreBatchOfThreads,
    deleteThreadFeedbackScores,
    findThreadScoreNames,
    findFeedbackScoreNamesByProjectIds,
  },
}

/** What a comment is of, in the words of its collection. */
interface Subject {
  readonly entity_type: EntityType
  readonly entity_id: string
}

function subjectOf(type: EntityType, id: string, context: KeptContext): Subject | undefined {
  if (type !== 'thread') return findEntity(type, id, context)
  const thread = findThread(id, context)
  if (thread === undefined) return undefined
  return { entity_type: 'thread', entity_id: threadKey(String(thread['project_id']), String(thread['id'])) }
}

function addComment(type: EntityType): KeptResolver<'addTraceComment'> {
  return ({ path, body }, context) => {
    const subject = subjectOf(type, path.id, context)
    if (subject === undefined) return refused('uncommentable', { key: `${type} ${path.id}` })
    const { comments } = context.world.collections
    const id = comments.newKey()
    const { entity_type, entity_id } = subject
    comments.add(context.caller, id, { text: body.text, entity_type, entity_id })
    return { made: id, body: { id } }
  }
}

function findComment(type: EntityType, id: string, { world, caller }: KeptContext): Entry | undefined {
  const found = world.collections.comments.find(caller, id)
  return found?.['entity_type'] === type ? found : undefined
}

function getComment(type: EntityType): KeptResolver<'getTraceComment'> {
  return ({ path }, context) => {
    const found = findComment(type, path.comment_id, context)
    const subject = subjectOf(type, path.id, context)
    return found === undefined || found['entity_id'] !== subject?.entity_id
      ? refused('noComment', {})
      : { body: viewComment(found) }
  }
}

function updateComment(type: EntityType): KeptResolver<'updateTraceComment'> {
  return ({ path, body }, context) => {
    if (findComment(type, path.comment_id, context) === undefined) return refused('noComment', {})
    patchEntry(context.world.collections.comments, context.caller, path.comment_id, { text: body.text })
    return {}
  }
}

function deleteComments(type: EntityType): KeptResolver<'deleteTraceComments'> {
  return ({ body }, context) => {
    const own = body.ids.filter((id) => findComment(type, id, context) !== undefined)
    context.world.collections.comments.deleteAll(context.caller, own)
    return {}
  }
}

export const commentCode: CollectionCode<'comments'> = {
  view: undefined,
  narrow: undefined,
  resolvers: {
    addTraceComment: addComment('trace'),
    getTraceComment: getComment('trace'),
    updateTraceComment: updateComment('trace'),
    deleteTraceComments: deleteComments('trace'),
    addSpanComment: addComment('span'),
    getSpanComment: getComment('span'),
    updateSpanComment: updateComment('span'),
    deleteSpanComments: deleteComments('span'),
    addThreadComment: addComment('thread'),
    getThreadComment: getComment('thread'),
    updateThreadComment: updateComment('thread'),
    deleteThreadComments: deleteComments('thread'),
  },
}
