/** Runs a command once against a mock that holds its answers: time is real, and the command's exit code is the test. */
import { afterRealTime, pauseFor } from '../../kernel/clock.js'
import { serve } from '../../mocks/adapters/node.js'
import { RunTrouble, type Surroundings } from '../../explore/gate.js'
import { createHeldMock, type HeldMock } from '../../explore/held-mock.js'
import { runHeld } from '../../explore/run-held.js'
import type { OrderPlan } from '../../explore/search.js'
import { startClient } from '../conduct/client-process.js'

export interface CommandOrderOptions {
  readonly command: readonly string[]
  /** Milliseconds without a call after which the next answer is released. */
  readonly quietMs: number
  readonly drops: boolean
  readonly scenario: string
  /** Ends the command when it aborts. */
  readonly signal: AbortSignal
}

/** @param limitMs after so long the command is ended, and the order has failed */
export async function runCommand(plan: OrderPlan, limitMs: number, options: CommandOrderOptions) {
  const held = createHeldMock({ scenario: options.scenario })
  const server = await serve(held.mock, { port: 0 })
  try {
    return await runAgainst(server.url, held, plan, { ...options, limitMs })
  } finally {
    await server.close()
  }
}

async function runAgainst(
  url: string,
  held: HeldMock,
  plan: OrderPlan,
  { command, quietMs, drops, limitMs, signal }: CommandOrderOptions & { limitMs: number },
) {
  const startedAt = held.clock.stopwatch()
  let output = ''
  const client = await startClient(command, {
    env: { OPIK_URL_OVERRIDE: url, OPIK_WORKSPACE: 'default' },
    onOutput: (text) => (output = (output + text).slice(-MAX_OUTPUT)),
  })
  signal.addEventListener('abort', client.kill)
  let isLate = false
  const callOff = afterRealTime(limitMs, () => {
    isLate = true
    client.kill()
  })
  const test = async (): Promise<void> => {
    const code = await client.ended
    if (isLate) throw new RunTrouble('stuck', `the command did not end within ${(limitMs / 1000).toFixed(1)} s`)
    const ending = code === undefined ? 'a signal ended the command' : `exit code ${code}`
    if (code !== 0) throw new Error(`${ending}\n${output.trim()}`)
  }
  try {
    const surroundings = realTimeOf(held, quietMs)
    const run = await runHeld(test, { plan, held, surroundings, unhandled: [], options: { drops } })
    return { ...run, durationMs: held.clock.stopwatch() - startedAt }
  } finally {
    callOff()
    signal.removeEventListener('abort', client.kill)
    await client.stop()
  }
}

const MAX_OUTPUT = 2000

/** A command has its own time, so that the mock's runs beside it. */
function realTimeOf({ clock }: HeldMock, quietMs: number): Surroundings {
  return {
    rest: () => pauseFor(quietMs),
    now: () => clock.now(),
    nextTimer: () => clock.nextDue(),
    isTimeFree: true,
    passTo: (time) => clock.advance({ milliseconds: Math.max(0, time - clock.now()) }),
    patienceMs: Infinity,
  }
}
