/** The tools that judge: verify a server, explain a rule or a verdict, judge recorded traffic. */
import { verify } from '../../contracts/run/verify.js'
import { verifyDocument } from '../../contracts/report/verify-document.js'
import { checks } from '../../contracts/suites/all-checks.js'
import { requirementsById } from '../../contracts/suites/requirements.js'
import { adminClock, readAdminLimits } from '../../contracts/target/target-admin.js'
import { resolveLimits } from '../../contracts/target/target.js'
import { judgeAligned, readRecording, type Recording } from '../../contracts/watch/judge-recording.js'
import { requirementsOfRule } from '../../contracts/watch/rule-requirements.js'
import { ExplainInput, JudgeRecordingInput, VerifyServerInput } from '../../generated/kit-mcp.js'
import { requestSchemas } from '../../generated/request-schemas.js'
import { isOperationId } from '../../kernel/operation.js'
import { nearest } from '../../kernel/problem.js'
import { present } from '../../mocks/base/words.js'
import { isFailure, nextOf, type ReportDocument } from '../../report/report-document.js'
import { createPaint, renderCase, renderReport, renderTerminal } from '../../report/text-report.js'
import { readRecordingFile } from '../files/recording-file.js'
import { showJudgement } from '../watch/shown-verdict.js'
import { verdictCase, watchDocument } from '../watch/watch-document.js'
import { findOperation, findRequirement, requirementIds } from './package-pages.js'
import type { McpSession } from './session.js'
import { ToolError } from './tool-error.js'
import { defineTool } from './tool.js'

const PLAIN = createPaint(false)
/** Where the whole report of the last run is. */
export const REPORT_URI = 'opik-runner-kit://report'
/** Real seconds of waiting: a client gives up on a tool after a minute. */
const USUAL_WAIT_SECONDS = 10

export const verifyServer = defineTool(
  { name: 'verify_server', title: 'Verify a server', form: VerifyServerInput, isOpenWorld: true },
  async (session, input, { signal, progress }) => {
    const {
      url,
      admin,
      admin_token: token,
      api_key: apiKey,
      workspace,
      suites,
      areas,
      checks: only,
      bail,
      strict,
      seed,
    } = input
    const declared = admin === undefined ? {} : await readAdminLimits(admin, { token })
    const clock = admin === undefined ? undefined : adminClock(admin, { token })
    const target = { ...present({ url, apiKey, workspace, clock }), url, limits: resolveLimits(declared) }
    const options = present({ suites, areas, only, bail, strict, seed })
    const report = await verify(target, {
      ...options,
      maxWaitSeconds: input.max_wait_seconds ?? USUAL_WAIT_SECONDS,
      signal,
      onEvent(event) {
        if (event.type === 'check-finished') progress(event.finished, event.checks, event.result.id)
      },
    })
    session.lastReport = report
    const document = verifyDocument(report)
    const text = renderTerminal(document, PLAIN, { columns: Infinity, file: REPORT_URI })
    return { text, rest: `all of it is in ${REPORT_URI}`, next: nextStep(document) }
  },
)

function nextStep(document: ReportDocument): string {
  const failure = document.cases.find(isFailure)
  if (failure === undefined)
    return document.outcome.isGood ? 'nothing to fix; other suites, or strict.' : 'read the outcome above.'
  const id = failure.requirements[0] ?? failure.id
  return `${nextOf(document) ?? 'fix it'}; explain {"id": "${id}"} shows its rule and calls; then verify_server with checks ["${failure.id}"].`
}

export const explain = defineTool(
  { name: 'explain', title: 'Explain a requirement or a verdict', form: ExplainInput, isReadOnly: true },
  ({ lastReport, lastVerdicts }, { id, page }) => {
    const ofChecks = requirementsById(checks)
    const ids = [id, ofChecks.get(id) ?? '', ...requirementsOfRule(id, undefined)]
    const operation = findOperation(id)
    const body = isOperationId(id) ? requestSchemas[id] : undefined
    const rows =
      operation === undefined ? [] : [operation, ...(body === undefined ? [] : [`body: ${JSON.stringify(body)}`])]
    const entries = [...rows, ...[...new Set(ids)].flatMap((each) => findRequirement(each) ?? [])]
    const isMeant = (each: { id: string; requirements: readonly string[] }): boolean =>
      each.id === id || each.requirements.includes(id)
    const results = (lastReport === undefined ? [] : verifyDocument(lastReport).cases).filter(isMeant)
    const found = [
      ...results.map((each) =>
        isFailure(each)
          ? renderCase(each)
          : `${each.id}: ${each.label}${each.reason === undefined ? '' : `, ${each.reason}`}`,
      ),
      ...lastVerdicts.filter(isMeant).map((each) => renderCase(each)),
    ]
    if (entries.length === 0 && found.length === 0) {
      const near = nearest(id, [...requirementIds(), ...ofChecks.keys()])
      const meant = near === undefined ? '' : ` Did you mean "${near}"?`
      throw new ToolError(
        `'id' cannot be "${id}": no requirement, check, operation or broken rule has it.${meant} The resource opik-runner-kit://requirements lists them.`,
      )
    }
    const told = found.length === 0 ? [] : ['found here last:', ...found]
    const next = results.some(isFailure)
      ? `fix the server, then verify_server with checks ["${id}"].`
      : operation !== undefined
        ? `call_operation {"operation": "${id}", ...}; the resource opik-runner-kit://lifecycle says what it does in each state.`
        : `verify_server with checks ["${id}"] judges a server by it; in the curl command $API is its URL.`
    return { text: [...entries, ...told].join('\n\n'), page, next }
  },
)

export const judgeRecording = defineTool(
  { name: 'judge_recording', title: 'Judge a recording', form: JudgeRecordingInput, isReadOnly: true },
  async (session, { recording: text, file, side = 'both', starts_empty: startsEmpty = false, page }) => {
    const recording = await readGiven(session, text, file)
    const sides = side === 'both' ? (['server', 'client'] as const) : [side]
    const judgement = judgeAligned([recording], { startsEmpty, sides })
    const byId = new Map(recording.exchanges.map((exchange) => [exchange.id, exchange]))
    const shown = showJudgement(judgement, [{ name: file ?? '', byId }])
    const begin = recording.exchanges[0]?.at_start_ns ?? 0
    const frame = { begin, hasMany: false, subject: file ?? (text === undefined ? session.apiUrl : 'the recording') }
    session.lastVerdicts = shown.verdicts.map((verdict) => verdictCase(verdict, frame))
    const [worst] = session.lastVerdicts
    const next =
      worst === undefined
        ? 'nothing to fix.'
        : `fix first: ${worst.id}; explain {"id": "${worst.requirements[0] ?? worst.id}"} shows its rule.`
    return { text: renderReport(watchDocument(shown, frame), PLAIN), page, next }
  },
)

/** @throws ToolError for a file that this client may not have read, KitError for what is no recording */
async function readGiven(session: McpSession, text: string | undefined, file: string | undefined): Promise<Recording> {
  if (text !== undefined && file !== undefined)
    throw new ToolError("'recording' and 'file' exclude each other: give one of them.")
  if (text !== undefined) return readRecording(text)
  if (file === undefined) return session.mock.journal.recording()
  if (!session.isLocal) throw new ToolError("'file' is read over stdio alone: send the text as 'recording'.")
  return readRecordingFile(file)
}
