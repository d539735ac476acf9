// The page that a daemon's pairing link leads to, against a served mock, as the person with the link meets it.
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readPairingLink, writePairingLink } from '../../../src/kernel/pairing.js'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import type { PairingLinkRequest } from '../../../src/mocks/given/given-session.js'
import { findingsOf, serveMock, type ConsoleOptions } from './open-console.js'

async function stage({ session, ...options }: ConsoleOptions & { session?: PairingLinkRequest } = {}) {
  const { mock, server, visitor } = await serveMock(options)
  const link = await mock.given.pairingLink({ name: 'Zoë’s laptop', apiUrl: server.url, ...session })
  return { mock, server, link, visitor }
}

const activate = (page: Page) => page.getByRole('button', { name: 'Activate' }).click()
const outcome = (page: Page, kind: string) => page.locator(`.outcome.${kind} p`).waitFor()
const runners = (mock: RunnerMock) => mock.snapshot().world.runners.map(({ wire, owner }) => [wire.name, owner.user])

describe('a pairing link', () => {
  it('shows what it is for, and pairs it with one click', async () => {
    const { mock, link, visitor } = await stage({ session: { type: 'connect' } })
    const page = await visitor.open(link)
    for (const text of ['Zoë’s laptop', 'connect', 'Default Project'])
      await page.getByText(text, { exact: true }).waitFor()
    await activate(page)
    await outcome(page, 'paired')
    expect(runners(mock)).toEqual([['Zoë’s laptop', 'admin']])
    expect(await page.getByRole('button').count()).toBe(0)
  })

  it('that was followed before is a success, too', async () => {
    const { mock, link, visitor } = await stage()
    await mock.pairing.activate(link)
    visitor.expectProblem(409)
    const page = await visitor.open(link)
    await activate(page)
    await outcome(page, 'was-paired')
  })

  it('that was tampered with is refused, and leaves the session to the right one', async () => {
    const { mock, server, link, visitor } = await stage()
    const read = readPairingLink(link)!
    const wrong = { ...read, activationKey: new Uint8Array(32), projectName: 'any', apiUrl: server.url }
    visitor.expectProblem(403)
    const page = await visitor.open(writePairingLink(wrong))
    await activate(page)
    await outcome(page, 'tampered')
    expect(runners(mock)).toEqual([])
    await page.goto(link)
    await activate(page)
    await outcome(page, 'paired')
  })

  it('that has expired says so', async () => {
    const { link, visitor } = await stage({ session: { status: 'expired' } })
    visitor.expectProblem(404)
    const page = await visitor.open(link)
    await activate(page)
    await outcome(page, 'expired')
  })

  it('without its code asks for the whole link', async () => {
    const { link, visitor } = await stage()
    const page = await visitor.open(link.slice(0, link.indexOf('#') + 20))
    await page.getByRole('heading').waitFor()
    expect(await page.getByRole('button').count()).toBe(0)
  })
})

describe('the pairing page', () => {
  it('asks for an API key where the server wants one, in the workspace of the link', async () => {
    const auth = { 'key-ada': { user: 'ada', workspaces: ['team'] }, 'key-bob': { user: 'bob', workspaces: ['team'] } }
    const as = { workspace: 'team', apiKey: 'key-ada' }
    const { mock, link, visitor } = await stage({ mock: { auth }, session: { as } })
    visitor.expectProblem(401)
    const page = await visitor.open(link)
    await activate(page)
    await outcome(page, 'key-wanted')
    await page.getByLabel('API key').fill('key-bob')
    await activate(page)
    await outcome(page, 'paired')
    expect(runners(mock)).toEqual([['Zoë’s laptop', 'bob']])
  })

  it('asks the server that the link names, and says which one', async () => {
    const { mock, link, visitor } = await stage({ serving: { basePath: '/api' } })
    const other = await serve(createRunnerMock(), { port: 0 })
    onTestFinished(() => other.close())
    const elsewhere = new URL(link)
    elsewhere.port = String(other.port)
    const page = await visitor.open(elsewhere.href)
    await page.getByText(new URL(link).host, { exact: true }).waitFor()
    await activate(page)
    await outcome(page, 'paired')
    expect(runners(mock)).toHaveLength(1)
  })

  it('finds its own API under any path and any name of this machine', async () => {
    const { mock, link, visitor } = await stage({ serving: { basePath: '/some/where' } })
    const page = await visitor.open(link.replace('127.0.0.1', 'localhost').replace('127.0.0.1', 'localhost'))
    await activate(page)
    await outcome(page, 'paired')
    expect(runners(mock)).toHaveLength(1)
  })

  it('works on another host without WebCrypto, where the admin API wants a token', async () => {
    const { mock, server, visitor } = await stage({ serving: { adminToken: 'secret' } })
    const link = await mock.given.pairingLink({ name: 'far away', apiUrl: 'http://mock.test/api', type: 'connect' })
    await visitor.context.route('http://mock.test/**', async (route) => {
      const url = route.request().url().replace('http://mock.test', `http://127.0.0.1:${server.port}`)
      await route.fulfill({ response: await route.fetch({ url }) })
    })
    const page = await visitor.open(link)
    expect(await page.evaluate(() => [isSecureContext, typeof crypto.subtle])).toEqual([false, 'undefined'])
    await activate(page)
    await outcome(page, 'paired')
    expect(runners(mock)).toEqual([['far away', 'admin']])
  })
})

it.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)('%s and %i wide it fits, and axe finds nothing, before and after', async (colorScheme, width) => {
  const long = 'a-runner-with-a-name-that-is-longer-than-any-telephone-is-wide'
  const { link, visitor } = await stage({
    context: { colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce' },
    session: { name: long },
  })
  const page = await visitor.open(link)
  const look = async () => [await findingsOf(page), await page.evaluate(() => document.documentElement.scrollWidth)]
  await page.getByRole('heading').waitFor()
  expect(await look()).toEqual([[], width])
  await activate(page)
  await outcome(page, 'paired')
  expect(await look()).toEqual([[], width])
})
