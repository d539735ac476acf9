// Measures what the package costs its users: packs it, installs the archive into an empty folder, and imports
// each entry in fresh processes, in turns with a process that imports nothing. Prints the medians; README.md has them.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { at, manifest, readJson } from './paths.mjs'

const ROUNDS = 21
/** Entries whose peers are not there cannot be imported. */
const entries = ['', '/fixtures', '/node', '/agents', '/conduct', '/contracts'].map((part) => manifest.name + part)

const folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-measured-'))

function install() {
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const [{ filename, size }] = JSON.parse(execFileSync('npm', pack, { cwd: at(), stdio: ['ignore', 'pipe', 'ignore'] }))
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`], { cwd: folder })
  return size
}

function measureSize(archive) {
  const modules = join(folder, 'node_modules')
  const { packages } = readJson(join(modules, '.package-lock.json'))
  const own = bytesIn(join(modules, manifest.name))
  const all = bytesIn(modules)
  console.log(`archive ${mb(archive)}, unpacked ${mb(own)}`)
  console.log(`an installation: ${Object.keys(packages).length} packages, ${mb(all)}`)
}

function measureImports() {
  const times = new Map(['nothing', ...entries].map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, taken] of times) taken.push(run(name === 'nothing' ? '' : `await import('${name}')`))
  }
  const empty = median(times.get('nothing').map(({ process }) => process))
  console.log(
    `\nNode ${process.versions.node}, ${availableParallelism()} cores, ${ROUNDS} rounds, medians (fastest) in ms`,
  )
  console.log(`${'import of'.padEnd(28)}${'import'.padStart(14)}${'whole process'.padStart(16)}`)
  for (const [name, taken] of times) {
    const imports = taken.map((each) => each.import)
    const whole = taken.map((each) => each.process)
    const difference = name === 'nothing' ? '' : `  (+${(median(whole) - empty).toFixed(0)})`
    console.log(
      name.padEnd(28) +
        `${median(imports).toFixed(1)} (${Math.min(...imports).toFixed(1)})`.padStart(14) +
        median(whole).toFixed(0).padStart(16) +
        difference,
    )
  }
}

function run(code) {
  const script = `const start = performance.now();${code};console.log(performance.now() - start)`
  const started = performance.now()
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { import: Number(printed), process: performance.now() - started }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`

function bytesIn(path) {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).byteLength, 0)
}

try {
  measureSize(install())
  measureImports()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
