// One request on its way through the faults that meet it: delays first, then either the fault that decides the answer
// or the real answer, which a late fault may spoil.
import type { Clock } from '../../../kernel/clock.js'
import { matchedOperation } from '../../../kernel/operation.js'
import { isRefusal } from '../../../kernel/errors.js'
import { dropped, errorReply, errorsReply, type ApiResponse, type EngineAnswer } from '../../base/exchange.js'
import type { Authenticate } from '../../base/identity.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import type { EventBus } from '../../world/events.js'
import type { World } from '../../world/world.js'
import type { Fault, FaultEvent } from '../../../generated/kit-schema.js'
import type { Arrival } from '../engine.js'
import type { ActiveFault } from './active-fault.js'

/** What a fault did to a request. */
export type FaultEffect = FaultEvent['effect']

export interface FaultContext {
  readonly clock: Clock
  /** Decides all dice of faults, apart from every other chance in the mock. */
  readonly seed: number
  readonly authenticate: Authenticate
  /** The world as it is now; a reset replaces it. */
  readonly world: () => World
  readonly events: EventBus
}

export type Proceed = () => EngineAnswer

export class InterceptedRequest {
  private readonly context: FaultContext
  private readonly request: Arrival
  private readonly delays: { fault: ActiveFault; ms: number }[] = []
  /** Decides the answer instead of the resolver, or before it is asked. */
  private early: ActiveFault | undefined
  /** An answer that an earlier poll got too. */
  private repeat: ApiResponse | undefined
  /** May spoil the real answer. */
  private readonly late: ActiveFault[] = []
  /** Those whose dice are cast already. */
  private readonly taken: ActiveFault[] = []
  private readonly struck: string[] = []
  private decidedBy: string | undefined
  private knownRunner: { id: string | undefined } | undefined

  constructor(context: FaultContext, request: Arrival) {
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

  /** Whether any fault has something to do with it. */
  get isMet(): boolean {
    return this.early !== undefined || this.delays.length + this.late.length > 0
  }

  async go(proceed: Proceed): Promise<ApiResponse> {
    this.context.clock.noteWake()
    const reply = await this.answer(proceed)
    for (const fault of this.taken) fault.release()
    if (this.struck.length > 0) reply.faults = { struck: this.struck, decidedBy: this.decidedBy }
    return reply
  }

  private meet(fault: ActiveFault): void {
    const { delay } = fault.fault
    // What may strike only once the answer is there is not counted before.
    if ((!fault.isLate || delay !== undefined) && !this.take(fault)) return
    if (delay !== undefined) this.delays.push({ fault, ms: fault.draw(delay) })
    if (fault.isLate) this.late.push(fault)
    else if (decides(fault.fault)) this.early = fault
  }

  private take(fault: ActiveFault): boolean {
    if (!fault.take()) return false
    this.taken.push(fault)
    return true
  }

  private async answer(proceed: Proceed): Promise<ApiResponse> {
    for (const { fault, ms } of this.delays) {
      this.strike(fault, 'delay', ms)
      if (!(await this.holdUp(fault, ms))) return dropped()
    }
    const { early, repeat } = this
    // A fault that was cleared while the request was held up has nothing more to say.
    if (early === undefined || early.isCleared) return this.spoil(await proceed())
    const { status, drop, evict } = early.fault
    if (repeat !== undefined) return this.decide(early, 'repeat', repeat)
    if (status !== undefined) return this.decide(early, 'status', errorOf(early.fault, status, early.id))
    if (drop !== undefined) return this.decide(early, 'drop', dropped())
    if (evict !== true) return this.hang(early, proceed)
    this.decide(early, 'evict', undefined)
    const runner = this.runner()
    if (runner !== undefined) this.context.world().runners.evict(runner)
    return proceed()
  }

  /** Goes on when a fault has held the request up for its time, or is cleared; false for a caller that is gone. */
  private holdUp(fault: ActiveFault, ms: number): Promise<boolean> {
    return fault.wait(this.context.clock, ms, this.request.exchange.signal)
  }

  private async hang(fault: ActiveFault, proceed: Proceed): Promise<ApiResponse> {
    this.decide(fault, 'hang', undefined)
    return (await this.holdUp(fault, Infinity)) ? proceed() : dropped()
  }

  /** Lets the first fault that can do something to the real answer do it. */
  private async spoil(reply: ApiResponse): Promise<ApiResponse> {
    const { clock } = this.context
    for (const fault of this.late) {
      if (fault.isCleared || !canSpoil(fault.fault, reply)) continue
      const isHeld = fault.isHolding(this.runner(), clock.now())
      if (!isHeld && !this.taken.includes(fault) && !this.take(fault)) continue
      const { drop, body, duplicate, hold } = fault.fault
      if (hold !== undefined) {
        const ms = fault.holdFor(this.runner() ?? '', hold, clock.now())
        this.strike(fault, 'hold', ms)
        return (await this.holdUp(fault, ms)) ? reply : dropped()
      }
      if (drop !== undefined) return this.decide(fault, 'drop', dropped())
      if (body !== undefined) return this.decide(fault, body, body === 'truncated' ? truncated(reply) : invalid(reply))
      if (duplicate !== true) return this.hang(fault, () => reply)
      fault.keepForRepeat(this.request, this.runner(), copyOf(reply))
      return this.decide(fault, 'duplicate', reply)
    }
    return reply
  }

  private decide<Reply>(fault: ActiveFault, effect: FaultEffect, reply: Reply): Reply {
    this.decidedBy = fault.id
    this.strike(fault, effect)
    return reply
  }

  private strike({ id }: ActiveFault, effect: FaultEffect, delay_ms?: number): void {
    const { context, request } = this
    if (!this.struck.includes(id)) this.struck.push(id)
    if (!context.events.isHeard) return
    context.events.tell({
      type: 'fault',
      ...{ fault: id, effect, ...omitUndefined({ delay_ms }) },
      ...{ method: request.exchange.method, path: request.target.path, operation: matchedOperation(request.found)?.id },
      ...omitUndefined({ runner_id: this.runner() }),
    })
  }

  /** The caller's own runner that the request is about; found once, and only on demand. */
  private readonly runner = (): string | undefined => {
    this.knownRunner ??= { id: findRunner(this.request, this.context) }
    return this.knownRunner.id
  }
}

function findRunner({ exchange, found }: Arrival, context: FaultContext): string | undefined {
  const { runnerId, jobId }: Readonly<Record<string, string>> = found.kind === 'operation' ? found.path : {}
  if (runnerId === undefined && jobId === undefined) return undefined
  const caller = context.authenticate(exchange.headers ?? {})
  if (isRefusal(caller)) return undefined
  const { runners, jobs } = context.world()
  if (runnerId !== undefined) return runners.find(caller, runnerId.toLowerCase())?.id
  return jobs.find(caller, jobId?.toLowerCase() ?? '')?.runner.id
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

/** The first half of an answer; its `content-length` still announces the whole. Where it is cut is no matter of chance. */
function truncated({ status, headers, body }: ApiResponse): ApiResponse {
  const length = String(new TextEncoder().encode(body).length)
  const half = body.slice(0, Math.floor(body.length / 2))
  return { status, headers: { ...headers, 'content-length': length }, body: half, connection: 'cut' }
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
