/** One failed check for a terminal: the rule, what was expected, what came, where the spec says it, how to repeat it. */
import { describeRule } from '../check/check-rule.js'
import { toCurl, type Exchange } from '../target/recorded-exchange.js'
import type { CheckResult } from '../check/report-model.js'
import { describeOutcome, provenFindings } from './decisive-exchanges.js'
import { createPaint, type Paint } from './colours.js'

const LONGEST_BODY = 600

/** Renders a check that failed or could not be judged. */
export function renderFailure(result: CheckResult, paint: Paint): string {
  const { verdict } = result
  const head = `${paint.red('✗')} ${paint.bold(result.id)} ${paint.dim(`(${result.severity})`)}  ${result.title}`
  const lines = [head, row('rule', describeRule(result.rule), paint)]
  if (verdict.kind === 'error') lines.push(row('error', verdict.message, paint))
  for (const { finding, exchanges } of provenFindings(result)) {
    lines.push(row('expected', paint.green(finding.expected), paint))
    lines.push(row('got', paint.red(finding.actual), paint))
    if (finding.pointer !== null) lines.push(row('spec', finding.pointer, paint))
    for (const exchange of exchanges) lines.push(...renderExchange(exchange, paint))
    if (finding.script !== undefined) lines.push(...renderScript(finding.script, paint))
  }
  return `${lines.join('\n')}\n`
}

/** The same without colours, for messages. */
export function renderPlainFailure(result: CheckResult): string {
  return renderFailure(result, createPaint(false))
}

function row(name: string, text: string, paint: Paint): string {
  return `    ${paint.dim(name.padEnd(9))}${indent(text)}`
}

function renderExchange(exchange: Exchange, paint: Paint): string[] {
  const body = exchange.responseBody
  const shown = body.length > LONGEST_BODY ? `${body.slice(0, LONGEST_BODY)}...` : body
  return [
    `    ${paint.cyan('$')} ${toCurl(exchange)}`,
    `      ${paint.dim(describeOutcome(exchange))}`,
    ...(shown === '' ? [] : [`      ${indent(shown)}`]),
  ]
}

/** Flush with the left margin, so that it can be copied as it is. */
function renderScript(script: string, paint: Paint): string[] {
  return ['', `    ${paint.dim('as a script, to save and run with bash')}`, script.trimEnd()]
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n             ')
}
