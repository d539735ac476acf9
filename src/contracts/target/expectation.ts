/**
 * How a check says what must be true. A failed expectation is thrown as a Violation, which ends the check and becomes a
 * finding; nothing here asserts words.
 */
import { isDeepStrictEqual } from 'node:util'
import { show } from '../../kernel/printable.js'
import type { OperationId, ResponseBodyOf, StatusOf } from '../../kernel/operation.js'
import type { Alternative, Answer, AnswerWith } from './answer.js'
import type { Finding } from '../../generated/kit-schema.js'

export type { Finding } from '../../generated/kit-schema.js'

/** Ends a check: the target broke a rule. Never seen by users; verify turns it into a verdict. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly finding: Finding
  /** Whether the last call had to succeed: an answer that knows nothing of its operation then means that it is not there. */
  readonly wasSuccessDue: boolean

  constructor(finding: Finding, wasSuccessDue = false) {
    super(`Expected ${finding.expected}; got ${finding.actual}.`)
    this.finding = finding
    this.wasSuccessDue = wasSuccessDue
  }
}

/** Ends a check without a judgement: the target lacks something that the check needs. */
export class NotRun extends Error {
  override readonly name: string = 'NotRun'
}

/** Ends a check without a judgement: it calls an operation that the target lacks. */
export class Blocked extends NotRun {
  override readonly name = 'Blocked'
  readonly operation: OperationId

  constructor(operation: OperationId) {
    super(`blocked by ${operation}`)
    this.operation = operation
  }
}

/** Ends a check without a judgement: the target limits a call whose rate no rule says. */
export class PairingLimited extends NotRun {
  override readonly name = 'PairingLimited'

  constructor() {
    super('the target limits how often a caller pairs (429)')
  }
}

/** Proof for an expectation: the answers that show what came. */
export type Proof = Answer | readonly Answer[] | undefined

/** Ends the check with a finding. */
export function fail(expected: string, actual: string, proof?: Proof): never {
  const exchanges = [proof ?? []].flat().map(({ exchange }) => exchange)
  throw new Violation({ expected, actual, pointer: null, exchanges })
}

/** Ends the check unless `condition` holds; says then what was expected and what came. */
export function expectThat(condition: boolean, expected: string, actual: unknown, proof?: Proof): asserts condition {
  if (!condition) fail(expected, show(actual), proof)
}

/** Ends the check unless two JSON values are equal; `what` names the value, such as `status of the job`. */
export function expectEqual<Value>(
  what: string,
  actual: unknown,
  expected: Value,
  proof?: Proof,
): asserts actual is Value {
  if (!isDeepStrictEqual(actual, expected)) fail(`${what} to be ${show(expected)}`, show(actual), proof)
}

/** Ends the check unless `what` shows these fields as they are given; undefined stands for a field that is left out. */
export function expectFields<Shown extends object>(
  what: string,
  shown: Shown | null | undefined,
  fields: Partial<Record<keyof Shown, unknown>>,
  proof?: Proof,
): void {
  const members: Readonly<Record<string, unknown>> = { ...shown }
  for (const [name, value] of Object.entries(fields)) expectEqual(`${name} of ${what}`, members[name], value, proof)
}

/** Ends the check unless the answer has this status and a body that fits the spec; the body is typed afterwards. */
export function expectStatus<Id extends OperationId, Status extends StatusOf<Id>>(
  answer: Answer<Id>,
  status: Status,
): asserts answer is AnswerWith<Id, Status> {
  expectAnyStatus(answer, [status])
}

/** Calls whose rate a server may limit; the limit is not specified. */
const PAIRING: ReadonlySet<string | null> = new Set(['createPairingSession', 'activatePairingSession'])

/** Ends the check unless the answer has one of the statuses, given as numbers or by a row of the alternatives. */
export function expectAnyStatus(
  answer: Answer,
  statuses: readonly number[] | (Alternative & { statuses: readonly number[] }),
): void {
  const admitted = 'statuses' in statuses ? statuses.statuses : statuses
  if (!admitted.includes(answer.status)) {
    if (answer.status === 429 && PAIRING.has(answer.operation)) throw new PairingLimited()
    const { method, url } = answer.exchange
    const expected = `status ${admitted.join(' or ')} from ${answer.operation ?? `${method} ${url}`}`
    const [flaw] = answer.flaws
    const pointer = flaw?.kind === 'status' ? flaw.pointer : null
    const wasSuccessDue = admitted.some((status) => status < 300)
    const exchanges = [answer.exchange]
    throw new Violation({ expected, actual: describeAnswer(answer), pointer, exchanges }, wasSuccessDue)
  }
  const flaw = answer.flaws.find(({ kind }) => kind !== 'status')
  if (flaw === undefined) return
  const { expected, actual, pointer } = flaw
  throw new Violation({ expected, actual, pointer, exchanges: [answer.exchange] })
}

/** The body of an answer that must have this status. */
export function bodyOf<Id extends OperationId, Status extends StatusOf<Id>>(
  answer: Answer<Id>,
  status: Status,
): ResponseBodyOf<Id, Status> {
  expectStatus(answer, status)
  return answer.body
}

function describeAnswer({ status, text }: Answer): string {
  return text === '' ? `${status} without a body` : `${status} ${text.length > 200 ? `${text.slice(0, 200)}...` : text}`
}
