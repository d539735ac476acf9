// Each accident as the profile `opik` has it and as the default does it, each of them alone, and where their names stand.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { accidents as declared } from '../../src/generated/accidents.js'
import { accidents as played } from '../../src/mocks/accidents/choose-profile.js'
import { profileNames, type ProfileName } from '../../src/mocks/base/settings.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { Api } from '../mocks/api.js'
import { sendDirectly, START } from '../mocks/harness.js'
import { storyEntries } from './stories.js'
import type { Got, Ground, Story } from './story.js'

/** Those that no mock can have. */
const elsewhere = ['races']

async function open(profile: ProfileName, { settings = {} }: Pick<Story, 'settings'> = {}): Promise<Ground> {
  const mock = createRunnerMock({ seed: 7, now: START, frozen: true, profile, settings })
  onTestFinished(() => mock.close())
  await mock.ready
  const ask = async (method: string, url: string, body?: unknown, headers: object = {}): Promise<Got> => {
    const bytes = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body)
    const media = body === undefined ? {} : { 'content-type': 'application/json' }
    const reply = await mock.handle({ method, url, headers: { ...media, ...headers }, body: bytes })
    return { status: reply.status, body: reply.body === '' ? undefined : JSON.parse(reply.body) }
  }
  return { mock, ask, api: new Api(sendDirectly(mock)) }
}

describe.each(storyEntries)('%s', (_id, story) => {
  it('does not happen by default', async () => {
    expect(await story.play(await open('spec', story))).toEqual(story.sane)
  })

  it('happens under the profile opik', async () => {
    expect(await story.play(await open('opik', story))).toEqual(story.today)
  })
})

describe('the list of accidents', () => {
  it('is complete: the mock has each of them, or says why not', () => {
    expect([...Object.keys(played), ...elsewhere].toSorted()).toEqual(Object.keys(declared).toSorted())
  })

  it('is unknown to the world and to the engine, as are the profiles', () => {
    // One id is a word of the language as well.
    const ids = Object.keys(declared).filter((id) => id.includes('-'))
    const names = [...ids, ...profileNames.slice(1).map((name) => `'${name}'`)]
    const sources = ['world', 'engine', 'resolvers', 'collections'].flatMap((folder) => {
      const url = new URL(`../../src/mocks/${folder}/`, import.meta.url)
      const files = readdirSync(url, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
      return files.map((file) => ({ file, text: readFileSync(new URL(file, url), 'utf8') }))
    })
    expect(sources.length).toBeGreaterThan(40)
    const found = sources.flatMap(({ file, text }) =>
      names.filter((name) => text.includes(name)).map((name) => [file, name]),
    )
    expect(found).toEqual([])
  })
})
