// What readers paste into a TypeScript project compiles there: every snippet of every document, under `strict`.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { root, snippetsIn } from './blocks.js'
import { Workbench } from './workbench.js'

/** Needs what Vite or Playwright declare; test/browser and test/matrix run these. */
const needsOthers = /import\.meta\.env|'@playwright\/test'|'\.\/(app|index)'/

const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
const snippets = ['README.md', ...pages.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))]
  .flatMap(snippetsIn)
  .filter(({ language, code }) => language === 'ts' && !needsOthers.test(code))

it('snippets compile', () => {
  // Declarations that are there already cost it a moment.
  execFileSync(process.execPath, [`${root}scripts/run.mjs`, 'build'])
  const workbench = new Workbench()
  onTestFinished(() => workbench.remove())
  workbench.link('@types', `${root}node_modules/@types`)
  for (const { page, line, code } of snippets) {
    workbench.write(`types/${page.replaceAll('/', '-')}-${line}.ts`, `${code}\nexport {}\n`)
  }
  const compilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true },
    ...{ module: 'nodenext', target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable'], types: ['node'] },
  }
  workbench.write('types/tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const { status, output } = workbench.runLine(`node ${root}node_modules/typescript-7/bin/tsc -p types`)
  expect(output).toBe('')
  expect(status).toBe(0)
  expect(snippets.length).toBeGreaterThan(20)
})
