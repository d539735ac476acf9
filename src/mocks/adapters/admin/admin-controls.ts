// The admin API's calls that steer a mock: its time, its faults, which take the form of a faults file, and its
// scenarios.
import type { AdminBodies } from '../../../generated/kit-admin.js'
import type { ClockView } from '../../../generated/kit-schema.js'
import type { ClockControl } from '../../../kernel/clock.js'
import { toIso } from '../../../kernel/instant.js'
import { memberOf } from '../../../kernel/json-value.js'
import { errorReply, toReply, type ApiResponse } from '../../base/exchange.js'
import { presets as presetNotes } from '../../../generated/kit-preset-notes.js'
import { presetNames, presets } from '../../engine/faults/fault-presets.js'
import type { ScenarioName } from '../../scenarios/scenario.js'
import { isPlayable, problemsOfScenario } from '../../scenarios/scenario-links.js'
import { noContent, orRefuse, unusable, type AdminAnswer, type AdminCall, type AdminSite } from './admin-call.js'

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

export function scaleClock(site: AdminSite, { body }: AdminCall<AdminBodies['scaleClock']>): ApiResponse {
  site.mock.clock.scale(body.speed)
  return readClock(site)
}

/** Between two steps of a long way it is checked whether the client is still there. */
const STEP_SECONDS = 86_400 * 7

/** `POST /clock/advance {"seconds": n}`; it ends early when the client has hung up. */
export async function advanceClock(
  site: AdminSite,
  { body: { seconds }, signal }: AdminCall<AdminBodies['advanceClock']>,
): Promise<ApiResponse> {
  const { clock } = site.mock
  if (clock.now() + seconds * 1000 >= LATEST) return errorReply(422, 'No time beyond the year 9999 can be told.')
  for (let left = seconds; left >= 0 && signal?.aborted !== true; left -= STEP_SECONDS) {
    await clock.advance({ seconds: Math.min(left, STEP_SECONDS) })
  }
  return readClock(site)
}

export async function setClock(site: AdminSite, { body }: AdminCall<AdminBodies['setClock']>): Promise<ApiResponse> {
  const { clock } = site.mock
  const epoch = Date.parse(body.now)
  if (!(epoch >= 0 && epoch < LATEST && epoch <= clock.now() + MAX_STEP_SECONDS * 1000)) {
    return errorReply(422, 'Send a time between 1970 and ten years from the current one.')
  }
  await clock.set(epoch)
  return readClock(site)
}

/** `GET /faults` */
export function listFaults({ mock }: AdminSite): ApiResponse {
  return toReply(200, { faults: mock.faults.list() })
}

/** `POST /faults`: a fault, `{"preset": name}`, or a list of both. All of them, or, when one is wrong, none. */
export function injectFaults({ mock }: AdminSite, { body }: AdminCall): ApiResponse {
  const { injected, problems } = mock.faults.load(body)
  if (injected !== undefined) return toReply(201, { faults: injected })
  return unusable(problems, 'The fault')
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
export function resetMock({ mock }: AdminSite, { body }: AdminCall): AdminAnswer {
  const scenario = memberOf(body, 'scenario')
  if (scenario !== undefined && typeof scenario !== 'string' && !isPlayable(scenario))
    return unusable(problemsOfScenario(scenario), 'The scenario')
  return orRefuse(422, async () => {
    await mock.reset({ scenario })
    return noContent()
  })
}
