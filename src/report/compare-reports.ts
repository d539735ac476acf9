/**
 * Compares two runs of the same checks: verdicts, and the exchanges of each check in their order. Ids, times, names of
 * the run, addresses and the words of errors differ in any two runs, so they do not count. It does count when one run
 * gets the same id again and the other gets a new one.
 */
import { UUID } from '../kernel/id-source.js'
import { isObject } from '../kernel/json-value.js'
import { shorten } from '../kernel/printable.js'
import { diffArrays } from 'diff'
import type { OperationId } from '../kernel/operation.js'
import { readBody } from '../kernel/json-text.js'
import type { CheckResult, Exchange, Report, Verdict } from '../generated/kit-schema.js'
import type { Comparison, Difference, DifferingCheck, ExchangePair } from './comparison-document.js'
import { hasFailed } from './report-document.js'

/**
 * Compares two reports whose runs kept their exchanges. Of the checks in `loose` the verdicts alone are compared: what
 * they meet hangs on chance, as where calls overlap or time passes.
 */
export function compareReports(a: Report, b: Report, loose: ReadonlySet<string>): Comparison {
  const others = new Map(b.results.map((result) => [result.id, result]))
  const differing: DifferingCheck[] = []
  const [alike, byVerdict]: [string[], string[]] = [[], []]
  const notCompared: Record<string, string[]> = {}
  for (const result of a.results) {
    const { id, requirement, title, verdict } = result
    const other = others.get(id)
    const reason = reasonNotToCompare(verdict, other?.verdict)
    if (other === undefined || reason !== undefined) {
      ;(notCompared[reason ?? ''] ??= []).push(id)
      continue
    }
    const isWhole = !loose.has(id) && [result, other].every(({ exchanges, requests }) => exchanges.length === requests)
    const pairs = isWhole ? differingPairs(result, other, [a.target.url, b.target.url]) : []
    if (pairs.length > 0 || hasFailed(result) !== hasFailed(other)) {
      const verdicts = { a: verdict, b: other.verdict }
      const [first = { where: 'verdict', a: verdicts.a.kind, b: verdicts.b.kind }] = pairs[0]?.differences ?? []
      differing.push({ id, requirement, title, verdicts, pairs, cause: kindOf(first) })
      continue
    }
    alike.push(id)
    if (!isWhole) byVerdict.push(id)
  }
  const isCut = a.aborted !== null || b.aborted !== null
  const exitCode = isCut ? 2 : differing.length > 0 ? 1 : 0
  return { a, b, differing, alike, byVerdict, notCompared, exitCode }
}

function reasonNotToCompare(a: Verdict, b: Verdict | undefined): string | undefined {
  if (b === undefined) return 'not chosen'
  if (a.kind === 'not-run') return b.kind === 'not-run' ? `on neither: ${a.reason}` : `not on the first: ${a.reason}`
  return b.kind === 'not-run' ? `not on the second: ${b.reason}` : undefined
}

/** The pairs of calls that were answered otherwise; calls that only one of the targets got are among them. */
function differingPairs(a: CheckResult, b: CheckResult, urls: readonly [string, string]): ExchangePair[] {
  const likeness = new Likeness(urls)
  const [left = [], right = []] = [a, b].map(({ exchanges }) =>
    exchanges.toSorted((one, two) => one.number - two.number),
  )
  const [leftKeys, rightKeys] = [left.map(keyOf(urls[0])), right.map(keyOf(urls[1]))]
  const pairs: ExchangePair[] = []
  let [atLeft, atRight] = [0, 0]
  for (const { added, removed, count } of diffArrays(leftKeys, rightKeys)) {
    for (let done = 0; done < count; done++) {
      const one = added ? null : (left[atLeft++] ?? null)
      const other = removed ? null : (right[atRight++] ?? null)
      if (one !== null && other !== null) pairs.push({ a: one, b: other, differences: likeness.compare(one, other) })
      // A call that is repeated until something has come may be repeated more often.
      else if (one !== null && !rightKeys.includes(leftKeys[atLeft - 1] ?? '')) pairs.push(onlyOne(one, null))
      else if (other !== null && !leftKeys.includes(rightKeys[atRight - 1] ?? '')) pairs.push(onlyOne(null, other))
    }
  }
  return pairs.filter(({ differences }) => differences.length > 0)
}

function onlyOne(a: Exchange | null, b: Exchange | null): ExchangePair {
  const tell = (exchange: Exchange | null): string => (exchange === null ? 'not called' : 'called')
  return { a, b, differences: [{ where: 'call', a: tell(a), b: tell(b) }] }
}

/** What makes calls to two targets the same call; what a query asks for may be named after the run. */
function keyOf(base: string): (exchange: Exchange) => string {
  return ({ identity, method, url }) => `${identity} ${method} ${general(url.split('?')[0] ?? '', base).text}`
}

/** In the order of their length, so that a name with an id in it is one name. */
const PASSING = new RegExp(
  [
    'contract-[a-z-]+?-[0-9a-z]{8,}-[0-9a-z]+',
    UUID,
    String.raw`(?<=/by-commit/)[0-9a-f]{8}\b`,
    String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)`,
  ].join('|'),
  'gi',
)

/** A text without what differs from run to run, and the ids in it. */
function general(text: string, base: string): { text: string; ids: string[] } {
  const ids: string[] = []
  const { origin } = new URL(base)
  const shown = text
    .replaceAll(base, '<base>')
    .replaceAll(origin, '<origin>')
    .replaceAll(PASSING, (found) => {
      if (found.toLowerCase().startsWith('contract-')) return `<${found.split('-').slice(0, -2).join('-')}>`
      if (found[4] === '-') return '<time>'
      ids.push(found.toLowerCase())
      return /[A-F]/.test(found) ? '<ID>' : '<id>'
    })
  return { text: shown, ids }
}

/** The author of a resource is another user on each target. */
const OF_THE_CALLER: ReadonlySet<string> = new Set(['created_by', 'last_updated_by', 'user_name', 'workspace_name'])

/** What a workspace has once: checks that run side by side read what others have written. */
const OF_ALL_CHECKS: ReadonlySet<OperationId> = new Set(['getWorkspaceConfiguration'])

/** Lists that say nothing by their order. */
const UNORDERED: ReadonlySet<string> = new Set(['agents', 'cancelled_job_ids', 'capabilities'])

/** Knows which id of the one target stands for which of the other. */
class Likeness {
  private readonly urls: readonly [string, string]
  private readonly forth = new Map<string, string>()
  private readonly back = new Map<string, string>()

  constructor(urls: readonly [string, string]) {
    this.urls = urls
  }

  compare(a: Exchange, b: Exchange): Difference[] {
    // Ids that the checks have made stand for each other, whatever comes back.
    this.areAlike(a.url, b.url)
    this.areAlike(a.requestBody ?? '', b.requestBody ?? '')
    if (a.operation !== null && OF_ALL_CHECKS.has(a.operation)) return []
    if (a.status !== b.status) return [{ where: 'status', a: endOf(a), b: endOf(b) }]
    return [...this.compareHeaders(a, b), ...this.compareBodies(a, b)]
  }

  private compareHeaders(a: Exchange, b: Exchange): Difference[] {
    return Object.entries(TELLING).flatMap(([name, read]) => {
      const [one, other] = [read(a.responseHeaders[name] ?? ''), read(b.responseHeaders[name] ?? '')]
      return this.areAlike(one, other) ? [] : [{ where: `header ${name}`, a: shown(one), b: shown(other) }]
    })
  }

  private compareBodies(a: Exchange, b: Exchange): Difference[] {
    const [one, other] = [a, b].map((each) => readBody(each.responseHeaders, each.responseBody, each.status ?? 0))
    if (one === undefined || other === undefined) return this.compareValues(a.responseBody, b.responseBody, 'body', '')
    // The words of errors are free.
    const isError = (a.status ?? 0) >= 400
    return this.compareValues(isError ? shapeOf(one) : one, isError ? shapeOf(other) : other, 'body ', '')
  }

  private compareValues(a: unknown, b: unknown, where: string, key: string): Difference[] {
    if (typeof a === 'string' && typeof b === 'string') {
      // The id of a version contains its commit.
      const isLike = key === 'commit' ? this.stand(a, b) : this.areAlike(a, b)
      return OF_THE_CALLER.has(key) || isLike ? [] : [{ where, a: shown(a), b: shown(b) }]
    }
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
      const [left, right] = UNORDERED.has(key) ? [this.sorted(a), this.sorted(b)] : [a, b]
      return left.flatMap((item, at) => this.compareValues(item, right[at], `${where}/${at}`, ''))
    }
    if (isObject(a) && isObject(b)) {
      const names = Object.keys(a).map((name) => [name, this.forth.get(name) ?? name] as const)
      const others = Object.keys(b).filter((name) => !names.some(([, other]) => other === name))
      return [...names, ...others.map((name) => [name, name] as const)].flatMap(([name, other]) =>
        this.compareValues(a[name], b[other], `${where}/${name}`, name),
      )
    }
    return Object.is(a, b) ? [] : [{ where, a: shown(a), b: shown(b) }]
  }

  /** A list by the names of its items, or by the ids that they are known to stand for. */
  private sorted(list: readonly unknown[]): unknown[] {
    const nameOf = (item: unknown): string => {
      if (typeof item === 'string') return this.forth.get(item.toLowerCase()) ?? item
      return isObject(item) && typeof item['name'] === 'string' ? item['name'] : ''
    }
    return list.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  }

  /** Whether two texts are the same but for what differs from run to run. */
  private areAlike(a: string, b: string): boolean {
    const [one, other] = [general(a, this.urls[0]), general(b, this.urls[1])]
    return one.text === other.text && one.ids.every((id, at) => this.stand(id, other.ids[at] ?? ''))
  }

  /** Whether an id stands for another; ids that are new do from now on. */
  private stand(a: string, b: string): boolean {
    const known = this.forth.get(a)
    if (known !== undefined || this.back.has(b)) return known === b
    this.forth.set(a, b)
    this.back.set(b, a)
    return true
  }
}

/** Headers that say something about the API, and what of them. */
const TELLING: Readonly<Record<string, (value: string) => string>> = {
  'content-type': (value) => value.split(';')[0]?.trim().toLowerCase() ?? '',
  // Clients read the new id in it; what stands before depends on the way to the server.
  location: (value) => value.split('/').at(-1) ?? '',
  allow: (value) =>
    value
      .split(/\s*,\s*/)
      .toSorted()
      .join(', '),
}

function endOf({ status, failure }: Exchange): string {
  return status === null ? `no answer (${failure ?? 'unknown'})` : String(status)
}

/** An error body without its words; either declared shape is as good. */
function shapeOf(body: unknown): unknown {
  if (!isObject(body)) return body
  const { errors, message } = body
  if (Array.isArray(errors) || typeof message === 'string') return 'an error'
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, Array.isArray(value) ? 'list' : typeof value]),
  )
}

/**
 * What a difference is about, the same for all that have one cause: without ids, times and names of the run.
 */
function kindOf({ where, a, b }: Difference): Difference {
  const toKind = (text: string): string => general(text, 'http://nowhere').text.toLowerCase()
  return { where: where.replaceAll(/\/\d+(?=\/|$)/g, '/*'), a: toKind(a), b: toKind(b) }
}

const MAX_LENGTH = 160

function shown(value: unknown): string {
  if (value === undefined || value === '') return 'nothing'
  return shorten(typeof value === 'string' ? value : JSON.stringify(value), MAX_LENGTH)
}
