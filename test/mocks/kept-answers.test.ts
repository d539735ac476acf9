// Whatever is accepted around runners, every answer afterwards is one that the spec has: random sequences of writes, each
// followed by reads of all that is kept. `KIT_SEQUENCES=100000 npx vitest run test/mocks/kept-answers` plays many.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { collectionLists } from '../../src/generated/collection-operations.js'
import { requestSchemas, type FieldSchema } from '../../src/generated/request-schemas.js'
import type { QueryParameter } from '../../src/generated/operations.js'
import { lacks, type Lacks } from '../../src/generated/versions.js'
import { neighbourOperations } from '../../src/kernel/all-operations.js'
import { fillPath, idParametersOf, pathParametersOf, type Operation } from '../../src/kernel/operation.js'
import { createRandom, type Random } from '../../src/kernel/id-source.js'
import { Profile } from '../../src/generated/kit-page.js'
import { isProfileName } from '../../src/mocks/base/settings.js'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { valuesOf } from '../kit/from-schema.js'

const SEQUENCES = Number(process.env['KIT_SEQUENCES'] ?? (process.env['KIT_ALL_SEEDS'] === undefined ? 20 : 40))
const WRITES = 8

const all: readonly Operation[] = Object.values(neighbourOperations)
const reads = all.filter(
  ({ method, path }) => method === 'GET' || path.endsWith('/retrieve') || path.endsWith('/search'),
)
const writes = all.filter((operation) => !reads.includes(operation))

/** The operations that a server of the profile has. */
function had(operations: readonly Operation[], profile: string): readonly Operation[] {
  const { operations: lacked }: Lacks = lacks[profile.startsWith('opik@2.0') ? '2.0' : '2.1']
  return operations.filter(({ id }) => lacked?.some((each) => each === id) !== true)
}

const IDS = Array.from({ length: 5 }, (_, at) => `019ca8d7-2d0${at}-7000-8000-00000000000${at}`)
const TIMES = [
  '2026-03-01T10:00:00Z',
  '2026-03-01T10:00:00.123456+02:00',
  '1970-01-01T00:00:00.000Z',
  '2262-04-11T00:00:00Z',
]
const TEXTS = ['a', 'A', 'prod', 'v1', 'Default Project', ' é%_"\u{1F600}', 'x'.repeat(120), '{{name}} {x}', '0.7']

class Player {
  private readonly mock: RunnerMock
  private readonly random: Random
  private readonly ids = [...IDS]

  constructor(mock: RunnerMock, random: Random) {
    this.mock = mock
    this.random = random
  }

  /** Asks, and remembers the ids that it is told. */
  async ask(operation: Operation): Promise<void> {
    const path = Object.fromEntries(pathParametersOf(operation).map((name) => [name, this.inPath(operation, name)]))
    const query = new URLSearchParams(
      operation.queryParameters.flatMap((parameter) => this.parameter(parameter, operation)),
    )
    const schema = requestSchemas[operation.id]
    const body = schema === undefined ? undefined : this.bodyOf(schema)
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const url = `${fillPath(operation, path)}?${query.toString()}`
    const reply = await this.mock.handle({ method: operation.method, url, headers, body })
    if (reply.status !== 501) expect([200, 201, 204, 303, 400, 404, 405, 409, 422, 500], url).toContain(reply.status)
    for (const [id] of (reply.headers['location'] ?? reply.body).matchAll(UUID)) {
      if (this.ids.length < 40 && !this.ids.includes(id)) this.ids.push(id)
    }
  }

  private one<Each>(list: readonly Each[]): Each {
    const found = list[this.random.below(list.length)]
    if (found === undefined) throw new Error('There is nothing to choose from.')
    return found
  }

  private is(probability: number): boolean {
    return this.random.next() < probability
  }

  private inPath(operation: Operation, name: string): string {
    return idParametersOf(operation).includes(name) ? this.one(this.ids) : this.one(TEXTS.slice(0, 5))
  }

  private parameter(parameter: QueryParameter, operation: Operation): [string, string][] {
    const { name, type, format } = parameter
    if (name === 'project_name') return [[name, 'Default Project']]
    if (!parameter.required && this.is(0.6)) return []
    if (parameter.enum !== undefined) return [[name, this.one(parameter.enum)]]
    if (format === 'uuid') return [[name, this.one(this.ids)]]
    if (type === 'integer') return [[name, this.one(['1', '2', '100'])]]
    if (type === 'boolean') return [[name, this.one(['true', 'false'])]]
    return [[name, this.text(name, operation)]]
  }

  private text(name: string, { path }: Operation): string {
    const list = ['threads', 'spans', 'traces', 'prompts'].find((each) => path.includes(`/${each}`)) ?? 'projects'
    if (name === 'sorting') {
      const field = this.one(['id', ...(collectionLists[list]?.sort ?? [])]).replace(
        '*',
        this.one(['total_tokens', 'a']),
      )
      return JSON.stringify([{ field, direction: this.one(['ASC', 'DESC']) }])
    }
    if (name === 'filters') {
      const field = this.one(['id', ...Object.keys(collectionLists[list]?.filter ?? {})])
      return JSON.stringify([
        { field, operator: this.one(OPERATORS), value: this.one(['1', 'a', '%', TIMES[0]]), key: 'a' },
      ])
    }
    if (name === 'exclude') return JSON.stringify([this.one(['name', ...(collectionLists[list]?.exclude ?? [])])])
    if (name.endsWith('_time')) return this.one(TIMES)
    return name === 'path' ? btoa('http://localhost/api') : this.one(TEXTS)
  }

  private bodyOf(schema: FieldSchema): string {
    const [texts, times, ids] = [TEXTS, TIMES, this.ids].map((list) => fc.constantFrom(...list))
    const bodies = valuesOf(schema, { '': texts!, 'date-time': times!, uuid: ids! })
    const [body] = fc.sample(bodies, { numRuns: 1, seed: this.random.below(2 ** 31) })
    return JSON.stringify(body, (name, value: unknown) => (name === 'project_name' ? 'Default Project' : value))
  }
}

const UUID = /[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}/g
const OPERATORS = ['=', '!=', 'contains', 'not_contains', '>', '<=', 'is_empty', 'is_not_empty', 'in', 'starts_with']

const profiles = (Profile.enum ?? []).filter(isProfileName)

it('what is kept around runners is read as the spec says, whatever was accepted before', async () => {
  for (let seed = 1; seed <= SEQUENCES; seed++) {
    const random = createRandom(seed)
    const profile = profiles[seed % profiles.length] ?? 'spec'
    const mock = createRunnerMock({
      seed,
      now: '2026-03-01T10:00:00Z',
      frozen: true,
      journalSize: 1,
      checkReply,
      profile,
    })
    const player = new Player(mock, random)
    const changes = had(writes, profile)
    try {
      for (let write = 0; write < WRITES; write++) {
        const operation = changes[random.below(changes.length)]
        if (operation !== undefined) await player.ask(operation)
      }
      for (const read of had(reads, profile)) await player.ask(read)
    } catch (error) {
      throw new Error(`sequence ${seed} under ${profile}`, { cause: error })
    } finally {
      await mock.close()
    }
  }
})
