/** A mock whose clients wait at a gate for their answers, and a recording of all that was asked of it. */
import type { Clock } from '../kernel/clock.js'
import { NS_PER_MS, Recorder } from '../kernel/recording/recorder.js'
import type { RecordedExchange, Recording, RecordingHeader } from '../kernel/recording/recording.js'
import type { ExploreOptions } from '../generated/kit-schema.js'
import { judge, type Verdict } from '../contracts/watch/judge-recording.js'
import type { ApiRequest } from '../mocks/base/exchange.js'
import { unwatched, type ConductContext, type WatchConduct } from '../mocks/conduct/watch-conduct-types.js'
import { recordable, watchedHandle, type WatchedCall } from '../mocks/conduct/watched-handle.js'
import type { Handle } from '../mocks/engine/engine.js'
import { createRunnerMock, type RunnerMockOptions } from '../mocks/mock/runner-mock.js'
import type { Gate } from './gate.js'

/** Whose rules are judged. */
export type JudgedSide = NonNullable<ExploreOptions['rules']>

export type HeldMock = ReturnType<typeof createHeldMock>

export function createHeldMock(options: RunnerMockOptions) {
  let gate: Gate | undefined
  let known: { readonly clock: Clock; readonly traffic: ReturnType<typeof recordTraffic> } | undefined
  const fromClients = new WeakSet<ApiRequest>()
  const conduct: WatchConduct = (context) => {
    const traffic = recordTraffic(context)
    known = { clock: context.clock, traffic }
    const inner = options.conduct?.(context) ?? unwatched
    return {
      watch(answer, isOwners) {
        const graded = inner.watch(answer, isOwners)
        const held: Handle = (exchange) =>
          gate !== undefined && fromClients.has(exchange) ? gate.pass(exchange, graded) : graded(exchange)
        return isOwners === true ? graded : watchedHandle(held, (exchange) => traffic.begin(exchange))
      },
      clear: () => inner.clear(),
      report: (asked) => inner.report(asked),
      record: (asked) => inner.record(asked),
    }
  }
  const mock = createRunnerMock({ ...options, conduct })
  if (known === undefined) throw new Error('A mock starts its conduct when it is made.')
  const { clock, traffic } = known
  const handle = mock.handle.bind(mock)
  mock.handle = (exchange) => {
    fromClients.add(exchange)
    return handle(exchange)
  }
  return {
    mock,
    clock,
    /** From now on the answers to clients wait there. Simulated agents are no clients. */
    holdAt: (chosen: Gate) => void (gate = chosen),
    broken: (side: JudgedSide): readonly Verdict[] => {
      if (side === 'none') return []
      const sides = side === 'both' ? (['server', 'client'] as const) : [side]
      const { verdicts } = judge(traffic.recording(), { sides, ended: true })
      return verdicts.filter(({ severity }) => severity === 'must')
    },
  }
}

/** Notes what is asked of a mock, by its clock. */
function recordTraffic(context: ConductContext) {
  const { clock } = context
  const zero = clock.now()
  const written: RecordedExchange[] = []
  const recorder = new Recorder(HEADER, {
    now: () => (clock.now() - zero) * NS_PER_MS,
    write: (line) => void ('id' in line && written.push(line)),
  })
  return {
    /** undefined for a caller who is refused, and for what is no call of the API. */
    begin(exchange: ApiRequest): WatchedCall | undefined {
      const request = recordable(exchange, context.authenticate)
      return request && recorder.begin(request)
    },
    recording: (): Recording => ({
      header: { ...HEADER, settings: { ...context.settings } },
      exchanges: [...written, ...recorder.pending()].toSorted((a, b) => a.at_start_ns - b.at_start_ns),
    }),
  }
}

const HEADER: RecordingHeader = { format: 'opik-runner-recording/1', settings: {}, base_path: '' }
