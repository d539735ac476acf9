// `serve --fallback FILE` and its Prism: it answers the rest of the API, and never outlives the mock.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { eventually } from '../sdk/eventually.js'
import { startProgram, type Program } from '../sdk/program.js'
import { ask } from './backend.js'
import { temporaryFolder } from '../temporary-folder.js'

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const SPEC = fileURLToPath(new URL('rest-of-api.yaml', import.meta.url))
const MARK = 'x-opik-runner-kit-fallback'
const folder = temporaryFolder()
const { write } = folder

/** Starts `serve` and reads its first line. */
async function start(fallback: string): Promise<{ program: Program; url: string; prism: string }> {
  const program = startProgram(COMMAND, ['serve', '--port', '0', '--json', '--fallback', fallback])
  const [line] = await program.printed(/^\{.*\}$/m)
  const { url, fallback: prism } = JSON.parse(line) as Record<'url' | 'fallback', string>
  return { program, url, prism }
}

/** Runs `serve` where something is wrong with its fallback. */
function refusal(fallback: string, cwd = process.cwd()): { status: number | null; line: string } {
  const args = [COMMAND, 'serve', '--port', '0', '--quiet', '--fallback', fallback]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', timeout: 120_000 })
  expect(stdout).toBe('')
  expect(stderr.trim().split('\n')).toHaveLength(1)
  return { status, line: stderr }
}

const isDown = (url: string): Promise<true | undefined> =>
  ask(url).then(
    () => undefined,
    () => true,
  )

describe('serve --fallback FILE', () => {
  it('answers by the file what the mock has not, and ends Prism when it ends', async () => {
    const { program, url, prism } = await start(SPEC)
    const datasets = await ask(`${url}/v1/private/datasets?page=1`)
    expect(datasets).toMatchObject({ status: 200, headers: { [MARK]: 'answered' } })
    expect(JSON.parse(datasets.body.toString())).toMatchObject({ content: [{ name: 'questions' }] })
    const headers = { 'content-type': 'application/json' }
    expect((await ask(`${url}/v1/private/datasets`, { method: 'POST', headers, body: '{}' })).status).toBe(422)
    expect((await ask(`${url}/v1/private/guardrails`)).status).toBe(404)
    const projects = await ask(`${url}/v1/private/projects`)
    expect(JSON.parse(projects.body.toString())).toMatchObject({ total: 1 })
    expect(await isDown(prism)).toBeUndefined()
    expect(await program.stop()).toBe(0)
    expect(await isDown(prism)).toBe(true)
  })

  it('makes up what is plausible where the file has no example: the same each time, in short lists', async () => {
    const { program, url } = await start(SPEC)
    const read = async (prefer: string): Promise<Record<string, unknown>[]> => {
      const { status, body } = await ask(`${url}/v1/private/experiments`, { headers: { prefer } })
      expect(status).toBe(200)
      const page = JSON.parse(body.toString()) as { content: Record<string, unknown>[] }
      expect(page).toMatchObject({ page: 1, total: 1 })
      return page.content
    }
    const known = { name: 'baseline', trace_count: 40, score: 1, default: 1, param: { type: 'number', name: 'limit' } }
    const plain = await read('code=200')
    expect(plain).toMatchObject([{ ...known, type: 5 }])
    expect(Object.keys(plain[0]?.['param'] ?? {})).toEqual(['type', 'name'])
    expect(await read('code=200')).toEqual(plain)
    const drawn = await read('dynamic=true')
    expect([1, 2, 3]).toContain(drawn.length)
    for (const each of drawn) expect(each).toMatchObject(known)
    expect(new Set(drawn.map(({ id }) => id)).size).toBe(drawn.length)
    expect(await read('dynamic=true')).toEqual(drawn)
    await program.stop()
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
    'ends in order on %s, and Prism with it',
    async (signal) => {
      const { program, prism } = await start(SPEC)
      process.kill(program.pid, signal)
      await eventually('the end', () => (program.isRunning() ? undefined : true))
      expect(await program.stop()).toBe(0)
      expect(await isDown(prism)).toBe(true)
    },
  )

  it('leaves nothing behind when it is killed', async () => {
    const { program, prism } = await start(SPEC)
    expect(await isDown(prism)).toBeUndefined()
    process.kill(program.pid, 'SIGKILL')
    await program.stop()
    expect(await eventually('the end of Prism', () => isDown(prism))).toBe(true)
  })

  it('says in one line what is wrong with the file', () => {
    const noPaths = write('no-paths.yaml', 'openapi: 3.0.0\ninfo: { title: x, version: "1" }\n')
    for (const [file, told] of [
      [folder.at('none.yaml'), 'none.yaml'],
      [folder.at(), folder.at()],
      [write('broken.yaml', 'a: [1,\n'), 'broken.yaml'],
      [write('swagger.json', '{"swagger": "2.0", "paths": {}}'), 'Swagger 2.0'],
      [noPaths, 'paths'],
    ] as const) {
      const { status, line } = refusal(file)
      expect([status, line]).toEqual([2, expect.stringContaining(told)])
    }
    expect(refusal('http://host/api?x=1')).toMatchObject({ status: 2 })
  })

  it('says in one line what Prism cannot do with it', () => {
    const empty = write('empty.yaml', 'openapi: 3.0.0\ninfo: { title: x, version: "1" }\npaths: {}\n')
    expect(refusal(empty)).toMatchObject({ status: 2, line: expect.stringContaining('No operations') as string })
  })

  it('uses the Prism of the project that it runs in', () => {
    write(
      'project/node_modules/@stoplight/prism-cli/package.json',
      '{"name":"@stoplight/prism-cli","version":"9.9.9","bin":{"prism":"./run.cjs"}}',
    )
    write('project/node_modules/@stoplight/prism-cli/run.cjs', "console.log('fatal  ' + process.argv.slice(2, 3))")
    const { status, line } = refusal(SPEC, folder.at('project'))
    expect([status, line]).toEqual([2, expect.stringContaining('Got: mock')])
  })
})
