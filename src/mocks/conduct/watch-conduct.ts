/**
 * `watchConduct`: stands between callers and the engine, notes what runners do and judges it when asked. It changes no
 * request and no answer. Only the calls that a runner makes are noted; those of the web app are not.
 */
import { expectForm } from '../../kernel/validate-options.js'
import { ConductReportOptions as form } from '../../generated/kit-page.js'
import { parseJson } from '../../kernel/json-text.js'
import { matchRunnerOperation } from '../../kernel/operation.js'
import type { BodyOutcome } from '../engine/body.js'
import { headerOf, type ApiRequest } from '../base/exchange.js'
import { splitUrl } from '../engine/split-url.js'
import type { Identity } from '../base/identity.js'
import { isRefusal } from '../../kernel/errors.js'
import type { RunnerType } from '../../kernel/types.js'
import type { ConductRecording, ConductReportOptions } from '../../conduct/conduct-types.js'
import type { ConductContext, WatchingConduct } from './watch-conduct-types.js'
import { watchedHandle, type WatchedCall } from './watched-handle.js'
import { clientKeyOf, factsOfAnswer, factsOfRequest, isRunners, LOST } from '../../conduct/conduct-trace.js'
import { keepNewest, renew } from '../../kernel/group-by.js'
import type { ConductTrace, TracedCall } from '../../conduct/conduct-trace.js'
import { gradeRecording } from '../../conduct/grade-runners.js'

export { rules as conductRules } from '../../conduct/all-rules.js'
export { gradeRecording } from '../../conduct/grade-runners.js'
export type * from '../../conduct/conduct-types.js'
export type * from './watch-conduct-types.js'

/** Runners that are remembered; the one that was silent for longest makes room for another one. */
const MAX_RUNNERS = 50
/** Calls that are remembered of each runner, about two hours of an SDK that has little to do. */
const MAX_CALLS = 2000

/** The last calls of a runner, and how many there were. */
interface LiveTrace extends ConductTrace {
  readonly owner: string
  readonly firstOrder: number
  name: string | undefined
  type: RunnerType | undefined
  count: number
  readonly calls: TracedCall[]
}

/**
 * Pass it to `createRunnerMock` as `conduct` to have the mock watch its clients. What it remembers is bounded: 50
 * runners, 2000 calls of each.
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { watchConduct } from 'opik-runner-kit/conduct'
 *
 * const mock = createRunnerMock({ conduct: watchConduct })
 * const { ok, runners } = mock.conduct.report()
 * await mock.close()
 */
export function watchConduct(ground: ConductContext): WatchingConduct {
  const { clock, settings } = ground
  /** By owner and runner, the one that was heard last at the end. */
  const traces = new Map<string, LiveTrace>()
  let order = 0
  const now = () => ({ at: clock.now(), order: ++order })

  /** Once a runner is gone, only its own past says which jobs were its. */
  const runnerOfJob = (caller: Identity, jobId: string): string | undefined => {
    const isIts = (trace: LiveTrace): boolean => trace.owner === caller.owner && hasTaken(trace, jobId)
    return ground.runnerOfJob(caller, jobId) ?? [...traces.values()].find(isIts)?.runnerId
  }

  const note = (exchange: ApiRequest): WatchedCall | undefined => {
    const found = matchRunnerOperation(exchange.method, splitUrl(exchange).path)
    if (exchange.outsideBasePath !== undefined || found.kind !== 'operation') return undefined
    const { path } = found
    const operation = found.operation.id
    const caller = ground.authenticate(exchange.headers ?? {})
    if (isRefusal(caller)) return undefined
    const { owner } = caller
    const subject = (path['jobId'] ?? path['commandId'])?.toLowerCase()
    const isOfJob = subject !== undefined && isRunners(operation)
    const runnerId = path['runnerId']?.toLowerCase() ?? (isOfJob ? runnerOfJob(caller, subject) : undefined)
    const key = clientKeyOf({ operation, owner, runnerId }, traces)
    if (key === undefined || runnerId === undefined) return undefined
    const trace = renew(traces, key, () => startTrace(runnerId, owner, order))
    keepNewest(traces, MAX_RUNNERS)
    const { name, type } = trace.type === undefined ? (ground.findRunner(caller, runnerId) ?? {}) : trace
    Object.assign(trace, { name, type })
    const call: TracedCall = { operation, ...now(), subject }
    addCall(trace, call)
    const apiKey = headerOf(exchange.headers, 'authorization').trim()
    const body = ground.readBody(operation, exchange)
    if (body instanceof Promise) void body.then((outcome) => readFacts(call, outcome, apiKey))
    else readFacts(call, body, apiKey)
    return {
      answered({ status, headers, body: text }) {
        const parts = { status, retryAfter: headers['retry-after'], read: () => parseJson(text) }
        call.answer = { ...now(), ...factsOfAnswer(operation, parts) }
      },
      lost() {
        const told = call.answer ?? now()
        call.answer = { at: told.at, order: told.order, status: LOST, handsOut: [], announces: [] }
      },
    }
  }

  const record = (options: ConductReportOptions = {}): ConductRecording => {
    expectForm(form, options, 'mock.conduct.report')
    const { heartbeat_ttl_seconds, next_job_poll_timeout_seconds, bridge_poll_timeout_seconds } = settings
    const inOrder = [...traces.values()].sort((a, b) => a.firstOrder - b.firstOrder)
    return {
      ...{ at: clock.now(), ended: options.ended === true, sleeps: [] },
      ...{ heartbeat_ttl_seconds, next_job_poll_timeout_seconds, bridge_poll_timeout_seconds },
      runners: structuredClone(inOrder.map(({ owner: _, firstOrder: __, ...trace }) => trace)),
    }
  }

  return {
    watch: (handle, isOwners) => (isOwners === true ? handle : watchedHandle(handle, note)),
    report: (options) => gradeRecording(record(options)),
    record,
    clear: () => traces.clear(),
  }
}

function startTrace(runnerId: string, owner: string, firstOrder: number): LiveTrace {
  return { runnerId, name: undefined, type: undefined, count: 0, calls: [], owner, firstOrder }
}

function addCall(trace: LiveTrace, call: TracedCall): void {
  trace.count++
  if (trace.calls.push(call) > MAX_CALLS) trace.calls.shift()
}

function hasTaken({ calls }: LiveTrace, jobId: string): boolean {
  return calls.some(({ answer }) => answer?.handsOut.some(({ id }) => id === jobId) === true)
}

/** A body that is refused for its schema's sake says nothing that the runner could be held to. */
function readFacts(call: TracedCall, outcome: BodyOutcome, key: string): void {
  if ('refusal' in outcome) return
  Object.assign(call, factsOfRequest(call.operation, outcome.value, key))
}
