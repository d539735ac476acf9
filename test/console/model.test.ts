// The console's own reckoning, apart from any page: folded time, forms from parameters, commands and fixtures to copy.
import { describe, expect, it, onTestFinished } from 'vitest'
import { toFixtureCode } from '../../src/console/model/fixture-code.js'
import { fieldOf, flawIn, readForm } from '../../src/console/model/form.js'
import { createTimeAxis, SKIPPED_MS, ticksOf } from '../../src/console/views/timeline/time-axis.js'
import { fixtures } from '../../src/fixtures/index.js'
import { Workbench } from '../docs/workbench.js'

const HOUR = 3_600_000

describe('createTimeAxis', () => {
  const axis = createTimeAxis([
    { from: 10_000, to: 10_000 + HOUR },
    { from: 20_000, to: 20_000 + HOUR },
    { from: 5 * HOUR, to: 5 * HOUR + 1000 },
  ])

  it('folds jumps, those that overlap as one, and leaves short ones', () => {
    expect(axis.folds).toEqual([{ from: 10_000, to: 20_000 + HOUR }])
    expect(axis.place(20_000 + HOUR) - axis.place(10_000)).toBe(SKIPPED_MS)
    expect(axis.place(30_000 + HOUR) - axis.place(20_000 + HOUR)).toBe(10_000)
  })

  it('finds the moment of every place', () => {
    for (const at of [0, 10_000, 12_345, HOUR, 20_000 + HOUR, 6 * HOUR]) {
      expect(axis.moment(axis.place(at))).toBeCloseTo(at, 3)
    }
  })

  it('writes round times outside of folds, far enough apart', () => {
    const ticks = ticksOf(axis, 0, axis.place(HOUR + 60_000), 4000)
    expect(ticks.every((at) => at % 5000 === 0 && (at <= 10_000 || at >= 20_000 + HOUR))).toBe(true)
    const places = ticks.map((at) => axis.place(at))
    expect(places.every((place, index) => index === 0 || place - (places[index - 1] ?? 0) >= 4000)).toBe(true)
  })
})

describe('the form of an agent', () => {
  const params = [
    { name: 'text', type: 'str' },
    { name: 'count', type: 'integer', presence: 'optional' as const },
    { name: 'share', type: 'float | None', presence: 'optional' as const },
    { name: 'loud', type: 'bool', presence: 'required' as const },
    { name: 'more', type: 'dict[str, int]', presence: 'optional' as const },
  ]
  const read = (texts: Record<string, string>) => readForm(params.map(fieldOf), texts)

  it('reads each field as what its type says, and leaves out what is empty and may be', () => {
    const texts = { text: '12', count: '3', share: '0.5', loud: 'false', more: '{"a": 1}' }
    expect(read(texts)).toEqual({ text: '12', count: 3, share: 0.5, loud: false, more: { a: 1 } })
    expect(read({ text: 'x', loud: 'true' })).toEqual({ text: 'x', loud: true })
  })

  it('finds what is wrong, and reads nothing of it', () => {
    const texts: Record<string, string> = { text: '{', count: '1.5', share: 'x', more: '{' }
    const wrong = params.map(fieldOf).filter((field) => flawIn(field, texts[field.name] ?? '') !== '')
    expect(wrong.map(({ name }) => name)).toEqual(['count', 'share', 'more'])
    expect(read(texts)).toEqual({ text: '{' })
  })
})

it.each([
  ['completed', fixtures.job.completed({ inputs: { "it's": ['a', null, { __proto__: null }] } })],
  ['pending', fixtures.job.pending()],
  ['failed', fixtures.job.failed({ error: 'line one\n"two" \\ \u2028' })],
])('toFixtureCode builds exactly the job that was copied, %s', (_status, job) => {
  const workbench = new Workbench()
  onTestFinished(() => workbench.remove())
  const code = toFixtureCode('job', job).replace('export const', 'const')
  const check = `assert.deepEqual(job, JSON.parse(${JSON.stringify(JSON.stringify(job))}))`
  const program = `import assert from 'node:assert/strict'\n${code}${check}\n`
  const snippet = { page: 'copied', line: 1, language: 'ts', code: program }
  expect(workbench.runPrograms([snippet])).toEqual({ status: 0, output: '' })
})
