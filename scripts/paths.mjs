// Where things are in the checkout, and the manifest: shared by every script.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** @param {string[]} parts relative to the checkout */
export const at = (...parts) => join(root, ...parts)

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

export const manifest = readJson(at('package.json'))

/** The JavaScript file behind a command that an installed package brings. */
export function binOf(packageName, command = packageName) {
  const { bin } = readJson(at('node_modules', packageName, 'package.json'))
  return at('node_modules', packageName, typeof bin === 'string' ? bin : bin[command])
}
