/** The reaper passes over the commands of endpoint runners. */
import type { Deviations } from '../engine/deviations.js'

export const endpointCommandsUnreaped: Deviations = { reapsCommandsOf: ({ wire }) => wire.type !== 'endpoint' }
