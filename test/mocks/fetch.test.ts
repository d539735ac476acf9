// The cases, played with Fetch objects.
import { playCases } from './play-cases.js'

playCases('fetch')
