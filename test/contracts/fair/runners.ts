// Variants in runners: how those who wait for one are answered when it goes.
import { nothing, runnerIdOf } from '../../mutants/polls.js'
import { isSuccess, membersIn, refusal, withBody } from '../../mutants/reply.js'
import { defineVariant, type Variant } from './variant.js'

/** Every variant in what becomes of those who wait for a runner that goes. */
export const runnerVariants: readonly Variant[] = [
  defineVariant('polls-of-gone-runners', 'A poll whose runner goes meanwhile ends with 404, or with nothing to do.', {
    row: 'pollOfGoneRunner',
    touches: ['nextJob', 'nextBridgeCommands'],
    checks: ['long-poll/*', 'concurrency/disconnect-or-next', 'model/everything'],
    spoil: (dice) => (stage) => async (call) => {
      const isThere = (): boolean => stage.stateOf('runner', runnerIdOf(call)) !== 'none'
      const wasThere = isThere()
      const reply = await call.proceed()
      if (!wasThere || isThere() || !dice.plays()) return reply
      return dice.pick([404, 200]) === 404 ? refusal(404) : nothing(call)
    },
  }),
  defineVariant(
    'readers-of-gone-runners',
    'A reader who waits for a command whose runner goes gets it as timed out, or 404.',
    {
      row: 'readerOfGoneRunner',
      touches: ['getBridgeCommand'],
      checks: ['waiting-readers/*', 'model/commands', 'model/everything'],
      spoil: (dice) => (stage) => async (call) => {
        const isThere = (): boolean => stage.stateOf('runner', runnerIdOf(call)) !== 'none'
        const wasThere = isThere()
        const before = await call.proceed({ query: { wait: undefined } })
        const reply = await call.proceed()
        if (!wasThere || isThere() || !isSuccess(before) || !dice.plays()) return reply
        const completed_at = new Date(stage.now()).toISOString()
        const command = { ...membersIn(before), status: 'timed_out', completed_at }
        return dice.pick([404, 200]) === 404 ? refusal(404) : withBody(before, command)
      },
    },
  ),
]
