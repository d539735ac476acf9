// The command itself, as a child process: what it writes, what `--check` says, and its exit codes.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LampSpec, inRules, lampYaml } from './lamp-spec.js'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'generate-'))
const out = join(folder, 'out')
const specFile = join(folder, 'lamp.yaml')

function generate(...args: string[]) {
  const main = join(root, 'scripts', 'generate', 'main.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr, lines: stderr.trim().split('\n') }
}

const generateLamp = (...args: string[]) => generate('--spec', specFile, '--out', out, ...args)
const writeSpec = (change?: (spec: LampSpec) => void) => writeFileSync(specFile, lampYaml(change))
const generated = (name: string) => join(out, 'src', 'generated', name)

beforeAll(() => {
  writeSpec()
  generateLamp()
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('generate', () => {
  it('writes every file with a header that names the command and the spec', () => {
    const files = readdirSync(join(out, 'src', 'generated')).map(generated)
    expect(files.length).toBeGreaterThan(8)
    for (const file of [...files, join(out, 'docs', 'lifecycle.md')]) {
      expect(readFileSync(file, 'utf8').split('\n')[0]).toMatch(/`npm run generate`.*lamp\.yaml/)
    }
  })

  it.each([
    { title: 'a spec that is not there', args: ['--spec', join(folder, 'missing.yaml')], names: 'missing.yaml' },
    { title: 'an unknown option', args: ['--chekc'], names: 'chekc' },
  ])('exits 2 for $title', ({ args, names }) => {
    const { status, stderr } = generate(...args)
    expect(status).toBe(2)
    expect(stderr).toContain(names)
    expect(stderr).not.toContain('    at ')
  })
})

describe('generate --check', () => {
  it('names a file that was edited, a file that is missing and a file too many, and writes nothing', () => {
    appendFileSync(generated('operations.ts'), '// edited\n')
    rmSync(generated('validator.ts'))
    writeFileSync(generated('old.ts'), readFileSync(generated('api-types.ts')))
    const { status, lines } = generateLamp('--check')
    expect(status).toBe(1)
    expect(lines).toHaveLength(3)
    for (const name of ['operations.ts', 'validator.ts', 'old.ts']) {
      expect(lines.filter((line) => line.includes(name) && line.includes('npm run generate'))).toHaveLength(1)
    }
    expect(readFileSync(generated('operations.ts'), 'utf8')).toContain('// edited')
    expect(readdirSync(join(out, 'src', 'generated'))).not.toContain('validator.ts')

    expect(generateLamp().status).toBe(0)
    expect(generateLamp('--check').status).toBe(0)
    expect(readdirSync(join(out, 'src', 'generated'))).not.toContain('old.ts')
  }, 120_000)

  it('names the files that a change of the spec makes stale', () => {
    writeSpec(
      (spec) =>
        (spec.components.schemas['LampRequest'] = { type: 'object', properties: { watts: { type: 'integer' } } }),
    )
    const { status, lines } = generateLamp('--check')
    writeSpec()
    expect(status).toBe(1)
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.join('\n')).toContain('src/generated/named-types.ts')
  })
})

it('generate, given a broken spec exits 2, says where and how to fix it without a stack trace, and writes nothing', () => {
  const before = contents()
  writeSpec(inRules('switchLamp', (rules) => rules.pop()))
  const { status, stderr, lines } = generateLamp()
  writeSpec()
  expect(status).toBe(2)
  expect(lines[0]).toMatch(/lamp\.yaml:\d+: .*lamp.*broken.*switchLamp.*Fix: /)
  expect(stderr).not.toContain('    at ')
  expect(contents()).toEqual(before)
})

/** Every generated file, by its path. */
function contents(): Record<string, string> {
  const files = readdirSync(out, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return Object.fromEntries(
    files.map(({ parentPath, name }) => join(parentPath, name)).map((file) => [file, readFileSync(file, 'utf8')]),
  )
}
