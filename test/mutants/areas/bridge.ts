// Mistakes about bridge commands: submission, hand-out, reports, and readers that wait for their end.
import type { Call } from '../call.js'
import { mutantsOf, type Mutant, type Spoil } from '../mutant.js'
import { isObject, isSuccess, itemsOf, membersIn, refusal, textIn, withBody } from '../reply.js'
import { editRequest, refuseWhen, showsInstead } from '../spoils.js'

const timeoutIn = ({ members }: Call): number => Number(members['timeout_seconds'] ?? 0)

const handsOutAgain: Spoil = (stage) => {
  const handed = new Map<string, unknown[]>()
  return async (call) => {
    const reply = await call.proceed()
    const runnerId = call.path['runnerId'] ?? ''
    const open = (handed.get(runnerId) ?? []).filter(
      (each) => stage.stateOf('bridgeCommand', textIn(each, 'command_id')) === 'picked_up',
    )
    const commands = [...open, ...itemsOf(membersIn(reply)['commands'])]
    handed.set(runnerId, commands)
    return isSuccess(reply) ? withBody(reply, { commands }) : reply
  }
}

export const bridgeMutants: readonly Mutant[] = mutantsOf((it) => {
  it('bridge/capability-by-type [createBridgeCommand]: Connect runners take commands, and endpoint runners never do.', () =>
    refuseWhen(409, (call, stage) => stage.runnerOf(call)?.session.type === 'endpoint'))
  it('bridge/capability-of-last-heartbeat [heartbeat]: The latest heartbeat must declare the capability bridge.', () =>
    editRequest(({ members }) =>
      itemsOf(members['capabilities']).length === 0 ? { body: { capabilities: ['jobs'] } } : undefined,
    ))
  it('bridge/args-only-objects [createBridgeCommand]: Args must be an object; anything else is refused.', () =>
    refuseWhen(400, ({ members }) => !isObject(members['args'])))
  it('bridge/empty-args-refused [createBridgeCommand]: A command without any args is refused (422).', () =>
    refuseWhen(422, ({ members }) => isObject(members['args']) && Object.keys(members['args']).length === 0))
  it('bridge/timeout-refused-above-maximum [createBridgeCommand]: A timeout above the maximum is refused (422).', () =>
    refuseWhen(422, (call) => timeoutIn(call) > 120))
  it('bridge/timeout-below-zero-refused [createBridgeCommand]: A timeout below 0 is refused (422).', () =>
    refuseWhen(422, (call) => timeoutIn(call) < 0))
  it('bridge/handed-out-again [nextBridgeCommands]: A command is handed out until it is reported.', () => handsOutAgain)
  it('bridge-reports/refused-report-stored [reportBridgeResult getBridgeCommand]: A second report is refused, and stored all the same.', () =>
    showsInstead(async (call, keep) => {
      const reply = await call.proceed()
      if (reply.status === 409) keep(call.members)
      return reply
    }))
})

const waits = ({ query }: Call): boolean => query.get('wait') === 'true'

const letsOneRead: Spoil = () => {
  const read = new Set<string>()
  return async (call) => {
    const id = call.path['commandId'] ?? ''
    if (!waits(call)) return call.proceed()
    if (read.has(id)) return refusal(409)
    read.add(id)
    const reply = await call.proceed()
    read.delete(id)
    return reply
  }
}

export const waitingReaderMutants: readonly Mutant[] = mutantsOf((it) => {
  it('waiting-readers/always-waits [getBridgeCommand]: A reader that names a time waits, though it does not ask to.', () =>
    editRequest(({ query }) => (query.has('timeout') ? { query: { wait: 'true' } } : undefined)))
  it('waiting-readers/one-reader-at-a-time [getBridgeCommand]: A command that has a waiting reader refuses others (409).', () =>
    letsOneRead)
  it('waiting-readers/default-of-a-minute [getBridgeCommand]: A reader that names no time waits for a minute.', () =>
    editRequest((call) => (waits(call) && !call.query.has('timeout') ? { query: { timeout: '60' } } : undefined)))
  it('waiting-readers/waits-for-what-is-unknown [getBridgeCommand]: A reader of an unknown command waits for it to come.', () =>
    (stage) =>
    async (call) => {
      const isUnknown = stage.stateOf('bridgeCommand', call.path['commandId'] ?? '') === 'none'
      if (waits(call) && isUnknown) await stage.sleep(Number(call.query.get('timeout') ?? 30), call.exchange.signal)
      return call.proceed()
    })
})
