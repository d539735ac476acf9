// What the generator refuses in a lifecycle: each change of a sound spec draws a message that names where and what.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type LampSpec, inMachine, inRules, problemsAfter, problemsIn } from './lamp-spec.js'

interface Refusal {
  title: string
  change: (spec: LampSpec) => void
  /** What the only message must name. */
  names: string[]
}

const without = (trigger: string, index: number) => inRules(trigger, (rules) => rules.splice(index, 1))
const withRule = (trigger: string, rule: object, index = 99) =>
  inRules(trigger, (rules) => rules.splice(index, 0, { on: trigger, from: 'none', ...rule }))

const open: Refusal[] = [
  { title: 'a pair without a rule', change: without('switchLamp', 6), names: ['lamp', 'broken', 'switchLamp'] },
  {
    title: 'a pair whose conditions leave a combination open',
    change: without('switchLamp', 1),
    names: ['lamp', 'dark', 'switchLamp', 'power is on', 'bulb is worn'],
  },
  {
    title: 'a pair that a condition covers in part',
    change: without('switchLamp', 5),
    names: ['lamp', 'lit', 'switchLamp', 'power is on'],
  },
]

const dead: Refusal[] = [
  {
    title: 'a rule behind an unconditional one',
    change: withRule('getLamp', { from: 'lit', when: { bulb: 'worn' }, answer: 404 }),
    names: ['lamp', 'lit', 'getLamp', 'earlier'],
  },
  {
    title: 'a rule behind rules that are exhaustive together',
    change: withRule('switchLamp', { from: 'dark', answer: 409 }, 4),
    names: ['lamp', 'dark', 'switchLamp', 'earlier'],
  },
  {
    title: 'a rule that counts in one of its two states',
    change: inRules('switchLamp', (rules) => Object.assign(rules.at(-1) ?? {}, { from: ['lit', 'broken'] })),
    names: ['lamp', 'lit', 'switchLamp', 'earlier'],
  },
  {
    title: 'a state that nothing leads to',
    change: inRules('timer.burn', (rules) => rules.splice(0, 1)),
    names: ['lamp', 'broken', 'unreachable'],
  },
  {
    title: 'a state that nothing leads out of',
    change: inMachine((lamp) => Object.assign(lamp.states.broken ?? {}, { terminal: false })),
    names: ['lamp', 'broken', 'terminal'],
  },
]

const unknown: Refusal[] = [
  { title: 'a state', change: withRule('getLamp', { from: 'dim', answer: 200 }), names: ['lamp', 'dim', 'getLamp'] },
  {
    title: 'a state to move to',
    change: withRule('power.cut', { from: 'dark', to: 'dim' }),
    names: ['dim', 'power.cut'],
  },
  {
    title: 'an operation in a rule',
    change: withRule('paintLamp', { answer: 404 }),
    names: ['lamp', 'none', 'paintLamp', 'switchLamp'],
  },
  {
    title: 'an operation in the list',
    change: inMachine((lamp) => lamp.operations.push('paintLamp')),
    names: ['lamp', 'paintLamp'],
  },
  {
    title: 'a condition',
    change: withRule('getLamp', { from: 'lit', when: { mood: 'good' }, answer: 200 }, 0),
    names: ['lamp', 'lit', 'getLamp', 'mood', 'bulb'],
  },
  {
    title: 'a condition value',
    change: withRule('getLamp', { from: 'lit', when: { bulb: 'old' }, answer: 200 }, 0),
    names: ['lamp', 'lit', 'getLamp', 'bulb', 'old', 'worn'],
  },
  {
    title: 'an event nobody emits',
    change: withRule('lamp.stolen', { from: 'lit', to: 'none' }),
    names: ['lamp', 'lit', 'lamp.stolen', 'emits'],
  },
  {
    title: 'a setting',
    change: inMachine((lamp) => (lamp.description = 'It burns for glow_seconds.')),
    names: ['lamp', 'glow_seconds'],
  },
  {
    title: 'a member of a rule',
    change: withRule('getLamp', { from: 'lit', answer: 200, form: 'lit' }, 0),
    names: ['lamp', 'lit', 'getLamp', 'form', 'from'],
  },
]

const disagreeing: Refusal[] = [
  {
    title: 'a status that the operation does not declare',
    change: withRule('getLamp', { from: 'lit', when: { bulb: 'worn' }, answer: 410 }, 0),
    names: ['lamp', 'lit', 'getLamp', '410', '404'],
  },
  {
    title: 'a status value that is no state',
    change: (spec) =>
      (spec.components.schemas.Lamp = { properties: { status: { enum: ['dark', 'lit'] }, made_at: {} } }),
    names: ['lamp', 'status', 'broken'],
  },
  {
    title: 'a written field that the resource has not',
    change: withRule('power.cut', { from: 'dark', set: ['cut_at'] }),
    names: ['lamp', 'dark', 'power.cut', 'cut_at', 'made_at'],
  },
  {
    title: 'a condition whose request field has other values',
    change: inMachine((lamp) => Object.assign(lamp.conditions.power ?? {}, { source: '$request.body#/colour' })),
    names: ['lamp', 'power', 'switchLamp', '#/colour'],
  },
  {
    title: 'an operation that no machine decides',
    change: (spec) => {
      inRules('getLamp', (rules) => rules.splice(0))(spec)
      inMachine((lamp) => {
        lamp.operations = ['createLamp', 'switchLamp']
        lamp.field = null
        for (const state of Object.values(lamp.states)) state.wire = false
      })(spec)
    },
    names: ['getLamp', 'machine'],
  },
]

const withWords = (say: string) =>
  inRules('switchLamp', (rules) => Object.assign(rules.find(({ answer }) => answer === 409) ?? {}, { say }))

const wordy: Refusal[] = [
  {
    title: 'a placeholder that nothing fills',
    change: withWords('A {colour} lamp.'),
    names: ['lamp', '{colour}', 'body.power', 'path.lampId', 'burn_seconds'],
  },
  {
    title: 'a placeholder for a field of another operation',
    change: withWords('A {body.colour} lamp.'),
    names: ['{body.colour}', 'body.power'],
  },
  {
    title: 'words of a success',
    change: inRules('switchLamp', (rules) => Object.assign(rules.at(-2) ?? {}, { say: 'Well done.' })),
    names: ['switchLamp', 'say'],
  },
  {
    title: 'words of a machine that nobody says',
    change: inMachine((lamp) => (lamp.words = { 410: 'Gone.' })),
    names: ['lamp', '410'],
  },
  {
    title: 'a detail that nobody tells',
    change: inMachine((lamp) => (lamp.details = { age: 'How old it is.' })),
    names: ['lamp', 'age'],
  },
  {
    title: 'a refusal of an operation with a status that it does not declare',
    change: (spec) => Object.assign(spec.paths['/lamps/{lampId}'].get, refusing({ answer: 410, say: 'Gone.' })),
    names: ['broken', '410', '404'],
  },
  {
    title: 'a refusal of an operation with a placeholder that nothing fills',
    change: (spec) => Object.assign(spec.paths['/lamps/{lampId}'].get, refusing({ answer: 404, say: '{state}' })),
    names: ['broken', '{state}', 'path.lampId'],
  },
]

function refusing(refusal: object) {
  return { 'x-refusals': { broken: refusal } }
}

const astray: Refusal[] = [
  {
    title: 'a way to a resource for an operation of another machine',
    change: inMachine((lamp) => (lamp.subjects = { lit: { of: 'paintLamp', description: 'The one that is lit.' } })),
    names: ['lamp', 'lit', 'paintLamp', 'switchLamp'],
  },
  {
    title: 'states that are decided differently where no path names a resource',
    change: (spec) => {
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
    names: ['lamp', 'listLamps', 'lampId', 'subjects'],
  },
  {
    title: 'two machines that both find theirs by the path',
    change: (spec) => {
      const socket = {
        ...{ title: 'Socket', description: 'It holds lamps.', parameter: 'lampId', field: null, conditions: {} },
        states: { none: { wire: false, terminal: true, description: 'No socket.' } },
        operations: ['switchLamp'],
        rules: [{ on: 'switchLamp', from: 'none', answer: 204 }],
      }
      Object.assign(spec['x-lifecycle'].machines, { socket })
    },
    names: ['switchLamp', 'lamp and socket'],
  },
]

const senseless: Refusal[] = [
  {
    title: 'a refusal that moves',
    change: withRule('switchLamp', { from: 'dark', when: { bulb: 'worn', power: 'off' }, to: 'lit', answer: 409 }, 0),
    names: ['lamp', 'dark', 'switchLamp', '409'],
  },
  {
    title: 'a way out of a terminal state',
    change: withRule('power.cut', { from: 'broken', to: 'dark' }),
    names: ['lamp', 'broken', 'power.cut', 'terminal'],
  },
  {
    title: 'an answer to a timer',
    change: inRules('timer.burn', (rules) => Object.assign(rules[0] ?? {}, { answer: 204 })),
    names: ['lamp', 'lit', 'timer.burn', 'answer'],
  },
  {
    title: 'an operation without an answer',
    change: withRule('getLamp', { from: 'lit', when: { bulb: 'worn' } }, 0),
    names: ['lamp', 'lit', 'getLamp', 'answer'],
  },
  {
    title: 'a creation decided elsewhere than in none',
    change: withRule('createLamp', { from: 'lit', answer: 400 }),
    names: ['lamp', 'lit', 'createLamp', 'none'],
  },
  {
    title: 'a default outside its limits',
    change: (spec) => (spec['x-lifecycle'].settings.burn_seconds.default = -1),
    names: ['burn_seconds', '-1'],
  },
]

describe('renderFiles, given a lifecycle', () => {
  it('accepts conditions that are exhaustive without an unconditional rule', async () => {
    await expect(problemsAfter(() => undefined)).resolves.toEqual([])
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
    it.each(refusals)('refuses $title', async ({ change, names }) => {
      const problems = await problemsAfter(change)
      expect(problems).toHaveLength(1)
      for (const name of names) expect(problems[0]).toContain(name)
    })
  })

  it('refuses machines that accept an operation with different answers', async () => {
    const spec = readFileSync(new URL('../../openapi/local-runners.yaml', import.meta.url), 'utf8')
    const accepting = '{ on: nextJob, from: pending, to: running, set: [started_at], answer: 200 }'
    expect(spec).toContain(accepting)
    const problems = await problemsIn(spec.replace(accepting, accepting.replace('200', '204')))
    expect(problems.filter((problem) => /machine job, operation nextJob.*204.*runner/.test(problem))).toHaveLength(1)
  })

  it('names every undecided pair in one run', async () => {
    const problems = await problemsAfter(inRules('getLamp', (rules) => rules.splice(1, 1)))
    expect(problems.map((problem) => /state (\w+)/.exec(problem)?.[1])).toEqual(['dark', 'lit', 'broken'])
  })
})
