// Every fair variant: in form, and in what no rule decides to the last digit, how requests are refused that nobody should send
// and how those are answered who wait for a runner that goes. What today's servers do by quirk is played by the mock itself:
// see quirks.ts.
import { operations } from '../../../src/kernel/all-operations.js'
import { operationIds } from '../../../src/kernel/operation.js'
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import { answer, refusal, withHeaders, isSuccess, membersIn, withBody } from '../../mutants/reply.js'
import { editReply, editRequest } from '../../mutants/spoils.js'
import { workspaceOf } from '../../mutants/stage.js'
import { nothing, runnerIdOf } from '../../mutants/polls.js'
import { formVariants } from './forms.js'
import { type Variant, defineVariant } from './variant.js'

const withBodies = operationIds.filter((id) => operations[id].requestBody !== null)

const LIMIT = 1_048_576
const sized = ['createBridgeCommand', 'reportBridgeResult', 'patchChecklist'] as const

const sizeChecks = [
  'limits/*size*',
  'limits/*large*',
  'limits/oversized*',
  'limits/queue-before-payload',
  'lifecycle/*oversized*',
]

/** Comes before all others, which read JSON. */
const unknownPath = defineVariant('unknown-path-as-page', 'A path that nobody knows is 404, with a page.', {
  row: 'unknownPath',
  checks: ['negative-input/unknown-path'],
  spoil: (dice) =>
    editReply((reply, { operation }) =>
      reply.status === 404 && operation === undefined && dice.plays()
        ? { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>404</h1>' }
        : reply,
    ),
})

/** The methods that an answer lists in Allow, in another order and without blanks. */
const backwards = ({ headers }: ApiResponse): string => (headers['allow'] ?? '').split(/, */).toReversed().join()

const NO_STRANGER = /^needs a (user of another workspace|second identity)/

/** Every variant in how requests are refused. */
const requestVariants: readonly Variant[] = [
  defineVariant('wrong-method-with-allow', 'A wrong method is 405, with the right ones in Allow.', {
    row: 'wrongMethod',
    checks: ['negative-input/wrong-method'],
    spoil: (dice) =>
      editReply((reply) =>
        reply.status === 405 && dice.plays() ? withHeaders(answer(405), { allow: backwards(reply) }) : reply,
      ),
  }),
  defineVariant('paths-decoded-by-proxy', 'A proxy merges and decodes paths, and the API knows none that comes out.', {
    row: 'ambiguousPath',
    checks: ['wire/ambiguous-path'],
    spoil: (dice) =>
      editReply((reply, { pathname }) =>
        reply.status === 400 && /\/\/|%2f/i.test(pathname) && dice.plays() ? refusal(404) : reply,
      ),
  }),
  defineVariant('refused-json-sent', 'A caller who refuses JSON gets it all the same.', {
    row: 'refusedJson',
    checks: ['wire/refused-json', 'negative-input/*.accept.no-json'],
    spoil: (dice) =>
      editRequest((call) =>
        /json;\s*q=0/.test(call.header('accept')) && dice.plays() ? { headers: { accept: '*/*' } } : undefined,
      ),
  }),
  defineVariant('bad-encodings', 'A content encoding that is none, or does not fit the body, is 400 or 415.', {
    row: 'badEncoding',
    touches: withBodies,
    checks: ['negative-input/createJob.body.*', 'wire/gzip'],
    spoil: (dice) =>
      editReply((reply, call) => {
        const isOpen = (reply.status === 400 || reply.status === 415) && call.header('content-encoding') !== ''
        return isOpen && dice.plays() ? refusal(dice.pick([400, 415])) : reply
      }),
  }),
  defineVariant(
    'large-body-refused-by-proxy',
    'A body over the limit is refused with 413, before anybody looks at it.',
    {
      row: 'oversizedBody',
      touches: sized,
      checks: sizeChecks,
      spoil: (dice) => () => (call) => {
        const { args, result, error, ...checklist } = call.members
        const part = JSON.stringify(args ?? result ?? error ?? checklist)
        return part.length > LIMIT && dice.plays() ? refusal(413) : call.proceed()
      },
    },
  ),
  defineVariant('little-room', 'Runners hold next to nothing, as is declared.', {
    touches: [],
    declared: {
      ...{ max_pending_jobs_per_runner: 4, max_agents_per_runner: 2, max_log_entries_per_batch: 4 },
      ...{ bridge_max_pending_per_runner: 4 },
    },
    checks: ['agents/*', 'job-logs/*', 'ordering/*', 'paging/*', 'concurrency/*', 'model/*'],
    mayNotRun: /^needs room for/,
    joins: false,
  }),
  defineVariant('foreign-project-unknown', "A list of another workspace's project is 404.", {
    row: 'foreignProject',
    touches: ['createProject', 'listRunners'],
    checks: ['isolation/*', 'runner/*', 'projects/*', 'model/callers'],
    spoil: (dice) => () => {
      const homes = new Map<string, string>()
      return async (call) => {
        const home = workspaceOf(call.caller)
        if (call.operation === 'listRunners') {
          const known = homes.get((call.query.get('project_id') ?? '').toLowerCase())
          const isForeign = known !== undefined && known !== home
          return isForeign && dice.plays() ? refusal(404) : call.proceed()
        }
        const reply = await call.proceed()
        if (reply.status === 201) homes.set(reply.headers['location']?.split('/').at(-1) ?? '', home)
        return reply
      }
    },
  }),
  ...([403, 404] as const).map((status) =>
    defineVariant(
      `other-workspaces-${status}`,
      `Whoever names another workspace than the default one is answered ${status}.`,
      {
        row: 'foreignWorkspace',
        checks: ['isolation/*', 'projects/*'],
        mayNotRun: NO_STRANGER,
        joins: false,
        spoil: (dice) => () => (call) =>
          workspaceOf(call.caller) !== 'default' && dice.plays() ? refusal(status) : call.proceed(),
      },
    ),
  ),
  defineVariant('pairing-limited', 'A caller who pairs often is sometimes told to come back later (429).', {
    touches: ['createPairingSession'],
    checks: ['pairing/*', 'heartbeat/*', 'slots/*', 'isolation/*', 'lifecycle/pairing*', 'model/runners'],
    mayNotRun: /429/,
    joins: false,
    spoil: (dice) => () => (call) => (dice.number() < 0.2 && dice.plays() ? refusal(429) : call.proceed()),
  }),
  defineVariant('creation-slow', 'The first job is not there before a poll has ended with nothing.', {
    touches: ['createJob', 'nextJob'],
    declared: { next_job_poll_timeout_seconds: 1 },
    checks: ['concurrency/creating-while-polling'],
    joins: false,
    spoil: (dice) => () => {
      let release: () => void = () => undefined
      const hasEnded = new Promise<void>((resolve) => (release = resolve))
      return async (call) => {
        const isFirst = call.operation === 'createJob' && dice.count === 0
        if (isFirst) {
          dice.always()
          await hasEnded
        }
        const reply = await call.proceed()
        if (call.operation === 'nextJob' && reply.body === 'null') release()
        return reply
      }
    },
  }),
]

/** Every variant in what becomes of those who wait for a runner that goes. */
const runnerVariants: readonly Variant[] = [
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

/** Every fair variant. */
export const variants: readonly Variant[] = [unknownPath, ...formVariants, ...runnerVariants, ...requestVariants]
