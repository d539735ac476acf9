/**
 * Looks a target over before any check runs: is it there, does it take the credentials, may projects be created, is there
 * a second identity, how long does a request take. What makes a run pointless is said at once.
 */
import { isUuid } from '../../kernel/id-source.js'
import { componentValidators } from '../../generated/component-validators.js'
import { KitError } from '../../kernel/errors.js'
import { CheckClient, Unreachable, type Client } from '../target/client.js'
import { alternatives, type Answer, idAtEndOf, isErrorBody } from '../target/answer.js'
import type { Exchange, Mask } from '../target/recorded-exchange.js'
import { Violation } from '../target/expectation.js'
import {
  createIdentityCards,
  type IdentityCard,
  type IdentityCards,
  type IdentityName,
  type ResolvedTarget,
} from '../target/target.js'
import type { OwnProject } from '../check/context.js'
import type { RealTime, Transport } from '../target/transport.js'

/**
 * Where projects come from. `shared`: the target's given project; checks must then run one after another. `none`: none can
 * be created, as the exchange shows, and none was given.
 */
export type ProjectSource =
  | { kind: 'own' }
  | { kind: 'shared'; project: OwnProject }
  | { kind: 'none'; exchange: Exchange }
export interface TargetFacts {
  identities: IdentityCards
  projects: ProjectSource
  /** Real milliseconds after which a request has arrived at a target that is not busy. */
  settleMs: number
}
export interface InspectTargetParts {
  target: ResolvedTarget
  transport: Transport
  time: RealTime
  mask: Mask
  runId: string
  unknownId: string
  /** Seconds for each of the first looks. Default: 2, so that a target that is down is told within five. */
  firstAnswerSeconds?: number | undefined
}

const LOOK_SECONDS = 2
const ANSWER_SECONDS = 10
const PROBES = 5

/**
 * Surveys a target.
 * @throws KitError `target/unreachable` when nothing answers, `target/refused` when the credentials are refused, and
 *   `target/projects` when the given project cannot be used.
 */
export async function inspectTarget(parts: InspectTargetParts): Promise<TargetFacts> {
  const client = clientFor(parts, {})
  const ping = { method: 'GET', path: '/is-alive/ping', operation: null, timeoutSeconds: lookSeconds(parts) }
  const [alive, list] = await Promise.allSettled([client.raw(ping), listRunners(parts, client)])
  if (alive.status === 'rejected' && list.status === 'rejected') throw unreachable(parts.target.url, list.reason)
  const isQuick = list.status === 'fulfilled'
  if (isQuick) expectCredentials(parts.target.url, list.value)
  const patient = { ...parts, answerSeconds: isQuick ? ANSWER_SECONDS : lookSeconds(parts) }
  const slowest = isQuick ? await measure(parts, client) : Infinity
  const projects = await findProjects(patient, client)
  return { identities: await findIdentities(patient, projects), projects, settleMs: settleMsAt(slowest) }
}

/** Where the slowest of a few quick calls took so long, a request has arrived after this, unless the target is busy. */
function settleMsAt(slowestMs: number): number {
  return Math.min(20 + 3 * slowestMs, MAX_SETTLE_MS)
}

const MAX_SETTLE_MS = 1500

interface PatientParts extends InspectTargetParts {
  answerSeconds: number
}

function clientFor(
  parts: InspectTargetParts,
  others: { colleague?: IdentityCard | undefined; stranger?: IdentityCard | undefined },
): Client {
  const { target, transport, time, mask } = parts
  const { colleague, stranger } = others
  const identities = createIdentityCards({ main: mainCard(target), colleague, stranger })
  return new CheckClient({ url: target.url, limits: target.limits, transport, time, identities, mask })
}

function mainCard({ apiKey, workspace }: ResolvedTarget): IdentityCard {
  return { apiKey, workspace }
}

function lookSeconds({ firstAnswerSeconds = LOOK_SECONDS }: InspectTargetParts): number {
  return firstAnswerSeconds
}

function listRunners(parts: InspectTargetParts, client: Client, identity: IdentityName = 'main'): Promise<Answer> {
  const query = { project_id: parts.unknownId }
  return client.call('listRunners', { query, identity, timeoutSeconds: lookSeconds(parts) })
}

async function look<Found>(parts: InspectTargetParts, call: Promise<Found>): Promise<Found> {
  try {
    return await call
  } catch (error) {
    throw unreachable(parts.target.url, error)
  }
}

/** The error for a target that does not answer; anything else that went wrong is thrown as it is. */
function unreachable(url: string, error: unknown): KitError {
  if (!(error instanceof Unreachable || error instanceof Violation)) throw error
  const isThere = error instanceof Violation
  const why = isThere ? error.finding.actual : error.message
  return new KitError('target/unreachable', {
    failed: 'The target does not answer.',
    value: `${url}: ${why.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '')}`,
    fix: isThere
      ? 'Something listens there: check the URL, http or https included, or give it more time (--first-answer, firstAnswerSeconds).'
      : 'Start it, or check the URL; it includes the base path, for example http://localhost:5173/api.',
  })
}

function expectCredentials(url: string, list: Answer): void {
  // Whatever stands before a server and asks who calls may do it in a form of its own.
  const isRefused = list.status === 401 || (list.status === 403 && isErrorBody(list.body))
  if (!isRefused) return
  throw new KitError('target/refused', {
    failed: 'The target refuses the credentials.',
    value: `status ${list.status} from listRunners at ${url}`,
    fix: 'Give --api-key and --workspace (OPIK_API_KEY, OPIK_WORKSPACE) of a user who may run checks.',
  })
}

/** The slowest of a few quick calls, in milliseconds; the calls before these have warmed both sides up. */
async function measure(parts: InspectTargetParts, client: Client): Promise<number> {
  let slowest = 0
  for (let probe = 0; probe < PROBES && settleMsAt(slowest) < MAX_SETTLE_MS; probe++) {
    const started = parts.time.stopwatch()
    await listRunners(parts, client).catch(toleratingNoAnswer)
    slowest = Math.max(slowest, parts.time.stopwatch() - started)
  }
  return slowest
}

/** One unanswered call shows nothing; a target that refuses connections ends the run. */
function toleratingNoAnswer(error: unknown): undefined {
  if (!(error instanceof Violation)) throw error
  return undefined
}

async function findProjects(parts: PatientParts, client: Client): Promise<ProjectSource> {
  const created = await tryProject(parts, client, 'main')
  if (created.kind === 'created') return { kind: 'own' }
  const given = parts.target.project
  if (given === undefined) return { kind: 'none', exchange: created.exchange }
  const id = isUuid(given) ? given : await retrieveProject(client, given)
  const query = { project_id: id, status: 'connected' as const }
  const page = await client.call('listRunners', { query }).catch(toleratingNoAnswer)
  if (page !== undefined && componentValidators.LocalRunnerPage(page.body) && page.body.total > 0) {
    throw new KitError('target/projects', {
      failed: 'The given project has connected runners of this user, and pairing would evict them.',
      value: given,
      fix: 'Stop them, or give a project that nobody uses.',
    })
  }
  return { kind: 'shared', project: { id, name: given } }
}

async function retrieveProject(client: Client, name: string): Promise<string> {
  const answer = await client.call('retrieveProject', { body: { name } }).catch(toleratingNoAnswer)
  const id = idOfProject(answer)
  if (id !== undefined) return id
  throw new KitError('target/projects', {
    failed: 'The given project cannot be found by its name.',
    value: `${name}: ${answer === undefined ? 'no answer' : `status ${answer.status}`}`,
    fix: 'Give the name of an existing project, or its id.',
  })
}

function idOfProject(answer: Answer | undefined): string | undefined {
  return answer?.status === 200 && componentValidators.Project(answer.body) ? answer.body.id : undefined
}

/** The id of a new project, also where `Location` does not end in it, which a check of its own judges. */
export async function findNewProject(
  client: Pick<Client, 'call'>,
  created: Answer,
  { name, identity }: { name: string; identity: IdentityName },
): Promise<string | undefined> {
  if (created.status !== 201) return undefined
  const id = idAtEndOf(created.headers['location'])
  return id ?? idOfProject(await client.call('retrieveProject', { body: { name }, identity }))
}

/** What came of a trial project; `creator` is '' when the target does not tell it. */
type ProjectTrial = { kind: 'created'; creator: string } | { kind: 'refused'; exchange: Exchange }
async function tryProject(parts: PatientParts, client: Client, identity: IdentityName): Promise<ProjectTrial> {
  const timeoutSeconds = parts.answerSeconds
  try {
    const body = { name: `contract-${parts.runId}-${identity}` }
    const accept = [alternatives.preparedLocation]
    const created = await client.call('createProject', { body, identity, timeoutSeconds, accept })
    const id = await findNewProject(client, created, { ...body, identity })
    if (id === undefined) return { kind: 'refused', exchange: created.exchange }
    const path = { id }
    const read = await client.call('getProjectById', { path, identity, timeoutSeconds }).catch(toleratingNoAnswer)
    await client.call('deleteProjectById', { path, identity, timeoutSeconds }).catch(toleratingNoAnswer)
    return { kind: 'created', creator: componentValidators.Project(read?.body) ? read.body.created_by : '' }
  } catch (error) {
    const exchange = error instanceof Violation ? error.finding.exchanges.at(-1) : undefined
    if (exchange !== undefined) return { kind: 'refused', exchange }
    throw error
  }
}

/** The key of a user whom a run makes up. */
export function madeUpKey(runId: string): string {
  return `contract-colleague-${runId}`
}

/**
 * The identities given, and made-up ones where the target takes any key: then no credentials are needed to test
 * isolation.
 */
async function findIdentities(parts: PatientParts, projects: ProjectSource): Promise<IdentityCards> {
  const { target } = parts
  const given = givenIdentities(target)
  await look(parts, checkGiven(parts, clientFor(parts, given), given))
  // A stranger who was named may be a member of the first workspace, too.
  const colleagueKey = given.stranger?.apiKey ?? madeUpKey(parts.runId)
  const madeUp = {
    colleague: { apiKey: colleagueKey, workspace: target.workspace },
    stranger: { apiKey: target.apiKey, workspace: `contract-${parts.runId}` },
  }
  const { readerApiKey } = target
  const reader = readerApiKey === undefined ? undefined : { apiKey: readerApiKey, workspace: target.workspace }
  if (projects.kind !== 'own') return createIdentityCards({ main: mainCard(target), reader, ...given })
  const client = clientFor(parts, madeUp)
  const [isColleague, isStranger] = await Promise.all([
    given.colleague === undefined && isAnotherUser(parts, client),
    given.stranger === undefined && tryProject(parts, client, 'stranger').then(({ kind }) => kind === 'created'),
  ])
  return createIdentityCards({
    main: mainCard(target),
    reader,
    colleague: given.colleague ?? (isColleague ? madeUp.colleague : undefined),
    stranger: given.stranger ?? (isStranger ? madeUp.stranger : undefined),
  })
}

/** A second identity that the target does not know would make every isolation check a failure of its own. */
async function checkGiven(parts: InspectTargetParts, client: Client, given: ReturnType<typeof givenIdentities>) {
  for (const identity of ['colleague', 'stranger'] as const) {
    if (given[identity] === undefined) continue
    const answer = await listRunners(parts, client, identity).catch(toleratingNoAnswer)
    if (answer?.status !== 401 && answer?.status !== 403) continue
    throw new KitError('target/refused', {
      failed: 'The target refuses the credentials of the second identity.',
      value: `status ${answer.status} from listRunners`,
      fix: 'Check the other identities (--colleague-api-key, --other-api-key and --other-workspace; colleagueApiKey, other).',
    })
  }
}

function givenIdentities({ apiKey, workspace, other, colleagueApiKey }: ResolvedTarget) {
  const colleague = colleagueApiKey === undefined ? undefined : { apiKey: colleagueApiKey, workspace }
  if (other === undefined) return { colleague, stranger: undefined }
  const card = { apiKey: other.apiKey ?? apiKey, workspace: other.workspace ?? workspace }
  const isSameWorkspace = (card.workspace ?? 'default') === (workspace ?? 'default')
  return isSameWorkspace ? { colleague: card, stranger: undefined } : { colleague, stranger: card }
}

/** A server without keys takes any key for the same user; only a different creator's name shows that it is not. */
async function isAnotherUser(parts: PatientParts, client: Client): Promise<boolean> {
  const [own, theirs] = await Promise.all([
    tryProject({ ...parts, runId: `${parts.runId}-user` }, client, 'main'),
    tryProject(parts, client, 'colleague'),
  ])
  return own.kind === 'created' && theirs.kind === 'created' && theirs.creator !== '' && own.creator !== theirs.creator
}
