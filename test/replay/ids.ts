// Ids of a recording and of the mock that it is replayed to: learnt where something is made, put in wherever a request
// or an expected answer names them, in whatever spelling.

const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/gi

/** Which id of the mock stands for which id of the recording. */
export class IdMap {
  private readonly known = new Map<string, string>()

  /** Notes that the mock calls `theirs` what the recording calls `recorded`. */
  learn(recorded: string | undefined, theirs: string | undefined): void {
    if (recorded === undefined || theirs === undefined) return
    this.known.set(bare(recorded), theirs)
  }

  /** The mock's id; the recording's own where nothing is known of it. */
  get(recorded: string): string {
    return this.known.get(bare(recorded)) ?? recorded
  }

  /** A text with every id replaced, capitals and missing dashes kept. */
  translate(text: string): string {
    return text.replace(UUID, (recorded) => {
      const theirs = this.known.get(bare(recorded))
      if (theirs === undefined) return recorded
      const spelled = recorded.includes('-') ? theirs : theirs.replaceAll('-', '')
      return /[A-F]/.test(recorded) ? spelled.toUpperCase() : spelled
    })
  }
}

function bare(id: string): string {
  return id.toLowerCase().replaceAll('-', '')
}
