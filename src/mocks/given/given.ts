// `mock.given`: puts a mock into a state that a test starts from. The builders themselves are loaded when the first
// one is used: a page that only mounts handlers does not carry them.
import type { Given } from './given-builders.js'
import type { GivenHost } from './given-runner.js'

export function createGiven(host: GivenHost): Given {
  const load = async (): Promise<Given> => (await import('./given-builders.js')).createBuilders(host)
  return {
    project: async (request) => (await load()).project(request),
    connectedRunner: async (request) => (await load()).connectedRunner(request),
    disconnectedRunner: async (request) => (await load()).disconnectedRunner(request),
    evictedRunner: async (request) => (await load()).evictedRunner(request),
    lapse: async (runner) => (await load()).lapse(runner),
    evict: async (runner) => (await load()).evict(runner),
    job: async (request) => (await load()).job(request),
    command: async (request) => (await load()).command(request),
    session: async (request) => (await load()).session(request),
    trace: async (request) => (await load()).trace(request),
    blueprint: async (request) => (await load()).blueprint(request),
    prompt: async (request) => (await load()).prompt(request),
    pairingLink: async (request) => (await load()).pairingLink(request),
  }
}
