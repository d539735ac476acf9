/** Where sequences are played: the identities that the target has, two projects for each workspace, its time. */
import type { Context, OwnProject } from '../../check/context.js'
import { NotRun } from '../../target/expectation.js'
import type { IdentityName } from '../../target/identity-card.js'
import { createRealTime, type RealTime } from '../../target/real-time.js'
import { shortSequence } from '../steps/step-plan.js'
import type { Participants } from '../steps/intent.js'
import type { RecordedSteps } from '../steps/step.js'
import { createTargetTime, type TargetTime } from './send-call.js'
import type { World } from '../rules/model-world.js'

/** What all sequences of a check have in common. */
export interface PlaySetup {
  context: Context
  participants: Participants
  start: Pick<World, 'limits' | 'workspaces' | 'projects' | 'isShared' | 'earlier'>
  /** What each identity sends, secrets masked. */
  headers: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** How much time may pass in one sequence. */
  mostSeconds: number
  time: RealTime
  targetTime: TargetTime
}

/** Prepares a play; the projects go with the check. */
export async function preparePlay(context: Context, hasClock: boolean): Promise<PlaySetup> {
  const stranger: readonly IdentityName[] = context.has('stranger') ? ['stranger'] : []
  const colleague: readonly IdentityName[] = context.has('colleague') ? ['colleague'] : []
  const identities = ['main', ...colleague, ...stranger] as const
  const own = [await context.project(), ...(await furtherProject(context, 'main'))]
  const theirs = stranger.length === 0 ? [] : await furtherProject(context, 'stranger')
  const workspaces: World['workspaces'] = { main: 'own', colleague: 'own', stranger: 'other' }
  const projects = new Map([
    ...own.map(({ id }) => [id, 'own'] as const),
    ...theirs.map(({ id }) => [id, 'other'] as const),
  ])
  const idsOf = (workspace: string | undefined): string[] =>
    [...projects].filter(([, each]) => each === workspace).map(([id]) => id)
  const headers = new Map<string, Readonly<Record<string, string>>>()
  for (const identity of identities) {
    const project_id = idsOf(workspaces[identity])[0] ?? own[0]?.id ?? ''
    const { exchange } = await context.call('listRunners', { query: { project_id }, identity })
    headers.set(identity, exchange.requestHeaders)
  }
  const time = createRealTime()
  const targetTime = createTargetTime(time, hasClock ? () => context.time.now() : undefined)
  await targetTime.read()
  return {
    context,
    participants: {
      identities,
      projectsOf: (identity) => idsOf(workspaces[identity]),
      limits: context.limits,
      unknownId: context.random.uuid(),
    },
    start: { limits: context.limits, workspaces, projects, isShared: own.length === 1, earlier: new Set() },
    headers,
    mostSeconds: context.time.mostSeconds === Infinity ? Infinity : shortSequence(context.limits),
    time,
    targetTime,
  }
}

/** One more project, where the target lets us make any. */
async function furtherProject(context: Context, identity: IdentityName): Promise<OwnProject[]> {
  try {
    return [await context.newProject(identity)]
  } catch (error) {
    if (error instanceof NotRun) return []
    throw error
  }
}

/**
 * The answer that must come within `ms`, since nothing holds it any more; undefined for none. On a busy machine it may
 * come later, yet no later than that of a call which is sent afterwards.
 */
export async function firstAnswer<Value>(
  { time, context }: PlaySetup,
  answer: Promise<Value>,
  ms: number,
): Promise<Value | undefined> {
  const answered = await time.within(answer, ms, undefined)
  if (answered !== undefined) return answered
  await context.time.settle()
  return time.within(answer, 0, undefined)
}

/** What a script must know of the setup of a play. */
export function recordSteps({
  context,
  start,
  headers,
}: PlaySetup): Pick<RecordedSteps, 'context' | 'headers' | 'projects' | 'isShared'> {
  const owners = [...start.projects].map(([id, workspace]) => [id, workspace === 'own' ? 'main' : 'stranger'] as const)
  return { context, headers, projects: new Map(owners), isShared: start.isShared }
}
