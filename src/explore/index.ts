/** `opik-runner-kit/explore`: finds bugs of order, by a test that is run in every order. */

export { explore } from './explore-in-process.js'
export { ExploreError } from './explore-orders.js'
export type { Exploration, ExploreProgress, OrderFinding as Finding, OrderFailure } from './explore-orders.js'
export type { ExploreContext, ExploreOptions, JudgedSide } from './run-held.js'
export type { Departure } from './search.js'
export type { StoryEvent } from '../report/order-story.js'
