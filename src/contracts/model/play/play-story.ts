/**
 * Plays one story on a target, beside the small world of the rules and one for each quirk. Where the answers are not those of
 * the rules, it names the quirks whose small world answers the same, and the invariants that break there.
 */
import { quirks } from '../../../generated/quirks.js'
import { invariants } from '../../../generated/invariants.js'
import { createBehaviour, walkedQuirks, type Behaviour, type WalkedQuirk } from '../../../lifecycle/states/behaviour.js'
import { emptyWorld } from '../../../lifecycle/states/small-world.js'
import type { SmallWorld, Wait, Action, CallAction, Step, Told } from '../../../lifecycle/states/small-world.js'
import { stepOf } from '../../../lifecycle/states/world-step.js'
import { StoryCalls, type CallStory } from '../../../lifecycle/states/story-calls.js'
import type { TimerLimits } from '../../../lifecycle/timers.js'
import { describeCall } from '../../../kernel/recording/api-call.js'
import { defineCheck, type Check } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import type { Answer } from '../../target/answer.js'
import type { OpenCall } from '../../target/client.js'
import { fail } from '../../target/expectation.js'
import { realClock, type RealClock } from '../../../kernel/real-time.js'
import { createCallSender, firstAnswer, toModelAnswer, type CallSender } from './play-setup.js'
import { foretell } from '../steps/durations.js'

export function storyCheck(story: CallStory): Check {
  const steps = story.steps.filter(({ on }) => on === 'pass').length
  const seconds = (limits: TimerLimits): number =>
    foretell(story, limits).reduce((sum, { action }) => sum + (action.on === 'pass' ? (action.seconds ?? 0) : 0), 0)
  return defineCheck({
    id: 'story/story',
    title: `${story.story} The answers are those of the rules.`,
    rule: { section: 'Identity' },
    needs: {
      ...(steps > 0 && { clock: { seconds } }),
      ...(hasSecondCaller(story) && { other: 'colleague' }),
      waiting: MAX_WAITS,
    },
    run: async (context) => new StoryPlay(context, story, (await context.project()).id).run(),
  })
}

const MAX_WAITS = 4
/** Real time in which what must be answered is. */
const GRACE_MS = 1500

/** The time of a target's reaper is unknown: these parts of its interval are left when the story begins. */
const REAPER_PHASES = [0.5, 0.05, 0.95] as const

/** One way in which the target may behave. */
interface Candidate {
  readonly quirk: WalkedQuirk | undefined
  readonly behaviour: Behaviour
  world: SmallWorld
}

interface Observed {
  readonly told: Told | undefined
  readonly ended: ReadonlyMap<number, Told>
}

class StoryPlay {
  private readonly context: Context
  private readonly story: CallStory
  private readonly time: RealClock = realClock
  private readonly sender: CallSender
  private readonly calls: StoryCalls
  /** That of the rules, for what has to be left behind at the end. */
  private readonly rules: Candidate
  private candidates: readonly Candidate[]
  private readonly open = new Map<number, { readonly wait: Wait; readonly call: OpenCall }>()
  /** The first answer that is not that of the rules. */
  private departure: { expected: string; actual: string; proof: Answer | undefined } | undefined
  private last: Answer | undefined

  constructor(context: Context, story: CallStory, projectId: string) {
    const { limits, random } = context
    this.context = context
    this.story = story
    this.sender = createCallSender(context)
    this.calls = new StoryCalls({ callers: ['main', 'colleague'], projectId, unknownId: random.uuid(), limits })
    const candidate = (part: number, quirk?: WalkedQuirk): Candidate => ({
      quirk,
      behaviour: createBehaviour({ limits, ...(quirk !== undefined && { deviations: [quirk] }) }),
      world: emptyWorld(part * limits.reaper_interval_seconds),
    })
    const [first, ...phases] = REAPER_PHASES
    this.rules = candidate(first)
    const others = phases.map((part) => candidate(part))
    const ofQuirks = walkedQuirks.flatMap((quirk) => REAPER_PHASES.map((part) => candidate(part, quirk)))
    this.candidates = [this.rules, ...others, ...ofQuirks]
  }

  async run(): Promise<void> {
    try {
      for (const [at, { action }] of foretell(this.story, this.context.limits).entries())
        await this.play(action, `step ${at + 1}`)
      for (const action of this.closingReads()) await this.play(action, 'at the end')
    } finally {
      for (const { call } of this.open.values()) call.hangUp()
      for (const { id: runner, owner: caller } of this.rules.world.runners) {
        const leave = this.calls.callOf({ on: 'disconnectRunner', caller, runner, work: -1, form: {} })
        await this.sender.send(leave).catch(() => undefined)
      }
    }
    this.conclude()
  }

  private async play(action: Action, place: string): Promise<void> {
    const steps = this.candidates.map((each) => [each, this.stepIn(each, action)] as const)
    const [[, lead] = []] = steps
    if (lead === undefined) return
    const observed = await this.observe(action, lead)
    const left = steps.flatMap(([each, step]) => (fits(observed, step) ? [each] : []))
    if (this.departure === undefined && !left.some(({ quirk }) => quirk === undefined)) {
      const what = action.on === 'pass' || action.on === 'hangUp' ? action.on : describeCall(this.calls.callOf(action))
      const predicted = { told: lead.told, ended: new Map(lead.ended.map(({ wait, told }) => [wait.id, told])) }
      const expected = `${place}, ${what}: ${describe(predicted)}`
      this.departure = { expected, actual: describe(observed), proof: this.last }
    }
    this.candidates = left
    if (left.length === 0) this.conclude()
  }

  private stepIn(candidate: Candidate, action: Action): Step {
    const step = stepOf(candidate.world, action, candidate.behaviour)
    candidate.world = step.world
    return step
  }

  private async observe(action: Action, byRules: Step): Promise<Observed> {
    let told: Told | undefined
    if (action.on === 'pass') await this.context.time.pass(action.seconds ?? 0)
    else if (action.on === 'hangUp') {
      this.open.get(action.wait)?.call.hangUp()
      this.open.delete(action.wait)
    } else told = await this.call(action, byRules)
    const ended = await this.endedWaits(byRules)
    // A poll that does not wait is answered as any call is.
    const atOnce = byRules.begun && ended.get(byRules.begun.id)
    if (byRules.begun !== undefined && atOnce !== undefined) ended.delete(byRules.begun.id)
    return { told: told ?? atOnce, ended }
  }

  private async call(action: CallAction, { begun, told, made }: Step): Promise<Told | undefined> {
    const call = this.calls.callOf(action)
    if (begun !== undefined || action.isLost === true) {
      const opened = await this.sender.open(call)
      if (begun !== undefined) this.open.set(begun.id, { wait: begun, call: opened })
      else opened.hangUp()
      opened.answer.catch(() => undefined)
      return begun === undefined ? told : undefined
    }
    this.last = await this.sender.send(call)
    const answer = toModelAnswer(this.last, 0)
    if (made !== undefined) this.calls.learn(action, answer, made)
    const observed = this.calls.toldOf(action, answer)
    return answer.status === 201 && told?.ids !== undefined ? { ...observed, ids: told.ids } : observed
  }

  /** The waits that have been answered by now; those that must be are given time. */
  private async endedWaits(byRules: Step): Promise<Map<number, Told>> {
    const { time, context } = this
    const ended = new Map<number, Told>()
    for (const [id, { wait, call }] of this.open) {
      const isDue = byRules.ended.some((each) => each.wait.id === id)
      const answer = await firstAnswer({ time, context }, call.answer, isDue ? GRACE_MS : 0)
      if (answer === undefined) continue
      this.last = answer
      this.open.delete(id)
      ended.set(id, this.calls.toldOf(wait, toModelAnswer(answer, 0)))
    }
    return ended
  }

  /** Looks at everything that there may be, so that no damage goes unseen. */
  private closingReads(): readonly CallAction[] {
    const readers = hasSecondCaller(this.story) ? [0, 1] : [0]
    const reads = this.candidates.flatMap(({ world }) =>
      world.runners.flatMap(({ id: runner, owner, job, bridgeCommand }) => {
        const read = { runner, form: {} }
        return [
          ...readers.map((caller) => ({ ...read, on: 'getRunner', caller, work: -1 }) as const),
          ...job.map(({ id }) => ({ ...read, on: 'getJob', caller: owner, work: id }) as const),
          ...bridgeCommand.map(({ id }) => ({ ...read, on: 'getBridgeCommand', caller: owner, work: id }) as const),
        ]
      }),
    )
    return [...new Map(reads.map((read) => [`${read.on} ${read.runner} ${read.caller} ${read.work}`, read])).values()]
  }

  /** @throws Violation, unless the answers are those of the rules or of a quirk that is accepted */
  private conclude(): void {
    if (this.departure === undefined) return
    const { expected, actual, proof } = this.departure
    const named = new Set(this.candidates.flatMap(({ quirk }) => quirk ?? []))
    if (named.size === 0) fail(expected, actual, proof)
    for (const quirk of named) {
      const says = quirks[quirk].breaks.map((id) => `${id}: ${invariants[id].says}`)
      this.context.quirk(quirk, { expected: `${expected} (it breaks ${says.join(' ')})`, actual, proof })
    }
  }
}

/** Whether what was observed is what a small world predicts. What becomes of the waits of a gone runner is open. */
function fits({ told, ended }: Observed, step: Step): boolean {
  if (describeTold(told) !== describeTold(step.told)) return false
  const predicted = step.ended.filter(({ wait }) => wait.id >= 0)
  if (predicted.length !== ended.size) return false
  return predicted.every(({ wait, told: expected }) => {
    const seen = ended.get(wait.id)
    const isOfGone = step.world.runners.some(({ id, isGone }) => id === wait.runner && isGone)
    return describeTold(seen) === describeTold(expected) || (isOfGone && seen?.status === 404)
  })
}

function describe({ told, ended }: Observed): string {
  const waits = [...ended].map(([id, each]) => `wait ${id + 1} ends: ${describeTold(each)}`)
  return [...(told === undefined ? [] : [describeTold(told)]), ...waits].join('; ') || 'nothing is answered'
}

function describeTold(told: Told | undefined): string {
  if (told === undefined) return 'no answer'
  const { status, ids, state } = told
  const things = ids?.map((id) => id + 1).toSorted()
  return [status, ...(things === undefined ? [] : [things.join(' and ') || 'nothing']), ...(state ? [state] : [])].join(
    ', ',
  )
}

function hasSecondCaller({ steps }: CallStory): boolean {
  return steps.some((step) => 'caller' in step && step.caller === 1)
}
