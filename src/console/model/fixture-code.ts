/** A job or a command as a fixture to paste into a test: TypeScript that builds it, or plain JSON. */
import { answerShapes } from '../../generated/answer-shapes.js'

const builders = { job: 'getJob', command: 'getBridgeCommand' } as const

export type FixtureBuilder = keyof typeof builders

/** A module with the fixture as a constant. A field that the builder might fill in and is not there is said to be not there. */
export function toFixtureCode(builder: FixtureBuilder, value: object): string {
  const optional = Object.keys(answerShapes[builders[builder]]?.fields ?? {})
  const absent = optional.filter((name) => !Object.hasOwn(value, name)).map((name) => [name, undefined] as const)
  const whole = Object.fromEntries([...Object.entries(value), ...absent])
  return `import { fixtures } from 'opik-runner-kit/fixtures'\n\nexport const ${builder} = fixtures.${builder}.build(${print(whole, '')})\n`
}

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
