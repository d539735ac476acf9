// `verify --compare`: runs two targets and shows where they differ, on the terminal and as one page.
import type { Comparison } from '../contracts/check/comparison.js'
import { renderComparisonHtml, renderComparison } from '../contracts/report/comparison-report.js'
import { createPaint } from '../contracts/report/pretty-reporter.js'
import type { ReporterOutput } from '../contracts/report/reporter.js'
import { createProgressReporter } from '../contracts/report/terminal-reporter.js'
import { compare, type VerifyOptions } from '../contracts/run/verify.js'
import type { Target } from '../contracts/target/target.js'

interface ComparedTargets {
  target: Target
  other: Target
  options: VerifyOptions
  output: ReporterOutput
}

/** Returns the exit code. */
export async function runCompare({ target, other, options, output }: ComparedTargets): Promise<Comparison['exitCode']> {
  const progress = createProgressReporter(output)
  const { waivers: _waivers, ...rest } = options
  const comparison = await compare(target, other, { ...rest, onEvent: (event) => progress.hear(event) })
  output.write(renderComparison(comparison, createPaint(output.hasColor), output.folder))
  if (output.folder !== undefined) output.save('compare.html', renderComparisonHtml(comparison))
  return comparison.exitCode
}
