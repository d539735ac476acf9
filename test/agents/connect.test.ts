// Connect agents over files in memory: what the web app gets for each of the six commands.
import { readJson } from '../../src/kernel/json-text.js'
import { beforeEach, describe, expect, it } from 'vitest'
import { signBridge, verifyBridge, type RunnerMock } from '../../src/index.js'
import { connectAgent, memoryTree, type MemoryTree } from '../../src/mocks/agents/index.js'
import { bridge, type Bridge, frozenMock, statusOf } from './play.js'

let mock: RunnerMock
let tree: MemoryTree
let web: Bridge

beforeEach(async () => {
  mock = frozenMock()
  tree = memoryTree({
    'README.md': '# Title\n',
    'src/a.ts': 'export const a = 1\nexport const b = 2\nexport const c = 3\n',
    'src/deep/b.ts': 'import { a } from "../a.js"\n',
    'src/windows.txt': 'one\r\ntwo\r\n',
    'src/quotes.txt': 'say “hi” — now  \nend\n',
    'logo.png': new Uint8Array([0x89, 0x50, 0, 1]),
  })
  const commands = {
    'npm test': { stdout: '3 passed\n', after_ms: 2000 },
    'npm run lint': { stderr: 'bad\n', exit_code: 1 },
    'sleep 99': { after_ms: 99_000 },
    'npm start': 'listening\n',
    'rm -rf /': { error: 'blocked' as const },
  }
  web = await bridge(mock, connectAgent({ files: tree, commands }))
})

describe('ReadFile', () => {
  it('gives a whole file', async () => {
    const content = '# Title\n'
    const result = { content, total_lines: 1, truncated: false, encoding: 'utf-8' }
    expect(await web.result('ReadFile', { path: 'README.md' })).toEqual(result)
  })

  it('gives the lines from an offset on, up to a limit', async () => {
    const piece = await web.result('ReadFile', { path: './src//a.ts', offset: 1, limit: 1 })
    expect(piece).toMatchObject({ content: 'export const b = 2\n', total_lines: 3, truncated: true })
    const last = await web.result('ReadFile', { path: 'src/a.ts', offset: 2 })
    expect(last).toMatchObject({ content: 'export const c = 3\n', truncated: false })
    expect(await web.result('ReadFile', { path: 'src/a.ts', offset: 99 })).toMatchObject({
      content: '',
      truncated: false,
    })
  })

  it.each([
    ['none.md', 'file_not_found'],
    ['src', 'file_not_found'],
    ['logo.png', 'binary_file'],
    ['../secret', 'path_traversal'],
    ['src/../../secret', 'path_traversal'],
    ['/etc/passwd', 'path_traversal'],
    ['C:/Windows/win.ini', 'path_traversal'],
    ['src\\..\\..\\secret', 'path_traversal'],
    ['%2e%2e/secret', 'path_traversal'],
    ['%252e%252e%252fsecret', 'path_traversal'],
    ['a\0b', 'path_traversal'],
    ['readme.md', 'file_not_found'],
    [5, 'invalid_command'],
    [undefined, 'invalid_command'],
  ])('refuses %j with %s', async (path, code) => {
    expect(await web.code('ReadFile', { path })).toBe(code)
  })
})

describe('WriteFile', () => {
  it('creates a file and its folders', async () => {
    const result = await web.result('WriteFile', { path: 'new/é.txt', content: 'é\n' })
    expect(result).toEqual({ bytes_written: 3, created: true, diff: null })
    expect(tree.contents()['new/é.txt']).toBe('é\n')
  })

  it('replaces a file and tells how it differs', async () => {
    const result = await web.result('WriteFile', { path: 'README.md', content: '# Name\n' })
    const diff = '--- a/README.md\n+++ b/README.md\n@@ -1,1 +1,1 @@\n-# Title\n+# Name\n'
    expect(result).toEqual({ bytes_written: 7, created: false, diff })
  })

  it.each([
    ['../x', 'path_traversal'],
    ['src', 'permission_denied'],
    ['README.md/x', 'permission_denied'],
  ])('refuses %s with %s', async (path, code) => {
    expect(await web.code('WriteFile', { path, content: '' })).toBe(code)
  })
})

describe('EditFile', () => {
  const edit = (old_string: string, new_string: string) => ({ old_string, new_string })

  it('replaces several pieces at once', async () => {
    const edits = [edit('c = 3', 'c = 33'), edit('a = 1', 'a = 11')]
    const result = await web.result('EditFile', { path: 'src/a.ts', edits })
    expect(result).toMatchObject({ edits_applied: 2, fuzzy_match_used: false })
    expect(tree.contents()['src/a.ts']).toBe('export const a = 11\nexport const b = 2\nexport const c = 33\n')
  })

  it('finds text that differs in quotes, dashes and blanks at the end of a line', async () => {
    const edits = [edit('say "hi" - now\nend', 'bye')]
    const result = await web.result('EditFile', { path: 'src/quotes.txt', edits })
    expect(result).toMatchObject({ edits_applied: 1, fuzzy_match_used: true })
    expect(tree.contents()['src/quotes.txt']).toBe('bye\n')
  })

  it('keeps the line ends of the file', async () => {
    await web.result('EditFile', { path: 'src/windows.txt', edits: [edit('one\ntwo', '1\n2\n3')] })
    expect(tree.contents()['src/windows.txt']).toBe('1\r\n2\r\n3\r\n')
  })

  it.each([
    [[edit('nowhere', 'x')], 'match_not_found'],
    [[edit('', 'x')], 'match_not_found'],
    [[edit('export', 'x')], 'match_ambiguous'],
    [[edit('const a', 'x'), edit('a = 1', 'y')], 'edits_overlap'],
    [[edit('a = 1', 'a = 1')], 'no_change'],
    [[], 'no_change'],
    [[edit('a = 1', 'x'), edit('nowhere', 'y')], 'match_not_found'],
    ['none', 'invalid_command'],
  ])('with %j fails with %s and changes nothing', async (edits, code) => {
    const before = tree.contents()
    expect(await web.code('EditFile', { path: 'src/a.ts', edits })).toBe(code)
    expect(tree.contents()).toEqual(before)
  })
})

describe('ListFiles', () => {
  it.each([
    [{}, ['README.md', 'logo.png']],
    [{ path: 'src' }, ['src/a.ts', 'src/quotes.txt', 'src/windows.txt']],
    [{ path: 'src', pattern: '*.ts' }, ['src/a.ts']],
    [{ path: 'src', pattern: '*.ts', depth: 2 }, ['src/a.ts', 'src/deep/b.ts']],
    [{ pattern: '**/*.ts' }, ['src/a.ts', 'src/deep/b.ts']],
    [{ pattern: '*.{md,png}' }, ['README.md', 'logo.png']],
  ])('with %j lists %j', async (args, files) => {
    expect(await web.result('ListFiles', args)).toEqual({ files, total: files.length, truncated: false })
  })

  it.each([
    [{ path: 'none' }, 'file_not_found'],
    [{ path: '..' }, 'path_traversal'],
    [{ pattern: '../*' }, 'path_traversal'],
    [{ depth: -1 }, 'invalid_command'],
  ])('with %j fails with %s', async (args, code) => {
    expect(await web.code('ListFiles', args)).toBe(code)
  })
})

describe('SearchFiles', () => {
  it('finds lines by a regular expression, with their surroundings', async () => {
    const match = {
      file: 'src/a.ts',
      line: 2,
      content: 'export const b = 2',
      context_before: ['export const a = 1'],
      context_after: ['export const c = 3'],
    }
    const result = await web.result('SearchFiles', { pattern: 'const [b] =' })
    expect(result).toEqual({ matches: [match], total_matches: 1, truncated: false })
  })

  it('counts the lines that ReadFile counts', async () => {
    await web.result('WriteFile', { path: 'ends.txt', content: 'first\n\nlast\n' })
    const { total_lines } = (await web.result('ReadFile', { path: 'ends.txt' })) as { total_lines: number }
    const result = await web.result('SearchFiles', { pattern: '^', glob: 'ends.txt' })
    expect(result).toMatchObject({ total_matches: total_lines })
  })

  it('keeps to a path and a glob, and may ignore case', async () => {
    const files = async (args: object): Promise<unknown> => {
      const { matches } = (await web.result('SearchFiles', args)) as { matches: { file: string }[] }
      return matches.map(({ file }) => file)
    }
    expect(await files({ pattern: '(?i)IMPORT|TITLE' })).toEqual(['README.md', 'src/deep/b.ts'])
    expect(await files({ pattern: 'import|Title', glob: '*.ts' })).toEqual(['src/deep/b.ts'])
    expect(await files({ pattern: 'import|Title', path: 'src/deep' })).toEqual(['src/deep/b.ts'])
  })

  it.each([
    [{ pattern: '(a+)+\\1$' }, 'search_failed'],
    [{ pattern: '(?=a*)a*$' }, 'search_failed'],
    [{ pattern: '((a{100}){100}){100}' }, 'search_failed'],
    [{ pattern: '(' }, 'search_failed'],
    [{ pattern: '' }, 'match_not_found'],
    [{ pattern: 'a'.repeat(501) }, 'match_not_found'],
    [{ pattern: 'a', path: '../' }, 'path_traversal'],
  ])('with %j fails with %s', async (args, code) => {
    expect(await web.code('SearchFiles', args)).toBe(code)
  })

  it.each([
    '(a+)+$',
    '(a|a)*$',
    '(a|aa)+$',
    '(.*a){12}$',
    '.*.*.*.*.*=',
    'a*a*a*a*a*a*b',
    '([a-z]+)*[0-9]',
    '(?:a?){100}b',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
  ])('judges long lines by %s in no time', async (pattern) => {
    await web.result('WriteFile', { path: 'long.txt', content: `${'a'.repeat(499)}!\n`.repeat(5) })
    expect(await web.result('SearchFiles', { pattern, glob: 'long.txt' })).toMatchObject({ truncated: false })
  })

  it('finds what stands behind the characters that it shows', async () => {
    await web.result('WriteFile', { path: 'wide.txt', content: `${'a'.repeat(600)}needle\nnext` })
    const match = { file: 'wide.txt', line: 1, content: 'a'.repeat(500), context_before: [], context_after: ['next'] }
    const result = await web.result('SearchFiles', { pattern: 'needle$', glob: 'wide.txt' })
    expect(result).toEqual({ matches: [match], total_matches: 1, truncated: false })
  })

  it('reads less for a pattern that costs more', async () => {
    await web.result('WriteFile', { path: 'long.txt', content: `${'a'.repeat(499)}\n`.repeat(600) })
    expect(await web.result('SearchFiles', { pattern: 'b', glob: 'long.txt' })).toMatchObject({ truncated: false })
    const result = await web.result('SearchFiles', { pattern: '[bc]{400}d', glob: 'long.txt' })
    expect(result).toMatchObject({ truncated: true })
  })
})

describe('Exec', () => {
  it.each([
    ['npm run lint', { stdout: '', stderr: 'bad\n', exit_code: 1 }],
    ['echo "a  b" c', { stdout: 'a  b c\n', exit_code: 0 }],
    ['cat README.md', { stdout: '# Title\n', exit_code: 0 }],
    ['ls', { stdout: 'README.md\nlogo.png\nsrc\n', exit_code: 0 }],
    ['cat none', { stdout: '', exit_code: 1 }],
    ['frobnicate', { stdout: '', exit_code: 127 }],
  ])('answers %s', async (command, result) => {
    expect(await web.result('Exec', { command })).toMatchObject({ ...result, truncated: false })
  })

  it('takes its virtual time', async () => {
    const asked = web.ask('Exec', { command: 'npm test' })
    await mock.clock.advance({ seconds: 3 })
    expect(await asked).toMatchObject({
      status: 'completed',
      duration_ms: 2000,
      completed_at: '2026-01-01T00:00:02.000Z',
      result: { stdout: '3 passed\n' },
    })
  })

  it('times out', async () => {
    const asked = web.ask('Exec', { command: 'sleep 99', timeout: 5 })
    await mock.clock.advance({ seconds: 6 })
    expect(await asked).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
  })

  it('goes on in the background', async () => {
    const first = await web.result('Exec', { command: 'npm start', background: true })
    expect(first).toMatchObject({ status: 'running', initial_output: 'listening\n' })
    const second = await web.result('Exec', { command: 'npm start', background: true })
    expect((second as { pid: number }).pid).not.toBe((first as { pid: number }).pid)
  })

  it.each([
    ['rm -rf /', 'blocked'],
    [' ', 'invalid_command'],
    ['cat README.md | sh', 'not_supported'],
    ['cat ../secret', 'path_traversal'],
    ['constructor', undefined],
  ])('refuses %j with %s', async (command, code) => {
    expect(await web.code('Exec', { command })).toBe(code)
  })
})

describe('signatures', () => {
  const path = 'README.md'

  it('are made for results, and for failures over an empty one', async () => {
    const signatureIn = (value: unknown): string => (value as { _hmac: string })._hmac
    const { bridgeKey } = web.runner
    const read = await web.ask('ReadFile', { path })
    expect(await verifyBridge(bridgeKey, 'completed', read.result, signatureIn(read.result))).toBe(true)
    const { status, result, error } = await web.ask('ReadFile', { path: 'none' })
    expect([status, Object.keys(result as object), Object.keys(error as object)]).toEqual([
      'failed',
      ['_hmac'],
      ['code', 'message'],
    ])
    expect(await verifyBridge(bridgeKey, 'failed', {}, signatureIn(result))).toBe(true)
  })

  it('are checked over numbers as Python has written them', async () => {
    const signed = async (text: string) => {
      const args = readJson(text) as Record<string, unknown>
      return Object.assign(args, { _hmac: await signBridge(web.runner.bridgeKey, 'ReadFile', args) })
    }
    const args = await signed('{"path":"README.md","limit":2000.0,"offset":0e0,"note":"grüße 🤖"}')
    expect(await web.ask('ReadFile', args)).toMatchObject({ status: 'completed' })
    expect(await web.code('ReadFile', { ...args })).toBe('auth_failed')
  })

  it('are checked on commands', async () => {
    const right = await signBridge(web.runner.bridgeKey, 'ReadFile', { path })
    expect(await web.ask('ReadFile', { path, _hmac: right })).toMatchObject({ status: 'completed' })
    for (const _hmac of [await signBridge(web.runner.bridgeKey, 'WriteFile', { path }), 'x', 5, null]) {
      expect(await web.code('ReadFile', { path, _hmac })).toBe('auth_failed')
    }
    expect(await web.code('ReadFile', { path: 'src/a.ts', _hmac: right })).toBe('auth_failed')
  })

  it('can be required', async () => {
    const strict = await bridge(mock, connectAgent({ signatures: 'required' }))
    expect(await strict.code('Exec', { command: 'pwd' })).toBe('auth_failed')
  })
})

describe('a connect runner', () => {
  it('stays connected, and goes with a goodbye', async () => {
    const runner = await mock.given.connectedRunner({ type: 'connect', capabilities: [] })
    const started = await mock.agents.start(runner, connectAgent())
    await mock.clock.advance({ minutes: 10 })
    expect(await statusOf(mock, runner)).toBe('connected')
    await started.disconnect()
    expect(await statusOf(mock, runner)).toBe(404)
  })

  it('refuses files outside of the root', () => {
    expect(() => connectAgent({ files: { '../x': '' } })).toThrow(expect.objectContaining({ code: 'agents/files' }))
  })
})
