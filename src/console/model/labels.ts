/** Times, lengths and names as people read them. */

/** How long something took: `0.4 s`, `12 s`, `3 min`, `2 h`, `5 d`. */
export function duration(ms: number): string {
  if (ms > 0 && ms < 1) return '<1 ms'
  const seconds = Math.max(ms, 0) / 1000
  if (seconds < 0.0995) return `${Math.round(ms)} ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 99.5) return `${Math.round(seconds)} s`
  const minutes = seconds / 60
  if (minutes < 99.5) return `${Math.round(minutes)} min`
  const hours = minutes / 60
  if (hours < 47.5) return `${Math.round(hours)} h`
  return `${Math.round(hours / 24)} d`
}

/** How long ago: `now`, `3 s ago`. */
export function ago(ms: number): string {
  return ms < 1000 ? 'now' : `${duration(ms)} ago`
}

/** The time of day in UTC, with milliseconds when asked for. */
export function clockTime(epoch: number, how: 'seconds' | 'milliseconds' = 'seconds'): string {
  return new Date(epoch).toISOString().slice(11, how === 'seconds' ? 19 : 23)
}

/** The end of an id, which is the part that differs between neighbours. */
export function shortId(id: string): string {
  return id.length > 12 ? `…${id.slice(-8)}` : id
}

/** The last parts of a path say what a call is about. */
const MAX_PARTS = 4

/** A path as lists have room for it: its last parts, and the ids short. */
export function shortPath(path: string): string {
  const parts = path
    .replace(/^\/v1\/private\//, '')
    .replace(/[0-9a-f-]{36}/gi, shortId)
    .split('/')
  return ['…', ...parts.slice(-MAX_PARTS)].join('/')
}

/** `1 job`, `3 jobs`. */
export function many(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** How many of all are shown: `12`, `3 of 12`. */
export function shareText(shown: number, all: number): string {
  return shown === all ? all.toLocaleString('en') : `${shown.toLocaleString('en')} of ${all.toLocaleString('en')}`
}

/** A state or a name from the API as words: `timed_out` is `timed out`. */
export function plain(name: string): string {
  return name.replaceAll('_', ' ')
}
