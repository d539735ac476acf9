// The order that an exploration finds to fail.
import { ExploreError, type Finding } from '../../src/explore/index.js'

export async function findingOf(exploration: Promise<unknown>): Promise<Finding> {
  const error = await exploration.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ExploreError)) throw new Error('no order has failed', { cause: error })
  return error.finding
}
