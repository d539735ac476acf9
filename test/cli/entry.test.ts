// The first thing that every command looks at: a Node that is too old is told so in one line.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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
