// Mistakes that many mutants share, as functions: edits of replies, of requests, and of who is taken for the caller.
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import type { Call, CallChanges } from './call.js'
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
  withBody,
  withHeaders,
  withStatus,
  type Members,
} from './reply.js'
import type { Stage } from './stage.js'

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

/** Changes every resource in an answer: the whole body, the entries of a page, or the commands of a batch. */
export function editResource(edit: (resource: Members, call: Call, stage: Stage) => unknown): Spoil {
  return editBody((body, call, stage) => {
    if (!isObject(body)) return body
    for (const list of ['content', 'commands']) {
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

/** Answers one status in place of another, with a body that fits. */
export function insteadOf(status: number, other: number): Spoil {
  return editReply((reply) => (reply.status === status ? restated(reply, other) : reply))
}

/** A reply under another status: an error becomes an error, anything else keeps what it can. */
export function restated(reply: ApiResponse, status: number): ApiResponse {
  if (status >= 400) return refusal(status)
  if (status === 204) return answer(204)
  return isSuccess(reply) ? withStatus(reply, status) : answer(status, {})
}

/** Refuses what a test on the request finds. */
export function refuseWhen(status: number, isRefused: (call: Call, stage: Stage) => boolean): Spoil {
  return (stage) => (call) => (isRefused(call, stage) ? refusal(status) : call.proceed())
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
