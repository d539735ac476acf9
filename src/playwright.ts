/** `opik-runner-kit/playwright`: moves the time of a page and of its mock together. */
export { moveTime, type MovableMock, type MovablePage, type ServedClock } from './mocks/adapters/move-time.js'
