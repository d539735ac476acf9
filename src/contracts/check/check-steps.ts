/**
 * What many checks do: keep a runner alive, give it jobs and commands, wait for the reaper, call many times at once, ask for
 * room on a target that holds little.
 */
import { settingDefaults, type SettingName } from '../../lifecycle/table.js'
import { spanMs } from '../../lifecycle/timers.js'
import type { BridgeCommandSubmitRequest, CreateLocalRunnerJobRequest } from '../../kernel/types.js'
import type { Answer } from '../target/answer.js'
import { expectEqual, NotRun, fail } from '../target/expectation.js'
import type { Limits } from '../target/target.js'
import type { Context, PairOptions, PassOptions } from './context.js'
import type { RunnerHandle } from './runner-handle.js'

/** More heartbeats than that are too many for one check; it then lets its runner lapse, and return before it is purged. */
const MAX_HEARTBEATS = 200
const MAX_RETURNS = 500

/** Seconds between two heartbeats of a runner that must not be purged in so many seconds. */
export function secondsBetweenBeats(limits: Limits, seconds: number): number {
  const { heartbeat_ttl_seconds, dead_runner_purge_seconds } = limits
  if (seconds < 0.5 * (heartbeat_ttl_seconds + dead_runner_purge_seconds)) return seconds
  const alive = 0.5 * heartbeat_ttl_seconds
  const step = seconds / alive <= MAX_HEARTBEATS ? alive : Math.max(0.5 * dead_runner_purge_seconds, alive)
  if (seconds / step <= MAX_RETURNS) return step
  throw new NotRun(`the target purges dead runners too soon for one to be kept for ${Math.ceil(seconds)} s`)
}

/** The part of a span at which it is surely not over, on machines that are busy. */
export function early(seconds: number): number {
  return (seconds < 30 ? 0.6 : 0.9) * seconds
}

/**
 * Seconds until a runner that is kept alive beats again: all checks beat at the same moments of the target's time, so that
 * a clock moves once for all of them.
 *
 * @param now the target's time, in milliseconds since 1970
 */
export function secondsToBeat({ heartbeat_ttl_seconds }: Limits, now: number): number {
  const beatMs = (1000 * heartbeat_ttl_seconds) / 2
  return (beatMs - (now % beatMs)) / 1000
}

/** Seconds after which a runner without a heartbeat has surely lapsed. */
export function lapsedSeconds({ heartbeat_ttl_seconds }: Limits): number {
  return heartbeat_ttl_seconds + 1
}

/** Seconds that must lie between two deadlines for a check to see what is so in between. */
const MIN_SECONDS = 4

/** A span that lasts long enough to be seen; else the reason why a check cannot run. */
export function longEnough(name: keyof Limits, seconds = MIN_SECONDS): (limits: Limits) => string | undefined {
  return (limits) => (limits[name] >= seconds ? undefined : `${name} is too short to be seen`)
}

/** Part of the time to live after which the next heartbeat is due. */
const DUE = 0.3

/**
 * Creates a function to call between others: it sends a heartbeat when one is due, and returns the target's time. The runner
 * was alive just now.
 */
export async function createHeartbeatLoop(context: Context, runner: RunnerHandle): Promise<() => Promise<number>> {
  let last = await context.time.now()
  return async () => {
    const now = await context.time.now()
    if (now - last < 1000 * DUE * context.limits.heartbeat_ttl_seconds) return now
    last = now
    await runner.heartbeat()
    return now
  }
}

/** Runs `task` as often as told, that many at a time. */
export async function many<Value>(count: number, atOnce: number, task: (at: number) => Promise<Value>) {
  const results: Value[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) results[at] = await task(at)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}

export function together<Value>(count: number, task: (at: number) => Promise<Value>): Promise<Value[]> {
  return many(count, count, task)
}

/** A runner with a job, and what is asked of both besides the usual: an agent named echo, a request without inputs. */
interface JobOptions extends Partial<CreateLocalRunnerJobRequest> {
  agents?: PairOptions['agents']
}

/** A runner with a pending job of its first agent. */
export async function createdJob(context: Context, { agents = ['echo'], ...request }: JobOptions = {}) {
  const runner = await context.pair({ agents })
  return { runner, jobId: await runner.createJob(request) }
}

/** The same, once the runner has taken the job. */
export async function takenJob(context: Context, options?: JobOptions): ReturnType<typeof createdJob> {
  const created = await createdJob(context, options)
  await created.runner.takeJob()
  return created
}

/** A connect runner with a pending command. */
export async function submittedCommand(context: Context, request?: Partial<BridgeCommandSubmitRequest>) {
  const runner = await context.pair({ type: 'connect' })
  return { runner, commandId: await runner.submit(request) }
}

export async function pickedUpCommand(context: Context, request?: Partial<BridgeCommandSubmitRequest>) {
  const submitted = await submittedCommand(context, request)
  await submitted.runner.nextCommands()
  return submitted
}

/** Asks for a job on a runner; the answer is the check's to judge. */
export function tryJob(context: Context, { project }: Pick<RunnerHandle, 'project'>): Promise<Answer<'createJob'>> {
  return context.call('createJob', { body: { agent_name: 'echo', project_id: project.id } })
}

export function tryCommand(
  context: Context,
  { id: runnerId }: Pick<RunnerHandle, 'id'>,
  body: BridgeCommandSubmitRequest = { type: 'ReadFile', args: { path: 'a' } },
): Promise<Answer<'createBridgeCommand'>> {
  return context.call('createBridgeCommand', { path: { runnerId }, body })
}

/** Seconds from one time to another; no number where one of them is missing. */
export function secondsBetween(from: string | undefined, to: string | undefined): number {
  return (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000
}

export function idsOf(items: readonly ({ readonly id: string } | { readonly command_id: string })[]): string[] {
  return items.map((item) => ('id' in item ? item.id : item.command_id))
}

export function statusesOf(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).toSorted((a, b) => a - b)
}

/** The same ids, each once, in whatever order. */
export function expectSame(what: string, actual: readonly (string | undefined)[], expected: readonly string[]): void {
  const repeated = actual.filter((id, at) => actual.indexOf(id) !== at)
  expectEqual(`what of ${what} came twice`, repeated, [])
  expectEqual(what, actual.toSorted(), expected.toSorted())
}

export function both(one: (limits: Limits) => string | undefined, other: (limits: Limits) => string | undefined): Room {
  return { when: (limits) => one(limits) ?? other(limits) }
}

interface Room {
  when: (limits: Limits) => string | undefined
}

const roomIn =
  (name: SettingName, what: string) =>
  (count: number): Room => ({
    when: (limits) =>
      limits[name] >= count ? undefined : `needs room for ${count} ${what}; the target has ${limits[name]}`,
  })

export const needsJobs = roomIn('max_pending_jobs_per_runner', 'pending jobs')

export const needsCommands = roomIn('bridge_max_pending_per_runner', 'pending commands')

export const needsLogs = roomIn('max_log_entries_per_batch', 'log entries in a batch')

export const needsAgents = roomIn('max_agents_per_runner', 'agents')

/**
 * Rounds after which a reaper that still has done nothing does not do its work. It comes round once in its interval and
 * looks at a limited number of runners each time, so that on a busy target several may pass before it sees a check's own.
 */
export const MAX_ROUNDS = 40

/** Seconds that a check announces for one round. */
export function reaperSeconds({ reaper_interval_seconds }: Limits): number {
  return reaper_interval_seconds + 2
}

/** How long to wait for the reaper. */
interface ReaperOptions extends PassOptions {
  /** Seconds for which the outcome can be seen. Default: for good. */
  keptFor?: number
}

/** Lets rounds of the reaper pass until `isDone`; what it waits for completes the phrase "expected ...". */
export async function awaitReaper(
  context: Context,
  what: string,
  isDone: () => Promise<boolean>,
  { alive, keptFor = Infinity }: ReaperOptions = {},
): Promise<void> {
  const round = reaperSeconds(context.limits)
  const step = Math.min(round, Math.max(keptFor / 3, 1))
  for (let passed = 0; passed < MAX_ROUNDS * round; passed += step) {
    await context.time.pass(step, { alive })
    if (await isDone()) return
  }
  fail(what, `nothing within ${MAX_ROUNDS} rounds of the reaper`)
}

/** The timeout of a command that lives long enough for the reaper to come round several times. */
export function longestCommand({ bridge_max_command_timeout_seconds }: Limits): number {
  return bridge_max_command_timeout_seconds
}

/** Seconds after which such a command that was picked up has had its time; then the reaper ends it. */
export function overdueSeconds(limits: Limits): number {
  return spanMs('command_timeout', limits, { timeout_seconds: longestCommand(limits) }) / 1000
}

/** Seconds until an unfinished command is gone. */
export function commandLife(timeoutSeconds: number): number {
  return spanMs('command_lifetime', settingDefaults(), { timeout_seconds: timeoutSeconds }) / 1000
}
