// Recordings of the real server, one call after the other, against the model: each answer is one that it admits, with the
// accidents that the recording shows and no others. What is refused for its form alone is left out, since the model plays
// no such calls.
import { describe, expect, it } from 'vitest'
import { textOf, type ModelCall } from '../../src/contracts/model/rules/call.js'
import { createWorld } from '../../src/contracts/model/rules/model-world.js'
import { PossibleWorlds } from '../../src/contracts/model/rules/possible-worlds.js'
import { requestBodies } from '../../src/generated/request-validators.js'
import type { Validator } from '../../src/generated/validator.js'
import { readVisits, type Visit } from './concurrent/history.js'
import { readRecording } from './recording.js'

const validators: Readonly<Record<string, Validator | undefined>> = requestBodies
const OF_FORM: readonly number[] = [405, 406, 415, 422]

function isWellFormed({ call, answer: { status } }: Visit): boolean {
  if (call === undefined || OF_FORM.includes(status)) return false
  const isRight = validators[call.operation]
  if (call.body === undefined || isRight === undefined) return status !== 400
  return isRight(structuredClone(call.body))
}

/** The call, with what the recording does not show: whether its proof or its key was right. */
function withSecret(call: ModelCall, { answer: { status } }: Visit): ModelCall {
  const wrong = { activatePairingSession: 403, createPairingSession: 400 }
  const isWrong = Object.entries(wrong).some(([operation, each]) => operation === call.operation && each === status)
  return isWrong ? { ...call, secret: 'wrong' } : call
}

interface Held {
  flaws: string[]
  judged: number
  accidents: readonly string[]
}

function holdAgainstModel(name: string, spoil: (visit: Visit) => Visit = (visit) => visit): Held {
  const recording = readRecording(name)
  const visits = readVisits(recording).filter((visit) => isWellFormed(visit) && !visit.isAborted)
  const opened = visits.filter(({ operation, answer }) => operation === 'createPairingSession' && answer.status === 201)
  const projects = new Map(opened.map(({ call }) => [textOf(call?.body, 'project_id'), 'own'] as const))
  const start = { limits: recording.header.settings, workspaces: { main: 'own' }, projects }
  const worlds = new PossibleWorlds(createWorld({ ...start, isShared: true, earlier: new Set() }))
  const flaws: string[] = []
  for (const visit of visits.map(spoil)) {
    if (visit.call === undefined) continue
    const mismatch = worlds.judge(withSecret(visit.call, visit), visit.answer, visit.now)
    if (mismatch !== undefined) flaws.push(`#${visit.id}: ${mismatch.message}`)
  }
  return { flaws, judged: visits.length, accidents: [...worlds.excused].toSorted() }
}

/** The accidents that each shows, as the manifest says. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  pairing: ['activation-revives'],
  jobs: [],
  bridge: [],
  'random-500': [],
  'random-timed-600': [],
  'random-3000-accidents': ['activation-revives', 'reported-command-in-queue', 'reported-pending-handed-out'],
  'expired-pending-command': ['expired-command-ends-poll'],
}

describe('the recordings of one call after the other', () => {
  it.each(Object.entries(SHOWN))('%s are what the model admits', (name, accidents) => {
    const held = holdAgainstModel(name)
    expect(held.flaws).toEqual([])
    expect(held.accidents).toEqual(accidents)
    expect(held.judged).toBeGreaterThanOrEqual(15)
  })

  it('are found out when a job is said to have ended that runs', () => {
    let hasSpoilt = false
    const { flaws } = holdAgainstModel('random-500', (visit) => {
      const { operation, answer } = visit
      if (hasSpoilt || operation !== 'getJob' || textOf(answer.body, 'status') !== 'running') return visit
      hasSpoilt = true
      return { ...visit, answer: { ...answer, body: { ...Object(answer.body), status: 'completed' } } }
    })
    expect(flaws).toHaveLength(1)
  })
})
