// Tests in CommonJS and jsdom. Jest's `require` does not load ES modules as Node's does, so Babel, which comes with
// Jest, translates those that opik-runner-kit and MSW bring. Jest keeps what it has translated, so it costs time once.
const esModules = ['opik-runner-kit', 'until-async', 'rettime', '@open-draft/deferred-promise']

module.exports = {
  testMatch: ['<rootDir>/commonjs/*.test.js'],
  // jsdom with the fetch, streams and encoders of Node, which plain jest-environment-jsdom hides.
  testEnvironment: 'jest-fixed-jsdom',
  setupFiles: ['<rootDir>/commonjs/setup.js'],
  transform: { '\\.m?js$': ['babel-jest', { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] }] },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
}
