/** What agents may read beside the tools: requirements, lifecycle and operations by sections, and the last report. */
import type { McpServer, ReadResourceResult } from '@modelcontextprotocol/server'
import { verifyDocument } from '../../contracts/report/verify-document.js'
import { createPaint, renderReport } from '../../report/text-report.js'
import type { Sdk } from './load-sdk.js'
import { REPORT_URI } from './judging-tools.js'
import { readPage, sectionsOf } from './package-pages.js'
import type { McpSession } from './session.js'

const ROOT = 'opik-runner-kit://'
const MARKDOWN = 'text/markdown'

const pages = {
  requirements: 'Every rule that a server or a client must keep, by areas; explain has the whole of one.',
  lifecycle: 'What each operation does in each state, timers, settings.',
  operations: 'Every operation: method, path, parameters, body, answers.',
} as const

export function addResources(server: McpServer, session: McpSession, sdk: Sdk): void {
  for (const [page, description] of Object.entries(pages)) {
    server.registerResource(page, ROOT + page, { title: page, description, mimeType: MARKDOWN }, (uri) =>
      toResult(uri, readHead(page)),
    )
  }
  const template = new sdk.ResourceTemplate(`${ROOT}{page}/{section}`, { list: undefined })
  const about = {
    title: 'a section',
    description: `One section of ${Object.keys(pages).join(', ')}.`,
    mimeType: MARKDOWN,
  }
  server.registerResource('section', template, about, (uri, { page, section }) => {
    const text = readSection(String(page), String(section))
    if (text === undefined) throw new sdk.ResourceNotFoundError(uri.href)
    return toResult(uri, text)
  })
  const report = {
    title: 'last report',
    description: 'All that the last verify_server has found.',
    mimeType: 'text/plain',
  }
  server.registerResource('report', REPORT_URI, report, (uri) => {
    const { lastReport } = session
    const text =
      lastReport === undefined
        ? 'There is none yet: verify_server makes one.'
        : renderReport(verifyDocument(lastReport), createPaint(false))
    return { contents: [{ uri: uri.href, mimeType: 'text/plain', text }] }
  })
}

function toResult(uri: URL, text: string): ReadResourceResult {
  return { contents: [{ uri: uri.href, mimeType: MARKDOWN, text }] }
}

/** What stands before the first section, and where the sections are. */
function readHead(page: string): string {
  const [[, head = ''] = [], ...sections] = sectionsOf(readPage(`${page}.md`))
  return `${head.trim()}\n\nSections:\n${sections.map(([title]) => `- ${ROOT}${page}/${slugOf(title)}`).join('\n')}`
}

/** A section; of requirements the rules alone, a line each. */
function readSection(page: string, slug: string): string | undefined {
  if (!Object.hasOwn(pages, page)) return undefined
  const [, text] =
    [...sectionsOf(readPage(`${page}.md`))].find(([title]) => title !== '' && slugOf(title) === slug) ?? []
  if (page !== 'requirements') return text
  return text
    ?.match(/^(## .*|- \*\*.*)$/gm)
    ?.join('\n')
    .replaceAll('<br>', '')
}

function slugOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z\d]+/g, '-')
}
