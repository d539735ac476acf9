// Writes what the README and docs/verify.md show of explore and verify, from real runs: one that passes, one against a server with three
// mistakes, pictures of its HTML report, and one against a server without bridge commands. Run it when the
// reports have changed: node scripts/report-examples.mjs
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { createRunnerMock } from 'opik-runner-kit'
import { explore, ExploreError } from 'opik-runner-kit/explore'
import { serve } from 'opik-runner-kit/node'
import { chromium } from 'playwright-core'
import { stories } from '../examples/explore/stories.js'
import { startPartialServer } from '../test/contracts/partial/partial-servers.mjs'
import { launchOptions } from './programs.mjs'
import { at } from './paths.mjs'

const PORT = 5173
const folder = mkdtempSync(join(tmpdir(), 'report-examples-'))

const passing = await runAgainst(createRunnerMock({ seed: 1 }))
const failing = await runAgainst(withMistakes(createRunnerMock({ seed: 1 })))
await takePictures(join(folder, 'report.html'), at('docs', 'images'))
await drawOrder('a stale pairing code is shown after a new one', join(at('docs', 'images'), 'explore.svg'))
writeBlock('README.md', 'passing', withoutNotRun(linesOf(passing)))
const [first, ...others] = failing.join('\n').split(/\n(?=✗ \w+ {2}\d+ checks?$)/m)
writeBlock('README.md', 'failing', [
  first,
  inNarrowLines(
    linesOf((others[0] ?? '').split('\n'))
      .slice(0, 6)
      .join('\n'),
  ),
  '...',
  failing.at(-1),
])
const partial = await runAgainst(createRunnerMock({ seed: 1 }), 'all but bridge')
const causes = partial.findIndex((line) => line.startsWith('not implemented: '))
const second = partial.findIndex((line, place) => place > causes && line.startsWith('not implemented: '))
writeBlock('docs/verify.md', 'partial', [
  inNarrowLines([...partial.slice(0, causes + 3), partial[second]].join('\n')),
  '...',
  inNarrowLines(linesOf(partial.slice(partial.findIndex((line) => line.startsWith('suites ')))).join('\n')),
])
rmSync(folder, { recursive: true })

/** Mistakes that servers have made: an empty answer where null belongs, a field lost on the way, another status. */
function withMistakes(mock) {
  const handle = mock.handle.bind(mock)
  mock.handle = async (exchange) => {
    const reply = await handle(exchange)
    if (exchange.url.endsWith('/jobs/next') && reply.body === 'null') return { ...reply, status: 204, body: '' }
    if (exchange.url.endsWith('/jobs') && reply.status === 429) return { ...reply, status: 503 }
    return { ...reply, body: reply.body.replaceAll(/,"prompt_masks":\{[^}]*\}/g, '') }
  }
  return mock
}

/** What verify says of a mock, or of one of the partial servers in front of it. */
async function runAgainst(mock, partialServer) {
  const { url, adminUrl, close } = await serve(mock, { port: PORT })
  const front = partialServer && (await startPartialServer(partialServer, new URL(url).origin))
  const options = ['--admin', adminUrl, '--seed', '7', '--reporter', 'pretty,html', '--out', folder]
  const env = { PATH: process.env.PATH, NO_COLOR: '1' }
  const child = spawn(process.execPath, [at('dist', 'cli', 'main.js'), 'verify', front?.url ?? url, ...options], {
    env,
  })
  const output = await text(child.stdout)
  front?.close()
  await close()
  await mock.close()
  return output.trimEnd().split('\n')
}

function linesOf(lines) {
  return lines.filter((line) => line !== '')
}

/** Without the list of checks that were not run; the last line has their number. */
function withoutNotRun(lines) {
  const start = lines.indexOf('not run')
  return start < 0
    ? lines
    : [...lines.slice(0, start), ...lines.slice(lines.findIndex((line) => line.startsWith('suites ')))]
}

/** The sequence diagram of a bug of order that `explore` finds in an example. */
async function drawOrder(bug, file) {
  const failed = await explore(stories[bug](false), { seed: 1 }).catch((error) => error)
  if (!(failed instanceof ExploreError)) throw new Error(`explore does not find: ${bug}.`)
  writeFileSync(file, failed.finding.svg)
}

/** A cause of failures, in lines that a page can show. */
function inNarrowLines(cause) {
  return cause.replaceAll(/^(.{118}).+$/gm, '$1…')
}

function writeBlock(page, name, lines) {
  const file = at(page)
  const pattern = new RegExp(`(<!-- ${name} run -->\n+\`\`\`\n)[^]*?(^\`\`\`)`, 'm')
  const before = readFileSync(file, 'utf8')
  if (!pattern.test(before)) throw new Error(`${page} has no place for the ${name} run.`)
  writeFileSync(
    file,
    before.replace(pattern, (_, start, end) => `${start}${lines.join('\n')}\n${end}`),
  )
}

async function takePictures(html, images) {
  mkdirSync(images, { recursive: true })
  const browser = await chromium.launch(launchOptions())
  const page = await browser.newPage({ viewport: { width: 1180, height: 620 }, deviceScaleFactor: 2 })
  await page.goto(pathToFileURL(html).href)
  await page.screenshot({ path: join(images, 'report.png') })
  await page.getByRole('heading', { name: 'Lifecycle' }).evaluate((heading) => heading.scrollIntoView())
  await page.screenshot({ path: join(images, 'report-lifecycle.png') })
  await browser.close()
}
