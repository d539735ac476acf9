// The cases, played over HTTP, on a socket of this machine.
import { playCases } from './wire-cases.js'

playCases('http')
