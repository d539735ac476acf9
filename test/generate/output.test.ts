// What the generated texts of a small spec say: the operation table, the lifecycle tables and their documentation.
import { describe, expect, it } from 'vitest'
import { inRules, lampFiles } from './lamp-spec.js'

const lamp = lampFiles()
const textOf = async (path: string) => (await lamp).get(path) ?? ''

describe('renderFiles', () => {
  it('gives the same bytes every time', async () => {
    expect([...(await lampFiles())]).toEqual([...(await lamp)])
  })

  it('leaves header parameters out of the operation table', async () => {
    const text = await textOf('src/generated/operations.ts')
    expect(text).toContain(
      "{ name: 'wait', type: 'integer', format: 'int32', required: false, default: 5, minimum: 0 }",
    )
    expect(text).toContain("201: { hasBody: false, headers: ['Location'] }")
    expect(text).not.toContain('X-Trace')
  })

  it('writes lifecycle rules in one form: lists where one name may stand, null where nothing is said', async () => {
    const text = await textOf('src/generated/lifecycle-tables.ts')
    const rule = /\{\s*on: 'createLamp',\s*from: \['none'\],\s*when: \{ bulb: \['worn'\] \},\s*to: null,\s*answer: /
    expect(text).toMatch(rule)
    expect(text).toContain("creates: ['createLamp']")
  })

  it('writes down which fields an answer may have', async () => {
    const text = await textOf('src/generated/answer-shapes.ts')
    expect(text).toContain('getLamp: { fields: { status: {}, made_at: { isTime: true } } }')
    expect(text).not.toContain('createLamp')
  })

  it("spells '*' out", async () => {
    const everywhere = inRules('getLamp', (rules) => rules.splice(0, 2, { on: 'getLamp', from: '*', answer: 200 }))
    const text = (await lampFiles(everywhere)).get('src/generated/lifecycle-tables.ts')
    expect(text).toMatch(/on: 'getLamp',\s*from: \['none', 'dark', 'lit', 'broken'\]/)
  })

  it('types a value without a schema as unknown and lets defaults be left out', async () => {
    expect(await textOf('src/generated/api-types.ts')).toMatch(/wait\?: number/)
    const text = await textOf('src/generated/named-types.ts')
    expect(text).toMatch(/anything\?: unknown/)
    expect(text).toContain('status: "dark" | "lit" | "broken"')
  })
})

describe('docs/lifecycle.md', () => {
  it('draws moves alone, none as the start, with trigger and condition', async () => {
    const text = await textOf('docs/lifecycle.md')
    const diagram = /```mermaid\n([^`]*)```/.exec(text)?.[1]?.trim().split('\n')
    expect(diagram).toEqual([
      'stateDiagram-v2',
      '  direction LR',
      '  [*] --> dark: createLamp',
      '  dark --> lit: switchLamp (power = on, bulb = fresh)',
      '  lit --> dark: switchLamp (power = off)<br/>power.cut',
      '  lit --> broken: timer burn',
    ])
  })

  it('says for each operation and state what is decided', async () => {
    const text = await textOf('docs/lifecycle.md')
    const cells = text
      .split('\n')
      .find((line) => line.startsWith('| `switchLamp`'))
      ?.split(' | ')
    expect(cells).toHaveLength(5)
    expect(cells?.[1]).toBe('404')
    expect(cells?.[2]).toMatch(/409 if power is on and bulb is worn<br>-> lit, 204 if .*<br>204, stays if power is off/)
    expect(cells?.[3]).toBe('-> dark, 204 if power is off<br>otherwise 204, stays')
  })

  it('lists settings with default and unit', async () => {
    expect(await textOf('docs/lifecycle.md')).toMatch(/\| `burn_seconds` \| 9 \| seconds \|/)
  })
})

describe('docs/operations.md', () => {
  it('says of each operation what it takes, what it answers and whose state it touches', async () => {
    const text = await textOf('docs/operations.md')
    const rows = [...text.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, id = '', rest = '']) => [
      id,
      rest.split(' | '),
    ])
    const { switchLamp, getLamp } = Object.fromEntries(rows) as Record<string, string[]>
    expect(switchLamp?.at(-1)).toMatch(/^\[\w+\]\(lifecycle\.md#\w+\)$/)
    expect(getLamp?.[1]).toMatch(/^`GET \/\S+`<br>`\[\?wait\]`$/)
    expect(getLamp?.[3]).toMatch(/^200 `Lamp`, 404$/)
  })
})
