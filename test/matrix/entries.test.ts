// Each line of Node, each entry of the package, each command, with all peers installed.
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { Project } from '../package/project.js'
import { formerLines, nodeLines, withNode } from './nodes.js'

const packed = inject('packed')
const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [subpath.replace('.', manifest.name)],
)
/** vitest lets nobody import it outside of a test; first-contact.test.ts does. */
const importable = entries.filter((entry) => !entry.endsWith('/vitest'))
const names = JSON.stringify(importable)

let project: Project
beforeAll(() => {
  project = new Project([packed.file, 'msw', 'vitest'])
  project.write('import.mjs', `for (const name of ${names}) await import(name)`)
  project.write('require.cjs', `for (const name of ${names}) require(name)`)
  project.write('agent.mjs', '')
})
afterAll(() => project.remove())

describe.each(nodeLines)('on Node %s', (line) => {
  const node = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    project.run('node', args, { ...withNode(line), NODE_NO_WARNINGS: '1' })
  const kit = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    project.run('npx', [manifest.name, ...args], { ...withNode(line), NO_COLOR: '1' })

  it('every entry is imported, and required by CommonJS', () => {
    expect(node('import.mjs')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(node('require.cjs')).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('every command runs', () => {
    expect(kit('--version')).toMatchObject({ status: 0, stdout: `${manifest.version}\n` })
    expect(JSON.parse(kit('fixture', 'job', '--set', 'status=failed', '--count', '3').stdout)).toHaveLength(3)
    expect(kit('spec').stdout).toContain('openapi: 3.1')
    expect(kit('verify', '--list').stdout).toMatch(/\d+ checks in \d+ areas/)
    expect(kit('conduct', '--port', '0', '--for', '1', '--', 'node', 'agent.mjs').status).toBe(1)
  })

  it('serve says in one line that Prism is missing', () => {
    project.write('rest.yaml', 'openapi: 3.0.0\ninfo: { title: x, version: "1" }\npaths: { /a: { get: {} } }\n')
    const { status, stdout, stderr } = kit('serve', '--port', '0', '--fallback', 'rest.yaml')
    expect([status, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1])
    expect(stderr).toContain('npm install --save-dev @stoplight/prism-cli')
  })
})

it.each(formerLines)('on Node %s the command says in one line that it is too old', (line) => {
  const command = `node_modules/${manifest.name}/${manifest.bin['opik-runner-kit']}`
  const { status, stdout, stderr } = project.run('node', [command, 'serve'], withNode(line))
  expect([status, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1])
})

it('the oldest Node is asked for nothing newer by what the package brings', () => {
  const bare = new Project([])
  onTestFinished(() => bare.remove())
  const args = ['install', '--engine-strict', '--prefer-offline', '--no-audit', '--no-fund', packed.file]
  const { status, stderr } = bare.run('npm', args, withNode(nodeLines[0]))
  expect([status, stderr]).toEqual([0, ''])
})
