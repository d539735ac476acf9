// The cases, played through MSW and the global fetch.
import { playCases } from './wire-cases.js'

playCases('msw')
