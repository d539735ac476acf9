// Bodies and files of 1 MB that unpack to 1 GB: what all commands unpack them with stops at its limit.
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { unpackBody } from '../../src/contracts/target/unpack-body.js'
import { readRecording } from '../../src/kernel/recording/recording.js'

const MB = 1024 * 1024
const HEADER = '{"format":"opik-runner-recording/1","settings":{},"base_path":"/api"}\n'

/** Members of one gzip, packed once: 64 of 16 MB make 1 GB of 1 MB. */
const members = (count: number, text = Buffer.alloc(16 * MB)): Buffer[] => Array(count).fill(gzipSync(text)) as Buffer[]
const bombs = {
  gzip: Buffer.concat(members(64)),
  br: brotliCompressSync(Buffer.alloc(16 * MB), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  'nested JSON': gzipSync('['.repeat(100 * MB)),
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
