// The version of Opik that another document fits best.
import { expect, it } from 'vitest'
import { joinedSpec } from '../../scripts/generate/generate.mjs'
import { lacks } from '../../src/generated/versions.js'
import { operations } from '../../src/kernel/all-operations.js'
import { fittingVersion } from '../../src/spec/compare-specs.js'
import { toSpecDocument } from '../../src/spec/parse-spec.js'

const newest = joinedSpec().document

it('is the newest for our own document', () => {
  expect(fittingVersion(toSpecDocument(newest, 'ours.yaml'))).toBe('2.1')
})

interface Document {
  paths: Record<string, object>
}

/** Our own document, as far as its paths are chosen. */
function excerpt(isChosen: (path: string) => boolean): Document {
  const document = joinedSpec().document as Document
  return { ...document, paths: Object.fromEntries(Object.entries(document.paths).filter(([path]) => isChosen(path))) }
}

/** A document as text, without the fields that came later. */
function withoutNewFields(document: Document): unknown {
  const names = Object.values(lacks['2.0'].fields ?? {}).flatMap((of) => of.map(({ at }) => at.split('/').at(-1) ?? ''))
  const text = JSON.stringify(document)
  return JSON.parse([...new Set(names)].reduce((edited, name) => edited.replaceAll(`"${name}":`, '"other":'), text))
}

const newer = (lacks['2.0'].operations ?? []).map((id) => operations[id].path as string)
const isOfRunners = (path: string): boolean => /local-runners|pairing/.test(path)

it('is the older one for a document without what came later', () => {
  const text = withoutNewFields(excerpt((path) => !newer.includes(path)))
  expect(fittingVersion(toSpecDocument(text, 'theirs.json'))).toBe('2.0')
})

it('is told of an excerpt by what it holds', () => {
  const runners = excerpt(isOfRunners)
  expect(fittingVersion(toSpecDocument(runners, 'theirs.json'))).toBe('2.1')
  expect(fittingVersion(toSpecDocument(withoutNewFields(runners), 'theirs.json'))).toBe('2.0')
})
