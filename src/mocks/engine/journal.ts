// The journal: the latest requests and their answers, in a ring. Recording stores references only; an entry is built,
// and its secrets are blacked out, when it is read.
import type { CallCount, JournalFilter as Described } from '../../generated/kit-schema.js'
import { expectForm, expectKnown } from '../../kernel/validate-options.js'
import { JournalFilter as form } from '../../generated/kit-page.js'
import { describeDecision } from '../../lifecycle/table.js'
import type { OperationId } from '../../kernel/operation.js'
import { operationIds } from '../../kernel/operation.js'
import type { Recording } from '../../kernel/recording/recorder.js'
import { redactQuery } from '../../kernel/recording/secret-names.js'
import { Expectation, expectInOrder, type CallExpectation, type CallRecord } from './journal-expectations.js'
import { bodyText } from './journal-entry.js'
import type { Body, JournalEntry, JournalMessage, RecordedRequest, JournalContext } from './journal-entry.js'
import { whenLost, type ApiResponse, type Headers } from '../base/exchange.js'
import { redactHeaders, redactJson } from '../base/redact.js'
import { omitUndefined } from '../base/omit-undefined.js'

export type { JournalEntry, RecordedRequest } from './journal-entry.js'

/** Which entries to read; all given conditions must hold. */
export interface JournalFilter extends Omit<Described, 'where'> {
  /** Looks at what was recorded, before an entry is built from it. */
  readonly where?: ((recorded: RecordedRequest) => boolean) | undefined
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
  private readonly context: JournalContext
  private readonly callRecord: CallRecord = {
    entries: () => this.entries(),
    lost: () => Math.max(0, this.count - this.clearedAt - this.capacity),
    fieldsOf: (id) => this.context.directory.fieldsOf(id),
  }

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
    return new Expectation(operation, this.callRecord)
  }

  expectInOrder(wanted: readonly OperationId[]): void {
    for (const operation of wanted) expectKnown(operation, operationIds, 'mock.journal.expectInOrder')
    expectInOrder(wanted, this.callRecord)
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

function toEntry(recorded: RecordedRequest): JournalEntry {
  const { id, at, method, path, query, operation, status, durationMs, faults, isGiven: given } = recorded
  return {
    ...{ id, at: new Date(at).toISOString(), method, path },
    ...omitUndefined({ query: query === '' ? undefined : redactQuery(query) }),
    ...{ operation: operation?.id, status, duration_ms: Math.round(durationMs * 1000) / 1000 },
    matched_rule: ruleOf(recorded),
    ...omitUndefined({ faults: faults?.struck, given }),
    request: messageOf(recorded.requestHeaders, recorded.requestBody, recorded.requestLength),
    response: messageOf(recorded.replyHeaders, recorded.replyBody, recorded.replyLength),
  }
}

function messageOf(headers: Headers = {}, body: Body, length: number): JournalMessage {
  return { headers: redactHeaders(headers), ...bodyOf(body, length) }
}

function ruleOf({ operation, faults, decided }: RecordedRequest): string | undefined {
  if (faults?.decidedBy !== undefined) return `fault ${faults.decidedBy}`
  if (decided !== undefined) return describeDecision(decided)
  return operation === undefined ? undefined : `${operation.method} ${operation.path}`
}

function bodyOf(body: Body, length: number): { body?: unknown } {
  if (length === 0) return {}
  if (body === undefined) return { body: `(${length} characters, too many to keep)` }
  try {
    return { body: redactJson(JSON.parse(bodyText(body))) }
  } catch {
    // What is no JSON might hide anything, so only its size is told.
    return { body: `(${length} characters that are no JSON)` }
  }
}
