// Claims about what a mock was asked, for tests. They look at the journal's entries only, throw plain errors, and
// print what did come, so that a failed claim explains itself in any test runner.
import { expectForm } from '../../kernel/validate-options.js'
import { JournalClaim } from '../../generated/kit-page.js'
import type { OperationId } from '../../kernel/operation.js'
import { clip, nearest, problemError, unknownName } from '../../kernel/problem.js'
import type { JournalEntry } from './journal-entry.js'
import { isObject } from '../../kernel/json-value.js'

/**
 * What can be claimed of the calls of one operation. Each claim throws an Error when it does not hold, and a KitError
 * `options/invalid` when it makes no sense: an invalid count or status, a misspelt field of the body.
 */
export interface CallExpectation {
  /** Turns the next claim into its opposite. */
  readonly not: CallExpectation
  /** At least one call came. */
  toHaveBeenCalled(): void
  /** Exactly so many calls came. */
  toHaveBeenCalledTimes(times: number): void
  /**
   * A call came whose body holds at least this: objects may have further members, at any depth; lists and everything
   * else must be equal. Matchers such as `expect.any(String)` work. Secrets are blacked out before they are compared.
   */
  toHaveBeenCalledWith(body: unknown): void
  /** The latest call had such a body. */
  toHaveBeenLastCalledWith(body: unknown): void
  /** A call was answered with this status. */
  toHaveBeenAnswered(status: number): void
}

export interface CallRecord {
  entries: () => JournalEntry[]
  /** The fields that an operation's body may have; none while they are not known. */
  fieldsOf: (operation: OperationId) => readonly string[]
  /** How many requests the journal has overwritten. */
  lost: () => number
}

export function expectInOrder(wanted: readonly OperationId[], record: CallRecord): void {
  const entries = record.entries()
  let place = -1
  for (const [index, operation] of wanted.entries()) {
    const next = entries.findIndex((entry, at) => at > place && entry.operation === operation)
    if (next >= 0) {
      place = next
      continue
    }
    const before = index === 0 ? 'at all' : `after ${wanted[index - 1] ?? ''}`
    throw failure(`Expected the calls ${wanted.join(', ')} in this order, but no ${operation} came ${before}.`, record)
  }
}

export class Expectation implements CallExpectation {
  private readonly operation: OperationId
  private readonly record: CallRecord
  private readonly isNegated: boolean

  constructor(operation: OperationId, record: CallRecord, isNegated = false) {
    this.operation = operation
    this.record = record
    this.isNegated = isNegated
  }

  get not(): CallExpectation {
    return new Expectation(this.operation, this.record, !this.isNegated)
  }

  toHaveBeenCalled(): void {
    const calls = this.calls()
    this.claim(calls.length > 0, 'to have been called', `it was called ${count(calls.length)}`)
  }

  toHaveBeenCalledTimes(times: number): void {
    expectForm(JournalClaim, { times }, 'mock.journal.expect')
    const calls = this.calls()
    this.claim(calls.length === times, `to have been called ${count(times)}`, `it was called ${count(calls.length)}`)
  }

  toHaveBeenCalledWith(body: unknown): void {
    this.expectFields(body)
    const matching = this.calls().filter((call) => holds(call.request.body, body))
    const claim = `to have been called with a body that holds ${print(body)}`
    this.claim(matching.length > 0, claim, matching.length > 0 ? 'it was' : 'no call was')
  }

  toHaveBeenLastCalledWith(body: unknown): void {
    this.expectFields(body)
    const last = this.calls().at(-1)
    const isHeld = last !== undefined && holds(last.request.body, body)
    const claim = `to have been called last with a body that holds ${print(body)}`
    const actual = last === undefined ? 'it was not called' : `the last call had ${print(last.request.body)}`
    this.claim(isHeld, claim, actual)
  }

  toHaveBeenAnswered(status: number): void {
    expectForm(JournalClaim, { status }, 'mock.journal.expect')
    const statuses = this.calls().map((call) => call.status)
    const claim = `to have been answered ${status}`
    this.claim(statuses.includes(status), claim, `its answers were ${statuses.join(', ') || 'none'}`)
  }

  /** A field that the operation does not have may be claimed, above all not to come; one that resembles its own is misspelt. */
  private expectFields(body: unknown): void {
    const known = this.record.fieldsOf(this.operation)
    if (!isObject(body) || isMatcher(body)) return
    for (const name of Object.keys(body)) {
      if (known.includes(name) || nearest(name, known) === undefined) continue
      if (this.calls().some(({ request }) => isObject(request.body) && name in request.body)) continue
      throw problemError(unknownName(name, known), 'options/invalid', 'mock.journal.expect')
    }
  }

  private calls(): JournalEntry[] {
    return this.record.entries().filter((entry) => entry.operation === this.operation)
  }

  private claim(isTrue: boolean, claim: string, actual: string): void {
    if (isTrue !== this.isNegated) return
    const wanted = this.isNegated ? `not ${claim}` : claim
    throw failure(`Expected ${this.operation} ${wanted}, but ${actual}.`, this.record)
  }
}

function failure(message: string, record: CallRecord): Error {
  const entries = record.entries()
  const forgotten = record.lost()
  const left = Math.max(0, entries.length - MAX_SHOWN) + forgotten
  const lines = [
    ...(left > 0 ? [`  (${left} earlier requests)`] : []),
    ...entries.slice(-MAX_SHOWN).map(describeEntry),
    ...(forgotten > 0
      ? [`The journal has overwritten ${forgotten} requests; make it larger (journalSize) or clear it.`]
      : []),
  ]
  const list = lines.length === 0 ? 'No request came.' : `The requests that came, oldest first:\n${lines.join('\n')}`
  return new Error(`${message}\n${list}`)
}

const MAX_SHOWN = 20

function describeEntry({ method, path, operation, status, request, faults }: JournalEntry): string {
  const answer = status === 0 ? 'no answer' : String(status)
  const body = request.body === undefined ? '' : ` ${print(request.body)}`
  const struck = faults === undefined ? '' : ` (faults: ${faults.join(', ')})`
  return `  ${operation ?? 'no operation'}: ${method} ${path}${body} -> ${answer}${struck}`
}

function print(value: unknown): string {
  return clip(value === undefined ? 'no body' : JSON.stringify(value), 200)
}

function count(times: number): string {
  return times === 1 ? 'once' : `${times} times`
}

function holds(actual: unknown, wanted: unknown): boolean {
  if (isMatcher(wanted)) return wanted.asymmetricMatch(actual)
  if (Object.is(actual, wanted)) return true
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return false
    const items: readonly unknown[] = actual
    return wanted.every((item, index) => holds(items[index], item))
  }
  if (!isObject(wanted) || !isObject(actual)) return false
  return Object.entries(wanted).every(([key, value]) => holds(actual[key], value))
}

/** What vitest and jest make of `expect.any(String)` and the like. */
function isMatcher(value: unknown): value is { asymmetricMatch: (actual: unknown) => boolean } {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'asymmetricMatch') === 'function'
}
