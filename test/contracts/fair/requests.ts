// Variants in what no rule decides to the last digit: how requests are refused that nobody should send.
import { operations } from '../../../src/kernel/all-operations.js'
import { operationIds } from '../../../src/kernel/operation.js'
import type { Reply } from '../../../src/mocks/base/exchange.js'
import type { Call } from '../../mutants/call.js'
import { answer, isObject, refusal, textIn, withHeaders } from '../../mutants/reply.js'
import { editReply, editRequest } from '../../mutants/spoils.js'
import { workspaceOf } from '../../mutants/stage.js'
import { merged } from './merge.js'
import { defineVariant, type Variant } from './variant.js'

const withBodies = operationIds.filter((id) => operations[id].requestBody !== null)

/** The part of a request whose size is limited, as it would be stored. */
async function limitedPart(call: Call): Promise<unknown> {
  const { operation, body, members } = call
  if (operation === 'createBridgeCommand') return members['args']
  if (operation === 'reportBridgeResult') return members['result'] ?? members['error']
  const { status, body: runner } = await call.ask('getRunner', { path: call.path })
  const before = status === 200 && isObject(runner) ? runner['checklist'] : undefined
  return merged(before ?? {}, body)
}

const LIMIT = 1_048_576
const sized = ['createBridgeCommand', 'reportBridgeResult', 'patchChecklist'] as const

const sizeChecks = [
  'limits/*size*',
  'limits/*large*',
  'limits/oversized*',
  'limits/queue-before-payload',
  'lifecycle/*oversized*',
]

const sizeVariants = [
  defineVariant({
    id: 'large-body-refused-by-proxy',
    row: 'oversizedBody',
    what: 'A body over the limit is refused with 413, before anybody looks at it.',
    touches: sized,
    checks: sizeChecks,
    spoil: (dice) => () => (call) => {
      const { args, result, error, ...checklist } = call.members
      const part = JSON.stringify(args ?? result ?? error ?? checklist)
      return part.length > LIMIT && dice.plays() ? refusal(413) : call.proceed()
    },
  }),
  defineVariant({
    id: 'sizes-in-characters',
    what: 'Sizes are counted in characters.',
    touches: sized,
    checks: sizeChecks,
    hidden: { bridge_max_payload_bytes: 4 * LIMIT },
    spoil: (dice) => () => async (call) => {
      if (call.text.length < LIMIT / 2) return call.proceed()
      const text = JSON.stringify(await limitedPart(call))
      const bytes = new TextEncoder().encode(text).length
      const isRefused = bytes > LIMIT && !(text.length <= LIMIT && dice.plays())
      return isRefused ? call.proceed({ body: padded(call) }) : call.proceed()
    },
  }),
]

/** The same request, too large for the mock as well. */
function padded({ operation, body, members }: Call): unknown {
  const padding = 'x'.repeat(5 * LIMIT)
  if (operation === 'createBridgeCommand') return { ...members, args: padding }
  if (operation === 'reportBridgeResult')
    return { ...members, ...('result' in members ? { result: padding } : { error: padding }) }
  return isObject(body) ? { ...body, padding } : body
}

/** Comes before all others, which read JSON. */
export const unknownPath = defineVariant({
  id: 'unknown-path-as-page',
  row: 'unknownPath',
  what: 'A path that nobody knows is 404, with a page.',
  checks: ['negative-input/unknown-path'],
  spoil: (dice) =>
    editReply((reply, { operation }) =>
      reply.status === 404 && operation === undefined && dice.plays()
        ? { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>404</h1>' }
        : reply,
    ),
})

/** The methods that an answer lists in Allow, in another order and without blanks. */
const backwards = ({ headers }: Reply): string => (headers['allow'] ?? '').split(/, */).toReversed().join()

const refusalVariants = [
  defineVariant({
    id: 'wrong-method-with-allow',
    row: 'wrongMethod',
    what: 'A wrong method is 405, with the right ones in Allow.',
    checks: ['negative-input/wrong-method'],
    spoil: (dice) =>
      editReply((reply) =>
        reply.status === 405 && dice.plays() ? withHeaders(answer(405), { allow: backwards(reply) }) : reply,
      ),
  }),
  defineVariant({
    id: 'paths-decoded-by-proxy',
    row: 'ambiguousPath',
    what: 'A proxy merges and decodes paths, and the API knows none that comes out.',
    checks: ['wire/ambiguous-path'],
    spoil: (dice) =>
      editReply((reply, { pathname }) =>
        reply.status === 400 && /\/\/|%2f/i.test(pathname) && dice.plays() ? refusal(404) : reply,
      ),
  }),
  defineVariant({
    id: 'refused-json-sent',
    row: 'refusedJson',
    what: 'A caller who refuses JSON gets it all the same.',
    checks: ['wire/refused-json', 'negative-input/*.accept.no-json'],
    spoil: (dice) =>
      editRequest((call) =>
        /json;\s*q=0/.test(call.header('accept')) && dice.plays() ? { headers: { accept: '*/*' } } : undefined,
      ),
  }),
  defineVariant({
    id: 'bad-encodings',
    row: 'badEncoding',
    what: 'A content encoding that is none, or does not fit the body, is 400 or 415.',
    touches: withBodies,
    checks: ['negative-input/createJob.body.*', 'wire/gzip'],
    spoil: (dice) =>
      editReply((reply, call) => {
        const isOpen = (reply.status === 400 || reply.status === 415) && call.header('content-encoding') !== ''
        return isOpen && dice.plays() ? refusal(dice.pick([400, 415])) : reply
      }),
  }),
  defineVariant({
    id: 'statuses-in-any-case',
    what: 'Job statuses and the status filter are read in any letter case.',
    touches: ['reportJobResult', 'listRunners'],
    checks: ['negative-input/reportJobResult*', 'negative-input/listRunners*', 'job-reports/*', 'runner/*'],
    spoil: (dice) =>
      editRequest((call) => {
        const given = call.operation === 'listRunners' ? (call.query.get('status') ?? '') : textIn(call.body, 'status')
        const status = given.toLowerCase()
        if (status === given || !dice.plays()) return undefined
        return call.operation === 'listRunners' ? { query: { status } } : { body: { ...call.members, status } }
      }),
  }),
]

const NO_STRANGER = /^needs a (user of another workspace|second identity)/

const strangerVariants = [
  defineVariant({
    id: 'foreign-project-unknown',
    row: 'foreignProject',
    what: "A list of another workspace's project is 404.",
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
    defineVariant({
      id: `other-workspaces-${status}`,
      row: 'foreignWorkspace',
      what: `Whoever names another workspace than the default one is answered ${status}.`,
      checks: ['isolation/*', 'projects/*'],
      mayNotRun: NO_STRANGER,
      joins: false,
      spoil: (dice) => () => (call) =>
        workspaceOf(call.caller) !== 'default' && dice.plays() ? refusal(status) : call.proceed(),
    }),
  ),
  defineVariant({
    id: 'pairing-limited',
    what: 'A caller who pairs often is sometimes told to come back later (429).',
    touches: ['createPairingSession'],
    checks: ['pairing/*', 'heartbeat/*', 'slots/*', 'isolation/*', 'lifecycle/pairing*', 'model/runners'],
    mayNotRun: /429/,
    joins: false,
    spoil: (dice) => () => (call) => (dice.number() < 0.2 && dice.plays() ? refusal(429) : call.proceed()),
  }),
]

const roomVariants = [
  defineVariant({
    id: 'little-room',
    what: 'Runners hold next to nothing, as is declared.',
    touches: [],
    declared: {
      ...{ max_pending_jobs_per_runner: 4, max_agents_per_runner: 2, max_log_entries_per_batch: 4 },
      ...{ bridge_max_pending_per_runner: 4 },
    },
    checks: ['agents/*', 'job-logs/*', 'ordering/*', 'paging/*', 'concurrency/*'],
    mayNotRun: /^needs room for/,
    joins: false,
  }),
]

/** Every variant in how requests are refused. */
export const requestVariants: readonly Variant[] = [
  ...refusalVariants,
  ...sizeVariants,
  ...roomVariants,
  ...strangerVariants,
]
