/** Fractions in JSON pass through a double: digits beyond it are lost, and what is too large for it becomes a string. */
import type { Deviations } from '../engine/deviations.js'

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

export const fractionsThroughDouble: Deviations = {
  readText: (text) => text.replace(TOKENS, (token) => (/^[^"]*[.eE]/.test(token) ? toDouble(token) : token)),
}

function toDouble(token: string): string {
  const value = Number(token)
  if (!Number.isFinite(value)) return `"${value}"`
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}
