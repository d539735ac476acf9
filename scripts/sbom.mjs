// What users get of other people's work, as `npm sbom` tells it: what is installed with the package, and what is inside it.
import { spawnSync } from 'node:child_process'
import { at, manifest } from './paths.mjs'

/**
 * The bill of materials in the form of CycloneDX, the same for the same lock file.
 *
 * @param {readonly string[]} inside names of packages whose code is part of the published package
 */
export function billOfMaterials(inside) {
  const { serialNumber: _, metadata, components, dependencies, ...head } = askNpm()
  // scripts/serving is a list of packages, and no part of the published package.
  const isList = (ref) => ref.startsWith('opik-runner-kit-serving@')
  const lock = components.filter(
    (each) => !isList(each['bom-ref']) && (!isForDevelopers(each.properties) || inside.includes(each.name)),
  )
  // Of a package that is there several times, what is inside is the one that the project itself has.
  const owners = dependencies.filter(({ ref }) => ref === metadata.component['bom-ref'] || isList(ref))
  const own = new Set(owners.flatMap(({ dependsOn }) => dependsOn))
  const kept = lock.filter(
    (each) => !isForDevelopers(each.properties) || own.has(each['bom-ref']) || isOnly(each, lock),
  )
  const refs = new Set([metadata.component['bom-ref'], ...kept.map((each) => each['bom-ref'])])
  const { timestamp: __, ...about } = metadata
  const bill = {
    ...head,
    metadata: { ...about, component: { ...about.component, name: manifest.name } },
    components: kept,
    dependencies: dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) })),
  }
  return `${JSON.stringify(bill, null, 2)}\n`
}

const isForDevelopers = (properties) => properties.some(({ name }) => name === 'cdx:npm:package:development')
const isOnly = ({ name }, all) => all.filter((each) => each.name === name).length === 1

function askNpm() {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library', '--package-lock-only']
  const npm = process.env.npm_execpath
  const options = { cwd: at(), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }
  const { status, stdout, stderr } = npm?.endsWith('npm-cli.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`)
  return JSON.parse(stdout)
}
