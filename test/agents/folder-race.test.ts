// A folder that becomes a link outwards in the worst moment: after its path was looked at, before the file is opened.
import type * as fs from 'node:fs/promises'
import { mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { folder } from '../../src/mocks/adapters/node-folder.js'

const attack = vi.hoisted(() => ({ beforeOpen: async () => {}, afterOpen: async () => {} }))

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof fs>()
  const open: typeof original.open = async (...args) => {
    await attack.beforeOpen()
    const handle = await original.open(...args)
    await attack.afterOpen()
    return handle
  }
  return { ...original, open }
})

let base: string
let root: string
let outside: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'kit-race-'))
  root = join(base, 'project')
  outside = join(base, 'outside')
  await mkdir(join(root, 'src'), { recursive: true })
  await mkdir(outside)
  await writeFile(join(root, 'src', 'key'), 'public\n')
  await writeFile(join(outside, 'key'), 'secret\n')
})
afterEach(() => rm(base, { recursive: true, force: true }))

const swap = async (): Promise<void> => {
  await rename(join(root, 'src'), join(root, 'aside'))
  await symlink(outside, join(root, 'src'))
}
const swapBack = async (): Promise<void> => {
  await rm(join(root, 'src'))
  await rename(join(root, 'aside'), join(root, 'src'))
}
const nothing = async (): Promise<void> => {}
const refused = expect.objectContaining({ code: 'path_traversal' }) as Error

describe.each([
  ['and stays one', nothing],
  ['and a folder again', swapBack],
])('a folder that becomes a link %s', (_, afterOpen) => {
  beforeEach(() => {
    attack.beforeOpen = swap
    attack.afterOpen = afterOpen
  })
  afterEach(() => {
    attack.beforeOpen = nothing
    attack.afterOpen = nothing
  })

  it('gives nothing away', async () => {
    await expect(folder(root).read('src/key')).rejects.toThrow(refused)
  })

  it.each(['src/key', 'src/new'])('lets nothing be written to %s', async (path) => {
    await expect(folder(root, { writable: true }).write(path, new Uint8Array([1]))).rejects.toThrow()
    expect(await readFile(join(outside, 'key'), 'utf8')).toBe('secret\n')
    for (const name of (await readdir(outside)).filter((each) => each !== 'key')) {
      expect(await readFile(join(outside, name), 'utf8')).toBe('')
    }
  })
})

it('reads and writes when nobody interferes', async () => {
  const tree = folder(root, { writable: true })
  await tree.write('src/key', new TextEncoder().encode('new\n'))
  expect(new TextDecoder().decode(await tree.read('src/key'))).toBe('new\n')
})
