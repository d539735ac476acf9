/**
 * Every request of the console goes through here, to the public API or to the admin API: it adds the token, keeps a
 * list of the sent requests for people to copy, and says in words what went wrong.
 */
import { realTime } from '../../kernel/clock.js'
import { signal } from '@preact/signals'
import { keep, readKept } from './platform.js'
import { toCurl } from '../../report/shown-exchange.js'
import type { Event, GapEvent } from '../../generated/kit-schema.js'
import { isObject, memberOf } from '../../kernel/json-value.js'
import { messageOf } from '../../kernel/errors.js'

/** A request to this origin. */
export interface CurlCall {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The body is too long for a command: this file stands for it there. */
  readonly bodyFile?: string
}

export interface AdminReading {
  /** 0 without an answer. */
  readonly status: number
  /** Parsed JSON, the text of NDJSON; undefined when there was none. */
  readonly body: unknown
  readonly location: string | undefined
  readonly isOk: boolean
  /** Why not, for people; '' when it is. */
  readonly problem: string
}

interface AdminAction extends Pick<AdminReading, 'status' | 'problem'> {
  readonly number: number
  readonly at: number
  readonly title: string
  readonly curl: string
}

/** Root of the admin API of the world that the page shows: behind `/w/NAME` in a world beside the first one. */
export const ADMIN = `${/^\/w\/[^/]+(?=\/__admin\/)/.exec(location.pathname)?.[0] ?? ''}/__admin`

export const adminActions = signal<readonly AdminAction[]>([])

export const isTokenWanted = signal(false)

const token = signal(readKept('admin-token'))

/** Takes a token; it is forgotten with the tab. */
export function useToken(text: string): void {
  token.value = text
  keep('admin-token', text)
  isTokenWanted.value = false
}

export function adminHeaders(): Record<string, string> {
  return token.value === undefined ? {} : { 'x-admin-token': token.value }
}

/** Reads or changes something, silently. */
export async function send(call: CurlCall): Promise<AdminReading> {
  const isAdmin = call.path.startsWith(`${ADMIN}/`)
  const init: RequestInit = {
    method: call.method,
    headers: {
      ...(isAdmin ? adminHeaders() : {}),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    },
  }
  if (call.body !== undefined) init.body = JSON.stringify(call.body)
  try {
    const response = await fetch(call.path, init)
    const { status, ok: isOk, headers } = response
    if (isAdmin && status === 403) isTokenWanted.value = true
    const text = await response.text()
    const isText = headers.get('content-type') === NDJSON
    const body: unknown = isText ? text : text === '' ? undefined : JSON.parse(text)
    const location = headers.get('location') ?? undefined
    return { status, body, location, isOk, problem: isOk ? '' : describe(status, body) }
  } catch (error) {
    return { status: 0, body: undefined, location: undefined, isOk: false, problem: `No answer: ${messageOf(error)}` }
  }
}

export const NDJSON = 'application/x-ndjson'

/** @param call method and path, such as `POST /reap` */
export function adminCall(call: string, body?: unknown): CurlCall {
  const [method = '', path = ''] = call.split(' ')
  return { method, path: ADMIN + path, body }
}

export function readAdmin(path: string): Promise<AdminReading> {
  return send(adminCall(`GET ${path}`))
}

/** Reads something of the admin API that is known by members that nothing else has; undefined for any other answer. */
export async function readView<View>(
  path: string,
  ...names: readonly (keyof View & string)[]
): Promise<View | undefined> {
  const { body } = await readAdmin(path)
  return viewWith<View>(...names)(body) ? body : undefined
}

/** Does something on request, and notes it for the list of actions. */
export async function act(title: string, call: CurlCall): Promise<AdminReading> {
  const answer = await send(call)
  const number = (adminActions.value[0]?.number ?? 0) + 1
  const { status, problem } = answer
  const action: AdminAction = { number, at: realTime(), title, curl: curlOf(call), status, problem }
  adminActions.value = [action, ...adminActions.value].slice(0, MAX_ACTIONS)
  return answer
}

const MAX_ACTIONS = 100

/** The curl command for a call, one option a line, with a placeholder for the token. */
export function curlOf({ method, path, headers, body, bodyFile }: CurlCall): string {
  const isProtected = token.value !== undefined && path.startsWith(`${ADMIN}/`)
  const requestHeaders = {
    ...(isProtected && { 'x-admin-token': '$TOKEN' }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  }
  const requestBody = body === undefined || bodyFile !== undefined ? null : JSON.stringify(body)
  const command = toCurl({ method, url: location.origin + path, requestHeaders, requestBody }, NEXT_LINE)
  return bodyFile === undefined ? command : `${command}${NEXT_LINE}-d @${bodyFile}`
}

const NEXT_LINE = ' \\\n  '

function describe(status: number, body: unknown): string {
  const errors = memberOf(body, 'errors')
  const reasons: readonly unknown[] = Array.isArray(errors) ? errors : isObject(body) ? [body['message']] : []
  const words = reasons.filter((reason) => typeof reason === 'string').join(' ')
  return words === '' ? `The answer was ${status}.` : words
}

/** A guard that knows a view of the admin API by members that no other has. */
function viewWith<View>(...names: readonly (keyof View & string)[]): (value: unknown) => value is View {
  return (value): value is View => isObject(value) && names.every((name) => Object.hasOwn(value, name))
}

/** What the stream tells of. */
export type EventView = Event | GapEvent

export const isEvent = viewWith<EventView>('type')
