// JSON that is read in slices, against the same text read at once: the same value with the same numbers, or refused as well.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readJsonInSlices } from '../../src/mocks/engine/json-slices.js'
import { MAX_JSON_DEPTH, readJson, writeJson } from '../../src/kernel/json-text.js'

const key = fc.constantFrom('a', 'b', '1', '0', '', '__proto__', String.raw`\"}`, String.raw`\u0000,`)
const blank = fc.constantFrom('', '', '', ' ', '\n\t')
const { json } = fc.letrec<{ json: string; list: string; object: string }>((tie) => ({
  json: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom('1', '1.0', '-0', '"x,]"', 'null', 'true', '{}', '[ ]') },
    { weight: 2, arbitrary: tie('list') },
    { weight: 2, arbitrary: tie('object') },
  ),
  list: fc
    .tuple(blank, fc.array(tie('json'), { maxLength: 6 }))
    .map(([gap, items]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
  object: fc
    .tuple(blank, fc.array(fc.tuple(key, tie('json')), { maxLength: 6 }))
    .map(([gap, members]) => `{${members.map(([name, value]) => `${gap}"${name}":${value}`).join()}${gap}}`),
}))
/** A text from which a character is taken, or to which one is added. */
const broken = fc
  .tuple(json, fc.nat(), fc.nat(1), fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '1', ''))
  .map(([text, place, taken, added]) => {
    const at = place % (text.length + 1)
    return text.slice(0, at) + added + text.slice(at + taken)
  })

const outcome = (read: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(read)
    .then(writeJson, (error: unknown) => (error instanceof SyntaxError ? 'refused' : Promise.reject(error as Error)))

it('is read as it is at once', async () => {
  const text = fc.oneof(json, broken)
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom(0, 1, 3, 8), async (text, size) => {
      expect(await outcome(() => readJsonInSlices(text, readJson, size))).toBe(await outcome(() => readJson(text)))
    }),
    { numRuns: process.env['KIT_ALL_SEEDS'] === undefined ? 800 : 3000, seed: 7 },
  )
})

it('says where it breaks', async () => {
  const text = `[${'1,'.repeat(50)}1 2]`
  await expect(readJsonInSlices(text, readJson, 4)).rejects.toThrow(`position ${text.indexOf('2')}`)
})

it('is refused where it nests too deeply', async () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  await expect(readJsonInSlices(nested(MAX_JSON_DEPTH), readJson, 8)).resolves.toBeInstanceOf(Array)
  await expect(readJsonInSlices(nested(MAX_JSON_DEPTH + 1), readJson, 8)).rejects.toThrow(RangeError)
})
