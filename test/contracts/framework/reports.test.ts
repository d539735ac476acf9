import { Ajv2020 } from 'ajv/dist/2020.js'
import { validate } from 'ctrf'
import { describe, expect, it } from 'vitest'
import schema from '../../../schemas/report.json' with { type: 'json' }
import type { Report } from '../../../src/contracts/check/report-model.js'
import { createReporter } from '../../../src/contracts/report/verify-reporters.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { parseBaseline } from '../../../src/contracts/run/verify-options.js'
import { expectEqual, Violation } from '../../../src/contracts/target/expectation.js'
import { headerOf } from '../../../src/mocks/base/exchange.js'
import type { RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { escapeMarkup } from '../../../src/kernel/printable.js'
import { startMockTarget } from './mock-target.js'
import { buggy, passed, passing, trial } from './trial-checks.js'
import {
  renderAnnotations,
  renderCtrf,
  renderHtml,
  renderJson,
  renderJunit,
  renderReport,
  renderStepSummary,
} from './shown-report.js'

const KEY = 'very-secret-key'
const OTHER_KEY = 'another-secret-key'

/** Fails, with everything in it that a report must mask or escape. */
const nasty = trial(
  'trial/nasty',
  async (context) => {
    const runner = await context.pair({ agents: ['<script>alert(1)</script>'] })
    const answer = await context.call('getRunner', { path: { runnerId: runner.id } })
    expectEqual('"quoted" & <tagged>\u0001 `ticks`', answer.status, 418, answer)
  },
  { rule: { machine: 'runner', on: 'getRunner', from: 'connected' } },
)
const talkative = trial(
  'trial/talkative',
  async (context) => {
    const path = { runnerId: context.random.uuid() }
    for (const identity of ['main', 'colleague'] as const) {
      const answer = await context.call('getRunner', { path, identity })
      expectEqual(`what ${answer.text} is`, answer.text, identity === 'main' ? answer.text : '', answer)
    }
  },
  { needs: { other: 'colleague' } },
)
const missing = trial('trial/missing', async () => undefined, { needs: { when: () => 'no <such> thing' } })
const paired = { ...passing, rule: { machine: 'runner', on: 'pairingSession.activated' } as const }
const waived = trial('trial/waived', async (context) => expectEqual('it', (await context.call('isAlive')).status, 0))

/** A server that repeats in its errors whose key it was, and in whatever form. */
function tellKeys(mock: RunnerMock): void {
  const handle = mock.handle.bind(mock)
  mock.handle = async (exchange) => {
    const reply = await handle(exchange)
    const key = headerOf(exchange.headers, 'authorization')
    if (reply.status !== 404) return { ...reply, headers: { ...reply.headers, 'x-caller': key } }
    return { ...reply, body: JSON.stringify({ code: 404, message: `nothing here for ${key}`, details: key }) }
  }
}

async function makeReport(): Promise<Report> {
  const served = await startMockTarget()
  const target = { ...served, apiKey: KEY, other: { apiKey: OTHER_KEY } }
  tellKeys(served.mock)
  const waivers = [{ id: 'trial/waived', reason: 'we know' }]
  return verify(target, { checks: [paired, nasty, buggy, missing, waived, talkative], waivers, seed: 3 })
}

describe('reports', () => {
  it('never show a key, a proof or an activation key', async () => {
    const report = await makeReport()
    const texts = [
      renderJson(report),
      renderCtrf(report),
      renderJunit(report),
      renderHtml(report),
      renderStepSummary(report),
    ]
    for (const text of [...texts, renderReport(report)]) {
      expect(text).not.toContain(KEY)
      expect(text).not.toContain(OTHER_KEY)
      expect(text).not.toMatch(/hmac"\s*:\s*"[^*]/)
    }
    expect(texts[0]).toContain('***')
  })
})

describe('the suites', () => {
  it('are told in HTML and JUnit, with what one lacks', async () => {
    const report = await makeReport()
    const suites = Object.keys(report.suites)
    expect(suites).toEqual(['core', 'isolation'])
    for (const suite of suites) {
      expect(renderJunit(report)).toMatch(new RegExp(`<property name="suites" value="[^"]*${suite} \\d/\\d`))
      expect(renderHtml(report)).toContain(`<th scope="row">${suite}</th>`)
    }
  })
})

describe('the pretty report', () => {
  it('says for each failure what was expected, what came, where the rule is and how to repeat it', async () => {
    const text = renderReport(await makeReport())
    expect(text).toMatch(
      /✗ trial\/nasty \(must\) {2}trial\/nasty holds\.\n {4}rule {5}x-lifecycle runner: getRunner \(connected\)/,
    )
    expect(text).toMatch(
      /expected .*418\n {4}got {6}200\n {4}spec {5}#\/x-lifecycle\/machines\/runner\/rules\/14\n {4}\$ curl -i -X GET 'http/,
    )
    expect(text).toContain('-H "authorization: $OPIK_API_KEY"')
    expect(text).toMatch(/not run\n {2}no <such> thing\n {4}trial\/missing/)
    expect(text).toMatch(/✗ does not conform: 1 passed, 2 failed, 1 waived, 1 not run, 1 error in .* seed 3\n$/)
  })

  it('draws progress only where a line can be redrawn', () => {
    const write = (isInteractive: boolean) => {
      let text = ''
      const output = {
        write: (part: string) => void (text += part),
        save: () => undefined,
        appendSummary: undefined,
        folder: undefined,
      }
      const reporter = createReporter('pretty', { ...output, isInteractive, columns: 60, hasColor: false })
      reporter.hear({ type: 'check-started', check: passing })
      reporter.hear({
        type: 'check-finished',
        finished: 1,
        checks: 2,
        result: passed,
      })
      return text
    }
    expect(write(false)).toBe('')
    expect(write(true)).toContain('1/2')
  })
})

describe('the script of a finding', () => {
  const script = '#!/usr/bin/env bash\necho "$API" && curl "x" <<END\n`\nEND\n'
  const told = trial('trial/told', async () => {
    throw new Violation({ expected: 'x', actual: 'y', pointer: null, exchanges: [], script })
  })

  it('is in every report, and stands in the terminal as it is', async () => {
    const report = await verify(await startMockTarget(), { checks: [told], seed: 3 })
    expect(renderReport(report)).toContain(`\n${script}`)
    expect(JSON.parse(renderJson(report))).toMatchObject({ results: [{ verdict: { findings: [{ script }] } }] })
    expect(renderHtml(report)).toContain(`<pre class="script">${escapeMarkup(script)}</pre>`)
    const decoded = renderJunit(report).replaceAll('&#10;', '\n').replaceAll('&lt;', '<').replaceAll('&quot;', '"')
    expect(decoded.replaceAll('&amp;', '&')).toContain(script.trim())
    expect(renderStepSummary(report)).toContain(script.trim())
  })
})

describe('the CTRF report', () => {
  it("keeps to CTRF's schema; what is accepted fails nothing, and what did not run is skipped", async () => {
    const report: unknown = JSON.parse(renderCtrf(await makeReport()))
    expect(validate(report)).toMatchObject({ valid: true })
    const test = (testId: string, status: string): unknown => expect.objectContaining({ testId, status })
    expect(report).toMatchObject({
      results: {
        tests: expect.arrayContaining([
          test('trial/nasty', 'failed'),
          test('trial/missing', 'skipped'),
          test('trial/waived', 'other'),
        ]) as unknown,
      },
    })
  })
})

describe('the JSON report', () => {
  it('keeps to its schema, which knows every field', async () => {
    const isReport = new Ajv2020().addFormat('date-time', true).compile(strict(schema) as object)
    const report: unknown = JSON.parse(renderJson(await makeReport()))
    expect([isReport(report), isReport.errors]).toEqual([true, null])
  })

  it('serves as a baseline', async () => {
    const report = await makeReport()
    expect([...parseBaseline(JSON.parse(renderJson(report)))]).toEqual([
      'trial/nasty',
      'trial/has-a-bug',
      'trial/talkative',
    ])
  })
})

describe('the JUnit report', () => {
  it('is well-formed, counts what ran, and skips only what did not run', async () => {
    const xml = renderJunit(await makeReport())
    expect(xml).toMatch(/<testsuites [^>]*tests="6" failures="2" errors="1" skipped="1"/)
    expect(xml.match(/<skipped /g)).toHaveLength(1)
    expect(xml).toContain('<skipped message="no &lt;such&gt; thing"/>')
    expect(xml).toMatch(/trial\/waived[^>]*>\s*<system-out>waived: we know/)
    expect(xml).not.toContain('\u0001')
    expect(unbalancedTags(xml)).toEqual([])
  })
})

describe('the HTML report', () => {
  it('needs no other file and runs no script', async () => {
    const html = renderHtml(await makeReport())
    expect(html).not.toMatch(/<script|src=|href=(?!"#)|@import|url\((?!#)/)
    expect(html).toContain('prefers-color-scheme:dark')
    expect(html.match(/<svg /g)).toHaveLength(4)
    expect(html).toContain('&lt;tagged&gt;')
    expect(unbalancedTags(html.slice(html.indexOf('<body>')).replace('</html>', ''))).toEqual([])
  })

  it('opens the first failure alone', async () => {
    const html = renderHtml(await makeReport())
    const failures = html.match(/<details class="failure"[^>]*>/g) ?? []
    expect(failures.map((each) => each.includes(' open'))).toEqual([true, false, false])
  })

  it('colours what failed red and what was judged green', async () => {
    const html = renderHtml(await makeReport())
    expect(html).toMatch(/<text class="passed"[^>]*>✓ pairingSession\.activated</)
    expect(html).toMatch(/<text class="not-seen"[^>]*>· nextJob</)
    expect(html).toContain('<td class="failed">✗</td>')
  })
})

describe('the GitHub report', () => {
  it('annotates failures on one line each', async () => {
    const lines = renderAnnotations(await makeReport())
      .trimEnd()
      .split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(/^::error title=trial\/nasty::trial\/nasty holds\.%0Aexpected /)
    expect(lines[3]).toMatch(/^::notice title=Contract checks::.*1 passed, 2 failed, 1 waived, 1 not run, 1 error/)
  })
})

/** The same schema, and no field that it does not name. */
function strict(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(strict)
  if (typeof part !== 'object' || part === null) return part
  const members = Object.entries(part).map(([name, member]) => [name, strict(member)])
  return { ...('properties' in part && { additionalProperties: false }), ...Object.fromEntries(members) }
}

/** Tags that are not closed, or closed without having been opened. */
function unbalancedTags(markup: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  for (const [, close, name = '', attributes = ''] of markup.matchAll(/<(\/?)([a-z]+)((?:"[^"]*"|[^">])*)>/g)) {
    if (attributes.endsWith('/') || ['br', 'wbr', 'meta'].includes(name)) continue
    if (close === '') open.push(name)
    else if (open.pop() !== name) wrong.push(name)
  }
  return [...wrong, ...open]
}
