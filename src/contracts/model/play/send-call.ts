/** Sends the calls of the model: fills in what only the two sides know, and reads what the model judges. */
import { signActivation, toBase64 } from '../../../kernel/pairing.js'
import type { Answer } from '../../target/answer.js'
import type { OpenCall, RawRequest } from '../../target/client.js'
import { idOfLocation } from '../../target/conformance.js'
import type { Context } from '../../check/context.js'
import { operations } from '../../../kernel/operation.js'
import { isRecord, targetOf, textOf, type ModelAnswer, type ModelCall } from '../rules/call.js'

/** Sends calls. */
export interface CallSender {
  send(call: ModelCall): Promise<Answer>
  open(call: ModelCall, timeoutSeconds: number): Promise<OpenCall>
}

const KEY_BYTES = 32

/** Creates a messenger, which keeps the activation keys of the sessions that were opened through it. */
export function createCallSender(context: Context): CallSender {
  const keys = new Map<string, Uint8Array>()
  return {
    async send(call) {
      if (call.operation !== 'createPairingSession') return context.raw(toRequest(call, await proven(call, keys)))
      const key = context.random.bytes(call.secret === 'right' ? KEY_BYTES : KEY_BYTES - 1)
      const body = { ...asRecord(call.body), activation_key: toBase64(key) }
      const answer = await context.raw(toRequest(call, body))
      keys.set(textOf(answer.body, 'session_id'), key)
      return answer
    },
    async open(call, timeoutSeconds) {
      const opened = context.openRaw({ ...toRequest(call, call.body), timeoutSeconds })
      await opened.sent
      return opened
    },
  }
}

/** The body with the proof that an activation needs. */
async function proven(call: ModelCall, keys: ReadonlyMap<string, Uint8Array>): Promise<unknown> {
  if (call.operation !== 'activatePairingSession') return call.body
  const { sessionId = '' } = call.path
  const name = textOf(call.body, 'runner_name')
  const key = keys.get(sessionId) ?? new Uint8Array(KEY_BYTES)
  const hmac = await signActivation(key, sessionId, call.secret === 'right' ? name : `not ${name}`)
  return { ...asRecord(call.body), hmac }
}

function toRequest(call: ModelCall, body: unknown): RawRequest {
  const { operation, identity } = call
  return {
    ...{ operation, identity, method: operations[operation].method, path: targetOf(call) },
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

/** The parts of an answer that the model judges. */
export function toModelAnswer(answer: Answer, waitedMs: number): ModelAnswer {
  const createdId = idOfLocation(answer.headers['location'] ?? '')
  return { status: answer.status, body: answer.body, createdId, waitedMs }
}
