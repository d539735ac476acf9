/** A button that starts a job, once. */
export class RunButton {
  isDisabled = false

  constructor(api, { projectId, mended }) {
    Object.assign(this, { api, projectId, mended })
  }

  async click() {
    if (this.isDisabled) return
    if (this.mended) this.isDisabled = true
    await this.api.post('local-runners/jobs', { agent_name: 'echo', project_id: this.projectId, inputs: {} })
    // Planted: until the answer comes, the button takes further clicks.
    this.isDisabled = true
  }
}
