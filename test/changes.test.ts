// What `npm test` takes for changed, in a checkout with and without a remote's main.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { changedFiles } from '../scripts/changes.mjs'
import { temporaryFolder } from './temporary-folder.js'

const folder = temporaryFolder()

it('takes for changed what differs from where the branch left main, or else from the last commit', () => {
  const outside = changedFiles(folder.at('.'))
  const checkout = folder.at('checkout')
  mkdirSync(checkout)
  const write = (name: string): void => writeFileSync(`${checkout}/${name}`, `${Math.random()}`)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: checkout, stdio: 'ignore' })
  const commit = (...names: string[]): void => {
    for (const name of names) write(name)
    git('add', '.')
    git('commit', '-m', 'a change')
  }
  git('init')
  commit('kept', 'edited', 'removed')
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  commit('committed')
  write('edited')
  write('untracked')
  rmSync(`${checkout}/removed`)
  const since = changedFiles(checkout)
  git('update-ref', '-d', 'refs/remotes/origin/main')
  const alone = changedFiles(checkout)
  expect(outside).toBeUndefined()
  expect(since?.files.toSorted()).toEqual(['committed', 'edited', 'removed', 'untracked'])
  expect(alone?.files.toSorted()).toEqual(['edited', 'removed', 'untracked'])
})
