/** `opik-runner-kit/playwright`: fixtures for tests of pages with Playwright. */
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
} from './explore-pages.js'
