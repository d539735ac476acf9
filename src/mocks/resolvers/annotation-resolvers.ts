/** How traces, spans and threads are scored and commented on. */
import { parseList } from '../collections/field-values.js'
import { pickSharedFields, patchEntry, refuseId } from '../collections/write-entry.js'
import { threadKey, viewComment, type EntityType } from '../computed/annotations.js'
import { knownProject, projectOfList, projectToWrite, type ProjectName } from '../computed/named-project.js'
import { roundCost } from '../computed/prices.js'
import type { KeptContext, KeptResolver, KeptResolvers, KeptSuccess } from '../engine/collection-code.js'
import { refuseFor, type Entry } from '../world/collection.js'
import { findThread } from './thread-states.js'

/** What a score or comment is of. */
interface Entity {
  readonly entity_type: EntityType
  readonly entity_id: string
  readonly project_id?: string
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
  const { entity_type, entity_id, project_id } = entity
  const written = pickSharedFields(scores, { ...given, ...entity, value: roundCost(given.value) })
  const known = scores
    .list(caller, { entity_id })
    .entries.find(
      (each) =>
        each['project_id'] === project_id &&
        each['entity_type'] === entity_type &&
        each['name'] === given.name &&
        each['created_by'] === caller.user,
    )
  if (known === undefined) {
    scores.add(caller, scores.newKey(), written)
    return
  }
  const { score_id, created_at, created_by } = known
  scores.change(caller, written, { score_id, created_at, created_by })
}

function deleteScores(
  entity_id: string,
  names: readonly string[],
  author: string | undefined,
  { world, caller }: KeptContext,
): void {
  const { scores } = world.collections
  const gone = scores
    .list(caller, { entity_id })
    .entries.filter(({ name, created_by }) => names.includes(String(name)) && (author ?? created_by) === created_by)
  for (const { score_id: key } of gone) scores.delete(caller, String(key))
}

/** The trace or span with an id, as scores know it. */
function findEntity(type: 'trace' | 'span', key: string, { world, caller }: KeptContext): Entity | undefined {
  const { traces, spans } = world.collections
  const found = (type === 'trace' ? traces : spans).find(caller, key)
  if (found === undefined) return undefined
  const { id, project_id, trace_id, type: spanType } = found
  const place = { entity_type: type, entity_id: String(id), project_id: String(project_id) }
  if (type === 'trace') return place
  return { ...place, trace_id: String(trace_id), span_type: typeof spanType === 'string' ? spanType : undefined }
}

function addScore(type: 'trace' | 'span'): KeptResolver<'addTraceFeedbackScore'> {
  return ({ path, body }, context) => {
    const entity = findEntity(type, path.id, context) ?? refuseFor('unscorable', { key: `${type} ${path.id}` })
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
    for (const { id } of body.scores) refuseId(id)
    const entityOf = (id: string): Entity =>
      findEntity(type, id, context) ?? { entity_type: type, entity_id: id.toLowerCase() }
    return giveAll(body.scores, ({ id }) => entityOf(id), context)
  }
}

/** Gives scores, each in the project that it names; none of them where one names an unknown project by its id. */
function giveAll<Score extends Given & ProjectName>(
  scores: readonly Score[],
  entityOf: (score: Score, project: string) => Entity,
  context: KeptContext,
): KeptSuccess {
  for (const { project_id: id } of scores) if (id !== undefined) knownProject(id, context)
  for (const score of scores) {
    const project_id = projectToWrite(score, context)
    giveScore({ ...entityOf(score, project_id), project_id }, score, context)
  }
  return {}
}

/** The names of scores, each once, in alphabetical order. */
function namesOf(scores: readonly Entry[]): KeptSuccess {
  const names = [...new Set(scores.map(({ name }) => String(name)))].toSorted()
  return { body: { scores: names.map((name) => ({ name })) } }
}

/** The names of all scores that fit, or of those of a project. */
function scoreNames(project: string | undefined, fits: (score: Entry) => boolean, context: KeptContext) {
  const where = project === undefined ? {} : knownProject(project, context)
  return namesOf(context.world.collections.scores.list(context.caller, where).entries.filter(fits))
}

export const scoreResolvers = {
  addTraceFeedbackScore: addScore('trace'),
  deleteTraceFeedbackScore: deleteScore,
  scoreBatchOfTraces: scoreBatch('trace'),
  addSpanFeedbackScore: addScore('span'),
  deleteSpanFeedbackScore: deleteScore,
  scoreBatchOfSpans: scoreBatch('span'),

  scoreBatchOfThreads: ({ body }, context) =>
    giveAll(
      body.scores,
      ({ thread_id }, project) => ({ entity_type: 'thread', entity_id: threadKey(project, thread_id) }),
      context,
    ),

  deleteThreadFeedbackScores({ body: { thread_id, names, author, ...named } }, context) {
    const project = projectOfList(named, context)
    deleteScores(threadKey(project.project_id, thread_id), names, author, context)
    return {}
  },

  findTraceScoreNames: ({ query }, context) =>
    scoreNames(query.project_id, ({ entity_type: type }) => type === 'trace', context),

  findThreadScoreNames: ({ query }, context) =>
    scoreNames(query.project_id, ({ entity_type: type }) => type === 'thread', context),

  findSpanScoreNames({ query: { project_id, type } }, context) {
    if (project_id === undefined) refuseFor('unnamedProject')
    const fits = ({ entity_type, span_type }: Entry): boolean =>
      entity_type === 'span' && (type === undefined || span_type === type)
    return scoreNames(project_id, fits, context)
  },

  findFeedbackScoreNamesByProjectIds({ query }, { world, caller }) {
    const ids = query.project_ids === undefined ? [] : parseList(query.project_ids)
    if (ids === undefined || !ids.every((id) => typeof id === 'string')) refuseFor('badIds')
    return namesOf(ids.flatMap((id) => world.collections.scores.list(caller, { project_id: id.toLowerCase() }).entries))
  },
} satisfies Partial<KeptResolvers>

/** What a comment is of. */
function subjectOf(type: EntityType, id: string, context: KeptContext): Entity | undefined {
  if (type !== 'thread') return findEntity(type, id, context)
  const thread = findThread(id, context)
  return thread && { entity_type: type, entity_id: threadKey(String(thread['project_id']), String(thread['id'])) }
}

function addComment(type: EntityType): KeptResolver<'addTraceComment'> {
  return ({ path, body }, context) => {
    const subject = subjectOf(type, path.id, context) ?? refuseFor('uncommentable', { key: `${type} ${path.id}` })
    const { comments } = context.world.collections
    const id = comments.newKey()
    const { entity_type, entity_id } = subject
    comments.add(context.caller, id, { text: body.text, entity_type, entity_id })
    return { created: id, body: { id } }
  }
}

function findComment(type: EntityType, id: string, { world, caller }: KeptContext): Entry | undefined {
  const found = world.collections.comments.find(caller, id)
  return found?.['entity_type'] === type ? found : undefined
}

function getComment(type: EntityType): KeptResolver<'getTraceComment'> {
  return ({ path }, context) => {
    const found = findComment(type, path.comment_id, context)
    return found === undefined || found['entity_id'] !== subjectOf(type, path.id, context)?.entity_id
      ? refuseFor('noComment')
      : { body: viewComment(found) }
  }
}

function updateComment(type: EntityType): KeptResolver<'updateTraceComment'> {
  return ({ path, body }, context) => {
    if (findComment(type, path.comment_id, context) === undefined) refuseFor('noComment')
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

export const commentResolvers = {
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
} satisfies Partial<KeptResolvers>
