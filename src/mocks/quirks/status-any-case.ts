/** The status of a job in a body, and the filter of listRunners, are read in any case. */
import type { Deviations } from '../engine/deviations.js'

export const statusAnyCase: Deviations = {
  mend({ operation, body, flaws }) {
    if (operation !== 'reportJobResult' || typeof body !== 'object' || body === null) return false
    const status: unknown = Reflect.get(body, 'status')
    if (typeof status !== 'string' || !flaws.some(({ instancePath }) => instancePath === '/status')) return false
    const lower = status.toLowerCase()
    return lower !== status && Reflect.set(body, 'status', lower)
  },
  readParameter: (operation, name, text) =>
    operation === 'listRunners' && name === 'status' ? text?.toLowerCase() : text,
}
