/** Shows how a job is doing, and cancels it. */
export class JobPage {
  status = 'unknown'
  #timer = undefined

  constructor(api, { jobId, mended }) {
    Object.assign(this, { api, jobId, mended })
  }

  open() {
    this.#timer = setInterval(() => void this.#poll(), 1000)
  }

  async cancel() {
    await this.api.post(`local-runners/jobs/${this.jobId}/cancel`)
    clearInterval(this.#timer)
    this.status = 'cancelled'
  }

  async #poll() {
    const { body } = await this.api.get(`local-runners/jobs/${this.jobId}`)
    // Planted: an answer from before the cancellation may come after it.
    if (this.mended && this.status === 'cancelled') return
    this.status = body.status
  }
}
