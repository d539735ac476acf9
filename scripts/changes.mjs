// Which files differ from those that CI has checked: what one who works on a branch has changed.
import { execFileSync } from 'node:child_process'
import { at } from './paths.mjs'

/**
 * The files that differ from where this branch left main, uncommitted and untracked ones included; without a remote's
 * main, from the last commit.
 *
 * @param {string} folder of the checkout
 * @returns {{ since: string, files: string[] } | undefined} undefined when git does not know the checkout
 */
export function changedFiles(folder = at()) {
  const git = (...args) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const baseOf = (branch) => {
    try {
      return { since: branch, commit: git('merge-base', 'HEAD', branch).trim() }
    } catch {
      return undefined
    }
  }
  try {
    const { since, commit } = baseOf('upstream/main') ??
      baseOf('origin/main') ?? { since: 'the last commit', commit: git('rev-parse', 'HEAD').trim() }
    const lists = [
      git('diff', '--name-only', '--relative', '-z', commit),
      git('ls-files', '--others', '--exclude-standard', '-z'),
    ]
    return { since, files: lists.flatMap((list) => list.split('\0').filter((name) => name !== '')) }
  } catch {
    return undefined
  }
}
