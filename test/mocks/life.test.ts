// The end of a mock: nothing is left open, nobody is left waiting. The built package, in processes of their own.
import { describe, expect, it, onTestFinished } from 'vitest'
import { startProgram, type Program } from '../sdk/program.js'
import { Api } from './api.js'
import { pair } from './given.js'
import { createHttpClient } from './http-client.js'

function start(script: string, ...args: string[]): Program {
  const program = startProgram(script, args)
  onTestFinished(async () => {
    if (program.isRunning()) await program.stop()
  })
  return program
}

describe('close', () => {
  it('of a served mock answers its polls and leaves nothing open', async () => {
    const program = start('test/mocks/programs/serve-and-close.mjs', 'demo')
    expect(await program.closeInput(), program.output()).toBe(0)
    expect(program.output().trim().split('\n')).toEqual(['200 null', '200 {"commands":[]}'])
  })

  it('is not needed for the process to end while nobody waits', async () => {
    const program = start('test/mocks/programs/forget-mock.mjs')
    expect(await program.closeInput(), program.output()).toBe(0)
    expect(program.output().trim()).toBe('200')
  })
})

it('time that runs by itself goes on when a listener throws', async () => {
  const program = start('test/mocks/programs/throwing-listener.mjs')
  expect(await program.closeInput(), program.output()).toBe(0)
  expect(program.output().trim().split('\n')).toEqual(['from a listener', '200 null'])
})

it('serve answers waiting polls on SIGTERM, then ends with code 0', async () => {
  const program = start('dist/cli/main.js', 'serve', '--port', '0', '--scenario', 'empty')
  const [, url = ''] = await program.printed(/listening on (\S+)/)
  const client = createHttpClient(url)
  onTestFinished(client.close)
  const api = new Api(client.send)
  const { id: runnerId } = await pair(api)
  const poll = api.expect(200, 'nextJob', { path: { runnerId } })
  // Answered on a connection opened after that of the poll: by then the poll has been read.
  for (let count = 0; count < 3; count++) await api.expect(200, 'heartbeat', { path: { runnerId } })
  expect(await program.stop(), program.output()).toBe(0)
  expect((await poll).body).toBeNull()
})
