/** `--waivers FILE` and `--baseline FILE` of verify: read as the suites want them, each flaw told with its line. */
import { parseBaseline } from '../../contracts/run/select-checks.js'
import { parseWaivers, type Waiver } from '../../contracts/check/report-model.js'
import { BaselineFile, WaiversFile } from '../../generated/kit-node.js'
import { readForm } from './input-file.js'

/** @throws KitError for a file that cannot be used, or any entry that is no waiver */
export async function readWaivers(name: string): Promise<Waiver[]> {
  return parseWaivers(await readForm(name, 'waivers', WaiversFile, isAnything))
}

/** @throws KitError for a file that cannot be used */
export async function readBaseline(name: string): Promise<ReadonlySet<string>> {
  return parseBaseline(await readForm(name, 'baseline', BaselineFile, isAnything))
}

const isAnything = (value: unknown): value is unknown => value !== undefined
