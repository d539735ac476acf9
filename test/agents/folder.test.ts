// A real folder behind a connect agent: what it gives, and that nothing leads out of it.
import { link, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunnerMock } from '../../src/index.js'
import { folder } from '../../src/mocks/adapters/node.js'
import { connectAgent, type FileTree } from '../../src/mocks/agents/index.js'
import { bridge, type Bridge, frozenMock } from './play.js'

let base: string
let root: string
let mock: RunnerMock

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'kit-folder-'))
  root = join(base, 'project')
  await mkdir(join(root, 'src'), { recursive: true })
  await mkdir(join(root, '.git'))
  await mkdir(join(base, 'project-secret'))
  await writeFile(join(base, 'secret.txt'), 'secret\n')
  await writeFile(join(base, 'project-secret', 'key'), 'secret\n')
  await writeFile(join(root, 'a.txt'), 'one\ntwo\n')
  await writeFile(join(root, 'src', 'b.ts'), 'const b = 1\n')
  await writeFile(join(root, '.git', 'config'), 'const b = 1\n')
  await symlink(join(base, 'secret.txt'), join(root, 'link-out'))
  await symlink('../project-secret', join(root, 'folder-out'))
  await symlink(join(base, 'not-there-yet'), join(root, 'link-to-nothing'))
  await symlink('loop', join(root, 'loop'))
  await symlink('src', join(root, 'folder-in'))
  await symlink('a.txt', join(root, 'link-in'))
  mock = frozenMock()
})
afterEach(() => rm(base, { recursive: true, force: true }))

const over = (files: FileTree): Promise<Bridge> => bridge(mock, connectAgent({ files }))

describe('reading', () => {
  it('works as in memory, through links that stay inside', async () => {
    const web = await over(folder(root))
    for (const path of ['a.txt', './src/../a.txt', 'link-in']) {
      expect(await web.result('ReadFile', { path })).toMatchObject({ content: 'one\ntwo\n', total_lines: 2 })
    }
    expect(await web.result('ReadFile', { path: 'folder-in/b.ts' })).toMatchObject({ content: 'const b = 1\n' })
  })

  const outside = String.raw`link-out folder-out/key loop link-to-nothing ../secret.txt ../project-secret/key
    src/../../secret.txt ..%2fsecret.txt %2e%2e/secret.txt ..\secret.txt /etc/passwd`.split(/\s+/)
  it.each(outside)('refuses %s', async (path) => {
    const web = await over(folder(root))
    expect(await web.code('ReadFile', { path })).toBe('path_traversal')
  })

  it('refuses the absolute path of the root itself, in any case', async () => {
    const web = await over(folder(root))
    for (const path of [join(root, 'a.txt'), join(root, 'a.txt').toUpperCase()]) {
      expect(await web.code('ReadFile', { path })).toBe('path_traversal')
    }
  })

  it('lists and searches nothing outside', async () => {
    const web = await over(folder(root))
    const { files } = (await web.result('ListFiles', { pattern: '**/*' })) as { files: string[] }
    expect(files).toEqual(['a.txt', 'link-in', 'src/b.ts'])
    expect(await web.result('SearchFiles', { pattern: 'secret' })).toMatchObject({ total_matches: 0 })
    for (const path of ['folder-out', '..']) expect(await web.code('ListFiles', { path })).toBe('path_traversal')
  })
})

describe('writing', () => {
  it('is refused unless it was asked for', async () => {
    const web = await over(folder(root))
    expect(await web.code('WriteFile', { path: 'a.txt', content: 'x' })).toBe('permission_denied')
    const edits = [{ old_string: 'one', new_string: '1' }]
    expect(await web.code('EditFile', { path: 'a.txt', edits })).toBe('permission_denied')
    expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe('one\ntwo\n')
  })

  it('changes and creates files, and leaves nothing else behind', async () => {
    const web = await over(folder(root, { writable: true }))
    const edits = [{ old_string: 'one', new_string: '1' }]
    expect(await web.result('EditFile', { path: 'a.txt', edits })).toMatchObject({ edits_applied: 1 })
    const created = await web.result('WriteFile', { path: 'new/deep/c.txt', content: 'c\n' })
    expect(created).toEqual({ bytes_written: 2, created: true, diff: null })
    expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe('1\ntwo\n')
    expect(await readdir(join(root, 'new', 'deep'))).toEqual(['c.txt'])
  })

  it.each(['link-out', 'folder-out/key', 'folder-out/new', 'link-to-nothing', '../new', 'loop'])(
    'refuses %s and changes nothing outside',
    async (path) => {
      const web = await over(folder(root, { writable: true }))
      expect(await web.code('WriteFile', { path, content: 'x' })).toBe('path_traversal')
      expect((await readdir(base)).sort()).toEqual(['project', 'project-secret', 'secret.txt'])
      expect(await readdir(join(base, 'project-secret'))).toEqual(['key'])
      expect(await readFile(join(base, 'secret.txt'), 'utf8')).toBe('secret\n')
      expect(await readFile(join(base, 'project-secret', 'key'), 'utf8')).toBe('secret\n')
    },
  )

  it.each(['.git/config', '.git/hooks/pre-commit', '.GIT/config', 'vendor/.git/config', 'link-to-git/config', '.git'])(
    'never touches what git runs: %s',
    async (path) => {
      await symlink('.git', join(root, 'link-to-git'))
      const web = await over(folder(root, { writable: true }))
      expect(await web.code('WriteFile', { path, content: 'new' })).toBe('permission_denied')
      expect(await readFile(join(root, '.git', 'config'), 'utf8')).toBe('const b = 1\n')
      expect(await readdir(join(root, '.git'))).toEqual(['config'])
    },
  )

  it('replaces a second name of an outside file instead of writing through it', async () => {
    await link(join(base, 'secret.txt'), join(root, 'second-name'))
    const web = await over(folder(root, { writable: true }))
    expect(await web.result('WriteFile', { path: 'second-name', content: 'x' })).toMatchObject({ created: false })
    expect(await readFile(join(base, 'secret.txt'), 'utf8')).toBe('secret\n')
  })
})

it('folder needs a folder that exists', () => {
  expect(() => folder(join(base, 'none'))).toThrow(expect.objectContaining({ code: 'agents/folder' }))
})
