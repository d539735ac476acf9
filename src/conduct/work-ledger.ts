/** What was heard of a runner's jobs and commands: handed out, cancelled, ended. Rules on work share it. */
import { LOST, type Call, asksAgain, keepNewest, type AnsweredCall } from './conduct-trace.js'

/** A job or command, as a runner has come to know it. */
export interface WorkSeen {
  /** The answers that handed it out. */
  readonly handOuts: AnsweredCall[]
  /** Reports of its end that the server has taken. */
  readonly accepted: AnsweredCall[]
  /** Reports of its end that need no other attempt. */
  readonly settled: AnsweredCall[]
  /** The heartbeat that announced its cancellation. */
  announced: AnsweredCall | undefined
}

/** Jobs and commands that are remembered of a runner. */
const MOST_WORK = 30
/** Hand-outs and reports that are remembered of each. */
const MOST_OF_EACH = 5
/** Statuses that end a job or a command. */
const ENDS: ReadonlySet<string> = new Set(['completed', 'failed'])

/** Keeps the books of one runner. */
export class WorkLedger {
  private readonly seen = new Map<string, WorkSeen>()
  private readonly isWholeOf: (id: string) => boolean

  /** @param isWholeOf whether everything that happened to a job or command was heard */
  constructor(isWholeOf: (id: string) => boolean) {
    this.isWholeOf = isWholeOf
  }

  /** What was heard of a job or command; undefined for nothing that matters. */
  find(id: string | undefined): WorkSeen | undefined {
    return id === undefined ? undefined : this.seen.get(id)
  }

  isWhole(id: string | undefined): boolean {
    return id !== undefined && this.isWholeOf(id)
  }

  /** An answer has come. */
  note(call: AnsweredCall): void {
    for (const { id } of call.answer.handsOut) add(this.of(id).handOuts, call)
    for (const id of call.answer.announces) this.of(id).announced ??= call
    if (!isEnd(call) || call.subject === undefined || asksAgain(call)) return
    const work = this.of(call.subject)
    add(work.settled, call)
    if (call.answer.status === 204) add(work.accepted, call)
  }

  private of(id: string): WorkSeen {
    const known = this.seen.get(id) ?? { handOuts: [], accepted: [], settled: [], announced: undefined }
    this.seen.delete(id)
    this.seen.set(id, known)
    keepNewest(this.seen, MOST_WORK)
    return known
  }
}

function add(calls: AnsweredCall[], call: AnsweredCall): void {
  calls.push(call)
  if (calls.length > MOST_OF_EACH) calls.shift()
}

/** Whether a call reports the end of a job or command. */
export function isEnd({ operation, reports }: Call): boolean {
  return (operation === 'reportJobResult' || operation === 'reportBridgeResult') && ENDS.has(reports ?? '')
}

/** Whether a report may have been taken: its answer is awaited or lost, or there is nothing left to report. */
export function mayHaveCounted({ answer }: Call): boolean {
  return answer === undefined || answer.status === LOST || SETTLED.has(answer.status)
}

/** Answers to a report after which there is nothing left to report: taken, or over already. */
const SETTLED: ReadonlySet<number> = new Set([204, 404, 409, 410])

/** The accepted end after which work is over for its runner: it was not handed out once more since. */
export function lastEnd(work: WorkSeen | undefined): AnsweredCall | undefined {
  const end = work?.accepted.at(-1)
  const isDueAgain = work?.handOuts.some(({ answer }) => answer.order > (end?.answer.order ?? 0)) === true
  return isDueAgain ? undefined : end
}
