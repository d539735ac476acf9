// Worlds side by side on one server: which of them a request is for, and their life. A world is made for the first request
// that names it, and dropped after a while without requests.
import { afterRealTime } from '../../kernel/clock.js'
import { refuse, type Refusal } from '../../kernel/errors.js'
import { headerOf, type Headers } from '../base/exchange.js'
import type { RunnerMock } from '../mock/runner-mock.js'
import { EventStreams } from './admin/event-stream.js'

const WORLD_HEADER = 'x-mock-world'

/** How a server makes worlds beside the one of its mock. */
export interface WorldsOptions {
  /**
   * Makes the mock of a world. The server closes it.
   * @param name of the world
   * @param url where its API is
   */
  create: (name: string, url: string) => RunnerMock | Promise<RunnerMock>
  /** As many may be there at once; then the one that was idle longest makes room. Default 32. */
  most?: number
  /** Real seconds without a request after which a world is dropped. Default 900. */
  idleSeconds?: number
}

export interface NamedWorld {
  readonly name: string
  /** What stands before all of its paths: `/w/NAME`, or '' where a header names it. */
  readonly root: string
}

/** What a name is: it stands in paths as it is. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/
const ROOT = /^\/w\/([^/?#]*)(?=[/?#]|$)/

/** Of a request of node:http, in words that need no types of Node. */
interface AskedRequest {
  readonly url?: string | undefined
  readonly headers: Headers
}

/** The world that a request names, by its path or a header; undefined for none. What cannot be a name is refused. */
export function namedWorld({ url = '', headers }: AskedRequest): NamedWorld | Refusal<400> | undefined {
  const [root = '', inPath] = ROOT.exec(url) ?? []
  const inHeader = headerOf(headers, WORLD_HEADER).trim()
  const name = inPath ?? inHeader
  if (inPath === undefined && inHeader === '') return undefined
  if (!NAME.test(name)) {
    return refuse(
      400,
      'A world has a name of at most 64 letters, digits, dots, dashes and underscores, such as test-1.',
    )
  }
  if (inHeader !== '' && inHeader !== name) {
    return refuse(400, `The path is for world '${name}', and the header ${WORLD_HEADER} names another one.`)
  }
  return { name, root }
}

/** The root of the world that the API's URL in a pairing link is in; '' for none. */
export function worldRootOf(link: string): string {
  const url = new URLSearchParams(link.split('?', 2)[1]).get('url') ?? ''
  const [root = '', name = ''] = URL.canParse(url) ? (ROOT.exec(new URL(url).pathname) ?? []) : []
  return NAME.test(name) ? root : ''
}

export type Served = Readonly<ReturnType<typeof createServed>>

/** What a server keeps of a mock, from before its scenario is played. */
export function createServed(mock: RunnerMock) {
  const streams = new EventStreams(mock)
  const close = async (): Promise<void> => {
    streams.close()
    await mock.close()
  }
  return { mock, streams, close }
}

interface Place<World> {
  readonly served: Promise<World>
  /** Requests that are not answered yet, streams among them. */
  open: number
  stopWaiting: () => void
}

export type Worlds<World extends Served> = ReturnType<typeof createWorlds<World>>

export function createWorlds<World extends Served>(
  make: (name: string) => Promise<World>,
  { most = 32, idleSeconds = 900 }: Omit<WorldsOptions, 'create'>,
) {
  /** In the order in which they were last asked for. */
  const places = new Map<string, Place<World>>()

  /** Ends a world; false for an unknown name. */
  const drop = async (name: string): Promise<boolean> => {
    const place = places.get(name)
    if (place === undefined) return false
    place.stopWaiting()
    places.delete(name)
    await place.served.then((served) => served.close()).catch(() => undefined)
    return true
  }

  const begin = (name: string): Place<World> => {
    const place: Place<World> = { served: make(name), open: 0, stopWaiting: () => undefined }
    // The next request tries again; another of this name may be there by now.
    place.served.catch(() => {
      if (places.get(name) === place) places.delete(name)
    })
    return place
  }

  const hasRoom = (): boolean => {
    if (places.size < most) return true
    const idle = [...places].find(([, { open }]) => open === 0)
    if (idle !== undefined) void drop(idle[0])
    return idle !== undefined
  }

  return {
    drop,
    get names() {
      return [...places.keys()]
    },
    /** The world of a request, which stays at least until that is answered; refused where all others are in use. */
    enter(
      name: string,
      response: { once(event: 'close', listener: () => void): unknown },
    ): Promise<World> | Refusal<429> {
      const known = places.get(name)
      if (known === undefined && !hasRoom())
        return refuse(429, `All ${most} worlds of this server are in use; try again when one of them is not.`)
      const place = known ?? begin(name)
      place.stopWaiting()
      place.open++
      places.delete(name)
      places.set(name, place)
      response.once('close', () => {
        if (--place.open > 0 || places.get(name) !== place) return
        place.stopWaiting = afterRealTime(idleSeconds * 1000, () => void drop(name))
      })
      return place.served
    },
    async close(): Promise<void> {
      await Promise.all([...places.keys()].map(drop))
    },
  }
}
