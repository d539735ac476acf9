// What holds for all checks together, and what they are made of: the matrix of the lifecycle, broken bodies, vectors.
import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { machineOf } from '../../../src/lifecycle/roles.js'
import { checksOn } from '../../../src/contracts/suites/core/checks-on.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { machineNames, type Rule } from '../../../src/lifecycle/table.js'
import { isOperationId, operationIds, type OperationId } from '../../../src/kernel/operation.js'
import { listCells } from '../../../src/contracts/suites/core/lifecycle-checks.js'
import { listFlaws, type BodyFlaw } from '../../../src/contracts/check/negative-values.js'
import type { FieldSchema } from '../../../src/generated/request-schemas.js'
import { makeProof } from '../../../src/contracts/suites/core/pairing-checks.js'
import vectors from '../../../src/contracts/suites/core/pairing-vectors.json' with { type: 'json' }
import {
  decodePairingFragment,
  deriveBridgeKey,
  encodePairingFragment,
  fromBase64,
  signActivation,
  signBridge,
  toBase64,
  verifyActivation,
  verifyBridge,
} from '../../../src/kernel/pairing.js'
import { judgeAnswer } from '../../../src/contracts/target/answer.js'
import { createRunnerMock } from '../../../src/index.js'
import { answerFacts, brokenFacts } from '../../../src/contracts/suites/neighbours/tracing-checks.js'
import { neighbourOperations } from '../../../src/kernel/all-operations.js'
import { readTopic, topics, type NeighbourExchange } from '../../replay/neighbours/exchange.js'
import { openMockApp } from '../framework/mock-target.js'

describe('checksOn', () => {
  const run = async (): Promise<void> => undefined

  it('gives each check its place, its severity and its needs', () => {
    const waits = { waiting: 2 }
    const [first, second, third] = checksOn('createJob runner connected', (it, at) => {
      it('a/one: One.', run)
      it('a/two [disconnected -> connected should]: Two.', run)
      at('bridgeCommand timer.command_timeout picked_up -> timed_out race', waits)
      it('a/three: Three: a colon.', run)
    })
    const ofRunner = { operation: 'createJob', machine: 'runner', on: 'createJob' }
    expect(first).toMatchObject({ id: 'a/one', title: 'One.', severity: 'must', race: false, needs: {} })
    expect(first?.rule).toEqual({ ...ofRunner, from: 'connected' })
    expect(second).toMatchObject({ severity: 'should', rule: { ...ofRunner, from: 'disconnected', to: 'connected' } })
    expect(third).toMatchObject({ title: 'Three: a colon.', race: true, needs: waits })
    expect(third?.rule).toMatchObject({ machine: 'bridgeCommand', on: 'timer.command_timeout', to: 'timed_out' })
  })

  it('plays a story, and sends requests, that stand below the name', async () => {
    const checks = checksOn('createJob runner', (it) => {
      it`a/story: One.
        pair, createJob ${{ inputs: 1 }}, getJob 1, pass ${({ limits }) => limits.heartbeat_ttl_seconds / 5}, heartbeat`
      it`a/requests: Two.
        createJob agent_name="contract-unknown": 400
        listRunners project_id=: 400
        getJob jobId=?: 404`
      it`a/refused: Three.
        createJob: 400`
    })
    const { results } = await verify(openMockApp(), { checks })
    expect(results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'passed', 'failed'])
  })

  it.each(['createJob runner asleep', 'createJob shoud', 'runner connected -> gone'])('refuses %s', (place) => {
    expect(() => checksOn(place, (it) => it('a/one: One.', run))).toThrow()
  })
})

describe('the checks', () => {
  it('say their rule in one sentence, without "should"', () => {
    for (const { id, title } of checks) {
      expect([id, title]).toEqual([id, expect.stringMatching(/^[\p{Lu}a-z].*\.$/u)])
      expect([id, title]).toEqual([id, expect.not.stringMatching(/\b[Ss]hould\b/)])
    }
  })

  it('touch every operation', () => {
    const touched = new Set(checks.map(({ rule }) => rule.operation))
    expect(operationIds.filter((id) => !touched.has(id))).toEqual([])
  })

  it('claim every timer and event of the lifecycle in every state', () => {
    const unclaimed = machineNames.flatMap((machine) =>
      machineOf(machine).rules.flatMap(({ on, from, to }) =>
        from
          .filter(
            (state) =>
              !isOperationId(on) &&
              !checks.some(
                ({ rule }) =>
                  rule.machine === machine && rule.on === on && rule.from === state && (rule.to ?? to) === to,
              ),
          )
          .map((state) => `${machine}: ${on} from ${state}`),
      ),
    )
    expect(unclaimed).toEqual([])
  })
})

const cells = listCells()

describe('the cells', () => {
  it.each(machineNames)('decide every operation in every state of %s', (machine) => {
    const { states, operations, creates } = machineOf(machine)
    for (const state of Object.keys(states)) {
      for (const operation of operations) {
        if (creates.includes(operation) && state !== 'none') continue
        const own = cells.filter(
          (each) => each.machine === machine && each.state === state && each.operation === operation,
        )
        expect([state, operation, own.length > 0]).toEqual([state, operation, true])
      }
    }
  })

  it.each(machineNames)('reach every rule of an operation of %s', (machine) => {
    const reached = new Set<Rule>(cells.filter((cell) => cell.machine === machine).map(({ rule }) => rule))
    const missed = machineOf(machine).rules.filter((rule) => isOperationId(rule.on) && !reached.has(rule))
    expect(missed).toEqual([])
  })
})

const lamp: FieldSchema = {
  type: 'object',
  required: ['name', 'watts'],
  properties: {
    name: { type: 'string', maxLength: 4, pattern: '\\S' },
    watts: { type: 'integer', minimum: 1, maximum: 9 },
    colour: { type: 'string', enum: ['red', 'green'] },
    tags: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } },
    rooms: {
      type: 'object',
      propertyNames: { format: 'uuid' },
      additionalProperties: { type: 'string', format: 'uuid' },
    },
    note: {},
  },
}

const nameOf = ({ place, kind }: BodyFlaw) => `${place.join('.')}:${kind}`
const breaking = (name: string, valid: unknown) =>
  listFlaws(lamp)
    .find((flaw) => nameOf(flaw) === name)!
    .breakBody(valid)

describe('listFlaws', () => {
  it('names every way in which every field can be wrong', () => {
    const wanted = `:wrong-type name:missing name:wrong-type name:blank name:too-long
      watts:missing watts:wrong-type watts:too-small watts:too-large colour:wrong-type colour:unknown-value
      tags:wrong-type tags:empty tags:too-many tags.#:wrong-type
      rooms:wrong-type rooms:malformed-key rooms.*:wrong-type rooms.*:malformed-id`
    expect(listFlaws(lamp).map(nameOf)).toEqual(wanted.split(/\s+/))
  })

  it('says of each whether it cannot be read or is not valid', () => {
    const answers = Object.fromEntries(listFlaws(lamp).map((flaw) => [nameOf(flaw), flaw.answer]))
    expect(answers).toMatchObject({
      'name:missing': 'invalid',
      'name:wrong-type': 'unreadable',
      'colour:unknown-value': 'unreadable',
      'watts:too-large': 'invalid',
      'rooms.*:malformed-id': 'unreadable',
    })
  })

  it('breaks one field and leaves the others', () => {
    const valid = { name: 'desk', watts: 5, note: null }
    expect(breaking('name:missing', valid)).toEqual([{ watts: 5, note: null }])
    expect(breaking('watts:too-large', valid)).toEqual([{ ...valid, watts: 10 }])
    expect(breaking('tags.#:wrong-type', { ...valid, tags: ['a', 'b'] })[0]).toEqual({
      ...valid,
      tags: [{ member: 1 }, 'b'],
    })
    expect(valid).toEqual({ name: 'desk', watts: 5, note: null })
  })

  it('fills in what stands around a field that the body has not', () => {
    const [broken] = breaking('rooms.*:malformed-id', { name: 'desk', watts: 5 })
    expect(broken).toMatchObject({ name: 'desk', watts: 5, rooms: {} })
    expect(Object.keys((broken as { rooms: object }).rooms)).toHaveLength(1)
  })
})

const bytes = (base64: string) => Buffer.from(base64, 'base64')
const uuidBytes = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex')

describe('the vectors of activations', () => {
  it.each(vectors.activation)('hold for $id', async (vector) => {
    const { activation_key, session_id, runner_name, message_hex, hmac } = vector
    const name = Buffer.from(runner_name, 'utf8')
    expect(name.toString('hex')).toBe(vector.runner_name_utf8_hex)
    const message = Buffer.concat([uuidBytes(session_id), createHash('sha256').update(name).digest()])
    expect(message.toString('hex')).toBe(message_hex)
    expect(createHmac('sha256', bytes(activation_key)).update(message).digest('base64')).toBe(hmac)
    const key = fromBase64(activation_key)!
    expect(await signActivation(key, session_id, runner_name)).toBe(hmac)
    expect(await verifyActivation(key, session_id, runner_name, hmac)).toBe(true)
    expect(makeProof({ key, sessionId: session_id, runnerId: '', name: runner_name })).toBe(hmac)
  })

  it('tell names apart that look alike', () => {
    const [latin, decomposed] = ['latin', 'decomposed'].map((id) => vectors.activation.find((each) => each.id === id)!)
    expect(latin!.runner_name.normalize('NFD')).toBe(decomposed!.runner_name)
    expect(latin!.hmac).not.toBe(decomposed!.hmac)
  })
})

it.each(vectors.bridge_key)(
  'the vectors of bridge keys hold for session $session_id',
  async ({ activation_key, session_id, bridge_key }) => {
    const derived = hkdfSync('sha256', bytes(activation_key), uuidBytes(session_id), 'opik-bridge-v1', 32)
    expect(Buffer.from(derived).toString('base64')).toBe(bridge_key)
    expect(toBase64(await deriveBridgeKey(bytes(activation_key), session_id))).toBe(bridge_key)
  },
)

it.each(vectors.bridge_signature)(
  'the vectors of bridge signatures hold for $message',
  async ({ bridge_key, label, payload, message, signature }) => {
    expect(createHmac('sha256', bytes(bridge_key)).update(message).digest('base64')).toBe(signature)
    expect(await signBridge(bytes(bridge_key), label, payload)).toBe(signature)
    const sent = { ...payload, _hmac: signature }
    expect(await verifyBridge(bytes(bridge_key), label, sent, signature)).toBe(true)
    expect(await verifyBridge(bytes(bridge_key), `${label}x`, sent, signature)).toBe(false)
  },
)

it.each(vectors.link_fragment)('the vectors of link fragments hold for $runner_name', ({ fragment, ...parts }) => {
  const decoded = decodePairingFragment(`#${fragment}`)!
  expect(decoded).toEqual({
    sessionId: parts.session_id,
    activationKey: new Uint8Array(bytes(parts.activation_key)),
    projectId: parts.project_id,
    runnerName: parts.runner_name,
    type: parts.type,
  })
  expect(encodePairingFragment(decoded)).toBe(fragment)
})

const ID = '019ca8d7-2d00-7000-8000-0000000000aa'

/** A recorded text with values in place of what stands for them. */
function filled(text: string): string {
  return text
    .replaceAll(/<id>|\{\{\w+\}\}/g, ID)
    .replaceAll('<now>', '2026-11-28T08:00:00.000001Z')
    .replaceAll('<text>', 'text')
}

interface Read {
  readonly operation: OperationId
  readonly asked: unknown
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

function read({ op, request, response }: NeighbourExchange): Read[] {
  if (!(op in neighbourOperations) || response.text !== undefined) return []
  // The refusal of a stream is one of its lines.
  const stream = response.status < 300 ? response.stream : response.stream?.[0]
  const body: unknown = JSON.parse(filled(JSON.stringify(stream ?? response.body ?? null)))
  const location = response.headers['location']
  const headers = { ...response.headers, ...(location !== undefined && { location: filled(`http://mock${location}`) }) }
  return [{ operation: op as OperationId, asked: request.body, status: response.status, body, headers }]
}

const recorded = topics.flatMap((topic) => readTopic(topic).map((exchange) => ({ topic, exchange })))

describe('what the real server answered around runners', () => {
  it('breaks none of the facts that checks hold of single answers', () => {
    const broken = recorded.flatMap(({ topic, exchange }) =>
      read(exchange)
        .filter(({ status }) => status === 200)
        .flatMap((answer) => brokenFacts(answer).map((fact) => `${topic} #${exchange.n}: ${fact}`)),
    )
    expect(broken).toEqual([])
  })

  it('has cases of all of them that are recorded', () => {
    const seen = new Set(recorded.map(({ exchange }) => exchange.op))
    const unseen = Object.values(answerFacts).filter(({ of }) => of.every((operation) => !seen.has(operation)))
    expect(unseen.flatMap(({ of }) => of)).toEqual(['getTraceThreadStats'])
  })

  it('fits the spec as checks judge it, where it is no failure', () => {
    const flaws = recorded.flatMap(({ topic, exchange }) =>
      read(exchange)
        .filter(({ status }) => status < 500)
        .flatMap(({ operation, status, headers, body }) => {
          const text = body === null ? '' : JSON.stringify(body)
          return judgeAnswer(operation, { status, headers, text, body: body ?? undefined }).map(
            ({ expected, actual }) => `${topic} #${exchange.n} ${operation} ${expected}; got ${actual.slice(0, 160)}`,
          )
        }),
    )
    expect(flaws).toEqual([])
  })

  it('is what a mock answers that passes the suite', async () => {
    const { fetch } = createRunnerMock({ profile: 'opik@2.0' })
    const areas = ['projects', 'ingestion', 'configurations', 'prompts']
    const own = checks.filter(({ area }) => areas.includes(area))
    const { results } = await verify({ app: { fetch } }, { checks: own, seed: 3, server: 'opik@2.0' })
    expect(results.filter(({ verdict }) => verdict.kind !== 'passed')).toEqual([])
  })
})
