// Bodies and files of 1 MB that unpack to 1 GB: no command spends memory or time on them, and each ends at SIGINT.
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { unpackBody } from '../../src/contracts/target/unpack-body.js'
import { readRecording } from '../../src/kernel/recording/recording.js'
import { originOf } from '../sdk/listening.js'
import { startProgram, type Program } from '../sdk/program.js'
import { temporaryFolder } from '../temporary-folder.js'

const COMMAND = 'dist/cli/main.js'
const MB = 1024 * 1024
const MAX_MEMORY_MB = 200
const HEADER = '{"format":"opik-runner-recording/1","settings":{},"base_path":"/api"}\n'
const folder = temporaryFolder()
/** CI alone starts the commands: in all of them it is the two functions that stop. */
const isLong = process.env['KIT_ALL_TARGETS'] !== undefined

/** Members of one gzip, packed once: 64 of 16 MB make 1 GB of 1 MB. */
const members = (count: number, text = Buffer.alloc(16 * MB)): Buffer[] => Array(count).fill(gzipSync(text)) as Buffer[]
const bombs = {
  gzip: Buffer.concat(members(64)),
  'gzip in gzip': gzipSync(Buffer.concat(members(64))),
  br: brotliCompressSync(Buffer.alloc(100 * MB), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  'nested JSON': gzipSync('['.repeat(100 * MB)),
}

/** The most memory that a process has had, in MB, and what processor time it has used, in ms; 0 where nothing tells. */
function costs({ pid }: Program): { memory: number; time: number } {
  try {
    const [, memory = 0] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')
    return { memory: Number(memory) / 1024, time: 10 * (Number(fields[13]) + Number(fields[14])) }
  } catch {
    return { memory: 0, time: 0 }
  }
}

async function interrupt(program: Program): Promise<void> {
  process.kill(program.pid, 'SIGINT')
  const start = performance.now()
  await program.closeInput()
  expect(performance.now() - start).toBeLessThan(10_000)
}

function start(...args: string[]): Program {
  const program = startProgram(COMMAND, args)
  onTestFinished(async () => void (await program.stop()))
  return program
}

/** Sends a request and unpacks nothing of the answer; resolves with its status. */
function send(url: string, encoding: string, body?: Buffer): Promise<number | undefined> {
  const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: body === undefined ? 'GET' : 'POST', ...(body && { headers }) }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode))
    })
    sent.on('error', reject).end(body)
  })
}

/** A server that answers everything with a bomb. */
function bombServer(body: Buffer, encoding: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
  return originOf(createServer((_, response) => response.writeHead(200, headers).end(body)))
}

it.each([
  ['gzip', bombs.gzip],
  ['x-gzip', bombs['nested JSON']],
  ['br', bombs.br],
])('unpackBody stops at its limit: %s', (encoding, body) => {
  expect(() => unpackBody(body, encoding)).toThrow(expect.objectContaining({ name: 'TooLongError' }))
})

describe('readRecording', () => {
  it.each([
    ['zeros', members(64), 'recording/size'],
    ['a line without an end', [gzipSync(HEADER), ...members(64)], 'recording/size'],
    ['a HAR without an end', [gzipSync('{"log":'), ...members(64)], 'recording/size'],
    ['long lines', members(64, Buffer.from(`${HEADER}${' '.repeat(16 * MB)}\n`)), 'recording/size'],
    ['nested JSON', [gzipSync(HEADER), bombs['nested JSON']], 'recording/size'],
  ])('refuses %s', async (_what, parts, code) => {
    await expect(readRecording(Buffer.concat(parts))).rejects.toMatchObject({ code })
  })

  it('reads a line that is repeated without end once', async () => {
    const line = '{"id":1,"at_start_ns":1,"at_end_ns":2,"method":"GET","path":"/api/","request":{"headers":{}}}\n'
    const packed = gzipSync(HEADER + line.repeat((4 * MB) / line.length))
    expect((await readRecording(packed)).exchanges).toHaveLength(1)
  })
})

describe.runIf(isLong && process.platform === 'linux')('a bomb of 1 GB', () => {
  it.each(['serve', 'conduct'])('costs %s --recording-out little, and others do not wait', async (command) => {
    const out = ['--recording-out', folder.at(`${command}.ndjson`)]
    const client = 'setInterval(() => console.error(process.env.OPIK_URL_OVERRIDE), 500)'
    const ofConduct = ['--for', '60', '--', process.execPath, '-e', client]
    const program = start(command, ...out, ...(command === 'serve' ? ['--port', '0'] : ofConduct))
    const [url = ''] = await program.printed(/http:\/\/[\d.]+:\d+\/api/)
    for (const path of ['pairing/sessions', 'projects']) {
      for (const [name, bomb] of Object.entries(bombs)) {
        const before = costs(program).time
        const status = await send(`${url}/v1/private/${path}`, name === 'br' ? 'br' : 'gzip', bomb)
        expect([400, 413, 415]).toContain(status)
        expect(costs(program).time - before).toBeLessThan(1000)
      }
    }
    expect(costs(program).memory).toBeLessThan(MAX_MEMORY_MB)
    await interrupt(program)
  })

  it.each(['gzip', 'br'] as const)('costs watch little: an answer in %s', async (encoding) => {
    const upstream = await bombServer(bombs[encoding], encoding)
    const program = start('watch', upstream, '--port', '0', '--recording-out', folder.at(`watch-${encoding}.ndjson`))
    const [url = ''] = await program.printed(/http:\/\/[\d.]+:\d+(?=,)/)
    const api = `${url}/api/v1/private`
    for (let count = 0; count < 10; count++) {
      await send(`${api}/local-runners?project_id=1`, '')
      await send(`${api}/pairing/sessions`, 'gzip', bombs.gzip)
    }
    expect(costs(program).time).toBeLessThan(5000)
    expect(costs(program).memory).toBeLessThan(MAX_MEMORY_MB)
    await interrupt(program)
  })

  it('costs watch --recording little', async () => {
    const file = folder.at('bomb.ndjson.gz')
    writeFileSync(file, bombs.gzip)
    const program = start('watch', '--recording', file)
    const looks: number[] = []
    while (program.isRunning()) {
      looks.push(costs(program).memory)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(await program.closeInput()).toBe(2)
    expect(Math.max(...looks)).toBeLessThan(MAX_MEMORY_MB)
  })

  it.each(['gzip', 'br'] as const)('costs verify little: answers in %s', async (encoding) => {
    const program = start('verify', `${await bombServer(bombs[encoding], encoding)}/api`)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(costs(program).memory).toBeLessThan(MAX_MEMORY_MB)
    if (program.isRunning()) await interrupt(program)
    expect(await program.closeInput()).not.toBe(0)
  })
})
