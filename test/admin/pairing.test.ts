// Activating sessions over the admin API.
import { describe, expect, it } from 'vitest'
import { readPairingLink } from '../../src/index.js'
import { openSite } from './site.js'

describe('POST /pairing/:id/activate', () => {
  it('takes a name, or the link with its name', async () => {
    const { call, mock } = await openSite()
    const { id, runnerId } = await mock.given.session()
    await call('POST', `/pairing/${id}/activate`, { name: 'mine' })
    expect((await call('GET', `/runners/${runnerId}`)).body).toMatchObject({ name: 'mine' })
    const link = await mock.given.pairingLink({ name: 'laptop', type: 'connect' })
    const answer = await call('POST', `/pairing/${readPairingLink(link)!.sessionId}/activate`, { link })
    const connected: unknown = Reflect.get(Object(answer.body), 'runner_id')
    expect((await call('GET', `/runners/${String(connected)}`)).body).toMatchObject({ name: 'laptop' })
  })

  it('refuses what is unknown, expired, of another session or of a wrong form', async () => {
    const { call, mock } = await openSite()
    const { id } = await mock.given.session()
    const over = await mock.given.session({ status: 'expired' })
    const link = await mock.given.pairingLink()
    const send = async (session: string, body?: unknown) =>
      (await call('POST', `/pairing/${session}/activate`, body)).status
    expect(await send('01a21502-bf25-7001-b7a4-8e177685f2d7')).toBe(404)
    expect(await send('nobody')).toBe(404)
    expect(await send(over.id)).toBe(404)
    expect(await send(id, { link })).toBe(422)
    expect(await send(id, { link: 'laptop' })).toBe(422)
    expect(await send(id, { name: ' ' })).toBe(422)
    expect(await send(id, { nam: 'laptop' })).toBe(422)
    expect((await call('GET', `/pairing/${id}/activate`)).status).toBe(405)
  })
})

it('GET /pairing/:id/link tells the link of a session that waits, which activates it', async () => {
  const { call, mock, url } = await openSite()
  const { id, runnerId } = await mock.given.session({ type: 'connect' })
  const { body } = await call('GET', `/pairing/${id}/link`)
  const link = String(Reflect.get(Object(body), 'link'))
  expect(link.startsWith(new URL(url).origin)).toBe(true)
  expect(await mock.pairing.activate(link)).toEqual({ runnerId, isNew: true })
  expect((await call('GET', `/pairing/${id}/link`)).status).toBe(404)
  expect((await call('GET', '/pairing/nobody/link')).status).toBe(404)
})
