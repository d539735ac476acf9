/** Which quirks make up which profile. One chunk with all of them, loaded when a mock is to have one. */
import { runnerOperations } from '../../kernel/operation.js'
import { errorReply } from '../base/exchange.js'
import type { ProfileName, ProfileSettings } from '../base/settings.js'
import type { Deviations } from '../engine/deviations.js'
import { olderVersion } from './older-version.js'
import * as requests from './request-quirks.js'
import {
  createActivationRevives,
  refusedHeartbeatRenews,
  refusedPayloadCounts,
  reportedPendingHandedOut,
  staleWait,
} from './runner-quirks.js'

/**
 * The quirks that the mock can have, by their ids in the spec; those with a memory are created again for each mock.
 */
export const quirks = {
  'activation-revives': createActivationRevives,
  'refused-heartbeat-renews': () => refusedHeartbeatRenews,
  'reported-pending-handed-out': () => reportedPendingHandedOut,
  'total-counts-expired': () => ({ totalOf: ({ jobs }, existing) => existing + jobs.everExpired }),
  'cancelled-running-never-expires': () => ({
    expires: ({ wire }) => wire.status !== 'cancelled' || wire.started_at === undefined,
  }),
  'refused-payload-counts': () => refusedPayloadCounts,
  'payload-in-characters': () => ({ isLargerThan: (value, limit) => JSON.stringify(value).length > limit }),
  'expired-command-ends-poll': () => ({ staysInQueue: (quirk) => quirk === 'expired-command-ends-poll' }),
  'reported-command-in-queue': () => ({ staysInQueue: (quirk) => quirk === 'reported-command-in-queue' }),
  'gone-runner-poll-waits': () => ({ pollsOutliveRunners: true }),
  'fractions-through-double': () => requests.fractionsThroughDouble,
  'stale-wait': () => staleWait,
  'one-waiter-wakes': () => ({ wake: (readers, news) => void readers.give(news) }),
  'second-death-purges': () => ({ remembersFirstDeath: true }),
  'endpoint-commands-unreaped': () => ({ reapsCommandsOf: ({ wire }) => wire.type !== 'endpoint' }),
  'status-any-case': () => requests.statusAnyCase,
  'hung-up-poller-swallows': () => ({ ignoresHangUps: true }),
  'oversized-page-500': () => requests.oversizedPage500,
  'null-agent-500': () => requests.nullAgent500,
  'broken-gzip-500': () => ({ brokenGzip: 500 }),
  'scalar-coercion': () => requests.scalarCoercion,
  'unknown-encoding-ignored': () => ({ ignoresUnknownEncoding: true }),
  'span-delete-501': () => requests.spanDelete501,
  'redirect-500': () => requests.redirect500,
  'mask-as-environment': () => ({ takesMasksForVersions: true }),
  'search-refusals-as-stream': () => requests.searchRefusalsAsStream,
  'score-averages-mixed': () => ({ mixesScores: true }),
  'thread-ids-folded': () => ({ foldsThreadIds: true }),
  'deleted-trace-leaves-spans': () => ({ keepsSpans: true }),
  'total-counts-traces-without-spans': () => ({
    // Of a filter on what the spans come to.
    hidesRow: (collection, fields, entry) =>
      collection === 'traces' && entry['span_count'] === 0 && fields.some((field) => SUMS.test(field)),
  }),
  'neighbour-request-500': () => requests.neighbourRequest500,
  'redirect-any-workspace': () => ({ redirectsToAnyWorkspace: true }),
  'negative-timeout-wraps': () => ({ keepsNegativeTimeouts: true }),
  'taken-version-id-replaced': () => ({ replacesTakenIds: true }),
  'null-description-text': () => ({ saysNullDescription: true }),
  'lenient-bodies': () => requests.lenientBodies,
} as const satisfies Record<string, () => Deviations>

const SUMS = /^(llm_span_count|total_estimated_cost|usage\..+)$/

/** What a profile does otherwise than the rules say. */
export function deviationsOf(profile: Exclude<ProfileName, 'spec'>, settings: ProfileSettings): Deviations {
  const today = [requests.listedRefusals, ...Object.values(quirks).map((make): Deviations => make())]
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
  const [acts, statuses, keeps] = [at('afterRefusal'), at('statusOf'), at('staysInQueue')]
  if (answers.length > 0) joined.answer = (request) => first(answers, (answer) => answer(request))
  if (reads.length > 0)
    joined.readParameter = (operation, name, text) =>
      reads.reduce<string | undefined>((read, next) => next(operation, name, read), text)
  // Each of them sees what the ones before it have left.
  if (mends.length > 0) joined.mend = (broken) => mends.map((mend) => mend(broken)).includes(true)
  if (acts.length > 0) joined.afterRefusal = (call, refusal) => acts.forEach((act) => act(call, refusal))
  if (statuses.length > 0) joined.statusOf = (...refusal) => first(statuses, (statusOf) => statusOf(...refusal))
  if (keeps.length > 0) joined.staysInQueue = (quirk) => keeps.some((keep) => keep(quirk))
  return joined
}

function first<Each, Found>(list: readonly Each[], look: (each: Each) => Found | undefined): Found | undefined {
  for (const each of list) {
    const found = look(each)
    if (found !== undefined) return found
  }
  return undefined
}
