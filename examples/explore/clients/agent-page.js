/** Waits for an agent, and says after ten seconds that there is none. */
export class AgentPage {
  view = 'spinner'
  #runners = undefined
  #isLate = false

  constructor(api, { projectId, mended }) {
    Object.assign(this, { api, projectId, mended })
  }

  async open() {
    setTimeout(() => {
      this.#isLate = true
      this.#show()
    }, 10_000)
    const { body } = await this.api.get(`local-runners?project_id=${this.projectId}`)
    this.#runners = body.content
    if (this.#runners.length > 0) this.view = 'agent'
    // Planted: an empty list that comes after the ten seconds changes nothing, and the spinner never ends.
    else if (this.mended) this.#show()
  }

  #show() {
    if (this.#isLate && this.#runners?.length === 0) this.view = 'no agent'
  }
}
