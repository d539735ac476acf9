/** The tools that judge: verify a server, explain a rule or a verdict, judge recorded traffic. */
import { verify } from '../../contracts/run/verify.js'
import { verifyDocument } from '../../report/verify-document.js'
import { adminClock, readAdminLimits } from '../../contracts/target/target-admin.js'
import { resolveLimits } from '../../contracts/target/target.js'
import { judgeAligned, readRecording, type Recording } from '../../contracts/watch/judge-recording.js'
import { requirementsOfRule } from '../../contracts/watch/verdict.js'
import { ExplainInput, JudgeRecordingInput, VerifyServerInput } from '../../generated/kit-mcp.js'
import { requestSchemas } from '../../generated/request-schemas.js'
import { isOperationId } from '../../kernel/operation.js'
import { nearest } from '../../kernel/problem.js'
import { omitUndefined } from '../../mocks/base/omit-undefined.js'
import { isFailure, nextOf, type ReportDocument } from '../../report/report-document.js'
import { createPaint, renderCase, renderReport, renderTerminal } from '../../report/text-report.js'
import { readRecordingFile } from '../files/recording-file.js'
import { showJudgement, verdictCase, watchDocument } from '../watch/watch-document.js'
import { findOperation } from './package-pages.js'
import { describeRequirement, ofChecks, requirementIds } from './requirement-list.js'
import { type McpSession, defineTool } from './tool.js'

const PLAIN = createPaint(false)
/** Where the whole report of the last run is. */
export const REPORT_URI = 'opik-runner-kit://report'
/** Real seconds of waiting: a client gives up on a tool after a minute. */
const USUAL_WAIT_SECONDS = 10

export const verifyServer = defineTool(
  { name: 'verify_server', title: 'Verify a server', form: VerifyServerInput, hints: { openWorldHint: true } },
  async (session, input, { signal, progress }) => {
    const { url, admin, admin_token: token, api_key, workspace, checks: only, max_wait_seconds, ...rest } = input
    const declared = admin === undefined ? {} : await readAdminLimits(admin, { token })
    const clock = admin === undefined ? undefined : adminClock(admin, { token })
    const target = { url, limits: resolveLimits(declared), ...omitUndefined({ apiKey: api_key, workspace, clock }) }
    const report = await verify(target, {
      ...omitUndefined({ only, ...rest }),
      maxWaitSeconds: max_wait_seconds ?? USUAL_WAIT_SECONDS,
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
  if (failure === undefined) return document.outcome.isGood ? 'nothing to fix.' : 'read the outcome above.'
  const rule = failure.requirements[0] ?? failure.id
  return `${nextOf(document) ?? 'fix it'}; explain {"id": "${rule}"}; then verify_server with checks ["${failure.id}"].`
}

export const explain = defineTool(
  { name: 'explain', title: 'Explain a requirement or a verdict', form: ExplainInput, hints: { readOnlyHint: true } },
  async ({ lastReport, lastVerdicts }, { id, page }, { signal }) => {
    const ids = new Set([id, ofChecks.get(id) ?? '', ...requirementsOfRule(id, undefined)])
    const told = await Promise.all(
      [...ids].map(async (each) => findOperation(each) ?? describeRequirement(each, signal)),
    )
    const entries = told.filter((each) => each !== undefined)
    const body = isOperationId(id) ? requestSchemas[id] : undefined
    if (body !== undefined) entries.push(`body: ${JSON.stringify(body)}`)
    const cases = [...(lastReport === undefined ? [] : verifyDocument(lastReport).cases), ...lastVerdicts]
    const own = cases.filter((each) => each.id === id || each.requirements.includes(id))
    const found = own.map((each) => (each.details.length > 0 ? renderCase(each) : `${each.id}: ${each.label}`))
    if (entries.length + found.length === 0) {
      const near = nearest(id, [...requirementIds, ...ofChecks.keys()])
      const meant = near === undefined ? 'opik-runner-kit://requirements lists them.' : `Did you mean "${near}"?`
      throw new Error(`'id' cannot be "${id}": no requirement, check, operation or broken rule has it. ${meant}`)
    }
    const last = found.length === 0 ? [] : ['found here last:', ...found]
    const next = isOperationId(id)
      ? `call_operation {"operation": "${id}", ...}; opik-runner-kit://lifecycle says what it does in each state.`
      : [...ids].some((each) => each.startsWith('CON-'))
        ? 'judge_recording judges clients by it.'
        : `verify_server with checks ["${id}"] judges a server by it, and shows its calls.`
    return { text: [...entries, ...last].join('\n\n'), page, next }
  },
)

export const judgeRecording = defineTool(
  { name: 'judge_recording', title: 'Judge a recording', form: JudgeRecordingInput, hints: { readOnlyHint: true } },
  async (session, { recording: text, file, side = 'both', starts_empty: startsEmpty = false, page }) => {
    const recording = await readGiven(session, text, file)
    const sides = side === 'both' ? (['server', 'client'] as const) : [side]
    const judgement = judgeAligned([recording], { startsEmpty, sides })
    const byId = new Map(recording.exchanges.map((exchange) => [exchange.id, exchange]))
    const subject = file ?? session.apiUrl
    const view = { begin: recording.exchanges[0]?.at_start_ns ?? 0, subject, sources: [{ name: subject, byId }] }
    const shown = showJudgement(judgement, view)
    session.lastVerdicts = shown.verdicts.map((verdict) => verdictCase(verdict, view))
    const [worst] = session.lastVerdicts
    const rule = worst?.requirements[0] ?? worst?.id
    const next = worst === undefined ? 'nothing to fix.' : `fix first: ${worst.id}; explain {"id": "${rule}"}.`
    return { text: renderReport(watchDocument(shown, view), PLAIN), page, next }
  },
)

/** @throws Error for a file that this client may not read, KitError for an invalid recording */
async function readGiven(session: McpSession, text: string | undefined, file: string | undefined): Promise<Recording> {
  if (text !== undefined) return readRecording(text)
  if (file === undefined) return session.mock.journal.recording()
  if (session.isLocal) return readRecordingFile(file)
  throw new Error("'file' cannot be used here: files are read over stdio alone. Send the text as 'recording'.")
}
