// Random stories of the walk, played on the mock: what the small world predicts is what the mock answers, call by call.
import { describe, expect, it } from 'vitest'
import { operations } from '../../src/kernel/all-operations.js'
import { createRandom } from '../../src/kernel/id-source.js'
import { listOf, memberOf, textAt } from '../../src/kernel/json-value.js'
import { idsHandedOut, roleOf } from '../../src/lifecycle/roles.js'
import { toRawRequest } from '../../src/contracts/target/client.js'
import type { ApiAnswer, ApiCall } from '../../src/kernel/recording/api-call.js'
import { createBehaviour, STEP_SECONDS, walkLimits } from '../../src/lifecycle/states/behaviour.js'
import { actionsIn, isWithin, scopes, type Scope } from './scopes.js'
import {
  emptyWorld,
  FIRST_LOOK_SECONDS,
  type SmallWorld,
  type Action,
  type CallAction,
  type Step,
  type Told,
} from '../../src/lifecycle/states/small-world.js'
import { describeDecision, listCandidates } from '../../src/lifecycle/table.js'
import { unmet } from './rule-stories.js'
import { walk } from './walk.js'
import { stepOf } from '../../src/lifecycle/states/world-step.js'
import { StoryCalls } from '../../src/lifecycle/states/story-calls.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { proofOf, KEY } from '../mocks/given.js'

const UNKNOWN = '01900000-0000-7000-8000-00000000dead'
const SPEC = createBehaviour()
const SEEDS = process.env['KIT_ALL_TARGETS'] === undefined ? 6 : 24

/** A story of random steps, each chosen among all that can happen. */
function randomStory(scope: Scope, length: number, seed: number): Action[] {
  const random = createRandom(seed)
  const dice = (below: number): number => Math.floor(random.next() * below)
  const story: Action[] = []
  let world = emptyWorld()
  const add = (action: Action): void => {
    story.push(action)
    world = stepOf(world, action, SPEC).world
  }
  for (const action of scope.start) add(action)
  while (story.length < length) {
    // Kinds first: there are far more calls of some than of others.
    const choices = [...actionsIn(world, scope)].filter((action) => isWithin(stepOf(world, action, SPEC).world, scope))
    const kinds = [...new Set(choices.map(({ on }) => on))]
    const kind = kinds[dice(kinds.length)]
    const ofKind = choices.filter(({ on }) => on === kind && (on !== 'disconnectRunner' || dice(4) === 0))
    const action = ofKind[dice(ofKind.length)]
    if (action !== undefined) add(action)
  }
  return story
}

interface OpenWait {
  wait: NonNullable<Step['begun']>
  hangUp: () => void
  answer: ApiAnswer | undefined
}

/** A mock on which stories are played. */
class Stage {
  private readonly mock: RunnerMock
  private readonly calls: StoryCalls
  private world: SmallWorld = emptyWorld()
  private readonly waits = new Map<number, OpenWait>()
  /** Of jobs and commands, by their ids. */
  private readonly numbers = new Map<string, number>()

  private constructor(mock: RunnerMock, projectId: string) {
    this.mock = mock
    const callers = ['main', 'second'] as const
    this.calls = new StoryCalls({ callers, projectId, unknownId: UNKNOWN, limits: walkLimits })
  }

  static async open(): Promise<Stage> {
    const settings = { ...walkLimits, max_agents_per_runner: 2, max_log_entries_per_batch: 2 }
    const mock = createRunnerMock({ seed: 7, now: '2026-07-01T12:00:00.000Z', frozen: true, settings })
    await mock.clock.advance({ seconds: FIRST_LOOK_SECONDS })
    const retrieved = await mock.handle({
      method: 'POST',
      url: '/v1/private/projects/retrieve',
      headers: JSON_TYPE,
      body: '{"name":"Default Project"}',
    })
    const { id } = JSON.parse(retrieved.body) as { id: string }
    return new Stage(mock, id)
  }

  close(): Promise<void> {
    return this.mock.close()
  }

  /** Plays a step; what was predicted, and what was told. */
  async play(action: Action): Promise<{ predicted: unknown; told: unknown }> {
    const step = stepOf(this.world, action, SPEC)
    let told: Told | undefined
    if (action.on === 'pass') await this.mock.clock.advance({ seconds: STEP_SECONDS })
    else if (action.on === 'hangUp') this.waits.get(action.wait)?.hangUp()
    else told = await this.call(action, step)
    if (action.on === 'hangUp') this.waits.delete(action.wait)
    await turn()
    const ended = [...this.waits].filter(([, { answer }]) => answer !== undefined)
    for (const [id] of ended) this.waits.delete(id)
    this.world = step.world
    return {
      predicted: {
        told: sorted(step.told),
        ended: step.ended.map(({ wait, told: each }) => [wait.id, sorted(each)]).toSorted(byId),
      },
      told: {
        told: sorted(told),
        ended: ended.map(([id, { wait, answer }]) => [id, answer && sorted(this.toldOf(wait, answer))]).toSorted(byId),
      },
    }
  }

  private async call(action: CallAction, step: Step): Promise<Told | undefined> {
    const call = this.calls.callOf(action)
    const leaving = new AbortController()
    const rate = walkLimits.bridge_max_write_commands_per_minute
    if (action.form['rate'] === 'exceeded') this.mock.changeSettings({ bridge_max_write_commands_per_minute: 0 })
    const reply = this.mock.handle({ ...requestOf(call), signal: leaving.signal })
    if (step.begun !== undefined) {
      const open: OpenWait = { wait: step.begun, hangUp: () => leaving.abort(), answer: undefined }
      this.waits.set(step.begun.id, open)
      void Promise.resolve(reply).then((each) => (open.answer = answerOf(each)))
      return undefined
    }
    const replied = await Promise.race([reply, manyTurns()])
    this.mock.changeSettings({ bridge_max_write_commands_per_minute: rate })
    if (replied === undefined) {
      leaving.abort()
      return undefined
    }
    if (action.isLost === true) replied.delivery?.failed()
    const answer = answerOf(replied)
    if (step.made !== undefined) {
      this.calls.learn(action, answer, step.made)
      this.numbers.set(answer.createdId ?? '', step.made.id)
    }
    const told = this.toldOf(action, answer)
    return answer.status === 201 && step.told?.ids !== undefined ? { ...told, ids: step.told.ids } : told
  }

  /** An answer in the words of the small world: numbers instead of ids. */
  private toldOf({ on }: Pick<CallAction, 'on'>, { status, body }: ApiAnswer): Told {
    const told = (ids: readonly string[]): Told => ({ status, ids: ids.map((id) => this.numbers.get(id) ?? -1) })
    if (status >= 400) return { status }
    if (roleOf(on).handsOut !== undefined) return told(idsHandedOut(on, body))
    if (on === 'heartbeat') return told(listOf(memberOf(body, 'cancelled_job_ids')).map(String))
    return ['getRunner', 'getJob', 'getBridgeCommand'].includes(on)
      ? { status, state: textAt(body, 'status') }
      : { status }
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }

function requestOf(call: ApiCall) {
  const body = withSecret(call)
  return {
    method: operations[call.operation].method,
    url: toRawRequest(call.operation, { path: call.path, query: call.query }).path,
    headers: { ...(call.caller === 'second' && { authorization: 'second' }), ...(body !== undefined && JSON_TYPE) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }
}

function withSecret({ operation, body, secret, path }: ApiCall): unknown {
  if (operation === 'createPairingSession') {
    const key = secret === 'right' ? KEY : KEY.slice(1)
    return { ...(body as object), activation_key: Buffer.from(key).toString('base64') }
  }
  if (operation !== 'activatePairingSession') return body
  const name = (body as { runner_name: string }).runner_name
  return { ...(body as object), hmac: proofOf(path['sessionId'] ?? '', secret === 'right' ? name : 'another name') }
}

function answerOf({ status, body, headers }: Awaited<ReturnType<RunnerMock['handle']>>): ApiAnswer {
  const location = Object.entries(headers).find(([name]) => name.toLowerCase() === 'location')?.[1]
  return {
    status,
    body: body === '' ? undefined : JSON.parse(body),
    createdId: (location ?? '').split('/').at(-1),
    waitedMs: 0,
  }
}

function sorted(told: Told | undefined): Told | undefined {
  return told?.ids === undefined ? told : { ...told, ids: told.ids.toSorted() }
}

function byId([one]: readonly unknown[], [other]: readonly unknown[]): number {
  return Number(one) - Number(other)
}

/** Long enough for what is answered at once. */
async function manyTurns(): Promise<undefined> {
  for (let turns = 0; turns < 20; turns++) await turn()
  return undefined
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function expectAsPredicted(story: readonly Action[]): Promise<void> {
  const stage = await Stage.open()
  for (const [at, action] of story.entries()) {
    const { predicted, told } = await stage.play(action)
    expect(told, JSON.stringify(story.slice(0, at + 1))).toEqual(predicted)
  }
  await stage.close()
}

describe('the small world', () => {
  it.each(scopes.map((scope) => [scope.name, scope] as const))('answers as the mock does: %s', async (_, scope) => {
    for (let seed = 1; seed <= SEEDS; seed++) await expectAsPredicted(randomStory(scope, 60, seed))
  })

  it.each(Object.keys(unmet))('answers as the mock does where no story over HTTP leads: %s', async (rule) => {
    const edge = listCandidates().find((each) => describeDecision(each) === rule)
    const stories = scopes.map((scope) => walk(scope, { maxStates: 300 }).edges.get(edge?.number ?? -1))
    const story = stories.find((each) => each !== undefined)
    expect(story).toBeDefined()
    await expectAsPredicted(story ?? [])
  })
})
