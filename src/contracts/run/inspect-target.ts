/**
 * Looks a target over before any check runs: is it there, is it this API, does it take the credentials, may projects be
 * created, is there a second identity, how long is its road. What makes a run pointless is said at once.
 */
import { componentValidators } from '../../generated/component-validators.js'
import { KitError } from '../../kernel/errors.js'
import { createClient, Unreachable, type Client, type ClientParts } from '../target/client.js'
import type { Answer } from '../target/answer.js'
import { idAtEndOf } from '../target/conformance.js'
import { createMask } from '../target/recorded-exchange.js'
import { Violation } from '../target/expectation.js'
import {
  createIdentityCards,
  type IdentityCard,
  type IdentityCards,
  type IdentityName,
} from '../target/identity-card.js'
import type { ProjectSource } from './create-context.js'
import type { RealTime } from '../target/real-time.js'
import type { ResolvedTarget } from '../target/target.js'
import type { Transport } from '../target/transport.js'

/** What was found. */
export interface TargetFacts {
  identities: IdentityCards
  projects: ProjectSource
  /** Real milliseconds after which a request has surely arrived. */
  settleMs: number
}

/** What the survey works with. */
export interface InspectTargetParts {
  target: ResolvedTarget
  transport: Transport
  time: RealTime
  /** Unique to the run, for names. */
  runId: string
  /** A UUID that names nothing. */
  unknownId: string
  /** Seconds for each of the first looks. Default: 2, so that a target that is down is told within five. */
  firstAnswerSeconds?: number | undefined
}

const LOOK_SECONDS = 2
/** Seconds for what comes after, when the target has shown that it answers. */
const ANSWER_SECONDS = 10
const PROBES = 5

/**
 * Surveys a target.
 * @throws KitError `target/unreachable`, `target/not-this-api`, `target/refused` or `target/projects` when checks would
 *   be pointless.
 */
export async function inspectTarget(parts: InspectTargetParts): Promise<TargetFacts> {
  const client = clientFor(parts, {})
  const ping = await look(
    parts,
    client.raw({ method: 'GET', path: '/is-alive/ping', operation: null, timeoutSeconds: lookSeconds(parts) }),
  )
  const list = await look(parts, listRunners(parts, client))
  expectThisApi(parts.target.url, ping, list)
  const slowest = await measure(parts, client)
  const projects = await findProjects(parts, client)
  return { identities: await findIdentities(parts, projects), projects, settleMs: Math.min(60 + 4 * slowest, 1500) }
}

function clientFor(
  parts: InspectTargetParts,
  others: { colleague?: IdentityCard | undefined; stranger?: IdentityCard | undefined },
): Client {
  const { target, transport, time } = parts
  const identities = createIdentityCards({
    main: mainCard(target),
    colleague: others.colleague,
    stranger: others.stranger,
  })
  const clientParts: ClientParts = {
    url: target.url,
    limits: target.limits,
    transport,
    time,
    identities,
    mask: createMask([]),
  }
  return createClient(clientParts)
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
    if (!(error instanceof Unreachable || error instanceof Violation)) throw error
    throw new KitError('target/unreachable', {
      failed: 'The target does not answer.',
      value: `${parts.target.url}: ${(error instanceof Violation ? error.finding.actual : error.message).replaceAll(/\s+/g, ' ').trim()}`,
      fix: 'Start it, or check the URL; it includes the base path, for example http://localhost:5173/api.',
    })
  }
}

function expectThisApi(url: string, ping: Answer, list: Answer): void {
  if ((list.status === 401 || list.status === 403) && isErrorBody(list.body)) {
    throw new KitError('target/refused', {
      failed: 'The target refuses the credentials.',
      value: `status ${list.status} from listRunners at ${url}`,
      fix: 'Give --api-key and --workspace (OPIK_API_KEY, OPIK_WORKSPACE) of a user who may run checks.',
    })
  }
  const isListed = list.status === 200 && componentValidators.LocalRunnerPage(list.body)
  const isAlive = ping.status === 200 && componentValidators.IsAliveResponse(ping.body)
  if (isListed || (isAlive && (list.status === 200 || isErrorBody(list.body)))) return
  throw new KitError('target/not-this-api', {
    failed: 'This is not the local-runner API.',
    value: `${url}: GET /v1/private/local-runners answers ${describe(list)}, GET /is-alive/ping ${describe(ping)}`,
    fix: isRedirect(list)
      ? 'Give the URL that it leads to; it includes the base path.'
      : 'Check the base path, for example http://localhost:5173/api.',
  })
}

function isRedirect({ status }: Answer): boolean {
  return status >= 300 && status < 400
}

/** An answer in a few words; only what it begins with comes from the target. */
function describe(answer: Answer): string {
  const { status, headers } = answer
  if (isRedirect(answer)) return `${status} to ${excerpt(headers['location'])}`
  return `${status} with ${excerpt(headers['content-type'])}`
}

const LONGEST_EXCERPT = 80

function excerpt(text = 'nothing'): string {
  const [line = ''] = text.split('\n')
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}...` : line
}

function isErrorBody(body: unknown): boolean {
  return componentValidators.ErrorMessage(body)
}

/** The slowest of a few quick calls, in milliseconds; the calls before these have warmed both sides up. */
async function measure(parts: InspectTargetParts, client: Client): Promise<number> {
  let slowest = 0
  for (let probe = 0; probe < PROBES; probe++) {
    const started = parts.time.stopwatch()
    await look(parts, listRunners(parts, client))
    slowest = Math.max(slowest, parts.time.stopwatch() - started)
  }
  return slowest
}

async function findProjects(parts: InspectTargetParts, client: Client): Promise<ProjectSource> {
  const created = await tryProject(parts, client, 'main')
  if (created.kind === 'created') return { kind: 'own' }
  const given = parts.target.project
  if (given === undefined) {
    throw new KitError('target/projects', {
      failed: 'No project can be created for the checks, and none was given.',
      value: created.reason,
      fix: 'Give --project with the name or the id of a project that the checks may use.',
    })
  }
  const id = UUID.test(given) ? given : await retrieveProject(client, given)
  const page = await client.call('listRunners', { query: { project_id: id, status: 'connected' } })
  if (componentValidators.LocalRunnerPage(page.body) && page.body.total > 0) {
    throw new KitError('target/projects', {
      failed: 'The given project has connected runners of this user, and pairing would evict them.',
      value: given,
      fix: 'Stop them, or give a project that nobody uses.',
    })
  }
  return { kind: 'shared', project: { id, name: given } }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

async function retrieveProject(client: Client, name: string): Promise<string> {
  const answer = await client.call('retrieveProject', { body: { name } })
  if (answer.status === 200 && componentValidators.Project(answer.body)) return answer.body.id
  throw new KitError('target/projects', {
    failed: 'The given project does not exist.',
    value: `${name}: status ${answer.status}`,
    fix: 'Give the name or the id of an existing project.',
  })
}

/** What came of a trial project; `creator` is '' when the target does not tell it. */
type ProjectTrial = { kind: 'created'; creator: string } | { kind: 'refused'; reason: string }

/** Creates and removes a project. */
async function tryProject(parts: InspectTargetParts, client: Client, identity: IdentityName): Promise<ProjectTrial> {
  try {
    const body = { name: `contract-${parts.runId}-${identity}` }
    const created = await client.call('createProject', { body, identity, timeoutSeconds: ANSWER_SECONDS })
    if (created.status !== 201) return { kind: 'refused', reason: `createProject answers ${describe(created)}` }
    const id = idAtEndOf(created.headers['location'])
    if (id === undefined) {
      const location = excerpt(created.headers['location'])
      return { kind: 'refused', reason: `createProject answers 201 with no id at the end of Location: ${location}` }
    }
    const read = await client.call('getProjectById', { path: { id }, identity, timeoutSeconds: ANSWER_SECONDS })
    await client.call('deleteProjectById', { path: { id }, identity, timeoutSeconds: ANSWER_SECONDS })
    return { kind: 'created', creator: componentValidators.Project(read.body) ? read.body.created_by : '' }
  } catch (error) {
    if (error instanceof Violation) return { kind: 'refused', reason: error.finding.actual }
    throw error
  }
}

/** The identities given, and made-up ones where the target takes anybody: then no credentials are needed to test isolation. */
async function findIdentities(parts: InspectTargetParts, projects: ProjectSource): Promise<IdentityCards> {
  const { target } = parts
  const given = givenIdentities(target)
  await look(parts, checkGiven(parts, clientFor(parts, given), given))
  // A stranger who was named may be a member of the first workspace, too.
  const colleagueKey = given.stranger?.apiKey ?? `contract-colleague-${parts.runId}`
  const madeUp = {
    colleague: { apiKey: colleagueKey, workspace: target.workspace },
    stranger: { apiKey: target.apiKey, workspace: `contract-${parts.runId}` },
  }
  if (projects.kind === 'shared') return createIdentityCards({ main: mainCard(target), ...given })
  const client = clientFor(parts, madeUp)
  const colleague = given.colleague ?? ((await isAnotherUser(parts, client)) ? madeUp.colleague : undefined)
  const strangerWorks = given.stranger === undefined && (await tryProject(parts, client, 'stranger')).kind === 'created'
  return createIdentityCards({
    main: mainCard(target),
    colleague,
    stranger: given.stranger ?? (strangerWorks ? madeUp.stranger : undefined),
  })
}

/** A second identity that the target does not know would make every isolation check a failure of its own. */
async function checkGiven(
  parts: InspectTargetParts,
  client: Client,
  given: ReturnType<typeof givenIdentities>,
): Promise<void> {
  for (const identity of ['colleague', 'stranger'] as const) {
    if (given[identity] === undefined) continue
    const { status } = await listRunners(parts, client, identity)
    if (status !== 401 && status !== 403) continue
    throw new KitError('target/refused', {
      failed: 'The target refuses the credentials of the second identity.',
      value: `status ${status} from listRunners`,
      fix: 'Check --colleague-api-key, --other-api-key and --other-workspace.',
    })
  }
}

function givenIdentities({
  apiKey,
  workspace,
  other,
  colleagueApiKey,
}: ResolvedTarget): Record<'colleague' | 'stranger', IdentityCard | undefined> {
  const colleague = colleagueApiKey === undefined ? undefined : { apiKey: colleagueApiKey, workspace }
  if (other === undefined) return { colleague, stranger: undefined }
  const card = { apiKey: other.apiKey ?? apiKey, workspace: other.workspace ?? workspace }
  const isSameWorkspace = (card.workspace ?? 'default') === (workspace ?? 'default')
  return isSameWorkspace ? { colleague: card, stranger: undefined } : { colleague, stranger: card }
}

/** A server without keys takes any key for the same user; only a different creator's name shows that it is not. */
async function isAnotherUser(parts: InspectTargetParts, client: Client): Promise<boolean> {
  const own = await tryProject({ ...parts, runId: `${parts.runId}-user` }, client, 'main')
  const theirs = await tryProject(parts, client, 'colleague')
  return own.kind === 'created' && theirs.kind === 'created' && theirs.creator !== '' && own.creator !== theirs.creator
}
