/** Checks as stories: calls one after another, which the tracker judges, and at the end reads of all that is left. */
import { isDecided } from '../../../lifecycle/roles.js'
import { lapsedSeconds } from '../../check/check-steps.js'
import type { Context } from '../../check/context.js'
import type { StoryStep } from '../../model/play/play-steps.js'
import type { Limits } from '../../target/target.js'

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
 * `pass lapse` a span, `pass timeout` what the first command has once it was picked up.
 */
export async function playStory(context: Context, text: string, ...parts: readonly unknown[]): Promise<void> {
  const told = text.replaceAll(/\$(\d+)/g, (word, number) => {
    const part = parts[Number(number) - 1]
    return typeof part === 'string' || typeof part === 'number' ? String(part) : word
  })
  const steps = told.split(/,\s+/).flatMap((step) => {
    const words = step.split(/\s+/)
    const times = Number(/^x(\d+)$/.exec(words.at(-1) ?? '')?.[1] ?? 1)
    const pairing = PAIRINGS[words.at(-1) ?? '']
    const calls =
      pairing?.map((each) => [...words.slice(0, -1), ...each.split(' ')]) ?? Array<string[]>(times).fill(words)
    return calls.map((each) => readStep(each, parts, context.limits))
  })
  // Loaded when it is first needed.
  const { playSteps } = await import('../../model/play/play-steps.js')
  await playSteps(context, steps)
}

function readStep(words: readonly string[], bodies: readonly unknown[], limits: Limits): StoryStep {
  if (words[0] === 'pass') {
    const span = words.at(-1) ?? ''
    const seconds = span === 'timeout' ? span : (SPANS[span]?.(limits) ?? Number(span))
    return { on: 'pass', seconds, isKept: words.includes('kept') }
  }
  const on = words.find((word) => isDecided(word))
  if (on === undefined || !isDecided(on)) throw new Error(`No operation is in the step ${words.join(' ')}.`)
  const runner = Number.parseInt(words.find((word) => word.endsWith(':')) ?? '1') - 1
  const work = Number(words.find((word) => /^\d+$/.test(word)) ?? 0) - 1
  const isElsewhere = on === 'createPairingSession' && words.includes('elsewhere')
  const body = bodies[Number(words.find((word) => word.startsWith('$'))?.slice(1)) - 1]
  const form: Record<string, string> = {}
  for (const [name = '', value] of words.map((word) => word.split('='))) if (value !== undefined) form[name] = value
  return { on, caller: words.includes('colleague') ? 1 : 0, runner, work, form, body, isElsewhere }
}
