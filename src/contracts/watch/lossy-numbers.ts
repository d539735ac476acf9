/** Numbers that a double does not hold, and answers that show them rounded. */
import { roleOf } from '../../lifecycle/roles.js'
import type { ObservedExchange } from './observed-call.js'

const NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** Numbers with a fraction or an exponent that a double does not hold. */
function lossyNumbers({ sent }: ObservedExchange): string[] {
  const tokens = 'text' in sent ? (sent.text.match(NUMBER) ?? []) : []
  return tokens.filter((token) => {
    if (token.startsWith('"') || !/[.eE]/.test(token)) return false
    const value = Number(token)
    return !Number.isFinite(value) || significant(token).length > significant(String(value)).length
  })
}

function significant(token: string): string {
  const digits = token.replace(/[eE].*$/, '').replace(/[-.]/g, '')
  return digits.replace(/^0+|0+$/g, '')
}

export function hasLossyNumbers(observed: ObservedExchange): boolean {
  return lossyNumbers(observed).length > 0
}

/** Whether an answer shows a number that was sent otherwise, as a double has it. */
export function showsRounding(sent: ObservedExchange, { operation, text }: ObservedExchange): boolean {
  const { isRead, handsOut } = roleOf(operation)
  if (!isRead && handsOut === undefined) return false
  return lossyNumbers(sent).some((token) => {
    const value = String(Number(token))
    const rounded = Number.isFinite(Number(token)) ? value : JSON.stringify(value)
    return text.includes(rounded) && !text.includes(token)
  })
}
