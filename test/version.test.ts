// The version is the manifest's, from the sources too.
import { expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { version } from '../src/kernel/version.js'

it('reads the version of the package', () => {
  expect(version).toBe(manifest.version)
})
