// Families of servers that answer in another form: for each answer that an operation declares, one that gives it another
// body; and for each field of what is read, one that leaves it out.
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { severityOf } from '../../../src/contracts/suites/wire/negative-checks.js'
import { isOperationId, operationIds, type OperationId } from '../../../src/kernel/operation.js'
import { requestSchemas } from '../../../src/generated/request-schemas.js'
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import type { Call } from '../call.js'
import { defineFamily, type Mutant, type MutantDefinition, type Spoil } from '../mutant.js'
import { isStream, answer, createdIn, jsonIn, withBody, withHeaders } from '../reply.js'
import { editReply, refuseWhen } from '../spoils.js'

/** The same answer in a form that nobody expects. */
function disfigured(reply: ApiResponse): ApiResponse {
  if (reply.status >= 400) return withBody(reply, { error: { status: reply.status } })
  if (reply.status === 204) return answer(200, {})
  // A stream may be empty, and an object would be a line of it like any other.
  if (isStream(reply)) return answer(reply.status, { data: jsonIn(reply) })
  return reply.body === '' ? withHeaders(reply, { location: undefined }) : withBody(reply, { data: jsonIn(reply) })
}

/** Projects that checks make to work in look like those of the survey; those that they judge have a description. */
const isJudged = (call: Call): boolean => call.operation !== 'createProject' || 'description' in call.members

function mutantOf(
  operation: OperationId,
  [id, does]: readonly [string, string],
  check: string,
  spoil: Spoil,
): MutantDefinition {
  const noticed = { severity: severityOf(operation), only: [check] }
  return { id, mistake: `${operation} ${does}.`, touches: [operation], ...noticed, spoil }
}

function disfigures(operation: OperationId, status: number): MutantDefinition {
  const say = [`schema/${operation}.${status}-in-another-form`, `answers ${status} in another form`] as const
  const spoil = editReply((reply, call) => (reply.status === status && isJudged(call) ? disfigured(reply) : reply))
  return mutantOf(operation, say, `schema/${operation}.${status}`, spoil)
}

/** Operations whose answer is any object: it has no other form. */
const FORMLESS = new Set<string>([
  ...[
    'getWorkspaceConfiguration',
    'getServiceToggles',
    'getLlmModels',
    'getReportPreference',
    'updateReportPreference',
  ],
  ...['addTraceComment', 'addSpanComment', 'addThreadComment', 'triggerAgentInsightsJob'],
])

/** The answers for which there are checks. */
const declaredAnswers = checks.flatMap(({ id }): MutantDefinition[] => {
  const [, operation = '', status] = /^schema\/(\w+)\.(\d+)$/.exec(id) ?? []
  const isFormless = FORMLESS.has(operation) && Number(status) < 300
  return isOperationId(operation) && !isFormless ? [disfigures(operation, Number(status))] : []
})

function slashUnknown(operation: OperationId): MutantDefinition {
  const say = [`wire/${operation}.slash-unknown`, 'does not take a slash at the end of its path'] as const
  const spoil = refuseWhen(404, ({ pathname }) => pathname.endsWith('/'))
  return mutantOf(operation, say, `wire/slash.${operation}`, spoil)
}

function unknownFieldRefused(operation: OperationId): MutantDefinition[] {
  const check = `wire/unknown-field.${operation}`
  if (requestSchemas[operation] === undefined || !checks.some(({ id }) => id === check)) return []
  const say = [`wire/${operation}.unknown-field-refused`, 'refuses a field that it does not know'] as const
  return [
    mutantOf(
      operation,
      say,
      check,
      refuseWhen(422, ({ text }) => text.includes('contract_unknown')),
    ),
  ]
}

const locatesTheFirst: Spoil = () => {
  let first: string | undefined
  return async (call) => {
    const reply = await call.proceed()
    if (createdIn(reply) === '' || !isJudged(call)) return reply
    first ??= reply.headers['location']
    return withHeaders(reply, { location: first })
  }
}

function sameLocation(operation: OperationId): MutantDefinition[] {
  const check = `wire/location.${operation}`
  if (!checks.some(({ id }) => id === check)) return []
  const say = [`wire/${operation}.location-of-the-first`, 'always names in Location what was made first'] as const
  return [mutantOf(operation, say, check, locatesTheFirst)]
}

export const answerMutants: readonly Mutant[] = [
  ...defineFamily('answers disfigured', declaredAnswers),
  ...defineFamily('slashes unknown', operationIds.map(slashUnknown)),
  ...defineFamily('unknown fields refused', operationIds.flatMap(unknownFieldRefused)),
  ...defineFamily('one Location for all', operationIds.flatMap(sameLocation)),
]
