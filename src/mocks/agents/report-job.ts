/** What a simulated runner sends about a job while it works on it and when it is done: log lines; its trace is in `job-trace.ts`. */
import type { Clock, StopSignal } from '../../kernel/clock.js'
import type { LocalRunnerLogEntry } from '../../kernel/types.js'
import type { AgentContext } from './agent.js'
import type { DirectCall } from './api-call.js'
import type { SavedExecution } from './saved-runners.js'

/** What reports need. */
export interface ReportParts {
  call: DirectCall
  clock: Clock
  newId: () => string
  /** Where traces go. */
  projectName: string
}

/** The end of a job, as it is reported. */
export interface JobOutcome {
  status: 'completed' | 'failed'
  result?: unknown
  error?: string
}

/** Sends log lines in order while the agent runs; lines written within one turn share a call. */
export function createLogStream(
  call: DirectCall,
  execution: SavedExecution,
  stopped: StopSignal,
): { write: AgentContext['log']; flush: () => Promise<void> } {
  const path = { jobId: execution.job.id }
  let written = 0
  let waiting: LocalRunnerLogEntry[] = []
  let sending: Promise<void> = Promise.resolve()
  const send = async (): Promise<void> => {
    const body = waiting
    waiting = []
    if (body.length === 0 || stopped.aborted) return
    await call('appendJobLogs', { path, body })
    execution.lines += body.length
  }
  return {
    write(text, stream = 'stdout') {
      // What was sent in an earlier life is there already.
      if (text.trim() === '' || ++written <= execution.lines) return
      waiting.push({ stream, text })
      if (waiting.length === 1) sending = sending.then(send)
    },
    flush: () => sending,
  }
}
