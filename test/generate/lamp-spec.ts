// A spec as small as the generator admits, a lamp that can be made, switched and broken, and helpers that change it
// and say what the generator thinks of the result.
import { expect } from 'vitest'
import { stringify } from 'yaml'
import { type Spec, SpecError, outline, parseSpec, renderFiles } from '../../scripts/generate/generate.mjs'

interface LampRule {
  on: string
  from: string | string[]
  when?: Record<string, string | string[]>
  to?: string
  set?: string[]
  unset?: string[]
  answer?: number
  say?: string
  emits?: string[]
  [unknownMember: string]: unknown
}

const lamp = { $ref: '#/components/schemas/Lamp' }
const jsonOf = (schema: object) => ({ content: { 'application/json': { schema } } })
const lampId = { name: 'lampId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }
const error = { description: 'Refused', ...jsonOf({ type: 'object', properties: { message: { type: 'string' } } }) }

const paths = () => ({
  '/lamps': {
    post: {
      operationId: 'createLamp',
      tags: ['Runners'],
      summary: 'Make a lamp',
      requestBody: { required: true, ...jsonOf({ $ref: '#/components/schemas/LampRequest' }) },
      responses: { 201: { description: 'Made', headers: { Location: { schema: { type: 'string' } } } }, 400: error },
    },
  },
  '/lamps/{lampId}': {
    parameters: [{ $ref: '#/components/parameters/lampId' }],
    get: {
      operationId: 'getLamp',
      tags: ['Runners'],
      summary: 'Read a lamp',
      parameters: [
        { name: 'wait', in: 'query', schema: { type: 'integer', format: 'int32', minimum: 0, default: 5 } },
        { name: 'X-Trace', in: 'header', schema: { type: 'string' } },
      ],
      responses: { 200: { description: 'The lamp', ...jsonOf(lamp) }, 404: error },
    },
  },
  '/lamps/{lampId}/switch': {
    parameters: [{ $ref: '#/components/parameters/lampId' }],
    post: {
      operationId: 'switchLamp',
      tags: ['Runners'],
      summary: 'Switch a lamp',
      requestBody: jsonOf({ type: 'object', properties: { power: { type: 'string', enum: ['on', 'off'] } } }),
      responses: { 204: { description: 'Done' }, 404: error, 409: error },
    },
  },
})

const machine = () => ({
  title: 'Lamp',
  description: 'It burns for burn_seconds.',
  parameter: 'lampId',
  field: 'status' as string | null,
  states: {
    none: { wire: false, description: 'No such lamp.' },
    dark: { wire: true, description: 'Off.' },
    lit: { wire: true, description: 'On.' },
    broken: { wire: true, terminal: true, description: 'Done for.' },
  } as Record<string, { wire: boolean; terminal?: boolean; description: string }>,
  operations: ['createLamp', 'getLamp', 'switchLamp'],
  conditions: {
    power: { values: ['on', 'off'], source: '$request.body#/power', description: 'What is asked for.' },
    bulb: { values: ['fresh', 'worn'], description: 'How the bulb is.' },
  } as Record<string, { values: string[]; source?: string; description: string }>,
  subjects: {} as Record<string, { of: string | string[]; description: string }>,
  details: {} as Record<string, string>,
  words: {} as Record<string, string>,
  rules: [
    { on: 'createLamp', from: 'none', when: { bulb: 'worn' }, answer: 400 },
    { on: 'createLamp', from: 'none', to: 'dark', set: ['made_at'], answer: 201 },
    { on: 'getLamp', from: 'none', answer: 404 },
    { on: 'getLamp', from: ['dark', 'lit', 'broken'], answer: 200 },
    { on: 'switchLamp', from: 'none', answer: 404 },
    { on: 'switchLamp', from: 'dark', when: { power: 'on', bulb: 'worn' }, answer: 409 },
    { on: 'switchLamp', from: 'dark', when: { power: 'on', bulb: 'fresh' }, to: 'lit', answer: 204 },
    { on: 'switchLamp', from: 'dark', when: { power: 'off' }, answer: 204 },
    { on: 'switchLamp', from: 'lit', when: { power: 'off' }, to: 'dark', answer: 204 },
    { on: 'switchLamp', from: 'lit', answer: 204 },
    { on: 'switchLamp', from: 'broken', answer: 409 },
    { on: 'timer.burn', from: 'lit', to: 'broken', emits: ['lamp.burnt'] },
    { on: 'power.cut', from: 'lit', to: 'dark' },
  ] as LampRule[],
})

/** The whole spec as an object that a test may change before it is read. */
export function lampSpec() {
  return {
    openapi: '3.1.0',
    info: { title: 'Lamps', version: '1' },
    paths: paths(),
    components: {
      parameters: { lampId },
      schemas: {
        Lamp: {
          type: 'object',
          required: ['status', 'made_at'],
          properties: {
            status: { type: 'string', enum: ['dark', 'lit', 'broken'] },
            made_at: { type: 'string', format: 'date-time' },
          },
        },
        LampRequest: {
          type: 'object',
          required: ['colour'],
          properties: { colour: { type: 'string', minLength: 1 }, anything: {} },
        },
      } as Record<string, object>,
    },
    'x-lifecycle': {
      settings: { burn_seconds: { type: 'number', unit: 'seconds', default: 9, minimum: 0, description: 'Its life.' } },
      timers: { burn: { since: 'lit', setting: 'burn_seconds' } },
      machines: { lamp: machine() },
      events: { 'power.cut': { description: 'No current.' } },
    },
  }
}

export type LampSpec = ReturnType<typeof lampSpec>

/** A change of the lamp spec before it is read. */
export type Change = (spec: LampSpec) => void

function changed(change?: Change): LampSpec {
  const spec = lampSpec()
  change?.(spec)
  return spec
}

/** The lamp spec as YAML, after a change. */
export const lampYaml = (change?: Change): string => stringify(changed(change), { aliasDuplicateObjects: false })

/** The lamp spec, after a change, without its way through YAML, which takes longer than all else. */
function lampAfter(change?: Change): Spec {
  const document = JSON.parse(JSON.stringify(changed(change))) as LampSpec
  return outline({ file: 'lamp.yaml', document, whereIs: () => null })
}

/** The generated files of the lamp spec, after a change. */
export function lampFiles(change?: Change): Promise<Map<string, string>> {
  return renderFiles(lampAfter(change))
}

/** Every problem that the generator finds in a spec, or in the lamp's after a change, as one text each; none when it generates. */
export async function problemsIn(spec: string | Change): Promise<string[]> {
  try {
    await renderFiles(typeof spec === 'string' ? parseSpec(spec, 'lamp.yaml') : lampAfter(spec))
    return []
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    return error.problems.map(({ place, problem, fix }) => [place.join('.'), problem, fix].join(' | '))
  }
}

/** Expects one problem of a spec, or of the lamp's after a change, that names all of some words with commas between. */
export async function expectProblem(spec: string | Change, names: string): Promise<void> {
  const problems = await problemsIn(spec)
  expect(problems).toHaveLength(1)
  for (const name of names.split(', ')) expect(problems[0]).toContain(name)
}

/** A change of the machine alone. */
export function inMachine(change: (lamp: LampSpec['x-lifecycle']['machines']['lamp']) => void) {
  return (spec: LampSpec) => change(spec['x-lifecycle'].machines.lamp)
}

/** A change of the rules that stand at a trigger, in one state when it is given. */
export function inRules(trigger: string, change: (rules: LampRule[]) => void) {
  return inMachine((lamp) => {
    const kept = lamp.rules.filter((rule) => rule.on !== trigger)
    const changed = lamp.rules.filter((rule) => rule.on === trigger)
    change(changed)
    lamp.rules = [...kept, ...changed]
  })
}
