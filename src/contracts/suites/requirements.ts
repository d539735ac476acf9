/**
 * The requirements: the rules that checks judge, each under an id that keeps its meaning (`requirements.json`). A check is
 * a requirement by itself, in the words of its title, unless it belongs to a family that judges one rule on many values.
 */
import { sinceOf } from '../../kernel/all-operations.js'
import { type Check, describeRule, subjectOf, type Severity } from '../check/check.js'
import frozen from './requirements.json' with { type: 'json' }

/** A rule of the contract, as its checks declare it. */
export interface Requirement {
  /** By what the list of ids knows it: the id of its check, or of its family. */
  readonly of: string
  /** Whether clients break without it (`must`), or get by (`should`). */
  readonly severity: Severity
  /** What it demands. */
  readonly words: string
  /** Where the spec says it. */
  readonly sources: readonly string[]
  /** The version of Opik since which it holds; undefined where it always has. */
  readonly since: string | undefined
  /** Ids of the checks that judge it. */
  readonly checks: readonly string[]
}

/** The members of a family of checks. */
interface Members {
  titles: readonly string[]
  ids: readonly string[]
  /** What the pattern has caught, as a rule an operation. */
  name: string
  severity: Severity
}

interface Family {
  pattern: RegExp
  /** Id of the family; `$1` is what the pattern has caught. */
  of: string
  words: string | ((members: Members) => string)
}

/** Checks of one value that a schema refuses. */
const FIELDS =
  /^negative-input\/(\w+)\.(?:[\w-]+\.)*(?:wrong-type|missing|malformed-\w+|too-\w+|beyond-32-bits|unknown-value|blank|empty|no-number|no-boolean)$/

const families: readonly Family[] = [
  { pattern: /^lifecycle\/(\w+\.\w+\.\w+)/, of: 'lifecycle/$1', words: ({ titles }) => joinTitles(titles) },
  {
    pattern: /^schema\/(\w+)\.\w+$/,
    of: 'schema/$1',
    words({ name, ids }) {
      const statuses = ids.flatMap((id) => /\.(\d{3})$/.exec(id)?.[1] ?? [])
      const answers = `answers ${listOf(statuses, 'and')} with the headers and the body that are declared`
      const keeps = ids.some((id) => id.endsWith('.fields')) ? ', and keeps every field that it is sent' : ''
      return `${name} ${answers}${keeps}.`
    },
  },
  {
    pattern:
      /^negative-input\/(\w+)\.(?:accept|media|body\.(?:untyped|blank|null|missing|malformed-json|wrong-media)$)/,
    of: 'negative-input/$1.whole',
    words: ({ name, titles }) =>
      `A call of ${name} whose Accept, media type or body as a whole is not as declared is ${statusesIn(titles)}.`,
  },
  {
    pattern: FIELDS,
    of: 'negative-input/$1.fields',
    words: ({ name, titles }) =>
      `A call of ${name} with a field or parameter that breaks its schema is ${statusesIn(titles)}.`,
  },
  {
    pattern: /^wire\/slash\./,
    of: 'wire/slash',
    words: ({ severity }) => `A slash at the end of a path changes nothing for ${ofWhom(severity)}.`,
  },
  {
    pattern: /^wire\/location\./,
    of: 'wire/location',
    words: ({ severity }) =>
      `Location is an absolute URI whose last segment is an id of its own for each call of ${ofWhom(severity)}.`,
  },
  {
    pattern: /^wire\/unknown-field\./,
    of: 'wire/unknown-field',
    words: ({ severity }) => `A field that is not known is ignored in the bodies of ${ofWhom(severity)}.`,
  },
  {
    pattern: /^wire\/.*ids-in-capitals$/,
    of: 'wire/ids-in-capitals',
    words: 'Ids may be written in capitals wherever a request has them; answers show them in lower case.',
  },
  {
    pattern: /^pairing\/(?:un)?padded-key$/,
    of: 'pairing/padding-of-key',
    words: 'An activation key may be written with its padding or without.',
  },
  {
    pattern: /^pairing\/key-of-3[13]-bytes$/,
    of: 'pairing/key-length',
    words: 'An activation key of more or fewer than 32 bytes is 400.',
  },
  {
    pattern: /^pairing-crypto\/vector-/,
    of: 'pairing-crypto/vectors',
    words: 'A proof is the HMAC that the published vectors show, for names of any letters; the runner keeps its name.',
  },
  {
    pattern: /^pairing-crypto\/forged-/,
    of: 'pairing-crypto/forged',
    words:
      'A proof made of anything but the key, the session id and the hash of the name is 403 and leaves the session usable.',
  },
  {
    pattern: /^pairing-crypto\/url-safe-/,
    of: 'pairing-crypto/url-safe',
    words: 'A right proof in the URL-safe alphabet is 403, padded or not, and leaves the session usable.',
  },
  {
    pattern: /^pairing-crypto\/(?:un)?padded-proof$/,
    of: 'pairing-crypto/padding-of-proof',
    words: 'A right proof activates the session with its padding or without.',
  },
  {
    pattern: /^heartbeat\/invalid-capability-/,
    of: 'heartbeat/invalid-capability',
    words:
      'A capability that is not made of lower-case letters and underscores alone is 400 and leaves the capabilities as they were.',
  },
  {
    pattern: /^heartbeat\/keeps-capabilities-/,
    of: 'heartbeat/keeps-capabilities',
    words: 'A heartbeat without capabilities, or with an empty list of them, leaves them as they are.',
  },
  {
    pattern: /^job\/carries-inputs-/,
    of: 'job/carries-inputs',
    words: 'Inputs may be any JSON, and come as they were from the request to readers and to the runner.',
  },
  {
    pattern: /^job-reports\/result-/,
    of: 'job-reports/result',
    words: 'The result of a job may be any JSON, and comes back as it was.',
  },
  {
    pattern: /^job-reports\/trace-id-survives/,
    of: 'job-reports/trace-id-survives',
    words: 'A trace id survives a later result or failure that brings none, and the cancellation of its job.',
  },
  {
    pattern: /^bridge\/carries-/,
    of: 'bridge/carries',
    words: 'A command of each type reaches the runner, and its reader, with its type and its args as they were.',
  },
  {
    pattern: /^bridge\/args-/,
    of: 'bridge/args',
    words: 'The args of a command may be any JSON, and reach the runner as they were.',
  },
  {
    pattern: /^bridge\/timeout-/,
    of: 'bridge/timeout',
    words:
      'The timeout of a command is as asked; the default where it is missing or not positive; the longest at most.',
  },
  {
    pattern: /^bridge\/batch-/,
    of: 'bridge/batch',
    words:
      'A poll gets as many commands as it asks for, the oldest first: up to ten where that is missing or not positive, twenty at most.',
  },
  {
    pattern: /^bridge-reports\/(?:result|error)-/,
    of: 'bridge-reports/outcome',
    words: 'The result and the error of a command may be any JSON, null too, and come back as they were.',
  },
  {
    pattern: /^bridge-reports\/duration-(?!alone)/,
    of: 'bridge-reports/duration',
    words: 'The duration of a command is shown as reported, 0 and more than 32 bits hold too.',
  },
  {
    pattern: /^waiting-readers\/time-/,
    of: 'waiting-readers/time',
    words:
      'A reader waits as long as it asks to, 30 s if it does not say, at least 1 s and at most the longest timeout, and then gets the command as it is.',
  },
  {
    pattern: /^time\/(?:completed|failed|cancelled|cancelled-pending|timed-out)-job-expires$/,
    of: 'time/ended-job-expires',
    words: 'A job that has ended, however it did, can be read for its time to live, and is 404 after that.',
  },
  {
    pattern: /^time\/(?:completed|failed|timed-out)-command-expires$/,
    of: 'time/ended-command-expires',
    words: 'A command that has ended, however it did, can be read for its time to live, and is 404 after that.',
  },
  {
    pattern: /^isolation\/(colleague)\./,
    of: 'isolation/colleague',
    words: 'What belongs to a user is for other users of the workspace as if it were not there, and stays as it is.',
  },
  {
    pattern: /^isolation\/(stranger)\./,
    of: 'isolation/stranger',
    words: 'What belongs to a user is for users of other workspaces as if it were not there, and stays as it is.',
  },
  {
    pattern: /^limits\/(args|result|error|checklist)-(?:size|too-large)$/,
    of: 'limits/$1-size',
    words: ({ name }) => `${capital(name)} may be as large as declared; one byte more is 400.`,
  },
  {
    pattern: /^accidents\/\w+\.scalar-of-another-type$/,
    of: 'accidents/scalar-of-another-type',
    words: 'A scalar of another JSON type in a body is 400.',
  },
]

function ofWhom(severity: Severity): string {
  return severity === 'must' ? 'operations on runners, jobs and commands' : 'neighbouring operations'
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

function listOf(items: readonly string[], word: 'and' | 'or'): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${word} ${last}`
}

/** The statuses that titles name, in order. */
function statusesIn(titles: readonly string[]): string {
  const named = titles.flatMap((title) => title.match(/\b[2-5]\d\d\b/g) ?? [])
  return listOf([...new Set(named)].toSorted(), 'or')
}

/** Titles that begin alike as one sentence: `nextJob on a job that is running, ... ; failed, ...`. */
function joinTitles(titles: readonly string[]): string {
  const words = titles.map((title) => title.replace(/\.$/, '').split(' '))
  const [first = []] = words
  const differsAt = first.findIndex((word, at) => words.some((each) => each[at] !== word))
  if (differsAt < 0) return titles[0] ?? ''
  return `${first.slice(0, differsAt).join(' ')} ${words.map((each) => each.slice(differsAt).join(' ')).join('; ')}.`
}

/** The family of a check, with its name filled in; undefined for a check of its own. */
function familyOf(id: string): { of: string; name: string; words: Family['words'] } | undefined {
  for (const { pattern, of, words } of families) {
    const caught = pattern.exec(id)
    if (caught !== null) return { of: of.replace('$1', caught[1] ?? ''), name: caught[1] ?? '', words }
  }
  return undefined
}

/** By what the list of ids knows the rule of a check. */
function nameOf({ id, severity }: Judging): string {
  const { of } = familyOf(id) ?? { of: id }
  // What clients need and what they get by without are two rules.
  return severity === 'should' && SPLIT.has(of) ? `${of}.should` : of
}

/** Families with checks of both severities. */
const SPLIT: ReadonlySet<string> = new Set(['wire/slash', 'wire/location', 'wire/unknown-field'])

/** The part of a check that decides about its requirement. */
export type Judging = Pick<Check, 'id' | 'severity'>

/** The requirements that checks judge, in the order of the checks. */
export function listRequirements(checks: readonly Check[]): readonly Requirement[] {
  const groups = new Map<string, [Check, ...Check[]]>()
  for (const check of checks) {
    const of = nameOf(check)
    const known = groups.get(of)
    if (known === undefined) groups.set(of, [check])
    else known.push(check)
  }
  return [...groups].map(([of, members]) => {
    const sources = [...new Set(members.map(({ rule }) => describeRule(rule)))]
    const since = members.map(sinceWhen)
    return {
      ...{ of, severity: members[0].severity, words: wordsOf(members), sources },
      since: since.includes(undefined) ? undefined : since[0],
      checks: members.map(({ id }) => id),
    }
  })
}

function sinceWhen(check: Check): string | undefined {
  return sinceOf(subjectOf(check))
}

function wordsOf(members: readonly [Check, ...Check[]]): string {
  const [{ id, title, severity }] = members
  const family = familyOf(id)
  if (family === undefined || members.length === 1) return title
  const { words, name } = family
  if (typeof words === 'string') return words
  return words({ name, severity, titles: members.map((each) => each.title), ids: members.map((each) => each.id) })
}

const ids: ReadonlyMap<string, string> = new Map(frozen.map(({ of, id }) => [of, id]))

/** The id of the requirement that a check judges, such as `RUN-004`; undefined for a check of somebody's own. */
export function requirementOf(check: Judging): string | undefined {
  return ids.get(nameOf(check))
}

/** The ids of the requirements that checks judge, by the ids of the checks. */
export function requirementsById(checks: readonly Check[]): ReadonlyMap<string, string> {
  return new Map(
    checks.flatMap((check) => {
      const requirement = requirementOf(check)
      return requirement === undefined ? [] : [[check.id, requirement]]
    }),
  )
}
