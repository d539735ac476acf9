// Mistakes in judging the fields of a body: what is let through, and what is made of it.
import { defineMutant, type Mutant } from '../mutant.js'
import { isObject, itemsOf, membersOf, refusal, textIn, without } from '../reply.js'
import { editReply } from '../spoils.js'
import { mends, mendsBody } from './negative-input.js'

const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === ''

export const negativeFieldMutants: readonly Mutant[] = [
  defineMutant({
    id: 'negative-input/blank-texts-taken',
    mistake: 'Blank texts are taken where they must say something.',
    touches: ['createJob', 'activatePairingSession'],
    spoil: mendsBody((body) =>
      Object.fromEntries(Object.entries(body).map(([name, value]) => [name, isBlank(value) ? 'echo' : value])),
    ),
  }),
  defineMutant({
    id: 'negative-input/empty-refused-blank-taken',
    mistake: 'Empty texts are refused, and texts of nothing but space are not.',
    touches: ['createJob'],
    spoil: mendsBody((body) =>
      Object.fromEntries(
        Object.entries(body).map(([name, value]) => [name, isBlank(value) && value !== '' ? 'echo' : value]),
      ),
    ),
  }),
  defineMutant({
    id: 'negative-input/long-names-cut',
    mistake: 'A runner name that is too long is cut.',
    touches: ['activatePairingSession'],
    spoil: mendsBody((body) => ({ ...body, runner_name: textIn(body, 'runner_name').slice(0, 128) || 'x' })),
  }),
  defineMutant({
    id: 'negative-input/life-clamped',
    mistake: 'A time to live out of range is clamped.',
    touches: ['createPairingSession'],
    spoil: mendsBody((body) => ({
      ...body,
      ttl_seconds: Math.min(Math.max(Number(body['ttl_seconds'] ?? 300), 60), 600),
    })),
  }),
  defineMutant({
    id: 'negative-input/life-of-59-taken',
    mistake: 'The range of the time to live begins one below its smallest.',
    touches: ['createPairingSession'],
    spoil: mendsBody((body) => (body['ttl_seconds'] === 59 ? { ...body, ttl_seconds: 60 } : body)),
  }),
  defineMutant({
    id: 'negative-input/life-of-601-taken',
    mistake: 'The range of the time to live ends one above its largest.',
    touches: ['createPairingSession'],
    spoil: mendsBody((body) => (body['ttl_seconds'] === 601 ? { ...body, ttl_seconds: 600 } : body)),
  }),
  defineMutant({
    id: 'negative-input/unknown-type-as-default',
    mistake: 'A session of an unknown type is one of an endpoint runner.',
    touches: ['createPairingSession'],
    spoil: mendsBody((body) => (typeof body['type'] === 'string' ? { ...body, type: 'endpoint' } : body)),
  }),
  defineMutant({
    id: 'negative-input/type-in-any-case',
    mistake: 'The type of a command may be written in any letter case.',
    touches: ['createBridgeCommand'],
    spoil: mendsBody((body) => ({
      ...body,
      type: /^readfile$/i.test(textIn(body, 'type')) ? 'ReadFile' : body['type'],
    })),
  }),
  defineMutant({
    id: 'negative-input/bridge-status-in-any-case',
    mistake: 'The status of a command may be written in any letter case.',
    touches: ['reportBridgeResult'],
    spoil: mendsBody((body) => ({
      ...body,
      status: typeof body['status'] === 'string' ? body['status'].toLowerCase() : body['status'],
    })),
  }),
  defineMutant({
    id: 'negative-input/session-type-in-any-case',
    mistake: 'The type of a session may be written in any letter case.',
    touches: ['createPairingSession'],
    spoil: mendsBody((body) => ({
      ...body,
      type: typeof body['type'] === 'string' ? body['type'].toLowerCase() : body['type'],
    })),
  }),
  defineMutant({
    id: 'negative-input/job-status-in-any-case-fails',
    mistake: 'The status of a job in other letter case makes the server fail (500).',
    severity: 'should',
    touches: ['reportJobResult'],
    answers5xx: true,
    spoil: editReply((reply, { members }) =>
      /^(Completed|FAILED)$/.test(String(members['status'])) ? refusal(500) : reply,
    ),
  }),
  defineMutant({
    id: 'negative-input/unknown-status-as-running',
    mistake: 'A report of an unknown status counts as running.',
    touches: ['reportJobResult'],
    spoil: mendsBody((body) => (/unknown/.test(textIn(body, 'status')) ? { ...body, status: 'running' } : body)),
  }),
  defineMutant({
    id: 'negative-input/malformed-trace-id-dropped',
    mistake: 'A trace id that is no UUID is dropped.',
    touches: ['reportJobResult'],
    spoil: mendsBody((body) => without(body, 'trace_id')),
  }),
  defineMutant({
    id: 'negative-input/malformed-masks-dropped',
    mistake: 'Prompt masks that are no UUIDs are dropped.',
    touches: ['createJob'],
    spoil: mendsBody((body) => without(body, 'prompt_masks')),
  }),
  defineMutant({
    id: 'negative-input/optional-fields-forgiven',
    mistake: 'A mask_id or metadata of the wrong form are dropped.',
    touches: ['createJob'],
    spoil: mendsBody((body) => without(body, 'mask_id', 'metadata')),
  }),
  defineMutant({
    id: 'negative-input/agents-without-params-checked',
    mistake: 'Params of agents are not judged.',
    touches: ['registerAgents'],
    spoil: mendsBody((agents) =>
      Object.fromEntries(
        Object.entries(agents).map(([name, agent]) => [name, isObject(agent) ? without(agent, 'params') : agent]),
      ),
    ),
  }),
  defineMutant({
    id: 'negative-input/timeout-of-agent-wrapped',
    mistake: 'A timeout of an agent that fits no 32 bits wraps around.',
    touches: ['registerAgents'],
    spoil: mendsBody((agents) =>
      Object.fromEntries(
        Object.entries(agents).map(([name, agent]) => {
          const timeout = membersOf(agent)['timeout']
          return [name, typeof timeout === 'number' ? { ...membersOf(agent), timeout: timeout | 0 } : agent]
        }),
      ),
    ),
  }),
  defineMutant({
    id: 'negative-input/blank-log-entries-skipped',
    mistake: 'Blank log entries are skipped, and the others appended.',
    touches: ['appendJobLogs'],
    spoil: mends(({ body }) =>
      Array.isArray(body) ? { body: itemsOf(body).filter((entry) => !isBlank(membersOf(entry)['text'])) } : undefined,
    ),
  }),
  defineMutant({
    id: 'negative-input/log-batch-half-appended',
    mistake: 'A batch with a blank entry is refused when the entries before it are appended.',
    touches: ['appendJobLogs'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const entries = itemsOf(call.body)
      const at = entries.findIndex((entry) => isBlank(membersOf(entry)['text']))
      if (reply.status === 422 && at > 0)
        await call.ask('appendJobLogs', { path: call.path, body: entries.slice(0, at) })
      return reply
    },
  }),
  defineMutant({
    id: 'negative-input/max-commands-as-text-taken',
    mistake: 'A number of commands that is none counts as the default.',
    touches: ['nextBridgeCommands'],
    spoil: mendsBody((body) => without(body, 'max_commands')),
  }),
  defineMutant({
    id: 'negative-input/unfit-numbers-clamped',
    mistake: 'Numbers that fit no 32 bits are clamped.',
    touches: ['createBridgeCommand', 'nextBridgeCommands'],
    spoil: mendsBody((body) =>
      Object.fromEntries(
        Object.entries(body).map(([name, value]) => [
          name,
          typeof value === 'number' ? Math.max(Math.min(value, 100), -100) : value,
        ]),
      ),
    ),
  }),
  defineMutant({
    id: 'negative-input/required-fields-made-up',
    mistake: 'Log entries without a stream are of stdout.',
    touches: ['appendJobLogs'],
    spoil: mends(({ body }) =>
      Array.isArray(body)
        ? { body: itemsOf(body).map((entry) => ({ stream: 'stdout', ...membersOf(entry) })) }
        : undefined,
    ),
  }),
]
