// Tells whether files changed since a piece of work was last done: a hash over their names and contents.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { at } from './paths.mjs'

/** @param {string[]} inputs files and folders, relative to the checkout */
export function fingerprint(inputs) {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap(filesUnder)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(at(file)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** All files of a folder in a stable order; a file stands for itself, a missing path for nothing. */
export function filesUnder(path) {
  const entry = statSync(at(path), { throwIfNoEntry: false })
  if (entry === undefined) return []
  if (!entry.isDirectory()) return [path]
  return readdirSync(at(path))
    .sort()
    .flatMap((name) => filesUnder(join(path, name)))
}

/** The stamp that an earlier `writeStamp` left under this file, or undefined when it is missing or damaged. */
export function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

export function writeStamp(file, stamp) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(stamp))
}
