/** How suites declare their checks: by their place in the contract, and by what each does, often a story. */
import { isOperationId, type OperationId } from '../../../kernel/operation.js'
import { machines, type MachineName, type Rule } from '../../../lifecycle/table.js'
import {
  type Check,
  type CheckDefinition,
  type CheckNeeds,
  type CheckRule,
  defineCheck,
  isOfBridge,
  type Severity,
  takes,
} from '../../check/check.js'
import type { Context, RunnerHandle } from '../../check/context.js'
import { expectAnswers } from '../../check/valid-request.js'
import type { Limits } from '../../target/target.js'
import { playStory } from './story-steps.js'

/**
 * What a check of checksOn does. One that takes a runner gets a connected one with the agent echo, and one that takes an id as
 * well that of a pending job; a check of bridge commands gets a connect runner and a pending command.
 */
type CheckSteps = (context: Context, runner: RunnerHandle, jobOrCommandId: string) => Promise<unknown>

/** Adds a check, whose name is `id: title`, or `id [place]: title` where its place differs from that of the checks around it. */
export interface AddCheck {
  (...named: Named): void
  /** One whose name is the first line, and the rest the story that it plays, or the requests that it sends. */
  (...told: Told): void
}

/** What stands in a story for a body, or for a word: as it is, or as a function makes it. */
type StoryPart = string | number | object | ((context: Context) => string | number | object)

type Named = [name: string, steps: CheckSteps]
type Told = [texts: TemplateStringsArray, ...parts: readonly StoryPart[]]

const isNamed = (told: Named | Told): told is Named => typeof told[0] === 'string'

function readStory(...[raw, ...parts]: Told): Named {
  const isText = (part: StoryPart): part is string | number => typeof part === 'string' || typeof part === 'number'
  const text = String.raw({ raw }, ...parts.map((part, at) => (isText(part) ? part : `$${at + 1}`)))
  const [name = '', ...lines] = text.split('\n')
  if (/: \d{3}/.test(lines[0] ?? '')) return [name, (context) => expectAnswers(context, lines)]
  const partsIn = (context: Context) =>
    parts.map((part): unknown => (typeof part === 'function' ? part(context) : part))
  return [name, (context) => playStory(context, lines.join(' ').trim(), ...partsIn(context))]
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

/** Says where the checks that follow stand in the contract, and what they need, or just the seconds that they take. */
export type MoveOn = (place: string, needs?: CheckNeeds | Seconds) => void

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
  const add = (name: string, steps: CheckSteps): void => {
    const [, id = '', where = '', title = ''] = NAME.exec(name) ?? []
    const { severity = 'must', race = false, isShared = false, ...words } = { ...around.place, ...readPlace(where) }
    const rule = toRule(words)
    const run = toRun(steps, rule)
    checks.push(defineCheck({ id, title, rule, severity, race, isShared, needs: around.needs, run }))
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
