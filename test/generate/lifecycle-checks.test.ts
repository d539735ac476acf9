// What the generator refuses in a lifecycle: each change of a sound spec draws a message that names where and what.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type LampSpec, expectProblem, inMachine, inRules, problemsIn } from './lamp-spec.js'

/** A title, a change of the spec, and what the only message must name. */
type Refusal = [title: string, change: (spec: LampSpec) => void, names: string]

const without = (trigger: string, index: number) => inRules(trigger, (rules) => rules.splice(index, 1))
const withRule = (trigger: string, rule: object, index = 99) =>
  inRules(trigger, (rules) => rules.splice(index, 0, { on: trigger, from: 'none', ...rule }))

const open: Refusal[] = [
  ['a pair without a rule', without('switchLamp', 6), 'lamp, broken, switchLamp'],
  [
    'a pair whose conditions leave a combination open',
    without('switchLamp', 1),
    'lamp, dark, switchLamp, power is on, bulb is worn',
  ],
  ['a pair that a condition covers in part', without('switchLamp', 5), 'lamp, lit, switchLamp, power is on'],
]

const dead: Refusal[] = [
  [
    'a rule behind an unconditional one',
    withRule('getLamp', { from: 'lit', when: { bulb: 'worn' }, answer: 404 }),
    'lamp, lit, getLamp, earlier',
  ],
  [
    'a rule behind rules that are exhaustive together',
    withRule('switchLamp', { from: 'dark', answer: 409 }, 4),
    'lamp, dark, switchLamp, earlier',
  ],
  [
    'a rule that counts in one of its two states',
    inRules('switchLamp', (rules) => Object.assign(rules.at(-1) ?? {}, { from: ['lit', 'broken'] })),
    'lamp, lit, switchLamp, earlier',
  ],
  ['a state that nothing leads to', inRules('timer.burn', (rules) => rules.splice(0, 1)), 'lamp, broken, unreachable'],
  [
    'a state that nothing leads out of',
    inMachine((lamp) => Object.assign(lamp.states.broken ?? {}, { terminal: false })),
    'lamp, broken, terminal',
  ],
]

const unknown: Refusal[] = [
  ['a state', withRule('getLamp', { from: 'dim', answer: 200 }), 'lamp, dim, getLamp'],
  ['a state to move to', withRule('power.cut', { from: 'dark', to: 'dim' }), 'dim, power.cut'],
  ['an operation in a rule', withRule('paintLamp', { answer: 404 }), 'lamp, none, paintLamp, switchLamp'],
  ['an operation in the list', inMachine((lamp) => lamp.operations.push('paintLamp')), 'lamp, paintLamp'],
  [
    'a condition',
    withRule('getLamp', { from: 'lit', when: { mood: 'good' }, answer: 200 }, 0),
    'lamp, lit, getLamp, mood, bulb',
  ],
  [
    'a condition value',
    withRule('getLamp', { from: 'lit', when: { bulb: 'old' }, answer: 200 }, 0),
    'lamp, lit, getLamp, bulb, old, worn',
  ],
  ['an event nobody emits', withRule('lamp.stolen', { from: 'lit', to: 'none' }), 'lamp, lit, lamp.stolen, emits'],
  ['a setting', inMachine((lamp) => (lamp.description = 'It burns for glow_seconds.')), 'lamp, glow_seconds'],
  [
    'a member of a rule',
    withRule('getLamp', { from: 'lit', answer: 200, form: 'lit' }, 0),
    'lamp, lit, getLamp, form, from',
  ],
]

const disagreeing: Refusal[] = [
  [
    'a status that the operation does not declare',
    withRule('getLamp', { from: 'lit', when: { bulb: 'worn' }, answer: 410 }, 0),
    'lamp, lit, getLamp, 410, 404',
  ],
  [
    'a status value that is no state',
    (spec) => (spec.components.schemas.Lamp = { properties: { status: { enum: ['dark', 'lit'] }, made_at: {} } }),
    'lamp, status, broken',
  ],
  [
    'a written field that the resource has not',
    withRule('power.cut', { from: 'dark', set: ['cut_at'] }),
    'lamp, dark, power.cut, cut_at, made_at',
  ],
  [
    'a condition whose request field has other values',
    inMachine((lamp) => Object.assign(lamp.conditions.power ?? {}, { source: '$request.body#/colour' })),
    'lamp, power, switchLamp, #/colour',
  ],
  [
    'an operation that no machine decides',
    (spec) => {
      inRules('getLamp', (rules) => rules.splice(0))(spec)
      inMachine((lamp) => {
        lamp.operations = ['createLamp', 'switchLamp']
        lamp.field = null
        for (const state of Object.values(lamp.states)) state.wire = false
      })(spec)
    },
    'getLamp, machine',
  ],
]

const withWords = (say: string) =>
  inRules('switchLamp', (rules) => Object.assign(rules.find(({ answer }) => answer === 409) ?? {}, { say }))

const wordy: Refusal[] = [
  [
    'a placeholder that nothing fills',
    withWords('A {colour} lamp.'),
    'lamp, {colour}, body.power, path.lampId, burn_seconds',
  ],
  ['a placeholder for a field of another operation', withWords('A {body.colour} lamp.'), '{body.colour}, body.power'],
  [
    'words of a success',
    inRules('switchLamp', (rules) => Object.assign(rules.at(-2) ?? {}, { say: 'Well done.' })),
    'switchLamp, say',
  ],
  ['words of a machine that nobody says', inMachine((lamp) => (lamp.words = { 410: 'Gone.' })), 'lamp, 410'],
  ['a detail that nobody tells', inMachine((lamp) => (lamp.details = { age: 'How old it is.' })), 'lamp, age'],
  [
    'a refusal of an operation with a status that it does not declare',
    (spec) => Object.assign(spec.paths['/lamps/{lampId}'].get, refusing({ answer: 410, say: 'Gone.' })),
    'broken, 410, 404',
  ],
  [
    'a refusal of an operation with a placeholder that nothing fills',
    (spec) => Object.assign(spec.paths['/lamps/{lampId}'].get, refusing({ answer: 404, say: '{state}' })),
    'broken, {state}, path.lampId',
  ],
]

function refusing(refusal: object) {
  return { 'x-refusals': { broken: refusal } }
}

const astray: Refusal[] = [
  [
    'a way to a resource for an operation of another machine',
    inMachine((lamp) => (lamp.subjects = { lit: { of: 'paintLamp', description: 'The one that is lit.' } })),
    'lamp, lit, paintLamp, switchLamp',
  ],
  [
    'states that are decided differently where no path names a resource',
    (spec) => {
      spec['x-lifecycle'].machines.lamp.operations.push('listLamps')
      inRules('listLamps', (rules) =>
        rules.push(
          { on: 'listLamps', from: ['none', 'dark', 'lit'], answer: 200 },
          { on: 'listLamps', from: 'broken', answer: 404 },
        ),
      )(spec)
      const { responses } = spec.paths['/lamps/{lampId}'].get
      Object.assign(spec.paths['/lamps'], { get: { operationId: 'listLamps', tags: ['Runners'], responses } })
    },
    'lamp, listLamps, lampId, subjects',
  ],
  [
    'two machines that both find theirs by the path',
    (spec) => {
      const socket = {
        ...{ title: 'Socket', description: 'It holds lamps.', parameter: 'lampId', field: null, conditions: {} },
        states: { none: { wire: false, terminal: true, description: 'No socket.' } },
        operations: ['switchLamp'],
        rules: [{ on: 'switchLamp', from: 'none', answer: 204 }],
      }
      Object.assign(spec['x-lifecycle'].machines, { socket })
    },
    'switchLamp, lamp and socket',
  ],
]

const senseless: Refusal[] = [
  [
    'a refusal that moves',
    withRule('switchLamp', { from: 'dark', when: { bulb: 'worn', power: 'off' }, to: 'lit', answer: 409 }, 0),
    'lamp, dark, switchLamp, 409',
  ],
  [
    'a way out of a terminal state',
    withRule('power.cut', { from: 'broken', to: 'dark' }),
    'lamp, broken, power.cut, terminal',
  ],
  [
    'an answer to a timer',
    inRules('timer.burn', (rules) => Object.assign(rules[0] ?? {}, { answer: 204 })),
    'lamp, lit, timer.burn, answer',
  ],
  [
    'an operation without an answer',
    withRule('getLamp', { from: 'lit', when: { bulb: 'worn' } }, 0),
    'lamp, lit, getLamp, answer',
  ],
  [
    'a creation decided elsewhere than in none',
    withRule('createLamp', { from: 'lit', answer: 400 }),
    'lamp, lit, createLamp, none',
  ],
  [
    'a default outside its limits',
    (spec) => (spec['x-lifecycle'].settings.burn_seconds.default = -1),
    'burn_seconds, -1',
  ],
]

describe('renderFiles, given a lifecycle', () => {
  it('accepts conditions that are exhaustive without an unconditional rule', async () => {
    await expect(problemsIn(() => undefined)).resolves.toEqual([])
  })

  describe.each([
    { kind: 'leaves a question open', refusals: open },
    { kind: 'holds what never matters', refusals: dead },
    { kind: 'names the unknown', refusals: unknown },
    { kind: 'disagrees with paths and schemas', refusals: disagreeing },
    { kind: 'makes no sense', refusals: senseless },
    { kind: 'has words that say nothing', refusals: wordy },
    { kind: 'finds no resource, or two', refusals: astray },
  ])('that $kind', ({ refusals }) => {
    it.each(refusals)('refuses %s', (_, change, names) => expectProblem(change, names))
  })

  it('refuses machines that accept an operation with different answers', async () => {
    const spec = readFileSync(new URL('../../openapi/local-runners.yaml', import.meta.url), 'utf8')
    const accepting = '{ on: nextJob, from: pending, to: running, set: [started_at], answer: 200 }'
    expect(spec).toContain(accepting)
    const problems = await problemsIn(spec.replace(accepting, accepting.replace('200', '204')))
    expect(problems.filter((problem) => /machine job, operation nextJob.*204.*runner/.test(problem))).toHaveLength(1)
  })

  it('names every undecided pair in one run', async () => {
    const problems = await problemsIn(inRules('getLamp', (rules) => rules.splice(1, 1)))
    expect(problems.map((problem) => /state (\w+)/.exec(problem)?.[1])).toEqual(['dark', 'lit', 'broken'])
  })
})
