// What is wrong with polls of any kind, for jobs and for commands: wake-ups, lines of pollers, hand-outs in two steps.
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import type { Call } from './call.js'
import type { Spoil } from './mutant.js'
import { answer, isSuccess, jsonIn, membersIn, membersOf, textIn, withBody } from './reply.js'
import type { KnownWork, Stage } from './stage.js'

/** The runner that a call names. */
export const runnerIdOf = ({ path }: Call): string => path['runnerId'] ?? ''

/** The answer of a poll that ends with nothing. */
export const nothing = (call: Call): ApiResponse => answer(200, call.operation === 'nextJob' ? null : { commands: [] })

/** Whether that is what a poll was answered. */
export function isEmpty(reply: ApiResponse): boolean {
  const { commands } = membersIn(reply)
  return jsonIn(reply) === null || (Array.isArray(commands) && commands.length === 0)
}

/** What a poll would be handed, oldest first: one job, or as many commands as it asks for. */
export function workFor(call: Call, stage: Stage): KnownWork[] {
  const runnerId = runnerIdOf(call)
  if (call.operation === 'nextJob') return stage.jobsOf(runnerId, 'pending').slice(0, 1)
  return stage.commandsOf(runnerId, 'pending').slice(0, Number(call.members['max_commands'] ?? 10))
}

/** Whether a poll would be answered at once. */
export function hasWork(call: Call, stage: Stage): boolean {
  return workFor(call, stage).length > 0
}

/** A hand-out once more, for another poll. */
export function theSame(given: ApiResponse): ApiResponse {
  return { ...given, headers: { ...given.headers }, delivery: undefined }
}

/** Polls of one runner that wait side by side: one that gets something tells `most` of the others, which answer by it. */
export function tellsOthers(share: (given: ApiResponse, call: Call) => ApiResponse, most = Infinity): Spoil {
  return () => {
    const lines = new Map<string, Set<(given: ApiResponse) => void>>()
    return async (call) => {
      const line = lines.get(runnerIdOf(call)) ?? new Set()
      lines.set(runnerIdOf(call), line)
      const told = new AbortController()
      let shared: ApiResponse | undefined
      const hear = (given: ApiResponse): void => {
        shared = given
        told.abort()
      }
      line.add(hear)
      const reply = await call.proceed({ signal: told.signal })
      line.delete(hear)
      if (shared !== undefined) return share(shared, call)
      if (isSuccess(reply) && !isEmpty(reply)) for (const tell of [...line].slice(0, most)) tell(reply)
      return reply
    }
  }
}

/** Work is looked up and then taken, and much may happen in between: polls that overlap get the same. */
export function takesInTwoSteps(): Spoil {
  return (stage) => async (call) => {
    const seen = workFor(call, stage)
    if (seen.length > 0) await stage.overlap()
    return handOut(call, seen, await call.proceed())
  }
}

/** What a poll hands out: what it saw when it came, whatever else has taken it meanwhile. */
export async function handOut(call: Call, seen: readonly KnownWork[], reply: ApiResponse): Promise<ApiResponse> {
  const [first] = seen
  if (first === undefined || !isSuccess(reply)) return reply
  if (call.operation === 'nextBridgeCommands') return withBody(reply, { commands: seen.map(toItem) })
  const { body } = await call.ask('getJob', { path: { jobId: first.id } })
  return withBody(reply, { ...membersOf(body), status: 'running', started_at: membersOf(body)['created_at'] })
}

function toItem({ id, request }: KnownWork): object {
  return {
    ...{ command_id: id, type: textIn(request, 'type'), args: request['args'], timeout_seconds: 30 },
    submitted_at: '2026-01-01T00:00:00Z',
  }
}

/** Lets calls of one key that overlap share what the first of them makes. */
export function overlapping<Shared>(
  keyOf: (call: Call, stage: Stage) => string,
  make: (call: Call, stage: Stage) => Shared,
  act: (call: Call, shared: Shared, stage: Stage) => Promise<ApiResponse>,
): Spoil {
  return (stage) => {
    const current = new Map<string, { shared: Shared; count: number }>()
    return async (call) => {
      const key = keyOf(call, stage)
      const entry = current.get(key) ?? { shared: make(call, stage), count: 0 }
      current.set(key, entry)
      entry.count++
      try {
        return await act(call, entry.shared, stage)
      } finally {
        if (--entry.count === 0) current.delete(key)
      }
    }
  }
}

/** Lets calls that overlap through together, in one moment. */
export function together(stage: Stage): () => Promise<void> {
  let gate: Promise<void> | undefined
  return () => {
    gate ??= stage.overlap().then(() => void (gate = undefined))
    return gate
  }
}
