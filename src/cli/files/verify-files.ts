/** `--waivers FILE` and `--baseline FILE` of verify: read as the suites want them, each flaw told with its line. */
import { parseBaseline } from '../../contracts/run/select-checks.js'
import { parseWaivers, type Waiver } from '../../contracts/check/waivers.js'
import { problemsOf, type Form } from '../../kernel/form.js'
import { BaselineFile, WaiversFile } from '../../generated/kit-node.js'
import { fileError, readInputFile } from './input-file.js'

/** @throws KitError for a file that cannot be used, or any entry that is no waiver */
export async function readWaivers(name: string): Promise<Waiver[]> {
  return parseWaivers(await readAs(name, 'waivers', WaiversFile))
}

/** @throws KitError for a file that cannot be used */
export async function readBaseline(name: string): Promise<ReadonlySet<string>> {
  return parseBaseline(await readAs(name, 'baseline', BaselineFile))
}

async function readAs(name: string, what: string, form: Form): Promise<unknown> {
  const file = await readInputFile(name, what)
  const [problem] = problemsOf(form, file.value)
  if (problem !== undefined) throw await fileError(file, what, problem)
  return file.value
}
