/** A runner that stays connected by heartbeats, until it is asked to leave. */
export class RunnerClient {
  state = 'connected'
  #timer = undefined

  constructor(api, { runnerId, mended }) {
    Object.assign(this, { api, runnerId, mended })
  }

  start() {
    this.#timer = setInterval(() => void this.#beat(), 5000)
  }

  async disconnect() {
    clearInterval(this.#timer)
    await this.api.delete(`local-runners/${this.runnerId}`)
    this.state = 'disconnected'
  }

  async #beat() {
    const { status } = await this.api.post(`local-runners/${this.runnerId}/heartbeats`)
    // Planted: the answer to a heartbeat from before the goodbye may come after it.
    if (this.mended && this.state === 'disconnected') return
    this.state = status === 200 ? 'connected' : 'gone'
  }
}
