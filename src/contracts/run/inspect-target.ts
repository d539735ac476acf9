/**
 * Looks a target over before any check runs: is it there, does it take the credentials, may projects be created, is there
 * a second identity, how long does a request take. What makes a run pointless is said at once.
 */
import { isUuid } from '../../kernel/id-source.js'
import { componentValidators } from '../../generated/component-validators.js'
import { KitError } from '../../kernel/errors.js'
import { realClock } from '../../kernel/real-time.js'
import type { OwnProject } from '../check/context.js'
import { alternatives, type Answer, idAtEndOf, isErrorBody } from '../target/answer.js'
import { CheckClient, type Client, type ClientParts, Unreachable } from '../target/client.js'
import { Violation } from '../target/expectation.js'
import type { Exchange } from '../target/recorded-exchange.js'
import { identitiesOf, type Credentials, type Identities, type IdentityName } from '../target/target.js'
import type { ResolvedTarget } from '../target/target.js'
import type { Transport } from '../target/transport.js'
import type { Presence } from './missing-operations.js'

/**
 * Where projects come from. `shared`: the target's given project; checks must then run one after another. `none`: none can
 * be created, as the exchange shows, and none was given.
 */
export type ProjectSource =
  | { kind: 'own' }
  | { kind: 'shared'; project: OwnProject }
  | { kind: 'none'; exchange: Exchange }

export interface TargetFacts {
  identities: Identities
  projects: ProjectSource
  pace: RequestPace
}

/** How long requests are on their way to the target. */
export interface RequestPace {
  /** Real milliseconds after which a request has arrived at a target that is not busy. */
  readonly settleMs: number
  /** Measures again: while both sides warm up, they are slower than later. */
  measure(): Promise<void>
}

export interface InspectTargetParts extends Pick<ClientParts, 'transport' | 'mask'> {
  target: ResolvedTarget
  runId: string
  unknownId: string
  /** Seconds for each of the first looks. Default: 2, so that a target that is down is told within five. */
  firstAnswerSeconds?: number | undefined
}

const LOOK_SECONDS = 2
const PROBES = 5
const LEAST_SETTLE_MS = 3
const MAX_SETTLE_MS = 1500

/**
 * Surveys a target.
 * @throws KitError `target/unreachable` when nothing answers, `target/refused` when the credentials are refused, and
 *   `target/projects` when the given project cannot be used.
 */
export async function inspectTarget(parts: InspectTargetParts): Promise<TargetFacts> {
  return new Inspection(parts).run()
}

/** Other callers than the target's own. */
type Others = Partial<Record<'reader' | 'colleague' | 'stranger', Credentials | undefined>>

/** What came of a trial project; `creator` is '' when the target does not tell it. */
type ProjectTrial = { kind: 'created'; creator: string } | { kind: 'refused'; exchange: Exchange }

class Inspection implements RequestPace {
  settleMs = MAX_SETTLE_MS
  private readonly parts: InspectTargetParts
  private readonly lookSeconds: number
  private readonly client: Client
  /** Shorter for a target that has left the first look unanswered. Default: that of the client. */
  private answerSeconds: number | undefined

  constructor(parts: InspectTargetParts) {
    this.parts = parts
    this.lookSeconds = parts.firstAnswerSeconds ?? LOOK_SECONDS
    this.client = this.clientFor({})
  }

  async run(): Promise<TargetFacts> {
    const { client, lookSeconds: timeoutSeconds } = this
    const { url } = this.parts.target
    const ping = { method: 'GET', path: '/is-alive/ping', operation: null, timeoutSeconds }
    const [alive, list] = await Promise.allSettled([client.raw(ping), this.listRunners(client)])
    if (alive.status === 'rejected' && list.status === 'rejected') throw unreachable(url, list.reason)
    if (list.status === 'rejected') this.answerSeconds = timeoutSeconds
    else expectCredentials(url, list.value)
    if (list.status === 'fulfilled') await this.measure()
    const trial = await this.tryProject(client, 'main')
    const projects = trial.kind === 'created' ? ({ kind: 'own' } as const) : await this.findGivenProject(trial.exchange)
    return { identities: await this.findIdentities(trial), projects, pace: this }
  }

  private clientFor(others: Others): Client {
    const { target, transport, mask } = this.parts
    const identities = identitiesOf(target, others)
    return new CheckClient({ url: target.url, limits: target.limits, transport, identities, mask })
  }

  private listRunners(client: Client, identity: IdentityName = 'main'): Promise<Answer> {
    const query = { project_id: this.parts.unknownId }
    return client.call('listRunners', { query, identity, timeoutSeconds: this.lookSeconds })
  }

  /** Where the slowest of a few quick calls took so long, a request has arrived after three times that. */
  async measure(): Promise<void> {
    let settleMs = LEAST_SETTLE_MS
    for (let probe = 0; probe < PROBES && settleMs < MAX_SETTLE_MS; probe++) {
      const started = realClock.stopwatch()
      await this.listRunners(this.client).catch(toleratingNoAnswer)
      settleMs = Math.max(settleMs, LEAST_SETTLE_MS + 3 * (realClock.stopwatch() - started))
    }
    this.settleMs = Math.min(settleMs, MAX_SETTLE_MS)
  }

  /** The target's given project, where none can be created, as the exchange shows. */
  private async findGivenProject(exchange: Exchange): Promise<ProjectSource> {
    const given = this.parts.target.project
    if (given === undefined) return { kind: 'none', exchange }
    const id = isUuid(given) ? given : await this.retrieveProject(given)
    const query = { project_id: id, status: 'connected' as const }
    const page = await this.client.call('listRunners', { query }).catch(toleratingNoAnswer)
    if (componentValidators.LocalRunnerPage(page?.body) && page.body.total > 0) {
      throw new KitError('target/projects', {
        failed: 'The given project has connected runners of this user, and pairing would evict them.',
        value: given,
        fix: 'Stop them, or give a project that nobody uses.',
      })
    }
    return { kind: 'shared', project: { id, name: given } }
  }

  private async retrieveProject(name: string): Promise<string> {
    const answer = await this.client.call('retrieveProject', { body: { name } }).catch(toleratingNoAnswer)
    const id = idOfProject(answer)
    if (id !== undefined) return id
    throw new KitError('target/projects', {
      failed: 'The given project cannot be found by its name.',
      value: `${name}: ${answer === undefined ? 'no answer' : `status ${answer.status}`}`,
      fix: 'Give the name of an existing project, or its id.',
    })
  }

  private async tryProject(client: Client, identity: IdentityName): Promise<ProjectTrial> {
    const { answerSeconds: timeoutSeconds } = this
    try {
      const body = { name: `contract-${this.parts.runId}-${identity}` }
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

  /**
   * The identities given, and made-up ones where the target takes any key: then no credentials are needed to test
   * isolation.
   */
  private async findIdentities(own: ProjectTrial): Promise<Identities> {
    const { target, runId } = this.parts
    const { apiKey, workspace } = target
    const given = givenIdentities(target)
    await this.expectGiven(given)
    if (own.kind !== 'created') return identitiesOf(target, given)
    // A stranger who was named may be a member of the first workspace, too.
    const madeUp = {
      colleague: { apiKey: given.stranger?.apiKey ?? madeUpKey(runId), workspace },
      stranger: { apiKey, workspace: `contract-${runId}` },
    }
    const client = this.clientFor(madeUp)
    const tryMadeUp = async (identity: keyof typeof madeUp) => {
      if (given[identity] !== undefined) return given[identity]
      const trial = await this.tryProject(client, identity)
      if (trial.kind === 'refused') return undefined
      // A server without keys takes any key for the same user; only a different creator's name shows that it is not.
      const isOther = identity === 'stranger' || (trial.creator !== '' && trial.creator !== own.creator)
      return isOther ? madeUp[identity] : undefined
    }
    const [colleague, stranger] = await Promise.all([tryMadeUp('colleague'), tryMadeUp('stranger')])
    return identitiesOf(target, { ...given, colleague, stranger })
  }

  /** A second identity that the target does not know would make every isolation check a failure of its own. */
  private async expectGiven(given: Others): Promise<void> {
    const client = this.clientFor(given)
    for (const identity of ['colleague', 'stranger'] as const) {
      if (given[identity] === undefined) continue
      const answer = await this.listRunners(client, identity).catch((error: unknown) => {
        if (error instanceof Violation) return undefined
        throw unreachable(this.parts.target.url, error)
      })
      if (answer?.status !== 401 && answer?.status !== 403) continue
      throw new KitError('target/refused', {
        failed: 'The target refuses the credentials of the second identity.',
        value: `status ${answer.status} from listRunners`,
        fix: 'Check the other identities (--colleague-api-key, --other-api-key and --other-workspace; colleagueApiKey, other).',
      })
    }
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

/** One unanswered call shows nothing; a target that refuses connections ends the run. */
function toleratingNoAnswer(error: unknown): undefined {
  if (!(error instanceof Violation)) throw error
  return undefined
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

/** The key of a user whom a run makes up. */
export function madeUpKey(runId: string): string {
  return `contract-colleague-${runId}`
}

function givenIdentities({ apiKey, workspace, other, colleagueApiKey, readerApiKey }: ResolvedTarget): Others {
  const reader = readerApiKey === undefined ? undefined : { apiKey: readerApiKey, workspace }
  const colleague = colleagueApiKey === undefined ? undefined : { apiKey: colleagueApiKey, workspace }
  if (other === undefined) return { reader, colleague }
  const card = { apiKey: other.apiKey ?? apiKey, workspace: other.workspace ?? workspace }
  const isSameWorkspace = (card.workspace ?? 'default') === (workspace ?? 'default')
  return isSameWorkspace ? { reader, colleague: card } : { reader, colleague, stranger: card }
}

/** Sends a call that asks for nothing and leaves no trace in a report. */
export type Ping = (timeoutMs: number) => Promise<Presence>

export function createPing(transport: Transport, url: string): Ping {
  return async (timeoutMs) => {
    const request = { method: 'GET', url: `${url}/is-alive/ping`, headers: { accept: 'application/json' } }
    const first = await transport.send(request, timeoutMs).outcome
    // Connections that were kept open may have ended with their server a moment ago; a new one tells more.
    const isDropped = first.kind === 'failure' && first.reason === 'dropped'
    const outcome = isDropped ? await transport.send(request, timeoutMs, true).outcome : first
    if (outcome.kind === 'answer' || outcome.reason === 'dropped') return 'there'
    return outcome.reason === 'refused' ? 'gone' : 'silent'
  }
}
