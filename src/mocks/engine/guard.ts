// What callers may do whose key says so: the operations that need a permission, and the contents that need one to be read.
// Loaded for the first such caller.
import { permissions as declared } from '../../generated/permissions.js'
import { readJson, writeJson } from '../../kernel/json-text.js'
import { isObject } from '../../kernel/json-value.js'
import type { OperationId } from '../../kernel/operation.js'
import { errorReply, type ApiResponse, type EngineAnswer } from '../base/exchange.js'
import type { Identity } from '../base/identity.js'
import type { World } from '../world/world.js'

/** Answers by `answer` what the caller may ask for, without contents that it may not read. */
export function guard(
  operation: OperationId,
  caller: Identity,
  world: World,
  answer: () => EngineAnswer,
): EngineAnswer {
  const needed = neededBy(operation, world)
  if (needed.some((name) => !mayDo(caller, name))) {
    return errorReply(403, `The user has no permission '${needed.join("', '")}' in workspace '${caller.workspace}'.`)
  }
  const { contents_permission: ofContents } = world.settings
  const isRedacted = ofContents !== undefined && !mayDo(caller, ofContents) && HAS_CONTENTS.test(operation)
  const reply = answer()
  if (!isRedacted) return reply
  return reply instanceof Promise ? reply.then(redact) : redact(reply)
}

/** Every permission that there is, and whether the caller has it. */
export function permissionsOf(
  caller: Identity,
  world: World,
): { permission_name: string; permission_value: 'true' | 'false' }[] {
  const { permissions: more = {}, contents_permission: ofContents = [] } = world.settings
  const own = world.isBefore(SINCE) ? [] : Object.values(declared)
  const names = new Set([...own, ...Object.values(more), ...[ofContents].flat(), ...(caller.permissions ?? [])])
  return [...names].map((name) => ({
    permission_name: name,
    permission_value: mayDo(caller, name) ? 'true' : 'false',
  }))
}

/** The version that began to ask for permissions. */
const SINCE = '2.1'

function neededBy(operation: OperationId, world: World): string[] {
  const own = world.isBefore(SINCE) ? undefined : declared[operation]
  return [own, world.settings.permissions?.[operation]].filter((name) => name !== undefined)
}

function mayDo({ permissions }: Identity, name: string): boolean {
  return permissions?.includes(name) !== false
}

/** Reads of traces, spans and threads. */
const HAS_CONTENTS = /^(get|search)(Trace|Span|Thread)/

/** What tells what was said and done; figures, names and times do not. */
const CONTENTS = new Set(['input', 'output', 'metadata', 'error_info', 'first_message', 'last_message'])

function redact(reply: ApiResponse): ApiResponse {
  if (reply.status >= 300 || reply.body === '') return reply
  const lines = reply.body.split('\r\n').map((line) => (line === '' ? '' : writeJson(withoutContents(readJson(line)))))
  return { ...reply, body: lines.join('\r\n') }
}

function withoutContents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutContents)
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([name]) => !CONTENTS.has(name))
  return Object.fromEntries(
    entries.map(([name, member]) => [name, name === 'content' ? withoutContents(member) : member]),
  )
}
