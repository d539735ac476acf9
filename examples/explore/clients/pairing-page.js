/** Shows a code by which a runner is paired. A click asks for a new one. */
export class PairingPage {
  code = undefined
  #asked = 0

  constructor(api, { projectId, mended }) {
    Object.assign(this, { api, projectId, mended })
  }

  async newCode() {
    const number = ++this.#asked
    const { body } = await this.api.post('pairing/sessions', {
      project_id: this.projectId,
      activation_key: btoa(String.fromCharCode(...new Uint8Array(32).fill(number))),
      type: 'endpoint',
    })
    // Planted: the answer to an earlier click may come after that to a later one, and its code is stale.
    if (this.mended && number !== this.#asked) return
    this.code = body.session_id
  }
}
