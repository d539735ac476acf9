// The code in our documents: where each piece stands and in which language it is.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'

/** The checkout. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** One fenced block. */
export interface Snippet {
  /** Relative to the checkout. */
  page: string
  /** The line, counted from 1, of its first line of code. */
  line: number
  /** What stands behind the fence; '' for nothing. */
  language: string
  code: string
}

/** All fenced blocks of a document, in order, and its other lines; blank ones stand for code. A fence must be closed. */
export function partsOf(page: string): { snippets: Snippet[]; prose: string[] } {
  const snippets: Snippet[] = []
  const prose: string[] = []
  let open: { snippet: Snippet; fence: string } | undefined
  for (const text of readFileSync(root + page, 'utf8').split('\n')) {
    const [, fence, language = ''] = /^ *(`{3,})(\w*)$/.exec(text) ?? []
    prose.push(open === undefined && fence === undefined ? text : '')
    if (open !== undefined && fence === open.fence && language === '') {
      snippets.push(open.snippet)
      open = undefined
    } else if (open !== undefined) open.snippet.code += `${text}\n`
    else if (fence !== undefined) open = { snippet: { page, line: prose.length + 1, language, code: '' }, fence }
  }
  if (open !== undefined) throw new Error(`${page}:${open.snippet.line} is in a block that nothing closes`)
  return { snippets, prose }
}

export const snippetsIn = (page: string): Snippet[] => partsOf(page).snippets

/** The text of a page under docs. */
export const readPage = (name: string): string => readFileSync(`${root}docs/${name}`, 'utf8')

/** The code of such a page in a language, each piece with its number for titles. */
export function snippetsOf(name: string, language: string): [number, string][] {
  const own = snippetsIn(`docs/${name}`).filter((snippet) => snippet.language === language)
  return own.map(({ code }, at) => [at + 1, code])
}

/** TypeScript without its types. The compiler does that as well, and takes half a second to load. */
export const asJavaScript = (code: string): string => transformSync(code, { loader: 'ts', target: 'es2022' }).code

/** Whether a snippet is a test file, and no program. */
export const isTestFile = ({ code }: Snippet): boolean => /from 'vitest'/.test(code)

/** Whether a snippet runs in a page alone; test/browser does that. */
export const isForPage = ({ code }: Snippet): boolean => code.includes("'opik-runner-kit/browser'")

/** Whether a snippet is a test file of Jest or node:test; the examples run the like. */
export const isForOtherRunner = ({ code }: Snippet): boolean => /'opik-runner-kit\/(jest|node-test)'/.test(code)
