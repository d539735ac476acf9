// The journal: the latest requests and their answers, in a ring, and claims about them for tests. Recording stores
// references only; an entry is built, and its secrets are blacked out, when it is read. Claims look at entries only, throw
// plain errors, and print what did come, so that a failed claim explains itself in any test runner.
import type { CallCount, JournalEntry, JournalFilter as Described } from '../../generated/kit-schema.js'
import { expectForm, expectKnown } from '../../kernel/validate-options.js'
import { JournalClaim, JournalFilter as form } from '../../generated/kit-page.js'
import { isObject } from '../../kernel/json-value.js'
import { operationIds, type OperationId } from '../../kernel/operation.js'
import { clip, nearest, problemError, unknownName } from '../../kernel/problem.js'
import type { Recording } from '../../kernel/recording/recorder.js'
import { toEntry, type RecordedRequest, type JournalContext } from './journal-entry.js'
import { whenLost, type ApiResponse } from '../base/exchange.js'

export type { JournalEntry, Message as JournalMessage } from '../../generated/kit-schema.js'

/** Which entries to read; all given conditions must hold. */
export interface JournalFilter extends Omit<Described, 'where'> {
  /** Looks at what was recorded, before an entry is built from it. */
  readonly where?: ((recorded: RecordedRequest) => boolean) | undefined
}

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

/** What users read of the journal. */
export interface Journal {
  /** The matching entries that the ring still holds, oldest first. */
  entries(filter?: JournalFilter): JournalEntry[]
  /**
   * Claims about the calls of an operation since the start, `clear` or a reset. A claim that does not hold throws an
   * Error that lists what came instead, so it works in every test runner.
   * @example
   * mock.journal.expect('createJob').toHaveBeenCalledTimes(1)
   */
  expect(operation: OperationId): CallExpectation
  /** Claims that calls of these operations came in this order; others may lie between them. Throws as `expect` does. */
  expectInOrder(operations: readonly OperationId[]): void
  /** How often each operation was answered with each status since the mock was made; `clear` does not touch it. */
  tally(): CallCount[]
  /** Forgets all entries. */
  clear(): void
  /**
   * A recording of the journal's content, plain given states included: what `judge` and `watch` of
   * `opik-runner-kit/watch` take. It begins where calls no longer tell how the world came to be: at `clear`, a reset, a
   * restored snapshot, and at what `given` does that no client can, such as a job that has ended or a runner that has
   * lapsed. Names stand for API keys, zeros for activation keys. Requests whose bodies were too long to keep are not in
   * it, and neither is what came before them.
   * @example
   * const { verdicts } = judge(await mock.journal.recording())
   */
  recording(options?: JournalRecordingOptions): Promise<Recording>
}

/** What a recording of the journal keeps. */
export interface JournalRecordingOptions {
  /** Keeps activation keys, which a replay needs. Default false: as many zeros stand for one. */
  keepKeys?: boolean
}

/** Longer bodies, in bytes or characters, are not kept. */
const MAX_KEPT_LENGTH = 64 * 1024
/** What all bodies in the ring may add up to; beyond it the oldest entries lose theirs. */
const MAX_KEPT = 16 * 1024 * 1024

/** The journal as the engine's owner sees it. */
export class RecordingJournal implements Journal {
  private ring: RecordedRequest[] = []
  private count = 0
  /** Id of the latest entry before the last `clear`. */
  private clearedAt = 0
  /** Id of the latest entry before the world was made otherwise. */
  private turnedAt = 0
  private keptSize = 0
  /** Entries up to this id have lost their bodies. */
  private strippedTo = 0
  private readonly calls = new Map<OperationId | undefined, Map<number, number>>()
  private readonly capacity: number
  readonly context: JournalContext

  /** @param capacity how many requests it holds; older ones are overwritten */
  constructor(capacity: number, context: JournalContext) {
    this.capacity = capacity
    this.context = context
  }

  /** Keeps a request of a client or, when `isGiven`, of the mock's owner, and gives it its number. */
  record(recorded: RecordedRequest, reply: ApiResponse, isGiven?: true): void {
    recorded.id = ++this.count
    recorded.isGiven = isGiven
    this.tallyUp(recorded)
    if (this.capacity === 0) return
    const place = recorded.id % this.capacity
    const old = this.ring[place]
    if (old !== undefined) this.keptSize -= sizeOf(old)
    if (recorded.requestLength > MAX_KEPT_LENGTH) recorded.requestBody = undefined
    if (recorded.replyLength > MAX_KEPT_LENGTH) recorded.replyBody = undefined
    this.ring[place] = recorded
    whenLost(reply, () => (recorded.isLost = true))
    this.keptSize += sizeOf(recorded)
    this.strip()
  }

  entries(filter: JournalFilter = {}): JournalEntry[] {
    expectForm(form, filter, 'mock.journal.entries')
    const since = filter.since === undefined ? -Infinity : Date.parse(filter.since)
    return this.recorded()
      .filter(
        (recorded) =>
          (filter.given === true || recorded.isGiven === undefined) &&
          (filter.operation === undefined || recorded.operation?.id === filter.operation) &&
          (filter.status === undefined || recorded.status === filter.status) &&
          recorded.at >= since &&
          filter.where?.(recorded) !== false,
      )
      .map(toEntry)
  }

  expect(operation: OperationId): CallExpectation {
    expectKnown(operation, operationIds, 'mock.journal.expect')
    return claimsAbout(operation, this)
  }

  expectInOrder(wanted: readonly OperationId[]): void {
    for (const operation of wanted) expectKnown(operation, operationIds, 'mock.journal.expectInOrder')
    const entries = this.entries()
    let place = -1
    for (const [index, operation] of wanted.entries()) {
      const next = entries.findIndex((entry, at) => at > place && entry.operation === operation)
      const before = index === 0 ? 'at all' : `after ${wanted[index - 1] ?? ''}`
      if (next < 0)
        throw this.failure(`Expected the calls ${wanted.join(', ')} in this order, but no ${operation} came ${before}.`)
      place = next
    }
  }

  /** An error for a claim that does not hold, with what came instead. */
  failure(message: string): Error {
    const entries = this.entries()
    const forgotten = Math.max(0, this.count - this.clearedAt - this.capacity)
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

  tally(): CallCount[] {
    return [...this.calls].flatMap(([operation, counts]) =>
      Array.from(counts, ([status, count]) => ({ operation, status, count })),
    )
  }

  clear(): void {
    this.ring = []
    this.keptSize = 0
    this.clearedAt = this.count
    this.strippedTo = this.count
  }

  /** Tells that the world is not as calls have made it: recordings begin here. */
  turn(): void {
    this.turnedAt = this.count
  }

  async recording({ keepKeys }: JournalRecordingOptions = {}): Promise<Recording> {
    const { recordingOf } = await import('./journal-recording.js')
    return recordingOf(this.recorded(this.turnedAt), this.context, keepKeys)
  }

  private tallyUp({ operation, status }: RecordedRequest): void {
    let counts = this.calls.get(operation?.id)
    if (counts === undefined) this.calls.set(operation?.id, (counts = new Map<number, number>()))
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }

  private recorded(after = 0): RecordedRequest[] {
    const oldest = Math.max(this.clearedAt, after, this.count - this.capacity) + 1
    const found: RecordedRequest[] = []
    for (let id = oldest; id <= this.count; id++) {
      const recorded = this.ring[id % this.capacity]
      if (recorded !== undefined) found.push(recorded)
    }
    return found
  }

  /** Takes the bodies of the oldest entries until the rest is small enough. */
  private strip(): void {
    this.strippedTo = Math.max(this.strippedTo, this.count - this.capacity)
    while (this.keptSize > MAX_KEPT && this.strippedTo < this.count) {
      const recorded = this.ring[++this.strippedTo % this.capacity]
      if (recorded === undefined) continue
      this.keptSize -= sizeOf(recorded)
      recorded.requestBody = undefined
      recorded.replyBody = undefined
    }
  }
}

function sizeOf({ requestBody, replyBody }: RecordedRequest): number {
  return (requestBody?.length ?? 0) + (replyBody?.length ?? 0)
}

/** Claims about the calls of an operation; negated, that the opposite is so. */
function claimsAbout(operation: OperationId, journal: RecordingJournal, isNegated = false): CallExpectation {
  const calls = (): JournalEntry[] => journal.entries().filter((entry) => entry.operation === operation)
  const claim = (isTrue: boolean, what: string, actual: string): void => {
    if (isTrue !== isNegated) return
    throw journal.failure(`Expected ${operation} ${isNegated ? 'not ' : ''}${what}, but ${actual}.`)
  }
  /** A field that the operation does not have may be claimed, above all not to come; one that resembles its own is misspelt. */
  const expectFields = (body: unknown): void => {
    const known = journal.context.directory.fieldsOf(operation)
    if (!isObject(body) || isMatcher(body)) return
    for (const name of Object.keys(body)) {
      if (known.includes(name) || nearest(name, known) === undefined) continue
      if (calls().some(({ request }) => isObject(request.body) && name in request.body)) continue
      throw problemError(unknownName(name, known), 'options/invalid', 'mock.journal.expect')
    }
  }
  return {
    get not() {
      return claimsAbout(operation, journal, !isNegated)
    },
    toHaveBeenCalled() {
      const { length } = calls()
      claim(length > 0, 'to have been called', `it was called ${count(length)}`)
    },
    toHaveBeenCalledTimes(times) {
      expectForm(JournalClaim, { times }, 'mock.journal.expect')
      const { length } = calls()
      claim(length === times, `to have been called ${count(times)}`, `it was called ${count(length)}`)
    },
    toHaveBeenCalledWith(body) {
      expectFields(body)
      const isHeld = calls().some((call) => holds(call.request.body, body))
      claim(isHeld, `to have been called with a body that holds ${print(body)}`, isHeld ? 'it was' : 'no call was')
    },
    toHaveBeenLastCalledWith(body) {
      expectFields(body)
      const last = calls().at(-1)
      const isHeld = last !== undefined && holds(last.request.body, body)
      const actual = last === undefined ? 'it was not called' : `the last call had ${print(last.request.body)}`
      claim(isHeld, `to have been called last with a body that holds ${print(body)}`, actual)
    },
    toHaveBeenAnswered(status) {
      expectForm(JournalClaim, { status }, 'mock.journal.expect')
      const statuses = calls().map((call) => call.status)
      claim(
        statuses.includes(status),
        `to have been answered ${status}`,
        `its answers were ${statuses.join(', ') || 'none'}`,
      )
    },
  }
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
