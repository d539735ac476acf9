/** How suites declare their checks: by their place in the contract, and by what each does, often a story. */
import { isOperationId, type OperationId } from '../../../kernel/operation.js'
import { machines, settingDefaults, type MachineName, type Rule } from '../../../lifecycle/table.js'
import {
  type Check,
  type CheckDefinition,
  type CheckNeeds,
  type CheckRule,
  createCheck,
  isOfBridge,
  type Severity,
  takes,
} from '../../check/check.js'
import type { Context, RunnerHandle } from '../../check/context.js'
import { areRequests, type LinePart, sendLines } from '../../check/request-lines.js'
import type { Limits } from '../../target/target.js'
import { isDecided } from '../../../lifecycle/roles.js'
import { lapsedSeconds, overdueSeconds, reaperSeconds } from '../../check/check-steps.js'
import type { CallStep, HangUpStep, PassStep, StoryStep } from '../../model/play-steps.js'

/**
 * What a check of checksOn does. One that takes a runner gets a connected one with the agent echo, and one that takes an id as
 * well that of a pending job; a check of bridge commands gets a connect runner and a pending command.
 */
type CheckSteps = (context: Context, runner: RunnerHandle, jobOrCommandId: string) => Promise<unknown>

/** Adds a check, whose name is `id: title`, or `id [place]: title` where its place differs from that of the checks around it. */
interface AddCheck {
  (...named: Named): void
  /** One whose name is the first line, and the rest the story that it plays, or the requests that it sends. */
  (...told: Told): void
}

/** What stands in a story for a body, or for words; in requests for a value, or alone in the first line for the scene. */
type StoryPart = string | number | object | LinePart

type Named = [name: string, steps: CheckSteps]
type Told = [texts: TemplateStringsArray, ...parts: readonly StoryPart[]]

const isNamed = (told: Named | Told): told is Named => typeof told[0] === 'string'

class ByLimits {
  readonly make: (limits: Limits) => string | number | object

  constructor(make: ByLimits['make']) {
    this.make = make
  }
}

/** A part of a story that the limits of the target make. */
export const by = (make: ByLimits['make']): ByLimits => new ByLimits(make)

/** What a check is called and does, and the seconds that its story takes. */
function readStory(...[raw, ...parts]: Told): [...Named, seconds?: Seconds] {
  const isText = (part: StoryPart): part is string | number => typeof part === 'string' || typeof part === 'number'
  const text = String.raw({ raw }, ...parts.map((part, at) => (isText(part) ? part : `$${at + 1}`)))
  const [name = '', ...lines] = text.split('\n')
  if (areRequests(lines)) return [name, (context) => sendLines(context, lines, parts)]
  const story = lines.join(' ').trim()
  const partsFor = (limits: Limits): StoryPart[] =>
    parts.map((part) => (part instanceof ByLimits ? part.make(limits) : part))
  const seconds = (limits: Limits): number => secondsIn(readSteps(story, limits, partsFor(limits)), limits)
  const play = (context: Context): Promise<void> => {
    const made = partsFor(context.limits).map((part): unknown =>
      typeof part === 'function' ? part(context, {}) : part,
    )
    return playStory(context, story, ...made)
  }
  return seconds(settingDefaults()) > 0 ? [name, play, seconds] : [name, play]
}

/** The seconds that steps let pass; what has timed out ends when the reaper comes round. */
export function secondsIn(steps: readonly StoryStep[], limits: Limits): number {
  const hasCommand = steps.some(({ on }) => on === 'createBridgeCommand')
  const timeout = reaperSeconds(limits) + (hasCommand ? overdueSeconds(limits) : 0)
  const spans = steps.map((step) => (step.on !== 'pass' ? 0 : step.seconds === 'timeout' ? timeout : step.seconds))
  return spans.reduce((sum, seconds) => sum + seconds, 0)
}

const isAlone = (steps: CheckSteps): steps is (context: Context) => Promise<unknown> => steps.length < 2

function toRun(steps: CheckSteps, rule: CheckRule): CheckDefinition['run'] {
  const isBridge = isOfBridge(rule)
  return async (context) => {
    if (isAlone(steps)) return void (await steps(context))
    const runner = await context.pair(isBridge ? { type: 'connect' } : { agents: ['echo'] })
    const work = (): Promise<string> => (isBridge ? runner.submit() : runner.createJob())
    await steps(context, runner, steps.length < 3 ? '' : await work())
  }
}

/**
 * Says where the checks that follow stand in the contract, and what they need, or just the seconds that they take. Those of a
 * story are read off it, where none are said.
 */
type MoveOn = (place: string, needs?: CheckNeeds | Seconds) => void

type Seconds = (limits: Limits) => number

type Collect = (it: AddCheck, at: MoveOn) => void

const NAME = /^(\S+?)(?: \[(.*?)\])?: (.*)$/

/**
 * Declares checks of a place in the contract, which is named by words in this order, each of them optional: an operation;
 * a machine of the lifecycle; the event that moves it, unless that is the operation; a state; `->` and the next state; a
 * section of the introduction; `should`; `race`; `shared`. `field:` goes before a field of the request. What a check names in brackets comes on top.
 * @throws Error for a word that names no part of the contract
 */
export function checksOn(place: string, ...more: [needs: CheckNeeds, collect: Collect] | [collect: Collect]): Check[] {
  const [needs, collect] = more.length === 1 ? [{}, more[0]] : more
  const checks: Check[] = []
  let around = { place: readPlace(place), needs }
  const add = (name: string, steps: CheckSteps, seconds?: Seconds): void => {
    const [, id = '', where = '', title = ''] = NAME.exec(name) ?? []
    const { severity = 'must', race = false, isShared = false, ...words } = { ...around.place, ...readPlace(where) }
    const rule = toRule(words)
    const run = toRun(steps, rule)
    const needs = seconds === undefined ? around.needs : { clock: { seconds }, ...around.needs }
    checks.push(createCheck({ id, title, rule, severity, race, isShared, needs, run }))
  }
  const it: AddCheck = (...told: Named | Told) => add(...(isNamed(told) ? told : readStory(...told)))
  collect(it, (next, nextNeeds = {}) => {
    around = { place: readPlace(next), needs: typeof nextNeeds === 'function' ? takes(nextNeeds) : nextNeeds }
  })
  return checks
}

interface Place {
  operation?: OperationId
  machine?: MachineName
  event?: string
  from?: string
  to?: string
  section?: string
  field?: string
  severity?: Severity
  race?: boolean
  isShared?: boolean
}

function readPlace(text: string): Place {
  const place: Place = {}
  let isNext = false
  for (const word of text.split(' ').filter((each) => each !== '')) {
    if (word === '->') isNext = true
    else if (word === 'should' || word === 'must') place.severity = word
    else if (word === 'race') place.race = true
    else if (word === 'shared') place.isShared = true
    else if (word.startsWith('field:')) place.field = word.slice('field:'.length)
    else if (isMachineName(word)) place.machine = word
    else if (isOperationId(word) && place.machine === undefined) place.operation = word
    else if (isOperationId(word) || word.includes('.')) place.event = word
    else if (/^[A-Z]/.test(word)) place.section = word
    else if (isNext) place.to = word
    else place.from = word
  }
  return place
}

function isMachineName(word: string): word is MachineName {
  return Object.hasOwn(machines, word)
}

function toRule({ event, ...place }: Omit<Place, 'severity' | 'race' | 'isShared'>): CheckRule {
  const { operation, machine, from, to } = place
  const { rules, states }: { rules: readonly Rule[]; states: object } =
    machine === undefined ? { rules: [], states: {} } : machines[machine]
  for (const state of [from, to]) {
    if (state !== undefined && !Object.hasOwn(states, state)) throw new Error(`There is no state ${state} here.`)
  }
  const on = event ?? rules.find((rule) => rule.on === operation)?.on
  return { ...place, ...(on !== undefined && { on }) }
}

/** A pairing, and what makes its runner take work. */
const PAIRINGS: Readonly<Record<string, readonly string[]>> = {
  pair: ['createPairingSession', 'activatePairingSession', 'registerAgents'],
  'pair-connect': ['createPairingSession type=connect', 'activatePairingSession', 'heartbeat declares=bridge'],
}

/** Spans by their names: one at whose end a runner is surely connected, the rest of its life without a heartbeat, both. */
const SPANS: Readonly<Record<string, (limits: Limits) => number>> = {
  soon: ({ heartbeat_ttl_seconds }) => 0.6 * heartbeat_ttl_seconds,
  rest: ({ heartbeat_ttl_seconds }) => 0.4 * heartbeat_ttl_seconds + 1,
  lapse: lapsedSeconds,
}

/**
 * Plays a story, whose answers must be those of the rules. Its steps stand between commas: `pair`, `2: pair-connect`,
 * `createJob`, `cancelJob 1`, `colleague 2: heartbeat declares=bridge`, `createJob $1`. Each names who calls, unless it is the
 * main identity, the number of its runner, unless it is the first, an operation, the number of a job or command of that
 * runner, facts or parameters of the request, and one of the parts as its body; what is created has the fields of its body
 * besides the usual ones. `createJob x3` is made three times, `createJob queue=full` until one is refused;
 * `elsewhere 2: pair` pairs in another project. `pass 30` lets seconds pass, `pass kept 30` with a heartbeat now and then,
 * `pass lapse` a span, `pass timeout` what the first command, or job, has once it was handed out.
 * `hang-up nextJob` ends a call that waits. `cancelJob 1 =204` must be answered so. `cancelJob 1 & nextJob` are called at once: what is right from then on is what some
 * order of the calls explains.
 */
export async function playStory(context: Context, text: string, ...parts: readonly unknown[]): Promise<void> {
  // Loaded when it is first needed.
  const { playSteps } = await import('../../model/play-steps.js')
  await playSteps(context, readSteps(text, context.limits, parts))
}

/** The steps of a story. */
export function readSteps(text: string, limits: Limits, parts: readonly unknown[]): StoryStep[] {
  const told = text.replaceAll(/\$(\d+)/g, (word, number) => {
    const part = parts[Number(number) - 1]
    return typeof part === 'string' || typeof part === 'number' ? String(part) : word
  })
  return told.split(/,\s+/).flatMap((step): StoryStep[] => {
    const calls = step.split(/\s+&\s+/).flatMap((each) => readCalls(each, limits, parts))
    return step.includes('&') ? [{ on: 'together', steps: calls.filter((each) => 'caller' in each) }] : calls
  })
}

/** The steps that some words say. */
function readCalls(step: string, limits: Limits, parts: readonly unknown[]): (CallStep | PassStep | HangUpStep)[] {
  const words = step.split(/\s+/)
  const times = Number(/^x(\d+)$/.exec(words.at(-1) ?? '')?.[1] ?? 1)
  const pairing = PAIRINGS[words.at(-1) ?? '']
  const calls =
    pairing?.map((each) => [...words.slice(0, -1), ...each.split(' ')]) ?? Array<string[]>(times).fill(words)
  return calls.map((each) => readStep(each, parts, limits))
}

function readStep(
  words: readonly string[],
  bodies: readonly unknown[],
  limits: Limits,
): CallStep | PassStep | HangUpStep {
  if (words[0] === 'pass') {
    const span = words.at(-1) ?? ''
    const seconds = span === 'timeout' ? span : (SPANS[span]?.(limits) ?? Number(span))
    return { on: 'pass', seconds, isKept: words.includes('kept') }
  }
  if (words[0] === 'hang-up') {
    const call = readStep(words.slice(1), bodies, limits)
    if ('caller' in call) return { on: 'hangUp', call }
  }
  const on = words.find((word) => isDecided(word))
  if (on === undefined || !isDecided(on)) throw new Error(`No operation is in the step ${words.join(' ')}.`)
  const runner = Number.parseInt(words.find((word) => word.endsWith(':')) ?? '1') - 1
  const work = Number(words.find((word) => /^\d+$/.test(word)) ?? 0) - 1
  const isElsewhere = on === 'createPairingSession' && words.includes('elsewhere')
  const body = bodies[Number(words.find((word) => word.startsWith('$'))?.slice(1)) - 1]
  const facts = words.flatMap((word): [string, string][] => {
    const [name = '', value] = word.split('=')
    return value === undefined ? [] : [[name, value]]
  })
  const { '': status, ...form }: Readonly<Record<string, string>> = Object.fromEntries(facts)
  const caller = words.includes('colleague') ? 1 : 0
  return { on, caller, runner, work, form, body, isElsewhere, ...(status !== undefined && { status: Number(status) }) }
}
