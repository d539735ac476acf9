/** Turns a sequence that went wrong into the finding of a check. */
import { pointerOfOperation } from '../../../kernel/all-operations.js'
import { Violation } from '../../target/expectation.js'
import { allSteps, type SequenceFailure } from '../steps/step.js'
import { renderScript } from './written-steps.js'
import type { PlaySetup } from './play-setup.js'

/** The finding of a check, with its steps as a script. */
export function toViolation(
  setup: PlaySetup,
  check: string,
  { failure, path }: { failure: SequenceFailure; path: string },
): Violation {
  const { expected, actual, steps, race, unanswered } = failure
  const answered = allSteps(failure).flatMap((step) => ('answer' in step && step.answer?.exchange) || [])
  const exchanges = answered.toSorted((one, other) => one.startedMs - other.startedMs)
  if (unanswered !== undefined) exchanges.push(unanswered)
  const decisive = race === undefined ? steps.at(-1) : undefined
  const place = decisive === undefined || decisive.kind === 'pass' ? null : pointerOfOperation(decisive.call.operation)
  const headers = exchanges.map(({ identity, requestHeaders }) => [identity, requestHeaders] as const)
  const told = { setup, failure, headers: new Map([...setup.headers, ...headers]) }
  const script = renderScript({ ...told, check: `model/${check}`, path })
  return new Violation({ expected, actual, pointer: failure.pointer ?? place, exchanges, script })
}
