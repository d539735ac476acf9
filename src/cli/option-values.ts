/**
 * What options take: whole numbers, ports, seconds, and lists with commas; Commander prints what is wrong with a value. And
 * the options about a recording, which several commands have.
 */
import { InvalidArgumentError, Option } from 'commander'

export function toCount(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number.')
}

export function toPositive(text: string): number {
  const count = toCount(text)
  if (count > 0) return count
  throw new InvalidArgumentError('Give a whole number of at least 1.')
}

/** A TCP port, 0 for any free one. */
export function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Expected a port from 0 to 65535.')
}

/** Seconds of a day at most, also in fractions. */
export function toSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (seconds <= 86_400) return seconds
  throw new InvalidArgumentError('Expected a number of seconds up to 86400.')
}

/** Seconds of a day at most, and more than none. */
export function toSomeSeconds(text: string): number {
  const seconds = toSeconds(text)
  if (seconds > 0) return seconds
  throw new InvalidArgumentError('Expected a number of seconds above 0, up to 86400.')
}

/** Texts that are separated by commas, behind those that were given before. */
export function collect(text: string, previous: readonly string[] = []): string[] {
  return [...previous, ...text.split(',').map((part) => part.trim())].filter((part) => part !== '')
}

export function collectNamed<Name extends string>(what: string, names: readonly Name[]) {
  return (text: string, previous: readonly Name[] = []): Name[] => {
    const named = collect(text).map((name) => {
      const known = names.find((each) => each === name)
      if (known === undefined) throw new InvalidArgumentError(`Known ${what}: ${names.join(', ')}.`)
      return known
    })
    return [...previous, ...named]
  }
}

export function recordingOut(what: string): Option {
  const form = 'as a recording, for watch; as HAR when named *.har, gzipped when *.gz'
  return new Option('--recording-out <file>', `keep ${what} ${form}`)
}

export function keepKeys(): Option {
  return new Option('--keep-keys', 'with --recording-out: keep activation keys, which a replay needs')
}
