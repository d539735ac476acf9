/** Follows the log of a job: every second it asks for what comes after the lines that it has. */
export class LogView {
  lines = []
  #timer = undefined

  constructor(api, { jobId, mended }) {
    Object.assign(this, { api, jobId, mended })
  }

  open() {
    this.#timer = setInterval(() => void this.#poll(), 1000)
  }

  close() {
    clearInterval(this.#timer)
  }

  async #poll() {
    const offset = this.lines.length
    const { body } = await this.api.get(`local-runners/jobs/${this.jobId}/logs?offset=${offset}`)
    // Planted: a poll that begins before this answer has come asks for the same lines.
    if (this.mended && offset !== this.lines.length) return
    this.lines.push(...body.map(({ text }) => text))
  }
}
