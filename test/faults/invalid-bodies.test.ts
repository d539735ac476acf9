// An invalid body must break the schema of every operation that answers one, without the mock knowing the schemas.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { responseBodies } from '../../src/generated/response-validators.js'
import { invalid } from '../../src/mocks/engine/faults/intercepted-request.js'
import type { Validator } from '../../src/kernel/schema.js'

interface Spec {
  paths: Record<string, Record<string, { operationId?: string; responses?: Record<string, Answer> }>>
  components: { examples: Record<string, { value: unknown }> }
}

interface Answer {
  content?: Record<string, { examples: Record<string, { $ref: string }> }>
}

const spec = JSON.parse(readFileSync('dist/openapi.json', 'utf8')) as Spec

/** The spec's own examples of successful answers. */
const examples = Object.values(spec.paths).flatMap((path) =>
  Object.values(path).flatMap(({ operationId: id = '', responses = {} }) =>
    Object.entries(responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([status, { content = {} }]) =>
        Object.entries(content).flatMap(([media, { examples: named }]) =>
          Object.values(named).map((example) => ({ id, status, media, value: valueOf(example) })),
        ),
      ),
  ),
)

function valueOf({ $ref }: { $ref: string }): unknown {
  return spec.components.examples[$ref.split('/').at(-1) ?? '']?.value
}

/** A body as it goes out: a list that comes as a stream has a line for each item. */
function toBody(value: unknown, media: string): string {
  if (media === 'application/json') return JSON.stringify(value)
  return Array.isArray(value) ? value.map((item) => `${JSON.stringify(item)}\r\n`).join('') : ''
}

function fromBody(body: string, media: string): unknown {
  return JSON.parse(media === 'application/json' ? body : `[${body.trimEnd().replaceAll('\r\n', ',')}]`)
}

const validators: Readonly<Record<string, Readonly<Record<string, Validator | null>>>> = responseBodies

it.each(examples)('an invalid answer $status of $id breaks its schema', ({ id, status, media, value }) => {
  const validator = validators[id]?.[status]
  expect(validator?.(value)).toBe(true)
  const { body } = invalid({ status: Number(status), headers: {}, body: toBody(value, media) })
  expect(validator?.(fromBody(body, media))).toBe(false)
})

it('there are examples to judge by', () => {
  expect(new Set(examples.map(({ id }) => id)).size).toBeGreaterThan(15)
})
