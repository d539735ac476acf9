// The Python package as whoever installs its wheel sees it: style and types of its sources, its tests in an empty venv of
// each Python, its README's examples with Opik's own SDK, and Node from PyPI.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../temporary-folder.js'

interface Built {
  wheel: string
  /** A venv with ruff and mypy. */
  tools: string
  /** Pythons of this machine by version. */
  pythons: Record<string, string>
}

const { wheel, tools, pythons } = JSON.parse(process.env['KIT_PYTHON_BUILT'] ?? '') as Built
const folder = temporaryFolder()

/** Runs a program, which must succeed, and returns its output. */
function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  if (status !== 0)
    throw error ?? new Error(`${command} ${args.join(' ')} has ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** Makes an empty venv, installs packages there, and returns where its programs are. */
function venvWith(python: string, ...packages: string[]): string {
  const path = folder.at('venv')
  run(python, ['-m', 'venv', '--clear', path], '.')
  run(join(path, 'bin', 'pip'), ['install', '--quiet', ...packages], '.')
  return join(path, 'bin')
}

it.each([
  ['ruff', 'check', '.'],
  ['ruff', 'format', '--check', '.'],
  ...[10, 11, 12, 13, 14].map((minor) => ['mypy', '--python-version', `3.${minor}`, 'src']),
])('sources pass %s %s %s', (program, ...args) => {
  run(join(tools, 'bin', program), args, resolve('python'))
})

it.each(Object.entries(pythons))('the wheel passes its tests on Python %s', (_version, python) => {
  const bin = venvWith(python, wheel, 'pytest-xdist')
  run(join(bin, 'pytest'), ['-p', 'no:cacheprovider', resolve('python', 'tests')], folder.at())
})

describe('README.md', () => {
  const blocks = [...readFileSync('python/README.md', 'utf8').matchAll(/^```python\n# (\S+)\n([^]*?)^```/gm)]

  it('has examples that pass with the SDK of Opik in an empty venv', () => {
    const bin = venvWith(pythons['3.11'] ?? 'python3', wheel, 'opik==2.2.122')
    const project = folder.at('project')
    mkdirSync(project)
    for (const [, name = '', text = ''] of blocks.filter(([, name]) => name !== 'test_contract.py')) {
      writeFileSync(join(project, name), text)
    }
    const quiet = { OPIK_SENTRY_ENABLE: 'false', OPIK_ANALYTICS_ENABLE: 'false' }
    expect(run(join(bin, 'pytest'), [], project, { ...process.env, ...quiet })).toContain('2 passed')
  })
})

it('[node] brings a Node where the PATH has none', () => {
  const bin = venvWith(pythons['3.11'] ?? 'python3', `opik-runner-kit[node] @ file://${wheel}`)
  const test = folder.write('test_served.py', 'def test_served(runner_mock): assert runner_mock.clock.now()')
  run(join(bin, 'pytest'), [test], folder.at(), { ...process.env, PATH: '/nowhere' })
})
