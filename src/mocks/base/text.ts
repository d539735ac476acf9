/** What follows from a text, and a span of time as text. */

/** A number of 32 bits that follows from a text alone (FNV-1a). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return hash >>> 0
}

/** How long ago something was, rounded for people. */
export function ago(ms: number): string {
  const seconds = Math.max(ms, 0) / 1000
  if (seconds < 90) return `${Number(seconds.toFixed(1))} s ago`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`
  return `${Math.round(seconds / 3600)} h ago`
}
