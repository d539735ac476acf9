// The cases, played through MSW and the global fetch.
import { playCases } from './play-cases.js'

playCases('msw')
