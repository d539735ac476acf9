// Mistakes in holding a reader until a command ends.
import type { Call } from '../call.js'
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { refusal } from '../reply.js'
import { editRequest } from '../spoils.js'

const touches = ['getBridgeCommand'] as const

const waits = ({ query }: Call): boolean => query.get('wait') === 'true'

/** Waits for another time than was asked for. */
function waitsFor(change: (asked: number | undefined) => number): Spoil {
  return editRequest((call) => {
    const asked = call.query.has('timeout') ? Number(call.query.get('timeout')) : undefined
    return waits(call) ? { query: { timeout: String(change(asked)) } } : undefined
  })
}

/** A reader that waits hears nothing of what happens; it looks when its time is over. */
function hearsNothing(isDeaf: (call: Call, state: string) => boolean): Spoil {
  return (stage) => async (call) => {
    const id = call.path['commandId'] ?? ''
    const state = stage.stateOf('bridgeCommand', id)
    if (!waits(call) || !isDeaf(call, state)) return call.proceed()
    const asked = Number(call.query.get('timeout') ?? 30)
    await stage.sleep(Math.min(Math.max(asked, 1), 120), call.exchange.signal)
    return call.proceed({ query: { wait: undefined } })
  }
}

const isOpen = (state: string): boolean => state === 'pending' || state === 'picked_up'

export const waitingReaderMutants: readonly Mutant[] = [
  defineMutant('waiting-readers/always-waits', 'A reader that names a time waits, though it does not ask to.', {
    touches,
    spoil: editRequest(({ query }) => (query.has('timeout') ? { query: { wait: 'true' } } : undefined)),
  }),
  defineMutant('waiting-readers/end-wakes-nobody', 'A reader that waits does not notice the end of the command.', {
    touches,
    spoil: hearsNothing((_, state) => isOpen(state)),
  }),
  defineMutant('waiting-readers/one-reader-at-a-time', 'A command that has a waiting reader refuses others (409).', {
    touches,
    spoil: () => {
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
    },
  }),
  defineMutant('waiting-readers/default-of-a-minute', 'A reader that names no time waits for a minute.', {
    touches,
    spoil: waitsFor((asked) => asked ?? 60),
  }),
  defineMutant('waiting-readers/waits-for-what-is-unknown', 'A reader of an unknown command waits for it to come.', {
    touches,
    spoil: hearsNothing((_, state) => state === 'none'),
  }),
]
