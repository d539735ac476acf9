// One request on its way through the faults that meet it: delays first, then either the fault that decides the answer
// or the real answer, which a late fault may spoil. Synchronous where nothing waits.
import type { Clock } from '../../../kernel/clock.js'
import { dropped, errorReply, errorsReply, type ApiResponse } from '../../base/exchange.js'
import type { FaultLifeName } from '../../world/events.js'
import type { Fault, FaultDelay, FaultEffect } from '../../base/fault.js'
import type { Interception } from '../engine.js'
import type { ActiveFault } from './active-fault.js'

export interface FaultContext {
  readonly clock: Clock
  /** Decides all dice of faults, apart from every other chance in the mock. */
  readonly seed: number
  /** The id of the caller's own runner that a request is about. */
  readonly runnerOf: (request: Interception) => string | undefined
  readonly evict: (runnerId: string) => void
  readonly announce: (strike: FaultStrike) => void
  readonly tellLife: (what: FaultLifeName, fault: ActiveFault) => void
}

export interface FaultStrike {
  readonly fault: string
  readonly effect: FaultEffect
  readonly request: Interception
  readonly runner: () => string | undefined
  /** Virtual milliseconds, with the effects `delay` and `hold`. */
  readonly delayMs: number | undefined
}

export type Proceed = () => ApiResponse | Promise<ApiResponse>

export class InterceptedRequest {
  private readonly context: FaultContext
  private readonly request: Interception
  private readonly delays: { fault: ActiveFault; ms: number }[] = []
  /** Decides the answer instead of the resolver, or before it is asked. */
  private early: ActiveFault | undefined
  /** An answer that an earlier poll got too. */
  private repeat: ApiResponse | undefined
  /** May spoil the real answer; with `isTaken` the dice are cast already. */
  private readonly late: { fault: ActiveFault; isTaken: boolean }[] = []
  private readonly taken: ActiveFault[] = []
  private readonly struck: string[] = []
  private decidedBy: string | undefined
  private knownRunner: { id: string | undefined } | undefined

  constructor(context: FaultContext, request: Interception) {
    this.context = context
    this.request = request
  }

  /** Finds the faults that meet the request, up to the first one that decides its answer. */
  plan(faults: readonly ActiveFault[]): void {
    for (const fault of faults) {
      if (!fault.matches(this.request, this.runner)) continue
      this.repeat = fault.takeRepeat(this.request, this.runner)
      if (this.repeat !== undefined) this.early = fault
      else this.meet(fault)
      if (this.early !== undefined) return
    }
  }

  go(proceed: Proceed): ApiResponse | Promise<ApiResponse> {
    const reply = this.delays.length === 0 ? this.answer(proceed) : this.waitOut(proceed)
    return reply instanceof Promise ? reply.then(this.finish) : this.finish(reply)
  }

  private meet(fault: ActiveFault): void {
    const { delay } = fault.fault
    // What may strike only once the answer is there is not counted before.
    if (fault.isLate && delay === undefined) {
      this.late.push({ fault, isTaken: false })
      return
    }
    if (!this.take(fault)) return
    if (delay !== undefined) this.delays.push({ fault, ms: fault.draw(delay) })
    if (fault.isLate) this.late.push({ fault, isTaken: true })
    else if (decides(fault.fault)) this.early = fault
  }

  private take(fault: ActiveFault): boolean {
    if (!fault.take()) return false
    this.taken.push(fault)
    return true
  }

  private async waitOut(proceed: Proceed): Promise<ApiResponse> {
    for (const { fault, ms } of this.delays) {
      this.strike(fault, 'delay', ms)
      const end = await fault.wait(this.context.clock, ms, this.request.exchange.signal)
      if (end === 'gone') return dropped()
    }
    return this.answer(proceed)
  }

  private answer(proceed: Proceed): ApiResponse | Promise<ApiResponse> {
    const { early, repeat } = this
    // A fault that was cleared while the request was held up has nothing more to say.
    if (early !== undefined && !early.isCleared) {
      if (repeat === undefined) return this.answerEarly(early, proceed)
      this.decide(early, 'repeat')
      return repeat
    }
    const reply = proceed()
    return reply instanceof Promise ? reply.then((real) => this.spoil(real)) : this.spoil(reply)
  }

  private answerEarly(early: ActiveFault, proceed: Proceed): ApiResponse | Promise<ApiResponse> {
    const { status, drop, evict } = early.fault
    if (status !== undefined) {
      this.decide(early, 'status')
      return errorOf(early.fault, status, early.id)
    }
    if (drop !== undefined) {
      this.decide(early, 'drop')
      return dropped()
    }
    if (evict === true) {
      this.decide(early, 'evict')
      const runner = this.runner()
      if (runner !== undefined) this.context.evict(runner)
      return proceed()
    }
    return this.hang(early, proceed)
  }

  private async hang(fault: ActiveFault, proceed: Proceed): Promise<ApiResponse> {
    this.decide(fault, 'hang')
    const end = await fault.wait(this.context.clock, Infinity, this.request.exchange.signal)
    return end === 'gone' ? dropped() : proceed()
  }

  /** Lets the first fault that can do something to the real answer do it. */
  private spoil(reply: ApiResponse): ApiResponse | Promise<ApiResponse> {
    for (const { fault, isTaken } of this.late) {
      if (fault.isCleared || !canSpoil(fault.fault, reply)) continue
      const isHeld = fault.isHolding(this.runner(), this.context.clock.now())
      if (!isHeld && !isTaken && !this.take(fault)) continue
      const { drop, body, duplicate, hold } = fault.fault
      if (hold !== undefined) return this.holdBack(fault, hold, reply)
      if (drop !== undefined) {
        this.decide(fault, 'drop')
        return dropped()
      }
      if (body !== undefined) {
        this.decide(fault, body)
        return body === 'truncated' ? truncated(reply) : invalid(reply)
      }
      if (duplicate === true) {
        this.decide(fault, 'duplicate')
        fault.keepForRepeat(this.request, this.runner(), copyOf(reply))
        return reply
      }
      return this.hang(fault, () => reply)
    }
    return reply
  }

  private async holdBack(fault: ActiveFault, hold: FaultDelay, reply: ApiResponse): Promise<ApiResponse> {
    const { clock } = this.context
    const ms = fault.holdFor(this.runner() ?? '', hold, clock.now())
    this.strike(fault, 'hold', ms)
    const end = await fault.wait(clock, ms, this.request.exchange.signal)
    return end === 'gone' ? dropped() : reply
  }

  private decide(fault: ActiveFault, effect: FaultEffect): void {
    this.decidedBy = fault.id
    this.strike(fault, effect, undefined)
  }

  private strike(fault: ActiveFault, effect: FaultEffect, delayMs: number | undefined): void {
    if (!this.struck.includes(fault.id)) this.struck.push(fault.id)
    this.context.announce({ fault: fault.id, effect, request: this.request, runner: this.runner, delayMs })
  }

  private readonly finish = (reply: ApiResponse): ApiResponse => {
    for (const fault of this.taken) fault.release()
    if (this.struck.length > 0) reply.faults = { struck: this.struck, decidedBy: this.decidedBy }
    return reply
  }

  /** Computed once, and only on demand. */
  private readonly runner = (): string | undefined => {
    this.knownRunner ??= { id: this.context.runnerOf(this.request) }
    return this.knownRunner.id
  }
}

function decides({ status, drop, hang, evict }: Fault): boolean {
  return status !== undefined || drop !== undefined || evict === true || (hang !== undefined && hang !== false)
}

function canSpoil({ body, duplicate }: Fault, reply: ApiResponse): boolean {
  if (reply.connection !== undefined) return false
  if (body !== undefined) return reply.body !== ''
  return duplicate !== true || handsOut(reply)
}

function errorOf(fault: Fault, status: number, id: string): ApiResponse {
  const message = fault.message ?? `The fault '${id}' answers ${status} here.`
  const reply = fault.shape === 'errors' ? errorsReply(status, [message]) : errorReply(status, message)
  if (fault.retry_after !== undefined) reply.headers['retry-after'] = String(fault.retry_after)
  return reply
}

const UTF8 = new TextEncoder()

/** The first half of an answer; its `content-length` still announces the whole. Where it is cut is no matter of chance. */
function truncated({ status, headers, body }: ApiResponse): ApiResponse {
  const length = UTF8.encode(body).length
  return {
    status,
    headers: { ...headers, 'content-length': String(length) },
    body: body.slice(0, Math.floor(body.length / 2)),
    connection: 'cut',
  }
}

/**
 * An answer whose JSON has a wrong type wherever its schema wants one: every field of an object changes its type, any
 * other value becomes something that the operation does not answer. Of a stream each line is spoilt.
 */
export function invalid({ status, headers, body }: ApiResponse): ApiResponse {
  const lines = body.split(LINE_END).map((line) => line && JSON.stringify(spoil(JSON.parse(line))))
  return { status, headers: { ...headers }, body: lines.join(LINE_END) }
}

const LINE_END = '\r\n'

function spoil(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return retype(value)
  const fields = Object.entries(value).map(([name, member]) => [name, retype(member)] as const)
  // Of an object without any the type is all that can be wrong.
  return fields.length === 0 ? [] : Object.fromEntries(fields)
}

function retype(value: unknown): unknown {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return { length: value.length }
  if (typeof value === 'object' && value !== null) return Object.keys(value)
  return value === null ? 'null' : [value]
}

/** Whether an answer brings a job or commands. */
function handsOut({ delivery, body }: ApiResponse): boolean {
  return delivery !== undefined && body !== EMPTY_BATCH
}

const EMPTY_BATCH = JSON.stringify({ commands: [] })

/** An answer once more, without the way to take back what it hands out. */
function copyOf({ status, headers, body }: ApiResponse): ApiResponse {
  return { status, headers: { ...headers }, body }
}
