// The admin API's calls that steer a mock: its time, its faults, which take the form of a faults file, and its
// scenarios.
import type { ClockView } from '../../../kernel/admin-views.js'
import type { ClockControl } from '../../../kernel/clock.js'
import { toIso } from '../../../kernel/instant.js'
import { memberOf } from '../../../kernel/json-value.js'
import { describeProblem } from '../../../kernel/problem.js'
import { KitError } from '../../../kernel/errors.js'
import { errorReply, toReply, errorsReply, type ApiResponse } from '../../base/exchange.js'
import { presets as presetNotes } from '../../../generated/kit-preset-notes.js'
import { presetNames, presets } from '../../engine/faults/fault-presets.js'
import type { ResetOptions, ScenarioChoice } from '../../mock/mock-types.js'
import type { ScenarioName } from '../../scenarios/scenario.js'
import { isPlayable, problemsOfScenario } from '../../scenarios/scenario-links.js'
import { noContent, type AdminCall, type AdminSite } from './admin-call.js'

/** Ten years: every timer on the way fires, so more is a mistake rather than a wish. */
const MAX_STEP_SECONDS = 315_576_000
/** The times that ids and JSON can tell: from 1970 to the end of 9999. */
const LATEST = Date.UTC(10_000, 0)

export function viewClock(clock: ClockControl): ClockView {
  const due = clock.nextDue()
  return { now: clock.iso(), frozen: clock.isFrozen, speed: clock.speed, ...(due < LATEST && { next_due: toIso(due) }) }
}

/** `GET /clock` */
export function readClock({ mock: { clock } }: AdminSite): ApiResponse {
  return toReply(200, viewClock(clock))
}

export function scaleClock(site: AdminSite, { body }: AdminCall): ApiResponse {
  const speed = memberOf(body, 'speed')
  if (typeof speed === 'number') site.mock.clock.scale(speed)
  return readClock(site)
}

/** Between two steps of a long way it is checked whether the client is still there. */
const STEP_SECONDS = 86_400 * 7

/** `POST /clock/advance {"seconds": n}`; it ends early when the client has hung up. */
export async function advanceClock(site: AdminSite, { body, signal }: AdminCall): Promise<ApiResponse> {
  const seconds = memberOf(body, 'seconds')
  const { clock } = site.mock
  if (typeof seconds !== 'number' || clock.now() + seconds * 1000 >= LATEST) {
    return errorReply(422, 'No time beyond the year 9999 can be told.')
  }
  for (let left = seconds; left >= 0 && signal?.aborted !== true; left -= STEP_SECONDS) {
    await clock.advance({ seconds: Math.min(left, STEP_SECONDS) })
  }
  return readClock(site)
}

export async function setClock(site: AdminSite, { body }: AdminCall): Promise<ApiResponse> {
  const { clock } = site.mock
  const epoch = toEpoch(memberOf(body, 'now'))
  if (Number.isNaN(epoch)) {
    return errorReply(422, 'Send {"now": time} with an ISO-8601 time with its zone, such as "2026-01-01T00:00:00Z".')
  }
  if (epoch < 0 || epoch >= LATEST || epoch > clock.now() + MAX_STEP_SECONDS * 1000) {
    return errorReply(422, 'Send a time between 1970 and ten years from the current one.')
  }
  await clock.set(epoch)
  return readClock(site)
}

/** Without a zone a time means another moment on each machine. */
function toEpoch(value: unknown): number {
  const isTime =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(value)
  return isTime ? Date.parse(value) : Number.NaN
}

/** `GET /faults` */
export function listFaults({ mock }: AdminSite): ApiResponse {
  return toReply(200, { faults: mock.faults.list() })
}

/** `POST /faults`: a fault, `{"preset": name}`, or a list of both. All of them, or, when one is wrong, none. */
export function injectFaults({ mock }: AdminSite, { body }: AdminCall): ApiResponse {
  const { injected, problems } = mock.faults.load(body)
  if (injected !== undefined) return toReply(201, { faults: injected })
  const told = problems.map((problem) => describeProblem(problem, 'The fault'))
  return errorsReply(422, told)
}

/** `DELETE /faults` */
export function clearFaults({ mock }: AdminSite): ApiResponse {
  mock.faults.clear()
  return noContent()
}

/** `GET /faults/presets` */
export function listPresets(): ApiResponse {
  return toReply(200, {
    presets: presetNames.map((name) => ({ name, ...presetNotes[name], faults: presets[name] })),
  })
}

export function showFault({ mock }: AdminSite, { id }: AdminCall): ApiResponse {
  const fault = mock.faults.list().find((each) => each.id === id)
  return fault === undefined ? unknownFault(id) : toReply(200, fault)
}

/** `DELETE /faults/{id}`: a fault, or all faults of a preset. */
export function clearFault({ mock }: AdminSite, { id }: AdminCall): ApiResponse {
  return mock.faults.clear(id) === 0 ? unknownFault(id) : noContent()
}

function unknownFault(id: string): ApiResponse {
  return errorReply(404, `No fault '${id}' is under way; it may be over.`)
}

const builtInScenarios: Readonly<Record<ScenarioName, string>> = {
  demo: 'A runner that lives, with five agents.',
  'endpoint-supervised': 'The same as under `opik endpoint`: two heartbeaters.',
  playground: 'A project for each state that the agent page knows.',
  busy: 'Fifty projects and two thousand traces of a week, made when they are first asked for.',
  empty: 'The default project and nothing else.',
}

/** `GET /scenarios` */
export function listScenarios({ mock }: AdminSite): ApiResponse {
  const own = [...mock.scenarios].map(([name, { description = '' }]) => [name, description] as const)
  const all = new Map([...Object.entries(builtInScenarios), ...own])
  return toReply(200, {
    current: mock.scenario,
    scenarios: Array.from(all, ([name, description]) => ({ name, description })),
  })
}

/** `POST /reset`, optionally with `{"scenario": name or scenario}` */
export async function reset({ mock }: AdminSite, { body }: AdminCall): Promise<ApiResponse> {
  const asked: ResetOptions | { problem: string } = body === undefined ? {} : readChoice(body)
  if ('problem' in asked) return errorReply(422, asked.problem)
  try {
    await mock.reset(asked)
  } catch (error) {
    if (error instanceof KitError) return errorReply(422, error.message)
    throw error
  }
  return noContent()
}

function readChoice(body: unknown): { scenario: ScenarioChoice } | { problem: string } {
  const scenario: unknown = Reflect.get(Object(body), 'scenario')
  if (typeof scenario === 'string' || isPlayable(scenario)) return { scenario }
  const [problem] = problemsOfScenario(scenario)
  return { problem: problem === undefined ? 'Send a scenario.' : describeProblem(problem, 'The scenario') }
}
