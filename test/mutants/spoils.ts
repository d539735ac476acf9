// Mistakes that many mutants share, as functions: edits of replies, of requests, and of who is taken for the caller.
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import type { Call, CallChanges, OwnRequest } from './call.js'
import type { Spoil } from './mutant.js'
import {
  answer,
  createdIn,
  isObject,
  isSuccess,
  itemsOf,
  jsonIn,
  membersOf,
  refusal,
  textIn,
  withBody,
  withHeaders,
  withStatus,
  type Members,
} from './reply.js'
import type { KnownRunner, Stage } from './stage.js'

/** Changes what comes back. */
export function editReply(
  edit: (reply: ApiResponse, call: Call, stage: Stage) => ApiResponse | Promise<ApiResponse>,
): Spoil {
  return (stage) => async (call) => edit(await call.proceed(), call, stage)
}

/** Changes the body of what succeeds. */
export function editBody(edit: (body: unknown, call: Call, stage: Stage) => unknown): Spoil {
  return editReply((reply, call, stage) =>
    isSuccess(reply) && reply.body !== '' ? withBody(reply, edit(jsonIn(reply), call, stage)) : reply,
  )
}

/** Changes the members of what succeeds, such as those of a page. */
export function editMembers(edit: (body: Members, call: Call, stage: Stage) => Members): Spoil {
  return editBody((body, call, stage) => edit(membersOf(body), call, stage))
}

/** Lists that hold the resources of an answer. */
const LISTS = ['content', 'commands', 'stats', 'results']

/** Changes every resource in an answer: the whole body, or the entries of its list. */
export function editResource(edit: (resource: Members, call: Call, stage: Stage) => unknown): Spoil {
  return editBody((body, call, stage) => {
    if (!isObject(body)) return body
    for (const list of LISTS) {
      if (Array.isArray(body[list]))
        return { ...body, [list]: itemsOf(body[list]).map((entry) => edit(membersOf(entry), call, stage)) }
    }
    return edit(body, call, stage)
  })
}

/** Changes what goes in. */
export function editRequest(edit: (call: Call, stage: Stage) => CallChanges | undefined): Spoil {
  return (stage) => (call) => call.proceed(edit(call, stage) ?? {})
}

/** Changes the members of the body that goes in; a body that is no object goes as it is. */
export function editRequestBody(edit: (members: Members, call: Call, stage: Stage) => unknown): Spoil {
  return editRequest((call, stage) => (isObject(call.body) ? { body: edit(call.members, call, stage) } : undefined))
}

/** Answers one status in place of another, with a body that fits, where `isDue`. */
export function insteadOf(
  status: number,
  other: number,
  isDue: (call: Call, stage: Stage) => boolean = () => true,
): Spoil {
  return editReply((reply, call, stage) =>
    reply.status === status && isDue(call, stage) ? restated(reply, other) : reply,
  )
}

/** A reply under another status: an error becomes an error, anything else keeps what it can. */
export function restated(reply: ApiResponse, status: number): ApiResponse {
  if (status >= 400) return refusal(status)
  if (status === 204) return answer(204)
  return isSuccess(reply) ? withStatus(reply, status) : answer(status, {})
}

/** Refuses what a test on the request finds. */
export function refuseWhen(status: number, isRefused: (call: Call, stage: Stage) => boolean | Promise<boolean>): Spoil {
  return (stage) => async (call) => {
    const found = isRefused(call, stage)
    // What needs no time takes none: calls may overlap.
    return (typeof found === 'boolean' ? found : await found) ? refusal(status) : call.proceed()
  }
}

/** Refuses with a status, and carries the call out all the same, changed as told; undefined leaves it. */
export function doesAnyway(
  status: number,
  change: (call: Call, stage: Stage) => OwnRequest | undefined = () => ({}),
): Spoil {
  return (stage) => async (call) => {
    const reply = await call.proceed()
    const changes = reply.status === status ? change(call, stage) : undefined
    if (changes !== undefined && call.operation !== undefined)
      await call.ask(call.operation, { path: call.path, body: call.body, ...changes })
    return reply
  }
}

/** Disconnects further runners, in the name of their owners, once a call is answered as `isDue`. */
export function disconnectsToo(
  others: (call: Call, stage: Stage) => readonly KnownRunner[],
  isDue: (reply: ApiResponse) => boolean = isSuccess,
): Spoil {
  return (stage) => async (call) => {
    const reply = await call.proceed()
    if (!isDue(reply)) return reply
    for (const { id, owner } of others(call, stage))
      await call.ask('disconnectRunner', { path: { runnerId: id }, as: owner })
    return reply
  }
}

/** Keeps members of the resource that a call names, or of the one with an id. */
export type Keep = (members: Members, id?: string) => void

/**
 * Shows members of runners, jobs and commands in place of the mock's own; undefined leaves one out.
 * @param write answers calls other than `GET`, and keeps what is shown from then on; `kept` is what is shown so far
 */
export function showsInstead(
  write: (call: Call, keep: Keep, stage: Stage, kept: Members) => Promise<ApiResponse>,
): Spoil {
  return (stage) => {
    const shown = new Map<string, Members>()
    const show = editResource((resource) => {
      const own = shown.get(textIn(resource, 'command_id') || textIn(resource, 'id'))
      if (own === undefined) return resource
      return Object.fromEntries(Object.entries({ ...resource, ...own }).filter(([, value]) => value !== undefined))
    })(stage)
    return (call) => {
      if (call.exchange.method === 'GET') return show(call)
      const named = call.path['jobId'] ?? call.path['commandId'] ?? call.path['runnerId'] ?? ''
      const keep: Keep = (members, id = named) => void shown.set(id, { ...shown.get(id), ...members })
      return write(call, keep, stage, shown.get(named) ?? {})
    }
  }
}

/** Takes whoever calls about a runner, job or command for its owner, where `isTrusted`. */
export function asOwner(isTrusted: (call: Call, stage: Stage) => boolean): Spoil {
  return (stage) => (call) => {
    const runner = stage.runnerOf(call)
    if (runner === undefined || !isTrusted(call, stage)) return call.proceed()
    return call.proceed({ headers: { ...runner.owner } })
  }
}

/** Shows ids of jobs in another form, and understands both. */
export function renamesJobs(rename: (id: string) => string): Spoil {
  return () => {
    const names = new Map<string, string>()
    const originals = new Map<string, string>()
    return async (call) => {
      const jobId = call.path['jobId']
      const original = jobId === undefined ? undefined : originals.get(jobId.toLowerCase())
      const reply = await call.proceed(original === undefined ? {} : { path: { jobId: original } })
      if (call.operation === 'createJob' && isSuccess(reply)) {
        const id = createdIn(reply)
        names.set(id, rename(id))
        originals.set(rename(id), id)
      }
      const shown = (text: string): string => text.replaceAll(UUID, (id) => names.get(id) ?? id)
      const { location = '' } = reply.headers
      return { ...withHeaders(reply, location === '' ? {} : { location: shown(location) }), body: shown(reply.body) }
    }
  }
}

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g

/** Operations whose calls name a job. */
export const jobOperations = [
  'createJob',
  'getJob',
  'listJobs',
  'nextJob',
  'cancelJob',
  'reportJobResult',
  'appendJobLogs',
  'getJobLogs',
] as const
