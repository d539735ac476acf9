// What faults do to a real connection, byte by byte, and the faults of a serve process.
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { openMock } from './stages.js'

/** Sends one request and gives all that comes until the connection ends. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString('utf8')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(received))
  })
}

async function open() {
  const mock = openMock()
  const server = await serve(mock, { port: 0 })
  onTestFinished(() => server.close())
  return { mock, server, ...server }
}

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`

it('a truncated body is shorter than its content-length says', async () => {
  const { mock, port } = await open()
  mock.faults.inject({ body: 'truncated', once: true })
  const [head = '', body = ''] = (await exchange(port, request('/api/is-alive/ping'))).split('\r\n\r\n')
  const announced = Number(/content-length: (\d+)/i.exec(head)?.[1])
  expect(head).toMatch(/^HTTP\/1\.1 200 /)
  expect(body.length).toBeGreaterThan(0)
  expect(body.length).toBeLessThan(announced)
})

it('a dropped connection carries not one byte', async () => {
  const { mock, port } = await open()
  mock.faults.inject({ drop: 'before', once: true })
  expect(await exchange(port, request('/api/is-alive/ping'))).toBe('')
})

it('the admin API meets no fault', async () => {
  const { mock, adminUrl } = await open()
  mock.faults.inject({ status: 500 })
  expect((await fetch(`${adminUrl}/health`)).status).toBe(200)
})
