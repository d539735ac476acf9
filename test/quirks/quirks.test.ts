// The quirks as the profile `opik` has them, and where their names stand. Each alone is for test/contracts/fair; that
// the default has none, for test/contracts/checks.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { verify } from '../../src/contracts/run/verify.js'
import { quirks as declared } from '../../src/generated/quirks.js'
import { playedQuirks } from '../../src/mocks/quirks/choose-profile.js'
import { Profile } from '../../src/generated/kit-page.js'
import { fractionsThroughDouble } from '../../src/mocks/quirks/request-quirks.js'
import { isProfileName } from '../../src/mocks/base/settings.js'
import { quirkVariants } from '../contracts/fair/quirks.js'
import { openMockApp } from '../contracts/framework/mock-target.js'

it('the profile opik has all quirks, as the checks see them, but for those that no mock can have', async () => {
  const only = Object.values(quirkVariants).flatMap(({ checks }) => checks)
  // What becomes of ended jobs shows where they expire before a runner that fell silent is purged.
  const limits = { completed_job_ttl_seconds: 3600 }
  const target = openMockApp({ profile: 'opik', settings: limits })
  const checks = { only: only.filter((pattern) => !pattern.startsWith('model/')), seed: 3 }
  const { results, quirks } = await verify({ ...target, limits }, checks)
  expect(quirks.map(({ id }) => id).toSorted()).toEqual(playedQuirks.toSorted())
  expect(results.filter(({ verdict }) => verdict.kind === 'failed' || verdict.kind === 'error')).toEqual([])
})

it('fractions go through a double in a body of the largest size, in its numbers alone', () => {
  for (const text of ['x'.repeat(16e6), String.raw`\"1.10`.repeat(1e6)])
    expect(fractionsThroughDouble.readText?.(`{"a":"${text}","b":1.10}`)).toBe(`{"a":"${text}","b":1.1}`)
})

describe('the list of quirks', () => {
  it('is all that the world knows of what differs: the engine knows no quirk, and neither knows a profile', () => {
    const profiles = (Profile.enum ?? []).filter(isProfileName).slice(1)
    // One id is a word of the language as well.
    const ids = Object.keys(declared).filter((id) => id.includes('-'))
    const found = ['world', 'engine', 'resolvers', 'collections'].flatMap((folder) => {
      const names = [...profiles.map((name) => `'${name}'`), ...(folder === 'engine' ? ids : [])]
      const url = new URL(`../../src/mocks/${folder}/`, import.meta.url)
      const files = readdirSync(url, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
      expect(files).not.toEqual([])
      return files.flatMap((file) => {
        const text = readFileSync(new URL(file, url), 'utf8')
        return names.filter((name) => text.includes(name)).map((name) => [file, name])
      })
    })
    expect(found).toEqual([])
  })
})
