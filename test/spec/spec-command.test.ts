// The command as a user types it: what it prints, and with which code it ends.
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { addSpecCommand } from '../../src/cli/spec.js'
import { parseSpec } from '../../src/spec/parse-spec.js'
import { runAtOnce } from '../cli/refusal.js'
import { temporaryFolder } from '../temporary-folder.js'
import { put, upstream, whole, type Editable } from './documents.js'

const folder = temporaryFolder()
const run = (...args: readonly string[]) => runAtOnce(addSpecCommand, 'spec', ...args)

function fileOf(name: string, edit: (document: Editable) => void): string {
  const { root } = upstream(edit, whole)
  return folder.write(name, name.endsWith('.json') ? JSON.stringify(root) : stringify(root))
}

describe('spec', () => {
  it('prints one document, whole', () => {
    const { code, out, err } = run()
    expect([code, err]).toEqual([0, ''])
    expect(parseSpec(out, 'out').root).toEqual(whole.root)
  })

  it('prints the document as JSON', () => {
    const { code, out } = run('--format', 'json')
    expect(code).toBe(0)
    expect(parseSpec(out, 'out').root).toEqual(whole.root)
  })
})

describe('spec --compare', () => {
  it('ends with 0 when nothing breaks a client', () => {
    const file = fileOf('same.json', (document) => delete document.components?.schemas?.LocalRunner?.required)
    const { code, out } = run('--compare', file)
    expect(code).toBe(0)
    expect(out).toContain('operations compared: nothing that breaks a client; 0 notes, 0 flaws in theirs.')
  })

  it('lists differences by operation, names flaws, and ends with 1 when one breaks a client', () => {
    const file = fileOf('moved.yaml', (document) => {
      const job = document.components?.schemas?.CreateLocalRunnerJobRequest
      put(job?.properties, 'priority', { type: 'integer' })
      put(job, 'required', ['agent_name', 'priority'])
      put(document.components?.headers, 'Location', { description: 'Where.' })
    })
    const { code, out } = run('--compare', file)
    expect(code).toBe(1)
    const sections = out.split('\n\n')
    expect(sections[1]).toBe(
      'createJob  POST /v1/private/local-runners/jobs\n' +
        '  breaking  request body /priority: field that ours lacks: integer, required',
    )
    expect(sections[2]).toContain('header without schema (1): ')
    expect(sections[2]).toContain('    headers Location')
    expect(sections[3]).toMatch(
      /^\d+ operations compared: 1 difference that breaks a client; 0 notes, 1 flaw in theirs\.\nBreaking: createJob\.\n$/,
    )
  })

  it('gives the findings as data with --json', () => {
    const file = fileOf(
      'status.json',
      (document) => delete document.paths?.['/v1/private/local-runners/jobs']?.post?.responses?.['429'],
    )
    const { code, out } = run('--compare', file, '--json')
    const { operations, totals } = JSON.parse(out) as {
      operations: { operation: string; findings: unknown[] }[]
      totals: object
    }
    expect(code).toBe(0)
    expect(totals).toMatchObject({ breaking: 0, notes: 1, flaws: 0 })
    expect(operations.find(({ operation }) => operation === 'createJob')?.findings).toEqual([
      {
        operation: 'createJob',
        where: 'response 429',
        kind: 'status',
        change: 'removed',
        severity: 'note',
        ours: 'application/json',
      },
    ])
  })

  it('ends with 2 and one line for a file that can’t be compared', () => {
    const broken = folder.write('broken.yaml', 'openapi: 3.1.0\npaths: [\n')
    const pets = 'openapi: 3.0.0\npaths: {/pets: {get: {tags: [Pets], responses: {}}}}\n'
    const foreign = folder.write('foreign.yaml', pets)
    for (const [file, message] of [
      [broken, `${broken}:3:1: `],
      [foreign, `${foreign}: has none of our operations (1 paths, the first /pets)`],
      [folder.at('missing.yaml'), `${folder.at('missing.yaml')}: does not exist`],
      [folder.at(), `${folder.at()}: is a folder`],
    ] as const) {
      const { code, out, err } = run('--compare', file)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err.startsWith(message)).toBe(true)
      expect(err).not.toContain('\n')
    }
  })

  it('compares with --only what is named, and names the operations that break', () => {
    const file = fileOf('whole.json', (document) => {
      put(document.components?.schemas?.Project?.properties, 'name', { type: 'integer' })
    })
    expect(run('--compare', file, '--only', 'Runners, pairing')).toMatchObject({ code: 0 })
    const { code, out } = run('--compare', file, '--only', '/projects')
    expect(code).toBe(1)
    expect(out.trimEnd().split('\n').at(-1)).toContain('getProjectById')
    const twice = run('--compare', file, '--only', '/projects', '--only', 'runners')
    expect(twice.code).toBe(code)
    expect(run('--compare', file, '--only', 'runnerz')).toMatchObject({ code: 2, out: '' })
    expect(run('--only', 'runners')).toMatchObject({ code: 2, out: '' })
  })

  it('refuses options that say nothing together', () => {
    expect(run('--json')).toMatchObject({ code: 2, err: expect.stringContaining('--json needs --compare') as string })
    expect(run('--compare', 'x.yaml', '--format', 'json').err).toContain('cannot be used with')
  })
})
