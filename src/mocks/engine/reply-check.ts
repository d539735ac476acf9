// Holds the mock's own answers against validators of the spec's.
import type { OperationId } from '../../kernel/operation.js'
import { violationsOf, type Validator } from '../../kernel/schema.js'
import type { CheckReply } from './engine.js'

type ReplyValidators = Readonly<Partial<Record<OperationId, Readonly<Record<number, Validator | null>>>>>

/** @param loadAll brings the validators of all operations, with the first that `validators` lacks */
export function createReplyCheck(validators: ReplyValidators, loadAll?: () => Promise<ReplyValidators>): CheckReply {
  let known = validators
  const judge = (id: OperationId, status: number, body: unknown): void => {
    const validator = known[id]?.[status]
    if (validator === undefined) throw brokenReply(id, status, 'the spec does not declare this status')
    if (validator === null ? body !== undefined : !isValid(validator, body)) {
      const details = validator === null ? 'a body where none belongs' : JSON.stringify(violationsOf(validator))
      throw brokenReply(id, status, details)
    }
  }
  if (loadAll === undefined) return judge
  const load = async (): Promise<void> => {
    known = await loadAll()
  }
  return Object.assign(judge, { load })
}

/** A frozen body never changes, so what it has passed it need not pass again. */
function isValid(validator: Validator, body: unknown): boolean {
  if (typeof body !== 'object' || body === null || !Object.isFrozen(body)) return validator(body)
  if (passed.get(body) === validator) return true
  const isSound = validator(body)
  if (isSound) passed.set(body, validator)
  return isSound
}

const passed = new WeakMap<object, Validator>()

function brokenReply(id: OperationId, status: number, details: string): Error {
  return new Error(`The mock's own answer ${status} of ${id} breaks the spec: ${details}`)
}
