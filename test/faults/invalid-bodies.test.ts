// An invalid body must break the schema of every operation that answers one, without the mock knowing the schemas.
import { expect, it } from 'vitest'
import { joinedSpec } from '../../scripts/generate/generate.mjs'
import { responseBodies } from '../../src/generated/response-validators.js'
import { invalid } from '../../src/mocks/engine/faults/broken-answers.js'
import type { Validator } from '../../src/kernel/schema.js'

interface Spec {
  paths: Record<string, Record<string, { operationId?: string; responses?: Record<string, Answer> }>>
  components: { examples: Record<string, { value: unknown }> }
}

interface Answer {
  content?: { 'application/json': { examples: Record<string, { $ref: string }> } }
}

const spec = joinedSpec().document as Spec

/** The spec's own examples of successful answers. */
const examples = Object.values(spec.paths).flatMap((path) =>
  Object.values(path).flatMap(({ operationId: id = '', responses = {} }) =>
    Object.entries(responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([status, { content }]) => valuesOf(content).map((value) => ({ id, status, value }))),
  ),
)

function valuesOf(content: Answer['content']): unknown[] {
  const named = Object.values(content?.['application/json'].examples ?? {})
  return named.map(({ $ref }) => spec.components.examples[$ref.split('/').at(-1) ?? '']?.value)
}

const validators: Readonly<Record<string, Readonly<Record<string, Validator | null>>>> = responseBodies

it.each(examples)('an invalid answer $status of $id breaks its schema', ({ id, status, value }) => {
  const validator = validators[id]?.[status]
  expect(validator?.(value)).toBe(true)
  const { body } = invalid({ status: Number(status), headers: {}, body: JSON.stringify(value) })
  expect(validator?.(JSON.parse(body))).toBe(false)
})

it('there are examples to judge by', () => {
  expect(new Set(examples.map(({ id }) => id)).size).toBeGreaterThan(15)
})
