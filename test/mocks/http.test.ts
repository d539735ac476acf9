// The cases, played over HTTP, on a socket of this machine.
import { playCases } from './play-cases.js'

playCases('http')
