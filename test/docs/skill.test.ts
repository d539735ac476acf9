// SKILL.md and llms.txt: every command in them runs, on what the first one serves, and every link leads somewhere.
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from './blocks.js'
import { readOptions } from '../cli/all-commands.js'
import { COMMAND, startServe, type Served } from '../sdk/served.js'
import { Workbench } from './workbench.js'

const FILES = ['SKILL.md', 'llms.txt']
const read = (name: string): string => readFileSync(`${root}${name}`, 'utf8')

const commandsOf = (text: string): string[] =>
  [...text.matchAll(/^( *)```sh\n([^]*?)^ *```/gm)].flatMap(([, , code = '']) => code.trim().split(/\n\s*/))

let workbench: Workbench
let server: Served
beforeAll(async () => {
  workbench = new Workbench()
  // A daemon that does nothing: it is graded all the same.
  workbench.write('my-daemon.mjs', '')
  server = await startServe(['--scenario', 'demo'], {}, workbench.folder)
})
afterAll(async () => {
  await server.stop()
  workbench.remove()
})

describe.each(FILES)('%s', (name) => {
  it('has ten commands, of which one or two lines are each', () => {
    const commands = commandsOf(read(name))
    expect(commands.length).toBeGreaterThanOrEqual(10)
    expect(commands.filter((line) => !/^(npx opik-runner-kit|curl) /.test(line))).toEqual([])
  })

  it('has links that lead somewhere', () => {
    const targets = [...read(name).matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target)
    expect(targets.length).toBeGreaterThan(20)
    expect(targets.filter((target) => !existsSync(`${root}${target}`))).toEqual([])
  })
})

it.each([...new Set(FILES.flatMap((name) => commandsOf(read(name))))])('a command of theirs runs: %s', async (line) => {
  const [, served] = /^npx opik-runner-kit serve (.*)$/.exec(line) ?? []
  if (served !== undefined) {
    expect(served).toBe('--scenario demo')
    return
  }
  const [, words] = /^npx opik-runner-kit (.*)$/.exec(line) ?? []
  if (words !== undefined && process.env['KIT_ALL_TARGETS'] === undefined) return readOptions(words)
  const typed = line
    .replace('npx opik-runner-kit', `node ${COMMAND}`)
    .replaceAll('http://127.0.0.1:5173', new URL(server.url).origin)
    .replace(/^curl /, 'curl --fail ')
  const { status, output } = workbench.runLine(`${typed} < /dev/null`)
  // A daemon that does nothing breaks rules; nothing else does.
  expect([status, status === 0 ? '' : output]).toEqual([line.includes(' conduct ') ? 1 : 0, expect.anything()])
})

it('SKILL.md has a name and says when to use it, as skills do', () => {
  const [, head = ''] = /^---\n([^]*?)\n---\n/.exec(read('SKILL.md')) ?? []
  expect(head).toMatch(/^name: [a-z-]{1,64}$/m)
  expect(/^description: (.*)$/m.exec(head)?.[1]?.length).toBeLessThan(1024)
})
