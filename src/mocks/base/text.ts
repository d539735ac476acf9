/** A span of time as text. */

/** How long ago something was, rounded for people. */
export function ago(ms: number): string {
  const seconds = Math.max(ms, 0) / 1000
  if (seconds < 90) return `${Number(seconds.toFixed(1))} s ago`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`
  return `${Math.round(seconds / 3600)} h ago`
}
