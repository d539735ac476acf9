// CONTRIBUTING.md and docs/maintaining.md name files that exist, and CONTRIBUTING.md has the recipe of test/spec-drives.
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { resolvers } from '../spec-drives/recipe.js'

const text = readFileSync('CONTRIBUTING.md', 'utf8')

it('has the recipe for an operation', () => {
  const [, recipe = ''] = /## Adding an operation\n([^]*?)\n(?=## )/.exec(text) ?? []
  const folders = new Set(Object.keys(resolvers).map((path) => dirname(path)))
  const named = ['openapi/local-runners.yaml', 'x-lifecycle', 'npm run generate', ...folders]
  for (const name of named) expect(recipe).toContain(name)
})

it.each(['CONTRIBUTING.md', 'docs/maintaining.md'])('names files that exist in %s', (page) => {
  const paths = readFileSync(page, 'utf8').match(/(?<=`)(?:src|test|scripts|openapi|docs)\/[\w./-]+(?=`)/g) ?? []
  expect(paths.length).toBeGreaterThan(10)
  expect(paths.filter((path) => !existsSync(path))).toEqual([])
})
