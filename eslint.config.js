// What the linter holds the code to. Types are checked for src and test; scripts are plain JavaScript.
// The layers between folders are not here: test/architecture.test.ts reads the imports and enforces them.
import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const typed = ['src/**/*.ts', 'test/**/*.ts', 'vitest*.config.ts']

/** Names with the reason why they may not be used; each region of the code below picks its own. */
const forbid = (message, names) => names.map((name) => ({ name, message }))
const timers = forbid('Time goes through the Clock (src/clock.ts).', ['setTimeout', 'setInterval', 'setImmediate'])
const nodeOnly = forbid('This file must run in a browser: only Fetch-standard and WebCrypto globals.', [
  'Buffer',
  'global',
  'require',
])
const processWide = forbid('Only src/cli touches the process.', ['process'])
const fetchObjects = forbid('The core speaks plain exchanges; Fetch objects belong to the adapters.', [
  'fetch',
  'Request',
  'Response',
  'Headers',
])

const impureProperties = [
  { object: 'Date', property: 'now', message: 'Time goes through the Clock (src/clock.ts).' },
  { object: 'performance', property: 'now', message: 'Time goes through the Clock (src/clock.ts).' },
  { object: 'Math', property: 'random', message: 'Randomness goes through the id source (src/id-source.ts).' },
  { object: 'crypto', property: 'randomUUID', message: 'Ids come from the id source (src/id-source.ts).' },
  {
    object: 'crypto',
    property: 'getRandomValues',
    message: 'Randomness goes through the id source (src/id-source.ts).',
  },
  { object: 'globalThis', property: 'process', message: 'Only src/cli touches the process.' },
  { object: 'globalThis', property: 'setTimeout', message: 'Time goes through the Clock (src/clock.ts).' },
]

const currentDate = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: 'Time goes through the Clock (src/clock.ts).',
}
const defaultExport = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }

/** `_` in front says that a name is there for its place alone. */
const unusedNames = { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.cache/', 'src/generated/', 'examples/*/dist/']),
  { linterOptions: { noInlineConfig: true } },
  js.configs.recommended,
  {
    name: 'size',
    rules: {
      'max-lines': ['error', 400],
      'max-depth': ['error', 4],
      'max-params': ['error', 5],
      complexity: ['error', 20],
      eqeqeq: 'error',
      'no-else-return': 'error',
      'object-shorthand': 'error',
      'no-unused-vars': ['error', unusedNames],
      'prefer-const': 'error',
      'prefer-template': 'error',
    },
  },
  {
    name: 'typed',
    files: typed,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: 'tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unsafe-type-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', unusedNames],
      'no-unused-vars': 'off',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    name: 'source',
    files: ['src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-globals': ['error', ...timers, ...nodeOnly, ...processWide],
      'no-restricted-properties': ['error', ...impureProperties],
      'no-restricted-syntax': ['error', defaultExport, currentDate],
    },
  },
  {
    name: 'mock: serves the deprecated fields of the API as well',
    files: ['src/mocks/**/*.ts'],
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    name: 'core of the mock',
    files: ['engine', 'world', 'resolvers', 'agents', 'scenarios'].map((folder) => `src/mocks/${folder}/**/*.ts`),
    rules: { 'no-restricted-globals': ['error', ...timers, ...nodeOnly, ...processWide, ...fetchObjects] },
  },
  {
    name: 'clock and id source',
    files: ['src/clock.ts', 'src/id-source.ts'],
    rules: {
      'no-restricted-globals': ['error', ...nodeOnly, ...processWide],
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', defaultExport],
    },
  },
  {
    name: 'runs in Node only',
    files: ['src/mocks/adapters/node*.ts', 'src/contracts/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...timers.filter(({ name }) => name !== 'setImmediate'), ...processWide],
    },
  },
  {
    name: 'command line',
    files: ['src/cli/**/*.ts'],
    rules: { 'no-console': 'off', 'no-restricted-globals': ['error', ...timers] },
  },
  {
    name: 'tests',
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-type-assertion': 'off',
    },
  },
  {
    name: 'scripts',
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'URL',
          'Buffer',
          'performance',
          'fetch',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'AbortController',
          'AbortSignal',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
)
