// The reference tells of every export that runs, says what it is, and shows how it is declared.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { root } from './blocks.js'
import { linksOf } from './links.js'

const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ page: subpath === '.' ? 'main' : subpath.slice(2), file: target.default }],
)

describe.each(entries)('docs/api/$page.md', ({ page, file }) => {
  const text = readFileSync(`${root}docs/api/${page}.md`, 'utf8')

  it('has every export that runs', async () => {
    // What belongs to pages and test runners cannot be loaded here; their sources say what they export.
    const source = readFileSync(root + file.replace('./dist/', 'src/').replace('.js', '.ts'), 'utf8')
    const declared = [...source.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map(([, name]) => name)
    const loaded = /msw|browser|vitest|jest/.test(page) ? [] : Object.keys((await import(root + file)) as object)
    const told = [...text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
    expect(told).toEqual(expect.arrayContaining([...declared, ...loaded]))
    expect(told).not.toEqual([])
  })

  it('says of each what it is, and how it is declared', () => {
    for (const section of text.split(/^### /m).slice(1)) {
      expect(section).toMatch(
        /^(\w+)\n\n(?!```)\S[^]*\n```typescript\n(async )?(function|const|class|interface|type) \1\b/,
      )
    }
  })

  it('is linked from the index', () => {
    expect(linksOf('docs/api/README.md').map(({ target }) => target)).toContain(`${page}.md`)
  })
})
