// Fake timers for every test file, before any of its modules is loaded.
export default {
  testMatch: ['<rootDir>/global-fake-timers/*.test.mjs'],
  transform: {},
  fakeTimers: { enableGlobally: true },
}
