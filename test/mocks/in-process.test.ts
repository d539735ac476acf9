// The cases, played without any transport: plain exchanges, and Fetch objects.
import { playCases } from './play-cases.js'

playCases('handle')
playCases('fetch')
