/** A job or a command as a fixture to paste into a test: TypeScript that builds it. */
import { answerShapes } from '../../generated/answer-shapes.js'

const builders = { job: 'getJob', command: 'getBridgeCommand' } as const

type FixtureBuilder = keyof typeof builders

/** A module with the fixture as a constant. A field that the builder might fill in and is not there is said to be not there. */
export function toFixtureCode(builder: FixtureBuilder, value: object): string {
  const optional = Object.keys(answerShapes[builders[builder]]?.fields ?? {})
  const absent = optional.filter((name) => !Object.hasOwn(value, name)).map((name) => `,\n  "${name}": undefined`)
  // JSON is code as it stands, but for this name, which would set the prototype.
  const json = JSON.stringify(value, null, 2).replaceAll('"__proto__":', '["__proto__"]:')
  const whole = `${json.slice(0, -'\n}'.length)}${absent.join('')}\n}`
  return `import { fixtures } from 'opik-runner-kit/fixtures'\n\nexport const ${builder} = fixtures.${builder}.build(${whole})\n`
}
