// The version of Opik that another document fits best.
import { expect, it } from 'vitest'
import { joinedSpec } from '../../scripts/generate/generate.mjs'
import { lacks } from '../../src/generated/versions.js'
import { operations } from '../../src/kernel/all-operations.js'
import { fittingVersion } from '../../src/spec/fitting-version.js'
import { parseSpec } from '../../src/spec/parse-spec.js'

const newest = joinedSpec().toYaml()

it('is the newest for our own document', () => {
  expect(fittingVersion(parseSpec(newest, 'ours.yaml'))).toBe('2.1')
})

it('is the older one for a document without what came later', () => {
  const document = joinedSpec().document as { paths: Record<string, object> }
  const newer = (lacks['2.0'].operations ?? []).map((id) => operations[id].path as string)
  const paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => !newer.includes(path)))
  const text = JSON.stringify({ ...document, paths }).replaceAll('prompt_masks', 'others')
  expect(fittingVersion(parseSpec(text, 'theirs.json'))).toBe('2.0')
})
