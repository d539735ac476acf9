/** `--settings FILE` of serve and `--limits FILE` of verify: limits and time spans that differ from the spec's defaults. */
import { Settings as form } from '../../generated/kit-page.js'
import { omitUndefined } from '../../mocks/base/omit-undefined.js'
import type { Settings } from '../../mocks/base/settings.js'
import { readForm } from './input-file.js'

/** @throws KitError for a file that cannot be used, an unknown setting or a value out of range */
export async function readSettings(name: string, what: 'settings' | 'limits' = 'settings'): Promise<Partial<Settings>> {
  return omitUndefined(await readForm(name, what, form))
}
