/** A job or a command as a fixture to paste into a test: TypeScript that builds it, or plain JSON. */
import { answerShapes } from '../../generated/answer-shapes.js'

/** What becomes of which resource. */
export interface FixtureChoice {
  /** The builder of `opik-runner-kit/fixtures`, and the name of the constant. */
  readonly builder: 'job' | 'command'
  /** Fields that a builder might fill in; what is not there is said to be not there. */
  readonly optional: readonly string[]
}

export const jobFixture: FixtureChoice = { builder: 'job', optional: fieldsOf('getJob') }

export const commandFixture: FixtureChoice = { builder: 'command', optional: fieldsOf('getBridgeCommand') }

function fieldsOf(operation: 'getJob' | 'getBridgeCommand'): readonly string[] {
  return Object.keys(answerShapes[operation]?.fields ?? {})
}

/** A module with the fixture as a constant. */
export function toFixtureCode({ builder, optional }: FixtureChoice, value: object): string {
  const absent = optional.filter((name) => !Object.hasOwn(value, name)).map((name) => [name, undefined] as const)
  const whole = Object.fromEntries([...Object.entries(value), ...absent])
  return `import { fixtures } from 'opik-runner-kit/fixtures'\n\nexport const ${builder} = fixtures.${builder}.build(${print(whole, '')})\n`
}

/** The fixture as JSON. */
export function toFixtureJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function print(value: unknown, indent: string): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const deeper = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((item) => `${deeper}${print(item, deeper)},\n`).join('')}${indent}]`
  }
  const members = Object.entries(value)
  if (members.length === 0) return '{}'
  return `{\n${members.map(([key, member]) => `${deeper}${nameOf(key)}: ${print(member, deeper)},\n`).join('')}${indent}}`
}

function nameOf(key: string): string {
  if (key === '__proto__') return `['__proto__']`
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key)
}

function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner}'`
}
