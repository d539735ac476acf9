/**
 * What shows that a target lacks an operation, and what shows that it has it: by single answers, without knowing why they
 * were asked for. What follows for a run is for src/contracts/run/missing-operations.ts.
 */
import { componentValidators } from '../../generated/component-validators.js'
import { parseJson, type Answer } from './answer.js'
import type { Exchange } from './recorded-exchange.js'

/**
 * How an operation is not there. `not-implemented`: the call that must succeed is answered 404 without an error body of
 * this API, 405 or 501; `not-working`: it ends in a 5xx, or without an answer.
 */
export type Absence = 'not-implemented' | 'not-working'

/** What an exchange says of its operation, when a success was due; undefined when the operation is there. */
export function absenceIn({ status, responseBody }: Exchange): Absence | undefined {
  if (status === 405 || status === 501) return 'not-implemented'
  if (status === 404) return isErrorBody(parseJson(responseBody)) ? undefined : 'not-implemented'
  return status === null || status >= 500 ? 'not-working' : undefined
}

/** Whether an answer shows that its operation is there, whatever was due. */
export function isPresent({ status, text }: Pick<Answer, 'status' | 'text'>): boolean {
  if (status < 300) return true
  return status >= 400 && status < 500 && status !== 405 && isErrorBody(parseJson(text))
}

/** Whether a parsed body is an error of this API. */
export function isErrorBody(body: unknown): boolean {
  return componentValidators.ErrorMessage(body)
}

/** What an exchange ended in, in a few words. */
export function describeEnd({ status, failure, responseHeaders }: Exchange): string {
  if (status === null) return `no answer: ${failure ?? 'unknown'}`
  if (status >= 300 && status < 400) return `${status} to ${excerpt(responseHeaders['location'])}`
  return `${status} with ${excerpt(responseHeaders['content-type'])}`
}

const LONGEST_EXCERPT = 80

/** The beginning of a text that a target has sent, on one line. */
export function excerpt(text = 'nothing'): string {
  const [line = ''] = text.split('\n')
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}...` : line
}
