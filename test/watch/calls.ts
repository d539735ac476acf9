// Traffic by hand, call by call, and the rules that a server has broken which has answered so.
import { judge, type RecordedExchange } from '../../src/contracts/watch/judge-recording.js'
import { textAt } from '../../src/kernel/json-value.js'

export const idOf = (at: number): string => `0190b8d6-c000-7002-95f4-${String(at).padStart(12, '0')}`
export const [project, elsewhere, session, runner, other, rival, job, command] = [1, 2, 3, 4, 5, 6, 7, 8].map(idOf)
const KEY = `${'A'.repeat(43)}=`
export const ACTIVATION = { runner_name: 'one', hmac: KEY }
const RULES = {
  heartbeat_ttl_seconds: 5,
  dead_runner_purge_seconds: 5,
  bridge_completed_command_ttl_seconds: 10,
  bridge_poll_timeout_seconds: 1,
  bridge_max_pending_per_runner: 2,
}

/** A call: from when to when in milliseconds, what was asked, and what came; nothing for one whose caller hung up. */
export type Call = [
  from: number,
  to: number,
  asked: string,
  body: unknown,
  status?: number,
  answer?: unknown,
  key?: string,
]

/** Rules that a server has broken which has answered so, heard from its beginning on. */
export const brokenBy = (...calls: Call[]): string[] => judged(true, calls)

export function judged(startsEmpty: boolean, calls: readonly Call[]): string[] {
  const exchanges = calls.map(([from, to, asked, body, status, answer, key], at): RecordedExchange => {
    const [method = '', target = ''] = asked.split(' ')
    const [path = '', query] = target.split('?')
    const json = { 'content-type': 'application/json' }
    const text = status !== undefined && status >= 400 ? { code: status, message: 'no' } : answer
    const isMade = typeof answer === 'string'
    const made = isMade ? answer : asked.endsWith('/commands') ? textAt(answer, 'command_id') : undefined
    const headers = {
      ...(!isMade && text !== undefined && json),
      ...(made && { location: `http://127.0.0.1/${made}` }),
    }
    return {
      ...{ id: at + 1, at_start_ns: from * 1e6, at_end_ns: to * 1e6, method, path: `/v1/private/${path}` },
      ...(query === undefined ? {} : { query }),
      request: {
        headers: { ...(body !== undefined && json), ...(key !== undefined && { authorization: key }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      ...(status === undefined
        ? { aborted: true }
        : { status, response: { headers, body: isMade || text === undefined ? '' : JSON.stringify(text) } }),
    }
  })
  const header = { format: 'opik-runner-recording/1', settings: RULES, base_path: '' } as const
  return judge({ header, exchanges }, { startsEmpty, sides: ['server'] }).verdicts.map(({ rule }) => rule)
}

export const opened = (type: string, [id, of, where]: (string | undefined)[] = [session, runner, project]): Call => {
  const asked = { project_id: where, type, activation_key: KEY }
  return [0, 1, 'POST pairing/sessions', asked, 201, { session_id: id, runner_id: of }]
}
export const activated = (from: number, to: number, id = session, of = runner): Call => {
  const asked = `POST pairing/sessions/${id}/activate`
  return [from, to, asked, ACTIVATION, 201, of]
}

/** The same call, made with a key. */
export const by = (key: string, [from, to, asked, body, status = 200, answer]: Call): Call => {
  return [from, to, asked, body, status, answer, key]
}
