// Mistakes in holding a reader until a command ends.
import type { Reply } from '../../../src/mocks/base/exchange.js'
import type { Call } from '../call.js'
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, isSuccess, membersIn, refusal, textIn, withBody } from '../reply.js'
import { editReply, editRequest } from '../spoils.js'

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

/** Ends the waits of readers when another call goes through. */
function endsWaitsWhen(isEnd: (call: Call, reader: Call) => boolean): Spoil {
  return () => {
    const waiting = new Map<AbortController, Call>()
    return async (call) => {
      if (call.operation === 'getBridgeCommand') {
        const controller = new AbortController()
        waiting.set(controller, call)
        await call.proceed({ signal: controller.signal })
        waiting.delete(controller)
        return call.proceed({ query: { wait: undefined } })
      }
      const reply = await call.proceed()
      for (const [controller, reader] of waiting) if (isEnd(call, reader)) controller.abort()
      return reply
    }
  }
}

const isOpen = (state: string): boolean => state === 'pending' || state === 'picked_up'

function isUnfinished(reply: Reply): boolean {
  return isSuccess(reply) && isOpen(textIn(membersIn(reply), 'status'))
}

export const waitingReaderMutants: readonly Mutant[] = [
  defineMutant({
    id: 'waiting-readers/wait-ignored',
    mistake: 'A reader is answered at once, though it asks to wait.',
    touches,
    spoil: editRequest(() => ({ query: { wait: undefined } })),
  }),
  defineMutant({
    id: 'waiting-readers/always-waits',
    mistake: 'A reader that names a time waits, though it does not ask to.',
    touches,
    spoil: editRequest(({ query }) => (query.has('timeout') ? { query: { wait: 'true' } } : undefined)),
  }),
  defineMutant({
    id: 'waiting-readers/end-wakes-nobody',
    mistake: 'A reader that waits does not notice the end of the command.',
    touches,
    spoil: hearsNothing((_, state) => isOpen(state)),
  }),
  defineMutant({
    id: 'waiting-readers/one-reader-at-a-time',
    mistake: 'A command that has a waiting reader refuses others (409).',
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
  defineMutant({
    id: 'waiting-readers/later-reader-takes-place',
    mistake: 'A reader that comes while another one waits sends that one away without a result.',
    touches,
    spoil: () => {
      const waiting = new Map<string, AbortController>()
      return (call) => {
        const id = call.path['commandId'] ?? ''
        if (!waits(call)) return call.proceed()
        const own = new AbortController()
        const earlier = waiting.get(id)
        waiting.set(id, own)
        earlier?.abort()
        return call.proceed({ signal: own.signal })
      }
    },
  }),
  defineMutant({
    id: 'waiting-readers/failure-wakes-nobody',
    mistake: 'A reader that waits wakes when a command completes, and not when it fails.',
    touches: [...touches, 'reportBridgeResult'],
    spoil: (stage) => {
      const failing = new Set<string>()
      return async (call) => {
        const id = call.path['commandId'] ?? ''
        if (call.operation === 'reportBridgeResult' && call.members['status'] === 'failed') failing.add(id)
        const reply = await call.proceed()
        if (call.operation === 'getBridgeCommand' && waits(call) && failing.has(id))
          await stage.sleep(30, call.exchange.signal)
        return reply
      }
    },
  }),
  defineMutant({
    id: 'waiting-readers/woken-with-what-was',
    mistake: 'A reader that is woken gets the command as it was when the wait began.',
    touches,
    spoil: () => async (call) => {
      const { body } = await call.ask('getBridgeCommand', { path: call.path })
      const reply = await call.proceed()
      return waits(call) && isSuccess(reply) ? withBody(reply, body) : reply
    },
  }),
  defineMutant({
    id: 'waiting-readers/woken-by-pick-up',
    mistake: 'The pick-up of a command wakes its reader.',
    touches: [...touches, 'nextBridgeCommands'],
    spoil: endsWaitsWhen((call, reader) => call.path['runnerId'] === reader.path['runnerId']),
  }),
  defineMutant({
    id: 'waiting-readers/woken-by-other-commands',
    mistake: 'The end of any command of the runner wakes its readers.',
    touches: [...touches, 'reportBridgeResult'],
    spoil: endsWaitsWhen((call, reader) => call.path['runnerId'] === reader.path['runnerId']),
  }),
  defineMutant({
    id: 'waiting-readers/disconnect-wakes-nobody',
    mistake: 'A reader whose runner is disconnected waits on.',
    touches,
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const isGone = stage.stateOf('runner', call.path['runnerId'] ?? '') === 'none'
      if (waits(call) && isGone && stage.runnerOf(call) !== undefined) await stage.sleep(30, call.exchange.signal)
      return reply
    },
  }),
  defineMutant({
    id: 'waiting-readers/eviction-wakes-nobody',
    mistake: 'A reader whose runner is evicted waits on.',
    touches,
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const runner = stage.runnerOf(call)
      const isGone = runner !== undefined && stage.stateOf('runner', runner.id) === 'none'
      const isEvicted = isGone && stage.present().some((each) => stage.rivalsOf(runner).includes(each))
      if (waits(call) && isEvicted) await stage.sleep(30, call.exchange.signal)
      return reply
    },
  }),
  defineMutant({
    id: 'waiting-readers/disconnect-wakes-with-what-was',
    mistake: 'A reader whose runner is disconnected gets the command as picked up.',
    touches,
    spoil: editReply((reply, call, stage) => {
      const isGone = stage.stateOf('runner', call.path['runnerId'] ?? '') === 'none'
      return waits(call) && isGone && isSuccess(reply)
        ? withBody(reply, { ...membersIn(reply), status: 'picked_up' })
        : reply
    }),
  }),
  defineMutant({
    id: 'waiting-readers/default-of-a-minute',
    mistake: 'A reader that names no time waits for a minute.',
    touches,
    spoil: waitsFor((asked) => asked ?? 60),
  }),
  defineMutant({
    id: 'waiting-readers/time-in-milliseconds',
    mistake: 'The time to wait is read as milliseconds.',
    touches,
    spoil: waitsFor((asked) => (asked === undefined ? 30 : Math.ceil(asked / 1000))),
  }),
  defineMutant({
    id: 'waiting-readers/time-at-most-a-minute',
    mistake: 'No reader waits longer than a minute.',
    touches,
    spoil: waitsFor((asked) => Math.min(asked ?? 30, 60)),
  }),
  defineMutant({
    id: 'waiting-readers/time-unlimited',
    mistake: 'A reader waits as long as it asks to, however long that is.',
    touches,
    spoil: hearsNothingBeyond(120),
  }),
  defineMutant({
    id: 'waiting-readers/zero-is-default',
    mistake: 'A time of 0 becomes the default.',
    touches,
    spoil: waitsFor((asked) => (asked === 0 ? 30 : (asked ?? 30))),
  }),
  defineMutant({
    id: 'waiting-readers/negative-is-default',
    mistake: 'A negative time becomes the default.',
    touches,
    spoil: waitsFor((asked) => (asked !== undefined && asked < 0 ? 30 : (asked ?? 30))),
  }),
  defineMutant({
    id: 'waiting-readers/end-of-wait-as-timeout',
    mistake: 'A reader whose time is over gets 408.',
    touches,
    spoil: editReply((reply, call) => (waits(call) && isUnfinished(reply) ? refusal(408) : reply)),
  }),
  defineMutant({
    id: 'waiting-readers/end-of-wait-as-no-content',
    mistake: 'A reader whose time is over gets 204.',
    touches,
    spoil: editReply((reply, call) => (waits(call) && isUnfinished(reply) ? answer(204) : reply)),
  }),
  defineMutant({
    id: 'waiting-readers/end-of-wait-ends-command',
    mistake: 'A reader whose time is over gets the command as timed out.',
    touches,
    spoil: editReply((reply, call) =>
      waits(call) && isUnfinished(reply) ? withBody(reply, { ...membersIn(reply), status: 'timed_out' }) : reply,
    ),
  }),
  defineMutant({
    id: 'waiting-readers/waits-for-what-has-ended',
    mistake: 'A reader of a command that has ended waits for its whole time.',
    touches,
    spoil: hearsNothing((_, state) => !isOpen(state) && state !== 'none'),
  }),
  defineMutant({
    id: 'waiting-readers/waits-for-what-is-unknown',
    mistake: 'A reader of an unknown command waits for it to come.',
    touches,
    spoil: hearsNothing((_, state) => state === 'none'),
  }),
  defineMutant({
    id: 'waiting-readers/hung-up-reader-ends-command',
    mistake: 'A reader that hangs up gives the command up: it has failed.',
    touches,
    spoil: () => async (call) => {
      const { signal } = call.exchange
      const reply = await call.proceed()
      if (waits(call) && signal?.aborted === true)
        await call.ask('reportBridgeResult', { path: call.path, body: { status: 'failed', error: 'gone' } })
      return reply
    },
  }),
]

/** Waits on when the mock has cut the wait. */
function hearsNothingBeyond(most: number): Spoil {
  return (stage) => async (call) => {
    const asked = Number(call.query.get('timeout') ?? 30)
    const reply = await call.proceed()
    if (waits(call) && asked > most && isUnfinished(reply)) await stage.sleep(asked - most, call.exchange.signal)
    return reply
  }
}
