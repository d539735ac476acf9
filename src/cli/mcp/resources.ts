/** What agents may read beside the tools: requirements, lifecycle and operations by sections, and the last report. */
import type { McpServer, ReadResourceResult } from '@modelcontextprotocol/server'
import { verifyDocument } from '../../contracts/report/verify-document.js'
import { createPaint, renderReport } from '../../report/text-report.js'
import { REPORT_URI } from './judging-tools.js'
import type { Sdk } from './load-sdk.js'
import { readPage, sectionsOf } from './package-pages.js'
import { requirementsByArea } from './requirement-list.js'
import type { McpSession } from './session.js'

const ROOT = 'opik-runner-kit://'
const MARKDOWN = 'text/markdown'

const pages: Readonly<Record<string, string>> = {
  requirements: 'Every rule that a server or a client must keep, by areas; explain has the whole of one.',
  lifecycle: 'What each operation does in each state, timers, settings.',
  operations: 'Every operation: method, path, parameters, body, answers.',
}

export function addResources(server: McpServer, session: McpSession, sdk: Sdk): void {
  for (const [page, description] of Object.entries(pages)) {
    server.registerResource(page, ROOT + page, { description, mimeType: MARKDOWN }, (uri) => text(uri, readHead(page)))
  }
  const template = new sdk.ResourceTemplate(`${ROOT}{page}/{section}`, { list: undefined })
  const about = { description: `A section of ${Object.keys(pages).join(', ')}.`, mimeType: MARKDOWN }
  server.registerResource('section', template, about, (uri, { page, section }) => {
    const found = readSection(String(page), String(section))
    if (found === undefined) throw new sdk.ResourceNotFoundError(uri.href)
    return text(uri, found)
  })
  const report = { description: 'All that the last verify_server has found.', mimeType: 'text/plain' }
  server.registerResource('report', REPORT_URI, report, (uri) => {
    if (session.lastReport === undefined) return text(uri, 'There is none yet: verify_server makes one.', 'text/plain')
    return text(uri, renderReport(verifyDocument(session.lastReport), createPaint(false)), 'text/plain')
  })
}

function text({ href }: URL, content: string, mimeType = MARKDOWN): ReadResourceResult {
  return { contents: [{ uri: href, mimeType, text: content }] }
}

/** What stands before the first section, and where the sections are. */
function readHead(page: string): string {
  const sections = [...sectionsIn(page)]
  const head = sections.find(([title]) => title === '')?.[1].trim() ?? `# ${page}`
  const uris = sections.flatMap(([title]) => (title === '' ? [] : `- ${ROOT}${page}/${slugOf(title)}`))
  return [head, '', ...uris].join('\n')
}

function sectionsIn(page: string): ReadonlyMap<string, string> {
  return page === 'requirements' ? requirementsByArea() : sectionsOf(readPage(`${page}.md`))
}

function readSection(page: string, slug: string): string | undefined {
  if (!Object.hasOwn(pages, page)) return undefined
  return [...sectionsIn(page)].find(([title]) => title !== '' && slugOf(title) === slug)?.[1]
}

function slugOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z\d]+/g, '-')
}
