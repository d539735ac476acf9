// The server that grows: what verify says of each of its steps is what docs/build-a-server.md shows. After a change of the
// checks, `npm run test:examples -- build-a-server -u` writes it there. The same server in JavaScript is held against its end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { install, cleanEnv, exampleFolder, root } from './harness/workshop.js'

const PAGE = join(root, 'docs/build-a-server.md')
const PROJECT = '0190b8d6-c000-7002-95f4-0016f094287a'
const folder = exampleFolder('build-a-server')

/** Runs verify on a server that a command starts, and picks the lines that tell where one is. */
async function verifyServer(command: string, args: readonly string[]): Promise<{ code: number; shown: string[] }> {
  const server = spawn(command, [...args, '--port', '0'], {
    cwd: folder,
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void server.kill())
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  const [url = ''] = /http\S+/.exec(line.toString()) ?? []
  const options = ['opik-runner-kit', 'verify', url, '--suite', 'core', '--project', PROJECT, '--seed', '7']
  const child = spawn('npx', options, { cwd: folder, env: cleanEnv(), stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const lines = (await text(child.stdout)).split('\n')
  const [code] = (await ended) as [number]
  return { code, shown: lines.filter((line) => telling.test(line)).map(steady) }
}

const telling = /^(to build next:|fix first:|not implemented:|suites |[✓✗] (conforms|does not conform):)/
/** Without what differs from run to run. */
const steady = (line: string): string => line.replace(/ in [\d.]+ s, .*$/, '')

/** Operations of each step, by the server's source. */
function operationsByStep(): Map<number, string[]> {
  const source = readFileSync(join(folder, 'server.py'), 'utf8')
  const found = new Map<number, string[]>()
  for (const [, step, name = ''] of source.matchAll(/^@operation\((\d)\)\ndef (\w+)/gm))
    found.set(Number(step), [...(found.get(Number(step)) ?? []), name])
  return found
}

it('each step of the server is what verify asks for before it, and the page shows both', async () => {
  await install('build-a-server')
  const built = operationsByStep()
  let page = readFileSync(PAGE, 'utf8')
  let passedBefore = -1
  for (const step of [0, 1, 2, 3, 4, 5]) {
    const { code, shown } = await verifyServer('python3', ['server.py', '--step', String(step)])
    expect(code, shown.join('\n')).toBe(step === 5 ? 0 : 1)
    const [, next] = /^to build next: (\w+)/m.exec(shown.join('\n')) ?? []
    expect(next === undefined ? step >= 4 : built.get(step + 1)?.includes(next), `step ${step}: ${next}`).toBe(true)
    const passed = Number(/(\d+) passed/.exec(shown.at(-1) ?? '')?.[1])
    expect(passed).toBeGreaterThan(passedBefore)
    passedBefore = passed
    const block = `<!-- step ${step} -->\n\n\`\`\`\n${shown.join('\n')}\n\`\`\`\n`
    page = page.replace(new RegExp(`<!-- step ${step} -->\n(\n\`\`\`\n[^]*?\n\`\`\`\n)?`), block)
  }
  await expect(page).toMatchFileSnapshot(PAGE)
})

it('the server in JavaScript conforms, as the page says of the last step', async () => {
  await install('build-a-server')
  const { code, shown } = await verifyServer('node', ['server.js'])
  expect(code, shown.join('\n')).toBe(0)
  const [, last] = /<!-- step 5 -->\n\n```\n([^]*?)\n```/.exec(readFileSync(PAGE, 'utf8')) ?? []
  expect(shown.join('\n')).toBe(last)
})
