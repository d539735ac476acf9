/**
 * The part of an answer that the spec speaks of, in one notation: what checks compare. Fields that a server has besides,
 * and how many digits it gives a time, are its own affair.
 */
import { answerShapes, type AnswerShape } from '../../generated/answer-shapes.js'
import type { OperationId } from '../../kernel/operation.js'

/** A body without the fields that the spec does not know, its times in whole milliseconds. Errors stay as they are. */
export function knownPart(operation: OperationId | null, status: number, body: unknown): unknown {
  const shape = operation === null || status >= 300 ? undefined : answerShapes[operation]
  return shape === undefined ? body : reduce(body, shape)
}

function reduce(value: unknown, { fields, items, isTime }: AnswerShape): unknown {
  if (isTime === true) return typeof value === 'string' ? toMilliseconds(value) : value
  if (Array.isArray(value)) return items === undefined ? value : value.map((item: unknown) => reduce(item, items))
  if (fields === undefined || typeof value !== 'object' || value === null) return value
  const known: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (shape !== undefined) known[name] = reduce(member, shape)
  }
  return known
}

const UTC_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/

/** Stored times may have fewer digits than those that come from memory. */
function toMilliseconds(time: string): string {
  const [, seconds, decimals = ''] = UTC_TIME.exec(time) ?? []
  return seconds === undefined ? time : `${seconds}.${decimals.padEnd(3, '0').slice(0, 3)}Z`
}
