/** Gives a connect runner signed commands over a real folder, and compares its answers with the files afterwards. */
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { deriveBridgeKey, signBridge, verifyBridge } from '../../kernel/pairing.js'
import { commandRules } from '../../conduct/all-rules.js'
import type { ConductRunFile } from '../../generated/kit-schema.js'
import type { ConductEvidence, ConductVerdict } from '../../conduct/conduct-types.js'
import { MAX_EVIDENCE } from '../../conduct/grade-runners.js'
import { commandPlans, flawOf, shortly, type PlannedOutcome, type CommandPlan } from './command-plans.js'
import { givenRunnerOf } from '../../mocks/given/given-runner.js'
import { pause } from './retry-until-answered.js'
import { listen, readyRunners } from './job-work.js'
import { memberOf } from '../../kernel/json-value.js'

/** Gives commands to each connect runner once it says that it takes them, until the signal aborts. */
export function giveCommands(mock: RunnerMock, folder: string, signal: AbortSignal) {
  const receivers = new Map<string, Receiver>()
  listen(mock, signal, ({ operation, status }) => {
    if (operation !== 'heartbeat' || status !== 200) return
    for (const { id, type } of readyRunners(mock)) {
      const session = mock.inspect(({ sessions }) => [...sessions.values()].find(({ runnerId }) => runnerId === id))
      if (type !== 'connect' || receivers.has(id) || session === undefined) continue
      const key = deriveBridgeKey(session.activationKey, session.id)
      const receiver: Receiver = { id, key, flaws: { 'command/result': [], 'command/signature': [] }, answered: 0 }
      receivers.set(id, receiver)
      void give(mock, receiver, commandPlans, folder, signal)
    }
  })
  return {
    /** The verdicts of each runner that was given commands, by its id. */
    verdicts: (): ConductRunFile['verdicts'] =>
      Object.fromEntries([...receivers].map(([id, receiver]) => [id, toVerdicts(receiver)])),
    more(): void {
      for (const receiver of receivers.values()) void give(mock, receiver, commandPlans.slice(0, 1), folder, signal)
    },
  }
}

interface Receiver {
  readonly id: string
  readonly key: Promise<Uint8Array>
  /** By the rules that they break. */
  readonly flaws: Readonly<Record<'command/result' | 'command/signature', ConductEvidence[]>>
  /** Commands that have come to an end. */
  answered: number
}

async function give(
  mock: RunnerMock,
  receiver: Receiver,
  plans: readonly CommandPlan[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const key = await receiver.key
  let isFileKnown = true
  for (const plan of plans) {
    if (signal.aborted) return
    const args = { ...plan.args, _hmac: await signatureFor(key, plan) }
    // Set up, not called: a fault must not make one command into two, and a runner that is gone gets no more.
    const record = mock.inspect(({ runners }) => runners.get(receiver.id))
    if (record === undefined) return
    const request = { runner: givenRunnerOf(record), type: plan.type, args, timeoutSeconds: TIMEOUT_SECONDS }
    const command = await mock.given.command(request).catch(() => undefined)
    if (command === undefined) return
    const { command_id: commandId } = command
    const outcome = await awaitEnd(mock, commandId, signal)
    // A lost command was perhaps not carried out; one that was handed out twice has a rule of its own.
    if (outcome === undefined || handOutsOf(mock, commandId) !== 1) {
      if (plan.isAboutNewFile === true) isFileKnown = false
      continue
    }
    receiver.answered++
    const note = (what: string): ConductEvidence => ({
      at: mock.clock.iso(),
      operation: 'reportBridgeResult',
      subject: commandId,
      note: `${plan.title ?? plan.type}: asked for ${shortly(plan.args)}; ${what}`,
    })
    const isSure = isFileKnown || plan.isAboutNewFile !== true
    const flaw = isSure ? await flawOf(plan, outcome, folder) : undefined
    const { flaws } = receiver
    if (flaw !== undefined) flaws[plan.isForged === true ? 'command/signature' : 'command/result'].push(note(flaw))
    if (!(await isSigned(key, outcome)))
      flaws['command/signature'].push(note('the answer is not signed with the bridge key'))
  }
}

const TIMEOUT_SECONDS = 30

async function signatureFor(key: Uint8Array, { type, args, isForged }: CommandPlan): Promise<string> {
  return signBridge(key, type, isForged === true ? { ...args, forged: true } : args)
}

/** A failed command signs an empty result. */
async function isSigned(key: Uint8Array, { status, result }: PlannedOutcome): Promise<boolean> {
  const signature = memberOf(result, '_hmac')
  const payload = status === 'completed' ? result : {}
  return typeof signature === 'string' && verifyBridge(key, status, payload, signature)
}

/** The command once it has ended; undefined when it timed out, its runner is gone or the signal aborts. */
async function awaitEnd(mock: RunnerMock, id: string, signal: AbortSignal): Promise<PlannedOutcome | undefined> {
  for (;;) {
    const wires = mock.inspect(({ commands }) => Array.from(commands.values(), ({ wire }) => wire))
    const { status, result, error } = wires.find((wire) => wire.command_id === id) ?? {}
    if (signal.aborted || status === undefined || status === 'timed_out') return undefined
    if (status === 'completed' || status === 'failed') return { status, result, error }
    await pause(LOOK_MS, signal)
  }
}

const LOOK_MS = 50

function handOutsOf(mock: RunnerMock, commandId: string): number {
  const calls = mock.conduct.record().runners.flatMap((runner) => runner.calls)
  return calls.flatMap(({ answer }) => answer?.handsOut ?? []).filter(({ id }) => id === commandId).length
}

function toVerdicts({ flaws, answered }: Receiver): ConductVerdict[] {
  return commandRules.map(({ id, ...rule }) => {
    const evidence = flaws[id]
    const outcome = evidence.length > 0 ? 'broken' : answered > 0 ? 'kept' : 'not exercised'
    return { rule: id, ...rule, outcome, breaches: evidence.length, evidence: evidence.slice(0, MAX_EVIDENCE) }
  })
}
