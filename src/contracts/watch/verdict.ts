/**
 * What comes of judging traffic: verdicts, each with the requirements that its rule stands for, the quirks that were seen, and
 * how much could be judged at all.
 */
import type { QuirkId } from '../check/seen-quirks.js'
import { findRole } from '../../lifecycle/roles.js'
import type { StoryCall } from '../../lifecycle/traffic/observed-call.js'
import requirements from '../check/requirements.json' with { type: 'json' }

/** Which exchange it is. */
export interface ExchangePlace {
  /** Which recording it is in, of those that are judged together, counted from 0. */
  readonly recording: number
  /** Its id there. */
  readonly id: number
}

/** An exchange that matters to a verdict. */
export interface StoryLine extends ExchangePlace {
  /** Operation and status, for people. */
  readonly what: string
}

/** Something that no server, or no client, may do. */
export interface Verdict {
  /** Which rule is broken, `area/what`; stable. */
  readonly rule: string
  /** Frozen ids of the requirements that it stands for, as in docs/requirements.md. */
  readonly requirements: readonly string[]
  /** `must`: others rely on it. `should`: good manners. */
  readonly severity: 'must' | 'should'
  /** Who broke it. */
  readonly side: 'server' | 'client'
  /** The exchanges that show it, the decisive one first. */
  readonly at: readonly ExchangePlace[]
  readonly expected: string
  readonly actual: string
  /** The exchanges that matter, in their order: without any of them it would prove nothing. */
  readonly story: readonly StoryLine[]
}

/** A quirk of today's servers, or a race of one, that was seen. */
export interface QuirkSeen {
  readonly id: QuirkId
  /** The exchanges that brought it about or show it, the last one first. */
  readonly at: readonly ExchangePlace[]
  /** `seen`: an answer shows it. `possible`: what brings it about has happened, and no answer has told yet. */
  readonly how: 'seen' | 'possible'
}

/** How much could be judged. */
export interface JudgedCounts {
  /** All exchanges. */
  readonly exchanges: number
  /** Answers that were compared with the known state; where clients alone are judged, their calls. */
  readonly judged: number
  /** Answers of which only the form could be judged, since what they are about is not known or too entangled. */
  readonly unknown: number
  /** Exchanges that are not judged: operations around runners, and callers whom the server refused. */
  readonly skipped: number
  /** Verdicts that are not told, since a caller has broken one rule often, or there are too many. */
  readonly untold: number
}

/** A verdict by the ids of the exchanges that are observed. */
export interface Finding extends Omit<Verdict, 'at' | 'story'> {
  readonly at: readonly number[]
  readonly story: readonly StoryCall[]
}

/** Runners, jobs, commands and callers, as the checks of the model play them. */
const MODEL = {
  job: 'MODEL-001',
  bridgeCommand: 'MODEL-002',
  runner: 'MODEL-003',
  pairingSession: 'MODEL-003',
} as const

const ofOthers: Readonly<Record<string, readonly string[]>> = {
  'answer/error': ['WIRE-010', 'INPUT-208'],
  'answer/header': ['WIRE-011'],
  'answer/media': ['SYS-003'],
  'heartbeat/announces': ['BEAT-009', 'BEAT-014', 'RACE-011'],
  'ids/new': ['WIRE-007', 'RACE-014'],
  'ids/unknown': ['LIFE-007', 'LIFE-052', 'ISO-001'],
  'page/filter': ['RUN-003', 'RUN-004', 'PAGE-008'],
  'page/jobs': ['PAGE-001', 'PAGE-002', 'ORDER-004'],
  'page/number': ['PAGE-004'],
  'page/once': ['PAGE-001', 'PAGE-011'],
  'page/order': ['ORDER-004', 'ORDER-009'],
  'page/runners': ['PAGE-011', 'ORDER-009', 'ISO-005'],
  'page/size': ['PAGE-006', 'PAGE-007'],
  'poll/held': ['POLL-003', 'POLL-015', 'WAIT-009'],
  'poll/late': ['POLL-001', 'POLL-013', 'WAIT-001'],
  'rate/commands': ['LIMIT-015', 'LIMIT-016'],
  'runner/slot': ['SLOT-001', 'RACE-013'],
}

const FORM = ['schema/*']
/** Rules that stand for what the schema of an operation says: the families of its checks. */
const OF_SCHEMA: Readonly<Record<string, readonly string[]>> = {
  'answer/body': FORM,
  'answer/header': FORM,
  'answer/media': FORM,
  'answer/status': FORM,
  'answer/times': FORM,
  'refusal/missing': ['negative-input/*.fields', 'negative-input/*.whole'],
  'refusal/reason': FORM,
}

const ids: ReadonlyMap<string, string> = new Map(requirements.map(({ id, of }) => [of, id]))

/** The rules that a judge may name besides `model/<operation>`. */
export const otherRules: readonly string[] = [...new Set([...Object.keys(ofOthers), ...Object.keys(OF_SCHEMA)])]

/** The ids for a verdict by a rule about an operation's answer. */
export function requirementsOfRule(rule: string, operation = ''): readonly string[] {
  const ofOperation = (OF_SCHEMA[rule] ?? []).flatMap((family) => ids.get(family.replace('*', operation)) ?? [])
  const [area, name = ''] = rule.split('/')
  const own = area === 'model' ? ofModel(name) : (ofOthers[rule] ?? [])
  return [...ofOperation, ...own]
}

/** What the lifecycle says of the operation in each state, and the checks of the model. */
function ofModel(operation: string): readonly string[] {
  const role = findRole(operation)
  if (role === undefined) return []
  const machine = role.creates ?? role.handsOut ?? (role.lists === 'job' ? role.lists : role.machine)
  const ofStates = requirements.filter(({ of }) => of.startsWith('lifecycle/') && of.endsWith(`.${operation}`))
  return [...ofStates.map(({ id }) => id), MODEL[machine]]
}
