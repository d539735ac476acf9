/** Which accidents make up which profile. One chunk with all of them, loaded when a mock is to have one. */
import type { ProfileName, ProfileSettings } from '../base/settings.js'
import type { Deviations } from '../engine/deviations.js'
import { createActivationRevives } from './activation-revives.js'
import { cancelledRunningNeverExpires } from './cancelled-running-never-expires.js'
import { expiredCommandEndsPoll, reportedCommandInQueue } from './commands-in-queue.js'
import { endpointCommandsUnreaped } from './endpoint-commands-unreaped.js'
import { fractionsThroughDouble } from './fractions-through-double.js'
import { nullAgent500 } from './null-agent-500.js'
import { oneWaiterWakes } from './one-waiter-wakes.js'
import { oversizedPage500 } from './oversized-page-500.js'
import { payloadInCharacters } from './payload-in-characters.js'
import { redirect500 } from './redirect-500.js'
import { refusedHeartbeatRenews } from './refused-heartbeat-renews.js'
import { refusedPayloadCounts } from './refused-payload-counts.js'
import { reportedPendingHandedOut } from './reported-pending-handed-out.js'
import { scalarCoercion } from './scalar-coercion.js'
import { spanDelete501 } from './span-delete-501.js'
import { staleWait } from './stale-wait.js'
import { statusAnyCase } from './status-any-case.js'
import { olderBodies, runnersSwitchedOff } from './version-2-0-1.js'
import { totalCountsExpired } from './total-counts-expired.js'

/** The accidents that the mock can have, by their ids in the spec; those that remember something are made anew each time. */
export const accidents = {
  'activation-revives': createActivationRevives,
  'refused-heartbeat-renews': () => refusedHeartbeatRenews,
  'reported-pending-handed-out': () => reportedPendingHandedOut,
  'total-counts-expired': () => totalCountsExpired,
  'cancelled-running-never-expires': () => cancelledRunningNeverExpires,
  'refused-payload-counts': () => refusedPayloadCounts,
  'payload-in-characters': () => payloadInCharacters,
  'expired-command-ends-poll': () => expiredCommandEndsPoll,
  'reported-command-in-queue': () => reportedCommandInQueue,
  'gone-runner-poll-waits': () => ({ pollsOutliveRunners: true }),
  'fractions-through-double': () => fractionsThroughDouble,
  'stale-wait': () => staleWait,
  'one-waiter-wakes': () => oneWaiterWakes,
  'second-death-purges': () => ({ remembersFirstDeath: true }),
  'endpoint-commands-unreaped': () => endpointCommandsUnreaped,
  'status-any-case': () => statusAnyCase,
  'hung-up-poller-swallows': () => ({ ignoresHangUps: true }),
  'oversized-page-500': () => oversizedPage500,
  'null-agent-500': () => nullAgent500,
  'broken-gzip-500': () => ({ brokenGzip: 500 }),
  'scalar-coercion': () => scalarCoercion,
  'unknown-encoding-ignored': () => ({ ignoresUnknownEncoding: true }),
  'span-delete-501': () => spanDelete501,
  'redirect-500': () => redirect500,
  'mask-as-environment': () => ({ takesMasksForVersions: true }),
} as const satisfies Record<string, () => Deviations>

/** What a profile does otherwise than the rules say. */
export function deviationsOf(profile: Exclude<ProfileName, 'spec'>, settings: ProfileSettings): Deviations {
  const today = Object.values(accidents).map((make): Deviations => make())
  return join(profile === 'opik' ? today : [runnersSwitchedOff(settings), olderBodies, ...today])
}

/** Several sets of deviations as one; those that meet at one point act one after another. */
export function join(sets: readonly Deviations[]): Deviations {
  const answers = sets.flatMap(({ answer }) => answer ?? [])
  const mends = sets.flatMap(({ mend }) => mend ?? [])
  const acts = sets.flatMap(({ afterRefusal }) => afterRefusal ?? [])
  const keeps = sets.flatMap(({ keepsQueuedCommand }) => keepsQueuedCommand ?? [])
  const joined: Deviations = {}
  for (const each of sets) Object.assign(joined, each)
  if (answers.length > 0) joined.answer = (request) => first(answers, (answer) => answer(request))
  // Each of them sees what the ones before it have left.
  if (mends.length > 0) joined.mend = (broken) => mends.map((mend) => mend(broken)).includes(true)
  if (acts.length > 0) joined.afterRefusal = (call, refusal) => acts.forEach((act) => act(call, refusal))
  if (keeps.length > 0) joined.keepsQueuedCommand = (command, why) => keeps.some((keep) => keep(command, why))
  return joined
}

function first<Each, Found>(list: readonly Each[], look: (each: Each) => Found | undefined): Found | undefined {
  for (const each of list) {
    const found = look(each)
    if (found !== undefined) return found
  }
  return undefined
}
