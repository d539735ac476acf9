/** placeholder */
import type { Report } from '../report-model.js'
export function renderHtml(report: Report): string {
  return JSON.stringify(report)
}
