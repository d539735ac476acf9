// Random stories of the walk, played on the mock: what the small world predicts is what the mock answers, call by call.
import { expect, it } from 'vitest'
import { storyCheck } from '../../src/contracts/model/play/play-story.js'
import { verify } from '../../src/contracts/run/verify.js'
import { createRandom } from '../../src/kernel/id-source.js'
import { createBehaviour, walkLimits } from '../../src/lifecycle/states/behaviour.js'
import { emptyWorld, FIRST_LOOK_SECONDS, type Action } from '../../src/lifecycle/states/small-world.js'
import { stepOf } from '../../src/lifecycle/states/world-step.js'
import { openMockApp } from '../contracts/framework/mock-target.js'
import { actionsIn, isWithin, scopes, type Scope } from './scopes.js'

const SPEC = createBehaviour()
const SEEDS = process.env['KIT_ALL_TARGETS'] === undefined ? 6 : 24

/** Small worlds in which each call can be told over HTTP: no answer gets lost, and a rate takes many calls to use up. */
const told: readonly Scope[] = scopes.map((scope) => ({
  ...scope,
  calls: scope.calls.filter(({ isLost, form }) => isLost !== true && form?.['rate'] === undefined),
}))

/** A story of random steps, each chosen among all that can happen. */
function randomStory(scope: Scope, length: number, seed: number): Action[] {
  const random = createRandom(seed)
  const dice = (below: number): number => Math.floor(random.next() * below)
  const story: Action[] = []
  let world = emptyWorld()
  const add = (action: Action): void => {
    story.push(action)
    world = stepOf(world, action, SPEC).world
  }
  for (const action of scope.start) add(action)
  while (story.length < length) {
    // Kinds first: there are far more calls of some than of others.
    const choices = [...actionsIn(world, scope)].filter((action) => isWithin(stepOf(world, action, SPEC).world, scope))
    const kinds = [...new Set(choices.map(({ on }) => on))]
    const kind = kinds[dice(kinds.length)]
    const ofKind = choices.filter(({ on }) => on === kind && (on !== 'disconnectRunner' || dice(4) === 0))
    const action = ofKind[dice(ofKind.length)]
    if (action !== undefined) add(action)
  }
  return story
}

it.each(told.map((scope) => [scope.name, scope] as const))(
  'the mock answers as the small world does: %s',
  async (_, scope) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const target = openMockApp({ settings: walkLimits })
      await target.mock.clock.advance({ seconds: FIRST_LOOK_SECONDS })
      const story = storyCheck({ story: `Random, ${seed}.`, steps: randomStory(scope, 60, seed) })
      const { results } = await verify({ ...target, limits: walkLimits }, { checks: [story], strict: true })
      expect(results.map(({ verdict }) => verdict)).toEqual([{ kind: 'passed' }])
    }
  },
)
