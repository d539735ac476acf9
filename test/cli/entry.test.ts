// How commands start: a Node that is too old is told so in one line, and what is compiled of `serve` is kept.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { temporaryFolder } from '../temporary-folder.js'

const oldest = manifest.engines.node.replace('>=', '')
const [major = 0, minor = 0] = oldest.split('.').map(Number)

const folder = temporaryFolder()

/** Runs a script by this Node, which says that it is another one. */
function runAs(
  version: string,
  script: string,
  ...args: string[]
): { status: number | null; stdout: string; stderr: string } {
  const disguise = folder.at(`${version}.cjs`)
  const versions = JSON.stringify({ ...process.versions, node: version })
  writeFileSync(disguise, `Object.defineProperty(process, 'versions', { value: ${versions} })`)
  return spawnSync(process.execPath, ['-r', disguise, script, ...args], { encoding: 'utf8' })
}

it.each([
  ['dist/cli/main.js', 'serve'],
  ['scripts/run.mjs', 'start'],
])('%s %s says in one line that Node is too old', (script, command) => {
  for (const version of [`${major - 2}.99.0`, `${major}.${minor - 1}.0`]) {
    const { status, stdout, stderr } = runAs(version, script, command)
    expect([status, stdout, stderr.split('\n').length]).toEqual([script.startsWith('dist') ? 2 : 1, '', 2])
    expect(stderr).toContain(version)
    expect(stderr).toContain(`${major}.${minor}`)
  }
})

it.each([oldest, `${major + 1}.0.0`])('Node %s may run the command', (version) => {
  expect(runAs(version, 'dist/cli/main.js', 'limits')).toMatchObject({ status: 0, stderr: '' })
})

it('serve keeps what is compiled of it, and starts alike with it, without it and with a broken one', () => {
  const dist = folder.at('dist')
  for (const part of ['dist/cli', 'package.json']) cpSync(part, folder.at(part), { recursive: true })
  const listed = () => readdirSync(folder.at('dist/cli')).filter((name) => name.endsWith('.compiled'))
  for (const name of listed()) rmSync(folder.at('dist/cli', name))
  const start = (env = {}) => {
    const options = { encoding: 'utf8', env: { ...process.env, ...env } } as const
    const { status, stdout, stderr } = spawnSync(process.execPath, [`${dist}/cli/main.js`, 'serve', '--help'], options)
    return { status, stdout, stderr }
  }

  const first = start({ NODE_DISABLE_COMPILE_CACHE: '1' })
  expect(first).toMatchObject({ status: 0, stderr: '' })
  expect(listed()).toEqual([])

  expect(start()).toEqual(first)
  const [name = ''] = listed()
  const kept = folder.at('dist/cli', name)
  const whole = readFileSync(kept)
  expect(start()).toEqual(first)

  const broken = Buffer.from(whole).fill(0, whole.length >> 1)
  for (const bytes of [broken, broken.subarray(0, 2), Buffer.alloc(0)]) {
    writeFileSync(kept, bytes)
    expect(start()).toEqual(first)
    expect(readFileSync(kept).length).toBeGreaterThan(whole.length >> 1)
    expect(readFileSync(kept).equals(broken)).toBe(false)
  }

  // Where nothing can be put in its place, nothing is left behind.
  rmSync(kept)
  mkdirSync(kept)
  expect(start()).toEqual(first)
  expect(listed()).toEqual([name])
})
