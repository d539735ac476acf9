// Variants in form: the same answers in other words, shapes, orders and notations.
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import { toBase64 } from '../../../src/kernel/pairing.js'
import {
  answer,
  hasOddNumbers,
  isObject,
  isStream,
  itemsOf,
  jsonIn,
  withBody,
  withHeaders,
  type Members,
} from '../../mutants/reply.js'
import { editReply, editResource, jobOperations, renamesJobs } from '../../mutants/spoils.js'
import type { Call } from '../../mutants/call.js'
import { type Dice, defineVariant, type FairSpoil, type Variant } from './variant.js'

const hasJson = (reply: ApiResponse): boolean => reply.body !== '' && !isStream(reply)

/** Rewrites bodies, now and then or always; the value `null` of a poll has no other form. */
function rewrites(rewrite: (body: Members, dice: Dice) => unknown, when: 'plays' | 'always' = 'plays'): FairSpoil {
  return (dice) =>
    editReply((reply) => {
      const body = jsonIn(reply)
      return isObject(body) && dice[when]() ? withBody(reply, rewrite(body, dice)) : reply
    })
}

/** Errors in a shape of one's own choice; their words are nobody's business. */
function errorsAs(...shapes: readonly [(status: number) => object, ...((status: number) => object)[]]): FairSpoil {
  return (dice) =>
    editReply((reply) =>
      reply.status >= 400 && dice.plays()
        ? { ...reply, ...answer(reply.status, dice.pick(shapes)(reply.status)), headers: reply.headers }
        : reply,
    )
}

/** Sets headers of answers, now and then, where `isDue`. */
function rewritesHeaders(
  headersOf: (reply: ApiResponse, dice: Dice) => Readonly<Record<string, string>>,
  isDue: (reply: ApiResponse, call: Call) => boolean = () => true,
): FairSpoil {
  return (dice) =>
    editReply((reply, call) =>
      isDue(reply, call) && dice.plays() ? withHeaders(reply, headersOf(reply, dice)) : reply,
    )
}

const rewritesLocation = (edit: (location: string) => string): FairSpoil =>
  rewritesHeaders(
    ({ headers }) => ({ location: edit(headers['location'] ?? '') }),
    ({ headers }) => headers['location'] !== undefined,
  )

/** Fields whose content belongs to whoever stored it: values of any kind, and maps, whose members have no names. */
const STORED = new Set('inputs result args checklist error input output metadata prompt_masks usage'.split(' '))

/** Rewrites every object that is the server's own, the innermost first. */
function everyObject(value: unknown, rewrite: (members: Members) => object): unknown {
  if (Array.isArray(value)) return value.map((each) => everyObject(each, rewrite))
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [
    name,
    STORED.has(name) ? member : everyObject(member, rewrite),
  ])
  return rewrite(Object.fromEntries(members))
}

const TIME = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z"/g

/** Digits below the millisecond that always belong to the same time. */
function below(time: string): string {
  let digits = 7
  for (const character of time) digits = (31 * digits + character.charCodeAt(0)) % 1_000_000
  return String(digits).padStart(6, '0')
}

/** Version 7 ids whose time lies a little before that of the creation. */
function earlier(id: string): string {
  const time = Number.parseInt(id.replace('-', '').slice(0, 12), 16) - 2500
  const digits = time.toString(16).padStart(12, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8)}${id.slice(13)}`
}

function trimmed(_: string, whole: string, decimals: string | undefined): string {
  return decimals === undefined ? `${whole}Z"` : `${whole}.${decimals}Z"`
}

/** Every variant in form. */
export const formVariants: readonly Variant[] = [
  defineVariant('errors-as-list', 'Every error is a list of texts.', {
    spoil: errorsAs(() => ({ errors: ['Nein.', 'Das geht nicht.'] })),
  }),
  defineVariant('errors-as-message', 'Every error is a code with a message, and sometimes details.', {
    spoil: errorsAs(
      (code) => ({ code, message: 'HTTP' }),
      (code) => ({ code, message: '', details: 'at line 1, column 1' }),
      (code) => ({ message: 'No such thing.', code, path: '/', timestamp: '2026-07-01T00:00:00Z' }),
    ),
  }),
  defineVariant(
    'errors-in-other-words',
    'Words that a server chooses itself are others: those of a job that timed out.',
    {
      touches: jobOperations,
      checks: ['time/job-times-out', 'time/lapsed-runners-job-times-out', 'time/late-result-of-timed-out'],
      spoil: (dice) =>
        editResource((job) =>
          typeof job['error'] === 'string' && /timed out/i.test(job['error']) && dice.plays(String(job['id']))
            ? { ...job, error: 'deadline exceeded' }
            : job,
        ),
    },
  ),
  defineVariant('more-fields', 'Answers have fields that the spec does not know.', {
    spoil: rewrites((body, dice) =>
      everyObject(body, (members) => ({
        kit_version: dice.pick([3, 4]),
        ...members,
        _links: { self: ['/'] },
        kit_seen_at: `${dice.number()}`,
      })),
    ),
  }),
  defineVariant('keys-in-other-order', 'The fields of objects come in another order.', {
    spoil: rewrites((body) => everyObject(body, (members) => Object.fromEntries(Object.entries(members).toReversed()))),
  }),
  defineVariant('json-in-other-notation', 'JSON comes with spaces, line ends and escapes.', {
    spoil: (dice) =>
      editReply((reply) => {
        if (!hasJson(reply) || hasOddNumbers(reply) || !dice.plays()) return reply
        const body = JSON.stringify(jsonIn(reply), undefined, dice.pick([0, 1, 2]))
        const escaped = body.replaceAll(
          /[^\n -~]/g,
          (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
        )
        return { ...reply, body: `${escaped.replaceAll('/', '\\/')}\n` }
      }),
  }),
  defineVariant('nanoseconds', 'Times have nine digits after the second, or as many as they need.', {
    checks: ['wire/times', 'job/*', 'bridge/*', 'ordering/*', 'time/*stamps', 'time/*utc', 'model/jobs'],
    spoil: (dice) =>
      editReply((reply) => {
        if (!hasJson(reply)) return reply
        dice.always()
        const body = reply.body.replaceAll(TIME, (whole, second: string, digits: string | undefined) =>
          digits?.length === 3 ? `"${second}.${digits}${below(whole)}Z"` : whole,
        )
        return { ...reply, body }
      }),
  }),
  defineVariant(
    'whole-seconds-without-decimals',
    'A time without decimals is written without them, and one with few with few.',
    {
      spoil: (dice) =>
        editReply((reply) =>
          hasJson(reply) && dice.plays()
            ? { ...reply, body: reply.body.replaceAll(/(T[\d:]+)\.(?:0+|(\d*[1-9])0*)Z"/g, trimmed) }
            : reply,
        ),
    },
  ),
  defineVariant('ids-made-ahead', 'Ids are made a little before what they name.', {
    touches: [...jobOperations, 'heartbeat'],
    checks: [
      'heartbeat/announces-*',
      'wire/ids*',
      'job/*',
      'ordering/*',
      'paging/*',
      'time/job-times-are-utc',
      'long-poll/job*',
    ],
    spoil: (dice) =>
      renamesJobs((id) => {
        dice.always()
        return earlier(id)
      }),
  }),
  defineVariant('size-of-the-page', 'The size of a page is the number of its entries.', {
    touches: ['listRunners', 'listJobs', 'findProjects', 'getTracesByProject', 'getSpansByProject'],
    checks: ['paging/*', 'schema/*', 'runner/*', 'projects/*', 'ingestion/*', 'ordering/*'],
    spoil: rewrites(
      (body) => ('content' in body ? { ...body, size: itemsOf(body['content']).length } : body),
      'always',
    ),
  }),
  defineVariant(
    'sets-in-other-order',
    'Agents, capabilities and cancellations, which are sets, come in another order.',
    {
      touches: ['getRunner', 'listRunners', 'heartbeat'],
      checks: ['agents/*', 'heartbeat/*', 'runner/*', 'limits/agents', 'model/runners', 'time/lapsed-*'],
      spoil: rewrites(
        (body) =>
          everyObject(body, (members) => {
            const sets = ['agents', 'capabilities', 'cancelled_job_ids'].filter((name) => Array.isArray(members[name]))
            return {
              ...members,
              ...Object.fromEntries(sets.map((name) => [name, itemsOf(members[name]).toReversed()])),
            }
          }),
        'always',
      ),
    },
  ),
  defineVariant('cancelled-without-remains', 'A cancelled job shows no result and no error.', {
    touches: ['getJob', 'listJobs'],
    checks: ['model/*'],
    joins: false,
    spoil: rewrites(
      (body) =>
        everyObject(body, (members) => {
          const { result: _result, error: _error, ...rest } = members
          return members['status'] === 'cancelled' ? rest : members
        }),
      'always',
    ),
  }),
  defineVariant('more-headers', 'Answers have headers that nobody asked for.', {
    spoil: rewritesHeaders(() => ({
      ...{ server: 'nginx', 'x-request-id': toBase64(new Uint8Array(9)), 'set-cookie': 'session=1; Path=/' },
      ...{ 'cache-control': 'no-store', vary: 'Accept-Encoding, Origin' },
    })),
  }),
  defineVariant('location-elsewhere', 'Location names another host, scheme and base path.', {
    spoil: rewritesLocation((place) => place.replace(/^.*?\/v1\//, 'https://opik.example:8443/opik/api/v1/')),
  }),
  defineVariant('location-behind-proxy', 'Location has neither the port nor the base path under which clients call.', {
    checks: ['wire/location.*', 'schema/*', 'job/*', 'runner/*', 'ordering/*'],
    spoil: rewritesLocation((place) => place.replace(/^(https?:\/\/[^/:]*).*?\/v1\//, '$1/v1/')),
  }),
  defineVariant('location-relative', 'Location is a path: checks of Location fail, and no others do.', {
    row: 'preparedLocation',
    checks: ['wire/location.*', 'job/*', 'runner/*', 'slots/*', 'ordering/*', 'paging/*'],
    judged: /^wire\/location\./,
    joins: false,
    spoil: rewritesLocation((place) => new URL(place).pathname),
  }),
  defineVariant('charset', 'The content type names its charset, in one way or the other.', {
    spoil: rewritesHeaders(
      (_, dice) => ({
        'content-type': dice.pick(['application/json; charset=utf-8', 'application/json;charset=UTF-8']),
      }),
      hasJson,
    ),
  }),
  defineVariant('media-in-capitals', 'The content type is spelt with capital letters.', {
    checks: ['system/*', 'wire/*', 'schema/*'],
    spoil: rewritesHeaders(() => ({ 'content-type': 'Application/JSON' }), hasJson),
  }),
  defineVariant('type-of-nothing', 'Answers without a body name a content type.', {
    spoil: rewritesHeaders(
      () => ({ 'content-type': 'application/json' }),
      (reply) => reply.body === '' && !isStream(reply),
    ),
  }),
  defineVariant('open-to-all-pages', 'Web pages of any origin may read everything.', {
    checks: ['wire/*'],
    spoil: rewritesHeaders(
      () => ({ 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' }),
      (_, call) => call.header('origin') !== '',
    ),
  }),
  defineVariant('connection-closed', 'The connection ends after each answer.', {
    checks: ['system/*', 'wire/charset', 'job/*', 'long-poll/job*', 'concurrency/many-pollers'],
    spoil: rewritesHeaders(() => ({ connection: 'close' })),
  }),
]
