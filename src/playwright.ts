/**
 * `opik-runner-kit/playwright`: moves the time of a page and of its mock together, and runs a test of pages in every order
 * of answers.
 */
export {
  exploreFixtures,
  type ExplorableBrowser,
  type ExplorablePage,
  type ExploreFixtures,
  type ExplorePages,
  type ExploringTest,
  type PageContext,
  type PageOptions,
  type PageRequest,
  type PageRoute,
} from './explore/explore-pages.js'
export { moveTime, type MovableMock, type MovablePage, type ServedClock } from './mocks/adapters/move-time.js'
