// An oracle that is not ours: verify once as usual, and once through Prism, which holds every exchange against the spec by
// itself. Prism must find nothing, and every check must end as it does without it. Prism's own mock, which keeps no state,
// must fail, and clearly.
import { spawn } from 'node:child_process'
import { adminClock, checks, verify } from 'opik-runner-kit/contracts'
import { freePort } from '../programs.mjs'
import { at, binOf } from '../paths.mjs'
import { withoutReader } from './trials.mjs'

/** Checks that cannot be run through Prism, each with the reason. `*` stands for any text. */
export const leftOut = [
  { ids: 'negative-input/*', reason: 'They break the spec on purpose; Prism refuses such requests by itself.' },
  { ids: 'checklist/body-before-owner', reason: 'It breaks the spec on purpose.' },
  { ids: 'bridge/body-before-owner', reason: 'It breaks the spec on purpose.' },
  { ids: 'wire/slash.*', reason: 'Prism knows no path with a slash at its end.' },
  { ids: 'system/trailing-slash', reason: 'Prism knows no path with a slash at its end.' },
  { ids: 'wire/gzip', reason: 'Prism reads no compressed bodies.' },
  { ids: 'wire/head', reason: 'Prism answers methods that the spec does not name by itself.' },
  { ids: 'wire/options', reason: 'Prism answers methods that the spec does not name by itself.' },
  { ids: 'wire/allow', reason: 'Prism answers methods that the spec does not name by itself.' },
  { ids: 'wire/word-as-id', reason: 'Prism refuses ids and paths that the spec does not know by itself.' },
  { ids: 'wire/odd-path', reason: 'Prism refuses ids and paths that the spec does not know by itself.' },
  { ids: 'wire/ambiguous-path', reason: 'Prism refuses ids and paths that the spec does not know by itself.' },
  { ids: 'wire/query-first-counts', reason: 'Prism takes a repeated parameter for a list.' },
  { ids: 'wire/unknown-field.search*', reason: 'Prism takes a list that comes as a stream for a text.' },
  { ids: 'schema/search*', reason: 'Prism takes a list that comes as a stream for a text.' },
  { ids: 'ingestion/search-*', reason: 'Prism takes a list that comes as a stream for a text.' },
  { ids: 'ingestion/shown-in-full', reason: 'Prism takes a list that comes as a stream for a text.' },
  { ids: 'ingestion/sources-are-known', reason: 'It breaks the spec on purpose.' },
  { ids: 'schema/projectsRedirect.*', reason: 'Prism follows redirects by itself.' },
  { ids: 'wire/numbers', reason: 'Prism reads bodies and writes them anew, with the numbers that JavaScript has.' },
  {
    ids: 'wire/numbers-alone',
    reason: 'Prism reads bodies and writes them anew, with the numbers that JavaScript has.',
  },
  { ids: 'wire/first-flaw-decides', reason: 'Prism judges bodies before ids.' },
  { ids: 'wire/not-a-number', reason: 'Prism reads bodies, as strict JSON.' },
  { ids: 'wire/odd-bodies', reason: 'Prism reads bodies, as strict JSON.' },
  { ids: 'wire/null-entry', reason: 'It breaks the spec on purpose.' },
  { ids: 'quirks/*', reason: 'They send what the spec refuses and servers take.' },
]

const startsLike = (pattern, id) => (pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern)

/** Verifies a server through Prism and without it. Returns what is wrong, and the figures. */
export async function verifyThroughPrism({ url, admin }, seed) {
  const chosen = checks.filter(({ id }) => !leftOut.some(({ ids }) => startsLike(ids, id)))
  const options = { checks: chosen, seed }
  const clock = adminClock(admin)
  const plain = await verify({ url, clock }, options)
  const prism = await startPrism('proxy', [url, '--errors'])
  try {
    const report = await verify({ url: prism.url, clock }, options)
    const complaints = prism.output().matchAll(/(?:Violation|Request terminated with error): .*/g)
    const violations = Array.from(complaints, ([line]) => `Prism: ${line}`)
    return { faults: [...violations, ...differences(plain, report)], report }
  } finally {
    await prism.stop()
  }
}

function differences(plain, proxied) {
  const before = new Map(plain.results.map(({ id, verdict }) => [id, verdict.kind]))
  return proxied.results.flatMap(({ id, verdict }) => {
    const expected = before.get(id)
    if (verdict.kind === expected && (expected === 'passed' || withoutReader.test(verdict.reason ?? ''))) return []
    const why = verdict.findings?.map(({ actual }) => actual).join(' | ') ?? verdict.reason ?? verdict.message ?? ''
    return [`${id}: ${verdict.kind} through Prism, ${expected} without: ${why}`]
  })
}

/** Verifies Prism's own mock of the spec, which keeps no state. Returns what is wrong with the run, and its figures. */
export async function verifyStatelessMock(seed) {
  const prism = await startPrism('mock', [])
  try {
    const report = await verify({ url: prism.url }, { seed })
    const { failed, errors } = report.totals
    const isAsExpected = report.exitCode === 1 && report.aborted === null && failed > 100 && errors === 0
    return { faults: isAsExpected ? [] : [`exit ${report.exitCode}, ${failed} failed, ${errors} errors`], report }
  } finally {
    await prism.stop()
  }
}

async function startPrism(mode, more) {
  const port = String(await freePort())
  const args = [mode, at('dist', 'openapi.yaml'), ...more, '--host', '127.0.0.1', '--port', port]
  const child = spawn(process.execPath, [binOf('@stoplight/prism-cli', 'prism'), ...args], {
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise((resolve) => child.once('close', resolve))
  await new Promise((resolve, reject) => {
    const note = (chunk) => {
      output += String(chunk)
      if (output.includes('listening on')) resolve()
    }
    child.stdout.on('data', note)
    child.stderr.on('data', note)
    child.once('close', () => reject(new Error(`Prism did not start:\n${output}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
