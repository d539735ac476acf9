// Variants in runners: what servers in use do besides the rules when runners go, come back, or pair twice.
import { toBase64, signActivation, fromBase64 } from '../../../src/kernel/pairing.js'
import type { MockEvent } from '../../../src/mocks/world/events.js'
import type { Reply } from '../../../src/mocks/base/exchange.js'
import type { Call } from '../../mutants/call.js'
import { nothing, runnerIdOf } from '../../mutants/polls.js'
import { isSuccess, itemsOf, membersIn, refusal, textIn, withBody, withHeaders } from '../../mutants/reply.js'
import { isSameCaller, type KnownSession, type Stage } from '../../mutants/stage.js'
import { defineVariant, type Variant } from './variant.js'

const goneVariants = [
  defineVariant({
    id: 'polls-of-gone-runners',
    row: 'pollOfGoneRunner',
    what: 'A poll whose runner goes meanwhile ends with 404, or with nothing to do.',
    touches: ['nextJob', 'nextBridgeCommands'],
    checks: ['long-poll/*', 'concurrency/disconnect-or-next', 'model/everything'],
    spoil: (dice) => (stage) => async (call) => {
      const isThere = (): boolean => stage.stateOf('runner', runnerIdOf(call)) !== 'none'
      const wasThere = isThere()
      const reply = await call.proceed()
      if (!wasThere || isThere() || !dice.plays()) return reply
      return dice.pick([404, 200]) === 404 ? refusal(404) : nothing(call)
    },
  }),
  defineVariant({
    id: 'readers-of-gone-runners',
    row: 'readerOfGoneRunner',
    what: 'A reader who waits for a command whose runner goes gets it as timed out, or 404.',
    touches: ['getBridgeCommand'],
    checks: ['waiting-readers/*', 'model/commands', 'model/everything'],
    spoil: (dice) => (stage) => async (call) => {
      const isThere = (): boolean => stage.stateOf('runner', runnerIdOf(call)) !== 'none'
      const wasThere = isThere()
      const before = await call.proceed({ query: { wait: undefined } })
      const reply = await call.proceed()
      if (!wasThere || isThere() || !isSuccess(before) || !dice.plays()) return reply
      const completed_at = new Date(stage.now()).toISOString()
      const command = { ...membersIn(before), status: 'timed_out', completed_at }
      return dice.pick([404, 200]) === 404 ? refusal(404) : withBody(before, command)
    },
  }),
]

/** When the reaper saw each runner dead for the first time, and since when it is dead now. */
class Deaths {
  private readonly first = new Map<string, number>()
  private readonly lapses = new Map<string, number>()
  private readonly revived = new Set<string>()

  hear(event: MockEvent, now: number): void {
    if (!('machine' in event) || event.machine !== 'runner') return
    const { id } = event.resource
    if (event.to === 'disconnected') this.lapses.set(id, now)
    if (event.to !== 'connected' || event.from !== 'disconnected') return
    const lapsed = this.lapses.get(id) ?? now
    if (now - lapsed > REAPER_MS && !this.first.has(id)) this.first.set(id, lapsed + REAPER_MS)
    this.lapses.delete(id)
    this.revived.add(id)
  }

  /** Runners that a server purges which never forgets a death. */
  due(now: number): string[] {
    return [...this.lapses].flatMap(([id, lapsed]) => {
      const first = this.first.get(id)
      const isDue = this.revived.has(id) && first !== undefined && now - first > PURGE_MS && now - lapsed > REAPER_MS
      return isDue ? [id] : []
    })
  }

  forget(id: string): void {
    this.lapses.delete(id)
  }
}

const REAPER_MS = 60_000
const PURGE_MS = 86_400_000

/** What a heartbeat would have announced, kept for the next one. */
class Announcements {
  private readonly owed = new Map<string, unknown[]>()

  keep(runnerId: string, ids: readonly unknown[]): void {
    this.owed.set(runnerId, [...(this.owed.get(runnerId) ?? []), ...ids])
  }

  addTo(runnerId: string, reply: Reply): Reply {
    const owed = this.owed.get(runnerId) ?? []
    if (!isSuccess(reply) || owed.length === 0) return reply
    this.owed.delete(runnerId)
    return withBody(reply, { cancelled_job_ids: [...owed, ...itemsOf(membersIn(reply)['cancelled_job_ids'])] })
  }
}

const lifeVariants = [
  defineVariant({
    id: 'second-death-purges',
    what: 'A runner that came back and dies again is purged as soon as the purge time has passed since its first death.',
    checks: [
      'time/*runner*',
      'time/purge*',
      'time/*-job-expires',
      'time/expired*',
      'time/lapsed-returns',
      'model/time',
    ],
    mayNotRun: /second death/,
    spoil: (dice) => (stage) => {
      const deaths = new Deaths()
      stage.mock.on('*', (event) => deaths.hear(event, stage.now()))
      return async (call) => {
        for (const id of deaths.due(stage.now())) {
          deaths.forget(id)
          const runner = stage.runners.get(id)
          if (runner !== undefined && dice.plays(id))
            await call.ask('disconnectRunner', { path: { runnerId: id }, as: runner.owner })
        }
        return call.proceed()
      }
    },
  }),
  defineVariant({
    id: 'refused-heartbeat-counts',
    what: 'A heartbeat that is refused for a capability renews the time to live.',
    // A server does so always or never; all accidents at once are a profile of the mock.
    joins: false,
    touches: ['heartbeat'],
    checks: ['heartbeat/*', 'lifecycle/*heartbeat*', 'time/*heartbeat*', 'time/lapse*', 'model/runners'],
    spoil: (dice) => () => {
      const announcements = new Announcements()
      return async (call) => {
        const runnerId = runnerIdOf(call).toLowerCase()
        const reply = await call.proceed()
        if (reply.status !== 400 || !Array.isArray(call.members['capabilities']) || !dice.plays())
          return announcements.addTo(runnerId, reply)
        const { body } = await call.ask('heartbeat', { path: call.path, body: {} })
        announcements.keep(runnerId, itemsOf(membersIn({ body: JSON.stringify(body ?? {}) })['cancelled_job_ids']))
        return reply
      }
    },
  }),
]

/** Registers the runner of a used session once more: under its new name, or again after it has gone. */
class Returns {
  private readonly stage: Stage
  private readonly names = new Map<string, string>()
  /** Ids in the mock of runners that have returned, by the ids that callers know. */
  private readonly aliases = new Map<string, string>()

  constructor(stage: Stage) {
    this.stage = stage
  }

  async register(call: Call, session: KnownSession): Promise<void> {
    const { runnerId } = session
    const known = this.aliases.get(runnerId) ?? runnerId
    const runner = this.stage.runners.get(known)
    if (runner === undefined || !isSameCaller(runner.owner, call.caller)) return
    if (this.stage.stateOf('runner', known) !== 'none') this.names.set(runnerId, textIn(call.body, 'runner_name'))
    else this.aliases.set(runnerId, await pairAgain(call, session))
  }

  /** The request as the mock understands it. */
  async ask(call: Call): Promise<Reply> {
    const alias = this.aliases.get(runnerIdOf(call).toLowerCase())
    return call.proceed(alias === undefined ? {} : { path: { runnerId: alias } })
  }

  /** The answer as callers understand it. */
  shown(reply: Reply): Reply {
    let { body } = reply
    let { location } = reply.headers
    for (const [id, alias] of this.aliases) {
      body = body.replaceAll(alias, id)
      location = location?.replaceAll(alias, id)
    }
    const named = this.renamed({ ...reply, body })
    return location === undefined ? named : withHeaders(named, { location })
  }

  private renamed(reply: Reply): Reply {
    if (this.names.size === 0 || !isSuccess(reply) || reply.body === '') return reply
    const { content, ...body } = membersIn(reply)
    const rename = (runner: Readonly<Record<string, unknown>>): object => {
      const name = 'connected_at' in runner ? this.names.get(textIn(runner, 'id')) : undefined
      return name === undefined ? runner : { ...runner, name }
    }
    if (Array.isArray(content))
      return withBody(reply, {
        ...body,
        content: itemsOf(content).map((each) => rename(Object(each) as object as Record<string, unknown>)),
      })
    return 'connected_at' in body ? withBody(reply, rename(body)) : reply
  }
}

/** Pairs a runner like the one of the session; its id in the mock. */
async function pairAgain(call: Call, { projectId, type, key }: KnownSession): Promise<string> {
  const bytes = fromBase64(key) ?? new Uint8Array(32)
  const opened = await call.ask('createPairingSession', {
    body: { project_id: projectId, type, activation_key: toBase64(bytes) },
  })
  const session = membersIn({ body: JSON.stringify(opened.body ?? {}) })
  const sessionId = textIn(session, 'session_id')
  const runner_name = textIn(call.body, 'runner_name')
  const hmac = await signActivation(bytes, sessionId, runner_name)
  await call.ask('activatePairingSession', { path: { sessionId }, body: { runner_name, hmac } })
  return textIn(session, 'runner_id')
}

const pairingVariants = [
  defineVariant({
    id: 'second-activation-registers',
    what: 'A second correct activation answers 409 and registers the runner again, under its new name.',
    // A server does so always or never; all accidents at once are a profile of the mock.
    joins: false,
    checks: [
      'pairing/*',
      'pairing-crypto/*',
      'slots/*',
      'lifecycle/pairingSession*',
      'concurrency/one-*',
      'model/runners',
      'model/everything',
    ],
    spoil: (dice) => (stage) => {
      const returns = new Returns(stage)
      return async (call) => {
        const reply = await returns.ask(call)
        const session = stage.sessions.get((call.path['sessionId'] ?? '').toLowerCase())
        if (
          call.operation === 'activatePairingSession' &&
          reply.status === 409 &&
          session !== undefined &&
          dice.plays()
        )
          await returns.register(call, session)
        return returns.shown(reply)
      }
    },
  }),
]

export const runnerVariants: readonly Variant[] = [...pairingVariants, ...goneVariants, ...lifeVariants]
