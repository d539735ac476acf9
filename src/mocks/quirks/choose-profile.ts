/** Which quirks make up which profile. One chunk with all of them, loaded when a mock is to have one. */
import type { QuirkId } from '../../generated/quirks.js'
import { runnerOperations } from '../../kernel/operation.js'
import { errorReply } from '../base/exchange.js'
import type { ProfileName, ProfileSettings } from '../base/settings.js'
import type { Deviations } from '../engine/deviations.js'
import { olderVersion } from './older-version.js'
import * as requests from './request-quirks.js'
import { createActivationRevives, refusedHeartbeatRenews, refusedPayloadCounts } from './runner-quirks.js'

/** Code that a quirk concerns asks for it by its id. */
const asked = (): Deviations => ({})

/**
 * The quirks that the mock can have, by their ids in the spec; those with a memory are created again for each mock.
 */
export const quirks = {
  'activation-revives': createActivationRevives,
  'refused-heartbeat-renews': () => refusedHeartbeatRenews,
  'reported-pending-handed-out': asked,
  'total-counts-expired': asked,
  'cancelled-running-never-expires': asked,
  'refused-payload-counts': () => refusedPayloadCounts,
  'payload-in-characters': asked,
  'expired-command-ends-poll': asked,
  'reported-command-in-queue': asked,
  'gone-runner-poll-waits': asked,
  'fractions-through-double': () => requests.fractionsThroughDouble,
  'stale-wait': asked,
  'one-waiter-wakes': asked,
  'second-death-purges': asked,
  'endpoint-commands-unreaped': asked,
  'status-any-case': () => requests.statusAnyCase,
  'hung-up-poller-swallows': asked,
  'oversized-page-500': () => requests.oversizedPage500,
  'null-agent-500': () => requests.nullAgent500,
  'broken-gzip-500': () => ({ brokenGzip: 500 }),
  'scalar-coercion': () => requests.scalarCoercion,
  'unknown-encoding-ignored': () => ({ ignoresUnknownEncoding: true }),
  'span-delete-501': () => requests.spanDelete501,
  'redirect-500': () => requests.redirect500,
  'mask-as-environment': asked,
  'search-refusals-as-stream': () => requests.searchRefusalsAsStream,
  'score-averages-mixed': asked,
  'thread-ids-folded': asked,
  'deleted-trace-leaves-spans': asked,
  'total-counts-traces-without-spans': asked,
  'neighbour-request-500': () => requests.neighbourRequest500,
  'redirect-any-workspace': asked,
  'negative-timeout-wraps': asked,
  'taken-version-id-replaced': asked,
  'null-description-text': asked,
  'lenient-bodies': () => requests.lenientBodies,
} as const satisfies Partial<Record<QuirkId, () => Deviations>>

/** What a profile does otherwise than the rules say. */
export function deviationsOf(profile: Exclude<ProfileName, 'spec'>, settings: ProfileSettings): Deviations {
  const made = Object.values(quirks).map((make): Deviations => make())
  const today = [{ quirks: new Set(Object.keys(quirks)) }, requests.listedRefusals, ...made]
  switch (profile) {
    case 'opik':
    case 'opik@2.1':
      return join([olderVersion('2.1'), ...today])
    case 'opik@2.0':
      return join([olderVersion('2.0'), ...today])
    case 'opik@2.0.1':
      return join([runnersSwitchedOff(settings), olderVersion('2.0'), ...today])
  }
}

/** Runners and pairing are switched off unless the setting says otherwise, as they are first installed. */
function runnersSwitchedOff(settings: ProfileSettings): Deviations {
  return {
    answer({ operation }) {
      if (settings.runners_enabled === true || !Object.hasOwn(runnerOperations, operation)) return undefined
      return errorReply(501, 'Runners are not enabled on this server.')
    },
  }
}

/** Several sets of deviations as one; those that meet at one point act one after another. */
export function join(sets: readonly Deviations[]): Deviations {
  const at = <Point extends keyof Deviations>(point: Point) =>
    sets.map((each) => each[point]).filter((own): own is NonNullable<Deviations[Point]> => own !== undefined)
  const joined = sets.reduce<Deviations>((all, each) => ({ ...all, ...each }), {})
  const [reads, answers, mends] = [at('readParameter'), at('answer'), at('mend')]
  const [acts, statuses] = [at('afterRefusal'), at('statusOf')]
  if (answers.length > 0) joined.answer = (request) => first(answers, (answer) => answer(request))
  if (reads.length > 0)
    joined.readParameter = (operation, name, text) =>
      reads.reduce<string | undefined>((read, next) => next(operation, name, read), text)
  // Each of them sees what the ones before it have left.
  if (mends.length > 0) joined.mend = (broken) => mends.map((mend) => mend(broken)).includes(true)
  if (acts.length > 0) joined.afterRefusal = (call, refusal) => acts.forEach((act) => act(call, refusal))
  if (statuses.length > 0) joined.statusOf = (...refusal) => first(statuses, (statusOf) => statusOf(...refusal))
  return joined
}

function first<Each, Found>(list: readonly Each[], look: (each: Each) => Found | undefined): Found | undefined {
  for (const each of list) {
    const found = look(each)
    if (found !== undefined) return found
  }
  return undefined
}
