// The cases, played without any transport: plain exchanges.
import { playCases } from './play-cases.js'

playCases('handle')
